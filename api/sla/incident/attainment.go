package incident

import (
	"slices"
	"time"

	"tikklok/api/sla/window"
	"tikklok/ingest/tenant"
)

// Attainment is how many incidents of priorities that share a promise were
// solved and answered in time.
type Attainment struct {
	Priorities []tenant.Priority
	Share      int // percent that is to be solved in time
	Solved     Tally
	Answered   Tally
}

// Tally counts deadlines. One that isn't reached yet is neither in time nor
// late: it waits.
type Tally struct{ InTime, Late, Waiting int }

// Judged is how many deadlines are decided.
func (t Tally) Judged() int { return t.InTime + t.Late }

// Met says whether the promised share was solved in time, exactly; of nothing
// it is.
func (a Attainment) Met() bool { return a.Solved.InTime*100 >= a.Solved.Judged()*a.Share }

// Month gives the attainment of a calendar month in the service window's zone,
// by the incidents that arose in it: priorities with the same share together,
// as the contract counts them ("90 % of medium or low", N-B8). Those of other
// contracts' terms count under their own, and what was missed under another
// priority than the one that holds counts under that.
func Month(all []Incident, year int, month time.Month, service window.Window, now time.Time) (out []Attainment) {
	from := time.Date(year, month, 1, 0, 0, 0, 0, service.Zone)
	until := time.Date(year, month+1, 1, 0, 0, 0, 0, service.Zone)
	for _, i := range all {
		if at := i.Arose(); at.Before(from) || !at.Before(until) || !i.Counts() {
			continue
		}
		c := i.Clock(service)
		find(&out, i.Terms.promise(c.Solve.Of)).Solved.add(c.Solve, now)
		find(&out, i.Terms.promise(c.Answer.Of)).Answered.add(c.Answer, now)
	}
	slices.SortFunc(out, func(a, b Attainment) int { return rank(a) - rank(b) })
	return out
}

// find gives the line of a promise: those below 100 % together.
func find(out *[]Attainment, p Promise) *Attainment {
	i := slices.IndexFunc(*out, func(a Attainment) bool {
		return slices.Contains(a.Priorities, p.Priority) && a.Share == p.Share || a.Share == p.Share && p.Share < 100
	})
	if i < 0 {
		*out = append(*out, Attainment{Share: p.Share})
		i = len(*out) - 1
	}
	a := &(*out)[i]
	if !slices.Contains(a.Priorities, p.Priority) {
		a.Priorities = append(a.Priorities, p.Priority)
		slices.SortFunc(a.Priorities, func(x, y tenant.Priority) int { return order(x) - order(y) })
	}
	return a
}

func rank(a Attainment) int { return order(a.Priorities[0]) }

func order(p tenant.Priority) int {
	return slices.Index([]tenant.Priority{tenant.High, tenant.Login, tenant.Medium, tenant.Low, tenant.Question}, p)
}

func (t *Tally) add(d Due, now time.Time) {
	switch {
	case d.By.IsZero() || d.Aim:
	case d.Late(now):
		t.Late++
	case d.Was.IsZero():
		t.Waiting++
	default:
		t.InTime++
	}
}
