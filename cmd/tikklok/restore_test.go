package main

import (
	"testing"
	"time"
)

func TestAMomentIsWrittenWithItsDistanceToUTC(t *testing.T) { // the hour that a clock change repeats
	for text, want := range map[string]string{
		"2026-10-25T02:30:00+02:00":     "2026-10-25T00:30:00Z",
		"2026-10-25T02:30:00+01:00":     "2026-10-25T01:30:00Z",
		"2026-10-25T00:30:00.123456Z":   "2026-10-25T00:30:00.123456Z",
		"2026-10-25T02:30:00":           "",
		"2026-10-25T02:30+01:00":        "",
		"2026-10-25 02:30:00+01:00":     "",
		"2026-02-30T02:30:00+01:00":     "",
		"yesterday":                     "",
		"":                              "",
		"2026-10-25T02:30:00+01:00[NL]": "",
	} {
		var m instant
		err := m.UnmarshalText([]byte(text))
		if (err == nil) != (want != "") || err == nil && m.UTC().Format(time.RFC3339Nano) != want {
			t.Errorf("%q: %s, %v", text, m.UTC().Format(time.RFC3339Nano), err)
		}
	}
}
