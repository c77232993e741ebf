// Package script promises that whoever can type can write a case of hours: a
// text of taps, rules, plans and decisions, one a line, and below it the hours
// that come out, computed by the same code as everybody's (see
// ingest/hours/testdata/README.md). It knows no database.
package script

import (
	"fmt"
	"strings"
)

// File is a text with scenarios.
type File struct {
	Name      string
	head      string // up to the first scenario
	Scenarios []Scenario
}

// Scenario is what happened and what comes of it, in steps.
type Scenario struct {
	Name  string
	Line  int // of its "== name"
	steps []step
}

// step is lines of what happened, and what must come out of all up to there.
type step struct {
	lines    []line
	at       int // line of "=>", or where it should be
	expected string
}

type line struct {
	number int
	text   string
}

// Parse cuts a text into scenarios. It reads no line of them yet: Run does.
func Parse(name, text string) (File, error) {
	f := File{Name: name}
	var s *Scenario
	reading := true
	n := 0
	for raw := range strings.SplitSeq(strings.TrimRight(text, "\n"), "\n") {
		n++
		raw = strings.TrimSuffix(raw, "\r")
		title, starts := strings.CutPrefix(raw, "== ")
		switch {
		case starts:
			f.Scenarios = append(f.Scenarios, Scenario{Name: title, Line: n, steps: []step{{}}})
			s, reading = &f.Scenarios[len(f.Scenarios)-1], true
		case s == nil:
			f.head += raw + "\n"
		case raw == "=>" && !reading:
			return f, fmt.Errorf("%s:%d: a second \"=>\"; put a line \"+\" and what happened next before it", name, n)
		case raw == "=>":
			s.last().at, reading = n, false
		case raw == "+" && !reading:
			s.steps = append(s.steps, step{})
			reading = true
		case reading:
			s.last().lines = append(s.last().lines, line{n, raw})
			s.last().at = n
		default:
			s.last().expected += raw + "\n"
		}
	}
	if len(f.Scenarios) == 0 {
		return f, fmt.Errorf("%s: no scenario; start one with a line \"== its name\", then taps, then \"=>\"", name)
	}
	return f, nil
}

func (s *Scenario) last() *step { return &s.steps[len(s.steps)-1] }

// Difference is an outcome other than the one the script expects.
type Difference struct {
	Line      int // of its "=>"
	Got, Want string
}

// Run gives what comes out of a scenario: its text with the outcome in place,
// and where that differs from what the script expects. An error names the line
// (file:line) and what it could be.
func (s Scenario) Run(file string) (text string, differs []Difference, err error) {
	w, err := newWorld()
	if err != nil {
		return "", nil, err
	}
	var out strings.Builder
	out.WriteString("== " + s.Name + "\n")
	for i, step := range s.steps {
		if i > 0 {
			out.WriteString("+\n")
		}
		for _, l := range step.lines {
			out.WriteString(l.text + "\n")
			if err := w.take(l.text); err != nil {
				return "", nil, fmt.Errorf("%s:%d: %q: %w", file, l.number, l.text, err)
			}
		}
		got, err := w.outcome()
		if err != nil {
			return "", nil, fmt.Errorf("%s:%d: %w", file, step.at, err)
		}
		out.WriteString("=>\n" + got)
		if want := strings.TrimSpace(step.expected); strings.TrimSpace(got) != want {
			differs = append(differs, Difference{step.at, got, want + "\n"})
		}
	}
	return out.String(), differs, nil
}

// Text gives a file of scenarios' texts, as Run gives them.
func (f File) Text(scenarios []string) string {
	return f.head + strings.Join(scenarios, "\n")
}
