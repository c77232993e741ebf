package hours

import (
	"time"

	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/hours/rule"
)

// read says what the punches of a chain are, in the way that the rules of its
// first one ask for.
func (c *computing) read(chain []int, p *rule.Page, l limits, last int64) ([]Role, []stretch) {
	if p.Set.Rules.Pairing == rule.PairFirstLast {
		return c.firstLast(chain, l, last)
	}
	events := make([]event, len(chain))
	for k, i := range chain {
		events[k] = event{c.punches[i].At, c.punches[i].Mode}
		if p.Set.Rules.Pairing == rule.PairWindows && events[k].mode == Toggle {
			events[k].mode = c.inWindow(c.punches[i].At, p)
		}
	}
	return pair(events, l, last)
}

// inWindow gives what a tap on a toggling reader means by its time of day.
func (c *computing) inWindow(ms int64, p *rule.Page) Mode {
	t := time.UnixMilli(ms).In(c.person.Zone)
	switch p.WindowAt(calendar.DateOf(t), t.Hour()*60+t.Minute()) {
	case "in":
		return In
	case "out":
		return Out
	}
	return Toggle
}

// firstLast takes the first punch of each day for its in and the last for its
// out (rule.PairFirstLast). A day of one punch lacks one of both: it is taken
// for the in, unless its reader is for going out.
func (c *computing) firstLast(chain []int, l limits, last int64) ([]Role, []stretch) {
	roles := make([]Role, len(chain))
	var out []stretch
	at := func(k int) int64 { return c.punches[chain[k]].At }
	for from := 0; from < len(chain); {
		day := c.dayAt(at(from), c.punches[chain[from]].Site)
		to := from
		for to+1 < len(chain) && c.dayAt(at(to+1), c.punches[chain[to+1]].Site) == day {
			to++
		}
		alone := from == to
		leaves := alone && c.punches[chain[from]].Mode == Out
		s := stretch{from: from, to: to, noIn: leaves, noOut: alone && !leaves, unsure: at(to)-at(from) > l.longest, tooLong: at(to)-at(from) > l.questioned}
		s.running = s.noOut && to+1 == len(chain) && last-at(from) <= l.longest
		for k := from; k <= to; k++ {
			switch {
			case s.unsure:
				roles[k] = RoleUnsure
			case k == from && !s.noIn:
				roles[k] = RoleIn
			case k == to:
				roles[k] = RoleOut
			default:
				roles[k] = RoleBetween
			}
		}
		out = append(out, s)
		from = to + 1
	}
	return roles, out
}
