// Package window promises that time in which people are served is counted as a
// clock on the wall of its zone counts it: over weekends, Dutch holidays and
// changes of the clock, to the nanosecond and without a calendar of anybody's
// own. It reads no clock.
package window

import (
	"errors"
	"fmt"
	"time"

	"tikklok/ingest/hours/calendar"
)

// ErrInvalid refuses a window in which nobody is ever served.
var ErrInvalid = errors.New("not a window")

// Window is when people are served: from From until before To, in minutes since
// the local midnight, on its days. The zero Window is never open.
type Window struct {
	From, To int // 0 ≤ From < To ≤ 1440
	Days     Days
	Holidays bool // open on Dutch holidays too
	Zone     *time.Location
}

// Days are days of the week; bit 1<<time.Monday is Monday.
type Days uint8

// Days that are spoken of together.
const (
	MondayToFriday Days = 1<<time.Monday | 1<<time.Tuesday | 1<<time.Wednesday | 1<<time.Thursday | 1<<time.Friday
	EveryDay       Days = 1<<7 - 1
)

// Has says whether a day of the week is one of them.
func (d Days) Has(day time.Weekday) bool { return d&(1<<day) != 0 }

// Service is when incidents are answered: working days 08:30–17:00 (N-B7,
// OB-S5).
func Service(zone *time.Location) Window {
	return Window{From: 8*60 + 30, To: 17 * 60, Days: MondayToFriday, Zone: zone}
}

// Always is day and night, all days (24 × 7).
func Always(zone *time.Location) Window {
	return Window{To: 24 * 60, Days: EveryDay, Holidays: true, Zone: zone}
}

// Check refuses a window that is never open, or no window.
func (w Window) Check() error {
	switch {
	case w.Zone == nil:
		return fmt.Errorf("%w: it has no zone", ErrInvalid)
	case w.From < 0 || w.To > 24*60 || w.From >= w.To:
		return fmt.Errorf("%w: from minute %d to %d of the day; give 0 ≤ from < to ≤ 1440", ErrInvalid, w.From, w.To)
	case w.Days&EveryDay == 0:
		return fmt.Errorf("%w: no day of the week", ErrInvalid)
	}
	return nil
}

// Hours gives when the window opens and closes on a day; false: it doesn't.
// Where the clock skips the time that either stands at, the next that there is
// counts.
func (w Window) Hours(day calendar.Date) (from, to time.Time, open bool) {
	if !w.Days.Has(day.Weekday()) || !w.Holidays && Holiday(day) {
		return from, to, false
	}
	from, to = w.at(day, w.From), w.at(day, w.To)
	return from, to, to.After(from)
}

// at is the instant at which the wall clock shows so many minutes; 1440 is the
// next midnight. Of two such instants the first, as time.Date doesn't promise.
func (w Window) at(day calendar.Date, minutes int) time.Time {
	wall := time.Date(day.Year, day.Month, day.Day, 0, minutes, 0, 0, time.UTC)
	_, before := wall.Add(-36 * time.Hour).In(w.Zone).Zone()
	_, after := wall.Add(36 * time.Hour).In(w.Zone).Zone()
	for _, offset := range []int{max(before, after), min(before, after)} { // the earlier instant first
		t := wall.Add(-time.Duration(offset) * time.Second).In(w.Zone)
		if _, is := t.Zone(); is == offset {
			return t
		}
	}
	skipped, _ := wall.Add(-time.Duration(min(before, after)) * time.Second).In(w.Zone).ZoneBounds()
	return skipped.In(w.Zone)
}

// Twice says whether a clock on the wall of t's zone shows this time of the day
// twice, as in the hour in which it is set back.
func Twice(t time.Time) bool {
	_, now := t.Zone()
	since, until := t.ZoneBounds()
	_, before := since.Add(-time.Second).Zone()
	_, after := until.Zone()
	again := !since.IsZero() && before > now && t.Before(since.Add(time.Duration(before-now)*time.Second))
	return again || !until.IsZero() && after < now && !t.Before(until.Add(-time.Duration(now-after)*time.Second))
}

// Write writes t by a layout, with its offset behind it where the clock shows
// that time twice.
func Write(t time.Time, layout string) string {
	if Twice(t) {
		layout += " (-07:00)"
	}
	return t.Format(layout)
}

// Open says whether somebody is served at t.
func (w Window) Open(t time.Time) bool {
	from, to, open := w.Hours(calendar.DateOf(t.In(w.Zone)))
	return open && !t.Before(from) && t.Before(to)
}

// Next gives t where the window is open then, else when it next opens; the zero
// time for a window that Check refuses.
func (w Window) Next(t time.Time) time.Time {
	if w.Check() != nil {
		return time.Time{}
	}
	for day := calendar.DateOf(t.In(w.Zone)); ; day = day.AddDays(1) {
		from, to, open := w.Hours(day)
		switch {
		case !open || !t.Before(to):
			continue
		case t.Before(from):
			return from
		}
		return t
	}
}

// Add gives when d of open time has passed since t: a deadline. Its last instant
// is inside or at the end of an opening, so that 17:00 is met at 17:00. Nothing
// to add gives Next(t); the zero time for a window that Check refuses.
func (w Window) Add(t time.Time, d time.Duration) time.Time {
	if w.Check() != nil {
		return time.Time{}
	}
	for t = w.Next(t); ; {
		_, to, _ := w.Hours(calendar.DateOf(t.In(w.Zone)))
		left := to.Sub(t)
		if d <= left {
			return t.Add(max(0, d))
		}
		d, t = d-left, w.Next(to)
	}
}

// Between gives how much open time lies between two instants; 0 where the second
// isn't later.
func (w Window) Between(from, to time.Time) (sum time.Duration) {
	if w.Zone == nil || !from.Before(to) {
		return 0
	}
	last := calendar.DateOf(to.In(w.Zone))
	for day := calendar.DateOf(from.In(w.Zone)); !last.Before(day); day = day.AddDays(1) {
		opens, closes, open := w.Hours(day)
		if !open {
			continue
		}
		if opens.Before(from) {
			opens = from
		}
		if closes.After(to) {
			closes = to
		}
		sum += max(0, closes.Sub(opens))
	}
	return sum
}
