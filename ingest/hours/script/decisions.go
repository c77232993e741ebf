package script

import (
	"fmt"
	"regexp"
	"strconv"
	"time"

	"tikklok/ingest/hours"
	"tikklok/ingest/hours/calendar"
)

var decisionLines = []kind{
	{"decision 1: WHO add in|out|break 2026-11-10 16:30", regexp.MustCompile(`^decision (\d+): (\S+) add (in|out|break) ` + stampForm + `$`),
		func(w *world, m []string) error {
			at, err := w.stamp(m[4])
			if err != nil {
				return err
			}
			return w.decide(m[1], m[2], hours.Decision{Kind: hours.AddPunch, Mode: hours.Mode(m[3]), At: at})
		}},
	{"decision 2: WHO set #3 2026-11-10 08:00", regexp.MustCompile(`^decision (\d+): (\S+) set #(\d+) ` + stampForm + `$`),
		func(w *world, m []string) error {
			at, err := w.stamp(m[4])
			if err != nil {
				return err
			}
			return w.decideTap(m[1], m[2], m[3], hours.Decision{Kind: hours.SetTime, At: at})
		}},
	{"decision 3: WHO ignore #3", regexp.MustCompile(`^decision (\d+): (\S+) ignore #(\d+)$`), func(w *world, m []string) error {
		return w.decideTap(m[1], m[2], m[3], hours.Decision{Kind: hours.IgnoreTap})
	}},
	{"decision 4: WHO accept #3", regexp.MustCompile(`^decision (\d+): (\S+) accept #(\d+)$`), func(w *world, m []string) error {
		return w.decideTap(m[1], m[2], m[3], hours.Decision{Kind: hours.Accept})
	}},
	{"decision 6: WHO absent 2026-11-10 8:00 [as CODE]", regexp.MustCompile(`^decision (\d+): (\S+) absent ` + dayForm + ` (\d+):([0-5]\d)(?: as (\S+))?$`),
		func(w *world, m []string) error {
			return w.decideDay(m[1], m[2], m[3], "", m[4], m[5], hours.Decision{Kind: hours.Absent, Code: m[6]})
		}},
	{"decision 7: WHO minutes 2026-11-10 [-]0:30 as CODE [at SITE]", regexp.MustCompile(`^decision (\d+): (\S+) minutes ` + dayForm + ` (-?)(\d+):([0-5]\d) as (\S+)(?: at (\d+))?$`),
		func(w *world, m []string) error {
			d := hours.Decision{Kind: hours.AddMinutes, Code: m[7]}
			if m[8] != "" {
				site, err := strconv.ParseInt(m[8], 10, 64)
				if err != nil {
					return fmt.Errorf("site: %w", err)
				}
				d.Site = site
			}
			return w.decideDay(m[1], m[2], m[3], m[4], m[5], m[6], d)
		}},
	{"decision 5: WHO undo of 1", regexp.MustCompile(`^decision (\d+): (\S+) undo of (\d+)$`), func(w *world, m []string) error {
		undoes, err := strconv.ParseInt(m[3], 10, 64)
		if err != nil {
			return fmt.Errorf("no decision %s: %w", m[3], err)
		}
		return w.decide(m[1], m[2], hours.Decision{Kind: hours.UndoOf, Undoes: undoes})
	}},
}

// decide records somebody's decision.
func (w *world) decide(number, who string, d hours.Decision) (err error) {
	if d.ID, err = strconv.ParseInt(number, 10, 64); err != nil {
		return fmt.Errorf("no number %s of a decision: %w", number, err)
	}
	if who != "" {
		d.Employee = w.employee(who)
	}
	w.decisions = append(w.decisions, d)
	return nil
}

// decideDay records a decision about minutes of a whole day.
func (w *world) decideDay(number, who, day, sign, h, m string, d hours.Decision) (err error) {
	if d.Day, err = calendar.ParseDate(day); err != nil {
		return err
	}
	full, err := strconv.Atoi(h)
	if err != nil || full > 24 {
		return fmt.Errorf("a day has no %s hours", h)
	}
	part, err := strconv.Atoi(m)
	if err != nil {
		return fmt.Errorf("minutes: %w", err)
	}
	if d.Minutes = full*60 + part; sign != "" {
		d.Minutes = -d.Minutes
	}
	return w.decide(number, who, d)
}

// decideTap records a decision about the n-th tap of the scenario.
func (w *world) decideTap(number, who, n string, d hours.Decision) error {
	i, err := strconv.Atoi(n)
	if err != nil || i < 1 || i > len(w.punches) {
		return fmt.Errorf("no tap #%s; taps are counted from #1 as they stand in the scenario, %d so far", n, len(w.punches))
	}
	d.Tap = w.punches[i-1].Tap
	if d.At.IsZero() {
		d.At = time.UnixMilli(w.punches[i-1].At)
	}
	return w.decide(number, who, d)
}
