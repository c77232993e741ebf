package payroll

import (
	"context"
	"errors"
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

// insertRun registers a prepared run with its bytes and gives its id.
func insertRun(ctx context.Context, tx pg.Tx, r Run, t format.FileType, body []byte) (int64, error) {
	var id int64
	err := tx.QueryRow(ctx, `
		WITH run AS (
			INSERT INTO payroll_run (tenant_id, key, destination_id, format, period_from, period_to, map_version, by_kind, by_id, at,
				extension, media_type, sha256, bytes, people, lines, totals)
			VALUES (current_tenant(), $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16) RETURNING tenant_id, run_id),
		file AS (INSERT INTO payroll_file (tenant_id, run_id, body) SELECT tenant_id, run_id, $17 FROM run)
		SELECT run_id FROM run`,
		r.key, r.Destination, r.Format, r.Period.From, r.Period.To, r.MapVersion, r.By.Kind, r.By.ID, r.At,
		t.Extension, t.MediaType, r.SHA256[:], len(body), r.Totals.People, r.Totals.Lines, r.Totals.Codes, body).Scan(&id)
	if err != nil {
		return 0, fmt.Errorf("registering a run: %w", err)
	}
	return id, nil
}

// setCreated lets a prepared run be pulled; false: it was already.
func setCreated(ctx context.Context, tx pg.Tx, id int64) (bool, error) {
	tag, err := tx.Exec(ctx, `UPDATE payroll_run SET state = 'created'
		WHERE tenant_id = current_tenant() AND run_id = $1 AND state = 'prepared'`, id)
	if err != nil {
		return false, fmt.Errorf("finishing run %d: %w", id, err)
	}
	return tag.RowsAffected() == 1, nil
}

// setVoid reverses a run and its lines.
func setVoid(ctx context.Context, tx pg.Tx, by audit.Actor, id int64, reason string, now time.Time) error {
	_, err := tx.Exec(ctx, `
		WITH run AS (
			UPDATE payroll_run SET state = 'void', void_kind = $2, void_id = $3, void_reason = $4, void_at = $5
			WHERE tenant_id = current_tenant() AND run_id = $1 AND state = 'created' RETURNING tenant_id, run_id)
		UPDATE payroll_line l SET reversed_at = $5 FROM run WHERE (l.tenant_id, l.run_id) = (run.tenant_id, run.run_id)`,
		id, by.Kind, by.ID, reason, now)
	if err != nil {
		return fmt.Errorf("voiding run %d: %w", id, err)
	}
	return nil
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

func readFile(ctx context.Context, tx pg.Tx, id int64) ([]byte, error) {
	var body []byte
	err := tx.QueryRow(ctx, `SELECT body FROM payroll_file WHERE tenant_id = current_tenant() AND run_id = $1`, id).Scan(&body)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, fmt.Errorf("file of run %d: %w", id, ErrNotFound)
	}
	if err != nil {
		return nil, fmt.Errorf("reading the file of run %d: %w", id, err)
	}
	return body, nil
}

// MarkPulled writes down that by pulled the file; the run's Pulled is the first time.
func MarkPulled(ctx context.Context, tx pg.Tx, by audit.Actor, id int64) error {
	_, err := tx.Exec(ctx, `UPDATE payroll_run SET pulled_at = now()
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
