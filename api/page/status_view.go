package page

import (
	"html/template"
	"slices"
	"time"
)

// Status is how the service does, for everybody, from a probe's own store: it
// names no customer and no person (OB-S1).
type Status struct {
	Frame
	Probe   string
	Zone    string         // of its times, as Europe/Amsterdam
	State   string         // "up", "down" or "unknown"
	At      time.Time      // of the newest minute measured; zero: none was
	Since   time.Time      // when its state began
	Tap     string         // "received", "waits" or "off"
	Skew    int            // seconds that the server's clock is ahead, below zero the probe's; 0: they agree
	Work    []Announcement // not over, the first first
	Days    []StatusDay
	Minutes int // measured in Days
	Down    int // of these
	Lacking int // minutes of Days up to now that nobody measured
	Waiting int // minutes that the server hasn't got yet
}

// StatusDay is one day.
type StatusDay struct {
	Date     time.Time
	Measured int
	Down     int
}

func (*Status) name() string { return "status" }

// Ahead is by how many seconds a clock is ahead, whichever it is.
func (s *Status) Ahead() int { return max(s.Skew, -s.Skew) }

// Working says whether announced work is under way.
func (s *Status) Working() bool {
	return slices.ContainsFunc(s.Work, func(a Announcement) bool { return !s.Now.Before(a.From) })
}

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

// Picture draws the days as bars, broken where users couldn't get in and low
// where nobody measured, so that they can be told without colour; it says
// nothing that the words beside it don't.
func (s *Status) Picture() template.HTML {
	const step, height = 8, 36
	var d drawing
	d.add(`<svg class="status-days" viewBox="0 0 %d %d" preserveAspectRatio="none" width="100%%" height="%d" aria-hidden="true">`, len(s.Days)*step, height, height)
	for i, day := range s.Days {
		bar := func(from, to int) {
			d.add(`<rect class="status-%s" x="%d" y="%d" width="%d" height="%d"/>`, day.Kind(), i*step, from, step-2, to-from)
		}
		switch day.Kind() {
		case "none":
			bar(height-6, height)
		case "down":
			bar(0, height/2-4)
			bar(height/2+4, height)
		default:
			bar(0, height)
		}
	}
	d.add(`</svg>`)
	return template.HTML(d.String())
}
