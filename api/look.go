package api

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/labstack/echo/v4"

	"tikklok/api/page"
	"tikklok/ingest/audit"
	"tikklok/ingest/pg"
)

// reading is whom an operation tells about, as the access log names it (OB-C4).
type reading string

// Of whom an operation tells. Without a word a GET, and a page that a form
// answers with, is taken to tell about a list of people, so that a new one is
// logged before anybody thinks of it; a change of the API about nobody: it is an
// entry of its own.
const (
	ofNobody   reading = "nobody"   // no employee, no user
	ofList     reading = "list"     // some of all
	ofOwn      reading = "own"      // the caller's own employee
	ofID       reading = "id"       // the employee whose id stands in the address as :id
	ofEmployee reading = "employee" // … as :employee
)

// look is what a request reads about people, until it is written down.
type look struct {
	who       caller
	operation string
	of        reading
	named     audit.People // by the handler, or by the address
	told      bool         // the handler named all there are
	users     bool         // the answer says which users did something
	live      bool         // a page asked by itself
}

// lookOf gives what an admitted request is to be logged as reading; nil:
// nothing.
func lookOf(c echo.Context, operation string, may access, who caller) *look {
	r, of := c.Request(), may.reads
	if of == "" && (r.Method == http.MethodGet || !isAPI(r.URL.Path)) {
		of = ofList
	}
	l := &look{who: who, operation: operation, of: of, live: r.Header.Get(page.LiveHeader) != ""}
	switch of {
	case ofID, ofEmployee:
		if id, err := strconv.ParseInt(c.Param(string(of)), 10, 64); err == nil {
			l.named = audit.PeopleOf(id)
		}
	case ofOwn:
		if who.account != nil && who.account.Employee != 0 {
			l.named = audit.PeopleOf(who.account.Employee)
		}
	}
	return l
}

// people says whom the request read about; ok is false for nobody.
func (l *look) people() (of audit.People, ok bool) {
	switch {
	case len(l.named.Spans) > 0:
		return l.named, true
	case l.of == "" || l.of == ofNobody || l.told:
		return of, l.users // of users alone: no employee
	}
	return audit.People{All: true}, true
}

// readsAbout names the employees whom an answer tells about, where that is
// narrower than what the operation declares, or where it declares nobody.
func readsAbout(ctx context.Context, employees ...int64) {
	if l := noteOf(ctx).look; l != nil {
		l.named, l.told = l.named.Union(audit.PeopleOf(employees...)), true
	}
}

// readsUsers says that an answer names users, by what they did.
func readsUsers(ctx context.Context) {
	if l := noteOf(ctx).look; l != nil {
		l.users = true
	}
}

// noteRead writes down what a request read, before the first byte of its
// answer leaves: without an entry nothing is told (OB-C4, OB-P10).
func (s *Server) noteRead(ctx context.Context, l *look) error {
	of, ok := l.people()
	if !ok || l.live && !s.looks.again(l, of, s.cfg.Now()) {
		return nil
	}
	return s.cfg.DB.InTenant(ctx, l.who.tenant.ID, func(tx pg.Tx) error {
		return audit.NoteRead(ctx, tx, l.who.actor(), l.operation, of)
	})
}

// liveEvery is how often a page that refreshes itself is written down: each
// look would be an entry a second of somebody who watches one page.
const liveEvery = 5 * time.Minute

// looks remembers when pages that refresh themselves were last written down.
type looks struct {
	mu   sync.Mutex
	last map[lookKey]time.Time
}

type lookKey struct {
	tenant    int64
	by        audit.Actor
	operation string
	of        string
}

// again says whether it is time to write a live look at some people down, and
// notes it.
func (k *looks) again(l *look, of audit.People, now time.Time) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	key := lookKey{l.who.tenant.ID, l.who.actor(), l.operation, fmt.Sprint(of)}
	if now.Sub(k.last[key]) < liveEvery {
		return false
	}
	for old, at := range k.last {
		if now.Sub(at) >= liveEvery {
			delete(k.last, old)
		}
	}
	k.last[key] = now
	return true
}
