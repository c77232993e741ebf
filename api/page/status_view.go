package page

import (
	"html/template"
	"time"
)

// Status is how the service does, for everybody, from a probe's own store: it
// names no customer and no person (OB-S1).
type Status struct {
	Frame
	Probe   string
	State   string    // "up", "down" or "unknown"
	At      time.Time // of the newest minute measured; zero: none was
	Since   time.Time // when its state began
	Tap     string    // "received", "waits" or "off"
	Days    []StatusDay
	Minutes int // measured in Days
	Down    int // of these
	Lacking int // minutes of Days up to now that nobody measured
	Waiting int // minutes that the server hasn't got yet
}

// StatusDay is one day of UTC, as the probe counts.
type StatusDay struct {
	Date     time.Time
	Measured int
	Down     int
}

func (*Status) name() string { return "status" }

// Kind is how a day is drawn.
func (d StatusDay) Kind() string {
	switch {
	case d.Measured == 0:
		return "none"
	case d.Down > 0:
		return "down"
	}
	return "up"
}

// Disturbed gives the days on which users couldn't get in, the newest first.
func (s *Status) Disturbed() (days []StatusDay) {
	for i := len(s.Days) - 1; i >= 0; i-- {
		if s.Days[i].Down > 0 {
			days = append(days, s.Days[i])
		}
	}
	return days
}

// Picture draws the days as bars; it says nothing that the words beside it
// don't.
func (s *Status) Picture() template.HTML {
	const step, height = 8, 36
	var d drawing
	d.add(`<svg class="status-days" viewBox="0 0 %d %d" preserveAspectRatio="none" width="100%%" height="%d" aria-hidden="true">`, len(s.Days)*step, height, height)
	for i, day := range s.Days {
		d.add(`<rect class="status-%s" x="%d" y="0" width="%d" height="%d"/>`, day.Kind(), i*step, step-2, height)
	}
	d.add(`</svg>`)
	return template.HTML(d.String())
}
