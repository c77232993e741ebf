package law

// nights looks at night shifts one by one: their length, how often the longer
// one was used, and the rest after them (5:8).
func (c *inspection) nights() {
	var long []int
	short := -forever
	for i := range c.duties {
		d := &c.duties[i]
		if !d.dark() {
			continue
		}
		if d.minutes > d.figures.NightShift {
			long = append(long, i)
			c.longNight(long)
		}
		if i+1 == len(c.duties) || !d.late {
			continue
		}
		next := c.duties[i+1].From
		if rest := int(next - d.To); rest < d.figures.LateNightRest {
			severity := Edge
			if rest < d.figures.ShortLateRest || d.To-short < aWeek {
				severity = Breach
			}
			short = d.To
			c.find(LateNightRest, severity, next, Span{d.To, next}, d.figures.LateNightRest, rest, i, i+1)
		}
	}
}

// longNight looks at the last of the night shifts that were longer than most
// may be.
func (c *inspection) longNight(long []int) {
	i := long[len(long)-1]
	d := &c.duties[i]
	at := c.passed(d.Span, d.figures.NightShift)
	if d.minutes > d.figures.LongNight {
		c.find(NightShift, Breach, c.passed(d.Span, d.figures.LongNight), d.Span, d.figures.LongNight, d.minutes, i, i)
	} else {
		c.find(NightShift, Edge, at, d.Span, d.figures.NightShift, d.minutes, i, i)
	}
	in14, in52, first14, first52 := 0, 0, i, i
	for _, j := range long {
		if c.duties[j].From > d.From-2*aWeek {
			in14++
			first14 = min(first14, j)
		}
		if c.duties[j].week > d.week-52 {
			in52++
			first52 = min(first52, j)
		}
	}
	if in14 > d.figures.LongNights14 {
		c.find(LongNights, Breach, at, Span{d.To - 2*aWeek, d.To}, d.figures.LongNights14, in14, first14, i)
	}
	if in52 > d.figures.LongNights52 {
		c.find(LongNights, Breach, at, Span{c.weeks[max(0, d.week-51)].from, d.To}, d.figures.LongNights52, in52, first52, i)
	}
	if i+1 < len(c.duties) {
		next := c.duties[i+1].From
		if rest := int(next - d.To); rest < d.figures.LongNightRest {
			c.find(LongNightRest, Breach, next, Span{d.To, next}, d.figures.LongNightRest, rest, i, i+1)
		}
	}
}

// series looks at shifts that no longer rest parts: how many there may be with
// a night shift among them, and the rest after several night shifts.
func (c *inspection) series() {
	first, nights, told := 0, 0, -1 // told: where the finding of this series stands
	firstDark := -1                 // first of the night shifts that lie one after another
	for i := range c.duties {
		d := &c.duties[i]
		if i > 0 && d.From-c.duties[i-1].To >= int64(d.figures.SeriesEnds) {
			c.afterNights(firstDark, i-1)
			first, nights, told, firstDark = i, 0, -1, -1
		}
		if d.dark() {
			nights++
			if firstDark < 0 {
				firstDark = i
			}
		} else {
			c.afterNights(firstDark, i-1)
			firstDark = -1
		}
		n := i - first + 1
		switch {
		case told >= 0:
			f := &c.findings[told]
			f.Found, f.Over.To, f.Shifts = n, d.To, c.spans[first:i+1:i+1]
		case nights > 0 && n > d.figures.Series:
			told = len(c.findings)
			c.find(Series, Breach, d.From, Span{c.duties[first].From, d.To}, d.figures.Series, n, first, i)
		}
	}
}

// afterNights looks at the rest after the night shifts from first to last.
func (c *inspection) afterNights(first, last int) {
	if first < 0 || last+1 == len(c.duties) {
		return
	}
	f, end, next := c.duties[last].figures, c.duties[last].To, c.duties[last+1].From
	if n := last - first + 1; n >= f.NightSeries && next-end < int64(f.NightSeriesRest) {
		c.find(NightSeriesRest, Breach, next, Span{end, next}, f.NightSeriesRest, int(next-end), first, last+1)
	}
}
