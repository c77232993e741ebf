package ingest

import (
	"testing"
	"time"
)

// clockOf is a server's clock with a bound of one's own.
func clockOf(goodTo time.Duration, bound func() (time.Duration, bool)) *clock {
	c := newClock(goodTo)
	c.bound = bound
	return c
}

// A server whose clock is set tells no time until that has stood for a while:
// one of the two claims was wrong.
func TestAServerWhoseClockWasSetTellsNoTimeForAWhile(t *testing.T) { // I4
	ticks := time.Hour
	began := time.UnixMilli(1_790_000_000_000)
	c := clockOf(time.Second, func() (time.Duration, bool) { return 0, false })
	c.ticks = func() time.Duration { return ticks }
	tells := func(off time.Duration) bool {
		instant, _ := c.read(began.Add(ticks + off))
		return instant != 0
	}
	for _, step := range []struct {
		name   string
		passes time.Duration
		off    time.Duration
		want   bool
	}{
		{"at the start", 0, 0, true},
		{"slewed within its bound", time.Minute, 900 * time.Millisecond, true},
		{"set to 2042", time.Minute, 15 * 365 * 24 * time.Hour, false},
		{"still there", time.Minute, 15 * 365 * 24 * time.Hour, false},
		{"set back", time.Minute, 0, false},
		{"some minutes later", 9 * time.Minute, 0, false},
		{"ten minutes later", 2 * time.Minute, 0, true},
	} {
		ticks += step.passes
		if tells(step.off) != step.want {
			t.Errorf("%s: tells time %t", step.name, !step.want)
		}
	}
}
