package script

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"

	"tikklok/ingest/hours"
	"tikklok/ingest/hours/calendar"
)

var peopleLines = []kind{
	{"WHO employed [from 2026-11-01] [until 2026-11-10]",
		regexp.MustCompile(`^(\S+) employed(?: from ` + dayForm + `)?(?: until ` + dayForm + `)?$`), (*world).employed},
	{"WHO contract 32:00 [of CONTRACT] [from 2026-11-01]",
		regexp.MustCompile(`^(\S+) contract (\d+):([0-5]\d)(?: of (\S+))?(?: from ` + dayForm + `)?$`), (*world).agree},
	{"WHO on assignment NUMBER [for HIRER] [at SITE] [from 2026-11-01] [until 2026-11-10]",
		regexp.MustCompile(`^(\S+) on assignment (\S+)(?: for (\S+))?(?: at (\d+))?(?: from ` + dayForm + `)?(?: until ` + dayForm + `)?$`), (*world).assign},
	{"site 2 is of HIRER", regexp.MustCompile(`^site (\d+) is of (\S+)$`), func(w *world, m []string) error {
		site, err := strconv.ParseInt(m[1], 10, 64)
		w.hirers[site] = []hours.SiteHirer{{Hirer: w.id("hirer", m[2])}}
		return err
	}},
	{"days 2026-12-21 2026-12-27", regexp.MustCompile(`^days ` + dayForm + ` ` + dayForm + `$`), func(w *world, m []string) (err error) {
		if w.days.From, err = calendar.ParseDate(m[1]); err == nil {
			w.days.To, err = calendar.ParseDate(m[2])
		}
		return err
	}},
}

func (w *world) employed(m []string) (err error) {
	p := w.person(m[1])
	if p.From, err = w.day(m[2]); err != nil {
		return err
	}
	if p.Until, err = w.day(m[3]); err != nil {
		return err
	}
	w.people[m[1]] = p
	return nil
}

// agree notes what somebody agreed on: hours a week, 0:00 for on call.
func (w *world) agree(m []string) error {
	p := w.person(m[1])
	h, err := strconv.Atoi(m[2])
	if err != nil || h > 168 {
		return fmt.Errorf("a week has no %s hours", m[2])
	}
	minutes, err := strconv.Atoi(m[3])
	if err != nil {
		return fmt.Errorf("minutes: %w", err)
	}
	t := hours.Terms{Contract: w.id("contract", m[4]), Minutes: h*60 + minutes}
	if t.From, err = w.day(m[5]); err != nil {
		return err
	}
	p.Terms = append(p.Terms, t)
	slices.SortStableFunc(p.Terms, func(a, b hours.Terms) int { return a.From.Sub(b.From) })
	w.people[m[1]] = p
	return nil
}

func (w *world) assign(m []string) (err error) {
	p := w.person(m[1])
	a := hours.Assignment{ID: w.id("assignment", m[2]), Number: m[2], Hirer: w.id("hirer", m[3])}
	if a.Site, err = strconv.ParseInt(cmp.Or(m[4], "0"), 10, 64); err != nil {
		return fmt.Errorf("site: %w", err)
	}
	if a.From, err = w.day(m[5]); err != nil {
		return err
	}
	if a.Until, err = w.day(m[6]); err != nil {
		return err
	}
	p.Work = append(p.Work, a)
	slices.SortStableFunc(p.Work, func(a, b hours.Assignment) int { return a.From.Sub(b.From) })
	w.people[m[1]] = p
	return nil
}
