package breach_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"tikklok/ingest/audit"
	"tikklok/ingest/pg"
	"tikklok/ingest/pg/pgtest"
	"tikklok/ingest/privacy"
	"tikklok/ingest/privacy/breach"
)

func by() audit.Actor { return audit.Actor{Kind: audit.Account, ID: 7} }

func at(hour int) time.Time { return time.Date(2026, 9, 10, hour, 0, 0, 0, time.UTC) }

// whole is all that a notice asks for.
func whole() breach.Facts {
	return breach.Facts{Nature: "A list of hours was sent to the wrong address.", Cause: "A typing error.", From: at(7), Until: at(7), Learned: "The receiver called.",
		Groups: "Employees of the hall.", Least: 3, Most: 12, Kinds: []privacy.Kind{privacy.Name, privacy.Amount}, Consequences: "Hours known to a stranger.",
		Taken: "The receiver removed it.", Contact: "Support, 010 1234567, support@example.com"}
}

type room struct {
	t      *testing.T
	url    string
	db     *pg.DB
	tenant int64
}

func newRoom(t *testing.T) room {
	url := pgtest.URL(t)
	return room{t, url, pgtest.Open(t, url, pg.RoleApp), pgtest.Tenant(t, url, "a")}
}

func (r room) must(do func(tx pg.Tx) error) {
	r.t.Helper()
	if err := r.db.InTenant(r.t.Context(), r.tenant, do); err != nil {
		r.t.Fatal(err)
	}
}

func (r room) report(f breach.Facts) (id int64) {
	r.t.Helper()
	r.must(func(tx pg.Tx) (err error) {
		id, err = breach.Report(r.t.Context(), tx, at(8), 24, f, by(), at(9))
		return err
	})
	return id
}

func (r room) do(id int64, what breach.StepKind, hour int) error {
	return r.db.InTenant(r.t.Context(), r.tenant, func(tx pg.Tx) error {
		return breach.Do(r.t.Context(), tx, id, breach.Step{What: what, DoneAt: at(hour), Whom: "Ilse Verhoeven", Note: "as agreed", At: at(23), By: by()})
	})
}

func (r room) open() (ids []int64) {
	r.t.Helper()
	r.must(func(tx pg.Tx) (err error) { ids, err = breach.Open(r.t.Context(), tx); return err })
	return ids
}

func TestABreachStaysOpenUntilTheControllerWasToldTwiceAndAllIsKnown(t *testing.T) { // OB-P10
	r := newRoom(t)
	id := r.report(breach.Facts{Nature: "A laptop is gone."})
	refused := func(what breach.StepKind, why string) {
		t.Helper()
		var no *privacy.Refused
		if err := r.do(id, what, 10); !errors.As(err, &no) || no.Why != why {
			t.Errorf("%s: %v, want %s", what, err, why)
		}
	}
	if !slices.Equal(r.open(), []int64{id}) {
		t.Error("not open")
	}
	refused(breach.Closed, "untold")
	for _, way := range []breach.StepKind{breach.Telephone, breach.Email} {
		if err := r.do(id, way, 10); err != nil {
			t.Fatal(err)
		}
	}
	refused(breach.Closed, "missing")
	r.must(func(tx pg.Tx) error { return breach.Amend(t.Context(), tx, id, whole(), by(), at(12)) })
	if err := r.do(id, breach.Closed, 13); err != nil {
		t.Fatal(err)
	}
	if len(r.open()) > 0 {
		t.Error("open after it was closed")
	}
	refused(breach.Email, "closed")
	if err := r.do(id, breach.Reopened, 14); err != nil || len(r.open()) != 1 {
		t.Errorf("not opened again: %v", err)
	}
	if err := r.do(id, breach.Dismissed, 15); err != nil || len(r.open()) != 0 {
		t.Errorf("not dismissed: %v", err)
	}
	r.must(func(tx pg.Tx) error {
		b, err := breach.Get(t.Context(), tx, id)
		if err == nil && (len(b.Versions) != 2 || b.Versions[0].Nature != "A laptop is gone." || b.Now().Most != 12 || !b.Now().From.Equal(at(7))) {
			t.Errorf("%+v", b.Versions)
		}
		return err
	})
}

func TestABreachIsOfOneTenant(t *testing.T) { // I6
	r := newRoom(t)
	id := r.report(whole())
	r.tenant = pgtest.Tenant(t, r.url, "b")
	if err := r.do(id, breach.FollowUp, 10); !errors.Is(err, breach.ErrNotFound) {
		t.Errorf("another tenant's breach: %v", err)
	}
	if len(r.open()) > 0 {
		t.Error("another tenant's breach freezes this one's purge")
	}
}

func TestPeopleAreCountedFromWhatWasRead(t *testing.T) { // OB-P10
	r := newRoom(t)
	var ids []int64
	for _, number := range []string{"1", "2", "3", "4", "5"} {
		ids = append(ids, pgtest.Exec(t, r.url, "INSERT INTO employee (tenant_id, number, surname, email, contract_minutes, employed_from) VALUES ($1, $2, 'N', '', 0, '2020-01-01') RETURNING employee_id", r.tenant, number))
	}
	eve, key := audit.Actor{Kind: audit.Account, ID: 8}, audit.Actor{Kind: audit.APIKey, ID: 3}
	r.must(func(tx pg.Tx) error {
		return errors.Join(
			audit.NoteRead(t.Context(), tx, eve, "GetTimesheet", audit.PeopleOf(ids[0])),
			audit.NoteRead(t.Context(), tx, eve, "GetTimesheet", audit.PeopleOf(ids[0], ids[1])),
			audit.NoteRead(t.Context(), tx, key, "ListEmployees", audit.People{All: true}),
			audit.NoteRead(t.Context(), tx, key, "GetEmployee", audit.PeopleOf(ids[4])))
	})
	catalogue := privacy.Catalogue{{Name: "employee", Of: "t.employee_id = $1 AND t.number <> '5'", Fields: []privacy.Field{{Column: "surname", Kind: privacy.Name}}}}
	cases := map[string]struct {
		f           breach.Filter
		least, most int
		looks       int
	}{
		"one account":               {breach.Filter{By: eve}, 2, 2, 2},
		"a key that took a list":    {breach.Filter{By: key}, 1, 5, 2},
		"one operation of a key":    {breach.Filter{By: key, Operation: "GetEmployee"}, 1, 1, 1},
		"everybody who looked":      {breach.Filter{}, 3, 5, 4},
		"nothing before":            {breach.Filter{Until: time.Now().Add(-time.Hour)}, 0, 0, 0},
		"a table":                   {breach.Filter{Table: "employee"}, 4, 4, 0},
		"a table, through a key":    {breach.Filter{Table: "employee", By: key}, 0, 4, 2}, // the one who was opened by name stands elsewhere
		"a table, by name only":     {breach.Filter{Table: "employee", By: key, Operation: "GetEmployee"}, 0, 0, 1},
		"a table, by an account":    {breach.Filter{Table: "employee", By: eve}, 2, 2, 2},
		"a gateway without any tap": {breach.Filter{By: audit.Actor{Kind: audit.Gateway, ID: 1}}, 0, 0, 0},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			r.must(func(tx pg.Tx) error {
				got, err := breach.CountPeople(t.Context(), tx, catalogue, c.f)
				if got.Least != c.least || got.Most != c.most || got.Looks != c.looks {
					t.Errorf("%+v", got)
				}
				return err
			})
		})
	}
	pgtest.Exec(t, r.url, "DELETE FROM employee WHERE employee_id = $1", ids[0])
	r.must(func(tx pg.Tx) error { // who was removed since may be affected all the same
		for f, most := range map[breach.Filter]int{{By: eve}: 2, {}: 5, {By: eve, Table: "employee"}: 2} {
			got, err := breach.CountPeople(t.Context(), tx, catalogue, f)
			if err != nil || got.Most != most {
				t.Errorf("%+v: %+v, want at most %d (%v)", f, got, most, err)
			}
		}
		return nil
	})
	var no *privacy.Refused
	for _, table := range []string{"people", "employee; DROP TABLE punch"} {
		err := r.db.InTenant(t.Context(), r.tenant, func(tx pg.Tx) error {
			_, err := breach.CountPeople(t.Context(), tx, catalogue, breach.Filter{Table: table})
			return err
		})
		if !errors.As(err, &no) || no.Field != "table" {
			t.Errorf("%s: %v", table, err)
		}
	}
}
