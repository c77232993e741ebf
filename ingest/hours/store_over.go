package hours

import (
	"context"
	"fmt"
	"time"

	"tikklok/ingest/pg"
)

// How long after an out-tap on the last working day a shift counts as the last
// where no plan says when it ends, as somebody may be out for lunch; and how
// early before its planned end somebody may go.
const (
	overAfter = 2 * time.Hour
	overEarly = time.Hour
)

// LastShiftOver says whether the last shift of an employee is over, whose last
// working day is given (midnight UTC): nobody sees them in, the day is
// over or they worked on it, and the last shift planned on it is over as well,
// also where that is in the night after; without a plan they have been out for
// two hours (OB-C5).
func LastShiftOver(ctx context.Context, tx pg.Tx, employee int64, lastDay, now time.Time) (over bool, err error) {
	err = tx.QueryRow(ctx, `WITH day AS (
			SELECT ($2::date)::timestamp AT TIME ZONE z AS begins, ($2::date + 1)::timestamp AT TIME ZONE z AS ends
			FROM (SELECT COALESCE(NULLIF(e.zone, ''), t.zone) AS z FROM employee e JOIN tenant t USING (tenant_id)
				WHERE e.tenant_id = current_tenant() AND e.employee_id = $1) zone),
		planned AS (
			SELECT max(to_timestamp(p.to_at * 60)) AS ends FROM plan_shift p, day
			WHERE p.tenant_id = current_tenant() AND p.employee_id = $1 AND NOT p.withdrawn
				AND p.from_at * 60 >= extract(epoch FROM day.begins) AND p.from_at * 60 < extract(epoch FROM day.ends)),
		tapped AS (
			SELECT to_timestamp(max(p.placed) / 1000.0) AS last FROM punch p, day
			WHERE p.tenant_id = current_tenant() AND p.employee_id = $1 AND p.placed >= extract(epoch FROM day.begins) * 1000)
		SELECT NOT EXISTS (SELECT FROM worked_day w WHERE w.tenant_id = current_tenant() AND w.employee_id = $1 AND w.running AND w.revisit >= extract(epoch FROM $3::timestamptz) * 1000)
			AND (day.ends <= $3 OR EXISTS (SELECT FROM worked_day w WHERE w.tenant_id = current_tenant() AND w.employee_id = $1 AND w.day >= $2::date AND w.minutes > 0))
			AND COALESCE(planned.ends - $5::interval, tapped.last + $4::interval, day.ends) <= $3
		FROM day, planned, tapped`, employee, lastDay, now, overAfter, overEarly).Scan(&over)
	if err != nil {
		return false, fmt.Errorf("looking for the end of somebody's last shift: %w", err)
	}
	return over, nil
}
