package ingest

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"tikklok/gateway/wire"
	"tikklok/ingest/fleet"
	"tikklok/ingest/pg"
)

// updateState stores what a gateway says of itself and its readers. A last
// will says nothing but that it is offline.
func updateState(ctx context.Context, tx pg.Tx, from gateway, s wire.State) error {
	s.Lost = clean(s.Lost, 200)
	if !s.Online {
		return fleet.HearEnd(ctx, tx, from.tenant, int64(from.id), s)
	}
	if err := fleet.Hear(ctx, tx, from.tenant, int64(from.id), s); err != nil { // compares with the row as it was
		return err
	}
	err := tx.QueryRow(ctx, `
		UPDATE gateway SET online = true, software = $3, clock = $4, unsent = $5, damaged = $6, last_heard = now()
		WHERE tenant_id = $1 AND gateway_id = $2 RETURNING site_id`, // what was looked up may be a round old
		from.tenant, int64(from.id), clean(s.Software, 100), clean(s.Clock, 20), count(s.Unsent), count(s.Damaged)).Scan(&from.site)
	if err != nil {
		return fmt.Errorf("storing a gateway's state: %w", err)
	}
	sites, err := readerSites(ctx, tx, from, s.Readers)
	if err != nil {
		return err
	}
	own, err := ownReaders(ctx, tx, from)
	if err != nil {
		return err
	}
	told := map[readerKey]wire.ReaderState{}
	for _, r := range s.Readers {
		k := readerKey{originKey{from.tenant, uint64(from.id)}, clean(r.Name, wire.MaxText)}
		if r.Origin != 0 {
			k = readerKey{originKey: originKey{from.tenant, r.Origin}}
			if sites[k.originKey] != from.site {
				continue // another site's reader (I1)
			}
		} else if !own[k.name] {
			if len(own) >= maxReaders {
				continue
			}
			own[k.name] = true
		}
		told[k] = r
	}
	b := &pgx.Batch{}
	for _, k := range slices.SortedFunc(maps.Keys(told), compareReaders) { // as commits do, which add readers too
		queueReader(b, k, from.site, told[k])
	}
	queueAnswered(b, from, told)
	queueReported(b, from, s)
	if err := tx.SendBatch(ctx, b).Close(); err != nil {
		return fmt.Errorf("storing a gateway's readers: %w", err)
	}
	return nil
}

// queueAnswered empties the health of ports that stood for a reader with
// memory until one answered there, or that are gone: they are not shown.
func queueAnswered(b *pgx.Batch, from gateway, told map[readerKey]wire.ReaderState) {
	silent := []string{}
	for k := range told {
		if k.name != "" {
			silent = append(silent, k.name)
		}
	}
	b.Queue(`UPDATE reader SET health = ''
		WHERE tenant_id = $1 AND origin = $2 AND key <> '' AND key <> ALL($3) AND protocol = 'link' AND health <> ''`,
		from.tenant, int64(from.id), silent)
}

// ownReaders gives the names of a gateway's readers without memory.
func ownReaders(ctx context.Context, tx pg.Tx, from gateway) (map[string]bool, error) {
	rows, err := tx.Query(ctx, "SELECT key FROM reader WHERE tenant_id = $1 AND origin = $2", from.tenant, int64(from.id))
	if err != nil {
		return nil, fmt.Errorf("reading a gateway's readers: %w", err)
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, fmt.Errorf("reading a gateway's readers: %w", err)
	}
	own := map[string]bool{}
	for _, name := range names {
		own[name] = true
	}
	return own, nil
}

// readerSites binds readers with memory at first sight (I1).
func readerSites(ctx context.Context, tx pg.Tx, from gateway, readers []wire.ReaderState) (map[originKey]int64, error) {
	wanted := map[originKey]int64{}
	for _, r := range readers {
		if r.Origin >= wire.FirstReader && r.Origin <= wire.MaxOrigin {
			wanted[originKey{from.tenant, r.Origin}] = from.site
		}
	}
	return bind(ctx, tx, wanted)
}

// queueReader stores a reader with the hour of its history. Since when its
// health is what it is does not depend on counts within it.
func queueReader(b *pgx.Batch, k readerKey, site int64, r wire.ReaderState) {
	b.Queue(`
		WITH told AS (
			INSERT INTO reader (tenant_id, site_id, origin, key, name, protocol, firmware, health, battery_percent, stored, last_contact, signal, health_since, listed_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, CASE WHEN $11::bigint > 0 THEN to_timestamp($11::bigint / 1000.0) END, $12, now(), now())
			ON CONFLICT (tenant_id, origin, key) DO UPDATE SET
				protocol = EXCLUDED.protocol, firmware = EXCLUDED.firmware, health = EXCLUDED.health,
				battery_percent = EXCLUDED.battery_percent, stored = EXCLUDED.stored, signal = EXCLUDED.signal, listed_at = now(),
				health_since = CASE WHEN reader.health_since IS NULL OR translate(reader.health, '0123456789', '') <> translate(EXCLUDED.health, '0123456789', '')
					THEN now() ELSE reader.health_since END,
				last_contact = COALESCE(EXCLUDED.last_contact, reader.last_contact)
			RETURNING reader_id)
		INSERT INTO reader_history AS h (tenant_id, reader_id, at, battery, signal, stored)
		SELECT $1, reader_id, date_trunc('hour', now(), 'UTC'), $9, $12, $10 FROM told WHERE $9 > 0 OR $12 <> 0 OR $10 > 0
		ON CONFLICT (tenant_id, reader_id, at) DO UPDATE SET
			battery = CASE WHEN 0 IN (h.battery, EXCLUDED.battery) THEN GREATEST(h.battery, EXCLUDED.battery) ELSE LEAST(h.battery, EXCLUDED.battery) END,
			signal = LEAST(h.signal, EXCLUDED.signal),
			stored = GREATEST(h.stored, EXCLUDED.stored)`,
		k.tenant, site, int64(k.origin), k.name, k.shown(), clean(r.Protocol, 20), clean(r.Firmware, 100), clean(r.Health, 200),
		int16(min(r.BatteryPercent, 100)), int64(r.Stored), plausible(r.LastContact), int16(max(-200, min(r.Signal, 0))))
}

// plausible keeps an instant (Unix ms) that a timestamp can hold; 0: none.
func plausible(ms int64) int64 {
	if ms < 0 || ms > time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC).UnixMilli() {
		return 0
	}
	return ms
}

// count keeps a device's count within a bigint.
func count(n uint64) int64 { return int64(min(n, 1<<62)) }

// allTenants lists the ids of all tenants (I6: one of the listed exceptions).
func allTenants(ctx context.Context, db *pg.DB) (ids []int64, err error) {
	err = db.Look(ctx, func(tx pg.Tx) error {
		return tx.QueryRow(ctx, "SELECT COALESCE(array_agg(t), '{}') FROM tenant_ids() t").Scan(&ids)
	})
	return ids, err
}

// markOffline marks gateways offline that were not heard since an instant.
func markOffline(ctx context.Context, db *pg.DB, since time.Time) error {
	tenants, err := allTenants(ctx, db)
	if err == nil {
		err = db.InTenants(ctx, tenants, func(tx pg.Tx) error {
			return fleet.EndUnheard(ctx, tx, since)
		})
	}
	if err != nil {
		return fmt.Errorf("marking gateways offline: %w", err)
	}
	return nil
}

// updateHeard writes signs of life down.
func updateHeard(ctx context.Context, db *pg.DB, heard []gateway) error {
	if len(heard) == 0 {
		return nil
	}
	var tenants, ids []int64
	for _, g := range heard {
		tenants, ids = append(tenants, g.tenant), append(ids, int64(g.id))
	}
	err := db.InTenants(ctx, tenants, func(tx pg.Tx) error {
		_, err := tx.Exec(ctx, `
			UPDATE gateway g SET last_heard = now() FROM unnest($1::bigint[], $2::bigint[]) k (tenant, id)
			WHERE g.tenant_id = k.tenant AND g.gateway_id = k.id`, tenants, ids)
		return err
	})
	if err != nil {
		return fmt.Errorf("storing when gateways were heard: %w", err)
	}
	return nil
}
