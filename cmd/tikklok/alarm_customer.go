package main

import (
	"context"
	"fmt"
	"time"

	"tikklok/api/sla/alarm"
	"tikklok/api/sla/incident"
	"tikklok/api/sla/window"
	"tikklok/ingest/audit"
	"tikklok/ingest/mail"
	"tikklok/ingest/people"
	"tikklok/ingest/pg"
	"tikklok/ingest/privacy/ending"
	"tikklok/ingest/privacy/retention"
	"tikklok/ingest/tenant"
)

// auditLate is how old the last look along an audit log may be: it is looked
// along once a day.
const auditLate = 49 * time.Hour

// auditAlarms are what is wrong with the audit log (OB-C4).
func auditAlarms(ctx context.Context, tx pg.Tx, _ tenant.Tenant, now time.Time) (all []alarm.Signal, err error) {
	s, err := audit.StateOf(ctx, tx)
	if err != nil {
		return nil, err
	}
	if s.Cut || len(s.Found.Breaks) > 0 {
		all = append(all, alarm.Signal{Key: "audit altered", NL: "Het logboek is gewijzigd of ingekort: de keten klopt niet. Zie Logboek, en bewaar alles zoals het is.",
			EN: "The audit log was altered or cut short: its chain doesn't hold. See Log, and leave everything as it is."})
	}
	if s.Late(now) {
		all = append(all, alarm.Signal{Key: "audit late", Settle: 5 * time.Minute, NL: "Regels van het logboek wachten te lang op hun plaats in de keten. Zie het logboek van de server.",
			EN: "Entries of the audit log wait too long for their place in the chain. See the server's log."})
	}
	if !s.Checked.IsZero() && now.Sub(s.Checked) > auditLate {
		all = append(all, alarm.Signal{Key: "audit unchecked", NL: "Het logboek is al twee dagen niet gecontroleerd. Zie Logboek.", EN: "The audit log was not verified for two days. See Log."})
	}
	return all, nil
}

// incidentAlarms are incidents that run around the clock, and those that are
// late (OB-S5). Customers are told by the register itself.
func incidentAlarms(ctx context.Context, tx pg.Tx, t tenant.Tenant, now time.Time) (all []alarm.Signal, err error) {
	zone, err := time.LoadLocation(t.Zone)
	if err != nil {
		return nil, fmt.Errorf("the zone of a customer: %w", err)
	}
	found, err := incident.List(ctx, tx)
	for _, i := range found {
		if !i.IsOpen() {
			continue
		}
		c := i.Clock(window.Service(zone))
		if i.Grave() {
			all = append(all, alarm.Signal{Key: fmt.Sprintf("incident %d open", i.ID), NL: fmt.Sprintf("Incident %d met hoge prioriteit is open.", i.ID),
				EN: fmt.Sprintf("Incident %d of high priority is open; see tikklok incident list.", i.ID)})
		}
		for _, d := range []struct {
			name, nl string
			due      incident.Due
		}{{"confirmation", "bevestiging", c.Confirm}, {"answer", "reactie", c.Answer}, {"solution", "oplossing", c.Solve}, {"daily contact", "dagelijks contact", c.Contact}} {
			if d.due.Was.IsZero() && !d.due.Aim && d.due.Late(now) {
				all = append(all, alarm.Signal{Key: fmt.Sprintf("incident %d late %s", i.ID, d.name), NL: fmt.Sprintf("Incident %d is te laat: %s.", i.ID, d.nl), EN: fmt.Sprintf("Incident %d is late: %s.", i.ID, d.name)})
			}
		}
	}
	return all, err
}

// purgeLate is how old the last purge may be.
const purgeLate = 72 * time.Hour

// retentionAlarms is that nothing past its term was removed for days (OB-P3). A
// hold or an open breach may want it so: the list says it, and no letter.
func retentionAlarms(ctx context.Context, tx pg.Tx, _ tenant.Tenant, now time.Time) ([]alarm.Signal, error) {
	last, err := retention.Last(ctx, tx)
	if err != nil || last.IsZero() || now.Sub(last) <= purgeLate {
		return nil, err
	}
	day := last.UTC().Format(time.DateOnly)
	return []alarm.Signal{{Key: "retention late", Quiet: true, NL: "Sinds " + day + " is niets verwijderd waarvan de bewaartermijn voorbij is: een bewaarverplichting of open datalek houdt het tegen, of het mislukt. Zie Privacy, Bewaartermijnen.",
		EN: "Since " + day + " nothing past its term was removed: a legal hold or an open breach keeps it, or it fails. See Privacy, Retention."}}, nil
}

// endingAlarms is that a customer's data should have been destroyed (OB-P4).
func endingAlarms(ctx context.Context, tx pg.Tx, t tenant.Tenant, now time.Time) ([]alarm.Signal, error) {
	s, err := ending.StateOf(ctx, tx)
	if err != nil || !s.Due(now) {
		return nil, err
	}
	day := s.Timetable.Destroy.Format(time.DateOnly)
	return []alarm.Signal{{Key: "contract over", NL: "De overeenkomst is voorbij en de gegevens moesten op " + day + " vernietigd zijn.",
		EN: fmt.Sprintf("The contract is over, and the data was to be destroyed from %s on: tikklok tenant destroy %d", day, t.ID)}}, nil
}

// letterWaits is for how long a letter may wait: longer than any pause between
// two attempts.
const letterWaits = 2 * time.Hour

// waitingLetters is that no mail server takes letters. Those that it turns away
// are of the whole installation.
func (l *lookout) waitingLetters(ctx context.Context, tx pg.Tx, _ tenant.Tenant, now time.Time) ([]alarm.Signal, error) {
	away, code, err := mail.TurnedAway(ctx, tx)
	if err != nil {
		return nil, err
	}
	l.turned.add(away, code)
	n, err := mail.WaitingSince(ctx, tx, now.Add(-letterWaits))
	if err != nil || n == 0 {
		return nil, err
	}
	why, waarom := "the mail server doesn't take them; see the server's log", "de mailserver neemt ze niet aan"
	if !l.mailed {
		why, waarom = "no mail server was named; start the server with --smtp", "er is geen mailserver opgegeven"
	}
	return []alarm.Signal{{Key: "mail waits", NL: fmt.Sprintf("E-mailberichten wachten al meer dan twee uur (%d): %s.", n, waarom), EN: fmt.Sprintf("Letters have waited for more than two hours (%d): %s.", n, why)}}, nil
}

// turnedAway are letters, of all customers, that the mail server refuses without
// saying that it is for their address.
type turnedAway struct {
	count int
	code  string // one of its answers'
}

const turnedKey = "mail server"

func (t *turnedAway) add(count int, code string) {
	if t.count += count; count > 0 {
		t.code = code
	}
}

func (t turnedAway) alarms() []alarm.Signal {
	if t.count == 0 {
		return nil
	}
	return []alarm.Signal{{Key: turnedKey, Settle: 2 * time.Minute,
		NL: fmt.Sprintf("De mailserver neemt brieven van deze installatie niet aan, of zegt niet waarom (%d wachten; %s). Kijk naar --mail-from en --smtp-user, en wat de mailserver van deze machine doorlaat.", t.count, t.code),
		EN: fmt.Sprintf("The mail server takes no letters of this installation, or doesn't say why (%d wait; %s). Look at --mail-from and --smtp-user, and at what the mail server lets through from this machine.", t.count, t.code)}}
}

// refusedAddresses are those of users that a mail server refuses.
func refusedAddresses(ctx context.Context, tx pg.Tx, _ tenant.Tenant, now time.Time) ([]alarm.Signal, error) {
	refused, err := mail.Refusals(ctx, tx, now)
	if err != nil || len(refused) == 0 {
		return nil, err
	}
	accounts, err := people.Accounts(ctx, tx)
	n := 0
	for _, a := range accounts {
		if r, ok := refused[a.ID]; ok && a.Closed == nil && r.Address == a.Email {
			n++
		}
	}
	if err != nil || n == 0 {
		return nil, err
	}
	return []alarm.Signal{{Key: "address refused", NL: fmt.Sprintf("De mailserver weigert e-mailadressen van gebruikers (%d): zij krijgen geen berichten. Zie Dienstverlening, Alarmen, en verbeter ze bij Accounts.", n),
		EN: fmt.Sprintf("The mail server refuses e-mail addresses of users (%d): they get no messages. See Service, Alarms, and correct them under Accounts.", n)}}, nil
}
