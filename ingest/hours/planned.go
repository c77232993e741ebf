package hours

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/hours/plan"
	"tikklok/ingest/hours/rule"
)

// Planned is a planned shift of a day that stands, against what was worked.
type Planned struct {
	plan.Shift
	Seen   bool  `json:"seen,omitempty"`   // somebody tapped then
	Late   int   `json:"late,omitempty"`   // minutes of the first in after the planned start, or before it (negative); within the tolerance 0
	Over   int   `json:"over,omitempty"`   // minutes of the last out after the planned end, or before it (negative); within the tolerance 0
	Absent int64 `json:"absent,omitempty"` // Unix ms from when on it is a no-show; 0: never, or not any more
}

// Planned gives the minutes that were planned to be worked on the day; standby
// is none.
func (d Day) Planned() (minutes int) {
	for _, p := range d.Plan {
		if p.Kind != plan.Standby {
			minutes += p.Minutes()
		}
	}
	return minutes
}

// planReach is how far (minutes) from a planned shift a tap can still have to
// do with it: the widest tolerance (rule.PlanRules).
const planReach = 240

// text gives what was planned, and what was worked of it.
func (p Planned) text(day calendar.Date, zone *time.Location) string {
	out := fmt.Sprintf("planned %s → %s", clock(p.From*60_000, day, zone, false), clock(p.To*60_000, day, zone, false))
	if p.Kind != plan.Work {
		out += " " + string(p.Kind)
	}
	if p.Kind != plan.Standby {
		out += "  " + Duration(p.Minutes())
	}
	if p.Late != 0 {
		out += fmt.Sprintf(", came %+d", p.Late)
	}
	if p.Over != 0 {
		out += fmt.Sprintf(", left %+d", p.Over)
	}
	if !p.Seen && p.Kind != plan.Standby {
		out += ", nobody came"
		if p.Absent != 0 {
			out += " yet"
		}
	}
	return out
}

// onTime gives the planned minute that an in or an out counts as: one so near
// that it is on time (rule.PlanRules.Snap). It never passes the taps around
// it: what the one before counts as, and what the one after was; 0: none.
func (c *computing) onTime(role Role, minute, before, after int64, r rule.PlanRules) (int64, bool) {
	best, found := int64(0), false
	for _, s := range c.plan {
		at := s.From
		if role == RoleOut {
			at = s.To
		}
		switch {
		case !r.Snap || role != RoleIn && role != RoleOut || s.Withdrawn != 0 || s.Kind == plan.Standby:
		case minute < at-int64(r.Early) || minute > at+int64(r.Late):
		case at < before || after != 0 && at > after:
		case !found || abs(minute-at) < abs(minute-best):
			best, found = at, true
		}
	}
	return best, found
}

func abs(n int64) int64 { return max(n, -n) }

// presence is a time at which somebody was there: a shift whose both ends are
// known or that runs, or, of a shift that lacks a tap, the one it has.
type presence struct {
	Span
	in, out bool // its first in, its last out are certain
}

// presences gives when somebody was there, in order.
func (c *computing) presences() []presence {
	var out []presence
	for _, d := range c.days {
		for _, s := range d.Shifts {
			p := presence{s.Span, s.State != Incomplete, s.State == Complete}
			switch {
			case s.State == Running:
				p.To = max(p.From, floorDiv(c.now, 60_000)) + 1
			case p.From == 0:
				p.From = p.To
			case p.To == 0:
				p.To = p.From
			}
			out = append(out, p)
		}
		for _, p := range d.Punches { // of uncertain time: somebody was there, that much is known
			if p.Role == RoleUncertain {
				doubt := min(p.Uncertainty, widestDoubt) / 60_000
				out = append(out, presence{Span: Span{p.Minute() - doubt, p.Minute() + doubt}})
			}
		}
	}
	slices.SortFunc(out, func(a, b presence) int { return cmp.Compare(a.From, b.From) })
	return out
}

// near says how a presence has to do with a planned shift: by so many common
// minutes, or by touching the time around it in which taps count as its own.
func (p presence) near(s plan.Shift, r rule.PlanRules) (common int64, near bool) {
	before, after := int64(r.Early), int64(r.Late)
	if !p.in {
		before, after = planReach, planReach
	}
	return min(p.To, s.To) - max(p.From, s.From), p.To >= s.From-before && p.From <= s.To+after
}

// compare puts every planned shift on its day against what was worked, and
// asks about those that nobody came to and about calls taken back too late.
func (c *computing) compare() {
	if len(c.plan) == 0 {
		return
	}
	there := c.presences()
	for _, s := range c.plan {
		day := c.shiftDay(Span{s.From, s.To}, s.Site)
		r := c.page(day, s.Site).Set.Rules.Plan
		switch {
		case !c.person.employed(day):
		case s.Withdrawn != 0:
			c.askPay(day, s, there, r)
		default:
			p := Planned{Shift: s}
			c.match(&p, there, r)
			c.askAbsent(day, &p, r)
			d := c.day(day)
			d.Plan = append(d.Plan, p)
		}
	}
}

// match says who came when. A presence that has minutes in common with several
// planned shifts belongs to all of them; one that has none to the nearest.
func (c *computing) match(p *Planned, there []presence, r rule.PlanRules) {
	var mine []presence
	for _, here := range there {
		if common, near := here.near(p.Shift, r); common > 0 || near && c.nearest(here, r) == p.ID {
			mine = append(mine, here)
		}
	}
	p.Seen = len(mine) > 0
	if !p.Seen || p.Kind == plan.Standby {
		return
	}
	if first := mine[0]; first.in && !c.worksBefore(first, p.Shift) {
		p.Late = beyond(first.From-p.From, r)
	}
	last := slices.MaxFunc(mine, func(a, b presence) int { return cmp.Compare(a.To, b.To) })
	if last.out && !c.worksAfter(last, p.Shift) {
		p.Over = beyond(last.To-p.To, r)
	}
}

// beyond gives a difference in minutes, or 0 within the tolerance.
func beyond(minutes int64, r rule.PlanRules) int {
	if minutes >= -int64(r.Early) && minutes <= int64(r.Late) {
		return 0
	}
	return int(minutes)
}

// nearest gives the planned shift that a presence without common minutes is
// nearest to.
func (c *computing) nearest(p presence, r rule.PlanRules) (id int64) {
	least := int64(0)
	for _, s := range c.plan {
		common, near := p.near(s, r)
		if s.Withdrawn != 0 || s.Kind == plan.Standby || !near {
			continue
		}
		if id == 0 || -common < least {
			id, least = s.ID, -common
		}
	}
	return id
}

// worksBefore says whether a presence began with an earlier planned shift, so
// that it does not tell when somebody came to this one; worksAfter mirrors it.
func (c *computing) worksBefore(p presence, of plan.Shift) bool {
	return slices.ContainsFunc(c.plan, func(s plan.Shift) bool {
		return s.Withdrawn == 0 && s.Kind != plan.Standby && s.From < of.From && s.To > p.From
	})
}

func (c *computing) worksAfter(p presence, of plan.Shift) bool {
	return slices.ContainsFunc(c.plan, func(s plan.Shift) bool {
		return s.Withdrawn == 0 && s.Kind != plan.Standby && s.From > of.From && s.From < p.To
	})
}

// askAbsent makes an exception of a planned shift that nobody came to, from
// the rule's minutes after its start on, whose answer may be that the employee
// is absent; before, the day is to be computed again then.
func (c *computing) askAbsent(day calendar.Date, p *Planned, r rule.PlanRules) {
	if p.Seen || p.Kind == plan.Standby || r.NoShow == 0 {
		return
	}
	at := (p.From + int64(r.NoShow)) * 60_000
	if c.now < at {
		p.Absent = at
		return
	}
	c.except(day, Exception{Kind: NoShow, Shift: p.ID, Minutes: p.Minutes(), Site: p.Site})
}

// askPay makes an exception of a call that was withdrawn, or got other times,
// later than the rules' notice before its start: as far as nothing was planned
// or worked in its place the employee is owed pay as if it had been worked
// (Dutch Civil Code 7:628a; that a call made so late need not be answered is
// between the two).
func (c *computing) askPay(day calendar.Date, s plan.Shift, there []presence, r rule.PlanRules) {
	if s.Kind != plan.Call || !s.Late(r.Notice, c.person.Zone) {
		return
	}
	taken := make([]Span, 0, len(c.plan)+len(there))
	for _, other := range c.plan {
		earlier := other.Withdrawn != 0 && other.Kind == plan.Call && other.Withdrawn < s.Withdrawn && other.Late(r.Notice, c.person.Zone) // asked about by itself
		if other.Withdrawn == 0 && other.Kind != plan.Standby || earlier {
			taken = append(taken, Span{other.From, other.To})
		}
	}
	for _, p := range there {
		taken = append(taken, p.Span)
	}
	if minutes := min(s.Minutes(), uncovered(Span{s.From, s.To}, taken)); minutes > 0 {
		c.except(day, Exception{Kind: LateWithdrawal, Shift: s.ID, Minutes: minutes, Site: s.Site})
	}
}

// uncovered gives the minutes of a span that lie in none of the others.
func uncovered(s Span, others []Span) int {
	slices.SortFunc(others, func(a, b Span) int { return cmp.Compare(a.From, b.From) })
	left, at := 0, s.From
	for _, o := range others {
		if o.From >= s.To {
			break
		}
		left += int(max(o.From-at, 0))
		at = max(at, o.To)
	}
	return left + int(max(s.To-at, 0))
}

// planTimes widens a stretch of time (Unix ms) by the planned shifts that what
// happens in it may have to do with.
func (f Facts) planTimes(from, to int64) (int64, int64) {
	const reach = planReach * int64(time.Minute/time.Millisecond)
	first, last := from, to
	for _, s := range f.Plan {
		if a, b := s.From*60_000, s.To*60_000; a <= to+reach && b >= from-reach {
			first, last = min(first, a), max(last, b)
		}
	}
	return first, last
}

// PlannedStrip gives what was planned to be worked on a calendar day, from the
// days whose shifts may lie on it.
func PlannedStrip(date calendar.Date, days []Day, zone *time.Location) (out []Segment) {
	for _, d := range days {
		for _, p := range d.Plan {
			from, to := minuteOn(date, p.From, zone), minuteOn(date, p.To, zone)
			if from < to && p.Kind != plan.Standby {
				out = append(out, Segment{from, to, SegmentPlanned, ""})
			}
		}
	}
	slices.SortFunc(out, func(a, b Segment) int { return cmp.Compare(a.From, b.From) })
	return out
}
