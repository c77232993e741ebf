package law

import (
	"slices"
	"sort"
	"time"

	"tikklok/ingest/hours/calendar"
)

// betweenShifts is the rest that parts two shifts (1:7, 1c).
const betweenShifts = 8 * 60

// forever is where rest after the last shift ends.
const forever = int64(1) << 60

// duty is a shift as the Act has it.
type duty struct {
	Span
	first, end int // its stretches of work
	figures    *Figures
	minutes    int // of work
	night      int // of them between 00:00 and 06:00
	late       bool
	longest    int // the longest break
	breaks     int // minutes of breaks that count
	week       int
}

// inspection is a history on its way.
type inspection struct {
	zone     *time.Location
	law      Law
	work     []Span // sorted, apart from each other
	duties   []duty
	spans    []Span // those of the duties
	weeks    []week
	findings []Finding
}

// week is one of Monday to Sunday.
type week struct {
	from, sunday int64 // UTC minutes
	minutes      int
	night        int // of them between 00:00 and 06:00
	onSunday     bool
	nights       int // night shifts that started in it
	late         int // of them that ended after 02:00
	lastLate     int // index of the last of those
}

// inspect gives the findings of stretches of work.
func inspect(work []Span, zone *time.Location, l Law, now int64) []Finding {
	c := inspection{zone: zone, law: l, work: join(work)}
	if len(c.work) == 0 {
		return nil
	}
	c.cut()
	c.measure()
	c.shifts()
	c.breaks(now)
	c.dailyRests()
	c.weeklyRests()
	c.nights()
	c.series()
	c.eachWeek()
	return c.findings
}

// join sorts stretches and makes one of those that touch.
func join(work []Span) []Span {
	slices.SortFunc(work, bySpan)
	out := work[:0]
	for _, w := range work {
		switch n := len(out); {
		case w.To <= w.From:
		case n > 0 && w.From <= out[n-1].To:
			out[n-1].To = max(out[n-1].To, w.To)
		default:
			out = append(out, w)
		}
	}
	return out
}

// cut makes shifts of stretches, and the weeks they lie in.
func (c *inspection) cut() {
	c.duties = make([]duty, 0, len(c.work))
	for i, w := range c.work {
		if n := len(c.duties); n == 0 || w.From-c.duties[n-1].To >= betweenShifts {
			c.duties = append(c.duties, duty{Span: w, first: i})
		}
		d := &c.duties[len(c.duties)-1]
		d.To, d.end = w.To, i+1
		d.minutes += int(w.To - w.From)
	}
	c.spans = make([]Span, len(c.duties))
	for i, d := range c.duties {
		c.spans[i] = d.Span
	}
	last := c.duties[len(c.duties)-1].To
	for day := c.date(c.duties[0].From).Week().Monday(); ; day = day.AddDays(7) {
		from := c.minute(day, 0)
		c.weeks = append(c.weeks, week{from: from, sunday: c.minute(day.AddDays(6), 0)})
		if from >= last {
			break // it only says where the one before ends
		}
	}
}

// measure finds the nights, breaks and weeks of shifts.
func (c *inspection) measure() {
	var from calendar.Date
	var figures *Figures
	at := 0
	for i := range c.duties {
		d := &c.duties[i]
		day := c.date(d.From)
		if figures == nil || day != from {
			f := c.law.At(day)
			if figures == nil || *figures != f {
				figures = &f
			}
			from = day
		}
		d.figures = figures
		for at+2 < len(c.weeks) && d.From >= c.weeks[at+1].from {
			at++
		}
		d.week = at
		c.rests(d)
		c.weigh(d)
		c.darken(d, day)
	}
}

// rests measures the breaks of a shift.
func (c *inspection) rests(d *duty) {
	for k := d.first + 1; k < d.end; k++ {
		gap := int(c.work[k].From - c.work[k-1].To)
		d.longest = max(d.longest, gap)
		if gap >= d.figures.BreakPart {
			d.breaks += gap
		}
	}
}

// weigh adds a shift's minutes to its weeks: those after Monday 00:00 to the
// next.
func (c *inspection) weigh(d *duty) {
	for k := d.first; k < d.end; k++ {
		w := c.work[k]
		for n := d.week; n+1 < len(c.weeks) && c.weeks[n].from < w.To; n++ {
			wk := &c.weeks[n]
			wk.minutes += overlap(w, Span{wk.from, c.weeks[n+1].from})
			wk.onSunday = wk.onSunday || overlap(w, Span{wk.sunday, c.weeks[n+1].from}) > 0
		}
	}
}

// darken measures the work between 00:00 and 06:00.
func (c *inspection) darken(d *duty, day calendar.Date) {
	two := forever
	for {
		from := c.minute(day, 0)
		if from >= d.To {
			break
		}
		if night := c.worked(d, Span{from, c.minute(day, 6*60)}); night > 0 {
			d.night += night
			two = min(two, c.minute(day, 2*60))
			n := d.week
			for n+2 < len(c.weeks) && from >= c.weeks[n+1].from {
				n++
			}
			c.weeks[n].night += night
		}
		day = day.AddDays(1)
	}
	d.late = d.dark() && d.To > two
}

// dark says whether it is a night shift (1:7, 1d).
func (d *duty) dark() bool { return d.night > d.figures.NightWork }

// worked gives the minutes of a shift's work within a span.
func (c *inspection) worked(d *duty, s Span) (minutes int) {
	for k := d.first; k < d.end; k++ {
		minutes += overlap(c.work[k], s)
	}
	return minutes
}

func overlap(a, b Span) int { return int(max(0, min(a.To, b.To)-max(a.From, b.From))) }

// passed gives the minute at which the work within a span passes so many
// minutes.
func (c *inspection) passed(s Span, minutes int) int64 {
	first := sort.Search(len(c.work), func(i int) bool { return c.work[i].To > s.From })
	for _, w := range c.work[first:] {
		n := overlap(w, s)
		if n > minutes {
			return max(w.From, s.From) + int64(minutes)
		}
		minutes -= n
	}
	return s.To
}

func (c *inspection) date(minute int64) calendar.Date { return dateAt(minute, c.zone) }

// minute gives the UTC minute of a local day's minute.
func (c *inspection) minute(d calendar.Date, minute int) int64 {
	return time.Date(d.Year, d.Month, d.Day, 0, minute, 0, 0, c.zone).Unix() / 60
}

// find notes something that rests on the shifts from first to last.
func (c *inspection) find(row Row, severity Severity, at int64, over Span, allowed, found, first, last int) {
	c.findings = append(c.findings, Finding{Row: row, Severity: severity, At: at, Day: c.date(at), Over: over,
		Allowed: allowed, Found: found, Shifts: c.spans[first : last+1 : last+1]})
}
