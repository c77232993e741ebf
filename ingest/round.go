package ingest

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"tikklok/gateway/wire"
	"tikklok/ingest/fleet"
	"tikklok/ingest/pg"
)

// presence is how long after its last message a gateway counts as there that
// hasn't said it is online, or whose last will came since.
const presence = 15 * time.Minute

// rounds does what no message asks for: it tells gateways what they should
// know, asks them for what is missing, shuts out those that were revoked.
type rounds struct {
	db       *pg.DB
	gateways *gateways
	broker   *broker // nil: an external one
	way      link
	lead     *lead // nil: this process is the only one at its broker
	send     sender
	trouble  func() string // of the way to the broker
	log      *slog.Logger
	every    time.Duration
	asks     *asks
	started  time.Time
	told     map[uint32]uint64 // version of the settings sent
	seen     time.Time         // up to when signs of life were written down
	beaten   time.Time         // when this process's sign of life was written down
	swept    time.Time         // up to when what was not heard since was marked offline
	leading  bool              // of all replicas this one
}

// run works until ctx ends; states come on the same goroutine, so that what
// was told needs no lock.
func (r *rounds) run(ctx context.Context, told *states) {
	tick := time.NewTicker(r.every)
	defer tick.Stop()
	defer r.resign()
	r.leads(ctx)
	for {
		select {
		case <-ctx.Done():
			return
		case <-told.news:
			r.hearAll(ctx, told.take(statesAtOnce))
		case <-tick.C:
			r.round(ctx)
		}
	}
}

func (r *rounds) warn(ctx context.Context, message string, err error) {
	if err != nil && ctx.Err() == nil {
		r.log.Warn(message, "error", err)
	}
}

func (r *rounds) round(ctx context.Context) {
	now := time.Now()
	r.warn(ctx, "gateways could not be looked up", r.gateways.refresh(ctx))
	if r.broker != nil {
		r.broker.evict(ctx)
	}
	r.warn(ctx, "signs of life could not be stored", errors.Join(r.storeLife(ctx, now), r.beat(ctx, now)))
	if !r.leads(ctx) {
		return
	}
	r.warn(ctx, "gateways could not be marked offline", r.sweep(ctx, now))
	byTenant := map[int64][]gateway{}
	for _, g := range r.gateways.present(now.Add(-presence)) {
		byTenant[g.tenant] = append(byTenant[g.tenant], g)
	}
	for tenant, present := range byTenant {
		r.warn(ctx, "a tenant's gateways could not be told what they should know", r.visit(ctx, tenant, present, now))
	}
	r.asks.forget(now)
}

// visit sends one tenant's gateways the settings that changed and asks for
// what is missing.
func (r *rounds) visit(ctx context.Context, tenant int64, present []gateway, now time.Time) error {
	var news []order
	var holes []fleet.Hole
	err := r.db.InTenants(ctx, []int64{tenant}, func(tx pg.Tx) (err error) {
		if news, err = r.changes(ctx, tx, tenant, present); err != nil {
			return err
		}
		holes, err = fleet.Holes(ctx, tx)
		return err
	})
	if err != nil {
		return err
	}
	r.tell(news)
	spans := r.asks.choose(holes, present, now)
	for _, g := range present {
		if s := spans[int64(g.id)]; len(s) > 0 {
			r.send(topic(g.id, topicDown), wire.Down{Receipt: &wire.Receipt{Asks: s}}.Encode(), 0)
		}
	}
	return nil
}

// statesAtOnce share a transaction: after an outage every gateway tells its
// state, and the disk would make each wait for the last.
const statesAtOnce = 100

// hearAll stores states together; where that fails, each by itself, so that
// one that the database refuses harms no other.
func (r *rounds) hearAll(ctx context.Context, group []stateMessage) {
	slices.SortFunc(group, func(a, b stateMessage) int { // rows in the order in which commits lock them
		return cmp.Or(cmp.Compare(a.from.tenant, b.from.tenant), cmp.Compare(a.from.id, b.from.id))
	})
	err := r.hear(ctx, group)
	if err != nil && len(group) > 1 {
		for i := range group {
			r.warn(ctx, "a gateway's state could not be stored", r.hear(ctx, group[i:i+1]))
		}
		return
	}
	r.warn(ctx, "a gateway's state could not be stored", err)
}

// hear stores what gateways say of themselves, and tells those that came
// online what they should know.
func (r *rounds) hear(ctx context.Context, group []stateMessage) error {
	var all []order
	err := r.db.InTenants(ctx, tenantsTelling(group), func(tx pg.Tx) (err error) {
		for _, m := range group {
			if err = updateState(ctx, tx, m.from, m.state); err != nil {
				return err
			}
		}
		all, err = r.answers(ctx, tx, group)
		return err
	})
	if err == nil {
		r.tell(all)
	}
	return err
}

func tenantsTelling(group []stateMessage) []int64 {
	tenants := map[int64]bool{}
	for _, m := range group {
		tenants[m.from.tenant] = true
	}
	return slices.Sorted(maps.Keys(tenants))
}

// leads says whether what is to be done by one replica only is to be done here.
// States are for that one, too: the broker retains them, so that whoever takes
// over learns all of them at once.
func (r *rounds) leads(ctx context.Context) bool {
	if r.lead == nil {
		return true
	}
	holds, err := r.lead.hold(ctx)
	r.warn(ctx, "whether this replica leads is not known; it doesn't", err)
	if holds != r.leading {
		r.leading = holds
		r.log.Info("one replica tells the gateways what they should know", "this_one", holds)
		r.way.hearStates(holds)
	}
	return holds
}

func (r *rounds) resign() {
	if r.lead != nil {
		r.lead.release()
	}
}

// sweep marks offline what was online when the broker was last begun to be
// listened to and has not been heard since, though it had the time.
func (r *rounds) sweep(ctx context.Context, now time.Time) error {
	since, grace := r.way.listens()
	if since.IsZero() || !since.After(r.swept) || now.Sub(since) < grace {
		return nil
	}
	if err := markOffline(ctx, r.db, since); err != nil {
		return err
	}
	r.swept = since
	return nil
}

func (r *rounds) storeLife(ctx context.Context, now time.Time) error {
	if err := updateHeard(ctx, r.db, r.gateways.heardSince(r.seen)); err != nil {
		return err
	}
	r.seen = now
	return nil
}

// beatEvery is how often this process says that it lives.
const beatEvery = 20 * time.Second

// beat writes down that this process lives and whether its broker answers, so
// that silent gateways can be told from a server that does not listen (OB-H11).
func (r *rounds) beat(ctx context.Context, now time.Time) error {
	if now.Sub(r.beaten) < beatEvery {
		return nil
	}
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	h := fleet.Heartbeat{Server: clean(host, 80) + "/" + strconv.Itoa(os.Getpid()), Started: r.started, Broker: clean(r.trouble(), 200),
		Hears: len(r.gateways.present(now.Add(-presence))) > 0}
	if err := r.db.Look(ctx, func(tx pg.Tx) error { return fleet.Beat(ctx, tx, h) }); err != nil {
		return err
	}
	r.beaten = now
	return nil
}

// clean makes a device's text one that the database takes: valid, without
// NUL, at most n bytes.
func clean(s string, n int) string {
	s = strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD")
	if len(s) > n {
		s = strings.ToValidUTF8(s[:n], "")
	}
	return s
}
