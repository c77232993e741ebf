package continuity

import (
	"testing"
	"time"
)

func TestAClockThatJumpsAheadMakesNothingExpireForADay(t *testing.T) {
	noon := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	year := 365 * 24 * time.Hour
	for _, c := range []struct {
		why     string
		known   time.Time
		says    time.Duration // after noon, by the clock
		running time.Duration
		want    time.Duration // after noon
	}{
		{"nothing happened", noon, time.Hour, time.Hour, time.Hour},
		{"an hour's drift", noon, 2 * time.Hour, time.Hour, 2 * time.Hour},
		{"set a year ahead", noon, year, time.Minute, time.Minute},
		{"a year ahead for a day", noon, year + 25*time.Hour, 25 * time.Hour, year + 25*time.Hour},
		{"set back", noon, -year, time.Minute, -year},
		{"started a year later", noon.Add(-year), time.Minute, time.Minute, time.Minute - year},
		{"started a year later, and ran for a day", noon.Add(-year), 24 * time.Hour, 24 * time.Hour, 24 * time.Hour},
		{"away over a weekend", noon.Add(-71 * time.Hour), time.Minute, time.Minute, time.Minute},
		{"its first start", time.Time{}, time.Minute, time.Minute, time.Minute},
	} {
		k, _ := newClock(c.known, noon)
		if c.running > doubted { // it was asked when it jumped
			k.at(noon.Add(c.says-c.running), 0)
		}
		if got, _ := k.at(noon.Add(c.says), c.running); !got.Equal(noon.Add(c.want)) {
			t.Errorf("%s: it is taken for %s, want %s", c.why, got, noon.Add(c.want))
		}
	}
}

func TestAClockThatIsSetRightIsBelievedAtOnce(t *testing.T) {
	noon := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	k, _ := newClock(noon, noon)
	k.at(noon.AddDate(1, 0, 0), time.Minute)
	if got, _ := k.at(noon.Add(2*time.Minute), 2*time.Minute); got.Sub(noon) > 3*time.Minute || got.Before(noon) {
		t.Errorf("it is taken for %s", got)
	}
}

func TestASetOfAClockThatWasAheadKeepsNoNightFromBeingDue(t *testing.T) {
	now := time.Date(2026, 11, 22, 2, 0, 0, 0, time.UTC)
	p := PlaceState{Since: now.AddDate(0, -1, 0), Sets: []SetRow{
		{ID: "20380101T010000Z", Began: time.Date(2038, 1, 1, 1, 0, 0, 0, time.UTC)},
		{ID: "20261121T010000Z", Began: now.Add(-25 * time.Hour)},
	}}
	if !p.due(now, time.UTC) {
		t.Error("no set is due until 2038")
	}
	if last, ok := p.Last(now); !ok || last.ID != "20261121T010000Z" {
		t.Errorf("the last is %+v", last)
	}
	p.Sets = append([]SetRow{{ID: "20261122T023000Z", Began: now.Add(30 * time.Minute)}}, p.Sets...)
	if p.due(now, time.UTC) {
		t.Error("a clock that was set right by half an hour has this night's set made twice")
	}
}
