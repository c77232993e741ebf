package hours

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"tikklok/ingest/pg"
)

// timed is a punch whose instant is worked out.
type timed struct {
	origin, epoch, seq, tick, gap, arrived int64
	pending                                bool
	instant                                Instant
	placed                                 int64
	employee, fob                          int64 // 0: none
	keyVersion                             int16
	token                                  string
}

// timeTaps works out the instants of new taps and of those that new time pairs
// touch, and whose they are (I4, OB-H1).
func timeTaps(ctx context.Context, tx pg.Tx, touched []stretchOfStream) (changed int, more bool, err error) {
	taps, err := tapsToTime(ctx, tx, touched)
	if err != nil || len(taps) == 0 {
		return 0, false, err
	}
	timing, err := timingOf(ctx, tx, taps)
	if err != nil {
		return 0, false, err
	}
	var updates, same []timed
	var due dueList
	pending := 0
	for _, t := range taps {
		was := t
		timing.apply(&t)
		if t.pending {
			pending++
		}
		if t == was {
			if t.pending {
				same = append(same, t)
			}
			continue
		}
		due.addTap(was)
		due.addTap(t)
		updates = append(updates, t)
		changed++
	}
	if err := writeTimed(ctx, tx, updates, same); err != nil {
		return 0, false, err
	}
	return changed, pending >= tapsAtOnce, due.write(ctx, tx)
}

// timing is what instants and owners of some taps follow from.
type timing struct {
	lines  map[[2]int64]Timeline
	around map[[2]int64]surrounded
	whose  whose
}

func timingOf(ctx context.Context, tx pg.Tx, taps []timed) (t timing, err error) {
	if t.lines, err = timelines(ctx, tx, taps); err != nil {
		return t, err
	}
	if t.around, err = surroundings(ctx, tx, t.lines); err != nil {
		return t, err
	}
	t.whose, err = whoseTaps(ctx, tx, taps)
	return t, err
}

// apply works out when a tap was, and whose.
func (m timing) apply(t *timed) {
	key := [2]int64{t.origin, t.epoch}
	gap := uint32(min(t.gap, 1<<32-1))
	t.instant = m.lines[key].At(uint64(t.tick), gap, t.arrived)
	if s, ok := m.around[key]; ok && t.instant.Known == KnownArrival {
		t.instant = s.of(t.seq).At(uint64(t.tick), gap, t.arrived)
	}
	t.placed = Punch{At: t.instant.At, Uncertainty: t.instant.Uncertainty, Known: t.instant.Known, Arrived: t.arrived}.Whereabouts()
	t.assign(m.whose)
}

// assign looks up who held the fob, unless somebody decided whose the tap is.
func (t *timed) assign(w whose) {
	history := w.holdings[tokenName{t.keyVersion, t.token}]
	t.fob, t.employee = 0, 0
	if len(history) > 0 {
		t.fob = history[0].Fob
	}
	if employee, held := Holder(history, t.placed); held {
		t.employee = employee
	}
	if employee, decided := w.assigned[tapKey{t.origin, t.epoch, t.seq}]; decided {
		t.employee = employee
	}
}

const timedColumns = `p.origin, p.epoch, p.seq, p.tick, p.gap, p.arrived, p.pending, p.at, p.uncertainty, p.known, p.placed,
	COALESCE(p.employee_id, 0), COALESCE(p.fob_id, 0), p.key_version, p.token`

func scanTimed(r pgx.CollectableRow) (t timed, err error) {
	var token []byte
	err = r.Scan(&t.origin, &t.epoch, &t.seq, &t.tick, &t.gap, &t.arrived, &t.pending, &t.instant.At, &t.instant.Uncertainty, &t.instant.Known,
		&t.placed, &t.employee, &t.fob, &t.keyVersion, &token)
	t.token = string(token)
	return t, err
}

func tapsToTime(ctx context.Context, tx pg.Tx, touched []stretchOfStream) ([]timed, error) {
	var origins, epochs, from, to []int64
	for _, s := range touched {
		origins, epochs, from, to = append(origins, s.origin), append(epochs, s.epoch), append(from, s.from), append(to, s.to)
	}
	rows, err := tx.Query(ctx, `
		(SELECT `+timedColumns+` FROM punch p WHERE p.tenant_id = current_tenant() AND p.pending ORDER BY p.origin, p.epoch, p.seq LIMIT $5)
		UNION
		SELECT p.* FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[]) s(origin, epoch, a, b), LATERAL (
			SELECT `+timedColumns+` FROM punch p WHERE p.tenant_id = current_tenant() AND p.origin = s.origin AND p.epoch = s.epoch AND p.tick BETWEEN s.a AND s.b
				AND NOT p.pending AND NOT p.sealed OFFSET 0) p -- stretch by stretch: as a join it was planned as reading all punches`,
		origins, epochs, from, to, tapsAtOnce)
	if err != nil {
		return nil, fmt.Errorf("reading taps without an instant: %w", err)
	}
	taps, err := pgx.CollectRows(rows, scanTimed)
	if err != nil {
		return nil, fmt.Errorf("reading taps without an instant: %w", err)
	}
	return taps, nil
}

// writeTimed stores the instants of taps, and that those of others, just worked
// out, are the same as before.
func writeTimed(ctx context.Context, tx pg.Tx, updates, same []timed) error {
	var c [9][]int64
	var known []string
	for _, t := range updates {
		for i, v := range []int64{t.origin, t.epoch, t.seq, t.tick, t.instant.At, t.instant.Uncertainty, t.placed, t.employee, t.fob} {
			c[i] = append(c[i], v)
		}
		known = append(known, string(t.instant.Known))
	}
	// The tick is not needed to find a punch. It is there because a planner
	// without statistics, in a new database, may take the index that has it in
	// place of seq, and would read the whole stream for each tap.
	_, err := tx.Exec(ctx, `UPDATE punch p SET at = n.at, uncertainty = n.uncertainty, placed = n.placed, known = n.known,
			employee_id = NULLIF(n.employee, 0), fob_id = NULLIF(n.fob, 0), pending = false
		FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[], $9::bigint[], $10::text[])
			n(origin, epoch, seq, tick, at, uncertainty, placed, employee, fob, known)
		WHERE p.tenant_id = current_tenant() AND p.origin = n.origin AND p.epoch = n.epoch AND p.seq = n.seq AND p.tick = n.tick`,
		c[0], c[1], c[2], c[3], c[4], c[5], c[6], c[7], c[8], known)
	if err != nil {
		return fmt.Errorf("storing instants: %w", err)
	}
	var still [4][]int64
	for _, t := range same {
		for i, v := range []int64{t.origin, t.epoch, t.seq, t.tick} {
			still[i] = append(still[i], v)
		}
	}
	if len(still[0]) == 0 {
		return nil
	}
	_, err = tx.Exec(ctx, `UPDATE punch p SET pending = false FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[]) n(origin, epoch, seq, tick)
		WHERE p.tenant_id = current_tenant() AND p.origin = n.origin AND p.epoch = n.epoch AND p.seq = n.seq AND p.tick = n.tick`, still[0], still[1], still[2], still[3])
	if err != nil {
		return fmt.Errorf("storing instants: %w", err)
	}
	return nil
}

type tokenName struct {
	version int16
	token   string
}

// holdings gives who held the fobs of the taps, when.
func holdings(ctx context.Context, tx pg.Tx, taps []timed) (map[tokenName][]Holding, error) {
	names := map[tokenName]bool{}
	for _, t := range taps {
		names[tokenName{t.keyVersion, t.token}] = true
	}
	var versions []int16
	var tokens [][]byte
	for n := range names {
		versions, tokens = append(versions, n.version), append(tokens, []byte(n.token))
	}
	rows, err := tx.Query(ctx, `
		SELECT t.key_version, t.token, t.fob_id, COALESCE(i.employee_id, 0),
			COALESCE(ceil(extract(epoch FROM i.issued_at) * 1000)::bigint, 0), COALESCE(ceil(extract(epoch FROM i.returned_at) * 1000)::bigint, 0),
			CASE WHEN i.issued_at = (SELECT max(l.issued_at) FROM fob_issue l WHERE l.tenant_id = i.tenant_id AND l.fob_id = i.fob_id) OR i.issued_at IS NULL
				THEN CASE WHEN f.status IN ('lost', 'blocked') THEN f.status ELSE COALESCE(i.ended, '') END ELSE i.ended END
		FROM unnest($1::smallint[], $2::bytea[]) n(key_version, token)
		JOIN fob_token t ON t.tenant_id = current_tenant() AND t.key_version = n.key_version AND t.token = n.token
		JOIN fob f ON f.tenant_id = current_tenant() AND f.fob_id = t.fob_id
		LEFT JOIN fob_issue i ON i.tenant_id = current_tenant() AND i.fob_id = t.fob_id`, versions, tokens)
	if err != nil {
		return nil, fmt.Errorf("reading who held fobs: %w", err)
	}
	out := map[tokenName][]Holding{}
	var version int16
	var token []byte
	var h Holding
	var ended string
	_, err = pgx.ForEachRow(rows, []any{&version, &token, &h.Fob, &h.Employee, &h.From, &h.Until, &ended}, func() error {
		h.Ended = endedAs(ended)
		name := tokenName{version, string(token)}
		if h.Employee == 0 {
			h.Until = -1 // a fob that nobody ever held
		}
		out[name] = append(out[name], h)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("reading who held fobs: %w", err)
	}
	for _, history := range out {
		slices.SortFunc(history, func(a, b Holding) int { return cmp.Compare(a.From, b.From) })
	}
	return out, nil
}

// endedAs gives what a tap of a fob is after it came back so.
func endedAs(status string) ExceptionKind {
	switch status {
	case "lost":
		return LostFob
	case "blocked":
		return BlockedFob
	}
	return ""
}
