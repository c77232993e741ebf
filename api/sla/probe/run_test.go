package probe

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// A probe whose file is wrong would else tell an outage that is none.
func TestNothingIsWrittenDownBeforeTheProbeGotIn(t *testing.T) {
	var visits, shut atomic.Int64
	shut.Store(4)
	mux := http.NewServeMux()
	mux.HandleFunc("POST /sign-in", func(w http.ResponseWriter, r *http.Request) {
		if visits.Add(1) <= shut.Load() {
			w.WriteHeader(http.StatusUnprocessableEntity)
			return
		}
		http.Redirect(w, r, "/today", http.StatusSeeOther)
	})
	mux.HandleFunc("GET /today", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `<form action="/sign-out">`) })
	server := httptest.NewServer(mux)
	defer server.Close()
	u, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	b := open(t, t.TempDir())
	p := Probe{Book: b, Visitor: visitor(t, server.URL, 10*time.Second), Log: slog.New(slog.DiscardHandler),
		Clock:   Clock{Began: time.Now(), Scale: 60, Named: minute(0)},
		Courier: &Courier{Book: b, Server: u, Client: server.Client(), Log: slog.New(slog.DiscardHandler)}}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { defer close(ended); _ = p.Run(ctx) }()
	until := func(s State) {
		for b.Status(minute(0)).Newest.State != s && ctx.Err() == nil {
			time.Sleep(10 * time.Millisecond)
		}
	}
	until(Up)
	shut.Store(1 << 40) // from here on it is an outage
	until(Down)
	stop()
	<-ended
	all := b.Waiting(1 << 20)
	if all[0].State != Up || visits.Load() < 5 {
		t.Errorf("the first minute is %s, after %d visits", all[0].State, visits.Load())
	}
}

func TestTheLogSaysOnceWhoseClockIsAhead(t *testing.T) { // BAD INPUT: probe and server disagree on time
	var text bytes.Buffer
	log, s := slog.New(slog.NewTextHandler(&text, nil)), sayings{}
	for _, ahead := range []int64{0, 90, 91, 92, 0, -3600, -3601, 29, -29} {
		s.measured(log, Record{State: Up, Ahead: ahead}, "", true)
	}
	s.measured(log, Record{State: Down, Why: WhyConnection}, "", true) // says nothing of a clock
	var said []string
	for line := range strings.Lines(text.String()) {
		if strings.Contains(line, "clock") {
			said = append(said, line)
		}
	}
	want := []string{"server's clock is ahead of the probe's; minutes are named by the probe's: set whichever is wrong\" by=1m30s", "agree again",
		"probe's clock is ahead of the server's; minutes are named by the probe's: set whichever is wrong\" by=1h0m0s", "agree again"}
	if len(said) != len(want) {
		t.Fatalf("said\n%s", strings.Join(said, ""))
	}
	for i := range want {
		if !strings.Contains(said[i], want[i]) {
			t.Errorf("said %s, want %s", said[i], want[i])
		}
	}
}
