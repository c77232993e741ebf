package approval

import (
	"slices"
	"time"

	"tikklok/ingest/hours"
	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/hours/plan"
)

// Hold says why the system does not approve a week by itself.
type Hold string

// Why.
const (
	HoldNothing    Hold = ""
	HoldPolicy     Hold = "policy"     // it is not to
	HoldState      Hold = "state"      // approved, rejected or reopened: a person has looked at it
	HoldRunning    Hold = "running"    // not over
	HoldExceptions Hold = "exceptions" // somebody must decide
	HoldMissing    Hold = "missing"    // data may be missing (I2)
	HoldLaw        Hold = "law"        // something breaks the Working Hours Act or the agreement
	HoldPlan       Hold = "plan"       // a day without a plan, a plan without a day, or no plan
	HoldDifference Hold = "difference" // a day differs from its plan by more than the tolerance
)

// holds says why a week is not approved by the system: only one that is over
// and complete, with every day planned and as planned within the tolerance.
func (a *Automatic) holds(t hours.Timesheet, ended bool, steps []Step, planned map[calendar.Date]int) Hold {
	s := t.Summary()
	switch {
	case a == nil:
		return HoldPolicy
	case t.State != hours.StateOpen, touched(steps):
		return HoldState
	case !ended, s.Running():
		return HoldRunning
	case s.Exceptions() > 0:
		return HoldExceptions
	case len(t.Missing) > 0:
		return HoldMissing
	case slices.ContainsFunc(t.Warnings, func(w hours.Warning) bool { return w.Kind == hours.WarnLaw }): // a breach is an exception
		return HoldLaw
	case len(planned) == 0:
		return HoldPlan
	}
	for _, d := range t.Days {
		plan, isPlanned := planned[d.Date]
		worked := d.Worked || d.Minutes > 0 || len(d.Lines) > 0
		if worked != isPlanned {
			return HoldPlan
		}
		if difference := d.Minutes - plan; max(difference, -difference) > a.Tolerance {
			return HoldDifference
		}
	}
	return HoldNothing
}

// touched says whether a person rejected or reopened the week.
func touched(steps []Step) bool {
	for _, s := range steps {
		if s.Act != Given {
			return true
		}
	}
	return false
}

// plannedDays sums planned minutes by the local day they begin on. Standby is
// no work, and what was withdrawn is not planned any more.
func plannedDays(shifts []plan.Shift, week calendar.Week, zone *time.Location) map[calendar.Date]int {
	out := map[calendar.Date]int{}
	for _, s := range shifts {
		day := calendar.DateOf(time.Unix(s.From*60, 0).In(zone))
		if s.Kind != plan.Standby && s.Withdrawn == 0 && day.Week() == week {
			out[day] += s.Minutes()
		}
	}
	return out
}
