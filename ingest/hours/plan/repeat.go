package plan

import (
	"slices"
	"strings"
	"time"

	"github.com/teambition/rrule-go"

	"tikklok/ingest/hours/calendar"
)

// Bounds of recurrences, so that none costs more than its occurrences.
const (
	maxRule        = 200       // bytes
	maxInterval    = 100       // days, weeks or months
	maxOccurrences = 1_000_000 // looked at in one file
)

// ruleParts are what an RRULE may say: shifts repeat by days, weeks and months.
var ruleParts = []string{"FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST", "BYDAY", "BYMONTHDAY", "BYSETPOS"}

// repeats gives when an event takes place, on its own clock written as UTC (so
// that every occurrence is at the same time on the wall); nil: once.
func (c *cal) repeats(e event, row *Row) *rrule.Set {
	if row.replaces || len(e.all["RRULE"])+len(e.all["RDATE"]) == 0 || row.From.Date == (calendar.Date{}) {
		return nil
	}
	set := &rrule.Set{}
	if len(e.all["RRULE"]) == 0 {
		set.RDate(row.From.wall())
	}
	for i, p := range e.all["RRULE"] {
		rule := c.rule(p.value, row.From)
		if i > 0 || rule == nil {
			c.refuse(p.line, "RRULE", "repeat", p.value)
			return nil
		}
		set.RRule(rule)
	}
	for _, p := range e.all["EXDATE"] {
		c.dates(p, row, set.ExDate)
	}
	for _, p := range e.all["RDATE"] {
		c.dates(p, row, set.RDate)
	}
	return set
}

// wall gives a time on the wall as if it were UTC.
func (l Local) wall() time.Time {
	return l.Date.In(time.UTC).Add(time.Duration(l.Minute) * time.Minute)
}

// dates reads a list of occurrences: each at the event's own time.
func (c *cal) dates(p property, row *Row, take func(time.Time)) {
	for value := range strings.SplitSeq(p.value, ",") {
		l, ok := c.local(p, value)
		if !ok {
			return
		}
		if l.Zone != nil && row.From.Zone != nil {
			if at, err := l.Instant(nil); err == nil {
				l = localAt(at, row.From.Zone)
			}
		}
		if l.Minute != row.From.Minute {
			c.refuse(p.line, p.name, "repeat", value)
			return
		}
		take(l.wall())
	}
}

// rule reads an RRULE of an event that starts so, from about where the time
// that is taken up begins to where it ends; nil: it is none that is taken up.
func (c *cal) rule(text string, start Local) *rrule.RRule {
	text = strings.ToUpper(text)
	parts := map[string]string{}
	for part := range strings.SplitSeq(text, ";") {
		name, value, _ := strings.Cut(part, "=")
		if _, twice := parts[name]; twice || !slices.Contains(ruleParts, name) {
			return nil
		}
		parts[name] = value
	}
	o, err := rrule.StrToROption(text)
	if err != nil || len(text) > maxRule || !bounded(o, parts) {
		return nil
	}
	o.Dtstart, o.Until = start.wall(), c.until(o.Until, parts["UNTIL"], start)
	step := max(o.Interval, 1)
	if o.Freq == rrule.WEEKLY {
		step *= 7
	}
	if skip := c.file.from.Sub(start.Date)/step - 1; skip > 0 && o.Count == 0 && o.Freq != rrule.MONTHLY {
		o.Dtstart = o.Dtstart.AddDate(0, 0, skip*step) // nobody asks for those before
	}
	rule, err := rrule.NewRRule(*o)
	if err != nil {
		return nil
	}
	return rule
}

// bounded says whether a rule is one that is taken up. One that may have no
// occurrence at all is none: the library would look for it until the year 9999.
func bounded(o *rrule.ROption, parts map[string]string) bool {
	nth := slices.ContainsFunc(o.Byweekday, func(d rrule.Weekday) bool { return d.N() != 0 })
	beyond := func(most int) func(int) bool {
		return func(n int) bool { return n == 0 || n < -most || n > most }
	}
	rare := o.Interval > 1 && (slices.ContainsFunc(o.Bymonthday, beyond(28)) || slices.ContainsFunc(o.Byweekday, func(d rrule.Weekday) bool { return beyond(4)(d.N()) && d.N() != 0 }))
	switch {
	case parts["INTERVAL"] != "" && o.Interval < 1, o.Interval > maxInterval:
		return false
	case parts["COUNT"] != "" && (o.Count < 1 || parts["UNTIL"] != ""):
		return false
	case o.Freq == rrule.DAILY:
		return !nth && len(o.Bymonthday)+len(o.Bysetpos) == 0 && (len(o.Byweekday) == 0 || o.Interval%7 != 0 || o.Interval == 0)
	case o.Freq == rrule.WEEKLY:
		return !nth && len(o.Bymonthday)+len(o.Bysetpos) == 0
	case o.Freq != rrule.MONTHLY || len(o.Byweekday) > 0 && len(o.Bymonthday) > 0:
		return false
	case len(o.Bysetpos) > 0: // as some programs write the second Monday, or the last working day
		return len(o.Byweekday) > 0 && !nth && !slices.ContainsFunc(o.Bysetpos, beyond(4))
	}
	return !rare && !slices.ContainsFunc(o.Bymonthday, beyond(31)) && !slices.ContainsFunc(o.Byweekday, func(d rrule.Weekday) bool { return max(d.N(), -d.N()) > 5 })
}

// until gives the last moment of a rule on the event's own clock, and no later
// than what is taken up. A day is meant with all its hours.
func (c *cal) until(until time.Time, text string, start Local) time.Time {
	const wholeDay = 24*time.Hour - time.Second
	last := c.file.to.In(time.UTC).Add(wholeDay)
	switch {
	case text == "":
		return last
	case !strings.Contains(text, "T"):
		until = until.Add(wholeDay)
	case strings.HasSuffix(text, "Z") && start.Zone != nil:
		_, offset := until.In(start.Zone).Zone()
		until = until.Add(time.Duration(offset) * time.Second)
	}
	if until.After(last) {
		return last
	}
	return until
}

// expand puts every occurrence of an event, each at the same time on the wall.
func (c *cal) expand(row Row, set *rrule.Set) {
	endless := set.GetRRule() != nil && set.GetRRule().Options.Count == 0
	next := set.Iterator()
	for at, ok := next(); ok && !c.stop; at, ok = next() {
		if c.occurrences++; c.occurrences > maxOccurrences {
			c.refuse(row.Line, "RRULE", "many", maxOccurrences)
			c.stop = true
			return
		}
		day := calendar.DateOf(at)
		if endless && day.Before(c.file.from) {
			continue
		}
		one := row
		one.From.Date, one.To.Date = day, row.To.Date.AddDays(day.Sub(row.From.Date))
		occurrence := one.From
		one.occurrence = &occurrence
		c.put(one, day)
	}
}
