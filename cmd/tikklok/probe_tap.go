package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/creack/pty"

	"tikklok/api/sla/probe"
	"tikklok/gateway"
	"tikklok/gateway/wire"
)

// tapper is the probe's own gateway with a reader that is a pty: its taps take
// the way of all others, and stop being anybody's at the tenant of the probes.
type tapper struct {
	file     probeFile
	dir      string
	patience time.Duration // for a receipt

	mu        sync.Mutex
	line      *os.File // where a reader would write; nil: the gateway doesn't run
	own       wire.Stream
	presented uint64 // seq of the last tap in own
	committed uint64 // the highest seq in own that the server holds
	news      chan struct{}
}

func newTapper(f probeFile, dir string, patience time.Duration) *tapper {
	return &tapper{file: f, dir: dir, patience: patience, news: make(chan struct{})}
}

// enrolAgain is how long after a failed enrolment, or the end of a gateway, it is tried
// again: the server may be away.
const enrolAgain = 20 * time.Second

// run keeps the gateway running until ctx ends. Without it users are measured
// all the same.
func (t *tapper) run(ctx context.Context) {
	said := sayings{}
	for ctx.Err() == nil {
		if err := t.serve(ctx); err != nil && ctx.Err() == nil && said.new(0, err.Error()) {
			slog.Warn("no taps are sent; it is tried again, and told when something else is the matter", "error", err, "every", enrolAgain)
		}
		select {
		case <-ctx.Done():
		case <-time.After(enrolAgain):
		}
	}
}

func (t *tapper) serve(ctx context.Context) error {
	file := filepath.Join(t.dir, "enrolment.json")
	e, err := t.enrolment(ctx, file)
	if err != nil {
		return err
	}
	master, slave, err := pty.Open()
	if err != nil {
		return fmt.Errorf("a line for the probe's reader: %w", err)
	}
	defer master.Close()
	defer slave.Close()
	t.connect(master)
	defer t.connect(nil)
	return gateway.Run(ctx, gateway.Config{
		Enrolment: e, File: file, Journal: filepath.Join(t.dir, "journal"), Software: "tikklok probe " + version,
		Log: slog.New(troubleOnly{slog.Default().Handler()}).With("of", "the probe's gateway"), Told: t.told, Anew: t.anew(),
		Ports: []gateway.Port{{Path: slave.Name(), Protocol: "line", Name: "probe", Settings: "format=decimal,end=lf"}},
	})
}

// troubleOnly lets warnings through: what a gateway tells beside is of no use
// where it stands for the probe.
type troubleOnly struct{ slog.Handler }

// Enabled says of warnings that they are.
func (h troubleOnly) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= slog.LevelWarn && h.Handler.Enabled(ctx, level)
}

// WithAttrs keeps letting only warnings through.
func (h troubleOnly) WithAttrs(a []slog.Attr) slog.Handler {
	return troubleOnly{h.Handler.WithAttrs(a)}
}

func (t *tapper) connect(line *os.File) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.line, t.own, t.presented, t.committed = line, wire.Stream{}, 0, 0
}

// told takes note of a receipt.
func (t *tapper) told(own wire.Stream, marks []wire.Mark) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if own != t.own {
		t.own, t.committed = own, 0
	}
	for _, m := range marks {
		if m.Stream == own && len(m.Committed) > 0 {
			t.committed = max(t.committed, m.Committed[len(m.Committed)-1].To)
		}
	}
	close(t.news)
	t.news = make(chan struct{})
}

// tap presents a fob that is nobody's, and waits for the receipt.
func (t *tapper) tap(ctx context.Context) (probe.TapState, time.Duration) {
	seq, err := t.present()
	if err != nil || seq == 0 {
		return probe.TapOff, 0
	}
	began := time.Now()
	late := time.NewTimer(t.patience)
	defer late.Stop()
	for {
		t.mu.Lock()
		there, news := t.committed >= seq, t.news
		t.mu.Unlock()
		if there {
			return probe.TapReceived, time.Since(began)
		}
		select {
		case <-news:
		case <-late.C:
			return probe.TapWaits, 0
		case <-ctx.Done():
			return probe.TapWaits, 0
		}
	}
}

// present writes a number to the reader's line; another than the last, as a fob
// that stays is not presented twice. It gives the tap's seq; 0: nobody reads.
func (t *tapper) present() (uint64, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.line == nil {
		return 0, nil
	}
	t.presented = max(t.presented, t.committed) + 1
	_, err := fmt.Fprintf(t.line, "%010d\n", 1+t.presented%2)
	return t.presented, err
}
