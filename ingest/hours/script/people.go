package script

import (
	"regexp"

	"tikklok/ingest/hours/calendar"
)

var peopleLines = []kind{
	{"WHO employed [from 2026-11-01] [until 2026-11-10]",
		regexp.MustCompile(`^(\S+) employed(?: from ` + dayForm + `)?(?: until ` + dayForm + `)?$`), (*world).employed},
}

func (w *world) employed(m []string) (err error) {
	p := w.person(m[1])
	if m[2] != "" {
		if p.From, err = calendar.ParseDate(m[2]); err != nil {
			return err
		}
	}
	if m[3] != "" {
		if p.Until, err = calendar.ParseDate(m[3]); err != nil {
			return err
		}
	}
	w.people[m[1]] = p
	return nil
}
