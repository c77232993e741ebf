package main

import (
	"context"
	"errors"
	"slices"
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
func onDuty(t *testing.T) (s *summoner, l *mailtest.Listener, now time.Time) {
	t.Helper()
	url := pgtest.URL(t)
	l, now = mailtest.Listen(t), time.Now()
	s = newSummoner(pgtest.Open(t, url, pg.RoleApp), mail.Server{Address: l.Addr().String(), TLS: mail.NoTLS, From: "Tikklok <no-reply@localhost>"})
	for _, name := range []string{"Acme", "Van Dam"} {
		of := pgtest.Tenant(t, url, name)
		err := s.db.InTenant(t.Context(), of, func(tx pg.Tx) error {
			err := standstill(t.Context(), tx, now)
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

// standstill reports one.
func standstill(ctx context.Context, tx pg.Tx, now time.Time) error {
	_, err := incident.Add(ctx, tx, incident.Incident{Kind: incident.Fault, Channel: incident.ByTelephone, AroseAt: now.Add(-time.Minute), Reported: now, At: now, By: audit.Actor{Kind: audit.Operator},
		Report: incident.Report{Message: "typed words", Steps: "none", Computer: "all"}, Impact: incident.Impact{Disturbance: incident.Standstill, Hit: 5, Users: 5}})
	return err
}

// report has the first customer report one more.
func (s *summoner) report(t *testing.T, now time.Time) {
	t.Helper()
	all, err := tenants(t.Context(), s.db)
	if err == nil {
		err = s.db.InTenant(t.Context(), all[0].ID, func(tx pg.Tx) error { return standstill(t.Context(), tx, now) })
	}
	if err != nil {
		t.Fatal(err)
	}
}

// round tells once, and waits until all letters are over.
func (s *summoner) round(ctx context.Context, now time.Time) error {
	defer s.letters.Wait()
	return s.begin(ctx, now)
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
func (s *summoner) beside(t *testing.T, step int, address string, now time.Time) {
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

func (s *summoner) told(t *testing.T) (sent, unsent int) {
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

func TestALetterIsNamedByAllThatItCallsTo(t *testing.T) {
	made := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	letter := func(tenant, told, duty int64, made time.Time) incident.Customer {
		return incident.Customer{Tenant: tenant, All: []incident.Summons{{ID: told, Made: made, To: []incident.Duty{{ID: duty}}}}}
	}
	first, second := letter(1, 1, 1, made), letter(2, 1, 1, made)
	name := keyOf("duty@example.com", []incident.Customer{first, second})
	if again := keyOf("duty@example.com", []incident.Customer{second, first}); again != name {
		t.Errorf("the same letter is named %s, then %s", name, again)
	}
	for what, about := range map[string][]incident.Customer{
		"without the second":  {first},
		"of another customer": {first, letter(3, 1, 1, made)},
		"of another incident": {first, letter(2, 2, 1, made)},
		"of other duty":       {first, letter(2, 1, 2, made)},
		"after a restore":     {first, letter(2, 1, 1, made.Add(time.Second))},
	} {
		if keyOf("duty@example.com", about) == name {
			t.Errorf("a letter %s has the same name", what)
		}
	}
	if keyOf("other@example.com", []incident.Customer{first, second}) == name {
		t.Error("a letter to somebody else has the same name")
	}
}

func TestALetterThatIsTriedAgainKeepsItsNameAndTheNextOneHasAnother(t *testing.T) { // RFC 5322, 3.6.4
	s, l, now := onDuty(t)
	l.Set(mailtest.Manner{AtData: func(string) string { return mailtest.HangUp }}) // taken, and nobody hears it
	for range 2 {
		_ = s.round(t.Context(), now) // told again two minutes later
		now = now.Add(2*time.Minute + time.Second)
	}
	l.Set(mailtest.Manner{})
	s.beside(t, 1, "duty@example.com", now)
	if err := s.round(t.Context(), now); err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, m := range l.Messages() {
		names = append(names, mailtest.Header(m, "Message-ID"))
	}
	if len(names) != 3 || names[0] == "" || names[0] != names[1] || names[1] == names[2] {
		t.Errorf("they are named %v", names)
	}
}

func TestWhoStandsTwiceAtAStepIsToldOnce(t *testing.T) { // OB-S9
	s, l, now := onDuty(t)
	s.beside(t, 1, "duty@example.com", now)
	if err := s.round(t.Context(), now); err != nil {
		t.Fatal(err)
	}
	got := l.Messages()
	if len(got) != 1 || strings.Count(got[0], "tenant 1, incident 1:") != 1 {
		t.Errorf("%d letters: %v", len(got), got)
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

func TestOneOfTwoWhoseMailboxTakesItOnlyLaterIsToldThen(t *testing.T) { // OB-S9; RFC 6647: greylisting
	s, l, now := onDuty(t)
	s.beside(t, 1, "slow@example.com", now)
	tries := 0
	l.Set(mailtest.Manner{Rcpt: func(address string) string {
		if strings.HasPrefix(address, "SLOW") {
			if tries++; tries < 4 {
				return "451 4.7.1 greylisted, try again later"
			}
		}
		return ""
	}})
	for range 7 {
		if err := s.round(t.Context(), now); err != nil {
			t.Fatal(err)
		}
		now = now.Add(2*time.Minute + time.Second)
	}
	var to []string
	for _, m := range l.Messages() {
		to = append(to, mailtest.Header(m, "To"))
	}
	if got := strings.Join(to, " "); got != "<duty@example.com> <slow@example.com>" || tries != 4 {
		t.Errorf("told are %s, after %d tries; want each once", got, tries)
	}
}

func TestAMailboxThatHangsKeepsNobodyElseOnDutyWaiting(t *testing.T) { // OB-S9
	s, l, now := onDuty(t)
	s.beside(t, 1, "hangs@example.com", now)
	hangs, told := make(chan struct{}), make(chan struct{}, 10)
	l.Set(mailtest.Manner{Rcpt: func(address string) string {
		if strings.HasPrefix(address, "HANGS") {
			<-hangs
		}
		return ""
	}, AtData: func(string) string { told <- struct{}{}; return "" }})
	if err := s.begin(t.Context(), now); err != nil {
		t.Fatal(err)
	}
	<-told // while the other one still hangs
	if err := s.begin(t.Context(), now.Add(3*time.Minute)); err != nil {
		t.Fatal(err)
	}
	close(hangs)
	s.letters.Wait()
	if n := len(l.Messages()); n != 2 {
		t.Errorf("%d letters, want one to each", n)
	}
}

func TestWhatWasToldWhileItWasReadIsNotToldAgain(t *testing.T) { // OB-S9
	s, l, now := onDuty(t)
	taken, answer := make(chan struct{}), make(chan struct{})
	l.Set(mailtest.Manner{AtData: func(string) string { close(taken); <-answer; return "" }})
	if err := s.begin(t.Context(), now); err != nil {
		t.Fatal(err)
	}
	<-taken
	l.Set(mailtest.Manner{})
	now = now.Add(3 * time.Minute)
	busy := s.underWay()
	waiting, err := s.waiting(t.Context(), now)
	if err != nil || len(waiting) != 2 {
		t.Fatalf("%d customers wait: %v", len(waiting), err)
	}
	close(answer)
	s.letters.Wait()
	s.write(t.Context(), waiting, busy, now)
	s.letters.Wait()
	if n := len(l.Messages()); n != 1 {
		t.Errorf("%d letters, want one", n)
	}
}

func TestALetterThatHangsKeepsNothingNewWaiting(t *testing.T) { // OB-S9
	s, l, now := onDuty(t)
	began, hangs := make(chan struct{}, 10), make(chan struct{})
	l.Set(mailtest.Manner{AtData: func(string) string { began <- struct{}{}; <-hangs; return "" }})
	if err := s.begin(t.Context(), now); err != nil {
		t.Fatal(err)
	}
	<-began
	told := make(chan struct{}, 10)
	l.Set(mailtest.Manner{AtData: func(string) string { told <- struct{}{}; return "" }})
	s.report(t, now)
	if err := s.begin(t.Context(), now.Add(3*time.Minute)); err != nil {
		t.Fatal(err)
	}
	<-told // while the other one still hangs
	close(hangs)
	s.letters.Wait()
	if n := len(l.Messages()); n != 2 {
		t.Errorf("%d letters, want one about what was there and one about what came", n)
	}
}
