package reader

import "time"

// How long readers without memory look at one fob.
const (
	// presenceAbsent: RDM6300 repeats its frame every 65 ms while a fob is held
	// and is silent for 300 ms at least once it is gone; a hand that wavers at
	// the edge of the field makes gaps of about a second.
	presenceAbsent  = 1500 * time.Millisecond
	presenceConfirm = 200 * time.Millisecond // between two equal numbers
	presenceMost    = 16                     // fobs remembered as present
	presencePause   = 10 * time.Second       // without a look at most that are no absence
)

// PresenceSettings say what one tap is on a reader without memory.
type PresenceSettings struct {
	// Absent is how long a fob must be out of sight before it is a new tap;
	// 0 gives 1.5 s.
	Absent time.Duration
	// Confirm is how many equal numbers within 200 ms make a tap: 1 (also 0), or
	// 2 for readers that repeat a number while a fob is held. It keeps out
	// numbers that nobody presented, which pass every check of a frame.
	Confirm int
}

// presence knows the fobs that are or were lately in sight, so that one that is
// still or again in sight within Absent of its last sight is the same tap,
// however long it is held.
type presence struct {
	PresenceSettings
	fobs []presentFob
}

type presentFob struct {
	number string
	last   time.Time // sight
	tapped bool      // enough sights have come
}

func newPresence(s PresenceSettings) presence {
	if s.Absent == 0 {
		s.Absent = presenceAbsent
	}
	return presence{PresenceSettings: s}
}

// sighted takes note of a number and says whether it makes a tap.
func (p *presence) sighted(now time.Time, number []byte) bool {
	f := p.find(now, string(number))
	confirmed := p.Confirm < 2 || now.Sub(f.last) <= presenceConfirm
	f.last = now
	if f.tapped || !confirmed {
		return false
	}
	f.tapped = true
	return true
}

// find gives a fob, a new one when it was out of sight.
func (p *presence) find(now time.Time, number string) *presentFob {
	p.forget(now)
	for i := range p.fobs {
		if p.fobs[i].number == number {
			return &p.fobs[i]
		}
	}
	if len(p.fobs) == presenceMost {
		p.fobs = p.fobs[1:]
	}
	p.fobs = append(p.fobs, presentFob{number: number})
	return &p.fobs[len(p.fobs)-1]
}

// forget leaves out the fobs that are gone.
func (p *presence) forget(now time.Time) {
	kept := p.fobs[:0]
	for _, f := range p.fobs {
		if now.Sub(f.last) < p.Absent {
			kept = append(kept, f)
		}
	}
	p.fobs = kept
}

// pause says that nobody looked for a while, which is no absence unless it was
// long: a fob that is held while the disk is slow, or the chip restarts, is one
// tap.
func (p *presence) pause(d time.Duration) {
	if d > presencePause {
		return
	}
	for i := range p.fobs {
		p.fobs[i].last = p.fobs[i].last.Add(d)
	}
}

// noise counts what a reader refused, for its health.
type noise struct {
	refused int
	reason  string    // of the last refusal
	at      time.Time // of the last refusal
}

// noiseShown is how long a refusal shows in the health.
const noiseShown = 10 * time.Minute

func (n *noise) refuse(now time.Time, reason string) {
	n.refused++
	n.reason, n.at = reason, now
}

// lately says whether something was refused in the last ten minutes.
func (n *noise) lately(now time.Time) bool {
	return n.refused > 0 && now.Sub(n.at) < noiseShown
}
