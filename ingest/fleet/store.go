package fleet

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"tikklok/ingest/audit"
	"tikklok/ingest/pg"
)

// Sites gives all sites in order of name.
func Sites(ctx context.Context, tx pg.Tx) ([]Site, error) {
	rows, err := tx.Query(ctx, "SELECT site_id, name FROM site WHERE tenant_id = current_tenant() ORDER BY name")
	return collect(rows, err, "sites", func(r pgx.CollectableRow) (s Site, err error) {
		return s, r.Scan(&s.ID, &s.Name)
	})
}

// AddSite makes a site.
func AddSite(ctx context.Context, tx pg.Tx, by audit.Actor, name string) (Site, error) {
	s := Site{Name: name}
	err := tx.QueryRow(ctx, "INSERT INTO site (tenant_id, name) VALUES (current_tenant(), $1) RETURNING site_id", name).Scan(&s.ID)
	if err != nil {
		return Site{}, named("adding a site", err)
	}
	return s, record(ctx, tx, by, "site.create", "site", s.ID, map[string]any{"name": name})
}

// RenameSite changes a site's name.
func RenameSite(ctx context.Context, tx pg.Tx, by audit.Actor, id int64, name string) error {
	tag, err := tx.Exec(ctx, "UPDATE site SET name = $2 WHERE tenant_id = current_tenant() AND site_id = $1", id, name)
	if err := changed("site", id, tag, err); err != nil {
		return err
	}
	return record(ctx, tx, by, "site.rename", "site", id, map[string]any{"name": name})
}

// record appends to the audit log.
func record(ctx context.Context, tx pg.Tx, by audit.Actor, action, kind string, id int64, payload any) error {
	return audit.Append(ctx, tx, audit.Entry{Action: action, SubjectKind: kind, SubjectID: id, By: by, Payload: payload})
}

func collect[T any](rows pgx.Rows, err error, what string, scan pgx.RowToFunc[T]) ([]T, error) {
	if err != nil {
		return nil, fmt.Errorf("listing %s: %w", what, err)
	}
	all, err := pgx.CollectRows(rows, scan)
	if err != nil {
		return nil, fmt.Errorf("listing %s: %w", what, err)
	}
	return all, nil
}

// one gives the only row, or ErrNotFound.
func one[T any](rows pgx.Rows, err error, what string, scan pgx.RowToFunc[T]) (T, error) {
	var found T
	if err == nil {
		found, err = pgx.CollectExactlyOneRow(rows, scan)
	}
	if errors.Is(err, pgx.ErrNoRows) {
		err = ErrNotFound
	}
	if err != nil {
		return found, fmt.Errorf("%s: %w", what, err)
	}
	return found, nil
}

// changed says whether an update of one row did something.
func changed(kind string, id int64, tag pgconn.CommandTag, err error) error {
	if err != nil {
		return named("changing a "+kind, err)
	}
	if tag.RowsAffected() == 0 {
		return fmt.Errorf("%s %d: %w", kind, id, ErrNotFound)
	}
	return nil
}

// named gives the sentinel of a violated constraint, or wraps the error.
func named(attempt string, err error) error {
	var e *pgconn.PgError
	if !errors.As(err, &e) {
		return fmt.Errorf("%s: %w", attempt, err)
	}
	switch e.ConstraintName {
	case "site_name_once", "gateway_name_once", "fob_label_once":
		return ErrNameTaken
	case "fob_token_pkey":
		return ErrTokenTaken
	case "fob_one_holder":
		return ErrHeld
	case "fob_issue_order":
		return ErrBeforeIssue
	case "reader_mode_known":
		return ErrUnknownMode
	case "site_name_length", "gateway_name_length", "reader_name_length", "fob_label_length", "hardware_label_length":
		return fmt.Errorf("%s: %w", attempt, ErrNameLength)
	case "hardware_status_known", "hardware_kind_known":
		return ErrPlace
	case "hardware_reason_length":
		return ErrReason
	case "gateway_tenant_id_site_id_fkey", "reader_tenant_id_site_id_fkey", "fob_issue_tenant_id_fob_id_fkey", "fob_issue_tenant_id_employee_id_fkey", "fob_token_tenant_id_fob_id_fkey":
		return fmt.Errorf("%s: %w", attempt, ErrNotFound)
	}
	return fmt.Errorf("%s: %w", attempt, err)
}
