package page

import (
	"time"

	computed "tikklok/ingest/hours"
	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/hours/wording"
)

func ownFrame(lang, path string) Frame {
	return Frame{Language: lang, Now: on(13, 14, 12), Path: path, Tenant: "Van Dam Logistiek",
		Account: &Signed{Name: "Piotr Nowak", Email: "piotr.nowak@example.nl", Own: true}}
}

// ownPicture is a day with a break that was tapped and rounding at its end.
func ownPicture(day int) Picture {
	mark := func(t time.Time) Mark { return Mark{At: t, Give: 100 * time.Millisecond, Counts: true} }
	return DayPicture(on(day, 0, 0),
		[]Span{{From: on(day, 5, 56), To: on(day, 6, 0), Band: Night}, {From: on(day, 6, 0), To: on(day, 10, 2), Band: Normal},
			{From: on(day, 10, 2), To: on(day, 10, 31), Band: Break}, {From: on(day, 10, 31), To: on(day, 14, 30), Band: Normal}},
		[]Mark{mark(on(day, 5, 56)), mark(on(day, 10, 2)), mark(on(day, 10, 31)), mark(on(day, 14, 34))},
		[]Span{{From: on(day, 5, 56), To: on(day, 14, 34)}}, []Span{{From: on(day, 6, 0), To: on(day, 14, 30)}})
}

func ownWeek() MeWeekRows {
	rows := MeWeekRows{Week: Week{on(9, 0, 0)}, State: "open"}
	for i := range 7 {
		row := MeDayRow{Day: Day{Date: on(9+i, 0, 0)}, Future: i > 4}
		switch i {
		case 0, 2:
			p := ownPicture(9 + i)
			row.Day.Minutes, row.Picture = 485, &p
		case 1:
			p := DayPicture(on(10, 0, 0), []Span{{From: on(10, 7, 58), To: on(10, 9, 58), Band: Normal, NoEnd: true}}, []Mark{{At: on(10, 7, 58), Counts: true}}, nil, nil)
			row.Open, row.Picture = true, &p
		case 3:
			row.Absent = 480
		case 4:
			p := DayPicture(on(13, 0, 0), []Span{{From: on(13, 6, 1), To: on(13, 14, 12), Band: Normal, Running: true}}, []Mark{{At: on(13, 6, 1), Counts: true}}, nil, nil)
			row.Running, row.Picture = true, &p
		}
		rows.Minutes += row.Day.Minutes
		rows.Days = append(rows.Days, row)
	}
	return rows
}

func ownBalance() []MeBalance {
	return []MeBalance{{Name: "week", From: on(9, 0, 0), To: on(15, 0, 0), Counted: 1450, Agreed: 2400}, {Name: "period", From: on(1, 0, 0), To: on(30, 0, 0), Counted: 5265, Agreed: 10286}}
}

// saidDay is a day explained, in the sentences of the language.
func saidDay(lang string) (wording.Day, error) {
	minute := func(h, m int) int64 { return on(11, h, m).Unix() / 60 }
	at := func(h, m, s int) int64 { return on(11, h, m).Add(time.Duration(s) * time.Second).UnixMilli() }
	tap := func(ms int64, role computed.Role) computed.Punch {
		return computed.Punch{Tap: computed.TapID(role), At: ms, Uncertainty: 96, Known: computed.KnownDisciplined, Role: role, Site: 1, ReaderName: "Poort 2", SiteName: "Venlo"}
	}
	double := tap(at(5, 56, 44), computed.RoleDouble)
	double.Window = 90
	return wording.Of(computed.Explanation{
		Day: computed.Day{Date: calendar.On(2026, 11, 11), Minutes: 485, Rules: 3,
			Punches: []computed.Punch{tap(at(5, 56, 40), computed.RoleIn), double, tap(at(10, 2, 3), computed.RoleBreakStart), tap(at(10, 31, 59), computed.RoleBreakEnd),
				{Decision: 1, At: at(14, 34, 0), Known: computed.KnownDecided, Role: computed.RoleOut, Site: 1, SiteName: "Venlo"}},
			Shifts: []computed.Shift{{Taps: []computed.TapID{"in"}, Worked: []computed.Worked{{Code: "140", Site: 1}, {Code: "100", Site: 1}}}},
			Lines:  []computed.DayLine{{Site: 1, Code: "140", Minutes: 4}, {Site: 1, Code: "100", Minutes: 481}}},
		Steps: []computed.Step{
			{Kind: computed.StepAttended, From: minute(5, 56), To: minute(14, 34), Minutes: 518},
			{Kind: computed.StepTapped, From: minute(10, 2), To: minute(10, 31), Minutes: -29},
			{Kind: computed.StepRounding, RoundTo: 5, Minutes: -4},
			{Kind: computed.StepTravel, Per: "day", Code: "REIS", Minutes: 30},
		},
		Decisions: []computed.Decision{{ID: 1, Kind: computed.AddPunch, Mode: computed.Out, At: on(11, 14, 34), ByName: "Ilse Verhoeven", Made: on(12, 9, 41), Reason: "sleutel vergeten"}},
	}, lang, amsterdam())
}

func sampleOwnDay(lang string) *MeDay {
	said, err := saidDay(lang)
	if err != nil {
		panic(err)
	}
	v := &MeDay{Frame: ownFrame(lang, "/me/days/2026-11-11"), Day: on(11, 0, 0), Minutes: 485, Picture: ownPicture(11),
		Why:   MeWhy{Notes: said.Notes},
		Asked: []MeRequest{{Day: on(11, 0, 0), What: "out", At: on(11, 14, 34), State: "granted", Answer: "Ilse Verhoeven: “aangevuld”"}}}
	for _, t := range said.Taps {
		v.Why.Taps = append(v.Why.Taps, TapLine{At: t.At, What: t.What, Where: t.Where, Known: t.Known, Counts: t.Counts})
	}
	for _, s := range said.Steps {
		v.Why.Steps = append(v.Why.Steps, CountLine{Text: s.Text, Minutes: s.Minutes, Beside: s.Beside})
	}
	for _, l := range said.Lines {
		v.Why.Lines = append(v.Why.Lines, CountLine{Text: l.Text, Minutes: l.Minutes})
	}
	for _, d := range said.Decisions {
		v.Why.Decisions = append(v.Why.Decisions, MeDecision{d.Text, d.By, d.Undone})
	}
	return v
}

// sampleOwnViews are the pages of an employee, in every language of
// OwnLanguages.
func sampleOwnViews(lang string) map[string]View {
	asked := sampleOwnDay(lang)
	asked.Form = Form{Values: map[string]string{"what": "other"}, Problems: map[string]Message{"what": Say("problem.me-what"), "at": Say("problem.me-at"), "text": Say("problem.me-text")}}
	asked.Why.Questions = []string{"?"}
	home := &Me{Frame: ownFrame(lang, "/me"), State: "in", Since: on(13, 6, 1), Where: "Venlo", Minutes: 461, Pause: true, Day: *ownWeek().Days[4].Picture,
		Open: []MeOpen{{Day: on(10, 0, 0), Text: "…"}}, Week: ownWeek(), Balance: ownBalance(),
		Planned: []MeShift{{From: on(16, 6, 0), To: on(16, 14, 30), Kind: "work", Where: "Venlo"}, {From: on(17, 22, 0), To: on(18, 6, 30), Kind: "call"}},
		Asked:   []MeRequest{{Day: on(10, 0, 0), What: "out", At: on(10, 16, 30), Text: "…", State: "open"}, {Day: on(4, 0, 0), What: "break", State: "refused", Answer: "Ilse Verhoeven: “…”"}}}
	out := &Me{Frame: ownFrame(lang, "/me"), State: "out", Week: MeWeekRows{Week: Week{on(9, 0, 0)}, State: "open"}, Balance: []MeBalance{{Name: "week", From: on(9, 0, 0), To: on(15, 0, 0)}}}
	out.Notice = &Notice{Text: Say("notice.me-asked")}
	week := &MeWeek{Frame: ownFrame(lang, "/me/weeks/2026-W46"), Rows: ownWeek(), Statement: "ask", Seen: "x", Balance: ownBalance()}
	stated := &MeWeek{Frame: ownFrame(lang, "/me/weeks/2026-W46"), Rows: ownWeek(), Statement: "done", Latest: true}
	stated.Rows.State = "approved"
	door := Frame{Language: lang, Now: on(13, 14, 12), Path: "/sign-in"}
	return map[string]View{
		"me": home, "me-out": out, "me-week": week, "me-week-stated": stated, "me-day": sampleOwnDay(lang), "me-day-asked": asked,
		"me-day-future": &MeDay{Frame: ownFrame(lang, "/me/days/2026-11-20"), Day: on(20, 0, 0), Future: true},
		"me-403":        &Failure{Frame: ownFrame(lang, "/me"), Status: 403, Reference: "7f3a"},
		"sign-in":       &SignIn{Frame: door, Form: Form{Values: map[string]string{}, Problems: map[string]Message{"password": Say("problem.sign-in"), "email": Say("problem.left")}}},
	}
}
