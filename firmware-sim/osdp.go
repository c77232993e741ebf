package sim

import (
	"bytes"
	"context"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"tikklok/gateway/wire"
)

// OSDPConfig says what an OSDP reader is (SIA OSDP v2.2).
type OSDPConfig struct {
	Address byte
	// Key is its secure channel base key; nil: still the default one.
	Key *[16]byte
	// Enforce refuses all but identification without a secure channel.
	Enforce bool
	// Plain: no secure channel, and a checksum in place of the CRC.
	Plain bool
	// PollFirst stays silent until it was polled once.
	PollFirst bool
	// Fixed refuses KEYSET and COMSET.
	Fixed bool
	// Forgetful drops a card that it told once, even if contact then begins anew.
	Forgetful bool
	// Shown is told what the reader shows; it must not wait.
	Shown func(wire.Colour)
	// Heard is told each new command but POLL in words; it must not wait.
	Heard func(command string)
}

// OSDPFaults are what goes wrong with replies.
type OSDPFaults struct {
	Drop, Corrupt float64       // probability that a reply is lost, or damaged
	Split         bool          // replies come in pieces
	Late          float64       // probability that a reply comes after Delay
	Delay         time.Duration // more than 200 ms makes the panel ask again
	Busy          float64       // probability of BUSY in place of doing a command
}

// OSDP is a reader without a clock that keeps cards until a panel took them. It
// is safe for concurrent use.
type OSDP struct {
	config OSDPConfig
	random *rand.Rand

	mu      sync.Mutex
	faults  OSDPFaults
	address byte
	key     *[16]byte
	cards   [][]byte // data of RAW, oldest first
	told    bool     // the first card is under way

	sequence byte   // of the last command
	command  []byte // the last one, whole
	reply    []byte // to it
	polled   bool   // since power-on
	moved    *byte  // address after this reply
	channel  osdpChannel
}

// NewOSDP switches a reader on.
func NewOSDP(c OSDPConfig, seed uint64) *OSDP {
	return &OSDP{config: c, random: rand.New(rand.NewPCG(seed, uint64(c.Address))), address: c.Address, key: c.Key}
}

// Fail sets what goes wrong from now on.
func (r *OSDP) Fail(f OSDPFaults) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.faults = f
}

// Present shows a card of so many bits; the value is big-endian, padded on the left.
func (r *OSDP) Present(bits int, value []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	data := []byte{0, 0, byte(bits), byte(bits >> 8)}
	r.cards = append(r.cards, append(data, leftAligned(bits, value)...))
}

// leftAligned puts bits at the left of their bytes.
func leftAligned(bits int, value []byte) []byte {
	out := make([]byte, (bits+7)/8)
	skip := 8*len(value) - bits
	for i := range bits {
		from := skip + i
		bit := value[from/8] >> (7 - from%8) & 1
		out[i/8] |= bit << (7 - i%8)
	}
	return out
}

// Type presses keys on its keypad.
func (r *OSDP) Type(digits string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.cards = append(r.cards, append([]byte{0xFF, 0, byte(len(digits))}, digits...)) // 0xFF: see poll
}

// Restart switches it off and on: it forgets its secure channel, and the cards
// that nobody took unless it keeps them.
func (r *OSDP) Restart(keep bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !keep {
		r.cards = nil
	}
	r.told, r.polled, r.sequence, r.command, r.reply = false, false, 0, nil, nil
	r.channel = osdpChannel{}
}

// Waiting counts cards that no panel took.
func (r *OSDP) Waiting() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.cards)
}

// Told says whether the first card was told and not yet taken.
func (r *OSDP) Told() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.told
}

// Key gives its own key; nil: it has none.
func (r *OSDP) Key() *[16]byte {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.key
}

// Address gives its address, which COMSET may have changed.
func (r *OSDP) Address() byte {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.address
}

// Secured says whether a secure channel is open, and with the default key.
func (r *OSDP) Secured() (open, byDefault bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.channel.open, r.channel.open && r.channel.byDefault
}

// OSDPLine is a port with readers on it.
type OSDPLine struct {
	Port    *Port
	Readers []*OSDP
	cut     atomic.Bool
}

// Cut cuts the line, or mends it: nothing is heard or said meanwhile.
func (l *OSDPLine) Cut(cut bool) { l.cut.Store(cut) }

// Run answers the panel until ctx ends.
func (l *OSDPLine) Run(ctx context.Context) {
	var heard []byte
	buffer := make([]byte, 4096)
	for ctx.Err() == nil {
		more := l.Port.Receive(buffer)
		if len(more) == 0 || l.cut.Load() { // half a command that ends in silence is none
			heard = nil
			continue
		}
		heard = append(heard, more...)
		for {
			command, rest, ok := cutOSDP(heard)
			heard = rest
			if !ok {
				break
			}
			l.answer(command)
		}
	}
}

// cutOSDP takes the first whole command off; noise before it is dropped.
func cutOSDP(b []byte) (command, rest []byte, ok bool) {
	for {
		start := bytes.IndexByte(b, 0x53)
		if start < 0 {
			return nil, nil, false
		}
		b = b[start:]
		if len(b) < 5 {
			return nil, b, false
		}
		length := int(b[2]) | int(b[3])<<8
		if length < 7 || length > 1440 {
			b = b[1:]
			continue
		}
		if len(b) < length {
			return nil, b, false
		}
		if intactOSDP(b[:length]) {
			return slices.Clone(b[:length]), b[length:], true
		}
		b = b[1:] // a wrong CRC gets no answer
	}
}

func (l *OSDPLine) answer(command []byte) {
	for _, r := range l.Readers {
		reply, f := r.hear(command)
		if reply != nil {
			l.send(r, reply, f)
		}
	}
}

func (l *OSDPLine) send(r *OSDP, reply []byte, f OSDPFaults) {
	switch {
	case r.chance(f.Drop):
		return
	case r.chance(f.Corrupt):
		reply = slices.Clone(reply)
		reply[r.draw(len(reply))] ^= 1 << r.draw(8)
	}
	if r.chance(f.Late) {
		time.Sleep(f.Delay)
	}
	if !f.Split {
		l.Port.Send(reply)
		return
	}
	for len(reply) > 0 {
		n := min(len(reply), 1+r.draw(5))
		l.Port.Send(reply[:n])
		reply = reply[n:]
		time.Sleep(time.Millisecond)
	}
}

func (r *OSDP) chance(p float64) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return p > 0 && r.random.Float64() < p
}

func (r *OSDP) draw(n int) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.random.IntN(n)
}
