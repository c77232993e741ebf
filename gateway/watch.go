package gateway

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"time"

	"tikklok/gateway/reader"
	"tikklok/gateway/wire"
)

// WatchConfig is what Watch needs.
type WatchConfig struct {
	Ports   []Port
	Numbers bool      // write fob numbers too; see WatchedTap
	Out     io.Writer // one WatchedTap a line, as JSON
	Log     *slog.Logger
}

// WatchedTap is a tap as Watch writes it.
type WatchedTap struct {
	Reader     string `json:"reader"`
	Port       string `json:"port"`
	Protocol   string `json:"protocol"`
	Technology string `json:"technology"` // em4100, mifare, wiegand or external
	Bits       uint16 `json:"bits"`
	// Token is the same for the same fob as long as Watch runs, and means nothing
	// afterwards: its key is drawn at the start (I7).
	Token   string `json:"token"`
	Instant string `json:"instant"`  // when it was read: RFC 3339, UTC, ms
	BoundMS uint32 `json:"bound_ms"` // how wrong the instant may be
	Clock   string `json:"clock"`    // disciplined or undisciplined
	GapMS   uint32 `json:"gap_ms"`   // how long before the instant it may have been made
	// Number is the fob's number in hexadecimal, only where it was asked for.
	Number string `json:"number,omitempty"`
}

// Watch talks to readers without a server, a journal or an enrolment, and writes
// each tap to Out before the reader is told that it was taken; then it shows
// green. It is for the bench: **nothing is kept**. It makes no OSDP keys, and
// takes nothing out of the memory of a reader that has one. It returns nil when
// ctx ends; it errs when a port is in use, or Out takes nothing more.
func Watch(ctx context.Context, cfg WatchConfig) error {
	if err := checkPorts(cfg.Ports); err != nil {
		return err
	}
	clock, err := newClock(Machine{})
	if err != nil {
		return err
	}
	key := wire.TokenKey{Version: 1, Secret: make([]byte, 32)}
	rand.Read(key.Secret) // never errs
	w := &watch{WatchConfig: cfg, clock: clock, key: key}
	running, end := context.WithCancelCause(ctx)
	defer end(nil)
	w.end = end
	var all []*watchedPort
	defer func() {
		for _, p := range all {
			p.close()
		}
	}()
	for _, c := range cfg.Ports {
		p, err := w.port(c)
		if err != nil {
			return err
		}
		all = append(all, p)
		if err := p.open(); errors.Is(err, ErrPortInUse) {
			return err
		}
	}
	var wg sync.WaitGroup
	for _, p := range all {
		wg.Go(func() { p.run(running) })
	}
	wg.Wait()
	if ctx.Err() != nil {
		return nil
	}
	return context.Cause(running)
}

// watch is one Watch.
type watch struct {
	WatchConfig
	clock *clock
	key   wire.TokenKey
	end   context.CancelCauseFunc

	mu sync.Mutex // over Out
}

// watchedPort serves one port. All of it belongs to its goroutine.
type watchedPort struct {
	Port
	*watch
	log      *slog.Logger
	protocol reader.Protocol
	device   *device           // nil: not open
	opened   string            // how the last attempt went, as it was logged
	health   map[string]string // of each reader, as it was logged
}

func (w *watch) port(c Port) (*watchedPort, error) {
	p := &watchedPort{Port: c, watch: w, log: w.Log.With("port", c.Path), health: map[string]string{}}
	var err error
	switch c.Protocol {
	case "link":
		p.protocol = &reader.LinkWatch{}
	case "osdp":
		p.protocol, err = p.osdp()
	default:
		p.protocol, err = c.reader(0, nil)
	}
	return p, err
}

// osdp makes no keys: nobody would know them afterwards.
func (p *watchedPort) osdp() (reader.Protocol, error) {
	options, err := p.options()
	if err != nil {
		return nil, err
	}
	s, err := reader.ParseOSDP(options)
	if err != nil {
		return nil, err
	}
	for i := range s.Readers {
		s.Readers[i].Name = osdpName(p.Port, s.Readers[i], len(s.Readers))
	}
	s.Baud, s.Random, s.Leave = p.baud(), func(b []byte) { _, _ = rand.Read(b) }, true
	s.Keep = func(byte, reader.OSDPKey) error { return nil } // a key that a person gave
	return reader.NewOSDP(s), nil
}

func (p *watchedPort) open() (err error) {
	p.device, err = openDevice(p.Path, p.baud(), min(readWait, p.tick()))
	p.said(err)
	return err
}

// said logs whether the port is open, when that changes.
func (p *watchedPort) said(err error) {
	text := fmt.Sprint(err)
	if p.opened == text {
		return
	}
	p.opened = text
	if err != nil {
		p.log.Warn("port not open; trying again", "error", err)
		return
	}
	p.log.Info("port open")
}

func (p *watchedPort) close() {
	if p.device != nil {
		p.device.close()
		p.device = nil
	}
}

func (p *watchedPort) run(ctx context.Context) {
	reopen(ctx, p.device != nil, p.open, func() error {
		defer p.close()
		return p.talk(ctx)
	}, p.said)
}

// talk carries bytes and taps until the port fails or ctx ends.
func (p *watchedPort) talk(ctx context.Context) error {
	if err := p.carry(p.protocol.Open(p.clock.now())); err != nil {
		return err
	}
	buf := make([]byte, 4096)
	var ticked time.Time
	for ctx.Err() == nil {
		n, err := p.device.read(buf)
		if err != nil {
			return fmt.Errorf("read: %w", err)
		}
		now := p.clock.now()
		events := p.protocol.Bytes(now, buf[:n])
		if now.At.Sub(ticked) >= p.tick() {
			ticked = now.At
			events = append(events, p.protocol.Tick(now)...)
		}
		if err := p.carry(events); err != nil {
			return err
		}
		p.tell()
	}
	return nil
}

// carry writes taps, answers them, and sends what is to be sent.
func (p *watchedPort) carry(events []reader.Event) error {
	for len(events) > 0 {
		e := events[0]
		events = events[1:]
		switch e := e.(type) {
		case reader.Write:
			if err := p.device.write(e.Bytes); err != nil {
				return err
			}
		case reader.Seen:
			if err := p.print(e); err != nil {
				p.end(err)
				return err
			}
			events = append(p.protocol.Answer(p.clock.now(), wire.Name{}, wire.Green), events...)
		}
	}
	return nil
}

// print writes a tap.
func (p *watchedPort) print(e reader.Seen) error {
	now := p.clock.now()
	t := WatchedTap{
		Reader: cmp.Or(e.Reader, p.name()), Port: p.Path, Protocol: p.Protocol,
		Technology: technologyName(e.Fob.Technology), Bits: e.Fob.Bits, Token: fmt.Sprintf("%x", p.key.Token(e.Fob)),
		Instant: time.UnixMilli(now.Instant).UTC().Format("2006-01-02T15:04:05.000Z"),
		BoundMS: now.Bound, Clock: sourceName(now.Source), GapMS: e.Gap,
	}
	if p.Numbers {
		t.Number = fmt.Sprintf("%X", e.Fob.Value)
	}
	line, err := json.Marshal(t)
	if err != nil {
		return fmt.Errorf("print a tap: %w", err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, err := p.Out.Write(append(line, '\n')); err != nil {
		return fmt.Errorf("print a tap: %w", err)
	}
	return nil
}

// tell logs each change of a reader's health.
func (p *watchedPort) tell() {
	states := []wire.ReaderState{p.protocol.State()}
	if o, ok := p.protocol.(*reader.OSDP); ok {
		states = o.States()
	}
	for _, s := range states {
		name := cmp.Or(s.Name, p.name())
		if said, ok := p.health[name]; ok && said == s.Health || !ok && strings.Contains(s.Health, "not heard yet") {
			continue
		}
		p.health[name] = s.Health
		p.log.Info("reader", "reader", name, "health", s.Health, "firmware", s.Firmware, "battery", s.BatteryPercent, "stored", s.Stored)
	}
}

func technologyName(t wire.Technology) string {
	switch t {
	case wire.TechnologyEM4100:
		return "em4100"
	case wire.TechnologyMIFARE:
		return "mifare"
	case wire.TechnologyWiegand:
		return "wiegand"
	}
	return "external"
}
