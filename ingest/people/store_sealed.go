package people

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"tikklok/ingest/pg"
	"tikklok/ingest/pg/vault"
)

// keepOptional stores the optional fields of e, sealed under the person's key,
// as far as they are not what was stored: a value that stays keeps its bytes.
func (e Employee) keepOptional(ctx context.Context, tx pg.Tx, was Employee) error {
	first, born := e.FirstName != was.FirstName, !sameDay(e.Born, was.Born)
	if !first && !born {
		return nil
	}
	var key vault.Person
	if first && e.FirstName != "" || born && e.Born != nil {
		var err error
		if key, err = pg.PersonKey(ctx, tx, e.ID); err != nil {
			return err
		}
	}
	_, err := tx.Exec(ctx, `UPDATE employee SET
			first_name = CASE WHEN $2 THEN '' ELSE first_name END, first_name_sealed = CASE WHEN $2 THEN $3 ELSE first_name_sealed END,
			birth_date = CASE WHEN $4 THEN NULL ELSE birth_date END, birth_date_sealed = CASE WHEN $4 THEN $5 ELSE birth_date_sealed END
		WHERE tenant_id = current_tenant() AND employee_id = $1`,
		e.ID, first, key.Seal("first_name", e.FirstName), born, key.Seal("birth_date", written(e.Born)))
	if err != nil {
		return fmt.Errorf("keeping optional fields: %w", err)
	}
	return nil
}

func written(day *time.Time) string {
	if day == nil {
		return ""
	}
	return day.Format(time.DateOnly)
}

// SealOptional seals up to so many employees' optional fields that stand in the
// database as they are, from before they were sealed or out of an import, and
// says how many it sealed. It may be stopped and begun again at any time.
func SealOptional(ctx context.Context, tx pg.Tx, most int) (int, error) {
	rows, err := tx.Query(ctx, `SELECT employee_id, first_name, birth_date FROM employee
		WHERE tenant_id = current_tenant() AND (first_name <> '' OR birth_date IS NOT NULL) ORDER BY employee_id LIMIT $1 FOR UPDATE`, most)
	if err != nil {
		return 0, fmt.Errorf("reading what is not sealed: %w", err)
	}
	all, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (e Employee, err error) {
		return e, row.Scan(&e.ID, &e.FirstName, &e.Born)
	})
	if err != nil {
		return 0, fmt.Errorf("reading what is not sealed: %w", err)
	}
	for _, e := range all {
		key, err := pg.PersonKey(ctx, tx, e.ID)
		if err != nil {
			return 0, err
		}
		_, err = tx.Exec(ctx, `UPDATE employee SET first_name = '', first_name_sealed = COALESCE($2, first_name_sealed),
				birth_date = NULL, birth_date_sealed = COALESCE($3, birth_date_sealed) WHERE tenant_id = current_tenant() AND employee_id = $1`,
			e.ID, key.Seal("first_name", e.FirstName), key.Seal("birth_date", written(e.Born)))
		if err != nil {
			return 0, fmt.Errorf("sealing optional fields: %w", err)
		}
	}
	return len(all), nil
}
