package script

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"tikklok/ingest/hours"
	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/hours/plan"
	"tikklok/ingest/hours/rule"
)

// world is what has happened so far in a scenario.
type world struct {
	zone      *time.Location
	now       time.Time
	rules     []rule.Set
	fobs      map[string][]hours.Holding
	names     []string // employees by id − 1
	punches   []hours.Punch
	fobOf     []string // of each punch
	decisions []hours.Decision
	plan      []plan.Shift
	people    map[string]hours.Person // of whom more is told than their name
	named     map[string][]string     // contracts, hirers and assignments by id − 1
	hirers    hours.Hirers
	days      calendar.Period
	short     bool // taps and shifts are not shown
}

func newWorld() (*world, error) {
	zone, err := time.LoadLocation("Europe/Amsterdam")
	if err != nil {
		return nil, fmt.Errorf("time zones: %w", err)
	}
	return &world{zone: zone, rules: []rule.Set{rule.Default()}, fobs: map[string][]hours.Holding{}, people: map[string]hours.Person{},
		named: map[string][]string{}, hirers: hours.Hirers{}}, nil
}

// kind is a kind of line. Each subject lists its own in a file of its own.
type kind struct {
	form string         // how one is written, for whoever wrote it wrong
	line *regexp.Regexp // the whole line
	take func(w *world, m []string) error
}

// kinds are tried in this order; the first whose form fits takes the line.
var kinds = slices.Concat(tapLines, peopleLines, ruleLines, planLines, decisionLines, fobLines)

// take reads a line of what happened.
func (w *world) take(text string) error {
	if strings.TrimSpace(text) == "" || strings.HasPrefix(text, "#") {
		return nil
	}
	for _, k := range kinds {
		if m := k.line.FindStringSubmatch(text); m != nil {
			return k.take(w, m)
		}
	}
	return fmt.Errorf("not understood; a line is one of\n  %s\n  # a remark", strings.Join(forms(), "\n  "))
}

func forms() (out []string) {
	for _, k := range kinds {
		out = append(out, k.form)
	}
	return out
}

// employee gives the id of somebody named so, from the first mention on.
func (w *world) employee(name string) int64 {
	if i := slices.Index(w.names, name); i >= 0 {
		return int64(i + 1)
	}
	w.names = append(w.names, name)
	return int64(len(w.names))
}

// id gives the id of a contract, a hirer or an assignment, from its first
// mention on; 0 for "".
func (w *world) id(kind, name string) int64 {
	if name == "" {
		return 0
	}
	if i := slices.Index(w.named[kind], name); i >= 0 {
		return int64(i + 1)
	}
	w.named[kind] = append(w.named[kind], name)
	return int64(len(w.named[kind]))
}

// day reads a calendar day, or "" as none.
func (w *world) day(text string) (d calendar.Date, err error) {
	if text != "" {
		d, err = calendar.ParseDate(text)
	}
	return d, err
}

// person gives what is known of somebody; put it back into people when changed.
func (w *world) person(name string) hours.Person {
	if p, ok := w.people[name]; ok {
		return p
	}
	return hours.Person{ID: w.employee(name), Zone: w.zone}
}

// stampForm is a local time, or one with its offset; see stamp.
const stampForm = `(\d{4}-\d\d-\d\d \d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:[+-]\d\d)?)`

// dayForm is a calendar day.
const dayForm = `(\d{4}-\d\d-\d\d)`

// stamp reads "2026-11-10 07:58", with seconds or without, with an offset
// ("+01") or in the scenario's zone.
func (w *world) stamp(text string) (time.Time, error) {
	for _, layout := range []string{"2006-01-02 15:04:05.999-07", "2006-01-02 15:04:05-07", "2006-01-02 15:04-07"} {
		if t, err := time.Parse(layout, text); err == nil {
			return t, nil
		}
	}
	for _, layout := range []string{"2006-01-02 15:04:05", "2006-01-02 15:04"} {
		if t, err := time.ParseInLocation(layout, text, w.zone); err == nil {
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("%q is no time; write 2026-11-10 07:58, with seconds or without, and in the hour that a clock change repeats with its offset: 02:30+01", text)
}

// millis reads a time, or "" as 0.
func (w *world) millis(text string) (int64, error) {
	if text == "" {
		return 0, nil
	}
	t, err := w.stamp(text)
	return t.UnixMilli(), err
}
