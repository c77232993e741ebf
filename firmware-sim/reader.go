package sim

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"sync"
	"time"

	"tikklok/gateway/wire"
)

// ReaderConfig says what a reader with memory is.
type ReaderConfig struct {
	Origin       uint64 // from wire.FirstReader
	Capacity     int    // taps
	Drift        Drift  // true error of the crystal
	TolerancePPM uint16 // as declared; Drift.Worst should stay below
	Firmware     string
	Battery      uint8 // percent at first; 0: mains
	// BatteryLife is how long a full battery lasts; 0: it stays as it is. A
	// reader whose battery is flat stores nothing and says nothing until Swap.
	BatteryLife time.Duration
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
	faults  ReaderFaults
	dirty   bool                    // acknowledgements came that are not in the file
	lines   []*readerLine           // while Run runs: one for each gateway that hears it
	waiting map[wire.Name]time.Time // for FEEDBACK
}

// ReaderFaults are what goes wrong with a reader.
type ReaderFaults struct {
	// RestartAfter switches it off and on in the middle of an upload, once, after
	// so many taps of it; 0: never.
	RestartAfter int
}

// ErrFlat: the battery is empty.
var ErrFlat = errors.New("the reader's battery is flat")

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
	if r.memory.ChargedAt.IsZero() {
		r.memory.ChargedAt, r.memory.Charge = at, c.Battery
	}
	r.begin(at)
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

// Swap puts a full battery in: counter and clock begin again in a new epoch,
// which tells its predecessor.
func (r *Reader) Swap(at time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.config.BatteryLife > 0 {
		r.memory.ChargedAt, r.memory.Charge = at, 100
	}
	r.begin(at)
}

// Restart switches the reader off and on: a new epoch, and what it was told
// but had not written to its file is forgotten.
func (r *Reader) Restart(at time.Time) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, l := range r.lines {
		l.cut()
	}
	return r.restart(at)
}

func (r *Reader) restart(at time.Time) error {
	if r.config.Path != "" {
		r.memory = memory{}
		if err := r.load(); err != nil {
			return fmt.Errorf("reader %x: take up its memory: %w", r.config.Origin, err)
		}
		r.memory.Capacity = r.config.Capacity
	}
	r.dirty = false
	r.begin(at)
	for _, l := range r.lines {
		r.hello(l)
	}
	return r.save()
}

// Fail sets what goes wrong from now on.
func (r *Reader) Fail(f ReaderFaults) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.faults = f
}

// Battery is its level at a true instant, in percent; 0: flat, or no battery.
func (r *Reader) Battery(at time.Time) uint8 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.battery(at)
}

func (r *Reader) battery(at time.Time) uint8 {
	if r.config.Battery == 0 || r.config.BatteryLife == 0 {
		return r.config.Battery
	}
	used := 100 * at.Sub(r.memory.ChargedAt).Seconds() / r.config.BatteryLife.Seconds()
	return uint8(math.Ceil(min(100, max(0, float64(r.memory.Charge)-used))))
}

func (r *Reader) flat(at time.Time) bool { return r.config.Battery > 0 && r.battery(at) == 0 }

// begin starts a run of counter and clock.
func (r *Reader) begin(at time.Time) {
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
	return uint64(max(0, r.config.Drift.count(r.memory.current().Began, at)))
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
	if r.flat(at) {
		return wire.Name{}, false, ErrFlat
	}
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
	for _, l := range r.lines {
		l.first(e.tap(e.Taps[len(e.Taps)-1], true))
	}
	return nil
}

func (r *Reader) show(name wire.Name, c wire.Colour) {
	if r.config.Shown != nil {
		r.config.Shown(name, c)
	}
}

// Wipe forgets owner, taps and pairs, as when a reader changes hands.
func (r *Reader) Wipe(at time.Time) error {
	r.mu.Lock()
	r.memory.Owner, r.memory.Epochs = 0, nil
	r.mu.Unlock()
	r.Swap(at)
	return r.Save()
}
