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

// Parse cuts a text into scenarios; one without any "== name" is a scenario as
// a whole. It reads no line of them yet: Run does.
func Parse(name, text string) (File, error) {
	f := File{Name: name}
	var s *Scenario
	if strings.TrimSpace(text) == "" {
		return f, fmt.Errorf("%s is empty; write taps such as \"2026-11-10 07:58 Bakker hall\", one a line", name)
	}
	if !strings.Contains("\n"+text, "\n== ") {
		f.Scenarios = []Scenario{{Name: name, Line: 1, steps: []step{{}}}}
		s = &f.Scenarios[0]
	}
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
	return f, nil
}

func (s *Scenario) last() *step { return &s.steps[len(s.steps)-1] }

// Result is what comes out of a scenario.
type Result struct {
	Text    string   // the scenario with the outcomes in place
	Hours   []string // the outcome of each step
	Differs []Difference
}

// Run plays a scenario of a file. An error names the line (file:line) and what
// it could be.
func (s Scenario) Run(file string) (r Result, err error) {
	w, err := newWorld()
	if err != nil {
		return r, err
	}
	r.Text = "== " + s.Name + "\n"
	for i, step := range s.steps {
		if i > 0 {
			r.Text += "+\n"
		}
		for _, l := range step.lines {
			r.Text += l.text + "\n"
			if err := w.take(l.text); err != nil {
				return r, fmt.Errorf("%s:%d: %q: %w", file, l.number, l.text, err)
			}
		}
		got, err := w.outcome()
		if err != nil {
			return r, fmt.Errorf("%s:%d: %w", file, step.at, err)
		}
		r.Text += "=>\n" + got
		r.Hours = append(r.Hours, got)
		if want := strings.TrimSpace(step.expected); strings.TrimSpace(got) != want {
			r.Differs = append(r.Differs, Difference{step.at, got, want + "\n"})
		}
	}
	return r, nil
}

// Text gives a file of scenarios' texts, as Run gives them.
func (f File) Text(scenarios []string) string {
	return f.head + strings.Join(scenarios, "\n")
}
