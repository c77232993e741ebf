package hours

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"tikklok/gateway/wire"
	"tikklok/ingest/pg"
)

// pairsAround is the ticks of a stream whose instants are asked for, and the pairs
// found for them.
type pairsAround struct {
	origin, epoch int64
	from, to      int64 // both included
	ppm           uint32
	below, above  []wire.Pair // outside the ticks, the nearest first
	within        []wire.Pair
}

// timelines gives the timeline of each stream, as far as its taps need it: the
// pairs around each tap, and where none follows those of the day before the
// last one, which say how fast the clock was.
func timelines(ctx context.Context, tx pg.Tx, taps []timed) (map[[2]int64]Timeline, error) {
	wanted := map[[2]int64]*pairsAround{}
	for _, t := range taps {
		key := [2]int64{t.origin, t.epoch}
		r, ok := wanted[key]
		if !ok {
			r = &pairsAround{origin: t.origin, epoch: t.epoch, from: t.tick, to: t.tick}
			wanted[key] = r
		}
		r.from, r.to = min(r.from, t.tick), max(r.to, t.tick)
	}
	var ask []*pairsAround
	for _, r := range wanted {
		ask = append(ask, r)
	}
	out := map[[2]int64]Timeline{}
	for most := 4 * neighbours; len(ask) > 0; most *= 16 {
		if err := readPairs(ctx, tx, ask, most); err != nil {
			return nil, err
		}
		var again []*pairsAround
		for _, r := range ask {
			if !r.whole(most) {
				again = append(again, r)
				continue
			}
			pairs := append(append(r.below, r.within...), r.above...)
			out[[2]int64{r.origin, r.epoch}] = NewTimeline(pairs, r.ppm)
		}
		ask = again
	}
	return out, nil
}

// whole says whether the pairs read are all that matter, when at most so many
// were read on each side; if not, it has been widened where that was the lack.
func (r *pairsAround) whole(most int) bool {
	var enough, enoughAbove bool
	r.below, enough = nearest(r.below, most)
	r.above, enoughAbove = nearest(r.above, most)
	if newest, ok := r.newest(); ok && len(r.above) == 0 && r.from > newest-rateSpan+1 {
		r.from, enough = newest-rateSpan+1, false
	}
	return enough && enoughAbove
}

// newest gives the highest tick known within or below.
func (r *pairsAround) newest() (tick int64, ok bool) {
	for _, p := range r.within {
		tick, ok = max(tick, int64(p.Tick)), true
	}
	if len(r.below) > 0 {
		tick, ok = max(tick, int64(r.below[0].Tick)), true
	}
	return tick, ok
}

// nearest drops the pairs of the furthest tick when there may be more of it,
// and says whether enough ticks are left.
func nearest(pairs []wire.Pair, most int) ([]wire.Pair, bool) {
	if len(pairs) < most {
		return pairs, true
	}
	n := len(pairs)
	for n > 0 && pairs[n-1].Tick == pairs[len(pairs)-1].Tick {
		n--
	}
	ticks := 0
	for i := range n {
		if i == 0 || pairs[i].Tick != pairs[i-1].Tick {
			ticks++
		}
	}
	return pairs[:n], ticks >= neighbours
}

// readPairs reads the believed pairs of the ticks asked for, and at most so many
// below and above.
func readPairs(ctx context.Context, tx pg.Tx, ask []*pairsAround, most int) error {
	var origins, epochs, from, to []int64
	for _, r := range ask {
		origins, epochs, from, to = append(origins, r.origin), append(epochs, r.epoch), append(from, r.from), append(to, r.to)
		r.below, r.within, r.above = nil, nil, nil
	}
	const pairs = `SELECT tick, instant, bound, source FROM believed_pair
		WHERE tenant_id = current_tenant() AND origin = s.origin AND epoch = s.epoch AND tick `
	rows, err := tx.Query(ctx, `
		SELECT s.n - 1, COALESCE(o.tolerance_ppm, 0), p.tick, p.instant, p.bound, p.source
		FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[]) WITH ORDINALITY s(origin, epoch, a, b, n)
		LEFT JOIN origin_progress o ON o.tenant_id = current_tenant() AND o.origin = s.origin AND o.epoch = s.epoch
		LEFT JOIN LATERAL (
			(`+pairs+`< s.a ORDER BY tick DESC LIMIT $5) UNION ALL (`+pairs+`BETWEEN s.a AND s.b) UNION ALL (`+pairs+`> s.b ORDER BY tick LIMIT $5)) p ON true`,
		origins, epochs, from, to, most)
	if err != nil {
		return fmt.Errorf("reading time pairs: %w", err)
	}
	var n int
	var tolerance uint32
	var tick, instant, bound *int64
	var source *int16
	_, err = pgx.ForEachRow(rows, []any{&n, &tolerance, &tick, &instant, &bound, &source}, func() error {
		r := ask[n]
		r.ppm = tolerance
		if tick == nil {
			return nil // it has none
		}
		p := wire.Pair{Tick: uint64(*tick), Instant: *instant, Bound: uint32(min(*bound, 1<<32-1)), Source: wire.Source(*source)}
		switch {
		case *tick < r.from:
			r.below = append(r.below, p)
		case *tick > r.to:
			r.above = append(r.above, p)
		default:
			r.within = append(r.within, p)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("reading time pairs: %w", err)
	}
	return nil
}
