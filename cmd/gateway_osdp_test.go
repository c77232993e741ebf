package cmd_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	sim "tikklok/firmware-sim"
	"tikklok/gateway"
	"tikklok/gateway/journal"
	"tikklok/gateway/wire"
	"tikklok/ingest/fleet"
)

// box is the shipped gateway without a network.
type box struct {
	t   *testing.T
	cfg gateway.Config
	end func() error
}

func newBox(t *testing.T, ports ...string) *box {
	t.Helper()
	a, err := fleet.OpenAuthority(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	file, _, err := a.EnrolmentFile(7, "mqtts://127.0.0.1:1", wire.TokenKey{Version: 1, Secret: make([]byte, 32)}, 1)
	if err != nil {
		t.Fatal(err)
	}
	b := &box{t: t, cfg: gateway.Config{Journal: filepath.Join(t.TempDir(), "journal"), Log: slog.New(slog.DiscardHandler)}}
	if err := json.Unmarshal(file, &b.cfg.Enrolment); err != nil {
		t.Fatal(err)
	}
	for _, text := range ports {
		p, err := gateway.ParsePort(text)
		if err != nil {
			t.Fatal(err)
		}
		b.cfg.Ports = append(b.cfg.Ports, p)
	}
	return b
}

func (b *box) start() {
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- gateway.Run(ctx, b.cfg) }()
	b.end = func() error { stop(); return <-done }
}

func (b *box) wait(what string, ok func() bool) {
	b.t.Helper()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(2 * time.Millisecond) {
		if ok() {
			return
		}
	}
	b.t.Fatalf("waited in vain for %s", what)
}

func (b *box) stored(n uint64) func() bool {
	return func() bool { r, err := journal.Inspect(b.cfg.Journal); return err == nil && r.Taps == n }
}

func TestAGatewayKeepsTapsAndKeysOfOSDPReaders(t *testing.T) {
	t.Parallel()
	shown := make(chan wire.Colour, 100)
	front := sim.NewOSDP(sim.OSDPConfig{Address: 1, Enforce: true, Shown: func(c wire.Colour) { shown <- c }}, 8)
	back := sim.NewOSDP(sim.OSDPConfig{Address: 2}, 9)
	line, _ := wall(t, front, back)
	b := newBox(t, line.Port.Path()+"=osdp:addr=1+2,name=hall,readers=front+back")
	b.start()
	own := func(r *sim.OSDP) bool { open, byDefault := r.Secured(); return open && !byDefault }
	b.wait("both to have keys of their own", func() bool { return own(front) && own(back) })
	var waited []time.Duration
	for n := range byte(20) {
		began := time.Now()
		front.Present(26, card(n))
		if c := <-shown; c != wire.Green {
			t.Fatalf("shown %d", c)
		}
		waited = append(waited, time.Since(began))
	}
	t.Logf("from tap to green: %v", waited)
	b.wait("20 taps", b.stored(20))
	if err := b.end(); err != nil {
		t.Fatal(err)
	}
	key := *front.Key()
	back.Present(26, card(99)) // while nobody polls
	b.start()
	b.wait("the channels of the next process", func() bool { return own(front) && own(back) })
	b.wait("21 taps", b.stored(21))
	if *front.Key() != key {
		t.Error("it has another key than before")
	}
	if err := b.end(); err != nil {
		t.Fatal(err)
	}
	keys := filepath.Join(b.cfg.Journal, "osdp-hall.keys")
	if info, err := os.Stat(keys); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("keys: %v, %v", info, err)
	}
	if err := os.WriteFile(keys, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := gateway.Run(t.Context(), b.cfg); err == nil || !strings.Contains(err.Error(), "installation mode") {
		t.Errorf("with damaged keys: %v", err)
	}
}
