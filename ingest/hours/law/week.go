package law

import "sort"

// eachWeek looks at every week and at the 4, 16 and 52 weeks that it ends.
// Weeks before the first shift are empty.
func (c *inspection) eachWeek() {
	for i := range c.duties {
		d := &c.duties[i]
		if d.dark() {
			w := &c.weeks[d.week]
			w.nights++
			if d.late {
				w.late, w.lastLate = w.late+1, i
			}
		}
	}
	for n := range len(c.weeks) - 1 {
		f := c.law.At(c.date(c.weeks[n].sunday))
		c.sum(Week, n, 1, f.Week)
		c.sum(Average4, n, 4, f.Average4)
		c.sum(Average16, n, 16, f.Average16)
		if c.count(n, 16, func(w *week) int { return w.nights }) >= f.NightAverageAfter {
			c.sum(NightAverage, n, 16, f.NightAverage)
		}
		c.sundays(n, f)
		c.lateNights(n, f)
	}
}

// count adds up something of the weeks that end with n.
func (c *inspection) count(n, weeks int, of func(*week) int) (sum int) {
	for k := max(0, n-weeks+1); k <= n; k++ {
		sum += of(&c.weeks[k])
	}
	return sum
}

// span gives the weeks that end with n.
func (c *inspection) span(n, weeks int) Span {
	return Span{c.weeks[max(0, n-weeks+1)].from, c.weeks[n+1].from}
}

// sum holds the work in the weeks that end with n against a figure a week. The
// average that it tells is rounded up: a minute too much is seen.
func (c *inspection) sum(row Row, n, weeks, figure int) {
	minutes := c.count(n, weeks, func(w *week) int { return w.minutes })
	if minutes > figure*weeks {
		s := c.span(n, weeks)
		c.findIn(row, c.passed(s, figure*weeks), s, figure, (minutes+weeks-1)/weeks)
	}
}

// sundays counts Sundays that were worked on.
func (c *inspection) sundays(n int, f Figures) {
	if !c.weeks[n].onSunday {
		return
	}
	worked := c.count(n, 52, func(w *week) int {
		if w.onSunday {
			return 1
		}
		return 0
	})
	if allowed := 52 - f.FreeSundays; worked > allowed {
		c.findIn(FreeSundays, c.passed(Span{c.weeks[n].sunday, c.weeks[n+1].from}, 0), c.span(n, 52), allowed, worked)
	}
}

// lateNights counts night shifts that ended after 02:00, or their minutes.
func (c *inspection) lateNights(n int, f Figures) {
	w := &c.weeks[n]
	late := func(w *week) int { return w.late }
	if w.late > 0 {
		at := c.duties[w.lastLate].From
		if found := c.count(n, 16, late); f.LateNights16 > 0 && found > f.LateNights16 {
			c.findIn(LateNights, at, c.span(n, 16), f.LateNights16, found)
		}
		if found := c.count(n, 52, late); f.LateNights52 > 0 && found > f.LateNights52 {
			c.findIn(LateNights, at, c.span(n, 52), f.LateNights52, found)
		}
	}
	if found := c.count(n, 2, func(w *week) int { return w.night }); f.NightMinutes2 > 0 && found > f.NightMinutes2 {
		s := c.span(n, 2)
		c.findIn(LateNights, c.lastIn(s), s, f.NightMinutes2, found)
	}
}

// lastIn gives where the last shift that starts within a span starts.
func (c *inspection) lastIn(s Span) int64 {
	last := sort.Search(len(c.spans), func(i int) bool { return c.spans[i].From >= s.To }) - 1
	return max(s.From, c.spans[last].From)
}

// findIn notes something that rests on the shifts that lie in a span.
func (c *inspection) findIn(row Row, at int64, s Span, allowed, found int) {
	first := sort.Search(len(c.spans), func(i int) bool { return c.spans[i].To > s.From })
	last := sort.Search(len(c.spans), func(i int) bool { return c.spans[i].From >= s.To }) - 1
	c.find(row, Breach, at, s, allowed, found, first, last)
}
