package people

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"tikklok/ingest/audit"
	"tikklok/ingest/pg"
)

// Optional is a field that is off until the tenant switches it on with a
// purpose: it is refused by name until then (OB-P1, I7).
type Optional string

// The optional fields.
const (
	OptionalFirstName Optional = "first_name"
	OptionalBirthDate Optional = "birth_date" // for the Working Hours Act's figures at 16 and 17
)

// empty gives what the column of a field that was not sealed yet holds when it
// is off.
func (o Optional) empty() (value string, known bool) {
	switch o {
	case OptionalFirstName:
		return "''", true
	case OptionalBirthDate:
		return "NULL", true
	}
	return "", false
}

// OptionalFields gives all there are.
func OptionalFields() []Optional { return []Optional{OptionalFirstName, OptionalBirthDate} }

// SwitchedOn is an optional field with what the tenant keeps it for.
type SwitchedOn struct {
	Field   Optional
	Purpose string // 1…500 characters
	Since   time.Time
}

// Optionals gives the optional fields that are on, by name.
func Optionals(ctx context.Context, tx pg.Tx) ([]SwitchedOn, error) {
	rows, err := tx.Query(ctx, "SELECT field, purpose, switched_on FROM optional_field WHERE tenant_id = current_tenant() ORDER BY field")
	if err != nil {
		return nil, fmt.Errorf("listing optional fields: %w", err)
	}
	all, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (s SwitchedOn, err error) {
		return s, r.Scan(&s.Field, &s.Purpose, &s.Since)
	})
	if err != nil {
		return nil, fmt.Errorf("listing optional fields: %w", err)
	}
	return all, nil
}

// SwitchOn lets a field be stored from now on; one that is on keeps its
// purpose.
func SwitchOn(ctx context.Context, tx pg.Tx, by audit.Actor, field Optional, purpose string) error {
	purpose = strings.TrimSpace(purpose)
	if _, known := field.empty(); !known {
		return invalid(string(field), fmt.Sprintf("there is no optional field %q; there are first_name and birth_date", field))
	}
	if !between(purpose, 1, 500) {
		return invalid("purpose", "a purpose has 1 to 500 characters")
	}
	tag, err := tx.Exec(ctx, `INSERT INTO optional_field (tenant_id, field, purpose) VALUES (current_tenant(), $1, $2)
		ON CONFLICT DO NOTHING`, field, purpose)
	if err != nil {
		return fmt.Errorf("switching on a field: %w", err)
	}
	if tag.RowsAffected() == 0 {
		return nil
	}
	return auditField(ctx, tx, by, "field.on", map[string]any{"field": field, "purpose": purpose})
}

// SwitchOff erases what is stored in a field, and refuses it from now on.
func SwitchOff(ctx context.Context, tx pg.Tx, by audit.Actor, field Optional) error {
	tag, err := tx.Exec(ctx, "DELETE FROM optional_field WHERE tenant_id = current_tenant() AND field = $1", field)
	if err != nil {
		return fmt.Errorf("switching off a field: %w", err)
	}
	if tag.RowsAffected() == 0 {
		return fmt.Errorf("optional field %q: %w", field, ErrNotFound)
	}
	empty, _ := field.empty()
	column := string(field)
	erased, err := tx.Exec(ctx, "UPDATE employee SET "+column+" = "+empty+", "+column+"_sealed = NULL WHERE tenant_id = current_tenant() AND ("+
		column+" IS DISTINCT FROM "+empty+" OR "+column+"_sealed IS NOT NULL)")
	if err != nil {
		return fmt.Errorf("erasing a field: %w", err)
	}
	return auditField(ctx, tx, by, "field.off", map[string]any{"field": field, "erased": erased.RowsAffected()})
}

func auditField(ctx context.Context, tx pg.Tx, by audit.Actor, action string, payload any) error {
	return audit.Append(ctx, tx, audit.Entry{Action: action, SubjectKind: "optional_field", By: by, Payload: payload})
}

// allowed refuses an employee with an optional field that is off.
func allowed(ctx context.Context, tx pg.Tx, e Employee) error {
	for field, used := range map[Optional]bool{OptionalFirstName: e.FirstName != "", OptionalBirthDate: e.Born != nil} {
		if !used {
			continue
		}
		var on bool
		err := tx.QueryRow(ctx, "SELECT EXISTS (SELECT FROM optional_field WHERE tenant_id = current_tenant() AND field = $1)", field).Scan(&on)
		if err != nil {
			return fmt.Errorf("looking up an optional field: %w", err)
		}
		if !on {
			return fmt.Errorf("%s: %w", field, ErrFieldOff)
		}
	}
	return nil
}
