package hours

import (
	"fmt"
	"strings"
	"time"

	"tikklok/ingest/hours/calendar"
)

// Steps gives a day's arithmetic, top to bottom: shift by shift what was
// attended and what comes off, then the codes and the total.
func (d Day) Steps() []Step {
	var out []Step
	for _, s := range d.Shifts {
		out = append(out, s.steps()...)
	}
	var codes []string
	minutes := map[string]int{}
	for _, l := range d.Lines {
		if _, ok := minutes[l.Code]; !ok {
			codes = append(codes, l.Code)
		}
		minutes[l.Code] += l.Minutes
	}
	for _, code := range codes {
		out = append(out, Step{Kind: StepCode, Code: code, Minutes: minutes[code]})
	}
	return append(out, Step{Kind: StepTotal, Minutes: d.Minutes})
}

func (s Shift) steps() []Step {
	if s.State != Complete {
		return []Step{{Kind: StepOpen, From: s.Span.From, To: s.Span.To}}
	}
	out := []Step{{Kind: StepAttended, From: s.Span.From, To: s.Span.To, Minutes: s.Attended}}
	for _, b := range s.Breaks {
		step := Step{Kind: StepTapped, From: b.From, To: b.To, Minutes: -b.Minutes()}
		if b.Automatic {
			step.Kind, step.Above = StepAuto, s.AutoRule.Above
		}
		out = append(out, step)
	}
	return append(out, Step{Kind: StepRounding, RoundTo: s.RoundTo, Minutes: s.Rounding})
}

// Text gives the day as plain text: taps, arithmetic, exceptions.
func (d Day) Text(zone *time.Location) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s\n", d.Date, Duration(d.Minutes))
	for _, p := range d.Punches {
		b.WriteString("  " + p.text(d.Date, zone) + "\n")
	}
	for _, p := range d.Plan {
		b.WriteString("  " + p.text(d.Date, zone) + "\n")
	}
	for _, s := range d.Steps() {
		if text := s.text(d.Date, zone); text != "" {
			b.WriteString("  = " + text + "\n")
		}
	}
	for _, e := range d.Exceptions {
		if e.At == 0 {
			fmt.Fprintf(&b, "  ! %s %s\n", e.About(), Duration(e.Minutes))
			continue
		}
		fmt.Fprintf(&b, "  ! %s at %s\n", e.Kind, clock(e.At, d.Date, zone, true))
	}
	return b.String()
}

func (p Punch) text(day calendar.Date, zone *time.Location) string {
	out := fmt.Sprintf("%s %s", clock(p.Placed(), day, zone, true), p.Role)
	if p.ReaderName != "" {
		out += " " + p.ReaderName
	}
	switch {
	case p.Role == RoleDouble:
		out += fmt.Sprintf(" (within %d s)", p.Window)
	case p.Known == KnownArrival:
		out += " (time unknown, arrived then)"
	case p.Role == RoleImpossible:
		out += fmt.Sprintf(" (claims %s, arrived then)", time.UnixMilli(p.At).In(zone).Format("2006-01-02 15:04:05"))
	case p.Uncertainty >= 1000:
		out += fmt.Sprintf(" (± %d s)", p.Uncertainty/1000)
	}
	if p.Decision != 0 {
		out += fmt.Sprintf(" [decision %d]", p.Decision)
	}
	return out
}

func (s Step) text(day calendar.Date, zone *time.Location) string {
	span := clock(s.From*60_000, day, zone, false) + " → " + clock(s.To*60_000, day, zone, false)
	switch s.Kind {
	case StepAttended:
		return fmt.Sprintf("%s  %s", span, Duration(s.Minutes))
	case StepOpen:
		return span
	case StepTapped:
		return fmt.Sprintf("break %s  %s", span, Duration(s.Minutes))
	case StepAuto:
		return fmt.Sprintf("automatic break above %s, %s  %s", Duration(s.Above), span, Duration(s.Minutes))
	case StepRounding:
		if s.RoundTo > 0 {
			return fmt.Sprintf("rounding to %d  %s", s.RoundTo, Duration(s.Minutes))
		}
	case StepCode:
		return fmt.Sprintf("code %s  %s", s.Code, Duration(s.Minutes))
	}
	return ""
}

// clock gives a local time of day; on another day than day with how many days
// later, and "?" for 0.
func clock(ms int64, day calendar.Date, zone *time.Location, seconds bool) string {
	if ms == 0 {
		return "?"
	}
	t, layout := time.UnixMilli(ms).In(zone), "15:04"
	if seconds {
		layout = "15:04:05"
	}
	out := t.Format(layout)
	if n := calendar.DateOf(t).Sub(day); n != 0 {
		out += fmt.Sprintf("%+dd", n)
	}
	return out
}

// Duration gives minutes as "8:02" or "-0:30".
func Duration(minutes int) string {
	sign := ""
	if minutes < 0 {
		sign, minutes = "-", -minutes
	}
	return fmt.Sprintf("%s%d:%02d", sign, minutes/60, minutes%60)
}
