package calendar

import "testing"

func FuzzParseDate(f *testing.F) {
	for _, s := range []string{"2026-11-09", "2024-02-29", "0001-01-01", "2026-W46", "2026-W53", "2027-W53", "-001-W01"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if d, err := ParseDate(s); err == nil && d.String() != s {
			t.Errorf("day %q is written %q", s, d)
		}
		if w, err := ParseWeek(s); err == nil && (w.String() != s || w.Monday().Week() != w || w.Sunday().Week() != w) {
			t.Errorf("week %q is %v, %v to %v", s, w, w.Monday(), w.Sunday())
		}
	})
}
