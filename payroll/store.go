package payroll

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"tikklok/ingest/audit"
	"tikklok/ingest/pg"
	"tikklok/payroll/format"
)

const destinationColumns = `destination_id, name, format, settings, created_at`

func scanDestination(row pgx.CollectableRow) (Destination, error) {
	var d Destination
	err := row.Scan(&d.ID, &d.Name, &d.Format, &d.Settings, &d.Created)
	return d, err
}

// CreateDestination adds d and gives it with its id; ID and Created of d are
// ignored. An unknown format or setting is refused by name.
func CreateDestination(ctx context.Context, tx pg.Tx, by audit.Actor, d Destination) (Destination, error) {
	if err := d.check(); err != nil {
		return Destination{}, err
	}
	err := tx.QueryRow(ctx, `INSERT INTO payroll_destination (tenant_id, name, format, settings)
		VALUES (current_tenant(), $1, $2, $3) RETURNING destination_id, created_at`, d.Name, d.Format, d.Settings).Scan(&d.ID, &d.Created)
	if err != nil {
		return Destination{}, constraint("adding a destination", err)
	}
	return d, auditDestination(ctx, tx, by, "payroll_destination.create", d)
}

// UpdateDestination changes the name and settings; the format stays, and while
// a run stands so do the settings that what was sent is called by.
func UpdateDestination(ctx context.Context, tx pg.Tx, by audit.Actor, d Destination) (Destination, error) {
	old, err := lockDestination(ctx, tx, d.ID)
	if err != nil {
		return Destination{}, err
	}
	d.Format, d.Created = old.Format, old.Created
	if err := d.check(); err != nil {
		return Destination{}, err
	}
	if err := checkStays(ctx, tx, old, d); err != nil {
		return Destination{}, err
	}
	_, err = tx.Exec(ctx, `UPDATE payroll_destination SET name = $2, settings = $3
		WHERE tenant_id = current_tenant() AND destination_id = $1`, d.ID, d.Name, d.Settings)
	if err != nil {
		return Destination{}, constraint("changing a destination", err)
	}
	return d, auditDestination(ctx, tx, by, "payroll_destination.change", d)
}

// checkStays refuses another value of a setting that what stands sent is called
// by: what corrects it would not find it, and be paid beside it (I8).
func checkStays(ctx context.Context, tx pg.Tx, old, d Destination) error {
	f, err := format.ByName(d.Format)
	if err != nil {
		return err
	}
	for _, s := range f.Schema() {
		if !s.Stays || old.Settings[s.Key] == d.Settings[s.Key] {
			continue
		}
		runs, err := collectRuns(ctx, tx, ` AND r.destination_id = $1 AND r.state <> 'void' ORDER BY r.run_id DESC LIMIT 1`, d.ID)
		if err != nil {
			return err
		}
		if len(runs) > 0 {
			return fmt.Errorf("%w: %w", ErrInvalid, &format.BadSetting{Key: s.Key,
				Err: fmt.Errorf("setting %s names what run %d sent, and a correction by another name would be paid beside it: make the runs void first, or add a destination", s.Key, runs[0].ID)})
		}
	}
	return nil
}

// check tidies the name and fills in the settings' defaults.
func (d *Destination) check() error {
	d.Name = strings.TrimSpace(d.Name)
	if n := len([]rune(d.Name)); n < 1 || n > 100 {
		return fmt.Errorf("%w: the name of a destination has 1 to 100 characters", ErrInvalid)
	}
	f, err := format.ByName(d.Format)
	if err != nil {
		return err
	}
	d.Settings, err = format.CheckSettings(f, d.Settings)
	return err
}

func auditDestination(ctx context.Context, tx pg.Tx, by audit.Actor, action string, d Destination) error {
	return audit.Append(ctx, tx, audit.Entry{Action: action, SubjectKind: "payroll_destination", SubjectID: d.ID, By: by,
		Payload: map[string]any{"name": d.Name, "format": d.Format, "settings": d.Settings}})
}

// Destinations gives all destinations by name.
func Destinations(ctx context.Context, tx pg.Tx) ([]Destination, error) {
	rows, err := tx.Query(ctx, "SELECT "+destinationColumns+" FROM payroll_destination WHERE tenant_id = current_tenant() ORDER BY name")
	if err != nil {
		return nil, fmt.Errorf("listing destinations: %w", err)
	}
	all, err := pgx.CollectRows(rows, scanDestination)
	if err != nil {
		return nil, fmt.Errorf("listing destinations: %w", err)
	}
	return all, nil
}

// DestinationByID gives one destination, or ErrNotFound.
func DestinationByID(ctx context.Context, tx pg.Tx, id int64) (Destination, error) {
	return destination(ctx, tx, id, "")
}

// lockDestination gives a destination and keeps other runs of it waiting.
func lockDestination(ctx context.Context, tx pg.Tx, id int64) (Destination, error) {
	return destination(ctx, tx, id, " FOR UPDATE")
}

func destination(ctx context.Context, tx pg.Tx, id int64, lock string) (Destination, error) {
	rows, err := tx.Query(ctx, "SELECT "+destinationColumns+" FROM payroll_destination WHERE tenant_id = current_tenant() AND destination_id = $1"+lock, id)
	if err != nil {
		return Destination{}, fmt.Errorf("reading a destination: %w", err)
	}
	d, err := pgx.CollectExactlyOneRow(rows, scanDestination)
	if errors.Is(err, pgx.ErrNoRows) {
		return Destination{}, fmt.Errorf("destination %d: %w", id, ErrNotFound)
	}
	if err != nil {
		return Destination{}, fmt.Errorf("reading a destination: %w", err)
	}
	return d, nil
}

// constraint turns a broken constraint into the error that callers branch on.
func constraint(attempt string, err error) error {
	var e *pgconn.PgError
	if errors.As(err, &e) && e.ConstraintName == "payroll_destination_name_once" {
		return ErrNameTaken
	}
	return fmt.Errorf("%s: %w", attempt, err)
}
