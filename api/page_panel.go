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
		Day: page.Day{Date: date.In(zone), Strip: page.DayStrip(date.In(zone))}, Picture: pictureOf(x, zone, f.Now), Taps: tapLines(x, said),
		Lines: countLines(x, said), Rules: strconv.Itoa(x.Day.Rules), MayDecide: s.may(r.Context(), "CreateDecision"),
		Exceptions: each(x.Day.Exceptions, func(e hours.Exception) page.ExceptionCard { return cardOf(e, zone, f.Language) }),
		Decisions:  each(x.Decisions, func(d hours.Decision) page.DecisionLine { return decisionLine(d, zone, f.Now) }),
	}
	if x.Day.Zone != callerOf(r.Context()).tenant.Zone {
		p.Zone = x.Day.Zone
	}
	if i := slices.IndexFunc(data.sheets, func(t hours.Timesheet) bool { return t.Who.ID == who }); i >= 0 {
		data.fill(p, data.sheets[i], f.Now, date)
	}
	return p, nil
}

func (w weekData) fill(p *page.DayPanel, sheet hours.Timesheet, now time.Time, date calendar.Date) {
	p.State, p.Frozen = w.state(sheet, now), sheet.State == hours.StateApproved
	for _, x := range sheet.Warnings {
		if x.Kind != hours.WarnShortRest || x.Day == date {
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

func decided(d hours.Decision, zone *time.Location) page.Message {
	clock := page.Clock(d.At.In(zone))
	switch d.Kind {
	case hours.AddPunch:
		return page.Say("decided.add", page.Say("mode."+string(d.Mode)), clock)
	case hours.SetTime:
		return page.Say("decided.set", clock)
	case hours.IgnoreTap:
		return page.Say("decided.ignore")
	case hours.UndoOf:
		return page.Say("panel.undone")
	}
	return page.Say("decided.accept")
}

// cardOf asks a person one question. Its hidden values come back to postDecide.
func cardOf(e hours.Exception, zone *time.Location, language string) page.ExceptionCard {
	at := time.UnixMilli(e.At).In(zone)
	card := page.ExceptionCard{Kind: string(e.Kind), At: at}
	hidden := func(pairs ...string) []page.Hidden {
		list := []page.Hidden{{Name: "near", Value: at.Format(time.RFC3339Nano)}, {Name: "about", Value: string(e.Kind)}}
		for i := 0; i < len(pairs); i += 2 {
			if pairs[i+1] != "" {
				list = append(list, page.Hidden{Name: pairs[i], Value: pairs[i+1]})
			}
		}
		return list
	}
	switch tap := string(e.Tap); e.Kind {
	case hours.MissingIn:
		card.Other = hidden("kind", string(hours.AddPunch), "mode", string(hours.In))
	case hours.MissingOut:
		card.Other = hidden("kind", string(hours.AddPunch), "mode", string(hours.Out))
	case hours.MissingBreak:
		card.Other = hidden("kind", string(hours.AddPunch), "mode", string(hours.Break))
	case hours.MissingTap, hours.TooLong:
		card.Other, card.Modes = hidden("kind", string(hours.AddPunch)), modeOptions(language)
	case hours.Uncertain, hours.Impossible:
		card.Other = hidden("kind", string(hours.SetTime), "tap", tap)
		card.Ignore = hidden("kind", string(hours.IgnoreTap), "tap", tap, "reason", words(language, "niet meegeteld", "not counted"))
	}
	if p := e.Proposal; p != nil {
		d := p.Decision
		card.Why = []page.Message{why(p.Basis, language)}
		moment := ""
		if !d.At.IsZero() {
			moment = d.At.Format(time.RFC3339Nano)
		}
		if d.Kind != hours.Accept && !d.At.IsZero() {
			card.Proposal = d.At.In(zone)
		}
		card.Accept = hidden("kind", string(d.Kind), "tap", string(d.Tap), "mode", string(d.Mode), "site", positive(d.Site),
			"moment", moment, "proposed", "yes", "reason", reasonOf(p.Basis, language))
	}
	return card
}

func positive(n int64) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatInt(n, 10)
}

func modeOptions(language string) []page.Option {
	return []page.Option{
		{Value: string(hours.In), Label: "in"},
		{Value: string(hours.Out), Label: words(language, "uit", "out")},
		{Value: string(hours.Break), Label: words(language, "pauze", "break")},
	}
}

// words picks what is stored in a reader's own language: reasons of decisions
// and labels that no catalogue knows.
func words(language, dutch, english string) string {
	if language == "en" {
		return english
	}
	return dutch
}

func weekdayName(day int, language string) string {
	if language == "en" {
		return time.Weekday(day).String()
	}
	return []string{"zondag", "maandag", "dinsdag", "woensdag", "donderdag", "vrijdag", "zaterdag"}[day%7]
}

func dayMinute(m int) page.Clock { return page.Clock(time.Date(2000, 1, 1, 0, m, 0, 0, time.UTC)) }

// why gives a proposal's reason to the reader.
func why(b hours.Basis, language string) page.Message {
	switch b.Kind {
	case hours.BasisUsual:
		return page.Say("why.usual", b.Days, weekdayName(b.Weekday, language), dayMinute(b.Earliest), dayMinute(b.Latest))
	case hours.BasisRecent:
		return page.Say("why.recent", b.Days, dayMinute(b.Earliest), dayMinute(b.Latest))
	case hours.BasisContract:
		return page.Say("why.contract")
	case hours.BasisDevice:
		return page.Say("why.device")
	case hours.BasisEstimate:
		return page.Say("why.estimate")
	}
	return page.Say("why.as-is")
}

// reasonOf is the reason that is recorded when somebody takes a proposal over.
func reasonOf(b hours.Basis, language string) string {
	if language == "en" {
		return "proposal: " + basisText(b)
	}
	from, to := time.Time(dayMinute(b.Earliest)).Format("15:04"), time.Time(dayMinute(b.Latest)).Format("15:04")
	switch b.Kind {
	case hours.BasisUsual:
		return "voorstel: de vorige " + strconv.Itoa(b.Days) + " keer op " + weekdayName(b.Weekday, language) + " " + from + "–" + to
	case hours.BasisRecent:
		return "voorstel: de laatste " + strconv.Itoa(b.Days) + " dagen " + from + "–" + to
	case hours.BasisContract:
		return "voorstel: een vijfde van het contract"
	case hours.BasisDevice:
		return "voorstel: de klok van het apparaat"
	case hours.BasisEstimate:
		return "voorstel: de beste schatting"
	}
	return "voorstel: zoals het staat"
}
