package format

import (
	"testing"

	"pgregory.net/rapid"

	"tikklok/ingest/hours/calendar"
)

func TestMinutesRoundToTheNearestHundredth(t *testing.T) {
	for minutes, want := range map[int]int{0: 0, 1: 2, 2: 3, 3: 5, 20: 33, 40: 67, 60: 100, 61: 102, 480: 800, -1: -2, -20: -33, -40: -67, -60: -100} {
		if got := hundredthsOf(minutes); got != want {
			t.Errorf("%d minutes: %d hundredths, not %d", minutes, got, want)
		}
	}
}

func TestThreeTimesTwentyMinutesIsAnHour(t *testing.T) {
	lines := []Line{{ID: 3, Minutes: 20}, {ID: 1, Minutes: 20}, {ID: 2, Minutes: 20}}
	MakeDecimals(lines, nil)
	if lines[1].Hundredths != 34 || lines[0].Hundredths != 33 || lines[2].Hundredths != 33 {
		t.Errorf("the lowest id takes the remainder: %+v", lines)
	}
}

func TestHoursAreWrittenWithTheirSign(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{DecimalText(-5, ","), "-0,05"}, {DecimalText(12345, "."), "123.45"}, {DecimalText(0, ","), "0,00"},
		{ClockText(-61), "-1:01"}, {ClockText(59), "0:59"}, {ClockText(1500), "25:00"},
	} {
		if c.got != c.want {
			t.Errorf("%s, not %s", c.got, c.want)
		}
	}
}

func TestPrintedLinesAddUpToTheRoundedTotal(t *testing.T) { // I8
	rapid.Check(t, func(t *rapid.T) {
		minutes := rapid.SliceOfN(rapid.IntRange(-1500, 1500), 1, 60).Draw(t, "minutes")
		sum := 0
		for _, m := range minutes {
			sum += m
		}
		total, got := hundredthsOf(sum), 0
		for i, part := range apportion(minutes, total) {
			got += part
			if off := 3*part - 5*minutes[i]; off <= -3 || off >= 3 {
				t.Fatalf("%d minutes became %d hundredths", minutes[i], part)
			}
		}
		if got != total {
			t.Fatalf("parts add up to %d, not %d", got, total)
		}
	})
}

func TestWhatWasSentAddsUpRunAfterRun(t *testing.T) { // I8
	rapid.Check(t, func(t *rapid.T) {
		sent, id := map[Total]Amount{}, int64(0)
		period := calendar.Period{From: calendar.Date{Year: 2026, Month: 7, Day: 1}, To: calendar.Date{Year: 2026, Month: 7, Day: 31}}
		for range rapid.IntRange(1, 8).Draw(t, "runs") {
			var run []Line
			for _, m := range rapid.SliceOfN(rapid.IntRange(-600, 600), 0, 10).Draw(t, "minutes") {
				id++
				run = append(run, Line{ID: id, Employee: id % 2, Code: "N", Period: period, Minutes: m})
			}
			MakeDecimals(run, sent)
			for _, l := range run {
				a := sent[l.Total()]
				sent[l.Total()] = Amount{a.Minutes + l.Minutes, a.Hundredths + l.Hundredths}
			}
			for key, a := range sent {
				if a.Hundredths != hundredthsOf(a.Minutes) {
					t.Fatalf("%v: %d minutes were sent as %d hundredths", key, a.Minutes, a.Hundredths)
				}
			}
		}
	})
}
