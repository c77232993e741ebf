package people

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"tikklok/ingest/audit"
	"tikklok/ingest/pg"
)

// Contracts gives all contracts, by name.
func Contracts(ctx context.Context, tx pg.Tx) ([]Contract, error) {
	rows, err := tx.Query(ctx, "SELECT contract_id, name FROM contract WHERE tenant_id = current_tenant() ORDER BY name")
	if err != nil {
		return nil, fmt.Errorf("listing contracts: %w", err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Contract])
	if err != nil {
		return nil, fmt.Errorf("listing contracts: %w", err)
	}
	return all, nil
}

// SaveContract adds a contract (ID 0), or names one anew, and gives its id.
// ErrNameTaken when another has the name.
func SaveContract(ctx context.Context, tx pg.Tx, by audit.Actor, c Contract) (int64, error) {
	c.Name = strings.TrimSpace(c.Name)
	if err := checkName("contract", c.Name); err != nil {
		return 0, err
	}
	id, err := saveNamed(ctx, tx, "contract", c.ID, c.Name)
	if err != nil {
		return 0, err
	}
	return id, audit.Append(ctx, tx, audit.Entry{Action: "contract.save", SubjectKind: "contract", SubjectID: id, By: by, Payload: c.Name})
}

// saveNamed adds or renames a row of table (contract or hirer).
func saveNamed(ctx context.Context, tx pg.Tx, table string, id int64, name string) (int64, error) {
	if id == 0 {
		err := tx.QueryRow(ctx, "INSERT INTO "+table+" (tenant_id, name) VALUES (current_tenant(), $1) RETURNING "+table+"_id", name).Scan(&id)
		if err != nil {
			return 0, named("adding a "+table, err)
		}
		return id, nil
	}
	tag, err := tx.Exec(ctx, "UPDATE "+table+" SET name = $2 WHERE tenant_id = current_tenant() AND "+table+"_id = $1", id, name)
	if err != nil {
		return 0, named("renaming a "+table, err)
	}
	if tag.RowsAffected() == 0 {
		return 0, fmt.Errorf("%s %d: %w", table, id, ErrNotFound)
	}
	return id, nil
}
