package journal

import (
	"fmt"
	"maps"

	"tikklok/gateway/wire"
)

const (
	parcelTwins = 256
	// maxTwins bounds the index (some 100 bytes each). Beyond it answered ones
	// are forgotten; with so many unanswered, a fob's twin waits for a later tap.
	maxTwins = 16384
)

// Twin is a fob under two versions of the token key. It is of no stream. Once
// journaled it is sent until a batch with it is answered (I7).
type Twin struct{ wire.Twin }

type twinNote struct {
	wire.Twin
	at       position // Segment 0: no longer on disk
	progress progress
}

func (r Twin) stream() wire.Stream { return wire.Stream{} }

func (r Twin) check() error {
	if r.OldVersion == 0 || r.NewVersion > wire.MaxKeyVersion || r.OldVersion >= r.NewVersion {
		return fmt.Errorf("%w: twin of key versions %d and %d", errRecord, r.OldVersion, r.NewVersion)
	}
	return nil
}

// twinIndex is what is known of twins. Guarded by Journal.mu.
type twinIndex struct {
	known   map[wire.Twin]*twinNote
	waiting []*twinNote
	done    int      // of known: answered
	alone   bool     // refused among others: they share no Parcel until one was answered
	sent    position // marks file: those before it were answered
}

// holds says whether a twin needs no storing, or can't have it now.
func (x *twinIndex) holds(t wire.Twin) bool { return x.known[t] != nil || x.full() }

// full says whether there is no room, also after answered ones were forgotten.
func (x *twinIndex) full() bool {
	if len(x.known) >= maxTwins && x.done > 0 {
		maps.DeleteFunc(x.known, func(_ wire.Twin, n *twinNote) bool { return n.progress == answered })
		x.done = 0
	}
	return len(x.known) >= maxTwins
}

func (x *twinIndex) index(t wire.Twin, at position) {
	if n := x.known[t]; n != nil {
		n.at = at
		if n.progress == answered && !at.before(x.sent) { // moved unanswered: its old place says nothing
			n.progress = waiting
			x.done--
			x.waiting = append(x.waiting, n)
		}
		return
	}
	if x.full() {
		return
	}
	n := &twinNote{Twin: t, at: at}
	x.known[t] = n
	if at.before(x.sent) {
		n.progress = answered
		x.done++
		return
	}
	x.waiting = append(x.waiting, n)
}

// take gives the twins of a parcel.
func (x *twinIndex) take() []*twinNote {
	n := min(len(x.waiting), parcelTwins)
	notes := x.waiting[:n:n]
	x.waiting = x.waiting[n:]
	for _, t := range notes {
		t.progress = flying
	}
	return notes
}

// settle moves those that fly on.
func (x *twinIndex) settle(notes []*twinNote, to progress) {
	for _, n := range notes {
		if n.progress != flying {
			continue
		}
		if n.progress = to; to == waiting {
			x.waiting = append(x.waiting, n)
		} else {
			x.done++
		}
	}
}

// resend makes all due again: the server went back (I2).
func (x *twinIndex) resend() {
	for _, n := range x.known {
		if n.progress == answered {
			n.progress = waiting
			x.waiting = append(x.waiting, n)
		}
	}
	x.done = 0
}

// unsent gives the place of the first that was not answered, or end.
func (x *twinIndex) unsent(end position) position {
	for _, n := range x.known {
		if n.progress != answered && n.at.Segment > 0 && n.at.before(end) {
			end = n.at
		}
	}
	return end
}

// needed gives those of a segment that have to stay.
func (x *twinIndex) needed(segment uint64) (entries []entry) {
	for _, n := range x.known {
		if n.at.Segment == segment && n.progress != answered {
			entries = append(entries, entry{record: Twin{n.Twin}, carried: true})
		}
	}
	return entries
}

// forget takes note that a segment is gone; what was answered is remembered as
// long as this process lives.
func (x *twinIndex) forget(segment uint64) {
	for _, n := range x.known {
		if n.at.Segment == segment {
			n.at = position{}
		}
	}
}
