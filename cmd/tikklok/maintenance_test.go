package main

import (
	"strings"
	"testing"
	"time"
)

func TestMomentsOfMaintenanceAreReadAsTheClockOnTheWallShowsThem(t *testing.T) { // OB-S3
	for text, want := range map[string]string{
		"2026-12-05T22:00":       "2026-12-05T21:00:00Z",
		"2026-10-25T02:30":       "comes twice",
		"2026-10-25T02:30+02:00": "2026-10-25T00:30:00Z",
		"2026-10-25T02:30+01:00": "2026-10-25T01:30:00Z",
		"2026-10-25T03:00":       "2026-10-25T02:00:00Z",
		"2027-03-28T02:30":       "is skipped",
		"2027-03-28T03:00":       "2027-03-28T01:00:00Z",
		"2026-12-05":             "is not a moment",
	} {
		m, err := maintenanceAnnounce{From: text, Until: "2027-12-31T00:00", Zone: "Europe/Amsterdam"}.maintenance()
		if err == nil && m.From.UTC().Format(time.RFC3339) != want || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s is read as %s, %v; want %s", text, m.From.UTC(), err, want)
		}
	}
}
