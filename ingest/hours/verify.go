package hours

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"

	"tikklok/ingest/hours/calendar"
)

// Verification is what computing a month again found.
type Verification struct {
	Employees   int             `json:"employees"`
	Days        int             `json:"days"`      // compared
	Sealed      int             `json:"sealed"`    // days left out: nothing is known of them but what is kept (I5)
	Waiting     int             `json:"waiting"`   // employees left out: their days are due to be computed
	Explained   int             `json:"explained"` // days with the same hours and another explanation: of an older version of the program
	Differences []Mismatch      `json:"differences"`
	Period      calendar.Period `json:"period"`
}

// Mismatch is a day that is stored otherwise than it is computed from
// registrations, time pairs, holdings, decisions and rules (I3, I5).
type Mismatch struct {
	Employee int64         `json:"employee"`
	Number   string        `json:"number"`
	Day      calendar.Date `json:"day"`
	Stored   *Outcome      `json:"stored"` // nil: there is no such day
	Computed *Outcome      `json:"computed"`
}

// Outcome is what a day comes to.
type Outcome struct {
	Minutes    int             `json:"minutes"`
	Lines      []DayLine       `json:"lines"`
	Exceptions []ExceptionKind `json:"exceptions,omitempty"`
}

// String gives "8:02 (100 7:30, 120 0:32) missing_out".
func (o *Outcome) String() string {
	if o == nil {
		return "no such day"
	}
	out := Duration(o.Minutes)
	for i, l := range o.Lines {
		out += map[bool]string{true: " (", false: ", "}[i == 0] + l.Code + " " + Duration(l.Minutes)
	}
	if len(o.Lines) > 0 {
		out += ")"
	}
	for _, e := range o.Exceptions {
		out += " " + string(e)
	}
	return out
}

func (d Day) outcome(lines []DayLine) *Outcome {
	o := &Outcome{Minutes: d.Minutes, Lines: []DayLine{}}
	for _, l := range lines {
		if l.Minutes != 0 {
			o.Lines = append(o.Lines, l)
		}
	}
	slices.SortFunc(o.Lines, func(a, b DayLine) int {
		return cmp.Or(cmp.Compare(a.Site, b.Site), cmp.Compare(a.Code, b.Code), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Minutes, b.Minutes))
	})
	for _, e := range d.Exceptions {
		if e.Kind != Law { // it follows from other days too: CheckLaw
			o.Exceptions = append(o.Exceptions, e.Kind)
		}
	}
	slices.Sort(o.Exceptions)
	return o
}

func (o *Outcome) equal(p *Outcome) bool {
	return o.Minutes == p.Minutes && slices.Equal(o.Lines, p.Lines) && slices.Equal(o.Exceptions, p.Exceptions)
}

// storedDay is a day as it is stored, with its lines as they stand beside it.
type storedDay struct {
	day   Day
	lines []DayLine
}

// compare adds the differences of one employee's days in the period.
func (v *Verification) compare(number string, stored map[calendar.Date]storedDay, computed []Day) error {
	seen := map[calendar.Date]bool{}
	for _, d := range computed {
		if !v.Period.Holds(d.Date) || d.isSealed() {
			continue
		}
		v.Days++
		seen[d.Date] = true
		was, ok := stored[d.Date]
		want := d.outcome(d.Lines)
		if !ok {
			v.Differences = append(v.Differences, Mismatch{d.Employee, number, d.Date, nil, want})
			continue
		}
		if got := was.day.outcome(was.lines); !got.equal(want) || !got.equal(was.day.outcome(was.day.Lines)) {
			v.Differences = append(v.Differences, Mismatch{d.Employee, number, d.Date, got, want})
			continue
		}
		same, err := sameText(was.day, d)
		if err != nil {
			return err
		}
		if !same {
			v.Explained++
		}
	}
	for date, was := range stored {
		switch {
		case was.day.isSealed():
			v.Sealed++
		case !seen[date]:
			v.Days++
			v.Differences = append(v.Differences, Mismatch{was.day.Employee, number, date, was.day.outcome(was.lines), nil})
		}
	}
	return nil
}

// sameText says whether two days are explained alike, but for breaches of the
// Act, which follow from other days too (CheckLaw).
func sameText(a, b Day) (bool, error) {
	isLaw := func(e Exception) bool { return e.Kind == Law }
	if slices.ContainsFunc(a.Exceptions, isLaw) {
		if a.Exceptions = slices.DeleteFunc(slices.Clone(a.Exceptions), isLaw); len(a.Exceptions) == 0 {
			a.Exceptions = nil
		}
	}
	x, err := json.Marshal(a)
	if err != nil {
		return false, fmt.Errorf("comparing days: %w", err)
	}
	y, err := json.Marshal(b)
	if err != nil {
		return false, fmt.Errorf("comparing days: %w", err)
	}
	return string(x) == string(y), nil
}

func (v *Verification) sort() {
	slices.SortFunc(v.Differences, func(a, b Mismatch) int {
		return cmp.Or(cmp.Compare(a.Number, b.Number), cmp.Compare(a.Employee, b.Employee), a.Day.Sub(b.Day))
	})
}
