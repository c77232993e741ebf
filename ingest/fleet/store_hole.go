package fleet

import (
	"context"
	"fmt"
	"time"

	"tikklok/gateway/wire"
	"tikklok/ingest/pg"
)

// Holes lists what is missing, the streams in order. It works under both
// roles: row-level security says of which tenants (I6).
//
// Each epoch but the one that runs is named by the next as its predecessor. Of
// several that nobody names, the one heard last runs, and the tails of the
// others are unknown: when they began says nothing, since what is live comes
// before the backlog.
func Holes(ctx context.Context, tx pg.Tx) ([]Hole, error) {
	rows, err := tx.Query(ctx, `
		WITH named AS (
			SELECT DISTINCT tenant_id, origin, predecessor AS epoch, true AS named FROM origin_progress WHERE predecessor <> 0),
		given AS (
			SELECT tenant_id, origin, epoch, range_agg(seqs) AS seqs FROM hole_given_up GROUP BY tenant_id, origin, epoch),
		stream AS (
			SELECT p.*, COALESCE(given.seqs, '{}') AS given_up, named,
				max(p.last_heard) FILTER (WHERE named IS NULL) OVER (PARTITION BY p.tenant_id, p.origin) AS runs
			FROM origin_progress p LEFT JOIN named USING (tenant_id, origin, epoch) LEFT JOIN given USING (tenant_id, origin, epoch)),
		lacking AS (
			SELECT s.*, lack, holed_since AS since
			FROM stream s, unnest(int8multirange(int8range(1, highest + 1)) - seen - given_up) lack
			WHERE holed_since IS NOT NULL
			UNION ALL
			SELECT s.*, int8range(highest + 1, NULL), last_heard
			FROM stream s
			WHERE named IS NULL AND last_heard < runs AND NOT given_up @> int8range(highest + 1, NULL))
		SELECT l.origin, l.epoch, lower(lack), COALESCE(upper(lack) - 1, 0), isempty(seen), since,
			COALESCE(held.by, '{}'), COALESCE(held."from", '{}'),
			COALESCE(s.site_id, 0), COALESCE(s.name, ''), COALESCE(r.name, own.name, '')
		FROM lacking l
		LEFT JOIN LATERAL (
			SELECT array_agg(h.gateway_id ORDER BY h.gateway_id) AS by, array_agg(lower(may) ORDER BY h.gateway_id) AS "from"
			FROM origin_heard h JOIN gateway g ON g.tenant_id = h.tenant_id AND g.gateway_id = h.gateway_id AND g.revoked_at IS NULL,
				LATERAL (SELECT int8multirange(lack * int8range(1, h.highest + 1)) - h.missing AS may) m
			WHERE h.tenant_id = l.tenant_id AND h.origin = l.origin AND h.epoch = l.epoch AND upper(lack) IS NOT NULL AND NOT isempty(may)
		) held ON true
		LEFT JOIN origin o ON o.tenant_id = l.tenant_id AND o.origin = l.origin
		LEFT JOIN gateway own ON own.tenant_id = l.tenant_id AND own.gateway_id = l.origin
		LEFT JOIN reader r ON r.tenant_id = l.tenant_id AND r.origin = l.origin AND r.key = '' AND own.gateway_id IS NULL
		LEFT JOIN site s ON s.tenant_id = l.tenant_id AND s.site_id = COALESCE(own.site_id, o.site_id)
		ORDER BY l.origin, since, l.epoch, lower(lack)`)
	if err != nil {
		return nil, fmt.Errorf("listing holes: %w", err)
	}
	defer rows.Close()
	var holes []Hole
	for rows.Next() {
		h, err := scanHole(rows.Scan)
		if err != nil {
			return nil, fmt.Errorf("listing holes: %w", err)
		}
		holes = append(holes, h)
	}
	return holes, rows.Err()
}

func scanHole(scan func(...any) error) (Hole, error) {
	var h Hole
	var origin, epoch, from, to int64
	var heldFrom []int64
	var nothing bool
	var since time.Time
	if err := scan(&origin, &epoch, &from, &to, &nothing, &since, &h.HeldBy, &heldFrom, &h.SiteID, &h.Site, &h.Device); err != nil {
		return Hole{}, err
	}
	h.Stream = wire.Stream{Origin: uint64(origin), Epoch: uint64(epoch)}
	h.From, h.To, h.Since = uint64(from), uint64(to), since
	for _, seq := range heldFrom {
		h.HeldFrom = append(h.HeldFrom, uint64(seq))
	}
	switch {
	case len(h.HeldBy) > 0:
		h.Kind = HoleHeld
	case h.To == 0 || nothing:
		h.Kind = HoleTail
	default:
		h.Kind = HoleOpen
	}
	return h, nil
}

func insertGivenUp(ctx context.Context, tx pg.Tx, account int64, stream wire.Stream, from, to uint64, reason string) error {
	_, err := tx.Exec(ctx, `
		INSERT INTO hole_given_up (tenant_id, origin, epoch, seqs, reason, account_id)
		VALUES (current_tenant(), $1, $2, int8range($3::bigint, NULLIF($4::bigint, 0), CASE WHEN $4::bigint = 0 THEN '[)' ELSE '[]' END), $5, $6)`,
		int64(stream.Origin), int64(stream.Epoch), int64(from), int64(to), reason, account)
	if err != nil {
		return fmt.Errorf("giving up a hole: %w", err)
	}
	return nil
}
