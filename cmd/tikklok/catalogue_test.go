package main

import (
	"slices"
	"testing"

	"tikklok/ingest/pg"
	"tikklok/ingest/pg/pgtest"
	"tikklok/ingest/privacy"
)

// shape is what the database has: its columns, and which table refers to which.
func shape(t *testing.T) (columns []privacy.Column, references map[string][]string) {
	t.Helper()
	err := pgtest.DB(t, pg.RoleApp).Look(t.Context(), func(tx pg.Tx) (err error) {
		if columns, err = privacy.Columns(t.Context(), tx); err != nil {
			return err
		}
		references, err = privacy.References(t.Context(), tx)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return columns, references
}

func TestEveryColumnIsInTheCatalogue(t *testing.T) { // I7, OB-P1
	columns, _ := shape(t)
	for _, c := range catalogue().Uncatalogued(columns) {
		t.Errorf("nobody declared %s.%s: add it to the Tables of its room, as about people or as plain", c.Table, c.Name)
	}
}

func TestDeclarationsAreWholeAndTrue(t *testing.T) { // I7
	columns, _ := shape(t)
	for _, problem := range catalogue().Problems(columns) {
		t.Error(problem)
	}
}

func TestRowsCanBePutInInTheCataloguesOrder(t *testing.T) {
	_, references := shape(t)
	seen := map[string]bool{}
	for _, table := range catalogue().Ordered(references) {
		for _, to := range references[table.Name] {
			if !seen[to] {
				t.Errorf("%s comes before %s, which it refers to", table.Name, to)
			}
		}
		seen[table.Name] = true
	}
}

// What the declarations say in SQL is tried on an empty tenant: a condition
// that no longer fits its table fails here, not when somebody asks.
func TestTheConditionsOfDeclarationsFitTheirTables(t *testing.T) {
	url := pgtest.URL(t)
	tenant := pgtest.Tenant(t, url, "a")
	db := pgtest.Open(t, url, pg.RolePrivacy)
	for _, table := range catalogue() {
		for what, condition := range map[string]string{"Of": table.Of, "By": table.By} {
			if condition == "" {
				continue
			}
			err := db.InTenant(t.Context(), tenant, func(tx pg.Tx) error {
				_, err := tx.Exec(t.Context(), "SELECT $1::bigint, $2::bigint[] FROM "+table.Name+" t WHERE "+condition, 1, []int64{1})
				return err
			})
			if err != nil {
				t.Errorf("%s of %s: %v", what, table.Name, err)
			}
		}
		if err := tryErased(t, db, tenant, table); err != nil {
			t.Errorf("what is left of %s: %v", table.Name, err)
		}
	}
}

// tryErased changes rows as an erasure does.
func tryErased(t *testing.T, db *pg.DB, tenant int64, table privacy.Table) error {
	return db.InTenant(t.Context(), tenant, func(tx pg.Tx) error {
		for _, f := range table.Fields {
			if f.Erased == "" {
				continue
			}
			if _, err := tx.Exec(t.Context(), "UPDATE "+table.Name+" t SET "+f.Column+" = "+f.Erased); err != nil {
				return err
			}
		}
		return nil
	})
}

func TestNoTablesNameIsDeclaredTwice(t *testing.T) {
	all := catalogue()
	for i, table := range all {
		if slices.ContainsFunc(all[:i], func(other privacy.Table) bool { return other.Name == table.Name }) {
			t.Errorf("%s is declared twice", table.Name)
		}
	}
}
