package hours

import (
	"fmt"
	"slices"
	"testing"
)

// least finds by trial what pairing promises. A reading cuts events into
// stretches of one shift: an in or nothing, breaks, an out or nothing, all
// within the longest shift of its first event. It is told apart from pair by
// knowing nothing of places and moves. A break or an out within the longest
// shift of what came before is of that shift: to read it as one of another
// shift is not tried.
type least struct {
	events []event
	l      limits
	last   int64
	cost   int
	all    [][]piecing // the readings of that cost
}

// piecing is one stretch of a reading.
type piecing struct {
	from, to int
	in, out  bool
}

func (r *least) read(from, cost int, done []piecing) {
	if from == len(r.events) {
		switch {
		case r.all == nil || cost < r.cost:
			r.cost, r.all = cost, [][]piecing{slices.Clone(done)}
		case cost == r.cost:
			r.all = append(r.all, slices.Clone(done))
		}
		return
	}
	first := r.events[from]
	belongs := false // to the stretch before
	if n := len(done); n > 0 && !done[n-1].out {
		belongs = first.at-r.events[done[n-1].from].at <= r.l.longest
	}
	if belongs && (first.mode == Out || first.mode == Break) {
		return
	}
	if first.mode == Out || first.mode == Toggle && !belongs {
		r.read(from+1, cost+costMissing, append(done, piecing{from, from, false, true}))
	}
	if first.mode == Out {
		return
	}
	p := piecing{from: from, to: from, in: first.mode != Break}
	missing, breaks := 0, 0
	if !p.in {
		missing, breaks = costMissing, 1
	}
	for to := from; ; {
		p.to = to
		end := costMissing
		if to+1 == len(r.events) && r.last-first.at <= r.l.longest {
			end = 0
		}
		r.read(to+1, cost+missing+end, append(done, p))
		if to++; to == len(r.events) || r.events[to].at-first.at > r.l.longest {
			return
		}
		e := r.events[to]
		if e.mode == Out || e.mode == Toggle {
			close := 0
			if breaks%2 == 1 {
				close += costOpenBreak
			}
			if e.at-first.at > r.l.questioned {
				close += costQuestioned
			}
			r.read(to+1, cost+missing+close, append(done, piecing{from, to, p.in, true}))
		}
		if e.mode != Break {
			return
		}
		breaks++
	}
}

// pays says whether every reading has a shift of these events, both ends known.
func (r *least) pays(from, to int) bool {
	for _, reading := range r.all {
		if !slices.Contains(reading, piecing{from, to, true, true}) {
			return false
		}
	}
	return true
}

// Whatever is tapped, up to seven taps: a shift counts exactly when each
// reading with the fewest missing taps has it. Tried with every sequence of
// modes and gaps of some kinds.
func TestAShiftCountsWhenAllTheBestReadingsHaveIt(t *testing.T) {
	l := limits{longest: 840, questioned: 720}
	gaps := map[int][]int64{1: {0}, 2: {0, 30, 500, 730, 840}, 3: {0, 30, 420, 500, 730, 840}, 4: {30, 420, 500, 730}, 5: {200, 500, 730}, 6: {200, 700}, 7: {300}}
	for n := 1; n <= 7; n++ {
		events := make([]event, n)
		var try func(k int)
		try = func(k int) {
			if k == n {
				for _, since := range []int64{100, 2000} {
					holdLeast(t, events, l, events[n-1].at+since)
				}
				return
			}
			for _, mode := range []Mode{Toggle, In, Out, Break} {
				for _, gap := range gaps[n] {
					events[k] = event{gap, mode}
					if k > 0 {
						events[k].at += events[k-1].at
					}
					try(k + 1)
					if k == 0 {
						break
					}
				}
			}
		}
		try(0)
		if t.Failed() {
			return
		}
	}
}

func holdLeast(t *testing.T, events []event, l limits, last int64) {
	t.Helper()
	r := least{events: events, l: l, last: last}
	r.read(0, 0, nil)
	_, stretches := pair(events, l, last)
	next := 0
	for _, s := range stretches {
		if s.from != next {
			t.Fatalf("%v: stretches %+v leave taps out", events, stretches)
		}
		next = s.to + 1
		if s.complete() && !r.pays(s.from, s.to) {
			t.Errorf("%v, last %d: taps %d to %d count, the readings of cost %d are %v", events, last, s.from, s.to, r.cost, fmt.Sprint(r.all))
		}
	}
	if next != len(events) {
		t.Fatalf("%v: stretches %+v leave taps out", events, stretches)
	}
	for _, p := range r.all[0] {
		counts := slices.ContainsFunc(stretches, func(s stretch) bool { return s.from == p.from && s.to == p.to && s.complete() })
		if p.in && p.out && r.pays(p.from, p.to) && !counts {
			t.Errorf("%v, last %d: taps %d to %d do not count, the readings of cost %d are %v: %+v", events, last, p.from, p.to, r.cost, fmt.Sprint(r.all), stretches)
		}
	}
}
