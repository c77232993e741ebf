package calendar

import (
	"testing"
	"time"
)

func TestWeeksAreISO(t *testing.T) {
	for day, want := range map[Date]string{
		On(2026, time.November, 9):  "2026-W46",
		On(2026, time.December, 31): "2026-W53",
		On(2027, time.January, 3):   "2026-W53",
		On(2027, time.January, 4):   "2027-W01",
		On(2024, time.December, 30): "2025-W01",
	} {
		if got := day.Week(); got.String() != want {
			t.Errorf("%s is in %s, want %s", day, got, want)
		}
		if w := day.Week(); day.Before(w.Monday()) || w.Sunday().Before(day) {
			t.Errorf("%s lies outside %s", day, w)
		}
		if w, err := ParseWeek(want); err != nil || w != day.Week() {
			t.Errorf("%s: %v, %v", want, w, err)
		}
	}
	for _, bad := range []string{"2026-W54", "2025-W53", "2026-W00", "2026-46", "2026-W7", "", "2026-W46x"} {
		if w, err := ParseWeek(bad); err == nil {
			t.Errorf("%q is taken as %s", bad, w)
		}
	}
	if got := (Week{Year: 2026, Week: 53}).Add(1); got != (Week{Year: 2027, Week: 1}) {
		t.Errorf("after week 53 comes %s", got)
	}
}
