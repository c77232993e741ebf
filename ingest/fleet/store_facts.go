package fleet

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"tikklok/gateway/wire"
	"tikklok/ingest/pg"
)

// AllFacts gives what is known of every gateway in use, in order of name, for
// Diagnose.
func AllFacts(ctx context.Context, tx pg.Tx, now time.Time) ([]Facts, error) {
	gateways, err := Gateways(ctx, tx)
	if err != nil {
		return nil, err
	}
	all := []Facts{}
	for _, g := range gateways {
		if g.Retired == nil {
			all = append(all, Facts{Gateway: g})
		}
	}
	by := map[int64]*Facts{}
	for i := range all {
		by[all[i].ID] = &all[i]
	}
	for _, read := range []func(context.Context, pg.Tx, map[int64]*Facts, time.Time) error{
		readTold, readReaders, readOutages, readSamples, readRecord, readServer,
	} {
		if err := read(ctx, tx, by, now); err != nil {
			return nil, err
		}
	}
	meet(all, now)
	return all, nil
}

// FactsOf gives what is known of one gateway in use, or ErrNotFound.
func FactsOf(ctx context.Context, tx pg.Tx, gateway int64, now time.Time) (Facts, error) {
	all, err := AllFacts(ctx, tx, now)
	if err != nil {
		return Facts{}, err
	}
	for _, f := range all {
		if f.ID == gateway {
			return f, nil
		}
	}
	return Facts{}, fmt.Errorf("gateway %d: %w", gateway, ErrNotFound)
}

// meet tells each gateway in use of the others.
func meet(all []Facts, now time.Time) {
	for i := range all {
		for j, o := range all {
			if i == j || !o.InUse() || o.LastHeard == nil { // one that never came proves nothing
				continue
			}
			since := o.OfflineSince
			if since == nil && !o.Online {
				since = o.LastHeard
			}
			all[i].Others = append(all[i].Others, Neighbour{SameSite: o.Site == all[i].Site, Online: o.Online, OfflineSince: since, Stuck: stuck(o, now)})
		}
	}
}

func readTold(ctx context.Context, tx pg.Tx, by map[int64]*Facts, _ time.Time) error {
	var id int64
	var t Told
	rows, err := tx.Query(ctx, "SELECT gateway_id, "+toldColumns+" FROM gateway_told WHERE tenant_id = current_tenant()")
	return forEach(rows, err, "what gateways told", append([]any{&id}, t.fields()...), func() {
		if f := by[id]; f != nil {
			f.Told = t
		}
		t = Told{}
	})
}

// readReaders gives each reader in use to its gateway; one with memory to the
// gateway that heard it last.
func readReaders(ctx context.Context, tx pg.Tx, by map[int64]*Facts, _ time.Time) error {
	readers, err := Readers(ctx, tx)
	if err != nil {
		return err
	}
	var origin, gateway int64
	heard := map[int64]int64{}
	rows, err := tx.Query(ctx, `SELECT DISTINCT ON (origin) origin, gateway_id FROM origin_heard
		WHERE tenant_id = current_tenant() AND origin >= $1 ORDER BY origin, last_heard DESC`, int64(wire.FirstReader))
	if err := forEach(rows, err, "who heard readers", []any{&origin, &gateway}, func() { heard[origin] = gateway }); err != nil {
		return err
	}
	for _, r := range readers {
		at := r.Origin
		if r.Memory() {
			at = heard[r.Origin]
		}
		if f := by[at]; f != nil && r.InUse() {
			f.Readers = append(f.Readers, r)
		}
	}
	return nil
}

func readOutages(ctx context.Context, tx pg.Tx, by map[int64]*Facts, now time.Time) error {
	var id int64
	var o Outage
	rows, err := tx.Query(ctx, `SELECT gateway_id, since, until, cause FROM gateway_outage
		WHERE tenant_id = current_tenant() AND until > $1 ORDER BY since DESC`, now.AddDate(0, 0, -30))
	return forEach(rows, err, "outages", []any{&id, &o.Since, &o.Until, &o.Cause}, func() {
		if f := by[id]; f != nil {
			f.Outages = append(f.Outages, o)
		}
	})
}

func readSamples(ctx context.Context, tx pg.Tx, by map[int64]*Facts, now time.Time) error {
	var id int64
	var s Sample
	rows, err := tx.Query(ctx, `SELECT gateway_id, at, unsent, signal, connections, bytes FROM gateway_history
		WHERE tenant_id = current_tenant() AND at > $1 ORDER BY at`, now.Add(-25*time.Hour))
	return forEach(rows, err, "the history of gateways", []any{&id, &s.At, &s.Unsent, &s.Signal, &s.Connections, &s.Bytes}, func() {
		if f := by[id]; f != nil {
			f.Samples = append(f.Samples, s)
		}
	})
}

// readRecord gives what the server holds on record of each gateway.
func readRecord(ctx context.Context, tx pg.Tx, by map[int64]*Facts, _ time.Time) error {
	var id, wanted int64
	var enrolled bool
	var committed, refusedAt *time.Time
	var refused int
	rows, err := tx.Query(ctx, `SELECT g.gateway_id, COALESCE(d.version, 0),
			EXISTS (SELECT FROM gateway_certificate c WHERE c.tenant_id = g.tenant_id AND c.gateway_id = g.gateway_id AND c.ended_at IS NULL),
			(SELECT max(h.last_heard) FROM origin_heard h WHERE h.tenant_id = g.tenant_id AND h.gateway_id = g.gateway_id),
			COALESCE(q.n, 0), q.at
		FROM gateway g
		LEFT JOIN gateway_desired d ON d.tenant_id = g.tenant_id AND d.gateway_id = g.gateway_id
		LEFT JOIN (SELECT tenant_id, gateway_id, count(*) AS n, max(at) AS at FROM quarantine WHERE resolved_at IS NULL GROUP BY 1, 2) q
			ON q.tenant_id = g.tenant_id AND q.gateway_id = g.gateway_id
		WHERE g.tenant_id = current_tenant()`)
	return forEach(rows, err, "what is on record of gateways", []any{&id, &wanted, &enrolled, &committed, &refused, &refusedAt}, func() {
		if f := by[id]; f != nil {
			f.SettingsWanted, f.Enrolled, f.Committed, f.Refused, f.RefusedAt = wanted, enrolled, committed, refused, refusedAt
		}
		committed, refusedAt = nil, nil
	})
}

// readServer gives what is the same for all gateways.
func readServer(ctx context.Context, tx pg.Tx, by map[int64]*Facts, _ time.Time) error {
	beats, err := Beats(ctx, tx)
	if err != nil {
		return err
	}
	var until *time.Time
	err = tx.QueryRow(ctx, "SELECT not_after FROM service_certificate WHERE name = 'broker'").Scan(&until)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return fmt.Errorf("reading the broker's certificate: %w", err)
	}
	var key int64
	err = tx.QueryRow(ctx, "SELECT COALESCE(max(version), 0) FROM token_key WHERE tenant_id = current_tenant() AND state IN ('current', 'next')").Scan(&key)
	if err != nil {
		return fmt.Errorf("reading the token key's version: %w", err)
	}
	for _, f := range by {
		f.Servers, f.BrokerCertificateUntil, f.KeyWanted = beats, until, key
	}
	return nil
}

// forEach scans each row into the same places.
func forEach(rows pgx.Rows, err error, what string, into []any, do func()) error {
	if err == nil {
		_, err = pgx.ForEachRow(rows, into, func() error { do(); return nil })
	}
	if err != nil {
		return fmt.Errorf("reading %s: %w", what, err)
	}
	return nil
}
