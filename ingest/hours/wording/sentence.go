package wording

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"tikklok/ingest/audit"
	"tikklok/ingest/hours"
	"tikklok/ingest/hours/rule"
)

const (
	toSecond = "15:04:05"
	toMinute = "15:04"
)

func (s saying) tap(p hours.Punch) Tap {
	t := Tap{At: s.clock(p.Placed(), toSecond), Counts: p.Role.Counts()}
	t.What = s.kind("role", string(p.Role), "window", strconv.Itoa(p.Window), "claimed", s.moment(p.Time()))
	switch {
	case p.ReaderName != "" && p.SiteName != "":
		t.Where = s.say("at", "reader", p.ReaderName, "site", p.SiteName)
	default:
		t.Where = p.ReaderName + p.SiteName
	}
	t.Known = s.kind("known", string(p.Known))
	if p.Known != hours.KnownDecided && p.Uncertainty < hours.Unbounded {
		t.Known = s.uncertainty(p.Uncertainty) + ", " + t.Known
	}
	return t
}

// uncertainty gives milliseconds rounded up, so that it is never stated
// smaller than it is (I4).
func (s saying) uncertainty(ms int64) string {
	switch {
	case ms >= 60_000:
		return fmt.Sprintf("± %d min", (ms+59_999)/60_000)
	case ms >= 10_000:
		return fmt.Sprintf("± %d s", (ms+999)/1000)
	}
	tenths := (ms + 99) / 100
	return fmt.Sprintf("± %d%s%d s", tenths/10, s.words["decimal"], tenths%10)
}

func (s saying) planned(p hours.Planned) string {
	return s.kind("plan", string(p.Kind), "from", s.clock(p.From*60_000, toMinute), "to", s.clock(p.To*60_000, toMinute), "hours", hours.Duration(p.Minutes()))
}

func (s saying) step(step hours.Step) Step {
	out := Step{Kind: step.Kind, Code: step.Code, Minutes: step.Minutes, Open: step.Kind == hours.StepOpen, Beside: step.Beside(),
		Text: s.kind("step", stepKey(step), "from", s.clock(step.From*60_000, toMinute), "to", s.clock(step.To*60_000, toMinute),
			"what", s.kind("role", string(step.Role)), "above", hours.Duration(step.Above), "of", hours.Duration(step.Of), "moved", hours.Duration(step.Moved),
			"round", strconv.Itoa(step.RoundTo), "code", s.code(step.Code), "holiday", s.kind("holiday", step.Name))}
	if step.Kept > 0 {
		out.Text += s.say("overtime.kept", "kept", hours.Duration(step.Kept))
	}
	return out
}

// stepKey is the sentence of a step: of some kinds there are several.
func stepKey(step hours.Step) string {
	key := string(step.Kind)
	switch {
	case step.Kind == hours.StepRounding && step.RoundTo == 0:
		return key + ".none"
	case step.Kind == hours.StepTap && step.RoundTo == 0:
		return key + ".planned"
	case step.Kind == hours.StepOvertime, step.Kind == hours.StepTravel:
		return key + "." + step.Per
	}
	return key
}

// code gives a pay code with its percentage, where a band of the rules has it.
func (s saying) code(code string) string {
	for _, b := range s.x.Rules.Rules.Bands {
		if b.Code == code && strconv.Itoa(b.Percent) != code {
			return fmt.Sprintf("%s (%d %%)", code, b.Percent)
		}
	}
	return code
}

func (s saying) line(l hours.DayLine) Line {
	kind := l.Kind
	if kind == hours.LineWorked {
		kind = "worked"
	}
	out := Line{Text: s.kind("line", string(kind), "code", s.code(l.Code)), Minutes: l.Minutes}
	if site := s.site(l.Site); site != "" {
		out.Text += ", " + site
	}
	var clocks []string
	for _, id := range s.x.Day.TapsOf(l) {
		if i := slices.IndexFunc(s.x.Day.Punches, func(p hours.Punch) bool { return p.Tap == id }); i >= 0 {
			clocks = append(clocks, s.clock(s.x.Day.Punches[i].At, toMinute))
		}
	}
	switch {
	case len(clocks) > 0:
		out.From = s.say("line.from", "clocks", strings.Join(clocks, ", "))
	case len(s.x.Day.Decisions) > 0:
		out.From = s.say("line.decided")
	}
	return out
}

// site gives what a site is called, as far as the day's taps tell.
func (s saying) site(id int64) string {
	for _, p := range s.x.Day.Punches {
		if p.Site == id && id != 0 {
			return p.SiteName
		}
	}
	return ""
}

func (s saying) question(e hours.Exception) string {
	return s.kind("question", string(e.Kind), "clock", s.clock(e.At, toMinute), "hours", hours.Duration(e.Minutes), "count", strconv.Itoa(e.Count))
}

func (s saying) decision(d hours.Decision) Decision {
	clock := "?"
	if !d.At.IsZero() {
		clock = s.clock(d.At.UnixMilli(), toMinute)
	}
	out := Decision{ID: d.ID, Undone: d.Undone, Text: s.kind("decision", string(d.Kind), "mode", s.say("mode."+string(d.Mode)), "clock", clock,
		"hours", hours.Duration(d.Minutes), "code", d.Code)}
	name := d.ByName
	if name == "" {
		name = s.actor(d.By)
	}
	out.By = s.say("decided", "name", name, "moment", s.moment(d.Made), "reason", d.Reason)
	if d.Undone {
		out.Text += " (" + s.say("undone") + ")"
	}
	return out
}

func (s saying) actor(by audit.Actor) string { return s.kind("actor", string(by.Kind)) }

// rules says which versions the day was counted by, the widest first.
func (s saying) rules() []string {
	var out []string
	for _, set := range s.x.Sets {
		kind := set.Scope.Kind
		if kind == "" {
			kind = rule.ScopeTenant
		}
		out = append(out, s.say("rules", "version", strconv.Itoa(set.Version), "from", s.date(set.From, "day"), "scope", s.say("scope."+string(kind))))
	}
	return out
}

// String gives the day as plain text.
func (d Day) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s\n", d.Date, hours.Duration(d.Minutes))
	section := func(name string, lines []string) {
		if len(lines) > 0 {
			fmt.Fprintf(&b, "\n%s\n  %s\n", d.heads[name], strings.Join(lines, "\n  "))
		}
	}
	section("taps", d.tapLines())
	section("planned", d.Planned)
	section("count", d.stepLines(false))
	section("beside", d.stepLines(true))
	section("lines", d.lineLines())
	section("questions", d.Questions)
	section("decisions", d.decisionLines())
	section("rules", append(slices.Clip(d.Rules), d.Notes...))
	return b.String()
}

func (d Day) tapLines() (out []string) {
	for _, t := range d.Taps {
		line := t.At + "  " + t.What
		if t.Where != "" {
			line += ", " + t.Where
		}
		out = append(out, line+" ("+t.Known+")")
	}
	return out
}

func (d Day) stepLines(beside bool) (out []string) {
	for _, s := range d.Steps {
		if s.Beside != beside {
			continue
		}
		minutes := hours.Duration(s.Minutes)
		if s.Open {
			minutes = "-"
		}
		out = append(out, fmt.Sprintf("%6s  %s", minutes, s.Text))
	}
	return out
}

func (d Day) lineLines() (out []string) {
	for _, l := range d.Lines {
		line := fmt.Sprintf("%6s  %s", hours.Duration(l.Minutes), l.Text)
		if l.From != "" {
			line += ", " + l.From
		}
		out = append(out, line)
	}
	return out
}

func (d Day) decisionLines() (out []string) {
	for _, dec := range d.Decisions {
		out = append(out, dec.Text+". "+dec.By)
	}
	return out
}
