package script

import (
	"fmt"
	"regexp"
	"strconv"
	"time"

	"tikklok/ingest/hours"
	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/hours/plan"
	"tikklok/ingest/hours/rule"
)

// planLines are the lines of what was planned.
var planLines = []kind{
	{"WHO planned 2026-11-10 08:00–16:30 [call|standby] [break 30] [withdrawn 2026-11-09 12:00]",
		regexp.MustCompile(`^(\S+) planned ` + dayForm + ` (\d\d:\d\d(?:[+-]\d\d)?)[–-](\d\d:\d\d(?:[+-]\d\d)?)(?: (call|standby))?(?: break (\d+))?(?: withdrawn ` + stampForm + `)?$`),
		(*world).planned},
}

func (w *world) planned(m []string) error {
	person := w.person(m[1])
	day, err := calendar.ParseDate(m[2])
	if err != nil {
		return err
	}
	s := plan.Shift{ID: int64(len(w.plan) + 1), Employee: person.ID, Kind: plan.Work}
	if s.From, s.To, err = plan.Between(day, m[3], m[4], person.Zone); err != nil {
		return err
	}
	if m[5] != "" {
		s.Kind = plan.Kind(m[5])
	}
	if m[6] != "" {
		if s.Break, err = strconv.Atoi(m[6]); err != nil {
			return fmt.Errorf("break: %w", err)
		}
	}
	if s.Withdrawn, err = w.millis(m[7]); err != nil {
		return err
	}
	w.plan = append(w.plan, s)
	return s.Check()
}

// proposalsText gives what is proposed for the exceptions of a day with a plan.
func proposalsText(d hours.Day, rules rule.Rules, zone *time.Location) (out string) {
	for _, e := range d.Exceptions {
		p := hours.Propose(e, d, hours.History{}, rules, zone)
		if p == nil || p.Basis.Kind != hours.BasisPlan {
			continue
		}
		out += "  ? " + string(p.Decision.Kind)
		switch p.Decision.Kind {
		case hours.AddPunch:
			out += fmt.Sprintf(" %s at %s", p.Decision.Mode, p.Decision.At.In(zone).Format("2006-01-02 15:04"))
		case hours.AddMinutes:
			out += fmt.Sprintf(" %s under %s", hours.Duration(p.Decision.Minutes), p.Decision.Code)
		default:
			out += " " + hours.Duration(p.Decision.Minutes)
		}
		out += " (as planned)\n"
	}
	return out
}
