package evidence_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"tikklok/api/continuity/evidence"
	"tikklok/ingest/pg"
	"tikklok/ingest/pg/pgtest"
)

// october gives a house on 8 December, and October with its end in Amsterdam.
func october(t *testing.T) (h house, m evidence.Month, end time.Time) {
	t.Helper()
	zone, err := time.LoadLocation("Europe/Amsterdam")
	if err != nil {
		t.Fatal(err)
	}
	h = aHouse(t)
	h.now = time.Date(2026, 12, 8, 9, 0, 0, 0, zone)
	m = evidence.Month{First: time.Date(2026, 10, 1, 0, 0, 0, 0, zone)}
	return h, m, m.First.AddDate(0, 1, 0)
}

func (h house) exec(sql string, args ...any) {
	h.t.Helper()
	if err := h.in(func(tx pg.Tx) error { _, err := tx.Exec(h.t.Context(), sql, args...); return err }); err != nil {
		h.t.Fatal(err)
	}
}

// announce announces work at a moment, so many hours ahead; the contract asks for 48.
func (h house) announce(reference string, at time.Time, ahead int) {
	h.t.Helper()
	from := at.Add(time.Duration(ahead) * time.Hour)
	h.exec(`INSERT INTO maintenance (tenant_id, reference, from_at, until_at, words, ahead_minutes, announced_at, by_kind, by_id)
		VALUES (current_tenant(), $1, $2, $3, '{}', 48 * 60, $4, 'operator', 0)`, reference, from, from.Add(time.Hour), at)
}

func TestWhatCameAfterTheMonthDoesNotHideWhatFailedInIt(t *testing.T) { // OB-S3, OB-C12
	h, m, end := october(t)
	h.announce("late", end.AddDate(0, 0, -10), 1)
	h.announce("in time", end.AddDate(0, 0, 10), 72)
	h.exec("INSERT INTO policy_check (at, address, problem) VALUES ($1, 'http://localhost', '404'), ($2, 'http://localhost', '')", end.Add(-time.Hour), end.Add(time.Hour))
	p := h.madeOf(m)
	if c := control(t, p, "OB-S3", "maintenance"); c.Why != evidence.Fails || !strings.HasSuffix(c.Proof.Says.EN, ": late 1 h") {
		t.Errorf("%+v %+v", c, c.Proof)
	}
	if c := control(t, p, "OB-C12", "policy"); c.Why != evidence.Fails {
		t.Errorf("%+v", c)
	}
}

func TestWhatCameAfterTheMonthProvesWhereNothingFreshCameBefore(t *testing.T) { // OB-S3, OB-C12
	h, m, end := october(t)
	h.exec("INSERT INTO policy_check (at, address, problem) VALUES ($1, 'http://localhost', '404'), ($2, 'http://localhost', '')", end.AddDate(0, 0, -4), end.Add(time.Hour))
	h.announce("in time", end.AddDate(0, 0, 10), 72)
	p := h.madeOf(m)
	for id, proof := range map[string]string{"OB-S3": "maintenance", "OB-C12": "policy"} {
		if c := control(t, p, id, proof); c.State != evidence.Met {
			t.Errorf("%s: %+v", id, c)
		}
	}
}

func TestLettersProveWhenAllAreSent(t *testing.T) { // OB-S3
	h, m, end := october(t)
	h.announce("one", end.AddDate(0, 0, -10), 72)
	for n, state := range []string{"sent", "waiting"} {
		h.exec(`INSERT INTO mail (tenant_id, about, address, language, subject, body, state, made_at, due_at, until_at, ended_at)
			SELECT tenant_id, 'maintenance.announced ' || maintenance_id, $1, 'nl', 'a', 'b', $2, announced_at, announced_at, from_at, CASE WHEN $2 = 'sent' THEN announced_at END FROM maintenance`,
			fmt.Sprintf("%d@example.com", n), state)
	}
	if c := control(t, h.madeOf(m), "OB-S3", "letters"); c.State == evidence.Met {
		t.Errorf("one of two was sent: %+v %+v", c, c.Proof)
	}
	if err := pgtest.Open(t, h.url, pg.RoleOwner).Look(t.Context(), func(tx pg.Tx) error {
		_, err := tx.Exec(t.Context(), "UPDATE mail SET state = 'sent', ended_at = made_at")
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if c := control(t, h.madeOf(m), "OB-S3", "letters"); c.State != evidence.Met {
		t.Errorf("both were sent: %+v", c)
	}
}

func TestASubprocessorIsToldOfBeforeItStartsUnlessItIsUrgent(t *testing.T) { // OB-P8, N-C4.2
	for name, c := range map[string]struct {
		details string
		steps   []string
		why     evidence.Why
	}{
		"told first":             {"{}", []string{"told", "started"}, ""},
		"told afterwards":        {"{}", []string{"started", "told"}, evidence.Fails},
		"urgent, told after":     {`{"urgent": "yes"}`, []string{"started", "told"}, ""},
		"urgent, and never told": {`{"urgent": "yes"}`, []string{"started"}, evidence.Fails},
	} {
		h := aHouse(t)
		h.exec(`INSERT INTO register_entry (tenant_id, book, details, at, by_kind, by_id) VALUES (current_tenant(), 'subprocessor', $1, $2, 'account', 7)`, c.details, h.now)
		for _, what := range c.steps {
			h.exec(`INSERT INTO register_step (tenant_id, entry_id, what, day, at, by_kind, by_id) SELECT tenant_id, entry_id, $1, at::date, at, 'account', 7 FROM register_entry`, what)
		}
		if got := control(t, h.made(), "OB-P8", "subprocessors"); got.Why != c.why || got.Proof == nil {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

// agree records a version of the contract; until "" leaves it open.
func (h house) agree(version int, profile, from, until string) {
	h.t.Helper()
	h.exec(`INSERT INTO tenant_contract (tenant_id, version, profile, reference, signed_on, from_day, until_day, by_kind, by_id, made_at)
		VALUES (current_tenant(), $1, $2, 'a', $3::date, $3::date, NULLIF($4, '')::date, 'account', 7, $3::date)`, version, profile, from, until)
}

func TestAMonthHasTheContractOfItsLastDay(t *testing.T) { // OB-C14
	h, m, end := october(t)
	h.agree(1, "winbase", "2026-01-01", "2026-10-31")
	h.agree(2, "nedap", "2026-11-01", "")
	november := evidence.Month{First: end}
	for now, c := range map[time.Time]struct {
		month    evidence.Month
		contract string
	}{h.now: {m, "winbase"}, end: {m, "winbase"}, end.AddDate(0, 0, 7): {november, "nedap"}, end.Add(-time.Hour): {m, "winbase"}} {
		h.now = now
		if p := h.madeOf(c.month); p.Contract != c.contract {
			t.Errorf("on %s %s has the contract %q", now, c.month, p.Contract)
		}
	}
	h.now = end
	if p := h.madeOf(november); p.Contract != "nedap" {
		t.Errorf("November begins with the contract %q", p.Contract)
	}
}

func TestATestRunOfALaterVersionLeavesTheMonthsProof(t *testing.T) { // OB-C14
	const name = "ingest/fleet.TestFobsAreCountedByDesign"
	type run struct {
		days    int // after the month's end
		version string
		passed  bool
	}
	for says, c := range map[string]struct {
		runs []run
		why  evidence.Why
	}{
		// v0 ran in the month, v1 runs now
		"a later version passed":                 {[]run{{-10, "v0", true}, {5, "v1", true}}, ""},
		"a later version failed":                 {[]run{{-10, "v0", true}, {5, "v1", false}}, ""},
		"a later version hides no failure":       {[]run{{-10, "v0", false}, {5, "v1", true}}, evidence.Fails},
		"nor does the same one after the month":  {[]run{{-10, "v0", false}, {5, "v0", true}}, evidence.Fails},
		"the month's version, after it only":     {[]run{{5, "v0", true}, {6, "v1", true}}, ""},
		"the month's version, long before it":    {[]run{{-401, "v0", false}, {5, "v0", true}}, ""},
		"another version only, which proves not": {[]run{{-10, "other", true}, {5, "v1", true}}, evidence.Other},
	} {
		h, m, end := october(t)
		if err := h.in(func(tx pg.Tx) error { return evidence.KeepLook(t.Context(), tx, nil, "v0", end.AddDate(0, 0, -3)) }); err != nil {
			t.Fatal(err)
		}
		err := pgtest.Open(t, h.url, pg.RoleOwner).Look(t.Context(), func(tx pg.Tx) error {
			for _, r := range c.runs {
				if err := evidence.PutTests(t.Context(), tx, []evidence.Ran{{Name: name, At: end.AddDate(0, 0, r.days), Passed: r.passed}}, r.version); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if got := control(t, h.madeOf(m), "OB-H8", "test:"+name); got.Why != c.why || got.Proof == nil {
			t.Errorf("%s: %+v %+v", says, got, got.Proof)
		}
	}
}
