package law

// shifts holds each shift against its length, and against hours in which there
// may be no work.
func (c *inspection) shifts() {
	for i := range c.duties {
		d := &c.duties[i]
		if d.minutes > d.figures.Shift {
			c.find(Shift, Breach, c.passed(d.Span, d.figures.Shift), d.Span, d.figures.Shift, d.minutes, i, i)
		}
		if d.figures.NoWorkFrom != d.figures.NoWorkTo {
			c.forbidden(i, d)
		}
	}
}

// forbidden finds work of minors at night: in the hours from NoWorkFrom of one
// day to NoWorkTo of the next (or the same, where that is later).
func (c *inspection) forbidden(i int, d *duty) {
	minutes, first := 0, int64(0)
	for day := c.date(d.From).AddDays(-1); c.minute(day, 0) < d.To; day = day.AddDays(1) {
		to := day
		if d.figures.NoWorkTo < d.figures.NoWorkFrom {
			to = day.AddDays(1)
		}
		s := Span{c.minute(day, d.figures.NoWorkFrom), c.minute(to, d.figures.NoWorkTo)}
		if n := c.worked(d, s); n > 0 {
			if minutes == 0 {
				first = c.passed(s, 0)
			}
			minutes += n
		}
	}
	if minutes > 0 {
		c.find(NoWork, Breach, first, d.Span, 0, minutes, i, i)
	}
}

// breaks holds the breaks of each shift against its length. Where a break
// lies, but that it is no beginning and no end, is free (5:4). A shift that
// runs can still have one.
func (c *inspection) breaks(now int64) {
	for i := range c.duties {
		d := &c.duties[i]
		row, after, need := Break, d.figures.BreakAfter, d.figures.Break
		if d.minutes > d.figures.LongBreakAfter {
			row, after, need = LongBreak, d.figures.LongBreakAfter, d.figures.LongBreak
		}
		if d.minutes > after && d.breaks < need && d.To != now {
			c.find(row, Breach, c.passed(d.Span, after), d.Span, need, d.breaks, i, i)
		}
	}
}

// restIn gives the longest rest within a span that begins with the shift i,
// where it begins, and the last shift it depends on.
func (c *inspection) restIn(i int, s Span) (rest int, at int64, last int) {
	at, last = c.duties[i].To, i
	for j := i; j < len(c.duties) && c.duties[j].From < s.To; j++ {
		d, next := &c.duties[j], forever
		if j+1 < len(c.duties) {
			next = c.duties[j+1].From
		}
		if n := c.longestBreak(d, s.To); n > rest {
			rest, at, last = n, d.To, j
		}
		if n := int(min(next, s.To) - d.To); n > rest {
			rest, at, last = n, d.To, min(j+1, len(c.duties)-1)
		}
	}
	return rest, at, last
}

// longestBreak gives the longest break of a shift, as far as it lies before to.
func (c *inspection) longestBreak(d *duty, to int64) (longest int) {
	if d.To <= to {
		return d.longest
	}
	for k := d.first + 1; k < d.end; k++ {
		longest = max(longest, int(min(c.work[k].From, to)-c.work[k-1].To))
	}
	return longest
}

// dailyRests looks at the 24 hours from the start of each shift. The rest that
// may be short once in 7 × 24 hours is a breach from the second time on. One
// such rest can be that of two shifts.
func (c *inspection) dailyRests() {
	short := Span{-forever, -forever} // the last rest that was short
	for i := range c.duties {
		d := &c.duties[i]
		window := Span{d.From, d.From + aDay}
		rest, at, last := c.restIn(i, window)
		if rest >= d.figures.DailyRest || short.From >= d.From && overlap(short, window) >= d.figures.ShortRest {
			continue
		}
		severity := Edge
		if rest < d.figures.ShortRest || at-short.From < aWeek {
			severity = Breach
		}
		short = Span{at, at + int64(rest)}
		when := at
		if last > i && c.duties[last].From < window.To { // it ended too soon, not began too late
			when = c.duties[last].From
		}
		c.find(DailyRest, severity, when, window, d.figures.DailyRest, rest, i, last)
	}
}

// weeklyRests looks at the 7 × 24 hours from the start of each shift, or the
// 14 × 24 in their place; of a longer stretch without such rest it tells once
// in 7 × 24 hours.
func (c *inspection) weeklyRests() {
	told := -forever
	for i := range c.duties {
		d := &c.duties[i]
		window := Span{d.From, d.From + aWeek}
		rest, _, _ := c.restIn(i, window)
		if rest >= d.figures.WeeklyRest || d.From-told < aWeek || c.fortnight(i) {
			continue
		}
		told = d.From
		last := i
		for last+1 < len(c.duties) && c.duties[last+1].From < window.To {
			last++
		}
		when := min(window.To, c.duties[last].To)
		c.find(WeeklyRest, Breach, when, window, d.figures.WeeklyRest, rest, i, last)
	}
}

// fortnight says whether the rests in the 14 × 24 hours from the start of a
// shift do in the place of the weekly one.
func (c *inspection) fortnight(i int) bool {
	f, to, sum := c.duties[i].figures, c.duties[i].From+2*aWeek, 0
	if f.FortnightRest == 0 {
		return false
	}
	for j := i; j < len(c.duties) && c.duties[j].To < to; j++ {
		next := forever
		if j+1 < len(c.duties) {
			next = c.duties[j+1].From
		}
		if n := int(min(next, to) - c.duties[j].To); n >= f.FortnightPart {
			sum += n
		}
	}
	return sum >= f.FortnightRest
}
