package probe

import (
	"math/bits"
	"slices"
	"time"
)

// shown is how many days the status page looks back.
const shown = 90

// Day counts the minutes of a day. One that was measured twice, because the
// probe's clock was set back, counts once, and as the worse of both.
type Day struct {
	Date     time.Time // its begin
	Up, Down int
	Late     int // minutes whose tap waited for its receipt
}

// Measured is how many minutes of it were.
func (d Day) Measured() int { return d.Up + d.Down }

// hour is what was measured of an hour: a bit for each minute.
type hour struct{ up, down, late uint64 }

// history is what the book holds, by hour.
type history struct {
	hours  map[int64]*hour // by hours since 1970, UTC
	newest Record
	since  time.Time // when the state of newest began
	first  time.Time // the earliest minute
	gotIn  bool      // there is a minute that was up
}

const (
	hourSeconds = 3600
	dayHours    = 24
)

// add counts a record.
func (h *history) add(r Record) {
	if h.first.IsZero() || r.At.Before(h.first) {
		h.first = r.At
	}
	if r.Seq >= h.newest.Seq { // the book is read by months, which is another order where the clock was set back
		if r.State != h.newest.State {
			h.since = r.At
		}
		h.newest = r
	}
	h.gotIn = h.gotIn || r.State == Up
	of := h.hours[r.At.Unix()/hourSeconds]
	if of == nil {
		of = &hour{}
		h.hours[r.At.Unix()/hourSeconds] = of
	}
	bit := uint64(1) << r.At.Minute()
	if r.State == Up {
		of.up |= bit
	} else {
		of.down |= bit
	}
	if r.Tap == TapWaits {
		of.late |= bit
	}
}

// forget drops what is of before an instant.
func (h *history) forget(before time.Time) {
	for at := range h.hours {
		if at < before.Unix()/hourSeconds {
			delete(h.hours, at)
		}
	}
	if h.first.Before(before) {
		h.first = before
	}
}

// count counts the minutes from one instant until before another.
func (h *history) count(from, to time.Time) Day {
	d := Day{Date: from}
	for at := from.Truncate(time.Hour); at.Before(to); at = at.Add(time.Hour) {
		if of := h.hours[at.Unix()/hourSeconds]; of != nil {
			in := minutes(from.Sub(at), to.Sub(at))
			d.Up += bits.OnesCount64(of.up &^ of.down & in)
			d.Down += bits.OnesCount64(of.down & in)
			d.Late += bits.OnesCount64(of.late & in)
		}
	}
	return d
}

// minutes has the bits of an hour's minutes between two times since its begin.
func minutes(from, to time.Duration) uint64 {
	upTo := func(d time.Duration) uint64 { return uint64(1)<<min(60, max(0, d/time.Minute)) - 1 }
	return upTo(to) &^ upTo(from)
}

// days gives each day of UTC with a minute in it, the first first.
func (h *history) days() (all []Day) {
	var dates []int64
	for at := range h.hours {
		dates = append(dates, at/dayHours)
	}
	slices.Sort(dates)
	for _, date := range slices.Compact(dates) {
		from := time.Unix(date*dayHours*hourSeconds, 0).UTC()
		all = append(all, h.count(from, from.AddDate(0, 0, 1)))
	}
	return all
}

// Status is what the probe knows of itself, for everybody: no tenant, account
// or address is in it.
type Status struct {
	Newest  Record    // zero: nothing was measured yet
	Since   time.Time // when its state began, as far as was measured
	Fresh   bool      // it is of the last three minutes: what is older says nothing of now
	Days    []Day     // the last 90 of the zone with this one, the oldest first; one without a minute is in it
	Lacking int       // minutes of Days that nobody measured, since the first that was
	Waiting int       // minutes that the server hasn't got yet
	Damaged int       // lines of the book that could not be read
	Work    []Work    // announced, and not over, the first first
}

// Status gives what is known at an instant, in the instant's zone.
func (b *Book) Status(now time.Time) Status {
	b.mu.Lock()
	defer b.mu.Unlock()
	s := Status{Newest: b.history.newest, Since: b.history.since, Waiting: len(b.waits), Damaged: b.damaged}
	age := now.Sub(s.Newest.At)
	s.Fresh = s.Newest.Seq > 0 && age < 3*time.Minute && age > -3*time.Minute
	for i := shown - 1; i >= 0; i-- {
		from := time.Date(now.Year(), now.Month(), now.Day()-i, 0, 0, 0, 0, now.Location())
		d := b.history.count(from, time.Date(now.Year(), now.Month(), now.Day()-i+1, 0, 0, 0, 0, now.Location()))
		s.Days = append(s.Days, d)
		s.Lacking -= d.Measured()
	}
	if from := later(b.history.first, s.Days[0].Date); s.Newest.Seq > 0 && from.Before(now) {
		s.Lacking += int(now.Sub(from) / time.Minute)
	}
	s.Lacking = max(0, s.Lacking) // a minute under way may be measured already
	for _, w := range b.work {
		if now.Before(w.Until) {
			s.Work = append(s.Work, w)
		}
	}
	return s
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
