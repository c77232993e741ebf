package sim

import (
	"errors"
	"slices"
	"time"

	"tikklok/gateway/wire"
)

// memory is what a reader with memory keeps, oldest epoch first. It is pure:
// time is a parameter.
type memory struct {
	Owner    uint64
	Epochs   []*epoch
	Capacity int

	Charge    uint8 // percent of the battery
	ChargedAt time.Time
}

// epoch is one run of the reader's counter and clock.
type epoch struct {
	Epoch           uint64
	Predecessor     uint64
	PredecessorLast uint64
	Began           time.Time
	Highest         uint64
	Taps            []kept
	Pairs           []wire.Pair
}

// kept is a tap in memory.
type kept struct {
	Seq, Tick   uint64
	Fob         wire.Fob
	Acked, Safe bool
}

var errPast = errors.New("a reader's clock never goes back")

// current is the last epoch.
func (m *memory) current() *epoch { return m.Epochs[len(m.Epochs)-1] }

// begin starts an epoch; those before it that hold nothing are forgotten.
func (m *memory) begin(name uint64, at time.Time) {
	e := &epoch{Epoch: name, Began: at}
	if len(m.Epochs) > 0 {
		e.Predecessor, e.PredecessorLast = m.current().Epoch, m.current().Highest
	}
	m.Epochs = append(m.Epochs, e)
	m.clean()
}

func (m *memory) clean() {
	last := m.current()
	m.Epochs = slices.DeleteFunc(m.Epochs, func(e *epoch) bool { return e != last && len(e.Taps) == 0 })
}

func (m *memory) find(name uint64) *epoch {
	for _, e := range m.Epochs {
		if e.Epoch == name {
			return e
		}
	}
	return nil
}

// stored counts taps held, and among them those not acknowledged.
func (m *memory) stored() (all, unacknowledged int) {
	for _, e := range m.Epochs {
		all += len(e.Taps)
		for _, t := range e.Taps {
			if !t.Acked && !t.Safe {
				unacknowledged++
			}
		}
	}
	return all, unacknowledged
}

// store names a tap. It says false when only taps are left that nobody
// acknowledged: the reader shows red (I2).
func (m *memory) store(tick uint64, f wire.Fob) (seq uint64, ok bool, err error) {
	e := m.current()
	if n := len(e.Taps); n > 0 && e.Taps[n-1].Tick > tick {
		return 0, false, errPast
	}
	if all, _ := m.stored(); all >= m.Capacity && !m.overwrite() {
		return 0, false, nil
	}
	e.Highest++
	e.Taps = append(e.Taps, kept{Seq: e.Highest, Tick: tick, Fob: f})
	return e.Highest, true, nil
}

// overwrite gives up the oldest safe tap, else the oldest acknowledged one.
func (m *memory) overwrite() bool {
	return m.drop(func(t kept) bool { return t.Safe }) || m.drop(func(t kept) bool { return t.Acked })
}

func (m *memory) drop(may func(kept) bool) bool {
	for _, e := range m.Epochs {
		if i := slices.IndexFunc(e.Taps, may); i >= 0 {
			e.Taps = slices.Delete(e.Taps, i, i+1)
			e.forgetPairs()
			m.clean()
			return true
		}
	}
	return false
}

// forgetPairs drops pairs before the last one that precedes a held tap.
func (e *epoch) forgetPairs() {
	for len(e.Pairs) > 1 && (len(e.Taps) == 0 || e.Pairs[1].Tick <= e.Taps[0].Tick) {
		e.Pairs = e.Pairs[1:]
	}
}

// mark sets what the gateway said of a range.
func (m *memory) mark(s wire.LinkSpan, set func(*kept)) {
	e := m.find(s.Epoch)
	if e == nil {
		return
	}
	for i := range e.Taps {
		if t := &e.Taps[i]; t.Seq >= s.From && t.Seq <= s.To {
			set(t)
		}
	}
}

// pair keeps a time pair, in the order of ticks.
func (e *epoch) pair(p wire.Pair) {
	i := len(e.Pairs)
	for i > 0 && e.Pairs[i-1].Tick > p.Tick {
		i--
	}
	e.Pairs = slices.Insert(e.Pairs, i, p)
	e.forgetPairs()
}

func (e *epoch) start() wire.LinkStart {
	s := wire.LinkStart{Epoch: e.Epoch, Predecessor: e.Predecessor, PredecessorLast: e.PredecessorLast, Highest: e.Highest}
	if len(e.Taps) > 0 {
		s.Oldest = e.Taps[0].Seq
	}
	return s
}

// answer gives what SEND asks for, in the order of ticks, with the pairs
// around it.
func (m *memory) answer(s wire.LinkSend) []wire.LinkMessage {
	e := m.find(s.Epoch)
	if e == nil {
		return []wire.LinkMessage{wire.LinkNone(s), wire.LinkEnd(s)}
	}
	var taps []kept
	var held []wire.Range
	for _, t := range e.Taps {
		if t.Seq >= s.From && t.Seq <= s.To {
			taps = append(taps, t)
			held = wire.AddRange(held, wire.Range{From: t.Seq, To: t.Seq})
		}
	}
	var ms []wire.LinkMessage
	for _, r := range wire.Lacking(held, s.Range) {
		ms = append(ms, wire.LinkNone{Epoch: s.Epoch, Range: r})
	}
	pairs := around(e.Pairs, taps)
	for _, t := range taps {
		for len(pairs) > 0 && pairs[0].Tick <= t.Tick {
			ms, pairs = append(ms, wire.LinkPair{Epoch: e.Epoch, Pair: pairs[0]}), pairs[1:]
		}
		ms = append(ms, e.tap(t, false))
	}
	for _, p := range pairs {
		ms = append(ms, wire.LinkPair{Epoch: e.Epoch, Pair: p})
	}
	return append(ms, wire.LinkEnd(s))
}

func (e *epoch) tap(t kept, live bool) wire.LinkTap {
	return wire.LinkTap{Epoch: e.Epoch, Seq: t.Seq, Tick: t.Tick, Live: live, Fob: t.Fob}
}

// around gives the pairs from the last before the first tap to the first after
// the last one.
func around(pairs []wire.Pair, taps []kept) []wire.Pair {
	if len(taps) == 0 {
		return nil
	}
	from, to := 0, len(pairs)
	for i, p := range pairs {
		if p.Tick <= taps[0].Tick {
			from = i
		}
		if p.Tick >= taps[len(taps)-1].Tick {
			to = i + 1
			break
		}
	}
	return pairs[from:to]
}
