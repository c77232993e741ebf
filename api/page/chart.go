package page

import (
	"fmt"
	"html/template"
	"strings"
	"time"
)

// Chart is one measure over a time, drawn on the server. What was not measured
// is left open: a line ends and begins again, never bridges a silence.
type Chart struct {
	From, To  time.Time
	Low, High float64 // of the picture; High 0 with bars: the highest point
	Mark      float64 // a line not to fall below, or to stay under; 0: none
	Bars      bool    // one a point, from the bottom; Step wide
	Step      time.Duration
	Points    []Point // in order of time
}

// Point is one measurement.
type Point struct {
	At    time.Time
	Value float64
}

// Empty says whether there is nothing to draw.
func (c Chart) Empty() bool { return len(c.Points) == 0 }

// Last, Least and Most are for the words beside the picture; 0 when empty.
func (c Chart) Last() float64 {
	if c.Empty() {
		return 0
	}
	return c.Points[len(c.Points)-1].Value
}

// Least is the lowest value.
func (c Chart) Least() (least float64) {
	for i, p := range c.Points {
		if i == 0 || p.Value < least {
			least = p.Value
		}
	}
	return least
}

// Most is the highest value.
func (c Chart) Most() (most float64) {
	for i, p := range c.Points {
		if i == 0 || p.Value > most {
			most = p.Value
		}
	}
	return most
}

// chartWidth and chartHeight are the picture's own measure; it is stretched to
// its place, so nothing in it may be text or a circle.
const (
	chartWidth  = 600.0
	chartHeight = 80.0
)

// silence is how long without a measurement ends a line.
const silence = 26 * time.Hour

func (c Chart) svg(label string) template.HTML {
	var d drawing
	d.add(`<svg class="chart" viewBox="0 0 %g %g" preserveAspectRatio="none" width="100%%" height="80" role="img" aria-label="%s">`, chartWidth, chartHeight, template.HTMLEscapeString(label))
	d.add(`<path class="chart-ground" d="M0 %g H%g"/>`, chartHeight-.5, chartWidth)
	if c.Mark != 0 {
		d.add(`<path class="chart-mark" d="M0 %.1f H%g"/>`, c.y(c.Mark), chartWidth)
	}
	if c.Bars {
		c.bars(&d)
	} else {
		c.line(&d)
	}
	d.add(`</svg>`)
	return template.HTML(d.String())
}

func (c Chart) bars(d *drawing) {
	width := max(2, chartWidth*float64(c.Step)/float64(c.To.Sub(c.From))-3)
	for _, p := range c.Points {
		if y := min(c.y(p.Value), chartHeight-1.5); p.Value > 0 {
			x := min(c.x(p.At), chartWidth-width) // today's stays inside
			d.add(`<rect class="chart-bar" x="%.1f" y="%.1f" width="%.1f" height="%.1f"/>`, x, y, width, chartHeight-y)
		}
	}
}

// line draws one stroke for each stretch without a silence; a measurement that
// stands alone is a short one.
func (c Chart) line(d *drawing) {
	var path strings.Builder
	for i, p := range c.Points {
		switch {
		case i == 0 || p.At.Sub(c.Points[i-1].At) > silence:
			fmt.Fprintf(&path, "M%.1f %.1f h2", c.x(p.At), c.y(p.Value))
		default:
			fmt.Fprintf(&path, " L%.1f %.1f", c.x(p.At), c.y(p.Value))
		}
	}
	d.add(`<path class="chart-line" d="%s"/>`, path.String())
}

func (c Chart) x(t time.Time) float64 {
	span := c.To.Sub(c.From)
	if span <= 0 {
		return 0
	}
	return chartWidth * min(1, max(0, float64(t.Sub(c.From))/float64(span)))
}

func (c Chart) y(v float64) float64 {
	high := c.High
	if high <= c.Low {
		high = max(c.Most(), c.Low+1)
	}
	part := min(1, max(0, (v-c.Low)/(high-c.Low)))
	return chartHeight - 2 - part*(chartHeight-4)
}
