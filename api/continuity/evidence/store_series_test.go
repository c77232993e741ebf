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

// installed does something as the owner of the database: what is of the whole
// installation, only its programs write.
func (h house) installed(sql string, args ...any) {
	h.t.Helper()
	err := pgtest.Open(h.t, h.url, pg.RoleOwner).Look(h.t.Context(), func(tx pg.Tx) error { _, err := tx.Exec(h.t.Context(), sql, args...); return err })
	if err != nil {
		h.t.Fatal(err)
	}
}

func TestEachPlaceOfBackupsHasRestoresOfItsOwn(t *testing.T) { // OB-C8
	h, m, end := october(t)
	checked := func(place string, from, to int) {
		h.installed(`INSERT INTO restore_check (at, place, set, bytes, registrations, entries, millis, findings)
			SELECT day, $1, '20261001T000000Z', 1, 1, 1, 1, '[]' FROM generate_series($2::timestamptz, $3, interval '1 day') AS day`,
			place, end.AddDate(0, 0, from).Add(6*time.Hour), end.AddDate(0, 0, to).Add(6*time.Hour))
	}
	place := func(name string, since int) {
		h.installed(`INSERT INTO backup_place (place, kind, region, operator, since) VALUES ($1, 'folder', 'NL', 'NL', $2)`, name, end.AddDate(0, 0, since))
	}
	of := func() evidence.Found { return control(t, h.madeOf(m), "OB-C8", "restore-check") }
	place("near", -60)
	checked("near", -33, 2)
	if c := of(); c.State != evidence.Met || c.Proof.Looks != (evidence.Looks{Seen: 31, Held: 31}) {
		t.Errorf("each morning: %+v %+v", c, c.Proof)
	}
	place("new", 3)
	place("fresh", -1)
	if c := of(); c.State != evidence.Met {
		t.Errorf("a place of which no check is due: %+v %+v", c, c.Proof)
	}
	place("far", -60)
	if c := of(); c.Why != evidence.Stale || !strings.HasSuffix(c.Proof.Says.EN, "of its own: far") {
		t.Errorf("a place that was never checked: %+v %+v", c, c.Proof)
	}
	checked("far", -33, -9)
	if c := of(); c.Why != evidence.Stale || !strings.HasSuffix(c.Proof.Says.EN, "of its own: far") {
		t.Errorf("a place that was not checked for nine days: %+v %+v", c, c.Proof)
	}
	checked("far", 0, 2)
	if c := of(); c.State != evidence.Met {
		t.Errorf("its own next check, where the last is not fresh: %+v %+v", c, c.Proof)
	}
	h.installed("UPDATE backup_place SET gone_at = $1 WHERE place = 'far'", end.AddDate(0, 0, -20))
	if c := of(); c.State != evidence.Met || strings.Contains(c.Proof.Says.EN, "far") {
		t.Errorf("a place that went in the month: %+v %+v", c, c.Proof)
	}
}

func TestEachHostHasItsOpenPortsComparedEveryDay(t *testing.T) { // OB-C16
	h, m, end := october(t)
	compared := func(host string, from, to int, unexpected string) {
		h.installed(`INSERT INTO port_check (at, seen, host, open, unexpected, missing)
			SELECT day, 'inside', $1, '{443}', $4::int[], '{}' FROM generate_series($2::timestamptz, $3, interval '25 hours') AS day`,
			host, end.AddDate(0, 0, from), end.AddDate(0, 0, to), unexpected)
	}
	of := func() evidence.Found { return control(t, h.madeOf(m), "OB-C16", "ports") }
	compared("a", -34, 3, "{}")
	if c := of(); c.State != evidence.Met || !strings.HasSuffix(c.Proof.Says.EN, ": inside a 443") {
		t.Errorf("one host: %+v %+v", c, c.Proof)
	}
	compared("b", -34, -12, "{}")
	if c := of(); c.Why != evidence.Stale || !strings.HasSuffix(c.Proof.Says.NL, "van zichzelf: inside b") {
		t.Errorf("another that went stale: %+v %+v", c, c.Proof)
	}
	compared("b", -7, -1, "{}")
	if c := of(); c.Why != evidence.Fails || !strings.Contains(c.Proof.Says.EN, "every day: inside b 2026-10-19 – 2026-10-25") {
		t.Errorf("five days without: %+v %+v", c, c.Proof)
	}
	compared("c", -1, -1, "{6379}")
	if c := of(); c.Why != evidence.Fails || !strings.Contains(c.Proof.Says.EN, "inside c 443 +6379") {
		t.Errorf("a port that nobody expects: %+v %+v", c, c.Proof)
	}
}

func TestWordOfAnIncidentProvesWhenSomebodyWasReached(t *testing.T) { // OB-H13, N-B8
	h, m, end := october(t)
	letter := func(about, address, state string) {
		h.exec(`INSERT INTO mail (tenant_id, about, address, language, subject, body, state, made_at, due_at, until_at, ended_at)
			VALUES (current_tenant(), $1, $2, 'nl', 'a', 'b', $3, $4::timestamptz, $4, $4::timestamptz + interval '5 days', CASE WHEN $3 <> 'waiting' THEN $4::timestamptz END)`, about, address, state, end.AddDate(0, 0, -3))
	}
	of := func() evidence.Found { return control(t, h.madeOf(m), "OB-H13", "incident-letters") }
	letter("incident 1", "a@example.com", "refused") // of one before the last
	letter("incident 12", "a@example.com", "sent")
	letter("incident 12", "b@example.com", "refused")
	if c := of(); c.State != evidence.Met || !strings.HasSuffix(c.Proof.Says.EN, ": 1 / 1") {
		t.Errorf("one of two was reached: %+v %+v", c, c.Proof)
	}
	letter("incident 12 step 3", "a@example.com", "waiting")
	if c := of(); c.State == evidence.Met {
		t.Errorf("a step waits: %+v %+v", c, c.Proof)
	}
	letter("incident 12 step 4", "a@example.com", "expired")
	if c := of(); c.Why != evidence.Fails || !strings.HasSuffix(c.Proof.Says.EN, ": 1 / 3") {
		t.Errorf("a step reached nobody: %+v %+v", c, c.Proof)
	}
}

func TestTheRosterProvesWithSomebodyWhoIsNext(t *testing.T) { // OB-S9
	h := aHouse(t)
	for step, state := range []evidence.State{evidence.Missing, evidence.Met} {
		h.installed(`INSERT INTO duty (from_at, until_at, step, name, telephone, at) VALUES ($1, $2, $3, 'Dienst', '+31 20 000 00 00', $1)`, h.now.Add(-time.Hour), h.now.Add(time.Hour), step+1)
		if c := control(t, h.made(), "OB-S9", "duty"); c.State != state || c.Proof == nil {
			t.Errorf("with %d steps: %+v", step+1, c)
		}
	}
}

func TestAFobOfWhoLeftIsFound(t *testing.T) { // OB-C5
	h := aHouse(t)
	h.exec(`INSERT INTO employee (tenant_id, number, surname, employed_from, employed_until) SELECT current_tenant(), n::text, 'X', '2020-01-01', $1::date - n FROM generate_series(1, 3) n`, h.now.UTC())
	h.exec(`INSERT INTO fob (tenant_id, label, status) SELECT current_tenant(), n::text, 'issued' FROM generate_series(1, 3) n`)
	h.exec(`INSERT INTO fob_issue (tenant_id, fob_id, employee_id, issued_at) SELECT e.tenant_id, f.fob_id, e.employee_id, $1::timestamptz - interval '9 days' FROM employee e JOIN fob f ON f.label = e.number`, h.now)
	if c := control(t, h.made(), "OB-C5", "leavings-fobs"); c.Why != evidence.Fails || !strings.HasPrefix(c.Proof.Says.EN, "1 fobs") {
		t.Errorf("one left three days ago: %+v %+v", c, c.Proof)
	}
	h.exec("UPDATE fob_issue SET returned_at = $1", h.now)
	if c := control(t, h.made(), "OB-C5", "leavings-fobs"); c.State != evidence.Met {
		t.Errorf("all are blocked: %+v %+v", c, c.Proof)
	}
}

func TestOneLateAnnouncementOfAMonthIsNotHiddenByTheLast(t *testing.T) { // OB-S3
	h, m, end := october(t)
	for n, c := range []struct {
		days, ahead int
		why         evidence.Why
	}{{-60, 1, evidence.Fails}, {-50, 72, ""}, {-20, 1, evidence.Fails}, {-10, 72, evidence.Fails}} {
		h.announce(fmt.Sprint("w", n), end.AddDate(0, 0, c.days), c.ahead)
		if got := control(t, h.madeOf(m), "OB-S3", "maintenance"); got.Why != c.why {
			t.Errorf("announcement %d: %+v %+v", n, got, got.Proof)
		}
	}
}
