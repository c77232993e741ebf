package hours

import (
	"fmt"

	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/hours/rule"
)

// FrozenWeeks refuses rules that are dated into approved weeks, until somebody
// confirms them: what was approved, or went to payroll, stays as it is, and
// what the rules change becomes correction lines (I5, I8).
type FrozenWeeks struct {
	Weeks     int           `json:"weeks"` // timesheets: one employee, one week
	Employees int           `json:"employees"`
	First     calendar.Week `json:"first"`
	Last      calendar.Week `json:"last"`
}

func (f *FrozenWeeks) Error() string {
	return fmt.Sprintf("%d approved weeks of %d employees, %s to %s, lie in these rules: what was approved stays, and what changes becomes correction lines; "+
		"put the rules with confirm, or date them later", f.Weeks, f.Employees, f.First, f.Last)
}

// ruleReach is the days that a rule set holds for, and of whom.
type ruleReach struct {
	scope rule.Scope
	from  calendar.Date
	until calendar.Date // the day before the scope's next set; zero: open
}

// ruleReachOf gives what a new set reaches among those there are.
func ruleReachOf(s rule.Set, sets []rule.Set) ruleReach {
	r := ruleReach{scope: s.Scope, from: s.From}
	for _, other := range sets {
		same := other.Scope == s.Scope || other.Scope.IsTenant() && s.Scope.IsTenant()
		if last := other.From.AddDays(-1); same && s.From.Before(other.From) && (r.until == calendar.Date{} || last.Before(r.until)) {
			r.until = last
		}
	}
	return r
}
