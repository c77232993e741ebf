package main

import (
	"testing"
	"time"
)

// Minutes of 60 s are those of the clock: a probe that isn't told otherwise
// calls them by their own names, and the drill must look for these.
func TestADrillOfWholeMinutesLooksForThemByTheirOwnNames(t *testing.T) {
	now := time.Date(2026, 11, 22, 8, 25, 44, 5e8, time.UTC)
	o := &outage{drillOutage: drillOutage{Minute: time.Minute}}
	o.begin(now)
	if want := time.Date(2026, 11, 22, 8, 26, 0, 0, time.UTC); !o.began.Equal(want) || !o.named.Equal(want) || o.clock() != nil {
		t.Errorf("begins at %s as %s, with %v", o.began, o.named, o.clock())
	}
	o.Minute = 10 * time.Second
	o.begin(now)
	if want := time.Date(2026, 11, 22, 5, 25, 0, 0, time.UTC); !o.began.Equal(now) || !o.named.Equal(want) || len(o.clock()) != 6 {
		t.Errorf("shortened, it begins at %s as %s, with %v", o.began, o.named, o.clock())
	}
}
