package hours

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/pg"
)

// OpenExceptions counts the timesheets with days from…to, both included, that
// hold an exception and are not approved.
func OpenExceptions(ctx context.Context, tx pg.Tx, from, to calendar.Date) (n int, err error) {
	err = tx.QueryRow(ctx, `SELECT count(DISTINCT (w.employee_id, date_trunc('week', w.day))) FROM worked_day w
		WHERE w.tenant_id = current_tenant() AND w.day BETWEEN $1::text::date AND $2::text::date AND w.detail ? 'exceptions'
			AND NOT EXISTS (SELECT FROM timesheet s WHERE s.tenant_id = w.tenant_id AND s.employee_id = w.employee_id
				AND s.monday = date_trunc('week', w.day)::date AND s.state = 'approved')`, from.String(), to.String()).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("counting exceptions: %w", err)
	}
	return n, nil
}

// CountUnknown counts the tokens that were tapped and are of no fob (OB-H1).
func CountUnknown(ctx context.Context, tx pg.Tx) (n int, err error) {
	err = tx.QueryRow(ctx, `SELECT count(DISTINCT (p.key_version, p.token)) FROM punch p
		WHERE p.tenant_id = current_tenant() AND p.employee_id IS NULL AND NOT p.pending
			AND NOT EXISTS (SELECT FROM fob_token t WHERE t.tenant_id = p.tenant_id AND t.key_version = p.key_version AND t.token = p.token)`).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("counting unknown fobs: %w", err)
	}
	return n, nil
}

// LastTaps gives when each fob was last tapped, by the fob's id; those that
// never were are not in it.
func LastTaps(ctx context.Context, tx pg.Tx) (map[int64]time.Time, error) {
	rows, err := tx.Query(ctx, `SELECT fob_id, max(last) FROM (
			SELECT t.fob_id, (SELECT max(p.placed) FROM punch p WHERE p.tenant_id = t.tenant_id AND p.token = t.token) AS last
			FROM fob_token t WHERE t.tenant_id = current_tenant()) x
		WHERE last > 0 GROUP BY fob_id`)
	if err != nil {
		return nil, fmt.Errorf("reading fobs' last taps: %w", err)
	}
	taps := map[int64]time.Time{}
	var fob, at int64
	if _, err := pgx.ForEachRow(rows, []any{&fob, &at}, func() error { taps[fob] = time.UnixMilli(at).UTC(); return nil }); err != nil {
		return nil, fmt.Errorf("reading fobs' last taps: %w", err)
	}
	return taps, nil
}

// Manual is a registration that a person made for somebody (I3).
type Manual struct {
	Decision
	Who Who
}

// LatestManual gives the last registrations made by hand, the newest first:
// added punches that answered no question. Those that were undone say so.
func LatestManual(ctx context.Context, tx pg.Tx, limit int) ([]Manual, error) {
	box, err := pg.Box(ctx, tx)
	if err != nil {
		return nil, err
	}
	rows, err := tx.Query(ctx, `SELECT e.number, e.surname, `+pg.OfPerson("e", "first_name")+`, `+decisionColumns+`
		FROM decision d JOIN employee e ON e.tenant_id = d.tenant_id AND e.employee_id = d.employee_id
		WHERE d.tenant_id = current_tenant() AND d.kind = 'add_punch' AND NOT d.proposed ORDER BY d.decision_id DESC LIMIT $1`, limit)
	if err != nil {
		return nil, fmt.Errorf("reading registrations by hand: %w", err)
	}
	all, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (m Manual, err error) {
		m.Decision, _, err = scanDecision(r, &m.Who.Number, &m.Who.Surname, box.Text(&m.Who.FirstName))
		m.Who.ID = m.Employee
		return m, err
	})
	if err != nil {
		return nil, fmt.Errorf("reading registrations by hand: %w", err)
	}
	return all, nil
}
