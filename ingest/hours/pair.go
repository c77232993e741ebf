package hours

// A toggle reader does not say whether a tap is an in or an out. Taps are read
// in the way that needs the fewest missing ones; where two ways are equally
// good nobody can tell, so nothing of it counts and a person decides. A long
// gap cuts taps into chains that cannot touch each other: a forgotten tap
// never flips what comes after it.

// What a way of reading the taps costs.
const (
	costMissing    = 4 // a tap that should have been there
	costOpenBreak  = 3 // out while on break
	costQuestioned = 2 // a shift longer than the questioned length
)

// event is a tap that takes part, in order of its instant.
type event struct {
	at   int64 // Unix ms
	mode Mode
}

// limits are the lengths in ms that pairing goes by.
type limits struct{ longest, questioned int64 }

// place is where somebody is after a tap.
type place struct {
	in      bool
	onBreak bool
	first   int  // event that opened the shift
	noIn    bool // that event was a break or an out: the in is missing
}

// move is one way to read one event.
type move struct {
	from, to place
	role     Role
	cost     int
	closes   bool // an out that ends the shift of from
}

// reading of an event without regard to how one got there: two optimal moves
// with the same sense agree on what the event is.
func (m move) sense() move {
	if !m.closes && m.role != RoleBreakStart && m.role != RoleBreakEnd {
		m.from = place{}
	}
	m.cost = 0
	return m
}

// moves gives the ways to read event k when at a place, the plainest first.
func moves(events []event, k int, at place, l limits) []move {
	e := events[k]
	inTime := at.in && e.at-events[at.first].at <= l.longest
	switch e.mode {
	case In:
		return []move{moveIn(k, at)}
	case Out:
		return []move{moveOut(events, k, at, inTime, l)}
	case Break:
		return []move{moveBreak(k, at, inTime)}
	}
	if inTime {
		return []move{moveOut(events, k, at, true, l), moveIn(k, at)}
	}
	return []move{moveIn(k, at), moveOut(events, k, at, false, l)}
}

func moveIn(k int, at place) move {
	m := move{from: at, to: place{in: true, first: k}, role: RoleIn}
	if at.in {
		m.cost = costMissing
	}
	return m
}

func moveOut(events []event, k int, at place, inTime bool, l limits) move {
	m := move{from: at, role: RoleOut, closes: inTime}
	switch {
	case !at.in:
		m.cost = costMissing
	case !inTime:
		m.cost = 2 * costMissing
	case at.onBreak:
		m.cost = costOpenBreak
	}
	if inTime && events[k].at-events[at.first].at > l.questioned {
		m.cost += costQuestioned
	}
	return m
}

func moveBreak(k int, at place, inTime bool) move {
	if inTime {
		to := at
		to.onBreak = !at.onBreak
		role := RoleBreakStart
		if at.onBreak {
			role = RoleBreakEnd
		}
		return move{from: at, to: to, role: role}
	}
	m := move{from: at, to: place{in: true, onBreak: true, first: k, noIn: true}, role: RoleBreakStart, cost: costMissing}
	if at.in {
		m.cost = 2 * costMissing
	}
	return m
}

// stretch is consecutive events that belong together: from in to out, or what
// is left of that.
type stretch struct {
	from, to           int // events from…to, both included
	noIn, noOut        bool
	unsure             bool // a tap is missing and it can't be told which
	running            bool
	openBreak, tooLong bool
	elsewhere          int64 // the site where somebody came in instead of going out
}

// pair reads a chain of events: gaps between them are at most l.longest.
// last is the latest instant known to have passed without another event.
func pair(events []event, l limits, last int64) ([]Role, []stretch) {
	forward, backward := costs(events, l, last)
	roles := make([]Role, len(events))
	certain := make([]bool, len(events))
	path := make([]move, len(events))
	best := backward[0][place{}]
	var at place
	for k := range events {
		senses := map[move]bool{}
		for from, cost := range forward[k] {
			for _, m := range moves(events, k, from, l) {
				if cost+m.cost+backward[k+1][m.to] == best {
					senses[m.sense()] = true
				}
			}
		}
		certain[k] = len(senses) == 1
		for _, m := range moves(events, k, at, l) {
			if forward[k][at]+m.cost+backward[k+1][m.to] == best {
				path[k], roles[k] = m, m.role
				break
			}
		}
		at = path[k].to
	}
	return roles, join(stretches(events, path, l, last), certain, roles)
}

// costs gives the least cost to reach each place before each event, and the
// least cost from there to the end.
func costs(events []event, l limits, last int64) (forward, backward []map[place]int) {
	n := len(events)
	forward, backward = make([]map[place]int, n+1), make([]map[place]int, n+1)
	forward[0] = map[place]int{{}: 0}
	for k := range events {
		forward[k+1] = map[place]int{}
		for from, cost := range forward[k] {
			for _, m := range moves(events, k, from, l) {
				if old, ok := forward[k+1][m.to]; !ok || cost+m.cost < old {
					forward[k+1][m.to] = cost + m.cost
				}
			}
		}
	}
	backward[n] = map[place]int{}
	for at := range forward[n] {
		backward[n][at] = 0
		if at.in && !stillRunning(events, at.first, l, last) {
			backward[n][at] = costMissing
		}
	}
	for k := n - 1; k >= 0; k-- {
		backward[k] = map[place]int{}
		for from := range forward[k] {
			least := -1
			for _, m := range moves(events, k, from, l) {
				if c := m.cost + backward[k+1][m.to]; least < 0 || c < least {
					least = c
				}
			}
			backward[k][from] = least
		}
	}
	return forward, backward
}

func stillRunning(events []event, first int, l limits, last int64) bool {
	return last-events[first].at <= l.longest
}

// stretches cuts a path into its shifts.
func stretches(events []event, path []move, l limits, last int64) []stretch {
	var out []stretch
	for k, m := range path {
		joins := m.closes || m.role == RoleBreakEnd || m.role == RoleBreakStart && m.from.in && m.to.first == m.from.first
		if !joins {
			out = append(out, stretch{from: k, to: k, noIn: m.role != RoleIn, noOut: m.role != RoleOut})
			continue
		}
		s := &out[len(out)-1]
		s.to = k
		if m.closes {
			s.noOut, s.openBreak = false, m.from.onBreak
			s.tooLong = events[k].at-events[s.from].at > l.questioned
		}
	}
	if n := len(out); n > 0 {
		s := &out[n-1]
		s.running = s.noOut && stillRunning(events, s.from, l, last)
	}
	return out
}

// join makes one of the stretches that doubt runs through; their events have
// no role.
func join(in []stretch, certain []bool, roles []Role) []stretch {
	var out []stretch
	for _, s := range in {
		if n := len(out); n > 0 && !certain[s.from] && !certain[out[n-1].to] {
			out[n-1].to, out[n-1].unsure, out[n-1].running = s.to, true, false
			continue
		}
		out = append(out, s)
	}
	for i := range out {
		s := &out[i]
		for k := s.from; k <= s.to && s.to > s.from; k++ {
			s.unsure = s.unsure || !certain[k]
		}
		for k := s.from; k <= s.to && s.unsure; k++ {
			roles[k] = RoleUnsure
		}
	}
	return out
}
