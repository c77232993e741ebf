package page

import (
	"fmt"
	"html/template"
	"slices"
	"strings"
	"time"
)

// Picture is one day drawn large: the taps with the time that they may lie in,
// the hours that count, the breaks, and what was planned beneath. Its stretch
// of time is as long as what there is to see, over midnight where the work is;
// a clock change shows as hours that are not evenly numbered.
type Picture struct {
	Strip
	Day     time.Time // local midnight
	Marks   []Mark
	Present []Span // tap to tap: where it is longer or shorter than the hours above it, rounding or a rule is why
	Planned []Span
}

// Mark is a tap.
type Mark struct {
	At     time.Time
	Give   time.Duration // ±; as wide as the picture: nobody knows when
	Counts bool
	Added  bool // by a decision
}

// shortestPicture is the least stretch of time that is drawn: a shift of an
// hour should look like one.
const shortestPicture = 8 * time.Hour

// DayPicture is the picture of the day that begins at midnight.
func DayPicture(midnight time.Time, spans []Span, marks []Mark, present, planned []Span) Picture {
	p := Picture{Strip: Strip{Spans: spans}, Day: midnight, Marks: marks, Present: present, Planned: planned}
	for _, s := range slices.Concat(spans, present, planned) {
		p.reach(s.From, s.To)
	}
	for _, m := range marks {
		p.reach(m.At, m.At)
	}
	if p.Start.IsZero() {
		p.Start, p.End = midnight, midnight.AddDate(0, 0, 1)
		return p
	}
	p.Start, p.End = wholeHour(p.Start.Add(-20*time.Minute)), wholeHour(p.End.Add(80*time.Minute))
	if more := shortestPicture - p.End.Sub(p.Start); more > 0 {
		p.Start = wholeHour(p.Start.Add(-more / 2))
		p.End = p.Start.Add(shortestPicture)
	}
	return p
}

// wholeHour is when the local hour of t began.
func wholeHour(t time.Time) time.Time {
	return t.Add(-time.Duration(t.Minute())*time.Minute - time.Duration(t.Second())*time.Second - time.Duration(t.Nanosecond()))
}

func (p *Picture) reach(from, to time.Time) {
	if p.Start.IsZero() || from.Before(p.Start) {
		p.Start = from
	}
	if to.After(p.End) {
		p.End = to
	}
}

// Where things stand, in pixels from the top.
const (
	pictureMarks   = 36 // under two rows of times
	pictureBar     = 26
	picturePresent = pictureMarks + pictureBar + 2
	picturePlanned = picturePresent + 7
	pictureHours   = picturePlanned + 24
	pictureHeight  = pictureHours + 6
	pictureWidth   = 720 // of a file; on a page it is as wide as its place
	narrowest      = 320 // the narrowest place: what fits there fits everywhere
	clockWidth     = 38.0
)

// svg draws the picture. As a file it brings its own colours and patterns; on
// a page the styles give them.
func (p Picture) svg(id, title, text string, file bool) template.HTML {
	var d drawing
	width, more := "100%", ""
	if file {
		width, more = fmt.Sprint(pictureWidth), ` xmlns="http://www.w3.org/2000/svg"`
	}
	d.add(`<svg%s class="picture" width="%s" height="%d" role="img" aria-labelledby="%s-t %[4]s-d" font-family="system-ui, sans-serif" font-size="12">`, more, width, pictureHeight, id)
	d.add(`<title id="%s-t">%s</title><desc id="%[1]s-d">%[3]s</desc>`, id, template.HTMLEscapeString(title), template.HTMLEscapeString(text))
	if file {
		d.add(`<defs>%s</defs><rect width="100%%" height="100%%" fill="#ffffff"/>`, patterns)
	}
	p.grid(&d)
	p.bar(&d)
	p.change(&d)
	for _, s := range p.Present {
		p.line(&d, s, "picture-present", picturePresent, 2, "#5b5d64")
	}
	for _, s := range p.Planned {
		p.line(&d, s, "picture-planned", picturePlanned, 6, "#8a8c86")
	}
	p.marks(&d)
	d.add(`</svg>`)
	return template.HTML(d.String())
}

// bar is the strip, as high as the picture has it.
func (p Picture) bar(d *drawing) {
	d.add(`<svg x="0" y="%d" width="100%%" height="%d">`, pictureMarks, pictureBar)
	d.add(`<rect width="100%%" height="%d" rx="3" fill="url(#ground)"/>`, pictureBar)
	for _, span := range p.sorted() {
		p.span(d, span, pictureBar)
	}
	d.add(`</svg>`)
}

func (p Picture) line(d *drawing, s Span, class string, y, height int, colour string) {
	if from, to := p.at(s.From), p.at(s.To); to > from {
		d.add(`<rect class="%s" x="%s" y="%d" width="%s" height="%d" rx="1" fill="%s"/>`, class, percent(from), y, percent(to-from), height, colour)
	}
}

// grid is the hours and midnight.
func (p Picture) grid(d *drawing) {
	length := int(p.End.Sub(p.Start) / time.Hour)
	every := max(1, length/7) // of so many hours one has a number
	for t := p.Start; !t.After(p.End); t = t.Add(time.Hour) {
		at := percent(p.at(t))
		class, colour := "picture-hour", "#e5e4de"
		if t.Hour() == 0 {
			class, colour = "picture-midnight", "#8a8c86"
		}
		d.add(`<rect class="%s" x="%s" y="%d" width="1" height="%d" fill="%s"/>`, class, at, pictureMarks, pictureHours-pictureMarks-11, colour)
		edge := t.Equal(p.Start) || t.Equal(p.End) // where a number stands beside its hour, and touches the next
		if t.Hour()%every == 0 && !(edge && every == 1 && length > 8) {
			d.add(`<text class="picture-number" x="%s" y="%d" text-anchor="%s" fill="#5b5d64">%d</text>`, at, pictureHours, p.anchor(t), t.Hour())
		}
	}
}

// change is where the clock was changed.
func (p Picture) change(d *drawing) {
	start, _ := p.End.ZoneBounds()
	if start.After(p.Start) {
		d.add(`<rect class="picture-change" x="%s" y="%d" width="3" height="%d" fill="#9c4307"/>`, percent(p.at(start)), pictureMarks-4, pictureBar+8)
	}
}

// anchor keeps what is written at an instant inside the picture.
func (p Picture) anchor(t time.Time) string {
	switch at := p.at(t); {
	case at < 0.06:
		return "start"
	case at > 0.94:
		return "end"
	}
	return "middle"
}

// marks draws each tap as a stroke with the time that it may lie in as a soft
// band, and its time above, in two rows; where both are taken it is left to
// the list beside the picture.
func (p Picture) marks(d *drawing) {
	taken := [2]float64{-clockWidth, -clockWidth}
	for _, m := range p.Marks {
		at := p.at(m.At)
		if from, to := p.at(m.At.Add(-m.Give)), p.at(m.At.Add(m.Give)); m.Give > 0 && to > from {
			d.add(`<rect class="picture-give" x="%s" y="%d" width="%s" height="%d" fill="#9c4307" fill-opacity=".25"/>`, percent(from), pictureMarks-4, percent(to-from), pictureBar+8)
		}
		class, colour, top := "picture-tap", "#1b1c1f", pictureMarks-4
		if !m.Counts {
			class, colour, top = "picture-tap not", "#8a8c86", pictureMarks+pictureBar/2
		}
		dash := ""
		if m.Added {
			dash = ` stroke-dasharray="3 2"`
		}
		d.add(`<line class="%s" x1="%s" x2="%[2]s" y1="%d" y2="%d" stroke="%s" stroke-width="2"%s/>`, class, percent(at), top, pictureMarks+pictureBar+4, colour, dash)
		for row := range taken {
			if x := at * narrowest; m.Counts && x-taken[row] >= clockWidth {
				taken[row] = x
				d.add(`<text class="picture-clock" x="%s" y="%d" text-anchor="%s" fill="#1b1c1f">%s</text>`, percent(at), pictureMarks-8-14*row, p.anchor(m.At), clock(m.At))
				break
			}
		}
	}
}

// picture draws a day on a page.
func (w *words) picture(p Picture) (template.HTML, error) {
	text, err := w.pictured(p)
	return p.svg("picture-"+p.Day.Format(time.DateOnly), w.weekday(p.Day)+" "+w.dayMonth(p.Day), text, false), err
}

// pictured says in words what the picture shows.
func (w *words) pictured(p Picture) (string, error) {
	var taps []string
	for _, m := range p.Marks {
		if m.Counts {
			taps = append(taps, clock(m.At))
		}
	}
	var worked, breaks, planned []string
	for _, s := range p.sorted() {
		from, to := clock(s.From), clock(s.To)
		if s.NoStart {
			from = "?"
		}
		if s.NoEnd {
			to = "?"
		}
		if s.Band == Break {
			breaks = append(breaks, from+"–"+to)
			continue
		}
		worked = append(worked, from+"–"+to)
	}
	for _, s := range p.Planned {
		planned = append(planned, clock(s.From)+"–"+clock(s.To))
	}
	var said []string
	for _, part := range []struct {
		key  string
		what []string
	}{{"picture.taps", taps}, {"picture.worked", worked}, {"picture.breaks", breaks}, {"picture.planned", planned}} {
		if len(part.what) == 0 {
			continue
		}
		text, err := w.say(part.key, strings.Join(part.what, ", "))
		if err != nil {
			return "", err
		}
		said = append(said, text)
	}
	if len(said) == 0 {
		return w.say("picture.nothing")
	}
	return strings.Join(said, " "), nil
}

// Picture draws a day as a file of its own, in a language of Languages.
func (r *Renderer) Picture(language string, p Picture) ([]byte, error) {
	w := r.words[language]
	if w == nil {
		w = r.words[fallbackLanguage]
	}
	text, err := w.pictured(p)
	if err != nil {
		return nil, err
	}
	return []byte(p.svg("picture", w.weekday(p.Day)+" "+w.date(p.Day), text, true)), nil
}

// patterns are the fillings of bands, told apart without colour. Pages have
// them once, with colours of their styles; a file has them as they are here.
const patterns = `<pattern id="ground" width="6" height="6" patternUnits="userSpaceOnUse"><rect class="c-ground" width="6" height="6" fill="#ecece7"/></pattern>
<pattern id="absent" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect class="c-hatch" width="2" height="6" fill="#e6e6e0"/></pattern>
<pattern id="band-normal" width="6" height="6" patternUnits="userSpaceOnUse"><rect class="c-normal" width="6" height="6" fill="#79a6ea"/></pattern>
<pattern id="band-evening" width="4" height="4" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect class="c-evening" width="4" height="4" fill="#8f76d6"/><rect class="c-mark" width="1.2" height="4" fill="#c9bdec"/></pattern>
<pattern id="band-night" width="4" height="4" patternUnits="userSpaceOnUse"><rect class="c-night" width="4" height="4" fill="#40398a"/><circle class="c-mark" cx="2" cy="2" r=".8" fill="#b3b0d0"/></pattern>
<pattern id="band-sunday" width="4" height="4" patternUnits="userSpaceOnUse"><rect class="c-sunday" width="4" height="4" fill="#2f9d92"/><rect class="c-mark" width="4" height="1.2" fill="#a9d6d1"/></pattern>
<pattern id="band-holiday" width="4" height="4" patternUnits="userSpaceOnUse"><rect class="c-holiday" width="4" height="4" fill="#5fa052"/><rect class="c-mark" width="1.2" height="4" fill="#bcd8b7"/></pattern>
<pattern id="band-break" width="4" height="4" patternUnits="userSpaceOnUse"><rect class="c-break" width="4" height="4" fill="#ffffff"/></pattern>
<linearGradient id="fade-out"><stop class="c-fade" offset="0" stop-color="#79a6ea"/><stop class="c-fade" offset="1" stop-color="#79a6ea" stop-opacity="0"/></linearGradient>
<linearGradient id="fade-in"><stop class="c-fade" offset="0" stop-color="#79a6ea" stop-opacity="0"/><stop class="c-fade" offset="1" stop-color="#79a6ea"/></linearGradient>`
