package hours

import (
	"time"

	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/hours/plan"
)

// bookings puts what people decided of whole days on those days.
func (c *computing) bookings(decisions []Decision) {
	if len(decisions) == 0 {
		return
	}
	for _, d := range standing(decisions, Absent, AddMinutes) {
		c.day(d.Day).bookOne(d)
	}
}

// bookOne notes a decision of the day's minutes.
func (d *Day) bookOne(by Decision) {
	d.Booked = append(d.Booked, Booked{by.ID, by.Kind, by.Site, by.Code, by.Minutes})
	d.Decisions = append(d.Decisions, by.ID)
}

// standBy puts planned standby that is over on the days it began on, with the
// minutes that count: those not worked, unless the rules count these too. Of
// what is not over yet the day is computed again when it is.
func (c *computing) standBy() {
	for _, s := range c.plan {
		end := s.To
		if s.Withdrawn != 0 {
			end = min(end, floorDiv(s.Withdrawn, 60_000))
		}
		day := c.dayAt(s.From*60_000, s.Site)
		r := &c.page(day, s.Site).Set.Rules.Standby
		if s.Kind != plan.Standby || r.Code == "" || end <= s.From || !c.person.employed(day) {
			continue
		}
		d := c.day(day)
		if c.now < end*60_000 {
			if d.Again == 0 || end*60_000 < d.Again {
				d.Again = end * 60_000
			}
			continue
		}
		stood := StandbySpan{Span: Span{s.From, end}, Site: s.Site}
		if stood.Minutes = stood.Span.Minutes(); !r.Worked {
			stood.Minutes -= c.worked(stood.Span)
		}
		d = c.day(day)
		d.Standby = append(d.Standby, stood)
	}
}

// worked gives the minutes worked within a span.
func (c *computing) worked(within Span) (minutes int) {
	for i := range c.days {
		for _, s := range c.days[i].Shifts {
			for _, w := range s.Worked {
				minutes += int(max(min(w.To, within.To)-max(w.From, within.From), 0))
			}
		}
	}
	return minutes
}

// holidays makes the days of paid holidays that have begun.
func (c *computing) holidays(days calendar.Period) {
	if (days == calendar.Period{}) {
		return
	}
	today := calendar.DateOf(time.UnixMilli(c.now).In(c.person.Zone))
	for d := days.From; !days.To.Before(d) && !today.Before(d); d = d.AddDays(1) {
		p := c.idle(d)
		h, is := p.Holiday(d)
		if !is || !h.Paid || p.Set.Rules.HolidayCode == "" || !c.person.employed(d) {
			continue
		}
		if minutes := c.owed(d); minutes > 0 {
			c.day(d).Holiday = &PaidHoliday{h.Name, minutes}
		}
	}
}

// owed gives the minutes that somebody would have worked: those planned, or a
// fifth of the agreed week on Monday to Friday.
func (c *computing) owed(d calendar.Date) (minutes int) {
	planned := false
	for _, s := range c.plan {
		if s.Withdrawn == 0 && s.Kind == plan.Work && c.shiftDay(Span{s.From, s.To}, s.Site) == d {
			minutes, planned = minutes+s.Minutes(), true
		}
	}
	if w := d.Weekday(); !planned && w != time.Saturday && w != time.Sunday {
		minutes = c.person.TermsOn(d).Minutes / 5
	}
	return minutes
}
