package main

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"tikklok/api/sla/incident"
	"tikklok/ingest/audit"
	"tikklok/ingest/mail"
	"tikklok/ingest/mail/mailtest"
	"tikklok/ingest/pg"
	"tikklok/ingest/pg/pgtest"
)

// onDuty are two customers who report that everything stands still, and a roster
// with one person at its first step.
func onDuty(t *testing.T) (s summoner, l *mailtest.Listener, now time.Time) {
	t.Helper()
	url := pgtest.URL(t)
	l, now = mailtest.Listen(t), time.Now()
	s = summoner{pgtest.Open(t, url, pg.RoleApp), mail.Server{Address: l.Addr().String(), TLS: mail.NoTLS, From: "Tikklok <no-reply@localhost>"}}
	for _, name := range []string{"Acme", "Van Dam"} {
		of := pgtest.Tenant(t, url, name)
		err := s.db.InTenant(t.Context(), of, func(tx pg.Tx) error {
			_, err := incident.Add(t.Context(), tx, incident.Incident{Kind: incident.Fault, Channel: incident.ByTelephone, AroseAt: now.Add(-time.Minute), Reported: now, At: now, By: audit.Actor{Kind: audit.Operator},
				Report: incident.Report{Message: "typed words", Steps: "none", Computer: "all"}, Impact: incident.Impact{Disturbance: incident.Standstill, Hit: 5, Users: 5}})
			if err != nil || name == "Acme" {
				return err
			}
			_, err = incident.PutDuty(t.Context(), tx, incident.Duty{From: now.Add(-time.Hour), Until: now.Add(time.Hour), Step: 1, Name: "Duty team", Telephone: "+31 88 000 0001", Email: "duty@example.com"}, now)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return s, l, now
}

func TestWhoIsOnDutyGetsOneLetterAboutAllThatWaits(t *testing.T) { // OB-S9
	s, l, now := onDuty(t)
	for range 3 {
		if err := s.round(t.Context(), now); err != nil {
			t.Fatal(err)
		}
		now = now.Add(5 * time.Minute)
	}
	got := l.Messages()
	if len(got) != 1 {
		t.Fatalf("%d letters, want one: %v", len(got), got)
	}
	for _, want := range []string{"duty@example.com", "tenant 1, incident 1: A high", "tenant 2, incident 2: A high"} {
		if !strings.Contains(got[0], want) {
			t.Errorf("lacks %q:\n%s", want, got[0])
		}
	}
	if strings.Contains(got[0], "typed words") {
		t.Error("it says what somebody typed")
	}
}

func TestALetterThatTheMailServerRefusesIsToldAgain(t *testing.T) {
	s, l, now := onDuty(t)
	l.Set(mailtest.Manner{Rcpt: func(string) string { return "451 later" }})
	if err := s.round(t.Context(), now); err != nil {
		t.Fatal(err)
	}
	l.Set(mailtest.Manner{})
	if err := s.round(t.Context(), now.Add(time.Minute)); err != nil || len(l.Messages()) > 0 {
		t.Errorf("tried again before two minutes: %v", err)
	}
	if err := s.round(t.Context(), now.Add(3*time.Minute)); err != nil || len(l.Messages()) != 1 {
		t.Errorf("%d letters after the mail server took letters again: %v", len(l.Messages()), err)
	}
}

// beside is somebody else at a step of the roster.
func (s summoner) beside(t *testing.T, step int, address string, now time.Time) {
	t.Helper()
	all, err := tenants(t.Context(), s.db)
	if err == nil {
		err = s.db.InTenant(t.Context(), all[0].ID, func(tx pg.Tx) error {
			_, err := incident.PutDuty(t.Context(), tx, incident.Duty{From: now.Add(-time.Hour), Until: now.Add(time.Hour), Step: step, Name: "Other", Telephone: "+31 88 000 0002", Email: address}, now)
			return err
		})
	}
	if err != nil {
		t.Fatal(err)
	}
}

func refusing(addresses ...string) mailtest.Manner {
	return mailtest.Manner{Rcpt: func(address string) string {
		if slices.Contains(addresses, strings.ToLower(address)) {
			return "550 5.1.1 nobody"
		}
		return ""
	}}
}

func (s summoner) told(t *testing.T) (sent, unsent int) {
	t.Helper()
	all, err := tenants(t.Context(), s.db)
	for n, of := range all {
		err = errors.Join(err, s.db.InTenant(t.Context(), of.ID, func(tx pg.Tx) error {
			told, err := incident.ToldOf(t.Context(), tx, int64(n+1))
			for _, one := range told {
				if one.Sent {
					sent++
				} else {
					unsent++
				}
			}
			return err
		}))
	}
	if err != nil {
		t.Fatal(err)
	}
	return sent, unsent
}

func TestAnAddressThatIsRefusedHasNobodyElseToldAgain(t *testing.T) { // OB-S9
	s, l, now := onDuty(t)
	s.beside(t, 1, "gone@example.com", now)
	l.Set(refusing("gone@example.com"))
	for range 4 {
		if err := s.round(t.Context(), now); err != nil {
			t.Fatal(err)
		}
		now = now.Add(2*time.Minute + time.Second)
	}
	sent, unsent := s.told(t)
	if n := len(l.Messages()); n != 1 || sent != 2 || unsent != 0 {
		t.Errorf("%d letters, %d told and %d not; want one letter of both incidents", n, sent, unsent)
	}
}

func TestAStepWhoseAddressesAreAllRefusedIsNotToldAndTheNextOneIsOnce(t *testing.T) { // OB-S9
	s, l, now := onDuty(t)
	s.beside(t, 2, "second@example.com", now)
	l.Set(refusing("duty@example.com"))
	for range 8 {
		if err := s.round(t.Context(), now); err != nil {
			t.Fatal(err)
		}
		now = now.Add(2*time.Minute + time.Second)
	}
	sent, unsent := s.told(t)
	if n := len(l.Messages()); n != 1 || sent != 2 || unsent != 2 {
		t.Errorf("%d letters, %d told and %d not; want one letter to the second step about both incidents", n, sent, unsent)
	}
}

func TestALetterIsNamedByItsMomentToo(t *testing.T) { // a restored database gives its number again
	s, l, now := onDuty(t)
	if err := s.round(t.Context(), now); err != nil {
		t.Fatal(err)
	}
	if id := mailtest.Header(l.Messages()[0], "Message-ID"); !strings.Contains(id, strconv.FormatInt(now.Unix(), 10)) {
		t.Errorf("it is named %s", id)
	}
}

func TestWhatTheMailServerTookIsNotedThoughTheServerStops(t *testing.T) {
	s, l, now := onDuty(t)
	ctx, stop := context.WithCancel(t.Context())
	l.Set(mailtest.Manner{AtData: func(string) string { stop(); return "" }})
	_ = s.round(ctx, now)
	if err := s.round(t.Context(), now.Add(3*time.Minute)); err != nil || len(l.Messages()) != 1 {
		t.Errorf("%d letters, want one: %v", len(l.Messages()), err)
	}
}
