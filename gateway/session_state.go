package gateway

import (
	"fmt"
	"time"
)

// How often a changed state is told: a few at once, so that whoever mends
// something sees it mended, and in the long run so rarely that a loose plug
// doesn't fill the line.
const (
	stateRest  = 5 * time.Second  // between two
	stateBurst = 20               // at once
	stateEach  = 15 * time.Minute // one more
)

// restAfter gives the wait for the next change, where the changes that were
// told cost stateEach apiece and time has paid for all but owing.
func restAfter(owing time.Duration) time.Duration {
	return max(stateRest, owing-(stateBurst-1)*stateEach)
}

// tellState publishes the state when it changed, and now and then.
func (s *session) tellState(now time.Time) {
	age := now.Sub(s.shownAt)
	switch {
	case len(s.owed) > 0: // the last one is on its way
	case age >= min(restAfter(s.owing), s.pace.stateEvery) && (s.digest() != s.shown || s.drained()):
		s.publishState(stateEach)
	case age >= s.limits.stateEvery:
		s.publishState(0)
	}
}

// drained says that what the server was told to wait for has arrived. That taps
// wait again is no change: live ones do, for seconds.
func (s *session) drained() bool { return s.waiting && s.agent.journal.Unsent() == 0 }

// digest is what counts as a change of state.
func (s *session) digest() string {
	state := s.agent.state()
	text := fmt.Sprint(state.Damaged, state.Clock, state.Settings, state.KeyVersion)
	for _, r := range state.Readers {
		text += fmt.Sprint("|", r.Name, r.Health, r.Origin, r.Firmware, r.BatteryPercent)
	}
	return text
}

// publishState sends the state, which the broker must acknowledge in time.
// A change costs some of the time until the next may be told.
func (s *session) publishState(cost time.Duration) {
	now := time.Now()
	s.owing = max(0, s.owing-now.Sub(s.shownAt)) + cost
	s.shown, s.shownAt = s.digest(), now
	state := s.agent.state()
	s.waiting = state.Unsent > 0
	token := s.client.Publish(s.topic("state"), 1, true, state.Encode())
	s.owed = append(s.owed, owed{token, now.Add(connectWait)})
}

// sayGoodbye replaces the state that a last will would have left.
func (s *session) sayGoodbye() error {
	state := s.agent.state()
	state.Online = false
	token := s.client.Publish(s.topic("state"), 1, true, state.Encode())
	token.WaitTimeout(time.Second)
	return nil
}
