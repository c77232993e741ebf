package script

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"tikklok/ingest/hours"
	"tikklok/ingest/hours/rule"
)

// outcome computes every employee, in the order of their names.
func (w *world) outcome() (string, error) {
	book, err := rule.NewBook(w.rules)
	if err != nil {
		return "", fmt.Errorf("the rules: %w", err)
	}
	held, unheld := w.give()
	now := w.now
	if now.IsZero() {
		now = time.Date(2040, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	var out strings.Builder
	for _, name := range slices.Sorted(slices.Values(w.names)) {
		person := w.person(name)
		for _, d := range hours.Compute(book, w.facts(person, held[person.ID]), now) {
			if err := d.AddsUp(); err != nil {
				return "", fmt.Errorf("parts of %s do not add up to the whole; this is an error of the program: %w", name, err)
			}
			out.WriteString(name + " " + w.text(d, person.Zone) + sitesText(d) + proposalsText(d, book.RulesOf(d.Date).Rules, person.Zone))
		}
	}
	out.WriteString(unheld)
	return out.String(), nil
}

// facts gives all that is known of somebody.
func (w *world) facts(p hours.Person, punches []hours.Punch) hours.Facts {
	f := hours.Facts{Person: p, Punches: punches, Hirers: w.hirers, Days: w.days}
	for _, d := range w.decisions {
		if d.Employee == p.ID {
			f.Decisions = append(f.Decisions, d)
		}
	}
	for _, s := range w.plan {
		if s.Employee == p.ID {
			f.Plan = append(f.Plan, s)
		}
	}
	return f
}

// give hands each tap to whoever held its fob then, or whose it was decided to
// be.
func (w *world) give() (held map[int64][]hours.Punch, unheld string) {
	held = map[int64][]hours.Punch{}
	assigned, nobodys := hours.AssignedTaps(w.decisions), hours.NobodysTaps(w.decisions)
	for i, p := range w.punches {
		who, rival := w.whose(i, assigned)
		if who != 0 {
			p.Rival = rival
			held[who] = append(held[who], p)
		} else if !nobodys[p.Tap] {
			unheld += w.unheld(i)
		}
	}
	return held, unheld
}

// detail is a line of a day that a short outcome leaves out: taps, and the
// arithmetic of single shifts.
var detail = regexp.MustCompile(`(?m)^  (?:[0-9?]|= (?:[0-9?]|break|automatic break|rounding to|paid break|in |out |break_)).*\n`)

func (w *world) text(d hours.Day, zone *time.Location) string {
	text := d.Text(zone)
	if w.short {
		text = detail.ReplaceAllString(text, "")
	}
	return text
}

// sitesText gives the minutes worked of a day at several sites.
func sitesText(d hours.Day) (out string) {
	elsewhere := func(l hours.DayLine) bool { return l.Kind == hours.LineWorked && l.Site != d.Lines[0].Site }
	several := slices.ContainsFunc(d.Lines, elsewhere)
	for _, l := range d.Lines {
		if several && l.Kind == hours.LineWorked {
			out += fmt.Sprintf("  site %d, code %s  %s\n", l.Site, l.Code, hours.Duration(l.Minutes))
		}
	}
	return out
}
