package hours

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"tikklok/ingest/hours/calendar"
)

// Steps gives a day's arithmetic, top to bottom: shift by shift what was
// attended, what comes off and what is paid; what is reckoned over the day or
// more; the codes and the total; and what stands beside them.
func (d Day) Steps() []Step {
	var out []Step
	for _, s := range d.Shifts {
		out = append(out, s.steps()...)
	}
	for _, s := range d.Settled {
		if !s.Beside() {
			out = append(out, s)
		}
	}
	first := len(out)
	for _, l := range d.Lines {
		if l.Kind != LineWorked {
			continue
		}
		if i := slices.IndexFunc(out[first:], func(s Step) bool { return s.Code == l.Code }); i >= 0 {
			out[first+i].Minutes += l.Minutes
			continue
		}
		out = append(out, Step{Kind: StepCode, Code: l.Code, Minutes: l.Minutes})
	}
	out = append(out, Step{Kind: StepTotal, Minutes: d.Minutes})
	for _, s := range d.Settled {
		if s.Beside() {
			out = append(out, s)
		}
	}
	return out
}

func (s Shift) steps() []Step {
	if s.State != Complete {
		return []Step{{Kind: StepOpen, From: s.Span.From, To: s.Span.To}}
	}
	out := []Step{{Kind: StepAttended, From: s.Span.From, To: s.Span.To, Minutes: s.Attended}}
	for _, t := range s.Counted {
		out = append(out, Step{Kind: StepTap, Role: t.Role, From: t.From, To: t.To, RoundTo: t.RoundTo, Minutes: t.Minutes})
	}
	for _, b := range s.Breaks {
		step := Step{Kind: StepTapped, From: b.From, To: b.To, Minutes: -b.Minutes()}
		if b.Automatic {
			step.Kind, step.Above = StepAuto, s.AutoRule.Above
		}
		out = append(out, step)
	}
	if s.Paid > 0 {
		out = append(out, Step{Kind: StepPaidBreak, Minutes: s.Paid})
	}
	return append(out, Step{Kind: StepRounding, RoundTo: s.RoundTo, Minutes: s.Rounding})
}

// Text gives the day as plain text: taps, arithmetic, exceptions.
func (d Day) Text(zone *time.Location) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s%s\n", d.Date, Duration(d.Minutes), d.setsText())
	for _, p := range d.Punches {
		b.WriteString("  " + p.text(d.Date, zone) + "\n")
	}
	for _, p := range d.Plan {
		b.WriteString("  " + p.text(d.Date, zone) + "\n")
	}
	for _, s := range d.Steps() {
		mark := "="
		if s.Beside() {
			mark = "&"
		}
		if text := s.text(d.Date, zone); text != "" {
			b.WriteString("  " + mark + " " + text + "\n")
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

// setsText names the rule sets of a day that rests on several.
func (d Day) setsText() string {
	if len(d.Sets) == 0 {
		return ""
	}
	return fmt.Sprintf(" by rules %s", strings.ReplaceAll(strings.Trim(fmt.Sprint(d.Sets), "[]"), " ", ", "))
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
	return s.settledText(span)
}

func (s Step) settledText(span string) string {
	minutes := Duration(s.Minutes)
	switch s.Kind {
	case StepTap:
		from, to, _ := strings.Cut(span, " → ")
		if s.RoundTo == 0 {
			return fmt.Sprintf("%s %s counts as planned, %s  %s", s.Role, from, to, minutes)
		}
		return fmt.Sprintf("%s %s counts as %s  %s", s.Role, from, to, minutes)
	case StepPaidBreak:
		return "paid break  " + minutes
	case StepDayRounding:
		return fmt.Sprintf("rounding the day to %d  %s", s.RoundTo, minutes)
	case StepCorrected:
		return fmt.Sprintf("by hand, code %s [decision %d]  %s", s.Code, s.Decision, minutes)
	case StepOvertime:
		out := fmt.Sprintf("overtime above %s a %s, %s worked: %s to code %s", Duration(s.Above), s.Per, Duration(s.Of), Duration(s.Moved), s.Code)
		if s.Kept > 0 {
			out += fmt.Sprintf(", %s keep the code of their band", Duration(s.Kept))
		}
		return out
	case StepSupplement:
		if s.Decision != 0 {
			return fmt.Sprintf("supplement %s [decision %d]  %s", s.Code, s.Decision, minutes)
		}
		return fmt.Sprintf("supplement %s  %s", s.Code, minutes)
	case StepMinimumCall:
		return fmt.Sprintf("at least %s for %s, code %s  %s", Duration(s.Above), span, s.Code, minutes)
	case StepTravel:
		return fmt.Sprintf("travel, code %s  %s", s.Code, minutes)
	case StepSplit:
		return fmt.Sprintf("split shift, free %s, code %s  %s", span, s.Code, minutes)
	case StepStandby:
		return fmt.Sprintf("standby %s, code %s  %s", span, s.Code, minutes)
	case StepHoliday:
		return fmt.Sprintf("holiday %s, code %s  %s", s.Name, s.Code, minutes)
	case StepAbsent:
		return fmt.Sprintf("absent, code %s [decision %d]  %s", s.Code, s.Decision, minutes)
	case StepAdded:
		return fmt.Sprintf("by hand, code %s [decision %d]  %s", s.Code, s.Decision, minutes)
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
