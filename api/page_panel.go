package api

import (
	"net/http"
	"slices"
	"strconv"
	"time"

	"tikklok/api/page"
	"tikklok/ingest/hours"
	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/hours/wording"
)

// panel explains one day of one employee.
func (s *Server) panel(r *http.Request, employee, day string, data weekData, f page.Frame) (*page.DayPanel, error) {
	who, err := id(employee)
	if err != nil {
		return nil, err
	}
	date, err := calendar.ParseDate(day)
	if err != nil {
		return nil, wrongField("day", err.Error())
	}
	x, err := s.explain(r.Context(), who, date)
	if err != nil {
		return nil, err
	}
	zone := zoneOf(x.Day.Zone)
	said, err := wording.Of(x, f.Language, zone)
	if err != nil {
		return nil, err
	}
	p := &page.DayPanel{
		Employee: who, Number: x.Who.Number, Name: nameOf(x.Who.Surname, x.Who.FirstName), Minutes: x.Day.Minutes,
		Day: page.Day{Date: date.In(zone), Strip: page.DayStrip(date.In(zone))}, Picture: pictureOf(x, zone, f.Now), Taps: tapLines(x, said), MoreTaps: x.Day.More,
		Lines: countLines(x, said), Rules: strconv.Itoa(x.Day.Rules), MayDecide: s.may(r.Context(), "CreateDecision"),
		Exceptions: each(x.Day.Exceptions, func(e hours.Exception) page.ExceptionCard { return cardOf(e, x.Day, zone, f.Language) }),
		Decisions:  each(x.Decisions, func(d hours.Decision) page.DecisionLine { return decisionLine(d, zone, f.Now) }),
	}
	for i, e := range x.Day.Exceptions {
		for _, asked := range x.Requests {
			if e.Request == asked.ID {
				p.Exceptions[i].What = requestMessage(asked, zone)
			}
		}
	}
	if x.Day.Zone != callerOf(r.Context()).tenant.Zone {
		p.Zone = x.Day.Zone
	}
	if x.Day.Sealed != (calendar.Date{}) {
		p.Sealed = x.Day.Sealed.In(time.UTC)
	}
	if i := slices.IndexFunc(data.sheets, func(t hours.Timesheet) bool { return t.Who.ID == who }); i >= 0 {
		data.fill(p, data.sheets[i], f.Now, date)
		if p.Correction, err = s.correctionOf(r.Context(), data.sheets[i]); err != nil {
			return nil, err
		}
	}
	p.ByHand = s.byHand(r.Context(), date, x.Rules.Rules, data.sites)
	return p, nil
}

func (w weekData) fill(p *page.DayPanel, sheet hours.Timesheet, now time.Time, date calendar.Date) {
	p.State, p.Frozen = w.state(sheet, now), sheet.State == hours.StateApproved
	w.fillApproval(p, sheet, now.Location())
	for _, x := range sheet.Warnings {
		if x.Kind != hours.WarnLaw || x.Day == date {
			p.Warnings = append(p.Warnings, warning("warn.long.", x))
		}
	}
	for _, d := range sheet.Days {
		cell := dayCell(d, w.rules, now)
		p.Week = append(p.Week, cell)
		if d.Date == date {
			p.Day = cell
		}
	}
}

func tapLines(x hours.Explanation, said wording.Day) []page.TapLine {
	lines := each(said.Taps, func(t wording.Tap) page.TapLine {
		return page.TapLine{At: t.At, What: t.What, Where: t.Where, Known: t.Known, Counts: t.Counts}
	})
	for _, e := range x.Day.Exceptions {
		switch e.Kind {
		case hours.MissingIn:
			lines = slices.Insert(lines, 0, page.TapLine{Missing: string(hours.In)})
		case hours.MissingOut:
			lines = append(lines, page.TapLine{Missing: string(hours.Out)})
		case hours.MissingBreak:
			lines = append(lines, page.TapLine{Missing: string(hours.Break)})
		}
	}
	return lines
}

// countLines are the steps of the arithmetic; the page draws the sum itself.
func countLines(x hours.Explanation, said wording.Day) []page.CountLine {
	var lines []page.CountLine
	for _, step := range said.Steps {
		if step.Kind == hours.StepTotal {
			continue
		}
		line := page.CountLine{Text: step.Text, Minutes: step.Minutes, Open: step.Open, Beside: step.Beside}
		if step.Kind == hours.StepCode {
			line.Code, line.Band = step.Code, string(bandOf(x.Rules.Rules, step.Code))
		}
		lines = append(lines, line)
	}
	return lines
}

// atMinute gives the instant of a UTC minute, and zero where it is unknown.
func atMinute(m int64, zone *time.Location) time.Time {
	if m == 0 {
		return time.Time{}
	}
	return time.Unix(m*60, 0).In(zone)
}

func decisionLine(d hours.Decision, zone *time.Location, now time.Time) page.DecisionLine {
	line := page.DecisionLine{At: d.Made.In(now.Location()), By: d.ByName, Reason: d.Reason, Undone: d.Undone, Text: decided(d, zone)}
	if !d.Undone && d.Kind != hours.UndoOf {
		line.Undo = d.ID
	}
	return line
}
