package probe

import (
	"testing"
	"time"
)

func TestMinutesAreNamedByTheWallClock(t *testing.T) {
	day := time.Date(2026, 10, 25, 0, 58, 30, 0, time.UTC) // the night that has 25 hours in Amsterdam
	type look struct {
		wall time.Duration // since day
		mono time.Duration
		at   string // "": wait
		step bool
		wait time.Duration
	}
	for name, looks := range map[string][]look{
		"an hour change of the zone is none in UTC": {
			{wall: 0, at: "00:58"},
			{wall: 30 * time.Second, mono: 30 * time.Second, at: "00:59"},
			{wall: 90 * time.Second, mono: 90 * time.Second, at: "01:00"},
		},
		"a minute is measured once": {
			{wall: 0, at: "00:58"},
			{wall: 10 * time.Second, mono: 10 * time.Second, wait: 20 * time.Second},
		},
		"a clock under discipline is no step": {
			{wall: 0, at: "00:58"},
			{wall: 30 * time.Second, mono: 29 * time.Second, at: "00:59"},
			{wall: 90 * time.Second, mono: 88 * time.Second, at: "01:00"},
		},
		"a clock set ahead leaves minutes out": {
			{wall: 0, at: "00:58"},
			{wall: 10 * time.Minute, mono: 30 * time.Second, at: "01:08", step: true},
			{wall: 11 * time.Minute, mono: 90 * time.Second, at: "01:09"},
		},
		"a clock set back measures minutes again": {
			{wall: 0, at: "00:58"},
			{wall: -5 * time.Minute, mono: 30 * time.Second, at: "00:53", step: true},
			{wall: -4 * time.Minute, mono: 90 * time.Second, at: "00:54"},
		},
		"a step within the minute is told with the next": {
			{wall: 0, at: "00:58"},
			{wall: 20 * time.Second, mono: 10 * time.Second, wait: 10 * time.Second},
			{wall: 30 * time.Second, mono: 20 * time.Second, at: "00:59", step: true},
		},
		"a machine that slept leaves minutes out": { // the monotonic clock of Linux sleeps along
			{wall: 0, at: "00:58"},
			{wall: 8 * time.Hour, mono: 40 * time.Second, at: "08:58", step: true},
		},
	} {
		t.Run(name, func(t *testing.T) {
			var n Naming
			for i, l := range looks {
				at, step, wait := n.Next(Now{Wall: day.Add(l.wall), Mono: l.mono})
				got := ""
				if !at.IsZero() {
					got = at.Format("15:04")
				}
				if got != l.at || step != l.step || wait != l.wait {
					t.Errorf("look %d: minute %q, stepped %v, wait %s; want %q, %v, %s", i, got, step, wait, l.at, l.step, l.wait)
				}
			}
		})
	}
}
