package hours

// A toggle reader does not say whether a tap is an in or an out. Taps are read
// in the way that needs the fewest missing ones; where two ways are equally
// good nobody can tell, so nothing of it counts and a person decides. A long
// gap cuts taps into chains that cannot touch each other: a forgotten tap
// never flips what comes after it.
//
// A break, or an out at a reader that says so, within the longest shift of an in
// belongs to that in: that both the out before it and its own in were forgotten
// is not weighed.

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

// moves appends the ways to read event k when at a place to dst, the plainest
// first.
func moves(dst []move, events []event, k int, at place, l limits) []move {
	e := events[k]
	inTime := at.in && e.at-events[at.first].at <= l.longest
	switch e.mode {
	case In:
		return append(dst, moveIn(k, at))
	case Out:
		return append(dst, moveOut(events, k, at, inTime, l))
	case Break:
		return append(dst, moveBreak(k, at, inTime))
	}
	if inTime {
		return append(dst, moveOut(events, k, at, true, l), moveIn(k, at))
	}
	return append(dst, moveIn(k, at), moveOut(events, k, at, false, l))
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
// last is the latest instant known to have passed without another event. It
// takes time and room in proportion to the events.
func pair(events []event, l limits, last int64) ([]Role, []stretch) {
	levels := costs(events, l, last)
	roles := make([]Role, len(events))
	certain := make([]bool, len(events))
	path := make([]move, len(events))
	best := levels[0].rest[0]
	var room [2]move
	at := 0
	for k := range events {
		here, next := &levels[k], &levels[k+1]
		var sense move
		certain[k] = true
		for i := range here.n {
			for _, m := range moves(room[:0], events, k, here.at[i], l) {
				if here.cost[i]+m.cost+next.rest[next.of(m.to)] != best {
					continue
				}
				if sense.role != "" && sense != m.sense() {
					certain[k] = false
				}
				sense = m.sense()
				if i == at && path[k].role == "" {
					path[k], roles[k] = m, m.role
				}
			}
		}
		at = next.of(path[k].to)
	}
	return roles, join(stretches(events, path, l, last), certain, roles)
}

// level is where somebody may be before an event. There are never more than
// two places: after an in, an out or a toggle somebody is out, or in since that
// event; and a break leads from a place to one other.
type level struct {
	n          int
	at         [2]place
	cost, rest [2]int // the least to get there, and from there to the end
}

// of gives which of the level's places p is; -1: none.
func (v *level) of(p place) int {
	for i := range v.n {
		if v.at[i] == p {
			return i
		}
	}
	return -1
}

// reach notes that a place can be reached at a cost.
func (v *level) reach(p place, cost int) {
	if i := v.of(p); i >= 0 {
		v.cost[i] = min(v.cost[i], cost)
		return
	}
	v.at[v.n], v.cost[v.n] = p, cost
	v.n++
}

// costs gives the places before each event and after the last, with their
// costs.
func costs(events []event, l limits, last int64) []level {
	levels := make([]level, len(events)+1)
	levels[0].n = 1
	var room [2]move
	for k := range events {
		for i := range levels[k].n {
			for _, m := range moves(room[:0], events, k, levels[k].at[i], l) {
				levels[k+1].reach(m.to, levels[k].cost[i]+m.cost)
			}
		}
	}
	end := &levels[len(events)]
	for i := range end.n {
		if end.at[i].in && !stillRunning(events, end.at[i].first, l, last) {
			end.rest[i] = costMissing
		}
	}
	for k := len(events) - 1; k >= 0; k-- {
		next := &levels[k+1]
		for i := range levels[k].n {
			least := -1
			for _, m := range moves(room[:0], events, k, levels[k].at[i], l) {
				if c := m.cost + next.rest[next.of(m.to)]; least < 0 || c < least {
					least = c
				}
			}
			levels[k].rest[i] = least
		}
	}
	return levels
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
