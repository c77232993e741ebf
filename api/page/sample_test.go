package page

import (
	"time"
)

// The sample views: invented people, believable figures. They are rendered by
// the tests and drawn by TestPreview.

func amsterdam() *time.Location {
	zone, err := time.LoadLocation("Europe/Amsterdam")
	if err != nil {
		panic(err)
	}
	return zone
}

func on(day, hour, minute int) time.Time {
	return time.Date(2026, time.November, day, hour, minute, 0, 0, amsterdam())
}

func sampleFrame(lang, path string) Frame {
	return Frame{
		Language: lang, Now: on(13, 14, 12), Path: path, Tenant: "Van Dam Logistiek",
		Account: &Signed{Name: "Ilse Verhoeven", Email: "ilse.verhoeven@example.nl", Administer: true, Approvals: true, Decide: true, Rules: true, Pay: true, Audit: true},
		ToDo:    ToDo{Timesheets: 4, Exceptions: 12, Devices: 1, People: 2, Privacy: 3, Incidents: 2, Alarms: 1},
	}
}

// worked is a shift from one minute to another of day, cut in bands as the
// sample's rules say, with half an hour of break in the middle.
func worked(from, to time.Time) []Span {
	var spans []Span
	pause := from.Add(to.Sub(from) / 2).Truncate(time.Minute)
	for t := from; t.Before(to); {
		band, next := sampleBand(t)
		end := earliest(next, to)
		switch {
		case t.Before(pause):
			end = earliest(end, pause)
		case t.Equal(pause):
			band, end = Break, earliest(to, t.Add(30*time.Minute))
		}
		spans = append(spans, Span{From: t, To: end, Band: band})
		t = end
	}
	return spans
}

func sampleBand(t time.Time) (Band, time.Time) {
	at := func(h int) time.Time { return time.Date(t.Year(), t.Month(), t.Day(), h, 0, 0, 0, t.Location()) }
	switch h := t.Hour(); {
	case t.Weekday() == time.Sunday:
		return Sunday, at(24)
	case h < 6:
		return Night, at(6)
	case h < 18:
		return Normal, at(18)
	case h < 22:
		return Evening, at(22)
	}
	return Night, at(24)
}

func earliest(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

type sampleWeek struct {
	number, name string
	from         int // hour the shifts begin
	days         int
	skip         int // weekday without a shift, 0: none
	missing      int // weekday without out-tap, 0: none
	contract     int
	state        string
}

func (s sampleWeek) sheet(id int64) Sheet {
	sheet := Sheet{Employee: id, Number: s.number, Name: s.name, Contract: s.contract, State: s.state}
	var carried []Span
	for i := range 7 {
		date := on(9+i, 0, 0)
		day := Day{Date: date, Strip: DayStrip(date, carried...), Absent: i >= s.days || i+1 == s.skip}
		carried = nil
		if !day.Absent {
			wobble := int(id*7+int64(i)*5) % 13
			from := on(9+i, s.from, wobble-3)
			to := from.Add(8*time.Hour + 30*time.Minute + time.Duration(wobble-6)*time.Minute)
			spans := worked(from, to)
			if i+1 == s.missing {
				spans = []Span{{From: from, To: to, Band: Normal, NoEnd: true}}
				day.Exception, day.Unknown = MissingOut, true
				sheet.Exceptions = append(sheet.Exceptions, SheetException{Day: date, Kind: MissingOut})
			} else {
				day.Minutes = int(to.Sub(from)/time.Minute) - 30
			}
			day.Strip.Spans = append(day.Strip.Spans, spans...)
			carried = spans
		}
		sheet.Minutes += day.Minutes
		sheet.Days = append(sheet.Days, day)
	}
	return sheet
}

var sampleWeeks = []sampleWeek{
	{"10458", "Bakker, Joris", 13, 6, 0, 2, 2400, StateException},
	{"10606", "Dijkstra, Wout", 8, 5, 0, 4, 2400, StateException},
	{"10717", "Nowak, Piotr", 7, 5, 0, 3, 2400, StateException},
	{"10421", "Aydın, Selin", 8, 5, 0, 0, 2400, StateComplete},
	{"10495", "van den Berg, Fleur", 13, 6, 0, 0, 2400, StateComplete},
	{"10532", "Çelik, Emre", 8, 4, 3, 0, 2400, StateComplete},
	{"10569", "de Boer, Sanne", 22, 5, 0, 0, 2400, StateComplete},
	{"10643", "Kowalska, Zofia", 8, 5, 0, 0, 2400, StateComplete},
	{"10680", "Jansen, Mila", 8, 4, 3, 0, 1440, StateComplete},
	{"10754", "Popescu, Andrei", 10, 7, 2, 0, 2400, StateComplete},
	{"10761", "Willemsen-van der Heijden, Annemarie", 7, 5, 0, 0, 1920, StateComplete},
	{"10791", "Smit, Lars", 22, 5, 0, 0, 2400, StateApproved},
	{"10828", "Visser, Noor", 9, 5, 0, 0, 2400, StateApproved},
	{"10865", "de Wit, Bram", 8, 5, 0, 0, 2400, StateSent},
}

func sampleTimesheets(lang string) *Timesheets {
	v := &Timesheets{
		Frame:      sampleFrame(lang, "/timesheets?week=2026-W46"),
		Week:       Week{on(9, 0, 0)},
		Counts:     SheetCounts{All: 25, Exceptions: 3, Complete: 18, Approved: 3},
		Sites:      []Option{{Value: "", Label: "Haarlem", Chosen: true}, {Value: "2", Label: "Amsterdam"}},
		Holes:      []HoleLine{{Kind: "hole", Device: "Lezer 7", Site: "Magazijn Noord", From: 412, To: 415}},
		MayApprove: true,
	}
	for i, w := range sampleWeeks {
		v.Rows = append(v.Rows, w.sheet(int64(i+1)))
	}
	v.Rows[3].Chosen, v.Rows[4].Chosen, v.Rows[7].Chosen = true, true, true
	v.Rows[6].Incomplete = true
	v.Rows[11].Changed = true
	return v
}

func samplePanel(lang string) *Timesheets {
	v := sampleTimesheets(lang)
	v.Path = "/timesheets?week=2026-W46&employee=1&day=2026-11-10"
	row := v.Rows[0]
	day := row.Days[1]
	day.Strip.Spans = []Span{{From: on(10, 7, 58), To: on(10, 16, 30), Band: Normal, NoEnd: true}}
	proposed := Say("panel.proposal", Clock(on(10, 16, 30)))
	v.Panel = &DayPanel{
		Correction: &Correction{Lines: []CorrectionLine{{Code: "100", Approved: 482, Now: 512, Pending: 30, Sent: 482, ToSend: 30}}, Run: 3},
		ByHand:     ByHand{Absences: []Option{{Label: "afwezig"}}, Codes: []Option{{Value: "100", Label: "100"}}},
		Employee:   1, Number: row.Number, Name: row.Name, Site: "Magazijn Noord", Day: day, Week: row.Days, State: row.State,
		Exceptions: []ExceptionCard{{
			Kind: MissingOut, Day: "2026-11-10", At: on(10, 7, 58), What: Say("what.missing_out", Clock(on(10, 7, 58))), Proposed: &proposed,
			Why:    []Message{Say("why.usual", 4, "dinsdag", "16:27", "16:34")},
			Accept: []Hidden{{"kind", "add_punch"}, {"mode", "out"}, {"at", "16:30"}},
			Other:  []Hidden{{"kind", "add_punch"}, {"mode", "out"}},
		}},
		Picture: DayPicture(on(10, 0, 0), day.Strip.Spans, []Mark{{At: on(10, 7, 58), Give: 96 * time.Millisecond, Counts: true}, {At: on(10, 7, 58), Give: 96 * time.Millisecond}},
			nil, []Span{{From: on(10, 8, 0), To: on(10, 16, 30)}}),
		Taps: []TapLine{
			{At: "07:58:12", What: "In", Where: "Lezer 7, Magazijn Noord", Known: "± 0,1 s, uitgerekend tussen twee bekende tijden", Counts: true},
			{At: "07:58:16", What: "Dubbel: telt niet, want binnen 90 s na een andere tik", Where: "Lezer 7, Magazijn Noord", Known: "± 0,1 s, uitgerekend tussen twee bekende tijden"},
			{Missing: "out"},
		},
		Lines: []CountLine{
			{Text: "In 07:58, uit 16:30", Minutes: 512},
			{Text: "Automatische pauze 11:59–12:29, want meer dan 5:30 gewerkt", Minutes: -30},
			{Text: "Niet afgerond"},
			{Text: "Code 100", Band: "normal", Code: "100", Minutes: 482},
			{Text: "Reistijd voor de dag, code REIS", Minutes: 30, Beside: true},
		},
		Minutes: 482, Rules: "3", MayDecide: true,
		Decisions: []DecisionLine{{At: on(12, 9, 41), By: "Ilse Verhoeven", Text: Say("decided.add", Say("mode.in"), Clock(on(9, 13, 2))), Reason: "sleutel vergeten", Undo: 12}},
	}
	return v
}

func sampleToday(lang string) *Today {
	v := &Today{Frame: sampleFrame(lang, "/today"), In: 17, OnBreak: 2, Day: DayStrip(on(13, 0, 0))}
	names := []string{"Aydın, Selin", "van den Berg, Fleur", "Çelik, Emre", "Dijkstra, Wout", "Jansen, Mila", "Kowalska, Zofia", "Nowak, Piotr", "Popescu, Andrei", "Visser, Noor", "Willemsen-van der Heijden, Annemarie", "de Wit, Bram"}
	for s, site := range []string{"Haarlem, Magazijn Noord", "Amsterdam"} {
		group := PresentSite{Name: site}
		for i, name := range names[s*4 : len(names)-3+s*3] {
			since := on(13, 7, 51+i*3)
			group.People = append(group.People, Present{Employee: int64(i + 1), Name: name, Since: since, Minutes: int(v.Now.Sub(since)/time.Minute) - 30, Break: i == 2, Long: s == 1 && i == 5,
				Day: Day{Date: on(13, 0, 0), Strip: DayStrip(on(13, 0, 0), Span{From: since, To: v.Now, Running: true})}})
		}
		v.Sites = append(v.Sites, group)
	}
	v.LastTaps = []LastTap{
		{At: on(13, 14, 11).Add(48 * time.Second), Name: "Kowalska, Zofia", Reader: "Poort", Site: "Haarlem", Meaning: "in", New: true},
		{At: on(13, 14, 9).Add(5 * time.Second), Reader: "Voordeur", Site: "Haarlem", Meaning: "unknown"},
		{At: on(13, 14, 7).Add(31 * time.Second), Name: "Çelik, Emre", Reader: "Kantine", Site: "Haarlem", Meaning: "break"},
		{At: on(13, 14, 2).Add(2 * time.Second), Name: "Smit, Lars", Reader: "Lezer 7", Site: "Amsterdam", Meaning: "out"},
		{At: on(13, 14, 1).Add(58 * time.Second), Name: "Smit, Lars", Reader: "Lezer 7", Site: "Amsterdam", Meaning: "double"},
		{At: on(13, 13, 58).Add(12 * time.Second), Name: "Bakker, Joris", Reader: "Poort", Site: "Haarlem", Meaning: "in"},
		{At: on(13, 13, 55).Add(40 * time.Second), Name: "Visser, Noor", Reader: "Poort", Site: "Haarlem", Meaning: "out"},
	}
	v.Exceptions = []TodayException{{Employee: 1, Name: "Bakker, Joris", Day: on(10, 0, 0), Kind: MissingOut}, {Employee: 2, Name: "Dijkstra, Wout", Day: on(12, 0, 0), Kind: TooLong}}
	for i := range 6 {
		v.Exceptions = append(v.Exceptions, TodayException{Employee: int64(3 + i), Name: sampleWeeks[3+i].name, Day: on(9+i%4, 0, 0), Kind: MissingBreak})
	}
	for i, name := range []string{"Smit, Lars", "Öztürk, Defne"} {
		v.Done = append(v.Done, Left{Employee: int64(20 + i), Name: name, Day: Day{Date: on(13, 0, 0), Minutes: 482, Strip: DayStrip(on(13, 0, 0), worked(on(13, 5+i, 30), on(13, 14, 0))...)}})
	}
	v.Silent = []Message{Say("silent.gateway", "Gateway Amsterdam")}
	return v
}
