package ending

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"tikklok/ingest/audit"
	"tikklok/ingest/pg"
)

// ErrNoExport says that there is nothing to accept.
var ErrNoExport = errors.New("no such export was made; make one first")

// StateOf gives how far the end of the transaction's tenant is.
func StateOf(ctx context.Context, tx pg.Tx) (State, error) {
	var s State
	var lastDay, readOnly, access, destroy *time.Time
	var terms, fingerprint []byte
	var by *int64
	var zone string
	err := tx.QueryRow(ctx, `SELECT e.last_day, e.terms, e.read_only_from, e.access_until, e.destroy_from, e.exported_at, e.fingerprint, e.accepted_at, e.accepted_by,
			e.destroying_at, e.destroyed_at, e.backups_until, t.zone
		FROM tenant_ending e JOIN tenant t USING (tenant_id) WHERE e.tenant_id = current_tenant()`).
		Scan(&lastDay, &terms, &readOnly, &access, &destroy, &s.Exported, &fingerprint, &s.Accepted, &by, &s.Begun, &s.Destroyed, &s.Backups, &zone)
	if errors.Is(err, pgx.ErrNoRows) {
		return s, nil
	}
	if err != nil {
		return s, fmt.Errorf("reading the end of the contract: %w", err)
	}
	if s.Fingerprint = hex.EncodeToString(fingerprint); by != nil {
		s.AcceptedBy = *by
	}
	if lastDay == nil {
		return s, nil
	}
	var t Terms
	if err := json.Unmarshal(terms, &t); err != nil {
		return s, fmt.Errorf("reading the end of the contract: %w", err)
	}
	at, err := time.LoadLocation(zone)
	if err != nil {
		return s, fmt.Errorf("reading the end of the contract: %w", err)
	}
	table, err := NewTimetable(*lastDay, t, at)
	if table.ReadOnly, table.AccessUntil, table.Destroy = readOnly.In(at), access.In(at), destroy.In(at); err == nil {
		s.Timetable = &table
	}
	return s, err
}

// ReadOnly says whether nothing of the transaction's tenant may change any
// more; one look at one row.
func ReadOnly(ctx context.Context, tx pg.Tx, now time.Time) (yes bool, err error) {
	err = tx.QueryRow(ctx, "SELECT EXISTS (SELECT FROM tenant_ending WHERE tenant_id = current_tenant() AND (read_only_from <= $1 OR destroying_at IS NOT NULL))", now).Scan(&yes)
	if err != nil {
		return false, fmt.Errorf("reading the end of the contract: %w", err)
	}
	return yes, nil
}

// Closed gives since when nobody of the transaction's tenant gets in any more,
// on the pages or by a key: the contract's time to read is over (OB-P5), or the
// destruction has begun; nil: people get in.
func Closed(ctx context.Context, tx pg.Tx, now time.Time) (since *time.Time, err error) {
	err = tx.QueryRow(ctx, "SELECT min(LEAST(access_until, destroying_at)) FROM tenant_ending WHERE tenant_id = current_tenant() AND (access_until <= $1 OR destroying_at IS NOT NULL)", now).Scan(&since)
	if err != nil {
		return nil, fmt.Errorf("reading the end of the contract: %w", err)
	}
	return since, nil
}

// Plan writes down when the contract ends; a timetable that was there is
// replaced. It refuses once destruction has begun.
func Plan(ctx context.Context, tx pg.Tx, t Timetable, by audit.Actor) error {
	terms, err := json.Marshal(t.Terms)
	if err != nil {
		return fmt.Errorf("planning the end of the contract: %w", err)
	}
	tag, err := tx.Exec(ctx, `INSERT INTO tenant_ending AS e (tenant_id, last_day, terms, read_only_from, access_until, destroy_from, backup_days) VALUES (current_tenant(), $1, $2, $3, $4, $5, $6)
		ON CONFLICT (tenant_id) DO UPDATE SET last_day = EXCLUDED.last_day, terms = EXCLUDED.terms, read_only_from = EXCLUDED.read_only_from,
			access_until = EXCLUDED.access_until, destroy_from = EXCLUDED.destroy_from, backup_days = EXCLUDED.backup_days WHERE e.destroying_at IS NULL`,
		t.LastDay, terms, t.ReadOnly, t.AccessUntil, t.Destroy, t.Terms.BackupDays)
	return changed(ctx, tx, tag.RowsAffected(), err, audit.Entry{Action: "contract.end", SubjectKind: "contract", By: by,
		Payload: map[string]string{"last_day": t.LastDay.Format(time.DateOnly), "destroy": t.Destroy.Format(time.DateOnly), "terms": t.Terms.Profile}})
}

// Cancel takes the plan back, as where the contract goes on after all.
func Cancel(ctx context.Context, tx pg.Tx, by audit.Actor) error {
	tag, err := tx.Exec(ctx, `UPDATE tenant_ending SET last_day = NULL, terms = '{}', read_only_from = NULL, access_until = NULL, destroy_from = NULL
		WHERE tenant_id = current_tenant() AND destroying_at IS NULL AND last_day IS NOT NULL`)
	return changed(ctx, tx, tag.RowsAffected(), err, audit.Entry{Action: "contract.goes_on", SubjectKind: "contract", By: by})
}

// Accept notes that the customer has the export of a fingerprint and can read
// it; only then does the timetable let its data go.
func Accept(ctx context.Context, tx pg.Tx, fingerprint string, by audit.Actor, now time.Time) error {
	var account *int64
	if by.Kind == audit.Account {
		account = &by.ID
	}
	tag, err := tx.Exec(ctx, `UPDATE tenant_ending SET accepted_at = $1, accepted_by = $2
		WHERE tenant_id = current_tenant() AND destroying_at IS NULL AND encode(fingerprint, 'hex') = $3`, now, account, fingerprint)
	if err == nil && tag.RowsAffected() == 0 {
		return ErrNoExport
	}
	return changed(ctx, tx, tag.RowsAffected(), err, audit.Entry{Action: "export.accept", SubjectKind: "contract", By: by, Payload: map[string]string{"fingerprint": fingerprint}})
}

func changed(ctx context.Context, tx pg.Tx, rows int64, err error, e audit.Entry) error {
	if err != nil {
		return fmt.Errorf("changing the end of the contract: %w", err)
	}
	if rows == 0 {
		return fmt.Errorf("%w: there is no such plan, or destruction has begun", ErrInvalid)
	}
	return audit.Append(ctx, tx, e)
}

// Since counts the registrations that came after the last export; 0 without
// one.
func Since(ctx context.Context, tx pg.Tx, s State) (n int64, err error) {
	if s.Exported == nil {
		return 0, nil
	}
	err = tx.QueryRow(ctx, "SELECT count(*) FROM registration WHERE tenant_id = current_tenant() AND arrived > $1", *s.Exported).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("counting what came since the export: %w", err)
	}
	return n, nil
}

// Made says when the transaction's tenant was made, and when it was taken in
// here from an export; nil: it was not.
func Made(ctx context.Context, tx pg.Tx) (made time.Time, imported *time.Time, err error) {
	err = tx.QueryRow(ctx, `SELECT t.created_at, i.imported_at FROM tenant t LEFT JOIN tenant_import i USING (tenant_id)
		WHERE t.tenant_id = current_tenant()`).Scan(&made, &imported)
	if err != nil {
		return made, nil, fmt.Errorf("reading when the tenant was made: %w", err)
	}
	return made, imported, nil
}
