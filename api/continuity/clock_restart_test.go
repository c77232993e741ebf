package continuity

import (
	"testing"
	"time"
)

func TestARestartMakesNoClockBelievedThatJumpedAhead(t *testing.T) {
	m, now := keeping(t), time.Now().Truncate(time.Second)
	a := m.archive(t)
	s := a.Stands(t, now.Add(-time.Hour), 0, m.Listed.Keep)
	m.starts(t, now)
	for _, running := range []time.Duration{0, time.Minute, time.Hour} {
		m.starts(t, now.AddDate(2, 0, 0).Add(running))
	}
	whole, _, err := a.Sets(t.Context())
	if err != nil || len(whole) != 1 || whole[0].ID != s.ID {
		t.Errorf("after starts two years ahead %v stands there (%v)", whole, err)
	}
}

func TestADoubtGoesOnAfterARestart(t *testing.T) {
	m, now := keeping(t), time.Now().Truncate(time.Second)
	a := m.archive(t)
	a.Stands(t, now.Add(-time.Hour), 0, m.Listed.Keep)
	m.starts(t, now)
	later := now.AddDate(0, 1, 0) // it was off for a month, and is now every night
	for range 3 {
		k := m.starts(t, later)
		for range 9 {
			later = later.Add(time.Hour)
			if err := k.look(t.Context(), later, time.UTC); err != nil {
				t.Fatal(err)
			}
		}
		later = later.Add(15 * time.Hour)
	}
	if whole, _, err := a.Sets(t.Context()); err != nil || len(whole) != 0 {
		t.Errorf("after more than a day of running %v has not expired (%v)", whole, err)
	}
}

func TestAPlaceThatAClockAheadNamedFirstIsInUseSinceNow(t *testing.T) {
	m, now := keeping(t), time.Now().Truncate(time.Second)
	m.starts(t, now.AddDate(1, 0, 0))
	m.starts(t, now)
	if got := m.place(t); !got.Since.Equal(now) {
		t.Errorf("%+v", got)
	}
}
