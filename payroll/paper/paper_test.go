package paper

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"tikklok/ingest/hours"
	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/press"
)

func TestPartsOfADayAddUpToIt(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := calendar.On(2026, 3, 29) // the clock skips an hour
		day := hours.Day{Date: d}
		at := minuteOf(d, "00:00")
		for range rapid.IntRange(0, 3).Draw(t, "shifts") {
			s := hours.Shift{State: hours.Complete, Span: hours.Span{From: at}}
			for range rapid.IntRange(1, 4).Draw(t, "spans") {
				from := at + int64(rapid.IntRange(0, 40).Draw(t, "gap"))
				at = from + int64(rapid.IntRange(1, 200).Draw(t, "worked"))
				s.Worked = append(s.Worked, hours.Worked{Span: hours.Span{From: from, To: at}, Site: int64(rapid.IntRange(0, 2).Draw(t, "site"))})
			}
			s.Span.To = at
			day.Shifts = append(day.Shifts, s)
		}
		for range rapid.IntRange(0, 5).Draw(t, "lines") {
			day.Lines = append(day.Lines, hours.DayLine{Site: int64(rapid.IntRange(0, 3).Draw(t, "line site")), Code: rapid.SampledFrom([]string{"N", "E"}).Draw(t, "code"),
				Kind: rapid.SampledFrom([]hours.LineKind{hours.LineWorked, hours.LineSupplement}).Draw(t, "kind"), Minutes: rapid.IntRange(-60, 600).Draw(t, "minutes")})
		}
		for site := range int64(4) {
			check(t, dayOf(day, site), site, day)
			if got := dayOn(day, site); sumOf(got) != got.Minutes {
				t.Fatalf("evidence of site %d: parts %d, day %d", site, sumOf(got), got.Minutes)
			}
		}
	})
}

func sumOf(d Day) (sum int) {
	for _, s := range d.Stretches {
		sum += s.Minutes()
	}
	for _, r := range d.Rests {
		sum += r.Minutes
	}
	return sum
}

func check(t *rapid.T, d Day, site int64, from hours.Day) {
	want := 0
	for _, l := range from.Lines {
		if l.Kind == hours.LineWorked && (site == 0 || l.Site == site) {
			want += l.Minutes
		}
	}
	codes := 0
	for _, c := range d.Codes {
		if c.Kind == hours.LineWorked {
			codes += c.Minutes
		}
	}
	if d.Minutes != want || codes != want || sumOf(d) != want {
		t.Fatalf("site %d: worked %d, paper says %d, its codes %d, its parts %d", site, want, d.Minutes, codes, sumOf(d))
	}
}

func TestApprovedDaysArePrintedAsFrozenAndOthersAsComputed(t *testing.T) {
	r := sampleRegister(t, "en")
	got := sampleTimesheet(r)
	if n := got.approved(); n != 4 || len(got.Weeks) != 5 || !got.Weeks[1].Changed || got.Weeks[0].Changed {
		t.Errorf("%d of %d weeks approved: %+v", n, len(got.Weeks), got.Weeks)
	}
	sum := 0
	for _, w := range got.Weeks {
		sum += w.Minutes
	}
	if sum != got.Minutes || got.Codes[0] != (CodeSum{"N", hours.LineWorked, got.Minutes - 540}) {
		t.Errorf("weeks %d, sheet %d, codes %+v", sum, got.Minutes, got.Codes)
	}
	if len(got.Corrections) != 1 || got.Corrections[0].Minutes != 45 {
		t.Errorf("corrections %+v", got.Corrections)
	}
}

func TestAReopenedWeekIsPrintedAsComputed(t *testing.T) {
	frozen, computed := sampleMonth()
	for i := range frozen {
		frozen[i].Stands = false
	}
	if got := timesheetOf(sampleWho(), october, frozen, computed, 0, sampleRegister(t, "en")); got.approved() != 0 || len(got.Corrections) != 0 || len(got.Weeks) != 5 {
		t.Errorf("%+v", got)
	}
	if got := sheetsOf(sampleWho(), Order{Period: october}, frozen, nil, sampleRegister(t, "en")); len(got) != 0 {
		t.Errorf("what is not approved is no evidence: %+v", got)
	}
}

func TestEvidenceIsPerProjectAndNamesEachApproval(t *testing.T) {
	sheets := sampleSheets(sampleRegister(t, "nl"))
	if len(sheets) != 2 || sheets[0].Project.Site != 1 || sheets[1].Project.Site != 2 {
		t.Fatalf("%+v", sheets)
	}
	corrected := sheets[0].Weeks[1]
	if len(corrected.Proofs) != 2 || corrected.Proofs[0].Corrects || !corrected.Proofs[1].Corrects || corrected.Minutes != 4*480+242+45 {
		t.Errorf("%+v", corrected)
	}
	if sheets[1].Minutes() != 3*(190+180)+540 {
		t.Errorf("%d", sheets[1].Minutes())
	}
}

func TestTimesOfANightOnWhichTheClockChangesSayHowFarFromUTC(t *testing.T) {
	for at, want := range map[string]string{"2026-10-24T20:00:00Z": "22:00+02", "2026-10-25T00:30:00Z": "02:30+02", "2026-10-25T01:30:00Z": "02:30+01", "2026-10-23T20:00:00Z": "22:00"} {
		x, err := time.Parse(time.RFC3339, at)
		if err != nil {
			t.Fatal(err)
		}
		if got := clock(x.Unix()/60, amsterdam); got != want {
			t.Errorf("%s is %s, want %s", at, got, want)
		}
	}
}

func TestWhoIsAtWorkLacksNoTap(t *testing.T) {
	r := sampleRegister(t, "en")
	d := calendar.On(2026, 10, 30)
	running := hours.Day{Employee: 3, Date: d, Shifts: []hours.Shift{{State: hours.Running, Site: 1, Span: hours.Span{From: minuteOf(d, "07:00")}}}}
	text := textOf(t, timesheetPDF(t, r, timesheetOf(sampleWho(), october, nil, []hours.Day{running}, 0, r)))
	if !strings.Contains(text, "at work when computed") || strings.Contains(text, "a tap is missing") {
		t.Error(text)
	}
}

func TestTimesAreThoseOfTheEmployeesOwnZone(t *testing.T) {
	r := sampleRegister(t, "en")
	frozen, computed := sampleMonth()
	for _, days := range [][]hours.Day{computed, frozen[len(frozen)-1].Snapshot.Days} {
		for i := range days {
			days[i].Zone = "Europe/London"
		}
	}
	text := textOf(t, timesheetPDF(t, r, timesheetOf(sampleWho(), october, frozen, computed, 0, r)))
	if !strings.Contains(text, "times in Europe/London") || !strings.Contains(text, "05:58") || strings.Contains(text, "06:58") {
		t.Errorf("a sheet of London: %.900s", text)
	}
	proofs := map[int64]Proof{}
	for _, f := range frozen {
		proofs[f.Approval] = Proof{Levels: r.levels(f)}
	}
	var b bytes.Buffer
	if _, err := printTable(&b, Order{Kind: EvidenceCSV, Period: october}, r, each([][]Sheet{sheetsOf(sampleWho(), Order{Period: october}, frozen, proofs, r)})); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(b.String(), "T05:58+00:00") && !strings.Contains(b.String(), "T05:58+01:00") {
		t.Errorf("a table of London: %.600s", b.String())
	}
}

func timesheetPDF(t testing.TB, r *register, sheets ...Timesheet) []byte {
	t.Helper()
	var b bytes.Buffer
	if _, err := printTimesheets(&b, Order{Kind: Timesheets, Period: october, At: printed}, r, len(sheets), each(sheets)); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func each[T any](all []T) func(func(T, error) bool) {
	return func(yield func(T, error) bool) {
		for _, x := range all {
			if !yield(x, nil) {
				return
			}
		}
	}
}

func TestTheSameContentGivesTheSameBytes(t *testing.T) {
	for _, language := range []string{"nl", "en"} {
		r := sampleRegister(t, language)
		if !bytes.Equal(timesheetPDF(t, r, sampleTimesheet(r)), timesheetPDF(t, r, sampleTimesheet(r))) {
			t.Errorf("%s: two prints differ", language)
		}
	}
}

// textOf reads a PDF as another program does.
func textOf(t *testing.T, pdf []byte) string {
	t.Helper()
	if _, err := exec.LookPath("pdftotext"); err != nil {
		t.Skip("pdftotext (poppler-utils) is not installed")
	}
	file := filepath.Join(t.TempDir(), "x.pdf")
	if err := os.WriteFile(file, pdf, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("pdftotext", "-layout", file, "-").CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return string(out)
}

func TestAnotherProgramReadsNamesTotalsAndPages(t *testing.T) {
	r := sampleRegister(t, "nl")
	text := textOf(t, timesheetPDF(t, r, sampleTimesheet(r), sampleTimesheet(r)))
	for _, want := range []string{"Małgorzata Wójcik-Śliwińska", "Ștefania Țurcanu", "194:33", "22:00+02", "06:00+01", "een tik ontbreekt", "Pagina 1 van 2", "Pagina 2 van 2", "Handtekening", "−0:30", "4 van 5", "gemeld door de"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not on the paper", want)
		}
	}
	if strings.Contains(text, "van 4") {
		t.Error("pages are counted over people")
	}
}

func TestNastyNamesArePrintedAsFarAsTheyGo(t *testing.T) {
	r := sampleRegister(t, "en")
	for _, name := range []string{"", strings.Repeat("Lang", 200), "a\x00b\tc\nd", "日本 😀 \U0010FFFF\uFFFF", "=SUM(A1)", "e\u0301", "(\\)", "עברית"} {
		sheet := sampleTimesheet(r)
		sheet.Who.Surname, sheet.Corrections[0].Reason, sheet.Codes[0].Code = name, name, name
		if pdf := timesheetPDF(t, r, sheet); !bytes.HasPrefix(pdf, []byte("%PDF-")) {
			t.Errorf("%q: no PDF", name)
		}
	}
	sheet := sampleTimesheet(r)
	sheet.Who.Surname = "日本"
	if text := textOf(t, timesheetPDF(t, r, sheet)); !strings.Contains(text, "does not have") {
		t.Error("nothing says that letters are missing")
	}
}

func TestManyPeopleAreBoundInVolumes(t *testing.T) {
	r := sampleRegister(t, "en")
	one := sampleTimesheet(r)
	all := make([]Timesheet, 2*volume+1)
	for i := range all {
		all[i] = Timesheet{Who: one.Who, Zone: one.Zone, Weeks: one.Weeks[:1]}
	}
	var b bytes.Buffer
	f, err := printTimesheets(&b, Order{Kind: Timesheets, Period: october, At: printed}, r, len(all), each(all))
	if err != nil || f.MediaType != "application/zip" || f.People != len(all) || f.Name != "timesheets-2026-10-01-2026-10-31.zip" {
		t.Fatalf("%+v %v", f, err)
	}
	if got := namesIn(t, b.Bytes()); len(got) != 3 || got[2] != "timesheets-2026-10-01-2026-10-31.003.pdf" {
		t.Errorf("%v", got)
	}
}

func TestATableIsReadBackAndAddsUp(t *testing.T) {
	r := sampleRegister(t, "nl")
	sheets := sampleSheets(r)
	sheets[0].Who.Surname = `=cmd|"; x`
	var b bytes.Buffer
	f, err := printTable(&b, Order{Kind: EvidenceCSV, Period: october}, r, each([][]Sheet{sheets}))
	if err != nil || f.People != 1 {
		t.Fatal(f, err)
	}
	rows, sum := readTable(t, b.Bytes()), 0
	for _, row := range rows {
		sum += row.minutes
		if row.from != "" && row.worked() != row.minutes {
			t.Errorf("%+v: its times give %d", row, row.worked())
		}
		if strings.HasPrefix(row.surname, "=") {
			t.Errorf("%q is a formula", row.surname)
		}
	}
	if want := sheets[0].Minutes() + sheets[1].Minutes(); sum != want {
		t.Errorf("rows add up to %d, evidence to %d", sum, want)
	}
}

func TestWhatCannotBePrintedIsRefusedByName(t *testing.T) {
	for text, o := range map[string]Order{
		"there is no paper":   {Kind: "x", Period: october},
		"comes before":        {Kind: Evidence, Period: calendar.Period{From: october.To, To: october.From}},
		"at most 366 days":    {Kind: Evidence, Period: calendar.Period{From: october.From, To: october.From.AddDays(366)}},
		"printed in nl or en": {Kind: Timesheets, Period: october, Language: "pl"},
	} {
		if err := o.check(); !errors.Is(err, ErrInvalid) || !strings.Contains(err.Error(), text) {
			t.Errorf("%+v: %v", o, err)
		}
	}
	r := sampleRegister(t, "en")
	if _, err := printEvidence(&bytes.Buffer{}, Order{Kind: Evidence, Period: october}, r, 1, each([][]Sheet{nil})); !errors.Is(err, ErrNothing) {
		t.Error(err)
	}
}

func FuzzHashAsItIsTyped(f *testing.F) {
	f.Add("9f3a22b1 00aa11bb")
	f.Add(strings.Repeat("F", 64))
	f.Add("0123456789abcdefg")
	f.Fuzz(func(t *testing.T, text string) {
		least, most, err := digits(text)
		if err != nil {
			if !errors.Is(err, ErrInvalid) {
				t.Fatal(err)
			}
			return
		}
		if !within(least, least, most) || !within(most, least, most) {
			t.Fatalf("%q gives %x to %x", text, least, most)
		}
		if a, b, err := digits(groups(least)); err != nil || a != least || b != least {
			t.Fatalf("what is printed is not read back: %v", err)
		}
	})
}

func TestBothLanguagesHaveTheSameWords(t *testing.T) {
	nl, en := sampleRegister(t, "nl").words, sampleRegister(t, "en").words
	if differ := press.Differences(nl.Words, en.Words); len(differ) > 0 {
		t.Errorf("nl and en differ in %v", differ)
	}
}

func BenchmarkTimesheets(b *testing.B) {
	r := sampleRegister(b, "nl")
	all := make([]Timesheet, volume)
	for i := range all {
		all[i] = sampleTimesheet(r)
	}
	b.ReportAllocs()
	for b.Loop() {
		timesheetPDF(b, r, all...)
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*volume), "µs/sheet")
}
