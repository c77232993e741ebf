package ingest

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"tikklok/ingest/pg"
)

// gateway is who sent a message: its tenant and site decide where the message
// may go (I1, I6).
type gateway struct {
	id           uint32
	tenant       int64
	site         int64
	certificates [][]byte // SHA-256 of those it may use
	unseen       [][]byte // of these: not seen in use yet, or their content isn't known
}

// errUnknownGateway: there is no such gateway, or it was revoked.
var errUnknownGateway = errors.New("unknown or revoked gateway")

// maxGateways bounds what a broker full of made-up topics could make us keep.
const maxGateways = 100_000

// gateways remembers look-ups, the failed ones too. Every round asks again for
// all of them at once, so that a revoked gateway is out within a round.
type gateways struct {
	db    *pg.DB
	mu    sync.Mutex
	known map[uint32]lookup
	next  *inquiry // that may be joined still
	last  *inquiry // that was begun last
}

// inquiry is one look-up for all who want one while the last is under way:
// when thousands come back at once, they must not queue for the connections
// that commits need too.
type inquiry struct {
	ids  []int64
	done chan struct{}
	err  error
}

type lookup struct {
	gateway
	found  bool
	online bool      // its last state said so, and no last will since
	heard  time.Time // last sign of life; zero: none since this start
}

func newGateways(db *pg.DB) *gateways {
	return &gateways{db: db, known: map[uint32]lookup{}}
}

// find gives a gateway. While the database is away the last answer holds.
func (g *gateways) find(ctx context.Context, id uint32) (gateway, error) {
	g.mu.Lock()
	l, ok := g.known[id]
	g.mu.Unlock()
	if !ok {
		if err := g.inquire(ctx, int64(id)); err != nil {
			return gateway{}, err
		}
		g.mu.Lock()
		l = g.known[id]
		g.mu.Unlock()
	}
	if !l.found {
		return gateway{}, fmt.Errorf("gateway %d: %w", id, errUnknownGateway)
	}
	return l.gateway, nil
}

// again looks a gateway up anew, whatever is remembered of it; one that is not
// there any more uses no certificate.
func (g *gateways) again(ctx context.Context, id uint32) (gateway, error) {
	if err := g.inquire(ctx, int64(id)); err != nil {
		return gateway{}, err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.known[id].gateway, nil
}

// inquire joins the next inquiry; who is the first makes it, for all.
func (g *gateways) inquire(ctx context.Context, id int64) error {
	g.mu.Lock()
	q, before, leads := g.next, g.last, g.next == nil
	if leads {
		q = &inquiry{done: make(chan struct{})}
		g.next = q
	}
	q.ids = append(q.ids, id)
	g.mu.Unlock()
	if leads {
		g.lead(context.WithoutCancel(ctx), q, before)
	}
	select {
	case <-q.done:
		return q.err
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (g *gateways) lead(ctx context.Context, q, before *inquiry) {
	if before != nil {
		<-before.done
	}
	g.mu.Lock()
	g.next, g.last = nil, q
	g.mu.Unlock()
	q.err = g.ask(ctx, q.ids)
	close(q.done)
}

func (g *gateways) ask(ctx context.Context, ids []int64) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	found, err := queryGateways(ctx, g.db, ids)
	if err != nil {
		return err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.known)+len(ids) > maxGateways {
		maps.DeleteFunc(g.known, func(_ uint32, l lookup) bool { return !l.online })
	}
	for _, id := range ids {
		gw, ok := found[uint32(id)]
		before := g.known[uint32(id)]
		g.known[uint32(id)] = lookup{gw, ok, before.online, before.heard}
	}
	return nil
}

// refresh asks again for all that are known; those that are unknown by then
// are dropped, so that a new gateway is found at its next try.
func (g *gateways) refresh(ctx context.Context) error {
	g.mu.Lock()
	var ids []int64
	for id, l := range g.known {
		if l.found {
			ids = append(ids, int64(id))
		} else {
			delete(g.known, id)
		}
	}
	g.mu.Unlock()
	if len(ids) == 0 {
		return nil
	}
	return g.ask(ctx, ids)
}

// heard notes a sign of life of a gateway that was found.
func (g *gateways) heard(id uint32, now time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if l, ok := g.known[id]; ok {
		l.heard = now
		g.known[id] = l
	}
}

// shows notes whether a gateway that was found is connected, as its state or
// its last will says.
func (g *gateways) shows(id uint32, online bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if l, ok := g.known[id]; ok {
		l.online = online
		g.known[id] = l
	}
}

// present gives the gateways that are connected, however long they have been
// silent, and those heard at or after an instant.
func (g *gateways) present(since time.Time) []gateway {
	return g.choose(func(l lookup) bool { return l.online || !l.heard.Before(since) })
}

// heardSince gives the gateways heard at or after an instant.
func (g *gateways) heardSince(t time.Time) []gateway {
	return g.choose(func(l lookup) bool { return !l.heard.Before(t) })
}

func (g *gateways) choose(wanted func(lookup) bool) (all []gateway) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, l := range g.known {
		if l.found && wanted(l) {
			all = append(all, l.gateway)
		}
	}
	return all
}

// uses says whether a certificate (DER) is one that the gateway may use.
func (g gateway) uses(certificate []byte) bool { return among(g.certificates, certificate) }

// isNew says whether a certificate (DER) was not seen in use before.
func (g gateway) isNew(certificate []byte) bool { return among(g.unseen, certificate) }

func among(prints [][]byte, certificate []byte) bool {
	sum := sha256.Sum256(certificate)
	return slices.ContainsFunc(prints, func(p []byte) bool { return subtle.ConstantTimeCompare(sum[:], p) == 1 })
}
