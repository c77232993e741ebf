package register

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"tikklok/ingest/audit"
	"tikklok/ingest/pg"
)

// Allow lets a supplier's person look from now on. The account has to be a
// supplier's, and their place one that the contract allows: who calls knows both.
func Allow(ctx context.Context, tx pg.Tx, s Support) error {
	s.Reason = strings.TrimSpace(s.Reason)
	n := utf8.RuneCountInString(s.Reason)
	if d := s.Until.Sub(s.At); d < time.Minute || d > MostSupport || n < 1 || n > lineLength || !utf8.ValidString(s.Reason) || strings.ContainsRune(s.Reason, 0) {
		return ErrTime
	}
	err := tx.QueryRow(ctx, `INSERT INTO support_grant (tenant_id, account_id, by_id, session, reason, at, until, region, operator)
		VALUES (current_tenant(), $1, $2, $3, $4, $5, $6, $7, $8) RETURNING grant_id`, s.Account, s.By, s.Session[:], s.Reason, s.At, s.Until, s.Region, s.Operator).Scan(&s.ID)
	if err != nil {
		return fmt.Errorf("allowing support: %w", err)
	}
	return audit.Append(ctx, tx, audit.Entry{Action: "support.allow", SubjectKind: "account", SubjectID: s.Account, By: audit.Actor{Kind: audit.Account, ID: s.By},
		Payload: map[string]any{"grant": s.ID, "reason": s.Reason, "until": s.Until.UTC().Format(time.RFC3339), "region": s.Region, "operator": s.Operator}})
}

// EndSupport ends all that is allowed to a supplier's person; that there was
// none is no error.
func EndSupport(ctx context.Context, tx pg.Tx, account int64, by audit.Actor, now time.Time) error {
	tag, err := tx.Exec(ctx, `UPDATE support_grant SET ended_at = $2
		WHERE tenant_id = current_tenant() AND account_id = $1 AND ended_at IS NULL AND until > $2`, account, now)
	if err != nil {
		return fmt.Errorf("ending support: %w", err)
	}
	if tag.RowsAffected() == 0 {
		return nil
	}
	return audit.Append(ctx, tx, audit.Entry{Action: "support.end", SubjectKind: "account", SubjectID: account, By: by})
}

// GrantOf gives the grant under which a supplier's person may look now;
// ErrNoSupport where none counts, or where the session of who consented has
// ended.
func GrantOf(ctx context.Context, tx pg.Tx, account int64, now time.Time) (Support, error) {
	s := Support{Account: account}
	err := tx.QueryRow(ctx, `SELECT g.grant_id, g.region, g.operator FROM support_grant g
		WHERE g.tenant_id = current_tenant() AND g.account_id = $1 AND g.ended_at IS NULL AND g.until > $2
			AND EXISTS (SELECT FROM session s WHERE s.token_hash = g.session AND s.expiry > $2)
			AND EXISTS (SELECT FROM account a WHERE a.tenant_id = g.tenant_id AND a.account_id = g.by_id AND a.closed_at IS NULL)
		ORDER BY g.grant_id DESC LIMIT 1`, account, now).Scan(&s.ID, &s.Region, &s.Operator)
	if errors.Is(err, pgx.ErrNoRows) {
		return Support{}, ErrNoSupport
	}
	if err != nil {
		return Support{}, fmt.Errorf("looking for who allows support: %w", err)
	}
	return s, nil
}

// NoteLook writes a look under a grant down, with the operation.
func NoteLook(ctx context.Context, tx pg.Tx, s Support, operation string) error {
	return audit.Append(ctx, tx, audit.Entry{Action: "support.look", SubjectKind: "support", SubjectID: s.ID, By: audit.Actor{Kind: audit.Account, ID: s.Account},
		Payload: map[string]string{"operation": operation}})
}

// Supports gives the newest grants, newest first, with how often each was used.
func Supports(ctx context.Context, tx pg.Tx, limit int) ([]Support, error) {
	rows, err := tx.Query(ctx, `SELECT g.grant_id, g.account_id, g.by_id, g.reason, g.region, g.operator, g.at, g.until, g.ended_at,
			(SELECT count(*) FROM audit_entry e WHERE e.tenant_id = g.tenant_id AND e.action = 'support.look' AND e.subject_kind = 'support' AND e.subject_id = g.grant_id)
		FROM support_grant g WHERE g.tenant_id = current_tenant() ORDER BY g.grant_id DESC LIMIT $1`, limit)
	if err != nil {
		return nil, fmt.Errorf("listing who allowed support: %w", err)
	}
	all, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (s Support, err error) {
		return s, r.Scan(&s.ID, &s.Account, &s.By, &s.Reason, &s.Region, &s.Operator, &s.At, &s.Until, &s.Ended, &s.Looks)
	})
	if err != nil {
		return nil, fmt.Errorf("listing who allowed support: %w", err)
	}
	return all, nil
}
