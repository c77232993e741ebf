package paper

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"tikklok/ingest/audit"
	"tikklok/ingest/hours"
	"tikklok/ingest/hours/calendar"
)

var (
	amsterdam, _ = time.LoadLocation("Europe/Amsterdam")
	october      = calendar.Period{From: calendar.On(2026, 10, 1), To: calendar.On(2026, 10, 31)}
	printed      = time.Date(2026, 11, 3, 9, 12, 0, 0, time.UTC)
)

func sampleRegister(t testing.TB, language string) *register {
	t.Helper()
	w, err := wordsOf(language)
	if err != nil {
		t.Fatal(err)
	}
	return &register{tenant: "Uitzendbureau De Brug B.V.", words: w, zone: amsterdam, accounts: map[int64]string{7: "Anke Jansen", 8: "Piet de Boer", 9: "Ștefania Țurcanu"},
		sites: map[int64]string{1: "Kas 4, Honselersdijk", 2: "Magazijn Noord"}, hirers: map[int64]string{}}
}

func sampleWho() hours.Who {
	return hours.Who{ID: 3, Number: "10023", Surname: "Wójcik-Śliwińska", FirstName: "Małgorzata", ContractMinutes: 2400}
}

// minuteOf gives the UTC minute of a local time of a day.
func minuteOf(d calendar.Date, clock string) int64 {
	var h, m int
	if _, err := fmt.Sscanf(clock, "%d:%d", &h, &m); err != nil {
		panic(err)
	}
	return time.Date(d.Year, d.Month, d.Day, h, m, 0, 0, amsterdam).Unix() / 60
}

// shift gives a shift of stretches as "07:00 12:00 1" (from, to, site).
func shift(d calendar.Date, parts ...string) hours.Shift {
	s := hours.Shift{State: hours.Complete}
	for _, part := range parts {
		f := strings.Fields(part)
		w := hours.Worked{Span: hours.Span{From: minuteOf(d, f[0]), To: minuteOf(d, f[1])}, Code: "N", Site: int64(f[2][0] - '0')}
		s.Worked = append(s.Worked, w)
		s.Minutes += w.Minutes()
	}
	s.Site, s.Span = s.Worked[0].Site, hours.Span{From: s.Worked[0].From, To: s.Worked[len(s.Worked)-1].To}
	return s
}

// workday gives a day of whole shifts, whose minutes all are of the code N.
func workday(d calendar.Date, shifts ...hours.Shift) hours.Day {
	day := hours.Day{Employee: 3, Date: d, Shifts: shifts}
	for _, s := range shifts {
		for _, w := range s.Worked {
			day.Lines = append(day.Lines, hours.DayLine{Site: w.Site, Code: w.Code, Minutes: w.Minutes()})
			day.Minutes += w.Minutes()
		}
	}
	return day
}

func approved(id, corrects int64, w calendar.Week, at time.Time, days []hours.Day, added ...hours.Difference) hours.Frozen {
	f := hours.Frozen{Approval: id, Corrects: corrects, By: audit.Actor{Kind: audit.Account, ID: 8}, At: at, Stands: true,
		Snapshot: hours.Snapshot{Employee: 3, Week: w, Days: days, Lines: added, Levels: []hours.Signature{
			{Level: "hirer", By: audit.Actor{Kind: audit.Account, ID: 7}, At: at.Add(-time.Hour)},
			{Level: "agency", By: audit.Actor{Kind: audit.Account, ID: 8}, For: 9, At: at}}}}
	f.Hash[0], f.Hash[31] = byte(id), 0xab
	return f
}

// sampleMonth gives October 2026: four approved weeks, one of them corrected,
// with the night on which the clock goes back, and one that is open.
func sampleMonth() (frozen []hours.Frozen, computed []hours.Day) {
	for w := october.From.Week(); !october.To.Before(w.Monday()); w = w.Add(1) {
		var days []hours.Day
		for i := range 5 {
			d := w.Monday().AddDays(i)
			day := workday(d, shift(d, "07:00 12:00 1", "12:30 15:30 1"))
			if i == 2 {
				day = workday(d, shift(d, "06:58 11:00 1", "11:20 14:30 2"), shift(d, "17:00 20:00 2"))
				day.Lines = append(day.Lines, hours.DayLine{Site: 2, Code: "AVOND", Kind: hours.LineSupplement, Minutes: 120})
			}
			days = append(days, day)
		}
		if w == calendar.On(2026, 10, 25).Week() {
			d := calendar.On(2026, 10, 24)
			night := hours.Shift{State: hours.Complete, Site: 2, Span: hours.Span{From: minuteOf(d, "22:00"), To: minuteOf(d, "22:00") + 9*60}, Minutes: 540}
			night.Worked = []hours.Worked{{Span: night.Span, Code: "NACHT", Site: 2}}
			days = append(days, hours.Day{Employee: 3, Date: d, Minutes: 540, Shifts: []hours.Shift{night}, Lines: []hours.DayLine{{Site: 2, Code: "NACHT", Minutes: 540}}})
		}
		computed = append(computed, days...)
		switch at := w.Sunday().AddDays(1).In(amsterdam).Add(14 * time.Hour); w.Week {
		case 44:
			d := w.Monday().AddDays(4)
			open := hours.Shift{State: hours.Incomplete, Site: 1, Span: hours.Span{From: minuteOf(d, "16:02")}}
			computed[len(computed)-1].Shifts = append(computed[len(computed)-1].Shifts, open)
		case 41:
			first := append([]hours.Day(nil), days...)
			frozen = append(frozen, approved(1200, 0, w, at, first))
			days[1].Lines = append([]hours.DayLine(nil), days[1].Lines...)
			days[1].Lines[0].Minutes += 45
			f := approved(1215, 1200, w, at.AddDate(0, 0, 5), days, hours.Difference{Date: days[1].Date, Site: 1, Code: "N", Minutes: 45})
			f.Snapshot.Reason = "Doorgewerkt voor de storing aan de koeling, gemeld door de ploegleider"
			frozen = append(frozen, f)
		default:
			frozen = append(frozen, approved(1190+int64(w.Week), 0, w, at, days))
		}
	}
	return frozen, computed
}

func sampleTimesheet(r *register) Timesheet {
	frozen, computed := sampleMonth()
	t := timesheetOf(sampleWho(), october, frozen, computed, 0, r)
	t.Earlier = []Correction{{calendar.On(2026, 9, 24), "N", hours.LineWorked, -30, "Piet de Boer", printed.AddDate(0, 0, -20), "Dubbel geteld"}}
	return t
}

func sampleSheets(r *register) []Sheet {
	frozen, _ := sampleMonth()
	proofs := map[int64]Proof{}
	for _, f := range frozen {
		proofs[f.Approval] = Proof{Approval: f.Approval, Corrects: f.Corrects != 0, Levels: r.levels(f), Reason: f.Snapshot.Reason, Hash: f.Hash, Entry: f.Approval * 7, Chain: f.Hash, At: f.At}
	}
	return sheetsOf(sampleWho(), Order{Kind: Evidence, Period: october}, frozen, proofs, r)
}
