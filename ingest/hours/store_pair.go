package hours

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"tikklok/gateway/wire"
	"tikklok/ingest/pg"
)

// mostPairs is how many pairs of one epoch are judged together: the newest.
const mostPairs = 50_000

// takeUpPairs judges new time pairs and gives the ticks that they may have
// moved.
func takeUpPairs(ctx context.Context, tx pg.Tx, c cursor) ([]stretchOfStream, error) {
	suspects, err := suspectStreams(ctx, tx, c)
	if err != nil {
		return nil, err
	}
	touched, err := newPairs(ctx, tx, c)
	if err != nil {
		return nil, err
	}
	for _, s := range suspects {
		changed, err := judgeStream(ctx, tx, s)
		if err != nil {
			return nil, err
		}
		if changed {
			touched = append(touched, stretchOfStream{s.origin, s.epoch, 0, 1 << 62})
		}
	}
	unknown, err := unknownStreams(ctx, tx, touched)
	return append(touched, unknown...), err
}

// suspect is a stream whose pairs do not all agree, or did not before.
type suspect struct {
	origin, epoch int64
	ppm           uint32
}

// suspectStreams looks each new pair up beside its believed neighbours and the
// one of a day before: what agrees with those needs no judgement.
func suspectStreams(ctx context.Context, tx pg.Tx, c cursor) ([]suspect, error) {
	rows, err := tx.Query(ctx, `
		WITH fresh AS (
			SELECT p.*, COALESCE(o.tolerance_ppm, 0) AS declared,
				CASE COALESCE(o.tolerance_ppm, 0) WHEN 0 THEN $4::bigint ELSE o.tolerance_ppm + $5::bigint END AS ppm,
				COALESCE(floor(extract(epoch FROM p.arrived) * 1000)::bigint, 1::bigint << 60) AS arrived_at
			FROM time_pair p LEFT JOIN origin_progress o ON o.tenant_id = p.tenant_id AND o.origin = p.origin AND o.epoch = p.epoch
			WHERE p.tenant_id = current_tenant() AND `+isNew+` AND p.source < 3)
		SELECT DISTINCT f.origin, f.epoch, f.declared FROM fresh f
		WHERE f.instant - f.bound > f.arrived_at + $6 OR f.instant + f.bound < $7
			OR EXISTS (SELECT FROM time_pair_doubt d WHERE d.tenant_id = f.tenant_id AND d.origin = f.origin AND d.epoch = f.epoch)
			OR EXISTS (
				SELECT FROM (
					(SELECT tick, instant, bound FROM believed_pair l WHERE l.tenant_id = f.tenant_id AND l.origin = f.origin AND l.epoch = f.epoch
						AND (l.tick, l.instant, l.source) < (f.tick, f.instant, f.source) ORDER BY l.tick DESC, l.instant DESC, l.source DESC LIMIT 1)
					UNION ALL
					(SELECT tick, instant, bound FROM believed_pair r WHERE r.tenant_id = f.tenant_id AND r.origin = f.origin AND r.epoch = f.epoch
						AND (r.tick, r.instant, r.source) > (f.tick, f.instant, f.source) ORDER BY r.tick, r.instant, r.source LIMIT 1)
					UNION ALL
					(SELECT tick, instant, bound FROM believed_pair b WHERE b.tenant_id = f.tenant_id AND b.origin = f.origin AND b.epoch = f.epoch
						AND b.tick <= f.tick - $8 ORDER BY b.tick DESC LIMIT 1)) n
				WHERE abs((f.instant - n.instant)::numeric - (f.tick - n.tick)) > f.bound + n.bound + abs(f.tick - n.tick)::numeric * f.ppm / 1000000)`,
		c.from, c.until, c.seen, assumedPPM, temperaturePPM, clockSlack, int64(firstPlausible), rateSpan)
	if err != nil {
		return nil, fmt.Errorf("comparing new time pairs: %w", err)
	}
	all, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (s suspect, err error) {
		return s, r.Scan(&s.origin, &s.epoch, &s.ppm)
	})
	if err != nil {
		return nil, fmt.Errorf("comparing new time pairs: %w", err)
	}
	return all, nil
}

// judgeStream judges an epoch's pairs anew and says whether the verdict changed.
func judgeStream(ctx context.Context, tx pg.Tx, s suspect) (changed bool, err error) {
	rows, err := tx.Query(ctx, `SELECT tick, instant, bound, source, COALESCE(floor(extract(epoch FROM arrived) * 1000)::bigint, 0)
		FROM time_pair WHERE tenant_id = current_tenant() AND origin = $1 AND epoch = $2 AND source < 3 ORDER BY tick DESC LIMIT $3`, s.origin, s.epoch, mostPairs)
	if err != nil {
		return false, fmt.Errorf("judging time pairs: %w", err)
	}
	pairs, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (p ArrivedPair, err error) {
		var tick, bound int64
		var source int16
		err = r.Scan(&tick, &p.Instant, &bound, &source, &p.Arrived)
		p.Tick, p.Bound, p.Source = uint64(tick), uint32(min(bound, 1<<32-1)), wire.Source(source)
		return p, err
	})
	if err != nil {
		return false, fmt.Errorf("judging time pairs: %w", err)
	}
	return writeVerdicts(ctx, tx, s, Judge(pairs, s.ppm))
}

// writeVerdicts makes the doubts of an epoch those given.
func writeVerdicts(ctx context.Context, tx pg.Tx, s suspect, verdicts []Verdict) (changed bool, err error) {
	var ticks, instants, widen []int64
	var sources []int16
	var doubts []string
	for _, v := range verdicts {
		ticks, instants, widen = append(ticks, int64(v.Tick)), append(instants, v.Instant), append(widen, v.Widen)
		sources, doubts = append(sources, int16(v.Source)), append(doubts, string(v.Doubt))
	}
	gone, err := tx.Exec(ctx, `DELETE FROM time_pair_doubt d WHERE d.tenant_id = current_tenant() AND d.origin = $1 AND d.epoch = $2
		AND NOT EXISTS (SELECT FROM unnest($3::bigint[], $4::bigint[], $5::smallint[], $6::text[], $7::bigint[]) n(tick, instant, source, doubt, widen)
			WHERE n.tick = d.tick AND n.instant = d.instant AND n.source = d.source AND n.doubt = d.doubt AND n.widen = d.widen)`,
		s.origin, s.epoch, ticks, instants, sources, doubts, widen)
	if err != nil {
		return false, fmt.Errorf("noting doubted time pairs: %w", err)
	}
	come, err := tx.Exec(ctx, `INSERT INTO time_pair_doubt (tenant_id, origin, epoch, tick, instant, source, doubt, widen)
		SELECT current_tenant(), $1, $2, n.* FROM unnest($3::bigint[], $4::bigint[], $5::smallint[], $6::text[], $7::bigint[]) n
		ON CONFLICT DO NOTHING`, s.origin, s.epoch, ticks, instants, sources, doubts, widen)
	if err != nil {
		return false, fmt.Errorf("noting doubted time pairs: %w", err)
	}
	return gone.RowsAffected()+come.RowsAffected() > 0, nil
}

// newPairs gives the ticks that new time pairs may have moved: to the third
// pair on each side (see Timeline).
func newPairs(ctx context.Context, tx pg.Tx, c cursor) ([]stretchOfStream, error) {
	rows, err := tx.Query(ctx, `
		WITH fresh AS (
			SELECT origin, epoch, min(tick) AS a, max(tick) AS b FROM time_pair
			WHERE tenant_id = current_tenant() AND `+isNew+` AND source < 3 GROUP BY origin, epoch)
		SELECT origin, epoch,
			COALESCE((SELECT min(tick) FROM (SELECT DISTINCT tick FROM believed_pair p WHERE p.tenant_id = current_tenant()
				AND p.origin = f.origin AND p.epoch = f.epoch AND p.tick < f.a ORDER BY tick DESC LIMIT $4) l HAVING count(*) = $4), 0),
			COALESCE((SELECT max(tick) FROM (SELECT DISTINCT tick FROM believed_pair p WHERE p.tenant_id = current_tenant()
				AND p.origin = f.origin AND p.epoch = f.epoch AND p.tick > f.b ORDER BY tick LIMIT $4) l HAVING count(*) = $4), 1::bigint << 62)
		FROM fresh f`, c.from, c.until, c.seen, neighbours)
	if err != nil {
		return nil, fmt.Errorf("reading new time pairs: %w", err)
	}
	return collectStretches(rows, "reading new time pairs")
}

// unknownStreams gives the epochs that never knew the time, of the devices
// that something new was heard of: what came before or after them may be known
// better now.
func unknownStreams(ctx context.Context, tx pg.Tx, touched []stretchOfStream) ([]stretchOfStream, error) {
	origins := []int64{}
	for _, s := range touched {
		origins = append(origins, s.origin)
	}
	slices.Sort(origins)
	rows, err := tx.Query(ctx, `
		WITH news AS (SELECT unnest($1::bigint[]) AS origin UNION SELECT origin FROM punch WHERE tenant_id = current_tenant() AND pending)
		SELECT DISTINCT p.origin, p.epoch, 0::bigint, 1::bigint << 62 FROM news n
		JOIN punch p ON p.tenant_id = current_tenant() AND p.origin = n.origin AND p.known IN ('arrival', 'bounded') AND NOT p.pending AND NOT p.sealed`, slices.Compact(origins))
	if err != nil {
		return nil, fmt.Errorf("reading epochs without a time: %w", err)
	}
	return collectStretches(rows, "reading epochs without a time")
}

func collectStretches(rows pgx.Rows, what string) ([]stretchOfStream, error) {
	all, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (s stretchOfStream, err error) {
		return s, r.Scan(&s.origin, &s.epoch, &s.from, &s.to)
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	return all, nil
}

// surrounded is an epoch without a time of its own, and how far the next one
// says that it went.
type surrounded struct {
	Surroundings
	lastSeq int64
}

// of gives what surrounds one tap: one that the next epoch does not know of
// may have been made after that began, on a copy of the device's memory.
func (s surrounded) of(seq int64) Surroundings {
	if seq > s.lastSeq {
		s.Before = 0
	}
	return s.Surroundings
}

// surroundings gives what lies around the epochs whose timeline is empty: back
// to the nearest one that knew the time, and forward along those that have one
// successor only.
func surroundings(ctx context.Context, tx pg.Tx, lines map[[2]int64]Timeline) (map[[2]int64]surrounded, error) {
	var origins, epochs []int64
	for key, line := range lines {
		if len(line.readings) == 0 {
			origins, epochs = append(origins, key[0]), append(epochs, key[1])
		}
	}
	out := map[[2]int64]surrounded{}
	if len(origins) == 0 {
		return out, nil
	}
	rows, err := tx.Query(ctx, `
		WITH RECURSIVE want AS (
			SELECT o.origin, o.epoch, o.predecessor, o.tolerance_ppm FROM unnest($1::bigint[], $2::bigint[]) w(origin, epoch)
			JOIN origin_progress o ON o.tenant_id = current_tenant() AND o.origin = w.origin AND o.epoch = w.epoch),
		back(origin, of, epoch) AS (
			SELECT origin, epoch, predecessor FROM want WHERE predecessor <> 0
			UNION
			SELECT b.origin, b.of, o.predecessor FROM back b
			JOIN origin_progress o ON o.tenant_id = current_tenant() AND o.origin = b.origin AND o.epoch = b.epoch AND o.predecessor <> 0
			WHERE NOT EXISTS (SELECT FROM believed_pair p WHERE p.tenant_id = current_tenant() AND p.origin = b.origin AND p.epoch = b.epoch)),
		next AS (
			SELECT origin, predecessor AS epoch, min(epoch) AS next, min(predecessor_last) AS last FROM origin_progress
			WHERE tenant_id = current_tenant() AND origin = ANY ($1) AND predecessor <> 0 GROUP BY origin, predecessor HAVING count(*) = 1),
		onward(origin, of, epoch) AS (
			SELECT w.origin, w.epoch, n.next FROM want w JOIN next n USING (origin, epoch)
			UNION
			SELECT f.origin, f.of, n.next FROM onward f JOIN next n USING (origin, epoch)
			WHERE NOT EXISTS (SELECT FROM believed_pair p WHERE p.tenant_id = current_tenant() AND p.origin = f.origin AND p.epoch = f.epoch))
		SELECT w.origin, w.epoch, w.tolerance_ppm, COALESCE(n.last, 0),
			GREATEST((SELECT max(tick) FROM punch p WHERE p.tenant_id = current_tenant() AND p.origin = w.origin AND p.epoch = w.epoch AND p.tick < $3),
				(SELECT max(tick) FROM time_pair p WHERE p.tenant_id = current_tenant() AND p.origin = w.origin AND p.epoch = w.epoch AND p.tick < $3), 0),
			COALESCE((SELECT max(p.instant - p.bound) FROM back b JOIN believed_pair p ON p.tenant_id = current_tenant() AND p.origin = b.origin AND p.epoch = b.epoch
				WHERE b.origin = w.origin AND b.of = w.epoch), 0),
			COALESCE((SELECT min(p.instant + p.bound - p.tick + p.tick * $4 / 1000000 + 1) FROM onward f
				JOIN believed_pair p ON p.tenant_id = current_tenant() AND p.origin = f.origin AND p.epoch = f.epoch AND p.tick < $3
				WHERE f.origin = w.origin AND f.of = w.epoch), 0)
		FROM want w LEFT JOIN next n USING (origin, epoch)`, origins, epochs, int64(maxTick), assumedPPM)
	if err != nil {
		return nil, fmt.Errorf("reading what surrounds epochs without a time: %w", err)
	}
	var key [2]int64
	var s surrounded
	_, err = pgx.ForEachRow(rows, []any{&key[0], &key[1], &s.PPM, &s.lastSeq, &s.Last, &s.After, &s.Before}, func() error {
		out[key] = s
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("reading what surrounds epochs without a time: %w", err)
	}
	return out, nil
}
