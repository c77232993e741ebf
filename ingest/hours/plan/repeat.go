package plan

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"tikklok/ingest/hours/calendar"
)

// repeat says on which days an event takes place (RFC 5545, 3.3.10): shifts
// repeat by days and weeks. Days are counted since 1970.
type repeat struct {
	weekly   bool
	interval int
	count    int     // 0: no end but until
	until    int     // last day; 0: none
	days     [7]bool // Monday first
	byDay    bool    // days says which; else that of the start, or every day
	weekFrom int     // first day of a week, Monday 0
	none     bool    // no rule: the start and extra only
	except   map[int]bool
	extra    []int
}

func dayNumber(d calendar.Date) int { return int(d.In(time.UTC).Unix() / 86_400) }

func dateOf(day int) calendar.Date {
	return calendar.DateOf(time.Unix(int64(day)*86_400, 0).UTC())
}

// weekday gives the day of the week, Monday 0: 1970 began on a Thursday.
func weekday(day int) int { return ((day+3)%7 + 7) % 7 }

// repeats reads how an event repeats; nil: it takes place once.
func (c *cal) repeats(e event, row *Row) *repeat {
	if row.replaces || len(e.all["RRULE"])+len(e.all["RDATE"]) == 0 {
		return nil
	}
	r := &repeat{interval: 1, none: len(e.all["RRULE"]) == 0, except: map[int]bool{}}
	for i, p := range e.all["RRULE"] {
		if i > 0 || !r.parse(p.value, row.From) {
			c.refuse(p.line, "RRULE", "repeat", p.value)
		}
	}
	for _, p := range e.all["EXDATE"] {
		c.dates(p, row, func(day int) { r.except[day] = true })
	}
	for _, p := range e.all["RDATE"] {
		c.dates(p, row, func(day int) { r.extra = append(r.extra, day) })
	}
	slices.Sort(r.extra)
	r.extra = slices.Compact(r.extra)
	return r
}

// dates reads a list of occurrences: each at the event's own time.
func (c *cal) dates(p property, row *Row, take func(day int)) {
	for value := range strings.SplitSeq(p.value, ",") {
		l, ok := c.local(p, value)
		switch {
		case !ok:
			return
		case l.Minute != row.From.Minute:
			c.refuse(p.line, p.name, "repeat", value)
			return
		}
		take(dayNumber(l.Date))
	}
}

// parse reads an RRULE; false: it is none that shifts repeat by.
func (r *repeat) parse(text string, start Local) bool {
	seen := map[string]bool{}
	for part := range strings.SplitSeq(strings.ToUpper(text), ";") {
		name, value, _ := strings.Cut(part, "=")
		if seen[name] || !r.part(name, value, start) {
			return false
		}
		seen[name] = true
	}
	return seen["FREQ"] && !(seen["COUNT"] && seen["UNTIL"])
}

func (r *repeat) part(name, value string, start Local) (ok bool) {
	number := func(into *int) bool {
		n, err := strconv.ParseUint(value, 10, 16)
		*into = int(n)
		return err == nil && n > 0
	}
	switch name {
	case "FREQ":
		r.weekly = value == "WEEKLY"
		return r.weekly || value == "DAILY"
	case "INTERVAL":
		return number(&r.interval)
	case "COUNT":
		return number(&r.count)
	case "UNTIL":
		r.until, ok = lastDay(value, start)
		return ok
	case "WKST":
		r.weekFrom = slices.Index(weekdays, value)
		return r.weekFrom >= 0
	case "BYDAY":
		for day := range strings.SplitSeq(value, ",") {
			n := slices.Index(weekdays, day)
			if n < 0 {
				return false
			}
			r.days[n], r.byDay = true, true
		}
		return true
	}
	return false
}

// lastDay reads UNTIL, a date or a time in UTC or floating, as the last day on
// which an event that starts so can take place.
func lastDay(value string, start Local) (int, bool) {
	if until, err := time.Parse("20060102", value); err == nil {
		return dayNumber(calendar.DateOf(until)), true
	}
	stamp, utc := strings.CutSuffix(value, "Z")
	until, err := time.Parse("20060102T150405", stamp)
	if err != nil || until.Year() < 2015 || until.Year() > 2100 {
		return 0, false
	}
	if utc && start.Zone != nil {
		until = until.In(start.Zone)
	}
	day := dayNumber(calendar.DateOf(until))
	if until.Hour()*60+until.Minute() < start.Minute {
		day--
	}
	return day, true
}

var weekdays = []string{"MO", "TU", "WE", "TH", "FR", "SA", "SU"}

// each gives the days of an event that starts on a day, in order, from the
// first to the last one that is asked for, or more before; take may stop it. It
// looks at every day once.
func (r repeat) each(start, first, last int, take func(day int) bool) {
	extra, n := r.extra, 0
	from := start
	if r.count == 0 && !r.none {
		from = max(start, first) // no need to count those before
	}
	for day := from; day <= last; day++ {
		for len(extra) > 0 && extra[0] < day {
			extra = extra[1:]
		}
		on := r.on(start, day, n)
		if on {
			n++
		}
		on = on || len(extra) > 0 && extra[0] == day
		if on && !r.except[day] && !take(day) {
			return
		}
		if (r.none || r.count > 0 && n == r.count || r.until != 0 && day >= r.until) && len(extra) == 0 {
			return
		}
	}
}

// on says whether the rule holds on a day, n occurrences after the start.
func (r repeat) on(start, day, n int) bool {
	switch {
	case r.until != 0 && day > r.until:
		return false
	case day == start && (r.none || !r.byDay || r.days[weekday(day)]):
		return true
	case r.none || r.count > 0 && n >= r.count:
		return false
	case !r.weekly:
		return (day-start)%r.interval == 0 && (!r.byDay || r.days[weekday(day)])
	}
	monday := func(d int) int { return d - ((weekday(d)-r.weekFrom)%7+7)%7 }
	weeks := (monday(day) - monday(start)) / 7
	return weeks%r.interval == 0 && (r.days[weekday(day)] || !r.byDay && weekday(day) == weekday(start))
}
