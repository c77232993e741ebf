package api

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"tikklok/ingest/pg"
)

// Bounds of live pages.
const (
	livePages     = 500              // at most, of all tenants
	liveKeep      = 20 * time.Second // a sign of life, and a look whether the session stands
	livePace      = time.Second      // at most one event in this time
	liveDeadline  = time.Minute      // to write one event
	liveReconnect = 2 * time.Second
)

// live tells open pages that something of their tenant changed; what changed
// they ask for themselves, with their own rights (I6).
type live struct {
	db  *pg.DB
	log *slog.Logger

	mu      sync.Mutex
	pages   map[chan struct{}]int64 // by tenant
	stopped bool
}

func newLive(db *pg.DB, log *slog.Logger) *live {
	return &live{db: db, log: log, pages: map[chan struct{}]int64{}}
}

// join gives a channel that holds one value when something changed and is
// closed when the server stops; nil when there are too many pages.
func (l *live) join(tenant int64) chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.stopped || len(l.pages) >= livePages {
		return nil
	}
	c := make(chan struct{}, 1)
	l.pages[c] = tenant
	return c
}

func (l *live) leave(c chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.pages, c)
}

// tell wakes the pages of a tenant; 0 wakes all.
func (l *live) tell(tenant int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for c, t := range l.pages {
		if tenant != 0 && t != tenant {
			continue
		}
		select {
		case c <- struct{}{}:
		default: // it has one to look at already
		}
	}
}

func (l *live) stop() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.stopped = true
	for c := range l.pages {
		close(c)
		delete(l.pages, c)
	}
}

// run hears the database until ctx ends. After a broken connection every page
// is woken, since something may have been missed. A database that is away is
// told of once.
func (l *live) run(ctx context.Context) error {
	defer l.stop()
	heard := true
	for ctx.Err() == nil {
		err := l.listen(ctx, func() { heard = true; l.tell(0) }, func(payload string) { l.tell(tenantOf(payload)) })
		if ctx.Err() != nil {
			break
		}
		if heard {
			l.log.WarnContext(ctx, "live pages lost the database; connecting again until it answers", "err", err)
		}
		heard = false
		select {
		case <-ctx.Done():
		case <-time.After(liveReconnect):
		}
	}
	return nil
}

// tenantOf reads the tenant's id that begins a notification; 0: unknown.
func tenantOf(payload string) int64 {
	digits := payload
	if i := strings.IndexFunc(payload, func(r rune) bool { return r < '0' || r > '9' }); i >= 0 {
		digits = payload[:i]
	}
	id, err := strconv.ParseInt(digits, 10, 64)
	if err != nil {
		return 0
	}
	return id
}

// events streams "change" to one page until it leaves, its session ends or
// the server stops. An open stream is no activity (OB-C2).
func (s *Server) events(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	noteOf(ctx).look = nil               // it tells that something changed, and not what
	still := noteOf(ctx).standing.take() // stream looks itself, and tells the page
	if on, err := s.wallOn(ctx); err != nil || !on {
		return cmp.Or(err, errWallOff)
	}
	woken := s.live.join(callerOf(ctx).tenant.ID)
	if woken == nil {
		return errBusy
	}
	defer s.live.leave(woken)
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("X-Accel-Buffering", "no")
	out := http.NewResponseController(w)
	say := func(text string) bool {
		_ = out.SetWriteDeadline(time.Now().Add(liveDeadline)) // a writer without deadlines has none to pass
		_, err := fmt.Fprint(w, text)
		return err == nil && out.Flush() == nil
	}
	if !say(": hello\n\n") {
		return nil
	}
	s.stream(ctx, woken, still, say)
	return nil
}

// stream tells a page of changes, and a last time when its caller would not be
// let in any more: the page asks then, and is shown the door.
func (s *Server) stream(ctx context.Context, woken <-chan struct{}, still *standing, say func(string) bool) {
	token := s.sessions.Token(ctx)
	keep := time.NewTicker(min(liveKeep, s.cfg.Look))
	defer keep.Stop()
	pace := time.NewTicker(livePace)
	defer pace.Stop()
	for {
		text := ""
		select {
		case <-ctx.Done():
			return
		case _, open := <-woken:
			if !open {
				return
			}
			text = "event: change\ndata: {}\n\n"
		case <-keep.C:
			if still.refused(ctx) || s.sessions.over(ctx, token) {
				say("event: change\ndata: {}\n\n")
				return
			}
			text = ": still here\n\n"
		}
		if !say(text) {
			return
		}
		select { // one event a pace, however many taps
		case <-ctx.Done():
			return
		case <-pace.C:
		}
	}
}
