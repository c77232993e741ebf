package hours

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"tikklok/ingest/audit"
	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/pg"
)

// Agreements gives all versions of the figures that stand in the place of the
// Act's, oldest first.
func Agreements(ctx context.Context, tx pg.Tx) ([]Agreement, error) {
	rows, err := tx.Query(ctx, `SELECT version, COALESCE(contract_id, 0), from_day, name, adults, minors, by_kind, by_id, made_at
		FROM law_figures WHERE tenant_id = current_tenant() ORDER BY version`)
	if err != nil {
		return nil, fmt.Errorf("reading agreements: %w", err)
	}
	all, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (a Agreement, err error) {
		return a, r.Scan(&a.Version, &a.Contract, &a.From, &a.Name, &a.Adults, &a.Minors, &a.By.Kind, &a.By.ID, &a.Made)
	})
	if err != nil {
		return nil, fmt.Errorf("reading agreements: %w", err)
	}
	return all, nil
}

// PutAgreement adds a version of the figures and gives its number; the days
// from its first one on are checked again at the next CheckLaw. ErrInvalid, with
// a law.FigureError for each figure that can't be, or ErrNotFound for an unknown
// contract.
func PutAgreement(ctx context.Context, tx pg.Tx, a Agreement, now time.Time) (int, error) {
	a.Name = strings.TrimSpace(a.Name)
	if err := a.check(); err != nil {
		return 0, err
	}
	adults, err1 := json.Marshal(a.Adults)
	minors, err2 := json.Marshal(a.Minors)
	if err := errors.Join(err1, err2); err != nil {
		return 0, fmt.Errorf("writing down an agreement: %w", err)
	}
	if err := lock(ctx, tx); err != nil {
		return 0, err
	}
	err := tx.QueryRow(ctx, `INSERT INTO law_figures (tenant_id, version, contract_id, from_day, name, adults, minors, by_kind, by_id, made_at)
		SELECT current_tenant(), COALESCE(max(version), 0) + 1, NULLIF($1::bigint, 0), $2::text::date, $3, $4::text::jsonb, $5::text::jsonb, $6, $7, $8
		FROM law_figures WHERE tenant_id = current_tenant() RETURNING version`,
		a.Contract, a.From.String(), a.Name, string(adults), string(minors), a.By.Kind, a.By.ID, now).Scan(&a.Version)
	var violated *pgconn.PgError
	if errors.As(err, &violated) && violated.Code == "23503" {
		return 0, fmt.Errorf("contract %d: %w", a.Contract, ErrNotFound)
	}
	if err != nil {
		return 0, fmt.Errorf("storing an agreement: %w", err)
	}
	return a.Version, audit.Append(ctx, tx, audit.Entry{Action: "law.figures", SubjectKind: "law_figures", SubjectID: int64(a.Version), By: a.By, Payload: a})
}

func (a Agreement) check() error {
	if n := utf8.RuneCountInString(a.Name); n < 1 || n > 100 || !utf8.ValidString(a.Name) {
		return fmt.Errorf("%w: the name of an agreement has 1 to 100 characters", ErrInvalid)
	}
	if a.From.Before(calendar.On(2015, 1, 1)) || calendar.On(2100, 12, 31).Before(a.From) {
		return fmt.Errorf("%w: the first day of an agreement lies between 2015 and 2100", ErrInvalid)
	}
	if err := a.Adults.Check(false); err != nil {
		return fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	if err := a.Minors.Check(true); err != nil {
		return fmt.Errorf("%w: of employees of 16 and 17: %w", ErrInvalid, err)
	}
	return nil
}
