package ingest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"

	"tikklok/gateway/wire"
	"tikklok/ingest/pg"
)

// blamesBatch says that the database refused the data itself, not that it
// could not work: data exceptions, broken constraints, raised exceptions,
// program limits. Anything else is tried again.
func blamesBatch(err error) bool {
	if errors.Is(err, errCrowded) || errors.Is(err, errReaders) {
		return true
	}
	var e *pgconn.PgError
	if !errors.As(err, &e) || len(e.Code) != 5 {
		return false
	}
	return slices.Contains([]string{"22", "23", "54", "P0"}, e.Code[:2])
}

// refusalReason tells why without repeating any value of the batch.
func refusalReason(err error) string {
	var e *pgconn.PgError
	if !errors.As(err, &e) {
		return err.Error()
	}
	if e.ConstraintName != "" {
		return "the database refused it: " + e.ConstraintName
	}
	return "the database refused it: SQLSTATE " + e.Code
}

// queryGateways looks up those gateways that exist and are not revoked, before
// their tenants are known (I6).
func queryGateways(ctx context.Context, db *pg.DB, ids []int64) (map[uint32]gateway, error) {
	found := make(map[uint32]gateway, len(ids))
	err := db.Look(ctx, func(tx pg.Tx) error {
		rows, err := tx.Query(ctx, `
			SELECT k.id, g.tenant_id, g.site_id, g.certificates, g.unseen
			FROM unnest($1::bigint[]) k (id), LATERAL gateway_by_id(k.id) g`, ids)
		if err != nil {
			return err
		}
		var id int64
		var g gateway
		_, err = pgx.ForEachRow(rows, []any{&id, &g.tenant, &g.site, &g.certificates, &g.unseen}, func() error {
			g.id = uint32(id)
			found[g.id] = g
			g.certificates, g.unseen = nil, nil // the next row gets bytes of its own
			return nil
		})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("looking up gateways: %w", err)
	}
	return found, nil
}

// querySites gives the sites of the gateways that sent a group.
func querySites(ctx context.Context, tx pg.Tx, group []*message) (map[uint32]int64, error) {
	var tenants, ids []int64
	for _, m := range group {
		tenants, ids = append(tenants, m.from.tenant), append(ids, int64(m.from.id))
	}
	rows, err := tx.Query(ctx, `
		SELECT g.gateway_id, g.site_id FROM unnest($1::bigint[], $2::bigint[]) k (tenant, id),
		LATERAL (SELECT * FROM gateway WHERE tenant_id = k.tenant AND gateway_id = k.id OFFSET 0) g`, tenants, ids)
	if err != nil {
		return nil, fmt.Errorf("reading where gateways are: %w", err)
	}
	sites := make(map[uint32]int64, len(group))
	var id, site int64
	_, err = pgx.ForEachRow(rows, []any{&id, &site}, func() error {
		sites[uint32(id)] = site
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("reading where gateways are: %w", err)
	}
	return sites, nil
}

// bindOrigins binds readers that nobody knew to a site, and gives the site of
// each origin asked for (I1). Keys are sorted.
func bindOrigins(ctx context.Context, tx pg.Tx, keys []originKey, site map[originKey]int64) (map[originKey]int64, error) {
	var tenants, origins, sites []int64
	for _, k := range keys {
		tenants, origins, sites = append(tenants, k.tenant), append(origins, int64(k.origin)), append(sites, site[k])
	}
	bound, err := queryOrigins(ctx, tx, tenants, origins)
	if err != nil || len(bound) == len(keys) {
		return bound, err
	}
	if _, err := tx.Exec(ctx, `
		INSERT INTO origin (tenant_id, origin, site_id)
		SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) ON CONFLICT DO NOTHING`, tenants, origins, sites); err != nil {
		return nil, fmt.Errorf("binding origins: %w", err)
	}
	return queryOrigins(ctx, tx, tenants, origins)
}

func queryOrigins(ctx context.Context, tx pg.Tx, tenants, origins []int64) (map[originKey]int64, error) {
	bound := make(map[originKey]int64, len(origins))
	rows, err := tx.Query(ctx, `
		SELECT o.tenant_id, o.origin, o.site_id FROM unnest($1::bigint[], $2::bigint[]) k (tenant, origin),
		LATERAL (SELECT * FROM origin WHERE tenant_id = k.tenant AND origin.origin = k.origin OFFSET 0) o`, tenants, origins)
	if err != nil {
		return nil, fmt.Errorf("reading origins: %w", err)
	}
	var tenant, origin, site int64
	_, err = pgx.ForEachRow(rows, []any{&tenant, &origin, &site}, func() error {
		bound[originKey{tenant, uint64(origin)}] = site
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("reading origins: %w", err)
	}
	return bound, nil
}

// queryTaken marks those streams that were taken from a gateway before.
func queryTaken(ctx context.Context, tx pg.Tx, taken map[heardKey]bool) error {
	var keys []heardKey
	var streams []streamKey
	var gateways []int64
	for k := range taken {
		keys, streams, gateways = append(keys, k), append(streams, k.streamKey), append(gateways, int64(k.gateway))
	}
	tenants, origins, epochs := streamColumns(streams)
	rows, err := tx.Query(ctx, `
		SELECT k.i FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[]) WITH ORDINALITY k (tenant, origin, epoch, gateway, i)
		JOIN origin_heard h ON h.tenant_id = k.tenant AND h.origin = k.origin AND h.epoch = k.epoch AND h.gateway_id = k.gateway`,
		tenants, origins, epochs, gateways)
	if err != nil {
		return fmt.Errorf("looking for what was taken before: %w", err)
	}
	var i int64
	_, err = pgx.ForEachRow(rows, []any{&i}, func() error {
		taken[keys[i-1]] = true
		return nil
	})
	if err != nil {
		return fmt.Errorf("looking for what was taken before: %w", err)
	}
	return nil
}

func streamColumns(keys []streamKey) (tenants, origins, epochs []int64) {
	for _, k := range keys {
		tenants, origins, epochs = append(tenants, k.tenant), append(origins, int64(k.Origin)), append(epochs, int64(k.Epoch))
	}
	return tenants, origins, epochs
}

// insertStreams makes rows for streams never heard of; keys are sorted, so
// that two groups never wait for each other (I1).
func insertStreams(ctx context.Context, tx pg.Tx, keys []streamKey) error {
	tenants, origins, epochs := streamColumns(keys)
	_, err := tx.Exec(ctx, `
		INSERT INTO origin_progress (tenant_id, origin, epoch)
		SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) ON CONFLICT DO NOTHING`, tenants, origins, epochs)
	if err != nil {
		return fmt.Errorf("opening streams: %w", err)
	}
	return nil
}

// lockStreams locks rows in the order of keys, which is sorted, and reads them
// (I1). The lateral sub-query keeps that order, and an index look-up a row
// whatever the table's statistics say.
func lockStreams(ctx context.Context, tx pg.Tx, keys []streamKey) (map[streamKey]*progress, error) {
	tenants, origins, epochs := streamColumns(keys)
	rows, err := tx.Query(ctx, `
		SELECT k.i, p.seen, p.highest, p.started, p.predecessor, p.predecessor_last, p.tolerance_ppm
		FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) WITH ORDINALITY k (tenant, origin, epoch, i),
		LATERAL (SELECT * FROM origin_progress o WHERE o.tenant_id = k.tenant AND o.origin = k.origin AND o.epoch = k.epoch FOR UPDATE) p`,
		tenants, origins, epochs)
	if err != nil {
		return nil, fmt.Errorf("locking streams: %w", err)
	}
	streams := make(map[streamKey]*progress, len(keys))
	var i, highest, predecessor, last, ppm int64
	var seen pgtype.Multirange[pgtype.Range[int64]]
	var started bool
	_, err = pgx.ForEachRow(rows, []any{&i, &seen, &highest, &started, &predecessor, &last, &ppm}, func() error {
		p := &progress{highest: uint64(highest), started: started,
			start: wire.Start{Predecessor: uint64(predecessor), PredecessorLast: uint64(last), TolerancePPM: uint32(ppm)}}
		for _, r := range seen {
			p.seen = append(p.seen, wire.Range{From: uint64(r.Lower), To: uint64(r.Upper) - 1})
		}
		streams[keys[i-1]] = p
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("locking streams: %w", err)
	}
	return streams, nil
}

// findReaders gives the ids of readers, making those that are new. Keys are
// sorted.
func findReaders(ctx context.Context, tx pg.Tx, keys []readerKey, site map[originKey]int64) (map[readerKey]int64, error) {
	var tenants, origins, sites []int64
	var names, shown []string
	for _, k := range keys {
		tenants, origins, sites = append(tenants, k.tenant), append(origins, int64(k.origin)), append(sites, site[k.originKey])
		names, shown = append(names, k.name), append(shown, k.shown())
	}
	if _, err := tx.Exec(ctx, `
		INSERT INTO reader (tenant_id, site_id, origin, key, name)
		SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::text[], $5::text[]) ON CONFLICT DO NOTHING`,
		tenants, sites, origins, names, shown); err != nil {
		return nil, fmt.Errorf("adding readers: %w", err)
	}
	var many bool
	if err := tx.QueryRow(ctx, `
		SELECT EXISTS (SELECT FROM reader WHERE (tenant_id, origin) IN (SELECT * FROM unnest($1::bigint[], $2::bigint[]))
			GROUP BY tenant_id, origin HAVING count(*) > $3)`, tenants, origins, maxReaders).Scan(&many); err != nil {
		return nil, fmt.Errorf("counting readers: %w", err)
	}
	if many {
		return nil, errReaders
	}
	rows, err := tx.Query(ctx, `
		SELECT k.i, r.reader_id FROM unnest($1::bigint[], $2::bigint[], $3::text[]) WITH ORDINALITY k (tenant, origin, key, i),
		LATERAL (SELECT * FROM reader WHERE tenant_id = k.tenant AND reader.origin = k.origin AND reader.key = k.key OFFSET 0) r`,
		tenants, origins, names)
	if err != nil {
		return nil, fmt.Errorf("reading readers: %w", err)
	}
	found := make(map[readerKey]int64, len(keys))
	var i, id int64
	_, err = pgx.ForEachRow(rows, []any{&i, &id}, func() error {
		found[keys[i-1]] = id
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("reading readers: %w", err)
	}
	if len(found) != len(keys) {
		return nil, errBusy
	}
	return found, nil
}

// shown is a new reader's name until somebody gives it a better one.
func (k readerKey) shown() string {
	if k.name != "" {
		return k.name
	}
	return fmt.Sprintf("Lezer %04x", k.origin&0xffff)
}

// multirange writes ranges as PostgreSQL reads an int8multirange.
func multirange(rs []wire.Range) string {
	b := []byte{'{'}
	for i, r := range rs {
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendUint(append(b, '['), r.From, 10)
		b = strconv.AppendUint(append(b, ','), r.To+1, 10)
		b = append(b, ')')
	}
	return string(append(b, '}'))
}
