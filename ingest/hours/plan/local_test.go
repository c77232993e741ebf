package plan

import (
	"errors"
	"strings"
	"testing"
	"time"

	"tikklok/ingest/hours/calendar"
)

func amsterdam(t testing.TB) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation("Europe/Amsterdam")
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

func TestAPlannedShiftHasItsTrueLength(t *testing.T) {
	zone := amsterdam(t)
	for _, c := range []struct {
		date     calendar.Date
		from, to string
		minutes  int64
	}{
		{calendar.On(2026, 11, 10), "08:00", "16:30", 510},
		{calendar.On(2026, 11, 10), "22:00", "06:00", 480},
		{calendar.On(2026, 11, 10), "16:00", "24:00", 480},
		{calendar.On(2026, 11, 10), "8:00", "8:00", 1440},
		{calendar.On(2026, 10, 24), "22:00", "06:00", 540}, // the clock goes back
		{calendar.On(2027, 3, 27), "22:00", "06:00", 420},  // and forward
		{calendar.On(2026, 10, 25), "02:30+02", "02:30+01", 60},
		{calendar.On(2026, 10, 25), "02:30+02:00", "03:00", 90},
		{calendar.On(2026, 10, 25), "02:30+0100", "03:00", 30},
		{calendar.On(2026, 11, 10), "08:00+01", "16:30", 510},
	} {
		from, to, err := Between(c.date, c.from, c.to, zone)
		if err != nil || to-from != c.minutes {
			t.Errorf("%s %s to %s: %d minutes, %v; want %d", c.date, c.from, c.to, to-from, err, c.minutes)
		}
	}
}

func TestATimeThatTheClockSkipsOrRepeatsIsRefusedWithTheRemedy(t *testing.T) {
	zone := amsterdam(t)
	for _, c := range []struct {
		date     calendar.Date
		from, to string
		want     string
	}{
		{calendar.On(2027, 3, 28), "02:30", "10:00", "2027-03-28 02:30 does not exist in Europe/Amsterdam, as the clock goes forward then; write 01:59 at the latest or 03:00 at the earliest"},
		{calendar.On(2027, 3, 27), "22:00", "02:00", "2027-03-28 02:00 does not exist"},
		{calendar.On(2026, 10, 25), "02:30", "10:00", "2026-10-25 02:30 comes twice in Europe/Amsterdam, as the clock goes back then; write it with its offset: 02:30+02 or 02:30+01"},
		{calendar.On(2026, 10, 24), "22:00", "02:15", "2026-10-25 02:15 comes twice"},
		{calendar.On(2026, 10, 25), "02:30+03", "10:00", "2026-10-25 02:30 is not at offset +03 in Europe/Amsterdam; write 02:30+02 or 02:30+01"},
		{calendar.On(2026, 11, 10), "08:00+02", "10:00", "2026-11-10 08:00 is not at offset +02 in Europe/Amsterdam; write 08:00+01"},
		{calendar.On(2026, 11, 10), "25:00", "26:00", `time "25:00" is not of the form 08:00`},
		{calendar.On(2026, 11, 10), "08:60", "26:00", `time "08:60" is not of the form`},
		{calendar.On(2026, 11, 10), "08:00", "", `time "" is not of the form`},
		{calendar.On(2026, 11, 10), "08:00+99", "9:00", `time "08:00+99" is not of the form`},
	} {
		_, _, err := Between(c.date, c.from, c.to, zone)
		if err == nil || !errors.Is(err, ErrInvalid) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s %s to %s: %v; want %s", c.date, c.from, c.to, err, c.want)
		}
	}
}

func TestALateWithdrawalIsCountedOnTheWallClock(t *testing.T) {
	zone := amsterdam(t)
	at := func(text string) int64 {
		moment, err := time.ParseInLocation("2006-01-02 15:04", text, zone)
		if err != nil {
			t.Fatal(err)
		}
		return moment.UnixMilli()
	}
	for _, c := range []struct {
		start, withdrawn string
		notice           int
		late             bool
	}{
		{"2026-11-10 08:00", "2026-11-06 08:00", 4, false},
		{"2026-11-10 08:00", "2026-11-06 08:01", 4, true},
		{"2026-11-10 08:00", "2026-11-09 08:00", 0, false},
		{"2026-10-27 08:00", "2026-10-23 08:00", 4, false}, // 97 hours
		{"2027-03-30 08:00", "2027-03-26 08:00", 4, false}, // 95 hours
		{"2026-11-10 08:00", "2026-11-10 09:00", 1, true},
	} {
		s := Shift{Kind: Call, From: at(c.start) / 60_000, Withdrawn: at(c.withdrawn)}
		if s.Late(c.notice, zone) != c.late {
			t.Errorf("a call of %s withdrawn %s, notice %d: late is %v", c.start, c.withdrawn, c.notice, !c.late)
		}
	}
	if (Shift{Kind: Call, From: at("2026-11-10 08:00") / 60_000}).Late(4, zone) {
		t.Error("a call that stands counts as withdrawn late")
	}
}

func FuzzClock(f *testing.F) {
	for _, text := range []string{"08:00", "24:00", "02:30+01", "02:30+02:00", "02:30-0100", "0:30", "30", ""} {
		f.Add(text)
	}
	zone := amsterdam(f)
	f.Fuzz(func(t *testing.T, text string) {
		for _, day := range []calendar.Date{calendar.On(2026, 10, 25), calendar.On(2027, 3, 28), calendar.On(2026, 11, 10)} {
			l, err := ParseLocal(day, text)
			if err != nil {
				continue
			}
			at, err := l.Instant(zone)
			if err != nil {
				continue
			}
			again, err := ParseLocal(localAt(at, zone).Date, ClockAt(at, zone))
			if err != nil {
				t.Fatalf("%s is not read again: %v", ClockAt(at, zone), err)
			}
			if back, err := again.Instant(zone); err != nil || back != at {
				t.Errorf("%q is %d and then %d, %v", text, at, back, err)
			}
		}
		if n, ok := ParseMinutes(text); ok && (n < 0 || n >= longest) {
			t.Errorf("%q gives %d minutes", text, n)
		}
	})
}
