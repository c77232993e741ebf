package payroll

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/jackc/pgx/v5"

	"tikklok/ingest/audit"
	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/pg"
	"tikklok/payroll/format"
)

const runQuery = `SELECT r.run_id, r.destination_id, d.name, r.format, r.period_from, r.period_to, r.map_version, r.state,
	r.by_kind, r.by_id, r.at, r.extension, r.media_type, r.sha256, r.bytes, r.people, r.lines, r.totals, r.pulled_at,
	COALESCE(r.void_kind, ''), COALESCE(r.void_id, 0), r.void_at, COALESCE(r.void_reason, ''), r.key
	FROM payroll_run r JOIN payroll_destination d USING (tenant_id, destination_id)
	WHERE r.tenant_id = current_tenant()`

func scanRun(row pgx.CollectableRow) (Run, error) {
	var r Run
	var sum []byte
	var extension string
	var from, to time.Time
	err := row.Scan(&r.ID, &r.Destination, &r.Name, &r.Format, &from, &to, &r.MapVersion, &r.State,
		&r.By.Kind, &r.By.ID, &r.At, &extension, &r.MediaType, &sum, &r.Bytes, &r.Totals.People, &r.Totals.Lines, &r.Totals.Codes, &r.Pulled,
		&r.VoidBy.Kind, &r.VoidBy.ID, &r.VoidAt, &r.VoidReason, &r.key)
	r.Period = calendar.Period{From: calendar.DateOf(from), To: calendar.DateOf(to)}
	copy(r.SHA256[:], sum)
	r.FileName = fmt.Sprintf("tikklok-%d-%s-%s.%s", r.ID, r.Period.From, r.Period.To, extension)
	return r, err
}

func collectRuns(ctx context.Context, tx pg.Tx, where string, args ...any) ([]Run, error) {
	rows, err := tx.Query(ctx, runQuery+where, args...)
	if err != nil {
		return nil, fmt.Errorf("reading runs: %w", err)
	}
	runs, err := pgx.CollectRows(rows, scanRun)
	if err != nil {
		return nil, fmt.Errorf("reading runs: %w", err)
	}
	return runs, nil
}

// Runs gives all runs, newest first; destination 0: of every destination.
func Runs(ctx context.Context, tx pg.Tx, destination int64) ([]Run, error) {
	return collectRuns(ctx, tx, ` AND ($1::bigint = 0 OR r.destination_id = $1) ORDER BY r.run_id DESC`, destination)
}

// RunByID gives one run, or ErrNotFound.
func RunByID(ctx context.Context, tx pg.Tx, id int64) (Run, error) {
	runs, err := collectRuns(ctx, tx, ` AND r.run_id = $1`, id)
	if err == nil && len(runs) == 0 {
		err = fmt.Errorf("run %d: %w", id, ErrNotFound)
	}
	if err != nil {
		return Run{}, err
	}
	return runs[0], nil
}

// unfinished gives the runs that may lack a manifest, oldest first.
func unfinished(ctx context.Context, tx pg.Tx) ([]Run, error) {
	return collectRuns(ctx, tx, ` AND r.state IN ('prepared', 'void') ORDER BY r.run_id`)
}

// insertRun registers a run that is being composed and gives its id. What it
// holds is said by setPrepared, in the same transaction.
func insertRun(ctx context.Context, tx pg.Tx, r Run) (int64, error) {
	var id int64
	err := tx.QueryRow(ctx, `
		INSERT INTO payroll_run (tenant_id, key, destination_id, format, period_from, period_to, map_version, state, by_kind, by_id, at,
			extension, media_type, sha256, bytes, people, lines, totals)
		VALUES (current_tenant(), $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, '', '', sha256(''), 0, 0, 0, '[]') RETURNING run_id`,
		r.key, r.Destination, r.Format, r.Period.From, r.Period.To, r.MapVersion, composing, r.By.Kind, r.By.ID, r.At).Scan(&id)
	if err != nil {
		return 0, fmt.Errorf("registering a run: %w", err)
	}
	return id, nil
}

// setPrepared says what a composed run holds; from here on it doesn't change.
func setPrepared(ctx context.Context, tx pg.Tx, r Run, t format.FileType) error {
	_, err := tx.Exec(ctx, `UPDATE payroll_run SET state = $2, extension = $3, media_type = $4, sha256 = $5, bytes = $6, people = $7, lines = $8, totals = $9
		WHERE tenant_id = current_tenant() AND run_id = $1`,
		r.ID, Prepared, t.Extension, t.MediaType, r.SHA256[:], r.Bytes, r.Totals.People, r.Totals.Lines, r.Totals.Codes)
	if err != nil {
		return fmt.Errorf("registering run %d: %w", r.ID, err)
	}
	return insertStep(ctx, tx, r.ID, Step{State: Prepared, By: r.By, At: r.At})
}

// lockRun gives a run and keeps its other steps waiting.
func lockRun(ctx context.Context, tx pg.Tx, id int64) (Run, error) {
	if _, err := tx.Exec(ctx, "SELECT FROM payroll_run WHERE tenant_id = current_tenant() AND run_id = $1 FOR NO KEY UPDATE", id); err != nil {
		return Run{}, fmt.Errorf("locking run %d: %w", id, err)
	}
	return RunByID(ctx, tx, id)
}

func setState(ctx context.Context, tx pg.Tx, id int64, state RunState) error {
	_, err := tx.Exec(ctx, "UPDATE payroll_run SET state = $2 WHERE tenant_id = current_tenant() AND run_id = $1", id, state)
	if err != nil {
		return fmt.Errorf("taking run %d to %s: %w", id, state, err)
	}
	return nil
}

func insertStep(ctx context.Context, tx pg.Tx, run int64, s Step) error {
	_, err := tx.Exec(ctx, `INSERT INTO payroll_step (tenant_id, run_id, state, by_kind, by_id, at, reason)
		VALUES (current_tenant(), $1, $2, $3, $4, $5, $6)`, run, s.State, s.By.Kind, s.By.ID, s.At, s.Reason)
	if err != nil {
		return fmt.Errorf("noting a step of run %d: %w", run, err)
	}
	return nil
}

// Steps gives the steps of a run, the first first.
func Steps(ctx context.Context, tx pg.Tx, run int64) ([]Step, error) {
	rows, err := tx.Query(ctx, `SELECT state, by_kind, by_id, at, reason FROM payroll_step
		WHERE tenant_id = current_tenant() AND run_id = $1 ORDER BY step_id`, run)
	if err != nil {
		return nil, fmt.Errorf("reading the steps of run %d: %w", run, err)
	}
	steps, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (s Step, err error) {
		return s, row.Scan(&s.State, &s.By.Kind, &s.By.ID, &s.At, &s.Reason)
	})
	if err != nil {
		return nil, fmt.Errorf("reading the steps of run %d: %w", run, err)
	}
	return steps, nil
}

// setVoid reverses a run and its lines.
func setVoid(ctx context.Context, tx pg.Tx, by audit.Actor, id int64, reason string, now time.Time) error {
	_, err := tx.Exec(ctx, `
		WITH run AS (
			UPDATE payroll_run SET state = 'void', void_kind = $2, void_id = $3, void_reason = $4, void_at = $5
			WHERE tenant_id = current_tenant() AND run_id = $1 RETURNING tenant_id, run_id)
		UPDATE payroll_line l SET reversed_at = $5 FROM run WHERE (l.tenant_id, l.run_id) = (run.tenant_id, run.run_id)`,
		id, by.Kind, by.ID, reason, now)
	if err != nil {
		return fmt.Errorf("voiding run %d: %w", id, err)
	}
	return insertStep(ctx, tx, id, Step{Void, by, now, reason})
}

// laterRun gives the newest run that sent more of an employee and period of
// this run; 0: none. The two sides are compared here: joined in the database
// they took minutes for 10,000 employees, before it had statistics.
func laterRun(ctx context.Context, tx pg.Tx, r Run) (int64, error) {
	mine, err := cardsSent(ctx, tx, r.Destination, r.ID, r.ID)
	if err != nil {
		return 0, err
	}
	later, err := cardsSent(ctx, tx, r.Destination, r.ID+1, math.MaxInt64)
	if err != nil {
		return 0, err
	}
	newest := int64(0)
	for c, run := range later {
		if _, ok := mine[c]; ok {
			newest = max(newest, run)
		}
	}
	return newest, nil
}

// MarkPulled writes down that by pulled the file; the run's Pulled is the first
// time. A run that was voided while its file was verified does not leave.
// Errors: ErrNotFound, ErrUnfinished, ErrVoid.
func MarkPulled(ctx context.Context, tx pg.Tx, by audit.Actor, id int64) error {
	run, err := lockRun(ctx, tx, id)
	if err != nil {
		return err
	}
	if !run.State.Pullable() {
		return run.cannot(Delivered)
	}
	_, err = tx.Exec(ctx, `UPDATE payroll_run SET pulled_at = now()
		WHERE tenant_id = current_tenant() AND run_id = $1 AND pulled_at IS NULL`, id)
	if err != nil {
		return fmt.Errorf("marking run %d as pulled: %w", id, err)
	}
	return audit.Append(ctx, tx, audit.Entry{Action: "payroll_run.pull", SubjectKind: "payroll_run", SubjectID: id, By: by})
}

func tenantOf(ctx context.Context, tx pg.Tx) (int64, error) {
	var id int64
	if err := tx.QueryRow(ctx, "SELECT current_tenant()").Scan(&id); err != nil {
		return 0, fmt.Errorf("reading the tenant: %w", err)
	}
	return id, nil
}
