package gateway

import "time"

// The bounds of keep-alive. The embedded broker lets go of nobody sooner than
// one and a half times the longest.
const (
	shortestKeepAlive = 2 * time.Minute
	longestKeepAlive  = 30 * time.Minute
)

// How long until a longer silence is tried again, doubled with each failure.
const (
	trialFirst = 24 * time.Hour
	trialMost  = 32 * trialFirst
)

// silence learns how long a connection may say nothing. Mobile networks forget
// an idle connection without a word, some after five minutes, some after
// hours; each sign of life that isn't needed costs 200 bytes, each connection
// made anew 4,000. So it begins with what is wanted, goes below what failed,
// and now and then tries a little more.
type silence struct {
	Limit time.Duration `json:"limit,omitempty"` // 0: nothing failed yet
	Held  time.Duration `json:"held,omitempty"`  // the longest that was survived
	Trial time.Time     `json:"trial,omitzero"`  // when to try more
	Wait  time.Duration `json:"wait,omitempty"`  // between trials
	Doubt bool          `json:"doubt,omitempty"` // one that held before failed once
}

// keepAlive gives the longest silence to allow, at most what is wanted.
func (s *silence) keepAlive(wanted time.Duration) time.Duration {
	if s.Limit > 0 {
		wanted = min(wanted, s.Limit)
	}
	return min(max(wanted, time.Second), longestKeepAlive)
}

// survived notes that the other side answered after a silence.
func (s *silence) survived(d time.Duration, now time.Time) {
	if d > longestKeepAlive+connectWait { // the machine slept
		return
	}
	s.Held = max(s.Held, d)
	if s.Doubt && d >= s.Limit*3/4 {
		s.Doubt = false
	}
	if s.Limit > 0 && d >= s.Limit*3/4 && !now.Before(s.Trial) {
		s.Limit, s.Trial = s.Limit*5/4, now.Add(s.Wait)
	}
}

// died notes that a connection was found dead after a silence, though the
// network was there: the next one was made at the first attempt. A silence
// that was survived before is given a second chance: networks also drop
// connections for other reasons.
func (s *silence) died(d time.Duration, now time.Time) {
	if d < shortestKeepAlive {
		return // not the silence killed it
	}
	if d <= s.Held && !s.Doubt {
		s.Doubt = true
		return
	}
	limit := d / 2
	if s.Held < d {
		limit = max(limit, s.Held)
	} else {
		s.Held = 0
	}
	s.Wait = min(max(2*s.Wait, trialFirst), trialMost)
	s.Limit, s.Trial, s.Doubt = max(limit, shortestKeepAlive), now.Add(s.Wait), false
}
