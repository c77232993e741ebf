// Package wording promises that a day's explanation reads the same on a page,
// over the API and on a command line: the sentences stand here and nowhere
// else, in each of the languages that people who tap may read. It only puts
// into words what hours explains (I5) and counts nothing itself.
package wording

import (
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"tikklok/ingest/hours"
	"tikklok/ingest/hours/calendar"
)

//go:embed text/*.json
var texts embed.FS

// Languages gives those that a day can be explained in.
func Languages() []string { return []string{"nl", "en", "pl", "de", "ro"} }

// ErrLanguage refuses a language that there are no sentences in.
var ErrLanguage = errors.New("the language is nl, en, pl, de or ro")

// Day is an explanation in sentences, in the order a person asks: what was
// tapped, how that was counted, what came of it, and what is still open.
type Day struct {
	Date      string // dinsdag 10 november 2026
	Minutes   int
	Taps      []Tap
	Planned   []string
	Steps     []Step
	Lines     []Line
	Questions []string
	Decisions []Decision
	Rules     []string
	Notes     []string // that seconds are left off, and the zone
	heads     map[string]string
}

// Tap is one tap, or one that somebody added.
type Tap struct {
	At     string // 07:58:12
	What   string // In, or why it does not count
	Where  string // reader and site; may be empty
	Known  string // ± 0,1 s, and how the time is known
	Counts bool
}

// Step is a line of the arithmetic.
type Step struct {
	Kind    hours.StepKind
	Code    string // of a StepCode
	Text    string
	Minutes int
	Open    bool // it has no minutes
	Beside  bool // not part of the total
}

// Line is minutes under one code at one site.
type Line struct {
	Text    string
	Minutes int
	From    string // the taps it rests on
}

// Decision is what somebody decided about the day.
type Decision struct {
	ID     int64
	Text   string
	By     string // who, when and why
	Undone bool
}

// Of puts an explanation into words; its times are read in zone.
func Of(x hours.Explanation, language string, zone *time.Location) (Day, error) {
	w, err := load(language)
	if err != nil {
		return Day{}, err
	}
	s := saying{w, x, zone}
	d := Day{Date: s.date(x.Day.Date, "date"), Minutes: x.Day.Minutes, heads: map[string]string{}}
	for _, name := range []string{"taps", "planned", "count", "beside", "lines", "questions", "decisions", "rules"} {
		d.heads[name] = s.say("head." + name)
	}
	for _, p := range x.Day.Punches {
		d.Taps = append(d.Taps, s.tap(p))
	}
	for _, p := range x.Day.Plan {
		d.Planned = append(d.Planned, s.planned(p))
	}
	for _, step := range x.Steps {
		d.Steps = append(d.Steps, s.step(step))
	}
	for _, l := range x.Day.Lines {
		d.Lines = append(d.Lines, s.line(l))
	}
	for _, e := range x.Day.Exceptions {
		d.Questions = append(d.Questions, s.question(e))
	}
	for _, dec := range x.Decisions {
		d.Decisions = append(d.Decisions, s.decision(dec))
	}
	d.Rules = s.rules()
	d.Notes = []string{s.say("floored"), s.say("zone", "zone", zone.String())}
	return d, nil
}

// Text gives an explanation as plain text, as the API and the command line
// show it.
func Text(x hours.Explanation, language string, zone *time.Location) (string, error) {
	d, err := Of(x, language, zone)
	if err != nil {
		return "", err
	}
	return d.String(), nil
}

// Questions gives what to say of exceptions of days in a language, one after
// another: their times are read in zone, of any day.
func Questions(language string) (func(day calendar.Date, e hours.Exception, zone *time.Location) string, error) {
	w, err := load(language)
	if err != nil {
		return nil, err
	}
	return func(day calendar.Date, e hours.Exception, zone *time.Location) string {
		return saying{w, hours.Explanation{Day: hours.Day{Date: day}}, zone}.question(e)
	}, nil
}

// words is one language's sentences, their places by name: {from}.
type words map[string]string

func load(language string) (words, error) {
	if !slices.Contains(Languages(), language) {
		return nil, fmt.Errorf("%w, not %q", ErrLanguage, language)
	}
	raw, err := texts.ReadFile("text/" + language + ".json")
	if err != nil {
		return nil, fmt.Errorf("reading sentences: %w", err)
	}
	var w words
	if err := json.Unmarshal(raw, &w); err != nil {
		return nil, fmt.Errorf("reading sentences of %s: %w", language, err)
	}
	return w, nil
}

// saying is one explanation being put into words.
type saying struct {
	words words
	x     hours.Explanation
	zone  *time.Location
}

// say fills the places of a sentence from pairs of name and value.
func (s saying) say(key string, pairs ...string) string {
	filled := make([]string, len(pairs))
	for i, p := range pairs {
		if filled[i] = p; i%2 == 0 {
			filled[i] = "{" + p + "}"
		}
	}
	return strings.NewReplacer(filled...).Replace(s.words[key])
}

// kind says prefix.name, and prefix.other where there is no such sentence: a
// kind that another room added is never an error here, and a test finds it.
func (s saying) kind(prefix, name string, pairs ...string) string {
	if _, ok := s.words[prefix+"."+name]; !ok {
		pairs, name = append(pairs, "name", strings.ReplaceAll(name, "_", " ")), "other"
	}
	return s.say(prefix+"."+name, pairs...)
}

func (s saying) names(key string) []string { return strings.Fields(s.words[key]) }

func (s saying) date(d calendar.Date, key string) string {
	return s.say(key, "weekday", s.names("weekdays")[d.Weekday()], "day", fmt.Sprint(d.Day),
		"month", s.names("months")[d.Month-1], "year", fmt.Sprint(d.Year))
}

// clock gives a time of the day that is explained; of a day beside it with
// that said, and "?" for 0.
func (s saying) clock(ms int64, layout string) string {
	if ms == 0 {
		return "?"
	}
	t := time.UnixMilli(ms).In(s.zone)
	switch n := calendar.DateOf(t).Sub(s.x.Day.Date); {
	case n == 0:
		return t.Format(layout)
	case n == 1:
		return s.say("clock.after", "clock", t.Format(layout))
	case n == -1:
		return s.say("clock.before", "clock", t.Format(layout))
	}
	return s.moment(t)
}

func (s saying) moment(t time.Time) string {
	t = t.In(s.zone)
	return s.date(calendar.DateOf(t), "day") + " " + t.Format("15:04")
}
