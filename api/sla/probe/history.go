package probe

import "time"

// kept is how many days the status page looks back.
const kept = 90

// Day counts the minutes of a UTC day.
type Day struct {
	Date     time.Time // its begin
	Up, Down int
	Late     int // minutes whose tap waited for its receipt
}

// history is what the book holds, by day. A minute that is named twice counts
// once, as it was measured first.
type history struct {
	days    []Day
	newest  Record
	lastAt  map[int64]struct{} // minutes of the newest day
	lastDay time.Time
	since   time.Time // when the state of newest began
	first   time.Time // the earliest minute
}

// add counts a record.
func (h *history) add(r Record) {
	if h.first.IsZero() || r.At.Before(h.first) {
		h.first = r.At
	}
	day := r.At.Truncate(24 * time.Hour)
	if !day.Equal(h.lastDay) {
		h.lastDay, h.lastAt = day, map[int64]struct{}{}
	}
	if r.State != h.newest.State {
		h.since = r.At
	}
	h.newest = r
	if _, twice := h.lastAt[r.At.Unix()]; twice {
		return
	}
	h.lastAt[r.At.Unix()] = struct{}{}
	d := h.day(day)
	if r.State == Up {
		d.Up++
	} else {
		d.Down++
	}
	if r.Tap == TapWaits {
		d.Late++
	}
}

// day finds or makes a day; they stand in order, but for clocks that were set.
func (h *history) day(date time.Time) *Day {
	for i := len(h.days) - 1; i >= 0; i-- {
		if h.days[i].Date.Equal(date) {
			return &h.days[i]
		}
	}
	h.days = append(h.days, Day{Date: date})
	return &h.days[len(h.days)-1]
}

// Status is what the probe knows of itself, for everybody: no tenant, account
// or address is in it.
type Status struct {
	Newest  Record    // zero: nothing was measured yet
	Since   time.Time // when its state began, as far as was measured
	Fresh   bool      // it is of the last three minutes: what is older says nothing of now
	Days    []Day     // the last 90 with this one, the oldest first; one without a minute is in it
	Lacking int       // minutes of Days that nobody measured, since the first that was
	Waiting int       // minutes that the server hasn't got yet
	Damaged int       // lines of the book that could not be read
}

// Status gives what is known at an instant.
func (b *Book) Status(now time.Time) Status {
	b.mu.Lock()
	defer b.mu.Unlock()
	s := Status{Newest: b.history.newest, Since: b.history.since, Waiting: len(b.waits), Damaged: b.damaged}
	age := now.Sub(s.Newest.At)
	s.Fresh = s.Newest.Seq > 0 && age < 3*time.Minute && age > -3*time.Minute
	today := now.UTC().Truncate(24 * time.Hour)
	known := map[time.Time]Day{}
	for _, d := range b.history.days {
		known[d.Date] = d
	}
	for i := kept - 1; i >= 0; i-- {
		date := today.AddDate(0, 0, -i)
		d := known[date]
		d.Date = date
		s.Days = append(s.Days, d)
		s.Lacking -= d.Up + d.Down
	}
	if from := later(b.history.first, s.Days[0].Date); s.Newest.Seq > 0 && from.Before(now) {
		s.Lacking += int(now.Sub(from) / time.Minute)
	}
	s.Lacking = max(0, s.Lacking) // a minute under way may be measured already
	return s
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
