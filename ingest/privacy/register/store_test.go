package register_test

import (
	"errors"
	"testing"
	"time"

	"tikklok/ingest/audit"
	"tikklok/ingest/pg"
	"tikklok/ingest/pg/pgtest"
	"tikklok/ingest/privacy"
	"tikklok/ingest/privacy/register"
)

// office is a tenant with a clock.
type office struct {
	t      *testing.T
	url    string
	db     *pg.DB
	tenant int64
	now    time.Time
}

func newOffice(t *testing.T) office {
	url := pgtest.URL(t)
	return office{t, url, pgtest.Open(t, url, pg.RoleApp), pgtest.Tenant(t, url, "a"), time.Date(2026, 9, 10, 9, 0, 0, 0, time.UTC)}
}

func (o office) in(do func(tx pg.Tx) error) error { return o.db.InTenant(o.t.Context(), o.tenant, do) }

func (o office) must(do func(tx pg.Tx) error) {
	o.t.Helper()
	if err := o.in(do); err != nil {
		o.t.Fatal(err)
	}
}

func by() audit.Actor { return audit.Actor{Kind: audit.Account, ID: 7} }

func (o office) add(b register.Book, values map[string]string) (id int64) {
	o.t.Helper()
	o.must(func(tx pg.Tx) (err error) {
		id, err = register.Add(o.t.Context(), tx, register.Entry{Book: b, Values: values, At: o.now, By: by()})
		return err
	})
	return id
}

func (o office) take(b register.Book, id int64, what, day, note string) error {
	on, err := time.Parse(time.DateOnly, day)
	if err != nil {
		o.t.Fatal(err)
	}
	return o.in(func(tx pg.Tx) error {
		return register.Take(o.t.Context(), tx, b, id, register.Step{What: what, Day: on, Note: note, At: o.now, By: by()}, register.Rules{Consent: true, Notice: 30, Objection: 30})
	})
}

func letter() map[string]string {
	return map[string]string{"reference": "letter 12", "day": "2026-09-01", "by": "Ilse Verhoeven", "text": "Keep shifts 52 weeks."}
}

func TestAnInstructionCountsUntilItIsObjectedToOrWithdrawn(t *testing.T) { // OB-P16
	o := newOffice(t)
	id := o.add(register.Instructions, letter())
	counts := func() error {
		return o.in(func(tx pg.Tx) error {
			i, err := register.InstructionInForce(t.Context(), tx, id)
			if err == nil && (i.Reference != "letter 12" || i.GivenBy != "Ilse Verhoeven" || i.Day.Format(time.DateOnly) != "2026-09-01") {
				t.Errorf("%+v", i)
			}
			return err
		})
	}
	if err := counts(); err != nil {
		t.Error(err)
	}
	for _, step := range []struct {
		what string
		want error
	}{{"objected", register.ErrNotInForce}, {"lifted", nil}, {"withdrawn", register.ErrNotInForce}} {
		if err := o.take(register.Instructions, id, step.what, "2026-09-10", "GDPR article 28(3)"); err != nil {
			t.Fatal(err)
		}
		if err := counts(); !errors.Is(err, step.want) {
			t.Errorf("after %s: %v", step.what, err)
		}
	}
	var no *privacy.Refused
	if err := o.take(register.Instructions, id, "lifted", "2026-09-10", "again"); !errors.As(err, &no) || no.Why != "not-now" {
		t.Errorf("a withdrawn one was lifted: %v", err)
	}
	id = 99
	if err := counts(); !errors.Is(err, register.ErrNoEntry) {
		t.Errorf("one that isn't there: %v", err)
	}
}

func TestARegisterIsOfOneTenantAndIsOnlyAddedTo(t *testing.T) { // I6, I3
	o := newOffice(t)
	id := o.add(register.Instructions, letter())
	other := o
	other.tenant = pgtest.Tenant(t, o.url, "b")
	if err := other.take(register.Instructions, id, "withdrawn", "2026-09-10", ""); !errors.Is(err, register.ErrNoEntry) {
		t.Errorf("another tenant's entry: %v", err)
	}
	if err := o.take(register.Audits, id, "held", "2026-09-10", "x"); !errors.Is(err, register.ErrNoEntry) {
		t.Errorf("an entry of another book: %v", err)
	}
	for _, sql := range []string{"UPDATE register_entry SET book = 'audit'", "DELETE FROM register_step", "DELETE FROM register_entry"} {
		if err := o.in(func(tx pg.Tx) error { _, err := tx.Exec(t.Context(), sql); return err }); err == nil {
			t.Errorf("%s was allowed", sql)
		}
	}
	if n := pgtest.Exec(t, o.url, "SELECT count(*) FROM audit_entry WHERE action = 'register.add'"); n != 1 {
		t.Errorf("%d lines in the log (OB-C4)", n)
	}
}

func TestTheWallIsOnWhileAConsentStands(t *testing.T) {
	o := newOffice(t)
	on := func() (on bool) {
		o.must(func(tx pg.Tx) (err error) { on, err = register.WallOn(t.Context(), tx); return err })
		return on
	}
	if on() {
		t.Error("on before anybody consented")
	}
	id := o.add(register.Councils, map[string]string{"subject": "wall", "answer": "consent", "body": "OR", "day": "2026-09-01", "reference": "2026/14"})
	if !on() {
		t.Error("off with consent")
	}
	if err := o.take(register.Councils, id, "withdrawn", "2026-09-10", "letter 3"); err != nil {
		t.Fatal(err)
	}
	if on() {
		t.Error("on after the consent was withdrawn")
	}
}

func TestSupportLastsAsLongAsWhoConsentsIsThere(t *testing.T) { // OB-P15
	o := newOffice(t)
	account := func(email, role string) int64 {
		return pgtest.Exec(t, o.url, "INSERT INTO account (tenant_id, email, name, roles) VALUES ($1, $2, 'N', ARRAY[$3]) RETURNING account_id", o.tenant, email, role)
	}
	user, helper, session := account("u@example.org", "administrator"), account("s@example.net", "supplier"), [32]byte{1}
	look := func() error {
		return o.in(func(tx pg.Tx) error {
			s, err := register.GrantOf(t.Context(), tx, helper, o.now)
			if err == nil {
				err = register.NoteLook(t.Context(), tx, s, "ListTimesheets")
			}
			return err
		})
	}
	allow := func(until time.Duration, reason string) error {
		return o.in(func(tx pg.Tx) error {
			return register.Allow(t.Context(), tx, register.Support{Account: helper, By: user, Session: session, Reason: reason, At: o.now, Until: o.now.Add(until)})
		})
	}
	refused := func(when string) {
		t.Helper()
		if err := look(); !errors.Is(err, register.ErrNoSupport) {
			t.Errorf("%s: %v", when, err)
		}
	}
	refused("before anybody allowed it")
	for _, err := range []error{allow(9*time.Hour, "too long"), allow(0, "no time"), allow(time.Hour, " ")} {
		if !errors.Is(err, register.ErrTime) {
			t.Errorf("allowed: %v", err)
		}
	}
	if err := allow(time.Hour, "a wrong total in week 36"); err != nil {
		t.Fatal(err)
	}
	refused("who allowed it isn't signed in")
	pgtest.Exec(t, o.url, "INSERT INTO session (token_hash, data, expiry) VALUES ($1, '', $2)", session[:], o.now.Add(30*time.Minute))
	if err := look(); err != nil {
		t.Error(err)
	}
	o.must(func(tx pg.Tx) error {
		all, err := register.Supports(t.Context(), tx, 5)
		if len(all) != 1 || all[0].Looks != 1 || !all[0].Counts(o.now) {
			t.Errorf("%+v", all)
		}
		return err
	})
	began := o.now
	o.now = began.Add(31 * time.Minute)
	refused("who allowed it went away")
	o.now = began
	o.must(func(tx pg.Tx) error { return register.EndSupport(t.Context(), tx, helper, by(), o.now) })
	refused("after it was ended")
}
