package ingest

import "sync"

// states holds what gateways say of themselves until it is stored: of each
// gateway the newest only, the longest waiting first. So a storm of states
// holds up no connection, and who talks without end crowds nobody out.
type states struct {
	news chan struct{} // something waits

	mu     sync.Mutex
	newest map[uint32]stateMessage
	order  []uint32
}

func newStates() *states {
	return &states{news: make(chan struct{}, 1), newest: map[uint32]stateMessage{}}
}

// put never waits. It is bounded by the number of gateways that may connect.
func (s *states) put(m stateMessage) {
	s.mu.Lock()
	if _, waits := s.newest[m.from.id]; !waits {
		s.order = append(s.order, m.from.id)
	}
	s.newest[m.from.id] = m
	s.mu.Unlock()
	s.tell()
}

// take gives at most n states, and sees to it that the rest is told again.
func (s *states) take(n int) []stateMessage {
	s.mu.Lock()
	defer s.mu.Unlock()
	n = min(n, len(s.order))
	all := make([]stateMessage, n)
	for i, id := range s.order[:n] {
		all[i] = s.newest[id]
		delete(s.newest, id)
	}
	if s.order = s.order[n:]; len(s.order) > 0 {
		s.tell()
	}
	return all
}

func (s *states) tell() {
	select {
	case s.news <- struct{}{}:
	default:
	}
}
