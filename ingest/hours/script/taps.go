package script

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"tikklok/ingest/hours"
)

var tapLines = []kind{
	{"2026-11-10 07:58:10 WHO READER [±45s] [unknown] [arrived 2026-11-10 08:10]",
		regexp.MustCompile(`^` + stampForm + ` (\S+) (\w+)(?: ±(\d+)s)?(?: (unknown))?(?: arrived ` + stampForm + `)?$`), (*world).tap},
	{"2026-11-10 08:00–16:30 WHO READER", regexp.MustCompile(`^` + dayForm + ` (\d\d:\d\d)–(\d\d:\d\d) (\S+) (\w+)$`), (*world).twoTaps},
	{"show hours", regexp.MustCompile(`^show hours$`), func(w *world, _ []string) error {
		w.short = true
		return nil
	}},
	{"FOB held by WHO [from 2026-11-01 00:00] [until 2026-11-10 12:00]",
		regexp.MustCompile(`^(\S+) held by (\S+)(?: from ` + stampForm + `)?(?: until ` + stampForm + `)?$`), (*world).held},
	{"now 2026-11-10 12:00", regexp.MustCompile(`^now ` + stampForm + `$`), func(w *world, m []string) (err error) {
		w.now, err = w.stamp(m[1])
		return err
	}},
	{"zone Europe/Warsaw", regexp.MustCompile(`^zone (\S+)$`), func(w *world, m []string) error {
		zone, err := time.LoadLocation(m[1])
		if err != nil {
			return fmt.Errorf("no zone %s; one is called Europe/Amsterdam or America/New_York", m[1])
		}
		w.zone = zone
		return nil
	}},
}

type reader struct {
	id, site int64
	mode     hours.Mode
}

var readers = map[string]reader{
	"hall": {1, 1, hours.Toggle}, "gate": {2, 1, hours.Toggle}, "entrance": {3, 1, hours.In}, "exit": {4, 1, hours.Out},
	"canteen": {5, 1, hours.Break}, "annex": {6, 2, hours.Toggle}, "north": {7, 3, hours.In}, "south": {8, 3, hours.Out},
}

func (w *world) tap(m []string) error {
	r, ok := readers[m[3]]
	if !ok {
		return fmt.Errorf("no reader %s; there are %s", m[3], strings.Join(slices.Sorted(maps.Keys(readers)), ", "))
	}
	at, err := w.millis(m[1])
	if err != nil {
		return err
	}
	p := hours.Punch{Tap: hours.TapID(fmt.Sprintf("1/1/%06d", len(w.punches)+1)), At: at, Uncertainty: 100, Known: hours.KnownInterpolated,
		Arrived: at + 500, Reader: r.id, ReaderName: m[3], Site: r.site, Mode: r.mode}
	if m[4] != "" {
		seconds, err := strconv.ParseInt(m[4], 10, 32)
		if err != nil {
			return fmt.Errorf("±%ss is too uncertain for a number; write unknown", m[4])
		}
		p.Uncertainty, p.Known = seconds*1000, hours.KnownEstimated
	}
	if m[6] != "" {
		if p.Arrived, err = w.millis(m[6]); err != nil {
			return err
		}
	}
	if m[5] != "" {
		p.At, p.Uncertainty, p.Known = p.Arrived, hours.Unbounded, hours.KnownArrival
	}
	w.punches, w.fobOf = append(w.punches, p), append(w.fobOf, m[2])
	if _, ok := w.fobs[m[2]]; !ok && !strings.HasPrefix(m[2], "fob") {
		w.fobs[m[2]] = []hours.Holding{{Employee: w.employee(m[2])}}
	}
	return nil
}

func (w *world) held(m []string) error {
	h := hours.Holding{Employee: w.employee(m[2])}
	var err error
	if h.From, err = w.millis(m[3]); err != nil {
		return err
	}
	if h.Until, err = w.millis(m[4]); err != nil {
		return err
	}
	w.fobs[m[1]] = append(w.fobs[m[1]], h)
	return nil
}

// twoTaps is a shift: an in and an out, the next day when that comes first.
func (w *world) twoTaps(m []string) error {
	day, err := w.day(m[1])
	if err != nil {
		return err
	}
	until := day
	if m[3] <= m[2] {
		until = day.AddDays(1)
	}
	if err := w.tap([]string{"", day.String() + " " + m[2], m[4], m[5], "", "", ""}); err != nil {
		return err
	}
	return w.tap([]string{"", until.String() + " " + m[3], m[4], m[5], "", "", ""})
}
