package gateway

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"tikklok/gateway/reader"
	"tikklok/gateway/wire"
)

// Port is one reader on one serial port.
type Port struct {
	Path     string // of the device; /dev/serial/by-id/… where there is one
	Protocol string // one of PortHelp
	Name     string // of the reader; "": the last part of the path
	Baud     int    // 0: what the protocol says
	Settings string // of the protocol: KEY=VALUE,KEY=VALUE
}

// ParsePort reads PATH=PROTOCOL[,SETTING=VALUE…], with name and baud among the
// settings; a colon may stand before the first of them.
func ParsePort(s string) (Port, error) {
	path, rest, ok := strings.Cut(s, "=")
	if !ok || path == "" {
		return Port{}, fmt.Errorf("port %q: want PATH=PROTOCOL, such as /dev/ttyUSB0=em4100", s)
	}
	p := Port{Path: path, Protocol: rest}
	if at := strings.IndexAny(rest, ",:"); at >= 0 {
		p.Protocol, rest = rest[:at], rest[at+1:]
		if err := p.set(rest); err != nil {
			return Port{}, err
		}
	}
	return p, checkPorts([]Port{p})
}

// set takes name and baud, and leaves the others to the protocol.
func (p *Port) set(settings string) error {
	var others []string
	for o := range strings.SplitSeq(settings, ",") {
		key, value, _ := strings.Cut(o, "=")
		switch key {
		case "name":
			p.Name = value
		case "baud":
			n, err := strconv.Atoi(value)
			if err != nil || n <= 0 {
				return fmt.Errorf("port %s: baud %q is no positive number", p.Path, value)
			}
			p.Baud = n
		default:
			others = append(others, o)
		}
	}
	p.Settings = strings.Join(others, ",")
	return nil
}

// checkPorts refuses unknown protocols and settings, and two readers under one
// name.
func checkPorts(ports []Port) error {
	paths, names := map[string]bool{}, map[string]bool{}
	for _, p := range ports {
		if _, err := p.reader(0, nil); err != nil {
			return err
		}
		if len(p.name()) > wire.MaxText {
			return fmt.Errorf("port %s: name %q is longer than %d bytes", p.Path, p.name(), wire.MaxText)
		}
		if paths[p.Path] || names[p.name()] {
			return fmt.Errorf("port %s named %q stands twice: give each reader a name of its own", p.Path, p.name())
		}
		paths[p.Path], names[p.name()] = true, true
	}
	return nil
}

func (p Port) name() string {
	if p.Name != "" {
		return p.Name
	}
	return filepath.Base(p.Path)
}

func (p Port) baud() int {
	if p.Baud != 0 {
		return p.Baud
	}
	return p.kind().baud
}

// How long to wait before a port is opened again, and between two Ticks; and
// how long a port may be left unread without a tap being called that much older.
const (
	reopenFirst = 250 * time.Millisecond
	reopenMost  = 5 * time.Second
	tickWait    = 100 * time.Millisecond
	deafMost    = 20 // ms
)

// tick is how long may pass between two Ticks.
func (p Port) tick() time.Duration {
	if p.Protocol == "osdp" {
		return osdpTick
	}
	return tickWait
}

// wait is how long a read of the port waits at most.
func (p Port) wait() time.Duration { return min(readWait, p.tick()) }

// port serves one reader, or those on one line. All but state and safe belongs to its goroutine.
type port struct {
	Port
	agent    *agent
	log      *slog.Logger
	protocol reader.Protocol
	device   *device             // nil: not open
	read     sight               // of the bytes under way
	brought  uint32              // gap of the last read that brought bytes
	apart    int64               // ms, wall clock minus tick, as it was last read
	osdp     *osdpMemory         // nil: another protocol
	before   func(wire.Fob) bool // see heldOver; nil: none

	mu      sync.Mutex
	shown   wire.ReaderState
	several []wire.ReaderState           // of a port with more than one reader
	marks   map[wire.Stream][]wire.Range // safe, not yet told the reader
	trouble string                       // of the port; "": none
	refused uint64                       // taps that could not be stored since the last that could
}

// sight is when bytes were read: whatever holds up a tap after that, such as a
// slow disk, must not make it later (I4).
type sight struct {
	tick uint64
	wall int64  // Unix ms
	gap  uint32 // ms for which nobody had read before
}

// look notes that bytes were read just now, which were waited for since a tick.
func (p *port) look(since uint64) {
	last := p.read.tick
	p.read = sight{tick: p.agent.clock.tick(), wall: p.agent.clock.wall()}
	// Both are cut to ms, which makes their difference jitter by one: a byte of
	// every tap on a line that is paid by volume.
	if apart := p.read.wall - int64(p.read.tick); max(apart-p.apart, p.apart-apart) > 1 {
		p.apart = apart
	}
	p.read.wall = int64(p.read.tick) + p.apart
	if deaf := since - last; since > last && deaf > deafMost {
		p.read.gap = wire.Gap(deaf)
	}
	// A read that took longer than it waits at most came back late: the machine
	// had no time for this program.
	if took := p.read.tick - since; took > uint64(p.wait().Milliseconds())+deafMost {
		p.read.gap = wire.Gap(uint64(p.read.gap) + took)
	}
}

// moment is now, for the bytes that were read just now.
func (p *port) moment() reader.Moment {
	m := p.agent.clock.now()
	m.Unread = time.Duration(p.read.gap) * time.Millisecond
	return m
}

func newPort(a *agent, c Port) (*port, error) {
	p := &port{Port: c, agent: a, log: a.log.With("port", c.Path), marks: map[wire.Stream][]wire.Range{}}
	var err error
	if c.Protocol == "osdp" {
		p.protocol, err = p.newOSDP()
	} else {
		p.protocol, err = c.reader(a.cfg.Enrolment.Owner, a.journal.Have)
		p.before = p.storedLately(c.name(), heldMost)
	}
	if err != nil {
		return nil, err
	}
	p.show()
	return p, nil
}

func (p *port) open() error {
	d, err := openDevice(p.Path, p.baud(), p.wait())
	if err != nil {
		p.fail(err)
		return err
	}
	p.device = d
	p.fail(nil)
	return nil
}

func (p *port) close() {
	if p.device != nil {
		p.device.close()
		p.device = nil
	}
}

// fail shows what is wrong with the port; each change is logged once.
func (p *port) fail(err error) {
	text := ""
	if err != nil {
		text = err.Error()
	}
	p.mu.Lock()
	changed := p.trouble != text
	p.trouble = text
	p.mu.Unlock()
	if changed && err != nil {
		p.log.Warn("port lost", "error", err)
	} else if changed {
		p.log.Info("port open again")
	}
}

// run serves the reader until ctx ends; a port that vanishes is opened again.
func (p *port) run(ctx context.Context) {
	reopen(ctx, p.device != nil, p.open, func() error {
		defer p.close()
		return p.talk(ctx)
	}, func(err error) { p.fail(fmt.Errorf("port %s: %w", p.Path, err)) })
}

// reopen opens a port, which may be open already, and talks until ctx ends.
// After each failure the port is opened again, ever less often while it does
// not last.
func reopen(ctx context.Context, isOpen bool, open, talk func() error, failed func(error)) {
	wait := reopenFirst
	for ctx.Err() == nil {
		if !isOpen && open() != nil {
			sleep(ctx, wait)
			wait = min(2*wait, reopenMost)
			continue
		}
		isOpen = false
		opened := time.Now()
		err := talk()
		if ctx.Err() != nil {
			return
		}
		failed(err)
		if time.Since(opened) > reopenMost {
			wait = reopenFirst
		}
		sleep(ctx, wait)
		wait = min(2*wait, reopenMost)
	}
}

// talk carries bytes and events until the port fails or ctx ends.
func (p *port) talk(ctx context.Context) error {
	if err := p.carry(p.protocol.Open(p.agent.clock.now())); err != nil {
		return err
	}
	p.read = sight{tick: p.agent.clock.tick()} // a closed port receives nothing
	buf := make([]byte, 4096)
	var ticked time.Time
	for ctx.Err() == nil {
		since := p.agent.clock.tick()
		n, err := p.device.read(buf)
		if err != nil {
			return fmt.Errorf("read: %w", err)
		}
		p.look(since)
		now := p.moment()
		var events []reader.Event
		if n > 0 {
			events = p.protocol.Bytes(now, buf[:n])
		}
		if now.At.Sub(ticked) >= p.tick() {
			ticked = now.At
			events = append(events, p.protocol.Tick(now)...)
			events = append(events, p.tellSafe(now)...)
		}
		if err := p.carry(events); err != nil {
			return err
		}
		if n > 0 {
			p.brought = p.read.gap
		}
		p.keepEmpty(now)
		p.show()
	}
	return nil
}

func (p *port) tellSafe(now reader.Moment) []reader.Event {
	p.mu.Lock()
	marks := p.marks
	p.marks = map[wire.Stream][]wire.Range{}
	p.mu.Unlock()
	var events []reader.Event
	for stream, seqs := range marks {
		events = append(events, p.protocol.Safe(now, stream, seqs)...)
	}
	return events
}

// safe leaves word of what the server keeps safe of this port's reader.
func (p *port) safe(marks []wire.Mark) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, m := range marks {
		if m.Origin == p.shown.Origin {
			p.marks[m.Stream] = m.Safe
		}
	}
}

// show publishes the protocol's state within the process.
func (p *port) show() {
	s := p.protocol.State()
	var several []wire.ReaderState
	if o, ok := p.protocol.(*reader.OSDP); ok {
		several = o.States()
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.shown, p.several = s, several
}

// states gives what is known of each reader on the port.
func (p *port) states() []wire.ReaderState {
	one := p.state()
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.several) == 0 {
		return []wire.ReaderState{one}
	}
	all := slices.Clone(p.several)
	for i := range all {
		if p.trouble != "" || p.refused > 0 {
			all[i].Health = one.Health
		}
	}
	return all
}

// state gives what is known of the reader.
func (p *port) state() wire.ReaderState {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.shown
	s.Name = p.name()
	if s.Origin != 0 {
		s.Name = fmt.Sprintf("%x", s.Origin)
	}
	switch {
	case p.trouble != "":
		s.Health = p.trouble
	case p.refused > 0:
		s.Health = fmt.Sprintf("%d times a tap could not be stored: make room on the gateway's disk", p.refused)
	}
	return s
}

func sleep(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}
