package report_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"tikklok/api/sla"
	"tikklok/api/sla/report"
	"tikklok/ingest/audit"
	"tikklok/ingest/pg"
	"tikklok/ingest/pg/pgtest"
)

var november = sla.Month{Year: 2026, Month: time.November}

// place is a customer with a webhook and a measured November: down for ten hours
// from noon of the third.
type place struct {
	t      *testing.T
	db     *pg.DB
	url    string
	tenant int64
	zone   *time.Location
	noon   time.Time
	week   time.Time // November settled
}

func newPlace(t *testing.T) *place {
	t.Helper()
	zone, err := time.LoadLocation("Europe/Amsterdam")
	if err != nil {
		t.Fatal(err)
	}
	url := pgtest.URL(t)
	p := &place{t: t, db: pgtest.Open(t, url, pg.RoleApp), url: url, tenant: pgtest.Tenant(t, url, "Acme"), zone: zone,
		noon: time.Date(2026, 11, 3, 12, 0, 0, 0, zone), week: time.Date(2026, 12, 8, 9, 0, 0, 0, zone)}
	pgtest.Exec(t, url, "INSERT INTO notice_hook (tenant_id, url, secrets, since) VALUES ($1, 'https://example.org/tikklok', 'x', now())", p.tenant)
	var minutes []sla.Minute
	for at := november.In(zone); at.Before(november.Add(1).In(zone)); at = at.Add(time.Minute) {
		m := sla.Minute{At: at.UTC(), State: sla.Up}
		if !at.Before(p.noon) && at.Before(p.noon.Add(10*time.Hour)) {
			m.State = sla.Down
		}
		minutes = append(minutes, m)
	}
	p.must(func(ctx context.Context, tx pg.Tx) error {
		_, err := sla.Record(ctx, tx, "north", minutes, p.week)
		return err
	})
	return p
}

func (p *place) in(fn func(context.Context, pg.Tx) error) error {
	return p.db.InTenant(p.t.Context(), p.tenant, func(tx pg.Tx) error { return fn(p.t.Context(), tx) })
}

func (p *place) must(fn func(context.Context, pg.Tx) error) {
	p.t.Helper()
	if err := p.in(fn); err != nil {
		p.t.Fatal(err)
	}
}

// account adds one that can sign in.
func (p *place) account(email, language, role string) int64 {
	p.t.Helper()
	return pgtest.Exec(p.t, p.url, `INSERT INTO account (tenant_id, email, name, language, roles, password_hash)
		VALUES ($1, $2, 'N', $3, ARRAY[$4], '') RETURNING account_id`, p.tenant, email, language, role)
}

func (p *place) decide(by audit.Actor) (err error) {
	return p.in(func(ctx context.Context, tx pg.Tx) error {
		_, err := report.Decide(ctx, tx, sla.Decision{From: p.noon, To: p.noon.Add(10 * time.Hour), Cause: sla.ForceMajeure, Reason: "Jansen trok de stekker eruit", By: by}, p.week)
		return err
	})
}

func (p *place) handOut(by audit.Actor) (anew bool) {
	p.t.Helper()
	p.must(func(ctx context.Context, tx pg.Tx) (err error) {
		_, anew, err = report.HandOut(ctx, tx, november, p.zone, by, p.week)
		return err
	})
	return anew
}

// letter is one in the spool.
type letter struct{ To, Language, About, Subject, Body string }

func (p *place) letters() (all []letter) {
	p.t.Helper()
	p.must(func(ctx context.Context, tx pg.Tx) error {
		rows, err := tx.Query(ctx, "SELECT address, language, about, subject, body FROM mail ORDER BY mail_id")
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var l letter
			if err := rows.Scan(&l.To, &l.Language, &l.About, &l.Subject, &l.Body); err != nil {
				return err
			}
			all = append(all, l)
		}
		return rows.Err()
	})
	return all
}

// called gives what the webhook is to be told of an event, once.
func (p *place) called(event string) (data map[string]any) {
	p.t.Helper()
	p.must(func(ctx context.Context, tx pg.Tx) error {
		var body []byte
		if err := tx.QueryRow(ctx, "SELECT data FROM notice_call WHERE event = $1", event).Scan(&body); err != nil {
			return err
		}
		return json.Unmarshal(body, &data)
	})
	return data
}

func TestAdministratorsHearTheSuppliersWordInTheirLanguage(t *testing.T) { // OB-S1
	p := newPlace(t)
	p.account("boss@example.org", "nl", "administrator")
	p.account("second@example.org", "en", "administrator")
	p.account("nobody@x.invalid name", "nl", "administrator")
	p.account("auditor@example.org", "nl", "auditor")
	if err := p.decide(audit.Actor{Kind: audit.Operator}); err != nil {
		t.Fatal(err)
	}
	all := p.letters()
	if len(all) != 2 || all[0].Language != "nl" || all[1].Language != "en" {
		t.Fatalf("letters: %+v", all)
	}
	for i, want := range []string{"03-11-2026 12:00 tot 03-11-2026 22:00 lag: overmacht", "3 November 2026 12:00 until 3 November 2026 22:00 was: force majeure"} {
		if !strings.Contains(all[i].Body, want) || strings.Contains(all[i].Body, "Jansen") {
			t.Errorf("it says %s", all[i].Body)
		}
	}
	if d := p.called("availability.decided"); d["party"] != "supplier" || d["cause"] != "force_majeure" || d["from"] != "2026-11-03T11:00:00Z" || d["reason"] != nil {
		t.Errorf("the webhook is told %v", d)
	}
}

func TestWhoDecidedIsNotToldOfIt(t *testing.T) {
	p := newPlace(t)
	boss := p.account("boss@example.org", "nl", "administrator")
	p.account("second@example.org", "nl", "administrator")
	if err := p.decide(audit.Actor{Kind: audit.Account, ID: boss}); err != nil {
		t.Fatal(err)
	}
	if all := p.letters(); len(all) != 1 || all[0].To != "second@example.org" || !strings.Contains(all[0].Subject, "uw organisatie") {
		t.Errorf("letters: %+v", all)
	}
}

func TestWhatIsNotKeptIsNotTold(t *testing.T) {
	p := newPlace(t)
	p.account("boss@example.org", "nl", "administrator")
	undone := errors.New("undone")
	err := p.in(func(ctx context.Context, tx pg.Tx) error {
		if _, _, err := report.HandOut(ctx, tx, november, p.zone, audit.Actor{Kind: audit.System}, p.week); err != nil {
			return err
		}
		return undone
	})
	if all := p.letters(); !errors.Is(err, undone) || len(all) > 0 {
		t.Errorf("%v, letters %+v", err, all)
	}
}

func TestAReportIsToldOnceWithWhatItComesTo(t *testing.T) { // OB-S1
	p := newPlace(t)
	pgtest.Contract(t, p.url, p.tenant, "nedap")
	p.account("boss@example.org", "nl", "administrator")
	program := audit.Actor{Kind: audit.System}
	if !p.handOut(program) || p.handOut(program) || p.handOut(audit.Actor{Kind: audit.Operator}) {
		t.Error("a report that says the same counts as another one")
	}
	all := p.letters()
	if len(all) != 1 || all[0].Subject != "Beschikbaarheid november 2026: rapport 1 is verstrekt" || !strings.Contains(all[0].Body, "01-11-2026 tot en met 30-11-2026: 98,611 %, teruggave 25 %") {
		t.Errorf("letters: %+v", all)
	}
	d := p.called("availability.reported")
	if part := d["parts"].([]any)[0].(map[string]any); d["month"] != "2026-11" || d["number"] != 1.0 || len(d["sha256"].(string)) != 64 || part["credit"] != 25.0 {
		t.Errorf("the webhook is told %v", d)
	}
}

func TestWithoutAnAdministratorsAddressTheFixedOneIsTold(t *testing.T) { // OB-H13
	p := newPlace(t)
	pgtest.Exec(t, p.url, `INSERT INTO tenant_contract (tenant_id, version, profile, reference, signed_on, from_day, fallback, by_kind, by_id, made_at)
		VALUES ($1, 1, 'nedap', 'test', '2020-01-01', '2020-01-01', 'fixed@example.org', 'operator', 0, now())`, p.tenant)
	p.handOut(audit.Actor{Kind: audit.System})
	if all := p.letters(); len(all) != 1 || all[0].To != "fixed@example.org" || all[0].About != "report 2026-11 1" {
		t.Errorf("letters: %+v", all)
	}
}
