package hours

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"tikklok/ingest/pg"
)

// assigned gives which of the taps are whose by decisions that stand, whoever
// held the fob (OB-H1): they stand beside the taps (I3), and whoever works out
// again whose a tap is takes them in.
func assigned(ctx context.Context, tx pg.Tx, taps []timed) (map[tapKey]int64, error) {
	var c [3][]int64
	for _, t := range taps {
		c[0], c[1], c[2] = append(c[0], t.origin), append(c[1], t.epoch), append(c[2], t.seq)
	}
	rows, err := tx.Query(ctx, `SELECT d.origin, d.epoch, d.seq, d.employee_id FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) n(origin, epoch, seq)
		JOIN decision d ON d.tenant_id = current_tenant() AND d.origin = n.origin AND d.epoch = n.epoch AND d.seq = n.seq AND d.kind = 'assign_tap'
		WHERE NOT EXISTS (SELECT FROM decision u WHERE u.tenant_id = d.tenant_id AND u.undoes = d.decision_id)
		ORDER BY d.decision_id`, c[0], c[1], c[2])
	if err != nil {
		return nil, fmt.Errorf("reading assigned taps: %w", err)
	}
	out := map[tapKey]int64{}
	var k tapKey
	var employee int64
	_, err = pgx.ForEachRow(rows, []any{&k.origin, &k.epoch, &k.seq, &employee}, func() error { out[k] = employee; return nil })
	if err != nil {
		return nil, fmt.Errorf("reading assigned taps: %w", err)
	}
	return out, nil
}

// assignAgain works out whose a tap is, after a decision about that.
func assignAgain(ctx context.Context, tx pg.Tx, k tapKey, due *dueList) error {
	rows, err := tx.Query(ctx, `SELECT `+timedColumns+` FROM punch p
		WHERE p.tenant_id = current_tenant() AND p.origin = $1 AND p.epoch = $2 AND p.seq = $3`, k.origin, k.epoch, k.seq)
	if err != nil {
		return fmt.Errorf("reading a tap: %w", err)
	}
	taps, err := pgx.CollectRows(rows, scanTimed)
	if err != nil {
		return fmt.Errorf("reading a tap: %w", err)
	}
	whose, err := whoseTaps(ctx, tx, taps)
	if err != nil {
		return err
	}
	var updates []timed
	for _, t := range taps {
		was := t
		if t.assign(whose); t != was && !t.pending {
			due.addTap(was)
			due.addTap(t)
			updates = append(updates, t)
		}
	}
	return writeTimed(ctx, tx, updates, nil)
}

// whose is what says whose taps are.
type whose struct {
	holdings map[tokenName][]Holding
	assigned map[tapKey]int64
}

// whoseTaps reads what says whose these taps are.
func whoseTaps(ctx context.Context, tx pg.Tx, taps []timed) (w whose, err error) {
	if w.holdings, err = holdings(ctx, tx, taps); err != nil {
		return w, err
	}
	w.assigned, err = assigned(ctx, tx, taps)
	return w, err
}

// mayChange lets a tap that is an employee's become another's: when a decision
// made it theirs, or the fob was the other's just as well.
func mayChange(ctx context.Context, tx pg.Tx, d Decision, k tapKey) error {
	var may bool
	err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM decision d WHERE d.tenant_id = current_tenant() AND (d.origin, d.epoch, d.seq) = ($1, $2, $3)
			AND d.kind = 'assign_tap' AND NOT EXISTS (SELECT FROM decision u WHERE u.tenant_id = d.tenant_id AND u.undoes = d.decision_id))
		OR EXISTS (SELECT FROM punch p, LATERAL (`+rivalsOf+`) r WHERE p.tenant_id = current_tenant()
			AND (p.origin, p.epoch, p.seq) = ($1, $2, $3) AND r.employee_id = $4)`, k.origin, k.epoch, k.seq, d.Employee).Scan(&may)
	if err != nil {
		return fmt.Errorf("looking up a tap: %w", err)
	}
	if !may {
		return fmt.Errorf("%w: the fob of tap %s was somebody else's then; change who held it when under Fobs", ErrInvalid, d.Tap)
	}
	return nil
}

// rivalsOf gives the employees who held, when punch p was made, the fob of the
// other token of an open twin conflict of p's token (I7): a gateway told that
// both are one fob.
const rivalsOf = `SELECT i.employee_id FROM twin_conflict c
	JOIN fob_token t ON t.tenant_id = c.tenant_id AND (t.key_version, t.token) IN ((c.old_version, c.old_token), (c.new_version, c.new_token))
		AND (t.key_version, t.token) <> (p.key_version, p.token)
	JOIN fob_issue i ON i.tenant_id = t.tenant_id AND i.fob_id = t.fob_id
		AND i.issued_at <= to_timestamp(p.placed / 1000.0) AND (i.returned_at IS NULL OR i.returned_at > to_timestamp(p.placed / 1000.0))
	WHERE c.tenant_id = p.tenant_id AND c.resolved_at IS NULL AND i.employee_id IS DISTINCT FROM p.employee_id
		AND (p.key_version, p.token) IN ((c.old_version, c.old_token), (c.new_version, c.new_token))`

// readRivals says of punches who held their fob just as well, unless somebody
// decided whose they are.
func readRivals(ctx context.Context, tx pg.Tx, facts map[int64]Facts) error {
	var open bool
	err := tx.QueryRow(ctx, "SELECT EXISTS (SELECT FROM twin_conflict WHERE tenant_id = current_tenant() AND resolved_at IS NULL)").Scan(&open)
	if err != nil {
		return fmt.Errorf("reading fobs of two employees: %w", err)
	}
	if !open {
		return nil
	}
	var employees []int64
	for id := range facts {
		employees = append(employees, id)
	}
	rows, err := tx.Query(ctx, `SELECT p.employee_id, p.origin, p.epoch, p.seq, r.employee_id
		FROM twin_conflict w CROSS JOIN LATERAL (VALUES (w.old_version, w.old_token), (w.new_version, w.new_token)) n(version, token)
		JOIN punch p ON p.tenant_id = w.tenant_id AND p.token = n.token AND p.key_version = n.version, LATERAL (`+rivalsOf+`) r
		WHERE w.tenant_id = current_tenant() AND w.resolved_at IS NULL AND p.employee_id = ANY ($1)`, employees)
	if err != nil {
		return fmt.Errorf("reading fobs of two employees: %w", err)
	}
	rivals := map[TapID]int64{}
	var employee, rival int64
	var k tapKey
	_, err = pgx.ForEachRow(rows, []any{&employee, &k.origin, &k.epoch, &k.seq, &rival}, func() error {
		rivals[tapID(k.origin, k.epoch, k.seq)] = rival
		return nil
	})
	if err != nil {
		return fmt.Errorf("reading fobs of two employees: %w", err)
	}
	for _, f := range facts {
		mine := AssignedTaps(f.Decisions)
		for i, p := range f.Punches {
			if mine[p.Tap] == 0 {
				f.Punches[i].Rival = rivals[p.Tap]
			}
		}
	}
	return nil
}

// contested gives the tokens of which a gateway told that they are another
// fob's too: what was told, or closed, changes what a person is asked.
func contested(ctx context.Context, tx pg.Tx) (map[tokenName]bool, error) {
	rows, err := tx.Query(ctx, `SELECT n.version, n.token FROM twin_conflict c
		CROSS JOIN LATERAL (VALUES (c.old_version, c.old_token), (c.new_version, c.new_token)) n(version, token)
		WHERE c.tenant_id = current_tenant()`)
	if err != nil {
		return nil, fmt.Errorf("reading contested fobs: %w", err)
	}
	out := map[tokenName]bool{}
	var version int16
	var token []byte
	_, err = pgx.ForEachRow(rows, []any{&version, &token}, func() error { out[tokenName{version, string(token)}] = true; return nil })
	if err != nil {
		return nil, fmt.Errorf("reading contested fobs: %w", err)
	}
	return out, nil
}
