package audit

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"tikklok/ingest/pg"
)

// NoteRead writes into the access log that somebody read about people. It
// belongs into the transaction that reads.
func NoteRead(ctx context.Context, tx pg.Tx, by Actor, operation string, of People) error {
	e := Entry{Action: ReadAction, By: by, Payload: readPayload{operation, of}}
	if !of.All && len(of.Spans) > 0 {
		e.SubjectKind = "employee"
		if of.Count() == 1 {
			e.SubjectID = of.Spans[0][0]
		}
	}
	return Append(ctx, tx, e)
}

// ChangedSince counts what was changed at an instant or later in things of some
// kinds, and gives the newest entry of it.
func ChangedSince(ctx context.Context, tx pg.Tx, at time.Time, kinds ...string) (n, newest int64, err error) {
	err = tx.QueryRow(ctx, `SELECT count(*), COALESCE(max(entry_id), 0) FROM audit_entry
		WHERE tenant_id = current_tenant() AND audit_class(action) = 'audit' AND at >= $1 AND subject_kind = ANY ($2)`, at, kinds).Scan(&n, &newest)
	if err != nil {
		return 0, 0, fmt.Errorf("looking for changes in the audit log: %w", err)
	}
	return n, newest, nil
}

// Reads visits the entries of the access log, oldest first, until visit fails.
// Whom those were about whose content was purged is not known: they are of All
// and have no operation.
func Reads(ctx context.Context, tx pg.Tx, f ReadFilter, visit func(Read) error) error {
	rows, err := tx.Query(ctx, `SELECT e.entry_id, e.at, e.actor_kind, COALESCE(e.actor_id, 0), e.action, COALESCE(e.subject_id, 0), p.payload
		FROM audit_entry e LEFT JOIN audit_payload p USING (tenant_id, entry_id)
		WHERE e.tenant_id = current_tenant() AND audit_class(e.action) = 'access-log'
			AND ($1::timestamptz IS NULL OR e.at >= $1) AND ($2::timestamptz IS NULL OR e.at < $2)
			AND ($3 = '' OR e.actor_kind = $3) AND ($4::bigint = 0 OR e.actor_id = $4)
		ORDER BY e.at, e.entry_id`, orNull(f.From), orNull(f.To), f.By.Kind, f.By.ID)
	if err != nil {
		return fmt.Errorf("reading the access log: %w", err)
	}
	var r Read
	var action string
	var subject int64
	var payload []byte
	_, err = pgx.ForEachRow(rows, []any{&r.ID, &r.At, &r.By.Kind, &r.By.ID, &action, &subject, &payload}, func() error {
		r.Operation, r.Of = readOf(action, subject, payload)
		if f.Operation != "" && r.Operation != f.Operation || f.Employee != 0 && !r.Of.Names(f.Employee) {
			return nil
		}
		return visit(r)
	})
	if err != nil {
		return fmt.Errorf("reading the access log: %w", err)
	}
	return nil
}
