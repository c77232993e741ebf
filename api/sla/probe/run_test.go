package probe

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// measuring has a probe measure a server, in minutes of a second named from the
// nth on, until stop.
func measuring(t *testing.T, server http.Handler, b *Book, nth int, log *slog.Logger) (stop func()) {
	t.Helper()
	at := httptest.NewServer(server)
	t.Cleanup(at.Close)
	v := visitor(t, at.URL, 10*time.Second)
	p := Probe{Book: b, Visitor: v, Log: log, Clock: Clock{Began: time.Now(), Scale: 60, Named: minute(nth)},
		Courier: &Courier{Book: b, Server: v.Server, Client: at.Client(), Log: slog.New(slog.DiscardHandler)}}
	ctx, end := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { defer close(ended); _ = p.Run(ctx) }()
	return func() { end(); <-ended }
}

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
	b := open(t, t.TempDir())
	stop := measuring(t, mux, b, 0, slog.New(slog.DiscardHandler))
	until := func(s State) {
		for b.Status(minute(0)).Newest.State != s && t.Context().Err() == nil {
			time.Sleep(10 * time.Millisecond)
		}
	}
	until(Up)
	shut.Store(1 << 40) // from here on it is an outage
	until(Down)
	stop()
	all := b.Waiting(1 << 20)
	if all[0].State != Up || visits.Load() < 5 {
		t.Errorf("the first minute is %s, after %d visits", all[0].State, visits.Load())
	}
}

// An account that was closed, locked or changed keeps nobody else out: no minute
// of it is down. The server says so itself, under the probe's key.
func TestMinutesInWhichOnlyTheProbesAccountIsKeptOutAreUnmeasured(t *testing.T) { // OB-S1
	for standing, want := range map[string]string{
		`{"standing": "closed"}`:  "probe add",
		`{"standing": "changed"}`: "write that in the probe's file",
		`{"standing": "locked"}`:  "for an hour at most",
		"401":                     "both cut off",
		`{"standing": "open"}`:    "",
		`{"standing": "asleep"}`:  "",
		"<html>":                  "",
		"404":                     "", // of an older version
		"500":                     "",
	} {
		mux := http.NewServeMux()
		mux.HandleFunc("POST /sign-in", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnprocessableEntity) })
		mux.HandleFunc("GET "+PathAccount, func(w http.ResponseWriter, _ *http.Request) {
			if code, err := strconv.Atoi(standing); err == nil {
				w.WriteHeader(code)
				return
			}
			_, _ = io.WriteString(w, standing)
		})
		server := httptest.NewServer(mux)
		defer server.Close()
		u, err := url.Parse(server.URL)
		if err != nil {
			t.Fatal(err)
		}
		p := Probe{Visitor: visitor(t, server.URL, 10*time.Second), Clock: Clock{Began: time.Now(), Scale: 1000}, Courier: &Courier{Server: u, Client: server.Client()}}
		r, met := p.look(t.Context())
		if r.State != Down || r.Why != WhySignIn || !strings.Contains(met.Own, want) || want == "" && met.Own != "" {
			t.Errorf("%s: %s, %q kept out by %q; want %q", standing, r.State, r.Why, met.Own, want)
		}
	}
}

func TestAnAccountThatIsKeptOutIsSaidOnceAndItsMinutesStandNowhere(t *testing.T) {
	var closed atomic.Bool
	closed.Store(true)
	mux := http.NewServeMux()
	mux.HandleFunc("POST /sign-in", func(w http.ResponseWriter, r *http.Request) {
		if closed.Load() {
			w.WriteHeader(http.StatusUnprocessableEntity)
			return
		}
		http.Redirect(w, r, "/today", http.StatusSeeOther)
	})
	mux.HandleFunc("GET /today", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `<form action="/sign-out">`) })
	asked := make(chan struct{}, 100)
	mux.HandleFunc("GET "+PathAccount, func(w http.ResponseWriter, _ *http.Request) {
		asked <- struct{}{}
		_, _ = io.WriteString(w, `{"standing": "closed"}`)
	})
	b, said := open(t, t.TempDir()), &lines{}
	write(t, b, 0, Up) // it got in before
	stop := measuring(t, mux, b, 1, slog.New(slog.NewTextHandler(said, nil)))
	for range 3 {
		<-asked
	}
	closed.Store(false)
	for len(b.Waiting(9)) < 2 {
		time.Sleep(10 * time.Millisecond)
	}
	stop()
	for _, r := range b.Waiting(9) {
		if r.State != Up {
			t.Errorf("%s is %s", r.At, r.State)
		}
	}
	if n := said.count("this probe alone is kept out"); n != 1 {
		t.Errorf("said %d times", n)
	}
	if n := said.count("users get in"); n != 1 {
		t.Errorf("said %d times that users get in", n)
	}
}

// A release that refuses right passwords is an outage, also when its visits have
// locked the probe's account.
func TestALockThatTheProbesOwnVisitsBroughtIsAnOutage(t *testing.T) { // OB-S1
	mux := http.NewServeMux()
	mux.HandleFunc("POST /sign-in", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnprocessableEntity) })
	asked, asks := make(chan struct{}, 100), atomic.Int64{}
	mux.HandleFunc("GET "+PathAccount, func(w http.ResponseWriter, _ *http.Request) {
		standing := "locked"
		if asks.Add(1) == 1 {
			standing = "open"
		}
		_, _ = io.WriteString(w, `{"standing": "`+standing+`"}`)
		asked <- struct{}{}
	})
	b := open(t, t.TempDir())
	write(t, b, 0, Up) // it got in before
	stop := measuring(t, mux, b, 1, slog.New(slog.DiscardHandler))
	for range 3 {
		<-asked
	}
	stop()
	down := 0
	for _, r := range b.Waiting(9) {
		if r.State == Down {
			down++
		}
	}
	if down < 2 {
		t.Errorf("%d minutes are down, want the first and those of the lock", down)
	}
}

// lines is a log that is read while it is written.
type lines struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

func (l *lines) count(what string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Count(l.text.String(), what)
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
