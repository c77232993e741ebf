package page

import (
	"fmt"
	"html/template"
	"slices"
	"strings"
	"time"
)

// Band is what a piece of worked time counts as. Each has its own colour and
// its own pattern, so that it can be told apart without colour.
type Band string

// The bands; an unknown one is drawn as Normal.
const (
	Normal  Band = "normal"
	Evening Band = "evening"
	Night   Band = "night"
	Sunday  Band = "sunday"
	Holiday Band = "holiday"
	Break   Band = "break" // not worked: a notch in the shift
)

// Span is a piece of a shift. It may begin before the strip's day or end after
// it: what lies outside is cut off, and the cut edge stays square.
type Span struct {
	From, To time.Time
	Band     Band
	// NoStart and NoEnd: the tap at that end is missing and the edge is only
	// the proposal's; the picture fades out there and says "?".
	NoStart, NoEnd bool
	// Running: it still goes on; To is now.
	Running bool
}

// Strip is one day of one employee, to scale. A day with a clock change is 23
// or 25 hours long and so is its strip.
type Strip struct {
	Start, End time.Time // local midnights
	Spans      []Span
	Planned    []Span // a thin line below; only From and To count
}

// DayStrip is the strip of the day that begins at midnight.
func DayStrip(midnight time.Time, spans ...Span) Strip {
	return Strip{Start: midnight, End: midnight.AddDate(0, 0, 1), Spans: spans}
}

const smallStrip = 12 // pixels high

// Drawing is placed on the page as it is: numbers and fixed names only, so
// nothing a person typed can be in it.
type drawing struct{ strings.Builder }

func (d *drawing) add(format string, values ...any) { fmt.Fprintf(d, format, values...) }

// svg draws the strip at the given height; it is as wide as its place. Lengths
// are percentages of the day, so that the patterns keep their shape. A day
// without taps where none are expected is hatched.
func (s Strip) svg(height int, label string, absent bool) template.HTML {
	var d drawing
	d.add(`<svg class="strip" width="100%%" height="%d" role="img" aria-label="%s">`, height, template.HTMLEscapeString(label))
	ground := "url(#ground)"
	if absent && len(s.Bands()) == 0 {
		ground = "url(#absent)"
	}
	d.add(`<rect width="100%%" height="%d" rx="3" fill="%s"/>`, height, ground)
	for _, span := range s.sorted() {
		s.span(&d, span, height)
	}
	for _, p := range s.Planned {
		if from, to := s.at(p.From), s.at(p.To); from < to {
			d.add(`<rect class="strip-planned" x="%s" y="%d" width="%s" height="2"/>`, percent(from), height-2, percent(to-from))
		}
	}
	d.add(`</svg>`)
	return template.HTML(d.String())
}

func (s Strip) span(d *drawing, span Span, height int) {
	from, to := s.at(span.From), s.at(span.To)
	if to <= from {
		return
	}
	y, h := 0, height
	if span.Band == Break {
		y, h = height/4, height-2*(height/4)
	}
	fill := fillOf(span)
	d.add(`<rect x="%s" y="%d" width="%s" height="%d" fill="url(#%s)"/>`, percent(from), y, percent(to-from), h, fill)
	if span.Running {
		d.add(`<rect class="strip-now" x="%s" width="2" height="%d" fill="#1c6f40"/>`, percent(to), height)
	}
	if span.NoStart || span.NoEnd {
		s.question(d, span, from, to, height)
	}
}

func fillOf(span Span) string {
	switch {
	case span.NoEnd && !span.NoStart:
		return "fade-out"
	case span.NoStart && !span.NoEnd:
		return "fade-in"
	}
	switch span.Band {
	case Evening, Night, Sunday, Holiday, Break:
		return "band-" + string(span.Band)
	}
	return "band-normal"
}

// question puts the sign just outside the faded edge, or inside where there is
// no room.
func (s Strip) question(d *drawing, span Span, from, to float64, height int) {
	const room = 0.14
	at, anchor := to+0.01, "start"
	if span.NoStart {
		at, anchor = from-0.01, "end"
	}
	if at > 1-room && anchor == "start" {
		at, anchor = 0.99, "end"
	}
	if at < room && anchor == "end" {
		at, anchor = 0.01, "start"
	}
	d.add(`<text class="strip-question" x="%s" y="%d" text-anchor="%s" fill="#9c4307">?</text>`, percent(at), height/2+4, anchor)
}

// at is where t lies in the day, 0 to 1.
func (s Strip) at(t time.Time) float64 {
	day := s.End.Sub(s.Start)
	if day <= 0 {
		return 0
	}
	return min(1, max(0, float64(t.Sub(s.Start))/float64(day)))
}

func percent(part float64) string {
	text := fmt.Sprintf("%.2f", part*100)
	return strings.TrimSuffix(strings.TrimRight(text, "0"), ".") + "%"
}

// axis is the hours under a large strip. On a day with a clock change the
// local hours are not evenly spaced, which is the point of drawing it.
func (s Strip) axis() template.HTML {
	var d drawing
	d.add(`<svg class="strip-axis" width="100%%" height="16" aria-hidden="true">`)
	for _, hour := range []int{0, 6, 12, 18, 24} {
		at := s.End
		if hour < 24 {
			at = time.Date(s.Start.Year(), s.Start.Month(), s.Start.Day(), hour, 0, 0, 0, s.Start.Location())
		}
		anchor := "middle"
		switch hour {
		case 0:
			anchor = "start"
		case 24:
			anchor = "end"
		}
		d.add(`<text x="%s" y="12" text-anchor="%s">%d</text>`, percent(s.at(at)), anchor, hour)
	}
	d.add(`</svg>`)
	return template.HTML(d.String())
}

// Bands are those in the strip, each once, in the order they begin: the legend.
func (s Strip) Bands() []Band {
	var bands []Band
	for _, span := range s.Spans {
		if !slices.Contains(bands, span.Band) && span.To.After(s.Start) && span.From.Before(s.End) {
			bands = append(bands, span.Band)
		}
	}
	return bands
}

// shifts are the strip's stretches of presence: spans that touch are one.
func (s Strip) shifts() []Span {
	var shifts []Span
	for _, span := range s.sorted() {
		last := len(shifts) - 1
		if last >= 0 && !span.From.After(shifts[last].To) {
			shifts[last].To, shifts[last].NoEnd = span.To, span.NoEnd
			continue
		}
		shifts = append(shifts, span)
	}
	return shifts
}

func (s Strip) sorted() []Span {
	spans := slices.Clone(s.Spans)
	slices.SortStableFunc(spans, func(a, b Span) int { return a.From.Compare(b.From) })
	return spans
}

// dayLabel says in words what the strip shows: dinsdag 10 november:
// 07:58–12:00, 12:30–?.
func (w *words) dayLabel(d Day) string {
	label := w.weekday(d.Date) + " " + w.dayMonth(d.Date)
	for i, shift := range d.Strip.shifts() {
		from, to := clock(shift.From), clock(shift.To)
		if shift.NoStart {
			from = "?"
		}
		if shift.NoEnd {
			to = "?"
		}
		label += map[bool]string{true: ": ", false: ", "}[i == 0] + from + "–" + to
	}
	return label
}
