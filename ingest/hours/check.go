package hours

import "tikklok/ingest/hours/calendar"

// Warning is something in a week that the Working Hours Act
// (Arbeidstijdenwet) or the contract limits. It holds nothing up: exceptions of a sector or an
// agreement are for people to know.
type Warning struct {
	Kind    WarningKind
	Day     calendar.Date // WarnRest: of the shift that began too soon
	Minutes int           // worked in the week; rest before the shift; above the contract
}

// WarningKind says what is warned of.
type WarningKind string

// The kinds of warnings.
const (
	WarnLongWeek  WarningKind = "long_week"  // more than 60 hours (5:7, 2)
	WarnShortRest WarningKind = "short_rest" // less than 11 hours before a shift (5:3, 2); once in 7 days 8 hours may do
	WarnContract  WarningKind = "contract"   // more than a quarter above the contract: Minutes above it
)

const (
	longWeek  = 60 * 60
	shortRest = 11 * 60
	someRest  = 8 * 60
)

// checkWeek looks at a week's complete shifts, and the one before them;
// contract is in minutes, 0: none. The
// rest that may be short once is warned of from the second time on.
func checkWeek(week calendar.Week, days []Day, contract int) []Warning {
	var all, shortened []Warning
	minutes, ended := 0, int64(0)
	for _, d := range days {
		for _, s := range d.Shifts {
			if s.State != Complete {
				ended = 0 // it can't be told
				continue
			}
			rest := int(s.Span.From - ended)
			if within := !d.Date.Before(week.Monday()); within {
				minutes += s.Minutes
				w := Warning{WarnShortRest, d.Date, rest}
				switch {
				case ended == 0 || rest >= shortRest || sameDay(d, s):
				case rest >= someRest:
					shortened = append(shortened, w)
				default:
					all = append(all, w)
				}
			}
			ended = s.Span.To
		}
	}
	if len(shortened) > 1 {
		all = append(all, shortened[1:]...)
	}
	if minutes > longWeek {
		all = append(all, Warning{Kind: WarnLongWeek, Minutes: minutes})
	}
	if contract > 0 && minutes > contract+contract/4 {
		all = append(all, Warning{Kind: WarnContract, Minutes: minutes - contract})
	}
	return all
}

// sameDay says whether a shift is the later part of a split day: the daily
// rest comes after it.
func sameDay(d Day, s Shift) bool {
	return len(d.Shifts) > 0 && d.Shifts[0].Span.From != s.Span.From
}
