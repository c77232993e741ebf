package gateway

import (
	"time"

	"tikklok/gateway/reader"
	"tikklok/gateway/wire"
)

const (
	// heldMost is how long ago the process before this one stored the tap of a
	// fob that is still held before a reader: a restart takes a second or two.
	heldMost = 5 * time.Second
	// heldSight is how soon after its start this process sees such a fob: readers
	// tell it several times a second.
	heldSight = 2 * time.Second
)

// storedLately tells a fob whose tap the process before this one stored, the
// last one of a reader and so lately, from a new tap; nil: there is none.
func (p *port) storedLately(name string, lately time.Duration) func(wire.Fob) bool {
	last, ok := p.agent.journal.Latest(name)
	if !ok {
		return nil
	}
	key, ok := p.agent.settings.key(last.KeyVersion)
	if !ok {
		return nil // so long ago that its key is gone
	}
	return func(f wire.Fob) bool {
		age := p.agent.clock.wall() - last.Wall
		return age >= 0 && age < lately.Milliseconds() && key.Token(f) == last.Token
	}
}

// heldOver says whether the first fob that this process sees at a reader is one
// whose tap the process before it stored: it was held all the while, and is the
// same tap (I1). OSDP readers have a rule of their own.
func (p *port) heldOver(e reader.Seen) bool {
	before := p.before
	p.before = nil
	return before != nil && p.read.tick < uint64(heldSight.Milliseconds()) && before(e.Fob)
}
