package page

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "write the golden drawings anew")

// stripCases are drawn to testdata/strip; on a change, look at the drawing.
func stripCases() map[string]Day {
	day := func(month time.Month, d, h, m int) time.Time {
		return time.Date(2026, month, d, h, m, 0, 0, amsterdam())
	}
	one := func(midnight time.Time, spans ...Span) Day {
		return Day{Date: midnight, Strip: DayStrip(midnight, spans...)}
	}
	cases := map[string]Day{
		"day shift with a break": one(on(10, 0, 0),
			Span{From: on(10, 8, 0), To: on(10, 12, 0), Band: Normal},
			Span{From: on(10, 12, 0), To: on(10, 12, 30), Band: Break},
			Span{From: on(10, 12, 30), To: on(10, 16, 30), Band: Normal}),
		"late shift in two bands": one(on(10, 0, 0),
			Span{From: on(10, 18, 0), To: on(10, 22, 0), Band: Evening},
			Span{From: on(10, 13, 0), To: on(10, 18, 0), Band: Normal}),
		"night shift on its first day":    one(on(10, 0, 0), Span{From: on(10, 22, 0), To: on(11, 6, 0), Band: Night}),
		"night shift on its second day":   one(on(11, 0, 0), Span{From: on(10, 22, 0), To: on(11, 6, 0), Band: Night}),
		"the shift of another day":        one(on(12, 0, 0), Span{From: on(10, 22, 0), To: on(11, 6, 0), Band: Night}),
		"missing out":                     one(on(10, 0, 0), Span{From: on(10, 8, 0), To: on(10, 16, 30), Band: Normal, NoEnd: true}),
		"missing in":                      one(on(10, 0, 0), Span{From: on(10, 8, 0), To: on(10, 16, 30), Band: Normal, NoStart: true}),
		"missing out late in the day":     one(on(10, 0, 0), Span{From: on(10, 15, 0), To: on(11, 0, 0), Band: Normal, NoEnd: true}),
		"missing in early in the day":     one(on(10, 0, 0), Span{From: on(10, 0, 0), To: on(10, 2, 0), Band: Normal, NoStart: true}),
		"running":                         one(on(13, 0, 0), Span{From: on(13, 8, 0), To: on(13, 14, 12), Band: Normal, Running: true}),
		"nothing":                         one(on(10, 0, 0)),
		"a band nobody knows":             one(on(10, 0, 0), Span{From: on(10, 8, 0), To: on(10, 9, 0), Band: "weekend"}),
		"an end before its start":         one(on(10, 0, 0), Span{From: on(10, 9, 0), To: on(10, 8, 0), Band: Normal}),
		"the day of 23 hours, 08 to 16":   one(day(time.March, 29, 0, 0), Span{From: day(time.March, 29, 8, 0), To: day(time.March, 29, 16, 0), Band: Sunday}),
		"the day of 25 hours, 08 to 16":   one(day(time.October, 25, 0, 0), Span{From: day(time.October, 25, 8, 0), To: day(time.October, 25, 16, 0), Band: Sunday}),
		"the night of 25 hours, 00 to 06": one(day(time.October, 25, 0, 0), Span{From: day(time.October, 25, 0, 0), To: day(time.October, 25, 6, 0), Band: Night}),
	}
	absent := one(on(14, 0, 0))
	absent.Absent = true
	cases["absent"] = absent
	return cases
}

func TestStripsAreDrawnToScale(t *testing.T) {
	w, err := loadWords("nl")
	if err != nil {
		t.Fatal(err)
	}
	for name, d := range stripCases() {
		t.Run(name, func(t *testing.T) {
			golden(t, goldenDrawing(name), string(d.Strip.svg(smallStrip, w.dayLabel(d), d.Absent))+"\n")
		})
	}
}

func TestTheAxisOfALongDayIsNotEven(t *testing.T) {
	for name, midnight := range map[string]time.Time{
		"axis of 24 hours": on(10, 0, 0),
		"axis of 23 hours": time.Date(2026, time.March, 29, 0, 0, 0, 0, amsterdam()),
		"axis of 25 hours": time.Date(2026, time.October, 25, 0, 0, 0, 0, amsterdam()),
	} {
		t.Run(name, func(t *testing.T) {
			golden(t, goldenDrawing(name), string(DayStrip(midnight).axis())+"\n")
		})
	}
}

func TestAStripSaysInWordsWhatItShows(t *testing.T) {
	cases := stripCases()
	for name, want := range map[string]string{
		"day shift with a break":        "dinsdag 10 november: 08:00–16:30",
		"missing out":                   "dinsdag 10 november: 08:00–?",
		"missing in":                    "dinsdag 10 november: ?–16:30",
		"night shift on its second day": "woensdag 11 november: 22:00–06:00",
		"nothing":                       "dinsdag 10 november",
	} {
		w, err := loadWords("nl")
		if err != nil {
			t.Fatal(err)
		}
		if got := w.dayLabel(cases[name]); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

// goldenDrawing is where the golden drawing called name is kept.
func goldenDrawing(name string) string {
	return filepath.Join("testdata", "strip", strings.NewReplacer(" ", "-", ",", "").Replace(name)+".svg")
}

func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		write(t, path, []byte(got))
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s:\n got %s\nwant %s", path, got, want)
	}
}
