package sla_test

import (
	"testing"

	"tikklok/api/sla"
)

// What is read is written as it was, and nothing else is read.
func FuzzParseMonth(f *testing.F) {
	for _, s := range []string{"2026-10", "2026-13", "2026-1", "", "0000-01", "2026-10 ", "９"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		m, err := sla.ParseMonth(s)
		if err == nil && m.String() != s {
			t.Errorf("%q was read as %s", s, m)
		}
	})
}
