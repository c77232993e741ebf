package payroll

import (
	"context"
	"errors"
	"fmt"
	"maps"

	"github.com/jackc/pgx/v5"

	"tikklok/ingest/audit"
	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/pg"
)

const codeMapQuery = `SELECT COALESCE(m.version, 0), COALESCE(m.codes, '{}'), COALESCE(m.by_kind, ''), COALESCE(m.by_id, 0), COALESCE(m.at, d.created_at), COALESCE(m.back_to, 0)
	FROM payroll_destination d LEFT JOIN payroll_code_map m USING (tenant_id, destination_id)
	WHERE d.tenant_id = current_tenant() AND d.destination_id = $1`

func scanCodeMap(row pgx.CollectableRow) (m CodeMap, err error) {
	return m, row.Scan(&m.Version, &m.Codes, &m.By.Kind, &m.By.ID, &m.At, &m.Back)
}

// Codes gives the newest code map of a destination; Version 0 when none was put.
func Codes(ctx context.Context, tx pg.Tx, destination int64) (CodeMap, error) {
	return oneCodeMap(ctx, tx, destination, ` ORDER BY m.version DESC NULLS LAST LIMIT 1`, destination)
}

// CodesAt gives one version of a destination's code map, or ErrNotFound.
func CodesAt(ctx context.Context, tx pg.Tx, destination int64, version int) (CodeMap, error) {
	return oneCodeMap(ctx, tx, destination, ` AND m.version = $2`, destination, version)
}

func oneCodeMap(ctx context.Context, tx pg.Tx, destination int64, where string, args ...any) (CodeMap, error) {
	rows, err := tx.Query(ctx, codeMapQuery+where, args...)
	if err != nil {
		return CodeMap{}, fmt.Errorf("reading a code map: %w", err)
	}
	m, err := pgx.CollectExactlyOneRow(rows, scanCodeMap)
	if errors.Is(err, pgx.ErrNoRows) {
		return CodeMap{}, fmt.Errorf("code map of destination %d: %w", destination, ErrNotFound)
	}
	if err != nil {
		return CodeMap{}, fmt.Errorf("reading a code map: %w", err)
	}
	return m, nil
}

// CodeVersions gives every version of a destination's code map, newest first.
func CodeVersions(ctx context.Context, tx pg.Tx, destination int64) ([]CodeMap, error) {
	rows, err := tx.Query(ctx, codeMapQuery+` AND m.version IS NOT NULL ORDER BY m.version DESC`, destination)
	if err != nil {
		return nil, fmt.Errorf("reading the versions of a code map: %w", err)
	}
	all, err := pgx.CollectRows(rows, scanCodeMap)
	if err != nil {
		return nil, fmt.Errorf("reading the versions of a code map: %w", err)
	}
	return all, nil
}

// PutCodes makes codes (ours → the package's component) the destination's next
// version and gives it; putting what stands already makes none. Errors:
// ErrNotFound; CodeFaults.
func PutCodes(ctx context.Context, tx pg.Tx, by audit.Actor, destination int64, codes map[string]string) (CodeMap, error) {
	d, m, err := lockCodes(ctx, tx, destination)
	if err != nil {
		return CodeMap{}, err
	}
	return putCodes(ctx, tx, by, d, m, codes, 0)
}

// ReplaceCodes is PutCodes for who looked at version seen: ErrCodes when
// somebody changed it since.
func ReplaceCodes(ctx context.Context, tx pg.Tx, by audit.Actor, destination int64, seen int, codes map[string]string) (CodeMap, error) {
	d, m, err := lockCodes(ctx, tx, destination)
	if err != nil {
		return CodeMap{}, err
	}
	if m.Version != seen {
		return CodeMap{}, fmt.Errorf("%w: it stands at version %d, %d was seen", ErrCodes, m.Version, seen)
	}
	return putCodes(ctx, tx, by, d, m, codes, 0)
}

// RestoreCodes makes an earlier version the next one. Going back to what
// stands makes none. Errors: ErrNotFound; CodeFaults, when the format takes
// less than it did.
func RestoreCodes(ctx context.Context, tx pg.Tx, by audit.Actor, destination int64, version int) (CodeMap, error) {
	d, m, err := lockCodes(ctx, tx, destination)
	if err != nil {
		return CodeMap{}, err
	}
	old, err := CodesAt(ctx, tx, destination, version)
	if err != nil {
		return CodeMap{}, err
	}
	return putCodes(ctx, tx, by, d, m, old.Codes, version)
}

func lockCodes(ctx context.Context, tx pg.Tx, destination int64) (Destination, CodeMap, error) {
	d, err := lockDestination(ctx, tx, destination)
	if err != nil {
		return Destination{}, CodeMap{}, err
	}
	m, err := Codes(ctx, tx, destination)
	return d, m, err
}

// putCodes adds the version after m; back is the version that it goes back to.
func putCodes(ctx context.Context, tx pg.Tx, by audit.Actor, d Destination, m CodeMap, codes map[string]string, back int) (CodeMap, error) {
	codes = trimmed(codes)
	if err := checkCodes(d, codes); err != nil {
		return CodeMap{}, err
	}
	if m.Version > 0 && maps.Equal(m.Codes, codes) {
		return m, nil
	}
	next := CodeMap{Version: m.Version + 1, Codes: codes, By: by, Back: back}
	err := tx.QueryRow(ctx, `INSERT INTO payroll_code_map (tenant_id, destination_id, version, codes, by_kind, by_id, back_to)
		VALUES (current_tenant(), $1, $2, $3, $4, $5, NULLIF($6, 0)) RETURNING at`, d.ID, next.Version, codes, by.Kind, by.ID, back).Scan(&next.At)
	if err != nil {
		return CodeMap{}, fmt.Errorf("storing a code map: %w", err)
	}
	payload := map[string]any{"version": next.Version, "codes": codes}
	if back > 0 {
		payload["back_to"] = back
	}
	return next, audit.Append(ctx, tx, audit.Entry{Action: "payroll_codes.put", SubjectKind: "payroll_destination", SubjectID: d.ID, By: by, Payload: payload})
}

// WaitingCodes gives the minutes of each of our codes that were approved of the
// days and not sent to the destination. The two sides are counted apart, as in
// waitingEmployees; a week that is reopened stands on neither.
func WaitingCodes(ctx context.Context, tx pg.Tx, destination int64, days calendar.Period) (map[string]int, error) {
	rows, err := tx.Query(ctx, `SELECT code, sum(minutes)::bigint FROM (
			SELECT l.code, sum(l.minutes) AS minutes, count(*) AS n FROM approved_line l
				JOIN timesheet t ON t.tenant_id = l.tenant_id AND t.employee_id = l.employee_id AND t.monday = date_trunc('week', l.day::timestamp)::date AND t.state = 'approved'
				WHERE l.tenant_id = current_tenant() AND l.day BETWEEN $2 AND $3 GROUP BY 1
			UNION ALL SELECT l.code, -sum(l.minutes), -count(*) FROM payroll_line l
				JOIN timesheet t ON t.tenant_id = l.tenant_id AND t.employee_id = l.employee_id AND t.monday = date_trunc('week', l.day::timestamp)::date AND t.state = 'approved'
				WHERE l.tenant_id = current_tenant() AND l.destination_id = $1 AND l.day BETWEEN $2 AND $3 AND l.reversed_at IS NULL GROUP BY 1) x
		GROUP BY code HAVING sum(n) > 0`, destination, days.From, days.To)
	if err != nil {
		return nil, fmt.Errorf("looking for codes that wait: %w", err)
	}
	waiting := map[string]int{}
	var code string
	var minutes int
	if _, err := pgx.ForEachRow(rows, []any{&code, &minutes}, func() error { waiting[code] = minutes; return nil }); err != nil {
		return nil, fmt.Errorf("looking for codes that wait: %w", err)
	}
	return waiting, nil
}
