package pg_test

import (
	"errors"
	"sync"
	"testing"

	"tikklok/ingest/pg"
	"tikklok/ingest/pg/pgtest"
	"tikklok/ingest/pg/vault"
)

// sealed is a tenant with one employee whose first name is sealed.
type sealed struct {
	*testing.T
	url      string
	db       *pg.DB
	tenant   int64
	employee int64
}

func sealJoris(t *testing.T) sealed {
	t.Helper()
	url := pgtest.URL(t)
	s := sealed{T: t, url: url, db: pgtest.Open(t, url, pg.RoleApp), tenant: pgtest.Tenant(t, url, "a")}
	s.employee = pgtest.Exec(t, url, "INSERT INTO employee (tenant_id, number, surname, employed_from) VALUES ($1, '1', 'Bakker', '2026-01-01') RETURNING employee_id", s.tenant)
	err := s.db.InTenant(t.Context(), s.tenant, func(tx pg.Tx) error {
		key, err := pg.PersonKey(t.Context(), tx, s.employee)
		if err != nil {
			return err
		}
		_, err = tx.Exec(t.Context(), "UPDATE employee SET first_name_sealed = $1 WHERE tenant_id = current_tenant()", key.Seal("first_name", "Joris"))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// read gives the first name by both ways of reading it.
func (s sealed) read(db *pg.DB) (looked, joined string, err error) {
	err = db.InTenant(s.Context(), s.tenant, func(tx pg.Tx) error {
		box, err := pg.Box(s.Context(), tx)
		if err != nil {
			return err
		}
		return tx.QueryRow(s.Context(), "SELECT "+pg.OfPerson("e", "first_name")+", "+pg.OfJoined("e", "first_name")+" FROM employee e"+pg.JoinKeys("e")+
			"WHERE e.tenant_id = current_tenant()").Scan(box.Text(&looked), box.Text(&joined))
	})
	return looked, joined, err
}

func TestASealedFieldIsReadUnderThePersonsKey(t *testing.T) {
	s := sealJoris(t)
	if looked, joined, err := s.read(s.db); err != nil || looked != "Joris" || joined != "Joris" {
		t.Errorf("%q, %q, %v", looked, joined, err)
	}
}

func TestWithoutItsKeyAPersonsFieldIsGone(t *testing.T) { // OB-P14
	s := sealJoris(t)
	pgtest.Exec(t, s.url, "DELETE FROM person_key")
	if looked, joined, err := s.read(s.db); err != nil || looked != "" || joined != "" {
		t.Errorf("%q, %q, %v", looked, joined, err)
	}
}

func TestAFieldOfAnotherPersonsRowDoesNotOpen(t *testing.T) {
	s := sealJoris(t)
	other := pgtest.Exec(t, s.url, "INSERT INTO employee (tenant_id, number, surname, employed_from) VALUES ($1, '2', 'Visser', '2026-01-01') RETURNING employee_id", s.tenant)
	pgtest.Exec(t, s.url, "INSERT INTO person_key (tenant_id, employee_id, sealed) SELECT tenant_id, $1, sealed FROM person_key", other)
	pgtest.Exec(t, s.url, "UPDATE employee SET first_name_sealed = (SELECT first_name_sealed FROM employee WHERE number = '1') WHERE number = '2'")
	pgtest.Exec(t, s.url, "DELETE FROM person_key WHERE employee_id <> $1", other)
	pgtest.Exec(t, s.url, "UPDATE employee SET first_name_sealed = NULL WHERE number = '1'")
	err := s.db.InTenant(t.Context(), s.tenant, func(tx pg.Tx) error {
		box, err := pg.Box(t.Context(), tx)
		if err != nil {
			return err
		}
		var name string
		return tx.QueryRow(t.Context(), "SELECT "+pg.OfPerson("e", "first_name")+" FROM employee e WHERE e.number = '2'").Scan(box.Text(&name))
	})
	if !errors.Is(err, vault.ErrSealed) {
		t.Errorf("got %v", err)
	}
}

func TestAPoolWithAnotherMasterKeyOpensNothing(t *testing.T) {
	s := sealJoris(t)
	for what, c := range map[string]struct {
		choices []pg.Option
		want    error
	}{"another": {[]pg.Option{pg.With(vault.Passing())}, vault.ErrOtherKey}, "none": {nil, vault.ErrNoMaster}} {
		db, err := pg.Open(t.Context(), s.url, pg.RoleApp, c.choices...)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(db.Close)
		if _, _, err := s.read(db); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", what, err)
		}
		err = db.InTenant(t.Context(), s.tenant, func(tx pg.Tx) error { _, err := pg.PersonKey(t.Context(), tx, s.employee); return err })
		if !errors.Is(err, c.want) {
			t.Errorf("sealing with %s: %v", what, err)
		}
	}
}

func TestManyWhoSealAtOnceAgreeOnTheKeys(t *testing.T) {
	url := pgtest.URL(t)
	tenant := pgtest.Tenant(t, url, "a")
	employee := pgtest.Exec(t, url, "INSERT INTO employee (tenant_id, number, surname, employed_from) VALUES ($1, '1', 'Bakker', '2026-01-01') RETURNING employee_id", tenant)
	db := pgtest.Open(t, url, pg.RoleApp)
	s := sealed{T: t, url: url, db: db, tenant: tenant}
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			err := db.InTenant(t.Context(), tenant, func(tx pg.Tx) error {
				key, err := pg.PersonKey(t.Context(), tx, employee)
				if err != nil {
					return err
				}
				_, err = tx.Exec(t.Context(), "UPDATE employee SET first_name_sealed = $1 WHERE tenant_id = current_tenant()", key.Seal("first_name", "Joris"))
				return err
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if looked, _, err := s.read(db); err != nil || looked != "Joris" {
		t.Errorf("%q, %v", looked, err)
	}
}

func TestTheApplicationDestroysAndReplacesNoKeys(t *testing.T) { // only tikklok_privacy does
	s := sealJoris(t)
	for _, sql := range []string{"DELETE FROM person_key", "UPDATE person_key SET sealed = sealed", "DELETE FROM data_key", "UPDATE data_key SET sealed = sealed", "SELECT fingerprint FROM master_key"} {
		err := s.db.InTenant(t.Context(), s.tenant, func(tx pg.Tx) error { _, err := tx.Exec(t.Context(), sql); return err })
		if err == nil {
			t.Errorf("%s is let through", sql)
		}
	}
}

func TestWhatStoodThereIsNotSweptWhileSomebodyReadsFromBefore(t *testing.T) {
	s := sealJoris(t)
	pgtest.Exec(t, s.url, "INSERT INTO master_key (fingerprint, state) VALUES ('0123456789abcdef', 'current')")
	err := s.db.AsOf(t.Context(), s.tenant, func(tx pg.Tx) error {
		pgtest.Exec(t, s.url, "UPDATE employee SET first_name_sealed = first_name_sealed")
		return pg.Sweep(t.Context(), s.url)
	})
	if m, failed := pg.ReadMasters(t.Context(), s.url); err == nil || failed != nil || m.Swept {
		t.Errorf("while somebody reads: %+v, %v, %v", m, err, failed)
	}
	if err := pg.Sweep(t.Context(), s.url); err != nil {
		t.Error(err)
	}
	if m, err := pg.ReadMasters(t.Context(), s.url); err != nil || !m.Swept {
		t.Errorf("afterwards: %+v, %v", m, err)
	}
}
