package hours

import (
	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/hours/law"
)

// Warning is something in a week that a person should know of, and that holds
// nothing up. A breach of the law is no warning but an exception.
type Warning struct {
	Kind    WarningKind
	Day     calendar.Date // WarnLaw: of the shift it is about
	Minutes int           // worked above the contract; taken off
	Finding *law.Finding  // WarnLaw
}

// WarningKind says what is warned of.
type WarningKind string

// The kinds of warnings.
const (
	WarnContract WarningKind = "contract"     // more than a quarter above the contract: Minutes above it
	WarnTaken    WarningKind = "minimum_wage" // rounding and automatic breaks took Minutes of work away: the minimum wage is per hour worked
	WarnLaw      WarningKind = "law"          // what the Working Hours Act allows only so often was used: Finding
)

// takenFrom is from how many minutes a week WarnTaken is told: less than that
// comes of rounding to and fro.
const takenFrom = 15

// checkWeek looks at a week's days, and at what was found of them; contract is
// in minutes, 0: none.
func checkWeek(days []Day, contract int, found []LawFinding) []Warning {
	var all []Warning
	minutes, taken := 0, 0
	for _, d := range days {
		minutes += d.Minutes
		taken += d.Taken
	}
	for _, f := range found {
		if f.Severity == law.Edge {
			all = append(all, Warning{Kind: WarnLaw, Day: f.Day, Finding: &f.Finding})
		}
	}
	if contract > 0 && minutes > contract+contract/4 {
		all = append(all, Warning{Kind: WarnContract, Minutes: minutes - contract})
	}
	if taken >= takenFrom {
		all = append(all, Warning{Kind: WarnTaken, Minutes: taken})
	}
	return all
}
