package hours

import (
	"cmp"
	"time"

	"tikklok/ingest/hours/rule"
)

// up says whether to round up: rest of to minutes are above the last multiple,
// 0 < rest < to. early says that less is in favour of the employee: an in, or
// the end of a break.
func up(way, half rule.RoundWay, rest, to int, early bool) bool {
	switch way {
	case rule.RoundUp:
		return true
	case rule.RoundDown:
		return false
	case rule.RoundEmployee:
		return !early
	case rule.RoundEmployer:
		return early
	}
	if 2*rest == to && half != rule.RoundNearest {
		return up(half, "", rest, to, early)
	}
	return 2*rest >= to
}

// rounded gives minutes worked to a multiple, as the rules say.
func rounded(n int, r rule.Rounding) int {
	rest := n % r.To
	if rest == 0 {
		return n
	}
	if up(r.Way, r.Half, rest, r.To, false) {
		return n - rest + r.To
	}
	return n - rest
}

// roundedTap gives the minute that a tap counts as: the clock on the wall shows
// a multiple of To then. starts says that work starts with it.
func roundedTap(minute int64, r rule.Rounding, starts bool, zone *time.Location) int64 {
	way := r.Way
	if !starts {
		way = cmp.Or(r.Out, r.Way)
	}
	t := time.Unix(minute*60, 0).In(zone)
	rest := t.Minute() % r.To
	if rest == 0 {
		return minute
	}
	since, until := t.ZoneBounds()
	if up(way, r.Half, rest, r.To, starts) {
		return moveTap(minute, int64(r.To-rest), until, zone, r.To)
	}
	return moveTap(minute, -int64(rest), since, zone, r.To)
}

// moveTap moves a minute by so many, but not over a clock change by half an hour
// (Lord Howe) that leaves the wall clock at no multiple of to: then only up to
// the change, so that two taps never change places.
func moveTap(minute, by int64, change time.Time, zone *time.Location, to int) int64 {
	moved, edge := minute+by, change.Unix()/60
	passed := !change.IsZero() && min(minute, moved) < edge && edge < max(minute, moved)
	if passed && time.Unix(moved*60, 0).In(zone).Minute()%to != 0 {
		return edge
	}
	return moved
}

// countAs gives the minutes that the punches of a shift count as: their own, or
// those planned, or rounded ones. None comes before the one before it, so no
// stretch is negative and none overlaps another.
func (c *computing) countAs(chain []int, from, to int, p *rule.Page) (counted []CountedTap) {
	r := &p.Set.Rules
	if r.Rounding.Per != rule.RoundTap && !(r.Plan.Snap && len(c.plan) > 0) {
		return nil
	}
	if c.counted == nil {
		c.counted = make([]int64, len(c.punches))
		for i := range c.punches {
			c.counted[i] = c.punches[i].Minute()
		}
	}
	onBreak := false
	for k := from; k <= to; k++ {
		punch := &c.punches[chain[k]]
		if !punch.Role.Counts() {
			continue
		}
		starts := punch.Role == RoleIn || punch.Role == RoleBreakEnd
		t := CountedTap{Tap: punch.Tap, Role: punch.Role, From: punch.Minute()}
		t.To = t.From
		after := int64(0)
		if k+1 < len(chain) {
			after = c.punches[chain[k+1]].Minute()
		}
		if at, snaps := c.onTime(punch.Role, t.From, c.latest, after, r.Plan); snaps {
			t.To = at
		} else if r.Rounding.Per == rule.RoundTap {
			t.To, t.RoundTo = roundedTap(t.From, r.Rounding, starts, c.person.Zone), r.Rounding.To
		}
		t.To = max(t.To, c.latest)
		c.counted[chain[k]], c.latest = t.To, t.To
		switch {
		case starts:
			t.Minutes = int(t.From - t.To)
		case punch.Role == RoleBreakStart || !onBreak:
			t.Minutes = int(t.To - t.From)
		}
		onBreak = punch.Role == RoleBreakStart
		if t.From != t.To {
			counted = append(counted, t)
		}
	}
	return counted
}

// minute gives what a punch counts as.
func (c *computing) minute(i int) int64 {
	if c.counted == nil {
		return c.punches[i].Minute()
	}
	return c.counted[i]
}
