package continuity

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"tikklok/ingest/pg"
)

// findingsKept bounds what is kept of a check that differs all over.
const findingsKept = 50

// Note writes down what a check found, and numbers it.
func Note(ctx context.Context, tx pg.Tx, r Result) (int64, error) {
	findings := r.Findings[:min(findingsKept, len(r.Findings))]
	for i := range findings {
		findings[i].Text = findings[i].Text[:min(1000, len(findings[i].Text))]
	}
	text, err := json.Marshal(append([]Finding{}, findings...))
	if err != nil {
		return 0, fmt.Errorf("noting a check of backups: %w", err)
	}
	err = tx.QueryRow(ctx, `INSERT INTO restore_check (at, place, set, bytes, registrations, entries, millis, findings)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING check_id`,
		r.At, r.Target, r.Set, r.Bytes, r.Registrations, r.Entries, r.Took.Milliseconds(), text).Scan(&r.ID)
	if err != nil {
		return 0, fmt.Errorf("noting a check of backups: %w", err)
	}
	return r.ID, nil
}

// CheckDue says whether a place is to be checked: it was not since the latest
// morning, and has been asked for since before the night. A check that a clock
// noted that was ahead keeps no morning from having its own.
func CheckDue(ctx context.Context, tx pg.Tx, place string, now time.Time, zone *time.Location) (bool, error) {
	var since, last *time.Time
	err := tx.QueryRow(ctx, `SELECT (SELECT since FROM backup_place WHERE place = $1 AND gone_at IS NULL), (SELECT max(at) FROM restore_check WHERE place = $1 AND at <= $2)`, place, now.Add(drift)).Scan(&since, &last)
	if err != nil {
		return false, fmt.Errorf("whether backups are to be checked: %w", err)
	}
	if since == nil {
		return false, nil // no set was asked for there yet
	}
	morning := morningBefore(now, zone)
	return since.Before(morning.Add(-nightsWork)) && (last == nil || last.Before(morning)), nil
}

// Latest gives the newest check of each place that was ever checked, by name;
// what a clock noted that was ahead is no newest.
func Latest(ctx context.Context, tx pg.Tx, now time.Time) ([]Result, error) {
	return results(ctx, tx, "SELECT DISTINCT ON (place) "+resultColumns+" FROM restore_check WHERE at <= $1 ORDER BY place, at DESC, check_id DESC", now.Add(drift))
}

// Checks gives the newest checks of all places, at most limit.
func Checks(ctx context.Context, tx pg.Tx, limit int) ([]Result, error) {
	return results(ctx, tx, "SELECT "+resultColumns+" FROM restore_check ORDER BY at DESC, check_id DESC LIMIT $1", limit)
}

const resultColumns = "check_id, at, place, set, bytes, registrations, entries, millis, findings"

func results(ctx context.Context, tx pg.Tx, sql string, args ...any) ([]Result, error) {
	rows, err := tx.Query(ctx, sql, args...)
	if err != nil {
		return nil, fmt.Errorf("reading checks of backups: %w", err)
	}
	all, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (r Result, err error) {
		var millis int64
		var findings []byte
		if err = row.Scan(&r.ID, &r.At, &r.Target, &r.Set, &r.Bytes, &r.Registrations, &r.Entries, &millis, &findings); err != nil {
			return r, err
		}
		r.Took = time.Duration(millis) * time.Millisecond
		return r, json.Unmarshal(findings, &r.Findings)
	})
	if err != nil {
		return nil, fmt.Errorf("reading checks of backups: %w", err)
	}
	return all, nil
}
