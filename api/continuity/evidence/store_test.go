package evidence_test

import (
	"context"
	"crypto/ed25519"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"tikklok/api/continuity/evidence"
	"tikklok/ingest/audit"
	"tikklok/ingest/pg"
	"tikklok/ingest/pg/pgtest"
)

var person = audit.Actor{Kind: audit.Account, ID: 7}

// house is a tenant in a database of its own.
type house struct {
	t   *testing.T
	url string
	now time.Time
	in  func(func(pg.Tx) error) error
}

func aHouse(t *testing.T) house {
	t.Helper()
	url := pgtest.URL(t)
	db, tenant := pgtest.Open(t, url, pg.RoleApp), pgtest.Tenant(t, url, "Van Dam")
	return house{t: t, url: url, now: time.Now(), in: func(fn func(pg.Tx) error) error { return db.InTenant(t.Context(), tenant, fn) }}
}

// made makes the pack of the running month.
func (h house) made() (p evidence.Pack) {
	h.t.Helper()
	m, err := evidence.MonthOf(h.now.UTC().Format("2006-01"), time.UTC, h.now)
	if err != nil {
		h.t.Fatal(err)
	}
	return h.madeOf(m)
}

// madeOf makes the pack of a month.
func (h house) madeOf(m evidence.Month) (p evidence.Pack) {
	h.t.Helper()
	err := h.in(func(tx pg.Tx) (err error) {
		p, err = evidence.Make(h.t.Context(), tx, evidence.Order{Tenant: "Van Dam", Month: m, Now: h.now, Program: "v1"})
		return err
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return p
}

// control gives the one of an obligation that a proof belongs to.
func control(t *testing.T, p evidence.Pack, id, proof string) evidence.Found {
	t.Helper()
	for _, o := range p.Obligations {
		i := slices.IndexFunc(o.Controls, func(c evidence.Found) bool { return c.Proof != nil && c.Proof.Name == proof })
		if o.ID == id && i >= 0 {
			return o.Controls[i]
		}
	}
	return evidence.Found{}
}

func TestAnEmptyHouseProvesOnlyWhatWasLookedAt(t *testing.T) {
	p := aHouse(t).made()
	if len(p.Obligations) != 60 || p.Counts.Met+p.Counts.Partly+p.Counts.Missing != 60 {
		t.Errorf("%d obligations, %+v", len(p.Obligations), p.Counts)
	}
	for _, o := range p.Obligations {
		for _, c := range o.Controls {
			if c.State == evidence.Met && (c.Proof == nil || c.Proof.At.IsZero() || c.Proof.Kind == evidence.Record) {
				t.Errorf("%s is met by %+v", o.ID, c.Proof)
			}
		}
	}
	if c := control(t, p, "OB-C17", "tenancy"); c.State != evidence.Met {
		t.Errorf("isolation was not seen: %+v", c)
	}
	if c := control(t, p, "OB-P1", "fields"); c.Why != evidence.Fails { // no room declared anything here
		t.Errorf("columns that nobody declared were not seen: %+v", c)
	}
}

func TestWhatPeopleWriteDownProvesUntilItIsTooOld(t *testing.T) {
	h := aHouse(t)
	note := func(n evidence.Note) error {
		return h.in(func(tx pg.Tx) error { return evidence.PutNote(t.Context(), tx, n, person, h.now) })
	}
	today := h.now.UTC().Truncate(24 * time.Hour)
	if err := errors.Join(note(evidence.Note{Obligation: "OB-S9", Day: today, Says: " Two  people by turns "}),
		note(evidence.Note{Obligation: "OB-S10", Day: today.AddDate(0, 0, -101), Says: "looked at"})); err != nil {
		t.Fatal(err)
	}
	p := h.made()
	if c := control(t, p, "OB-S9", "record:OB-S9"); c.State != evidence.Met || c.Proof.Says.NL != "Two people by turns" {
		t.Errorf("%+v", c)
	}
	if c := control(t, p, "OB-S10", "record:OB-S10"); c.Why != evidence.Stale {
		t.Errorf("%+v", c)
	}
	for name, n := range map[string]evidence.Note{
		"obligation": {Obligation: "OB-" + "S99", Day: today, Says: "a"},
		"says":       {Obligation: "OB-S9", Day: today, Says: strings.Repeat("é", 301)},
		"day":        {Obligation: "OB-S9", Day: today.AddDate(0, 0, 2), Says: "a"},
	} {
		if field, ok := evidence.Wrong(note(n)); !ok || field != name {
			t.Errorf("%+v was refused for %q", n, field)
		}
	}
	if field, ok := evidence.Wrong(note(evidence.Note{Obligation: "OB-C4", Day: today, Says: "a"})); !ok || field != "obligation" {
		t.Errorf("a sentence stood in for a program's proof: %q", field)
	}
	if err := h.in(func(tx pg.Tx) error {
		_, err := tx.Exec(t.Context(), "UPDATE evidence_record SET says = 'other'")
		return err
	}); err == nil {
		t.Error("a record could be changed")
	}
}

func TestATestProvesWhileItsLastRunPassed(t *testing.T) {
	h := aHouse(t)
	const name = "ingest/fleet.TestFobsAreCountedByDesign"
	owner := pgtest.Open(t, h.url, pg.RoleOwner)
	put := func(at time.Time, passed bool) {
		t.Helper()
		err := owner.Look(t.Context(), func(tx pg.Tx) error {
			return evidence.PutTests(t.Context(), tx, []evidence.Ran{{Name: name, At: at, Passed: passed}}, "v1")
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	put(h.now.Add(-2*time.Hour), true)
	if c := control(t, h.made(), "OB-H8", "test:"+name); c.State != evidence.Met {
		t.Errorf("passed: %+v", c)
	}
	put(h.now.Add(-2*time.Hour), false) // said otherwise later
	if c := control(t, h.made(), "OB-H8", "test:"+name); c.State != evidence.Met {
		t.Errorf("a run was rewritten: %+v", c)
	}
	put(h.now.Add(-time.Hour), false)
	put(h.now.Add(-3*time.Hour), true) // told late
	if c := control(t, h.made(), "OB-H8", "test:"+name); c.Why != evidence.Fails {
		t.Errorf("failed since: %+v", c)
	}
	err := owner.Look(t.Context(), func(tx pg.Tx) error {
		return evidence.PutTests(t.Context(), tx, []evidence.Ran{{Name: name, At: h.now, Passed: true}}, "v0")
	})
	if err != nil {
		t.Fatal(err)
	}
	if c := control(t, h.made(), "OB-H8", "test:"+name); c.Why != evidence.Fails {
		t.Errorf("a test of another version hides that it failed: %+v", c)
	}
	if err := h.in(func(tx pg.Tx) error {
		return evidence.PutTests(context.Background(), tx, []evidence.Ran{{Name: name, At: h.now, Passed: true}}, "v1")
	}); err == nil {
		t.Error("the role of pages could write the run of a test")
	}
}

func TestAPackThatWasHandedOutIsKeptAndProves(t *testing.T) {
	h := aHouse(t)
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	p := h.made()
	s, err := evidence.Sign(p, key)
	if err != nil {
		t.Fatal(err)
	}
	if err := h.in(func(tx pg.Tx) error { return evidence.PutPack(t.Context(), tx, p, s.Seal, person) }); err != nil {
		t.Fatal(err)
	}
	if c := control(t, h.made(), "OB-C14", "evidence-pack"); c.State != evidence.Met {
		t.Errorf("%+v", c)
	}
}

func TestWhatWasSeenInAMonthIsKeptForIt(t *testing.T) {
	h := aHouse(t)
	then := h.now.AddDate(0, -3, 0)
	for _, hours := range []time.Duration{0, 1} { // the second is the same day's
		err := h.in(func(tx pg.Tx) error {
			return evidence.KeepLook(t.Context(), tx, nil, "v0", time.Date(then.Year(), then.Month(), 20, 9+int(hours), 0, 0, 0, time.UTC))
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	m, err := evidence.MonthOf(then.Format("2006-01"), time.UTC, h.now)
	if err != nil {
		t.Fatal(err)
	}
	p := h.madeOf(m)
	c := control(t, p, "OB-C17", "tenancy")
	if c.State != evidence.Met || c.Proof.At.Day() != 20 || c.Proof.At.Hour() != 9 || c.Proof.Looks != (evidence.Looks{Seen: 1, Held: 1}) {
		t.Errorf("%+v %+v", c, c.Proof)
	}
	if p.Program != "v0" {
		t.Errorf("version %s ran then", p.Program)
	}
	if c := control(t, h.madeOf(m.Before()), "OB-C17", "tenancy"); c.Why != evidence.Stale {
		t.Errorf("a month in which nobody looked: %+v", c)
	}
	if err := h.in(func(tx pg.Tx) error {
		_, err := tx.Exec(t.Context(), "UPDATE evidence_look SET seen = '{}'")
		return err
	}); err == nil {
		t.Error("what was seen could be changed")
	}
}

func TestALookIsDueOnceADay(t *testing.T) {
	h := aHouse(t)
	due := func(now time.Time) (yes bool) {
		t.Helper()
		err := h.in(func(tx pg.Tx) (err error) { yes, err = evidence.LookDue(t.Context(), tx, now); return err })
		if err != nil {
			t.Fatal(err)
		}
		return yes
	}
	if !due(h.now) {
		t.Error("none is due on the first day")
	}
	if err := h.in(func(tx pg.Tx) error { return evidence.KeepLook(t.Context(), tx, nil, "v1", h.now) }); err != nil {
		t.Fatal(err)
	}
	if due(h.now) || !due(h.now.AddDate(0, 0, 1)) {
		t.Error("a look is not due once a day")
	}
}

func TestThePolicyIsLookedAtOnceADayAndProves(t *testing.T) { // OB-C12
	h := aHouse(t)
	put := func(c evidence.PolicyCheck) (due bool) {
		t.Helper()
		err := h.in(func(tx pg.Tx) (err error) {
			if err = evidence.PutPolicy(t.Context(), tx, c); err == nil {
				due, err = evidence.PolicyDue(t.Context(), tx, h.now)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return due
	}
	if !put(evidence.PolicyCheck{At: h.now.Add(-25 * time.Hour), Address: "http://localhost", Expires: h.now.AddDate(0, 1, 0)}) {
		t.Error("a day later none is due")
	}
	if c := control(t, h.made(), "OB-C12", "policy"); c.State != evidence.Met {
		t.Errorf("%+v", c)
	}
	if put(evidence.PolicyCheck{At: h.now.Add(-time.Hour), Address: "http://localhost", Problem: "404"}) {
		t.Error("another is due within the day")
	}
	if c := control(t, h.made(), "OB-C12", "policy"); c.Why != evidence.Fails {
		t.Errorf("%+v", c)
	}
}

func TestABreachIsToldByTelephoneAndByEmailInTime(t *testing.T) { // OB-P10, W-4.16
	h := aHouse(t)
	exec := func(sql string, args ...any) {
		t.Helper()
		err := h.in(func(tx pg.Tx) error { _, err := tx.Exec(t.Context(), sql, args...); return err })
		if err != nil {
			t.Fatal(err)
		}
	}
	exec("INSERT INTO breach (tenant_id, known_at, hours, at, by_kind, by_id) VALUES (current_tenant(), $1, 24, $1, 'account', 7)", h.now.AddDate(0, 0, -3))
	for _, step := range []struct {
		what  string
		after time.Duration
		why   evidence.Why
	}{{"follow-up", time.Hour, evidence.Fails}, {"telephone", time.Hour, evidence.Fails}, {"email", 25 * time.Hour, evidence.Fails}, {"email", 24 * time.Hour, ""}} {
		exec(`INSERT INTO breach_step (tenant_id, breach_id, what, done_at, at, by_kind, by_id)
			SELECT tenant_id, breach_id, $1, known_at + $2, known_at, 'account', 7 FROM breach`, step.what, step.after)
		if c := control(t, h.made(), "OB-P10", "breaches"); c.Why != step.why {
			t.Errorf("%s after %s: %q", step.what, step.after, c.Why)
		}
	}
}

func BenchmarkMake(b *testing.B) {
	url := pgtest.URL(b)
	db, tenant := pgtest.Open(b, url, pg.RoleApp), pgtest.Tenant(b, url, "Van Dam")
	for b.Loop() {
		err := db.InTenant(b.Context(), tenant, func(tx pg.Tx) error {
			_, err := evidence.Make(b.Context(), tx, evidence.Order{Tenant: "Van Dam", Month: evidence.LastWhole(time.UTC, time.Now()), Now: time.Now(), Program: "v1"})
			return err
		})
		if err != nil {
			b.Fatal(err)
		}
	}
}
