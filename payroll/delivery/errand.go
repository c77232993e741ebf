package delivery

import (
	"slices"
	"sync"
)

// place is a channel of a tenant.
type place struct{ tenant, channel int64 }

// errand is a channel that has something to do.
type errand struct {
	place
	failing bool // something of it failed, and waits to be tried again
}

// errands are handed out in the order in which they came, each channel once at
// a time, and of a tenant at most some at once: however many of its ends hang,
// others go on. Those that fail go apart from the rest.
type errands struct {
	most    int // of a tenant at once, on each side
	mu      sync.Mutex
	changed *sync.Cond
	waiting []errand
	known   map[place]bool // wait or are under way
	busy    map[side]int   // under way
	ended   bool
}

type side struct {
	tenant  int64
	failing bool
}

func newErrands(most int) *errands {
	e := &errands{most: most, known: map[place]bool{}, busy: map[side]int{}}
	e.changed = sync.NewCond(&e.mu)
	return e
}

// add takes in what isn't known yet.
func (e *errands) add(found []errand) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, f := range found {
		if !e.known[f.place] {
			e.known[f.place] = true
			e.waiting = append(e.waiting, f)
		}
	}
	e.changed.Broadcast()
}

// next waits for one, which done ends; false: no more will come.
func (e *errands) next(failing bool) (errand, bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for !e.ended {
		i := slices.IndexFunc(e.waiting, func(w errand) bool {
			return w.failing == failing && e.busy[side{w.tenant, failing}] < e.most
		})
		if i >= 0 {
			w := e.waiting[i]
			e.waiting = slices.Delete(e.waiting, i, i+1)
			e.busy[side{w.tenant, failing}]++
			return w, true
		}
		e.changed.Wait()
	}
	return errand{}, false
}

// done lets the channel be handed out again.
func (e *errands) done(w errand) {
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.known, w.place)
	s := side{w.tenant, w.failing}
	if e.busy[s]--; e.busy[s] == 0 {
		delete(e.busy, s)
	}
	e.changed.Broadcast()
}

// end sends everybody home.
func (e *errands) end() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.ended = true
	e.changed.Broadcast()
}
