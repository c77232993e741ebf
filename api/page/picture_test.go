package page

import (
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func pictureCases() map[string]Picture {
	day := func(month time.Month, d, h, m int) time.Time {
		return time.Date(2026, month, d, h, m, 0, 0, amsterdam())
	}
	mark := func(t time.Time) Mark { return Mark{At: t, Give: 100 * time.Millisecond, Counts: true} }
	return map[string]Picture{
		"a day with a break, late and rounded": DayPicture(on(10, 0, 0),
			[]Span{{From: on(10, 8, 7), To: on(10, 12, 0), Band: Normal}, {From: on(10, 12, 0), To: on(10, 12, 30), Band: Break}, {From: on(10, 12, 30), To: on(10, 16, 30), Band: Normal}},
			[]Mark{mark(on(10, 8, 7)), {At: on(10, 8, 8)}, mark(on(10, 12, 0)), mark(on(10, 12, 30)), {At: on(10, 16, 37), Give: 4 * time.Minute, Counts: true}},
			[]Span{{From: on(10, 8, 7), To: on(10, 16, 37)}}, []Span{{From: on(10, 8, 0), To: on(10, 16, 30)}}),
		"a night over midnight": DayPicture(on(10, 0, 0),
			[]Span{{From: on(10, 21, 58), To: on(11, 0, 0), Band: Evening}, {From: on(11, 0, 0), To: on(11, 6, 2), Band: Night}},
			[]Mark{mark(on(10, 21, 58)), {At: on(11, 6, 2), Counts: true, Added: true}}, []Span{{From: on(10, 21, 58), To: on(11, 6, 2)}}, nil),
		"the night that has an hour twice": DayPicture(day(time.October, 24, 0, 0),
			[]Span{{From: day(time.October, 24, 23, 0), To: day(time.October, 25, 6, 0), Band: Night}}, []Mark{mark(day(time.October, 24, 23, 0)), mark(day(time.October, 25, 6, 0))}, nil, nil),
		"the night that lacks an hour": DayPicture(day(time.March, 28, 0, 0),
			[]Span{{From: day(time.March, 28, 23, 0), To: day(time.March, 29, 6, 0), Band: Night}}, []Mark{mark(day(time.March, 28, 23, 0)), mark(day(time.March, 29, 6, 0))}, nil, nil),
		"a tap that nobody knows the time of": DayPicture(on(10, 0, 0), nil, []Mark{{At: on(10, 9, 0), Give: 1 << 62}}, nil, nil),
		"nothing":                             DayPicture(on(10, 0, 0), nil, nil, nil, nil),
	}
}

func TestADayIsDrawnLarge(t *testing.T) {
	r := renderer(t)
	for name, p := range pictureCases() {
		t.Run(name, func(t *testing.T) {
			got, err := r.Picture("nl", p)
			if err != nil {
				t.Fatal(err)
			}
			golden(t, filepath.Join("testdata", "picture", strings.NewReplacer(" ", "-", ",", "").Replace(name)+".svg"), string(got)+"\n")
		})
	}
}

func TestAPictureIsAsLongAsWhatThereIsToSee(t *testing.T) {
	cases := pictureCases()
	for name, want := range map[string]string{
		"a day with a break, late and rounded": "10 07:00–10 17:00",
		"a night over midnight":                "10 21:00–11 07:00",
		"the night that has an hour twice":     "24 22:00–25 07:00",
		"a tap that nobody knows the time of":  "10 05:00–10 13:00",
		"nothing":                              "10 00:00–11 00:00",
	} {
		p := cases[name]
		if got := p.Start.Format("2 15:04") + "–" + p.End.Format("2 15:04"); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
}

func TestAnHourThatIsTwiceIsNumberedTwice(t *testing.T) {
	p := pictureCases()["the night that has an hour twice"]
	p.End = p.Start.Add(7 * time.Hour) // so short that every hour has a number
	if got := string(p.svg("x", "", "", false)); strings.Count(got, ">2</text>") != 2 || strings.Count(got, "picture-change") != 1 {
		t.Errorf("2 o'clock twice, and one change: %s", got)
	}
}

func TestAPictureSaysInWordsWhatItShows(t *testing.T) {
	w, err := loadWords("nl")
	if err != nil {
		t.Fatal(err)
	}
	want := "Tikken om 08:07, 12:00, 12:30, 16:37. Gewerkt 08:07–12:00, 12:30–16:30. Pauze 12:00–12:30. Rooster 08:00–16:30."
	if got, err := w.pictured(pictureCases()["a day with a break, late and rounded"]); err != nil || got != want {
		t.Errorf("%q, %v; want %q", got, err, want)
	}
}
