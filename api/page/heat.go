package page

import (
	"html/template"
	"time"
)

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

// Columns are those of the month as a table.
func (HeatMap) Columns() []string { return []string{"up", "down", "other", "lacking", "beside"} }

// Cells are the day's minutes under Columns.
func (d HeatDay) Cells() []int {
	var sum HeatHour
	for _, h := range d.Hours {
		sum = sum.plus(h)
	}
	return []int{sum.Up, sum.Down, sum.Other, sum.Lacking, sum.Beside}
}

func (h HeatHour) plus(o HeatHour) HeatHour {
	return HeatHour{Up: h.Up + o.Up, Down: h.Down + o.Down, Other: h.Other + o.Other, Lacking: h.Lacking + o.Lacking, Beside: h.Beside + o.Beside}
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
	}
}

// heat draws a month, with what it shows in words.
func (w *words) heat(m HeatMap) (template.HTML, error) {
	var sum HeatHour
	days := 0
	for _, day := range m.Days {
		was := sum.Down + sum.Other
		for _, h := range day.Hours {
			sum = sum.plus(h)
		}
		if sum.Down+sum.Other > was {
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
