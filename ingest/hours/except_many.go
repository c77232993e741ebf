package hours

import (
	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/hours/rule"
)

// What one employee makes in a day at most: more taps are not somebody's day
// but a fob left on its reader, or a reader gone wrong. Reading them as ins
// and outs would guess, and cost time that grows with their square.
const (
	mostCounting = 200 // taps that count, of a day
	mostShown    = 500 // taps of a day that are listed; Day.More says how many there are besides
)

// many takes the days with too many taps out of what is paired: one exception
// says so, whatever their number. Once somebody accepts it, the first tap is
// an in, the last one an out, and nothing between them counts.
func (c *computing) many(counting []int) []int {
	if len(counting) <= mostCounting {
		return counting
	}
	var out []int
	for len(counting) > 0 {
		day := c.dateAt(c.punches[counting[0]].At)
		n := 1
		for n < len(counting) && c.dateAt(c.punches[counting[n]].At) == day {
			n++
		}
		if n > mostCounting && c.page(day, c.punches[counting[0]].Site).Set.Rules.Pairing != rule.PairFirstLast {
			out = append(out, c.tooMany(day, counting[:n])...)
		} else {
			out = append(out, counting[:n]...)
		}
		counting = counting[n:]
	}
	return out
}

// tooMany gives those of a day's taps that count: none, or the first and the
// last when somebody said so.
func (c *computing) tooMany(day calendar.Date, taps []int) []int {
	first, last := &c.punches[taps[0]], &c.punches[taps[len(taps)-1]]
	e := Exception{Kind: TooMany, Tap: last.Tap, At: last.At, Count: len(taps)}
	role, decided, left := RoleUnsure, int64(0), taps
	for _, a := range c.accepted {
		if a.Kind == Accept && a.answers(day, e) {
			role, decided, left = RoleIgnored, a.ID, taps[1:len(taps)-1]
			first.Mode, last.Mode = In, Out
			first.Decision, last.Decision = a.ID, a.ID
		}
	}
	for _, i := range left {
		c.punches[i].Role, c.punches[i].Decision = role, decided
		c.showSome(day, c.punches[i])
		for _, double := range c.doubles[i] {
			c.showSome(day, double)
		}
	}
	if decided == 0 {
		c.except(day, e)
		return nil
	}
	return []int{taps[0], taps[len(taps)-1]}
}

// showSome shows a punch that does not count, unless its day shows too many
// already.
func (c *computing) showSome(day calendar.Date, p Punch) {
	if d := c.day(day); len(d.Punches) >= mostShown {
		d.More++
		return
	}
	c.show(day, p)
}
