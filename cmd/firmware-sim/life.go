package main

import (
	"time"

	"tikklok/firmware-sim"
	"tikklok/gateway/wire"
)

// contactEvery is how often a gateway came by the readers in the past: two
// contacts a day, each leaving a time pair in the reader.
const contactEvery = 12 * time.Hour

// past is what one reader lived through: contacts between taps, in the order
// of time.
type past struct {
	reader *sim.Reader
	next   time.Time // contact
}

// until lets the contacts happen that come before an instant. The gateway's
// clock was right to 15 ms.
func (p *past) until(at time.Time) {
	for ; p.next.Before(at); p.next = p.next.Add(contactEvery) {
		off := p.next.UnixMilli()%27 - 13
		p.reader.Pair(p.next, p.next.UnixMilli()+off, 15, wire.SourceDisciplined)
	}
}

// live lets the population live from one instant to another, in the past:
// taps and time pairs are stored in the readers with memory, and written in
// the ledger. Half-way the canteen's battery is changed.
func (w *world) live(from, to time.Time) error {
	pasts := map[*sim.Reader]*past{}
	for _, r := range []*sim.Reader{w.door, w.canteen, w.yard} {
		pasts[r] = &past{reader: r, next: from.Add(-30 * time.Minute)}
	}
	swap := from.Add(to.Sub(from) / 2)
	for _, t := range w.people.Presentations(from, to) {
		r, name := w.before(t)
		if r == nil {
			continue
		}
		if !swap.IsZero() && t.At.After(swap) {
			pasts[w.canteen].until(swap)
			w.canteen.Swap(swap)
			pasts[w.canteen].next = swap.Add(time.Second)
			swap = time.Time{}
		}
		if t.Forgotten {
			if err := w.ledger.Forget(t, name); err != nil {
				return err
			}
			continue
		}
		pasts[r].until(t.At)
		if err := w.ledger.Past(t, name, r); err != nil {
			return err
		}
	}
	for r, p := range pasts {
		p.until(to)
		if err := r.Save(); err != nil {
			return err
		}
	}
	return nil
}

// fobOf gives the fob that someone holds at an instant.
func (w *world) fobOf(employee int, at time.Time) uint64 {
	var fob uint64
	for _, h := range w.people.Holdings(at) {
		if h.Employee == employee {
			fob = h.Fob // the last one counts
		}
	}
	return fob
}
