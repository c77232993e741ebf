package ingest

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/jackc/pgx/v5"

	"tikklok/ingest/pg"
)

// write sends everything a plan changes in one round trip.
func (p *plan) write(ctx context.Context, tx pg.Tx, keys []streamKey, tenants []int64) error {
	b := &pgx.Batch{}
	p.rows.queue(b)
	p.pairs.queue(b)
	queueStreams(b, keys, p.streams)
	queueHeard(b, p.heard)
	b.Queue(`SELECT pg_notify('tikklok', t::text) FROM unnest($1::bigint[]) t`, tenants)
	if err := tx.SendBatch(ctx, b).Close(); err != nil {
		return fmt.Errorf("storing registrations: %w", err)
	}
	return nil
}

// queue adds a plain insert: COPY is refused under row-level security, and
// names live in origin_progress, so that nothing can conflict here (I1). The
// transaction's number is asked for once, not once a row; and unnest in the
// list of columns streams, where FROM unnest(…) would first store all rows
// aside (0.2 against 0.8 µs a row).
func (c *columns) queue(b *pgx.Batch) {
	if len(c.seq) == 0 {
		return
	}
	b.Queue(`
		INSERT INTO registration (tenant_id, origin, epoch, seq, tick, wall, gap, reader_id, key_version, token, txn)
		SELECT unnest($1::bigint[]), unnest($2::bigint[]), unnest($3::bigint[]), unnest($4::bigint[]), unnest($5::bigint[]), unnest($6::bigint[]),
			unnest($7::bigint[]), unnest($8::bigint[]), unnest($9::smallint[]), unnest($10::bytea[]), (SELECT pg_current_xact_id()::text::bigint)`,
		c.tenant, c.origin, c.epoch, c.seq, c.tick, c.wall, c.gap, c.reader, c.keyVersion, c.token)
}

func (c *pairColumns) queue(b *pgx.Batch) {
	if len(c.tick) == 0 {
		return
	}
	b.Queue(`
		INSERT INTO time_pair (tenant_id, origin, epoch, tick, instant, bound, gateway_id, source)
		SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[], $8::smallint[])
		ON CONFLICT DO NOTHING`,
		c.tenant, c.origin, c.epoch, c.tick, c.instant, c.bound, c.gateway, c.source)
}

// queueStreams advances the locked rows. The upsert always finds them by their
// key, however the planner guesses. first_heard and last_heard span every
// arrival of a stream's registrations, also when the clock steps or a group
// waited for a lock: differing relies on that.
func queueStreams(b *pgx.Batch, keys []streamKey, streams map[streamKey]*progress) {
	tenants, origins, epochs := streamColumns(keys)
	n := len(keys)
	seen, started, complete, heard := make([]string, n), make([]bool, n), make([]bool, n), make([]bool, n)
	highest, predecessor, last, ppm := make([]int64, n), make([]int64, n), make([]int64, n), make([]int64, n)
	for i, k := range keys {
		p := streams[k]
		seen[i], highest[i], started[i], complete[i] = multirange(p.seen), int64(p.highest), p.started, p.complete()
		heard[i] = p.heard
		predecessor[i], last[i], ppm[i] = int64(p.start.Predecessor), int64(p.start.PredecessorLast), int64(p.start.TolerancePPM)
	}
	b.Queue(`
		INSERT INTO origin_progress AS p (tenant_id, origin, epoch, seen, highest, started, predecessor, predecessor_last, tolerance_ppm, holed_since, last_heard)
		SELECT t, o, e, s::int8multirange, h, st, pr, la, ppm::int, CASE WHEN NOT complete THEN now() END, CASE WHEN heard THEN now() ELSE '-infinity' END
		FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::text[], $5::bigint[], $6::boolean[], $7::bigint[], $8::bigint[], $9::bigint[], $10::boolean[], $11::boolean[])
			k (t, o, e, s, h, st, pr, la, ppm, complete, heard)
		ON CONFLICT (tenant_id, origin, epoch) DO UPDATE SET
			seen = EXCLUDED.seen, highest = EXCLUDED.highest, started = EXCLUDED.started, predecessor = EXCLUDED.predecessor,
			predecessor_last = EXCLUDED.predecessor_last, tolerance_ppm = EXCLUDED.tolerance_ppm,
			first_heard = LEAST(p.first_heard, now()),
			last_heard = GREATEST(p.last_heard, EXCLUDED.last_heard),
			holed_since = CASE WHEN EXCLUDED.holed_since IS NOT NULL THEN COALESCE(p.holed_since, EXCLUDED.holed_since) END`,
		tenants, origins, epochs, seen, highest, started, predecessor, last, ppm, complete, heard)
}

func queueHeard(b *pgx.Batch, all map[heardKey]*heard) {
	keys := slices.SortedFunc(maps.Keys(all), func(a, b heardKey) int {
		return cmp.Or(compareStreams(a.streamKey, b.streamKey), cmp.Compare(a.gateway, b.gateway))
	})
	var tenants, origins, epochs, gateways, highest []int64
	var missing []string
	for _, k := range keys {
		h := all[k]
		tenants, origins, epochs = append(tenants, k.tenant), append(origins, int64(k.Origin)), append(epochs, int64(k.Epoch))
		gateways, highest, missing = append(gateways, int64(k.gateway)), append(highest, int64(h.highest)), append(missing, multirange(h.missing))
	}
	b.Queue(`
		INSERT INTO origin_heard AS h (tenant_id, origin, epoch, gateway_id, highest, missing)
		SELECT t, o, e, g, hi, m::int8multirange
		FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::text[]) k (t, o, e, g, hi, m)
		ON CONFLICT (tenant_id, origin, epoch, gateway_id) DO UPDATE SET
			highest = GREATEST(h.highest, EXCLUDED.highest), missing = h.missing + EXCLUDED.missing, last_heard = now()`,
		tenants, origins, epochs, gateways, highest, missing)
}

// differing gives those claims whose name stands with another tick, or with
// another token under the same key version (I1). Where the row was removed
// there is nothing to hold them against: they are answered, not stored. Only
// the months in which the stream was heard are looked into.
func differing(ctx context.Context, tx pg.Tx, claims []claim) ([]claim, error) {
	if len(claims) == 0 {
		return nil, nil
	}
	var c columns
	for i := range claims {
		c.append(claims[i].streamKey, claims[i].keyVersion, claims[i].reader, &claims[i].tap)
	}
	rows, err := tx.Query(ctx, `
		SELECT k.i FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::smallint[], $7::bytea[])
			WITH ORDINALITY k (tenant, origin, epoch, seq, tick, version, token, i)
		JOIN origin_progress p ON p.tenant_id = k.tenant AND p.origin = k.origin AND p.epoch = k.epoch,
		LATERAL (SELECT * FROM registration r WHERE r.tenant_id = k.tenant AND r.origin = k.origin AND r.epoch = k.epoch AND r.seq = k.seq
			AND r.arrived BETWEEN p.first_heard AND p.last_heard LIMIT 1) r
		WHERE r.tick <> k.tick OR r.key_version = k.version AND r.token <> k.token`,
		pgx.QueryExecModeCacheDescribe, c.tenant, c.origin, c.epoch, c.seq, c.tick, c.keyVersion, c.token)
	if err != nil {
		return nil, fmt.Errorf("comparing names seen before: %w", err)
	}
	var different []claim
	var i int64
	_, err = pgx.ForEachRow(rows, []any{&i}, func() error {
		different = append(different, claims[i-1])
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("comparing names seen before: %w", err)
	}
	return different, nil
}

// dispute is the news of one commit about names of one stream.
type dispute struct {
	heardKey
	first int64 // its lowest conflict_id
	names int64
	seq   int64 // of the first
}

// insertConflicts keeps taps whose names stand with other content, and gives
// what of that is news.
func insertConflicts(ctx context.Context, tx pg.Tx, claims []claim) ([]dispute, error) {
	var c columns
	var gateways []int64
	for i := range claims {
		c.append(claims[i].streamKey, claims[i].keyVersion, claims[i].reader, &claims[i].tap)
		gateways = append(gateways, int64(claims[i].gateway))
	}
	rows, err := tx.Query(ctx, `
		WITH news AS (
			INSERT INTO name_conflict (tenant_id, origin, epoch, seq, tick, wall, key_version, token, reader_id, gateway_id)
			SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::smallint[], $8::bytea[], $9::bigint[], $10::bigint[])
			ON CONFLICT ON CONSTRAINT name_conflict_once DO NOTHING RETURNING *)
		SELECT tenant_id, origin, epoch, gateway_id, min(conflict_id), count(*), min(seq)
		FROM news GROUP BY tenant_id, origin, epoch, gateway_id ORDER BY tenant_id, min(conflict_id)`,
		c.tenant, c.origin, c.epoch, c.seq, c.tick, c.wall, c.keyVersion, c.token, c.reader, gateways)
	if err != nil {
		return nil, fmt.Errorf("keeping name conflicts: %w", err)
	}
	var all []dispute
	var d dispute
	var origin, epoch, from int64
	_, err = pgx.ForEachRow(rows, []any{&d.tenant, &origin, &epoch, &from, &d.first, &d.names, &d.seq}, func() error {
		d.Origin, d.Epoch, d.gateway = uint64(origin), uint64(epoch), uint32(from)
		all = append(all, d)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("keeping name conflicts: %w", err)
	}
	return all, nil
}

// quarantined says whether a message stands in quarantine.
func quarantined(ctx context.Context, tx pg.Tx, m *message) (kept bool, err error) {
	err = tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM quarantine WHERE tenant_id = $1 AND gateway_id = $2 AND sha256(payload) = sha256($3))`,
		m.from.tenant, int64(m.from.id), m.payload).Scan(&kept)
	if err != nil {
		return false, fmt.Errorf("looking into quarantine: %w", err)
	}
	return kept, nil
}

// nameTenant makes one tenant of the group the one that audit writes for.
func nameTenant(ctx context.Context, tx pg.Tx, tenant int64) error {
	if _, err := tx.Exec(ctx, "SELECT set_config('tikklok.tenant', $1, true)", fmt.Sprint(tenant)); err != nil {
		return fmt.Errorf("naming the tenant: %w", err)
	}
	return nil
}

// insertQuarantine keeps a payload with its reason, once, while its gateway has
// room there.
func insertQuarantine(ctx context.Context, tx pg.Tx, m *message) (id int64, news bool, err error) {
	err = tx.QueryRow(ctx, `
		INSERT INTO quarantine (tenant_id, gateway_id, crc, payload, reason)
		SELECT $1, $2, $3, $4, $5
		WHERE (SELECT count(*) < $6 AND COALESCE(sum(octet_length(payload)), 0) < $7 FROM quarantine
			WHERE tenant_id = $1 AND gateway_id = $2 AND resolved_at IS NULL)
		ON CONFLICT (tenant_id, gateway_id, sha256(payload)) DO NOTHING RETURNING quarantine_id`,
		m.from.tenant, int64(m.from.id), int64(m.crc), m.payload, clean(m.fault, 500), quarantineBatches, quarantineBytes).Scan(&id)
	if err == pgx.ErrNoRows {
		return 0, false, nil
	}
	if err != nil {
		return 0, false, fmt.Errorf("putting a batch in quarantine: %w", err)
	}
	return id, true, nil
}
