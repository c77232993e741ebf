package window_test

import (
	"errors"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"tikklok/api/sla/window"
	"tikklok/ingest/hours/calendar"
)

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func TestTheServiceWindowIsCountedAsTheScriptSays(t *testing.T) {
	text, err := os.ReadFile("testdata/service.txt")
	if err != nil {
		t.Fatal(err)
	}
	for i, line := range strings.Split(string(text), "\n") {
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		ask, want, _ := strings.Cut(line, " = ")
		if got := answer(t, strings.Fields(ask)); got != want {
			t.Errorf("line %d: %s = %s, not %s", i+1, ask, got, want)
		}
	}
}

func answer(t *testing.T, w []string) string {
	z := zone(t, "Europe/Amsterdam")
	s := window.Service(z)
	at := func(i int) time.Time {
		v, err := time.ParseInLocation("2006-01-02 15:04", w[i]+" "+w[i+1], z)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	switch w[0] {
	case "add":
		d, err := time.ParseDuration(w[3])
		if err != nil {
			t.Fatal(err)
		}
		return s.Add(at(1), d).In(z).Format("2006-01-02 15:04")
	case "between":
		text := s.Between(at(1), at(3)).String()
		if strings.HasSuffix(text, "m0s") {
			text = strings.TrimSuffix(text, "0s")
		}
		return text
	case "next":
		return s.Next(at(1)).In(z).Format("2006-01-02 15:04")
	case "workdays":
		day, err := calendar.ParseDate(w[1])
		if err != nil {
			t.Fatal(err)
		}
		n, err := strconv.Atoi(w[2])
		if err != nil {
			t.Fatal(err)
		}
		return window.AddWorkingDays(day, n).String()
	}
	t.Fatalf("unknown word %q", w[0])
	return ""
}

func TestADayHasAsManyHoursAsItsClockShows(t *testing.T) {
	all := window.Always(zone(t, "Europe/Amsterdam"))
	for _, c := range []struct {
		day   calendar.Date
		hours int
	}{{calendar.On(2026, 3, 29), 23}, {calendar.On(2026, 10, 25), 25}, {calendar.On(2026, 11, 1), 24}} {
		from, to, _ := all.Hours(c.day)
		if got := to.Sub(from); got != time.Duration(c.hours)*time.Hour {
			t.Errorf("%s has %v, not %d hours", c.day, got, c.hours)
		}
	}
}

func TestAWindowInTheHourThatIsSkippedOpensWhenThereIsTimeAgain(t *testing.T) {
	w := window.Window{From: 2*60 + 30, To: 4 * 60, Days: window.EveryDay, Zone: zone(t, "Europe/Amsterdam")}
	from, to, _ := w.Hours(calendar.On(2026, 3, 29))
	if from.Format("15:04") != "03:00" || to.Sub(from) != time.Hour {
		t.Errorf("it opens at %s for %v", from, to.Sub(from))
	}
}

func TestAWindowInTheHourThatComesTwiceOpensTheFirstTime(t *testing.T) {
	w := window.Window{From: 2*60 + 30, To: 4 * 60, Days: window.EveryDay, Zone: zone(t, "Europe/Amsterdam")}
	from, to, _ := w.Hours(calendar.On(2026, 10, 25))
	if from.Format("15:04 MST") != "02:30 CEST" || to.Sub(from) != 150*time.Minute {
		t.Errorf("it opens at %s for %v", from, to.Sub(from))
	}
}

func TestAWindowThatNeverOpensIsRefusedAndNeverWaitedFor(t *testing.T) {
	z := time.UTC
	for name, w := range map[string]window.Window{
		"nothing": {}, "no zone": {From: 0, To: 60, Days: window.EveryDay}, "no day": {From: 0, To: 60, Zone: z},
		"no time": {From: 60, To: 60, Days: window.EveryDay, Zone: z}, "too late": {From: 60, To: 1441, Days: window.EveryDay, Zone: z},
	} {
		if err := w.Check(); !errors.Is(err, window.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
		if at := w.Add(time.Unix(0, 0), time.Hour); !at.IsZero() {
			t.Errorf("%s: a deadline at %v", name, at)
		}
	}
}

// What is added lies between, in any zone and over any change of its clock.
func TestWhatIsAddedLiesBetween(t *testing.T) {
	zones := []string{"Europe/Amsterdam", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "Africa/Casablanca"}
	rapid.Check(t, func(t *rapid.T) {
		z, err := time.LoadLocation(rapid.SampledFrom(zones).Draw(t, "zone"))
		if err != nil {
			t.Fatal(err)
		}
		from := rapid.IntRange(0, 1438).Draw(t, "from")
		w := window.Window{From: from, To: rapid.IntRange(from+1, 1440).Draw(t, "to"), Days: window.Days(rapid.IntRange(1, 127).Draw(t, "days")), Holidays: rapid.Bool().Draw(t, "holidays"), Zone: z}
		at := time.Unix(rapid.Int64Range(1735689600, 1830297600).Draw(t, "at"), 0)
		d := time.Duration(rapid.Int64Range(0, 3*86400).Draw(t, "seconds")) * time.Second
		if until := w.Add(at, d); w.Between(at, until) != d {
			t.Fatalf("%v after %v is %v, between lie %v", d, at.In(z), until.In(z), w.Between(at, until))
		}
	})
}

func TestTheHourInWhichTheClockIsSetBackIsThereTwice(t *testing.T) {
	zone, err := time.LoadLocation("Europe/Amsterdam")
	if err != nil {
		t.Fatal(err)
	}
	for utc, twice := range map[string]bool{
		"2026-10-24T23:59:59Z": false, "2026-10-25T00:00:00Z": true, "2026-10-25T00:59:59Z": true, "2026-10-25T01:00:00Z": true, "2026-10-25T01:59:59Z": true,
		"2026-10-25T02:00:00Z": false, "2026-03-29T00:59:59Z": false, "2026-03-29T01:00:00Z": false, "2026-06-01T12:00:00Z": false,
	} {
		at, err := time.Parse(time.RFC3339, utc)
		if err != nil {
			t.Fatal(err)
		}
		if window.Twice(at.In(zone)) != twice || window.Twice(at) {
			t.Errorf("%s is there twice: %t in Amsterdam, %t in UTC", utc, window.Twice(at.In(zone)), window.Twice(at))
		}
	}
}

func TestATimeThatIsThereTwiceIsWrittenWithItsOffset(t *testing.T) {
	zone, err := time.LoadLocation("Europe/Amsterdam")
	if err != nil {
		t.Fatal(err)
	}
	for minute, want := range map[int]string{0: "02:30 (+02:00)", 60: "02:30 (+01:00)", 120: "03:30"} {
		if got := window.Write(time.Date(2026, 10, 25, 0, 30+minute, 0, 0, time.UTC).In(zone), "15:04"); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}
