package sim

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"sync"
	"time"

	"tikklok/gateway/wire"
)

// ReaderConfig says what a reader with memory is.
type ReaderConfig struct {
	Origin       uint64  // from wire.FirstReader
	Capacity     int     // taps
	DriftPPM     float64 // true error of the crystal: fast is positive
	TolerancePPM uint16  // as declared; the true error should stay below
	Firmware     string
	Battery      uint8 // percent; 0: mains
	// Path is the file that is its memory; "" keeps it in this process. A file
	// that is there is taken up: the reader was switched off and on.
	Path string
	// Seed draws the epochs; 0 draws them at random.
	Seed uint64
	// Clock is the true time; nil is time.Now.
	Clock func() time.Time
	// Shown is told what the reader shows for a live tap; it must not wait.
	// Without an answer of the gateway it is Green after 300 ms (stored), and
	// Red at once when the memory is full. The name is zero then.
	Shown func(wire.Name, wire.Colour)
}

// Reader is a reader with memory, speaking the reader link. It is safe for
// concurrent use.
type Reader struct {
	config ReaderConfig
	random *rand.Rand

	mu      sync.Mutex
	memory  memory
	dirty   bool                    // acknowledgements came that are not in the file
	port    *Port                   // while Run runs
	waiting map[wire.Name]time.Time // for FEEDBACK
}

// NewReader switches a reader on at a true instant: its first epoch begins
// there, or one that follows the last epoch in its file.
func NewReader(c ReaderConfig, at time.Time) (*Reader, error) {
	if c.Origin < wire.FirstReader || c.Origin > wire.MaxOrigin || c.Capacity < 1 {
		return nil, fmt.Errorf("reader: origin %x or capacity %d out of range", c.Origin, c.Capacity)
	}
	if c.Clock == nil {
		c.Clock = time.Now
	}
	seed := c.Seed
	if seed == 0 {
		seed = rand.Uint64()
	}
	r := &Reader{config: c, random: rand.New(rand.NewPCG(seed, c.Origin)), waiting: map[wire.Name]time.Time{}}
	if err := r.load(); err != nil {
		return nil, fmt.Errorf("reader %x: take up its memory: %w", c.Origin, err)
	}
	r.memory.Capacity = c.Capacity
	r.Swap(at)
	return r, nil
}

func (r *Reader) load() error {
	if r.config.Path == "" {
		return nil
	}
	b, err := os.ReadFile(r.config.Path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return json.Unmarshal(b, &r.memory)
}

// Save writes the memory to its file. A reader that is running does so by
// itself before it says that it stored something; after taps and pairs stored
// beforehand the caller does.
func (r *Reader) Save() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.save()
}

func (r *Reader) save() error {
	r.dirty = false
	if r.config.Path == "" {
		return nil
	}
	b, err := json.Marshal(r.memory)
	if err != nil {
		return err
	}
	next := r.config.Path + ".new"
	if err := os.WriteFile(next, b, 0o600); err != nil {
		return err
	}
	return os.Rename(next, r.config.Path)
}

// Swap changes the battery: counter and clock begin again in a new epoch.
func (r *Reader) Swap(at time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	name := r.random.Uint64()
	for name == 0 || r.memory.find(name) != nil {
		name = r.random.Uint64()
	}
	r.memory.begin(name, at)
	r.waiting = map[wire.Name]time.Time{}
}

// Origin is the reader's id.
func (r *Reader) Origin() uint64 { return r.config.Origin }

// Stream is the current epoch.
func (r *Reader) Stream() wire.Stream {
	r.mu.Lock()
	defer r.mu.Unlock()
	return wire.Stream{Origin: r.config.Origin, Epoch: r.memory.current().Epoch}
}

// Stored counts taps in memory, and those that no gateway acknowledged.
func (r *Reader) Stored() (all, unacknowledged int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.memory.stored()
}

// tick is what the crystal has counted at a true instant.
func (r *Reader) tick(at time.Time) uint64 {
	since := at.Sub(r.memory.current().Began).Seconds() * 1000
	return uint64(max(0, since*(1+r.config.DriftPPM/1e6)))
}

// Tap stores a tap at a true instant, without telling anyone: how the past is
// lived. It says false when the memory is full (red), and errs when the instant
// lies before the last tap.
func (r *Reader) Tap(at time.Time, f wire.Fob) (wire.Name, bool, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.store(at, f)
}

func (r *Reader) store(at time.Time, f wire.Fob) (wire.Name, bool, error) {
	e := r.memory.current()
	seq, ok, err := r.memory.store(r.tick(at), f)
	if err != nil || !ok {
		return wire.Name{}, false, err
	}
	return wire.Name{Stream: wire.Stream{Origin: r.config.Origin, Epoch: e.Epoch}, Seq: seq}, true, nil
}

// Pair keeps a time pair as a gateway gave it at a true instant in the past:
// what that gateway took for the instant (Unix ms), give or take the bound.
func (r *Reader) Pair(at time.Time, instant int64, bound uint32, source wire.Source) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.memory.current().pair(wire.Pair{Tick: r.tick(at), Instant: instant, Bound: bound, Source: source})
}

// Present stores a tap now, calls record with its name (ok false: memory full,
// shown red), and only then tells the gateway.
func (r *Reader) Present(f wire.Fob, record func(at time.Time, name wire.Name, ok bool) error) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	at := r.config.Clock()
	name, ok, err := r.store(at, f)
	if err == nil && ok {
		err = r.save()
	}
	if err != nil {
		return fmt.Errorf("reader %x: store a tap: %w", r.config.Origin, err)
	}
	if err := record(at, name, ok); err != nil {
		return err
	}
	if !ok {
		r.show(wire.Name{}, wire.Red)
		return nil
	}
	r.waiting[name] = at.Add(wire.LinkFeedbackWait * time.Millisecond)
	e := r.memory.current()
	r.send(e.tap(e.Taps[len(e.Taps)-1], true))
	return nil
}

func (r *Reader) show(name wire.Name, c wire.Colour) {
	if r.config.Shown != nil {
		r.config.Shown(name, c)
	}
}

func (r *Reader) send(ms ...wire.LinkMessage) {
	if r.port == nil {
		return
	}
	for _, m := range ms {
		r.port.Send(wire.AppendLink(nil, m))
	}
}

// Run speaks with the gateway over a port until ctx ends. A port that vanishes
// is waited for.
func (r *Reader) Run(ctx context.Context, port *Port) error {
	r.mu.Lock()
	r.port = port
	r.hello()
	r.mu.Unlock()
	defer func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.port = nil
	}()
	var decoder wire.LinkDecoder
	buffer := make([]byte, 4096)
	for ctx.Err() == nil {
		ms := decoder.Decode(port.Receive(buffer))
		if err := r.take(ms); err != nil {
			return fmt.Errorf("reader %x: %w", r.config.Origin, err)
		}
	}
	return nil
}

// take carries out what the gateway says, and shows green where it says
// nothing in time.
func (r *Reader) take(ms []wire.LinkMessage) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, m := range ms {
		if err := r.message(m); err != nil {
			return err
		}
	}
	if r.dirty {
		if err := r.save(); err != nil {
			return err
		}
	}
	now := r.config.Clock()
	for name, until := range r.waiting {
		if now.After(until) {
			delete(r.waiting, name)
			r.show(name, wire.Green)
		}
	}
	return nil
}

func (r *Reader) message(m wire.LinkMessage) error {
	switch m := m.(type) {
	case wire.LinkWho:
		r.hello()
	case wire.LinkBind:
		if r.memory.Owner == 0 {
			r.memory.Owner = m.Owner
		}
		r.hello()
		return r.save()
	case wire.LinkPing:
		r.pong(m.Nonce)
	case wire.LinkTime:
		return r.time(m)
	case wire.LinkSend:
		r.send(r.memory.answer(m)...)
	case wire.LinkAck:
		r.memory.mark(wire.LinkSpan(m), func(t *kept) { t.Acked = true })
		r.dirty = true
	case wire.LinkSafe:
		r.memory.mark(wire.LinkSpan(m), func(t *kept) { t.Acked, t.Safe = true, true })
		r.dirty = true
	case wire.LinkFeedback:
		name := wire.Name{Stream: wire.Stream{Origin: r.config.Origin, Epoch: m.Epoch}, Seq: m.Seq}
		if _, ok := r.waiting[name]; ok {
			delete(r.waiting, name)
			r.show(name, m.Colour)
		}
	}
	return nil
}

func (r *Reader) hello() {
	all, _ := r.memory.stored()
	current := r.memory.current()
	r.send(wire.LinkHello{
		Version: wire.LinkVersion, Origin: r.config.Origin, Owner: r.memory.Owner,
		Capacity: uint32(r.config.Capacity), Stored: uint32(all), BatteryPercent: r.config.Battery,
		TolerancePPM: r.config.TolerancePPM, Current: current.start(), Firmware: r.config.Firmware,
	})
	for _, e := range r.memory.Epochs {
		if e != current {
			r.send(e.start())
		}
	}
}

func (r *Reader) pong(nonce uint16) {
	all, unacknowledged := r.memory.stored()
	e := r.memory.current()
	r.send(wire.LinkPong{
		Nonce: nonce, Epoch: e.Epoch, Tick: r.tick(r.config.Clock()), Highest: e.Highest,
		Unacknowledged: uint32(unacknowledged), Stored: uint32(all), BatteryPercent: r.config.Battery,
	})
}

// time keeps a pair of the current epoch; one for an older run is too late.
func (r *Reader) time(m wire.LinkTime) error {
	e := r.memory.current()
	if m.Epoch != e.Epoch {
		return nil
	}
	e.pair(m.Pair)
	if err := r.save(); err != nil {
		return err
	}
	r.send(wire.LinkPair(m))
	return nil
}

// Wipe forgets owner, taps and pairs, as when a reader changes hands.
func (r *Reader) Wipe(at time.Time) error {
	r.mu.Lock()
	r.memory.Owner, r.memory.Epochs = 0, nil
	r.mu.Unlock()
	r.Swap(at)
	return r.Save()
}
