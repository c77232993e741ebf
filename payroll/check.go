package payroll

import (
	"slices"

	"tikklok/ingest/hours"
	"tikklok/ingest/hours/calendar"
)

// FindingKind is what the check of a run found.
type FindingKind string

// The kinds, those that stop a run first. Late approvals leave with a later
// run, as lines of their own period, so nothing that waits for approval stops
// the others.
const (
	Unmapped     FindingKind = "unmapped"      // stops: a code without a component
	Refused      FindingKind = "refused"       // stops: the format cannot write it
	HalfApproved FindingKind = "half-approved" // warns: of this employee's weeks in the period some are approved and this one is not
	Unapproved   FindingKind = "unapproved"    // warns: no week of this employee in the period is approved, this one neither
	Incomplete   FindingKind = "incomplete"    // warns: data of the week is missing (I2)
	Changed      FindingKind = "changed"       // warns: approved, but changed since: a correction waits for approval
	Gone         FindingKind = "gone"          // warns: approved hours of somebody erased, whose run was rejected after that: they leave in none (OB-P7)
)

// Stops says whether a run can't be created because of it.
func (k FindingKind) Stops() bool { return k == Unmapped || k == Refused }

// Finding is one thing that the check found.
type Finding struct {
	Kind     FindingKind
	Code     string         // Unmapped: the pay code
	Lines    int            // Unmapped: how many lines have it
	Minutes  int            // Unmapped: their sum
	Text     string         // Refused: the format's reason, naming the employee or line and the remedy
	Employee int64          // of a week
	Number   string         // of a week: the personnel number
	Week     *calendar.Week // nil: it is about the whole run
	State    hours.State    // of a week
}

// Waiting is an employee's week that is not approved, or is approved while
// something changed since or was missing.
type Waiting struct {
	Employee   int64
	Number     string
	Week       calendar.Week
	State      hours.State
	Half       bool // other weeks of this employee in the period are approved
	Incomplete bool // data of the week is missing (I2)
	Pending    bool // approved, but changed since: a correction waits for approval
}

// findings gives what the check found, in order of kind, then as it was found.
func findings(p Preview) []Finding {
	var all []Finding
	for _, code := range p.Unmapped {
		f := Finding{Kind: Unmapped, Code: code}
		for _, c := range p.Totals.Codes {
			if c.Code == code && c.Component == "" {
				f.Minutes, f.Lines = f.Minutes+c.Minutes, f.Lines+c.Lines
			}
		}
		all = append(all, f)
	}
	if p.Refused != "" {
		all = append(all, Finding{Kind: Refused, Text: p.Refused})
	}
	kinds := map[FindingKind][]Finding{}
	for _, w := range p.Waiting {
		for _, k := range w.kinds() {
			kinds[k] = append(kinds[k], Finding{Kind: k, Employee: w.Employee, Number: w.Number, Week: &w.Week, State: w.State})
		}
	}
	return slices.Concat(all, kinds[HalfApproved], kinds[Unapproved], kinds[Incomplete], kinds[Changed], p.Gone)
}

// kinds gives what is to be said of the week.
func (w Waiting) kinds() (kinds []FindingKind) {
	switch {
	case w.State != hours.StateApproved && w.Half:
		kinds = append(kinds, HalfApproved)
	case w.State != hours.StateApproved:
		kinds = append(kinds, Unapproved)
	}
	if w.Incomplete {
		kinds = append(kinds, Incomplete)
	}
	if w.Pending {
		kinds = append(kinds, Changed)
	}
	return kinds
}
