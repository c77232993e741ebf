package hours

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"

	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/hours/plan"
)

// Sealed is what is kept of the days before a date whose taps were removed, or
// may be at any moment (I5). Nothing is computed there again.
type Sealed struct {
	Before calendar.Date // the first day that is not sealed; zero: none is
	On     calendar.Date // when that was done
	Days   []Day         // as they were explained when they were sealed, ascending
}

// Holds says whether a day is sealed.
func (s Sealed) Holds(d calendar.Date) bool { return d.Before(s.Before) }

// keepSealed puts the sealed days in their place as they are kept, and takes
// everything that lies there out of what is computed. A tap that came since is
// shown on its day, and asks for a person: it never becomes hours by itself.
func (c *computing) keepSealed(s Sealed, days *calendar.Period) {
	if (s.Before == calendar.Date{}) {
		return
	}
	for _, d := range s.Days {
		d.Booked = nil // bookings puts those that stand
		d.Punches, d.Decisions, d.Exceptions = slices.Clone(d.Punches), slices.Clone(d.Decisions), slices.Clone(d.Exceptions)
		c.days = append(c.days, d)
	}
	c.plan = slices.DeleteFunc(slices.Clone(c.plan), func(p plan.Shift) bool { return s.Holds(c.dayAt(p.From*60_000, p.Site)) })
	if days.From.Before(s.Before) && *days != (calendar.Period{}) {
		days.From = s.Before
	}
	c.punches = slices.DeleteFunc(c.punches, func(p Punch) bool {
		day := c.dayAt(p.lies(), p.Site)
		if !s.Holds(day) {
			return false
		}
		if p.Tap != "" { // what a person added is in the day that is kept
			c.late(day, p, s.On)
		}
		return true
	})
}

// late shows a tap that came after its day was sealed.
func (c *computing) late(day calendar.Date, p Punch, on calendar.Date) {
	d := c.day(day)
	d.Sealed = on
	if p.Role != RoleIgnored {
		p.Role = RoleSealed
		c.except(day, Exception{Kind: SealedDay, Tap: p.Tap, At: p.lies()})
	}
	c.showSome(day, p)
}

// lies gives when a punch happened, as far as can be: a decided time is not
// weighed against its arrival.
func (p Punch) lies() int64 {
	if p.Known == KnownDecided {
		return p.At
	}
	return p.Whereabouts()
}

// answerSealed drops what a sealed day asked when it was sealed, once somebody
// put it right by hand: there is no other answer left.
func (d *Day) answerSealed() {
	if !d.isSealed() || !slices.ContainsFunc(d.Booked, func(b Booked) bool { return b.Kind == AddMinutes }) {
		return
	}
	d.Exceptions = slices.DeleteFunc(d.Exceptions, func(e Exception) bool { return e.Kind != SealedDay })
}

// tapNames finds the names of taps (TapID) in a day that is written down.
var tapNames = regexp.MustCompile(`"[0-9a-f]{1,16}/[0-9a-f]{1,16}/[0-9]{1,19}"`)

// seal gives the day as it is kept: its taps have no names any more, only
// numbers of the day, so that nothing leads from it to a fob (I5). More taps
// may be named than are listed.
func (d Day) seal(on calendar.Date) (Day, error) {
	d.Sealed = on
	text, err := json.Marshal(d)
	if err != nil {
		return d, fmt.Errorf("writing down a day: %w", err)
	}
	numbers, last := map[string]int{}, len(d.Punches)
	for i, p := range d.Punches {
		numbers[strconv.Quote(string(p.Tap))] = i + 1
	}
	text = tapNames.ReplaceAllFunc(text, func(name []byte) []byte {
		if numbers[string(name)] == 0 {
			last++
			numbers[string(name)] = last
		}
		return []byte(`"0/0/` + strconv.Itoa(numbers[string(name)]) + `"`)
	})
	var out Day
	if err := json.Unmarshal(text, &out); err != nil {
		return d, fmt.Errorf("reading a day: %w", err)
	}
	return out, nil
}

// boundary gives the latest day, not after limit, that neither a chain of taps
// nor a day's explanation lies on both sides of: what is before it can be
// sealed as a whole. Zero: there is none after oldest.
func (l *lookup) boundary(times []int64, days []Day, oldest, limit calendar.Date, longest int64) calendar.Date {
	for b := limit; oldest.Before(b); b = b.AddDays(-1) {
		at := l.starts(b, l.page(b, 0)) * 60_000
		i, _ := slices.BinarySearch(times, at)
		if i > 0 && i < len(times) && times[i]-times[i-1] <= longest {
			continue
		}
		if !slices.ContainsFunc(days, func(d Day) bool { return d.crosses(b, at) }) {
			return b
		}
	}
	return calendar.Date{}
}

// crosses says whether a day shows punches beyond the beginning of b.
func (d Day) crosses(b calendar.Date, at int64) bool {
	return slices.ContainsFunc(d.Punches, func(p Punch) bool { return d.Date.Before(b) != (p.Placed() < at) })
}
