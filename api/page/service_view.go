package page

import (
	"fmt"
	"html/template"
	"time"
)

// The addresses of the service itself: what is promised of it, and what it was.
const (
	PathService            = "/service"             // GET month: availability
	PathServiceFile        = "/service/file"        // GET month, language: its report as a PDF
	PathServiceDecision    = "/service/decision"    // POST from, to (RFC 3339), cause, reason, month: whose failing an outage was
	PathServiceHours       = "/service/hours"       // POST month, opens, closes, days (week, all), holidays: office hours from a month on
	PathServiceIncidents   = "/service/incidents"   //
	PathServiceMaintenance = "/service/maintenance" //
	PathServiceBackups     = "/service/backups"     //
	PathServiceEvidence    = "/service/evidence"    //
)

// Service is a month's availability: PathService.
type Service struct {
	Frame
	May           bool      // decide, and set office hours
	Month         time.Time // its first instant
	Before, After string    // the months beside it, as in addresses; "": none to go to
	Running       bool      // it isn't over
	Known         bool      // something was measured
	Ratio, Worst  Share
	Credit        Message
	Alarm         Message // how fast the budget goes; "": calmly
	Promise       Message // what the contract says
	Notes         []Message
	Facts         []ServiceFact
	Map           HeatMap
	Outages       []ServiceOutage
	Office        bool // office hours count
	Hours         Message
	HoursForm     Form
	Refused       int  // of Outages: whose form was refused; -1: none
	Form          Form // that form
}

func (*Service) name() string { return "service" }

// Causes are those that an outage can be given.
func (Service) Causes() []string { return []string{"supplier", "customer", "force_majeure"} }

// Widths are the days on which an office is open.
func (Service) Widths() []string { return []string{"week", "all"} }

// ServiceFact is a line of the reckoning.
type ServiceFact struct {
	Label string // key
	Text  Message
}

// ServiceOutage is a run of minutes in which users couldn't get in.
type ServiceOutage struct {
	From, To      time.Time
	Down, Excused int    // minutes in the month: that count in the contract's time, and others
	Cause         string // "": nobody decided
	Reason, By    string
	At            time.Time
	GoesOn        bool
	Unsettled     bool
}

// Stamps are how the form names it.
func (o ServiceOutage) Stamps() [2]string {
	return [2]string{o.From.UTC().Format(time.RFC3339), o.To.UTC().Format(time.RFC3339)}
}

// Month is the month that a time lies in, by its name.
type Month time.Time

// Whole is a number that is written with its thousands apart.
type Whole int

// Share is an exact ratio; it is written in percent to three decimals, cut off.
type Share struct{ Up, Of int }

func (w *words) share(s Share) string {
	if s.Of == 0 {
		return ""
	}
	cut := int64(s.Up) * 100_000 / int64(s.Of)
	return fmt.Sprintf("%d%s%03d", cut/1000, w.text["decimal.sign"], cut%1000)
}

// HeatMap is a month of hours, a row a day.
type HeatMap struct {
	Days []HeatDay
}

// HeatDay is one row.
type HeatDay struct {
	At    time.Time
	Hours []HeatHour
}

// HeatHour is one square; an hour that comes twice has two of half the width,
// and one that is skipped has none.
type HeatHour struct {
	At                               time.Time
	Up, Down, Other, Lacking, Beside int // minutes: Lacking unmeasured, Beside not counted; what lacks to the hour is to come
}

// class is what an hour is drawn as: the gravest that was in it.
func (h HeatHour) class() string {
	switch {
	case h.Down > 30:
		return "heat-down"
	case h.Down > 0:
		return "heat-some"
	case h.Other > 0:
		return "heat-other"
	case h.Lacking > 0:
		return "heat-lacking"
	case h.Up > 0:
		return "heat-up"
	case h.Beside > 0:
		return "heat-beside"
	}
	return "heat-ahead"
}

// Where the squares stand, in units of the picture.
const (
	heatLeft   = 22
	heatTop    = 16
	heatSquare = 12
	heatStep   = 13
)

func (m HeatMap) svg(label string) template.HTML {
	var d drawing
	width, height := heatLeft+24*heatStep, heatTop+len(m.Days)*heatStep
	d.add(`<svg class="heat" viewBox="0 0 %d %d" width="%d" height="%d" role="img" aria-label="%s">`, width, height, 2*width, 2*height, template.HTMLEscapeString(label))
	for hour := 0; hour < 24; hour += 3 {
		d.add(`<text x="%d" y="11">%d</text>`, heatLeft+hour*heatStep, hour)
	}
	for row, day := range m.Days {
		y := heatTop + row*heatStep
		d.add(`<text x="%d" y="%d" text-anchor="end">%d</text>`, heatLeft-5, y+10, day.At.Day())
		for i, h := range day.Hours {
			x, width := float64(heatLeft+h.At.Hour()*heatStep), float64(heatSquare)
			before := i > 0 && day.Hours[i-1].At.Hour() == h.At.Hour()
			after := i+1 < len(day.Hours) && day.Hours[i+1].At.Hour() == h.At.Hour()
			if before || after {
				width = heatSquare/2 - .5
			}
			if before {
				x += heatSquare/2 + .5
			}
			h.draw(&d, x, y, width)
		}
	}
	d.add(`</svg>`)
	return template.HTML(d.String())
}

// draw draws a square; what is grave has a sign in it, so that it can be told
// without colour.
func (h HeatHour) draw(d *drawing, x float64, y int, width float64) {
	class := h.class()
	d.add(`<rect class="%s" x="%g" y="%d" width="%g" height="%d" rx="2"/>`, class, x, y, width, heatSquare)
	middle := float64(y) + heatSquare/2.0
	switch class {
	case "heat-down":
		d.add(`<path class="heat-sign" d="M%g %g l5 5 m0 -5 l-5 5"/>`, x+width/2-2.5, middle-2.5)
	case "heat-some":
		d.add(`<path class="heat-sign" d="M%g %g l5 -5"/>`, x+width/2-2.5, middle+2.5)
	case "heat-other":
		d.add(`<path class="heat-sign" d="M%g %g h4"/>`, x+width/2-2, middle)
	case "heat-lacking":
		d.add(`<path class="heat-open" d="M%g %g v0.01"/>`, x+width/2, middle)
	}
}

// heat draws a month, with what it shows in words.
func (w *words) heat(m HeatMap) (template.HTML, error) {
	var sum HeatHour
	days := 0
	for _, day := range m.Days {
		down := 0
		for _, h := range day.Hours {
			sum.Up, sum.Down, sum.Other, sum.Lacking = sum.Up+h.Up, sum.Down+h.Down, sum.Other+h.Other, sum.Lacking+h.Lacking
			down += h.Down + h.Other
		}
		if down > 0 {
			days++
		}
	}
	label, err := w.say("availability.heat.label", sum.Down+sum.Other, days, sum.Lacking)
	return m.svg(label), err
}

// HeatKeys are the squares of the legend.
func (Service) HeatKeys() []string {
	return []string{"up", "some", "down", "other", "lacking", "beside", "ahead"}
}

// heatKey draws one square for the legend.
func heatKey(name string) template.HTML {
	var d drawing
	h := map[string]HeatHour{"up": {Up: 1}, "some": {Down: 1}, "down": {Down: 60}, "other": {Other: 1}, "lacking": {Lacking: 1}, "beside": {Beside: 1}}[name]
	d.add(`<svg class="heat-key" viewBox="0 0 12 12" width="14" height="14" aria-hidden="true">`)
	h.draw(&d, 0, 0, heatSquare)
	d.add(`</svg>`)
	return template.HTML(d.String())
}
