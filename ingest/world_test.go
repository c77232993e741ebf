package ingest

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"tikklok/gateway/wire"
	"tikklok/ingest/pg"
	"tikklok/ingest/pg/pgtest"
)

// world is a tenant with a site and gateways on a database of its own.
type world struct {
	t      testing.TB
	url    string
	db     *pg.DB // ingest's role
	app    *pg.DB
	tenant int64
	site   int64
}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{t: t, url: pgtest.URL(t)}
	w.db, w.app = pgtest.Open(t, w.url, pg.RoleIngest), pgtest.Open(t, w.url, pg.RoleApp)
	w.tenant = pgtest.Tenant(t, w.url, "Bakkerij Vos")
	w.site = w.addSite("Utrecht")
	w.addKey(1, "current")
	return w
}

func (w *world) addSite(name string) int64 {
	w.t.Helper()
	return w.exec("INSERT INTO site (tenant_id, name) VALUES ($1, $2) RETURNING site_id", w.tenant, name)
}

// addKey adds a version of the token key whose bytes are all its number.
func (w *world) addKey(version int, state string) {
	w.t.Helper()
	w.exec("INSERT INTO token_key (tenant_id, version, secret, state) VALUES ($1, $2, $3, $4) RETURNING version",
		w.tenant, version, bytes.Repeat([]byte{byte(version)}, 32), state)
}

func (w *world) addGateway(site int64, name string) gateway {
	w.t.Helper()
	id := w.exec("INSERT INTO gateway (tenant_id, site_id, name) VALUES ($1, $2, $3) RETURNING gateway_id", w.tenant, site, name)
	return gateway{id: uint32(id), tenant: w.tenant, site: site}
}

func (w *world) exec(sql string, args ...any) int64 {
	w.t.Helper()
	return pgtest.Exec(w.t, w.url, sql, args...)
}

// count gives the number of rows that a condition finds.
func (w *world) count(from string, args ...any) int64 {
	w.t.Helper()
	return w.exec("SELECT count(*) FROM "+from, args...)
}

func (w *world) want(n int64, from string, args ...any) {
	w.t.Helper()
	if got := w.count(from, args...); got != n {
		w.t.Errorf("%d rows in %s %v, want %d", got, from, args, n)
	}
}

func (w *world) worker() *worker {
	return &worker{commit: newCommitter(w.db, slog.New(slog.DiscardHandler), 1), log: slog.New(slog.DiscardHandler)}
}

// settle brings batches through a worker and gives the receipts.
func (w *world) settle(k *worker, group ...*message) receipts {
	w.t.Helper()
	answers := receipts{}
	ctx, cancel := context.WithTimeout(w.t.Context(), 20*time.Second)
	defer cancel()
	if err := k.settle(ctx, group, answers); err != nil {
		w.t.Fatal(err)
	}
	return answers
}

// taps gives n taps from seq on, a second apart, of a few fobs.
func taps(seq uint64, n int, reader string) []wire.Tap {
	all := make([]wire.Tap, n)
	for i := range all {
		s := seq + uint64(i)
		all[i] = wire.Tap{Seq: s, Tick: s * 1000, Wall: 1_790_000_000_000 + int64(s)*1000, Reader: reader,
			Token: wire.Token{byte(s % 10), 1, 2, 3, 4, 5, 6, 7}}
	}
	return all
}

func batch(logs ...wire.Log) wire.Batch { return wire.Batch{Logs: logs} }

func log(s wire.Stream, all []wire.Tap) wire.Log {
	l := wire.Log{Stream: s, KeyVersion: 1, Taps: all}
	if len(all) > 0 {
		l.Highest = all[len(all)-1].Seq
	}
	return l
}

func sent(from gateway, b wire.Batch) *message { return newMessage(from, b.Encode()) }

func marks(r *wire.Receipt) string {
	s := ""
	for _, m := range r.Marks {
		s += fmt.Sprint(m.Stream, " ", m.Committed, ";")
	}
	return s
}

func streamOf(g gateway, epoch uint64) wire.Stream {
	return wire.Stream{Origin: uint64(g.id), Epoch: epoch}
}
