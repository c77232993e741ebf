package statement_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"tikklok/ingest/audit"
	"tikklok/ingest/pg"
	"tikklok/ingest/pg/pgtest"
	"tikklok/ingest/privacy/statement"
)

var person = audit.Actor{Kind: audit.Account, ID: 7}

func office(t *testing.T) func(func(pg.Tx) error) error {
	t.Helper()
	url := pgtest.URL(t)
	db, tenant := pgtest.Open(t, url, pg.RoleApp), pgtest.Tenant(t, url, "Van Dam")
	return func(fn func(pg.Tx) error) error { return db.InTenant(t.Context(), tenant, fn) }
}

func TestDetailsAreAddedAsVersions(t *testing.T) {
	in, now := office(t), time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	put := func(d statement.Details) error {
		return in(func(tx pg.Tx) error { return statement.PutDetails(t.Context(), tx, d, person, now) })
	}
	first := statement.Details{Controller: " Van Dam ", ControllerContact: "a@example.nl", Processor: "Tikklok", ProcessorContact: "b@example.nl"}
	second := first
	second.ControllerOfficer = "F. de Groot"
	if err := errors.Join(put(first), put(first), put(second)); err != nil {
		t.Fatal(err)
	}
	var got statement.Details
	if err := in(func(tx pg.Tx) (err error) { got, err = statement.DetailsOf(t.Context(), tx); return err }); err != nil {
		t.Fatal(err)
	}
	if got.Version != 2 || got.Controller != "Van Dam" || got.ControllerOfficer != "F. de Groot" || got.By != person {
		t.Errorf("%+v: the same details again should make no version", got)
	}
	if err := in(func(tx pg.Tx) error {
		_, err := tx.Exec(t.Context(), "UPDATE statement_details SET details = '{}'")
		return err
	}); err == nil {
		t.Error("a version could be changed")
	}
}

func TestDetailsThatDocumentsCannotNameAreRefused(t *testing.T) {
	in := office(t)
	good := statement.Details{Controller: "a", ControllerContact: "b", Processor: "c", ProcessorContact: "d"}
	for name, change := range map[string]func(*statement.Details){
		"controller":         func(d *statement.Details) { d.Controller = " " },
		"processor_contact":  func(d *statement.Details) { d.ProcessorContact = "" },
		"controller_officer": func(d *statement.Details) { d.ControllerOfficer = strings.Repeat("é", 301) },
		"questions":          func(d *statement.Details) { d.Questions = "\x00" },
	} {
		d := good
		change(&d)
		err := in(func(tx pg.Tx) error { return statement.PutDetails(t.Context(), tx, d, person, time.Now()) })
		var wrong *statement.Wrong
		if !errors.Is(err, statement.ErrInvalid) || !errors.As(err, &wrong) || wrong.Field != name {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := in(func(tx pg.Tx) error {
		d, err := statement.DetailsOf(t.Context(), tx)
		if d.Version != 0 {
			t.Errorf("something was stored: %+v", d)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
}

func TestMeasuresAreLookedAtInTheDatabase(t *testing.T) {
	in := office(t)
	look := func(change string) map[string]statement.Check {
		out := map[string]statement.Check{}
		undo := errors.New("undo")
		err := in(func(tx pg.Tx) error {
			if change != "" {
				if _, err := tx.Exec(t.Context(), change); err != nil {
					return err
				}
			}
			all, err := statement.Look(t.Context(), tx)
			for _, c := range all {
				out[c.Measure] = c
			}
			return errors.Join(err, undo)
		})
		if !errors.Is(err, undo) || strings.Contains(err.Error(), "looking") {
			t.Fatal(err)
		}
		return out
	}
	asIs := look("")
	for measure, want := range map[string]statement.State{"tenancy": statement.Works, "role": statement.Works, "append": statement.Works, "sealed": statement.Works,
		"certificates": statement.Unseen, "purge": statement.Unseen, "database": statement.Works} {
		if got := asIs[measure]; got.State != want || len(got.Values) != 1 {
			t.Errorf("%s: %+v, want %s", measure, got, want)
		}
	}
	open := look(`INSERT INTO employee (tenant_id, number, surname, first_name, employed_from) VALUES (current_tenant(), '1', 'X', 'Open', '2026-01-01')`)
	if open["sealed"].State != statement.Lacks {
		t.Errorf("a first name that stands open is not seen: %+v", open["sealed"])
	}
	account := look(`INSERT INTO account (tenant_id, email, name, password_hash, language, roles) VALUES (current_tenant(), 'x@example.nl', 'X', 'plain', 'nl', '{administrator}')`)
	if account["passwords"].State != statement.Lacks {
		t.Errorf("a password that is no argon2id is not seen: %+v", account["passwords"])
	}
	if durable := look("SET LOCAL synchronous_commit = off")["durable"]; durable.State != statement.Lacks {
		t.Errorf("a commit that may be lost is not seen: %+v", durable)
	}
}

func TestHowMuchIsProcessedIsCounted(t *testing.T) {
	in := office(t)
	err := in(func(tx pg.Tx) error {
		_, err := tx.Exec(t.Context(), `INSERT INTO employee (tenant_id, number, surname, employed_from) SELECT current_tenant(), n::text, 'X', '2026-01-01' FROM generate_series(1, 3) n`)
		if err != nil {
			return err
		}
		got, err := statement.ScaleOf(t.Context(), tx)
		if want := (statement.Scale{Employees: 3}); got != want {
			t.Errorf("%+v, want %+v", got, want)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
