package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"time"

	"tikklok/api/sla/incident"
	"tikklok/ingest/mail"
	"tikklok/ingest/pg"
)

// summonEvery is how often it is looked whether somebody on duty is to be told.
const summonEvery = 15 * time.Second

// summoner tells who is on duty of what waits and is grave (OB-S9). Their
// addresses are the supplier's own: their letters are in no tenant's spool.
type summoner struct {
	db     *pg.DB
	server mail.Server
}

// dutyParts are empty without a mail server.
func (s *server) dutyParts(db *pg.DB) ([]part, error) {
	if s.Mail.SMTP == "" {
		return nil, nil
	}
	server, err := s.Mail.server()
	return []part{{"duty", summoner{db, server}.run}}, err
}

func (s summoner) run(ctx context.Context) error {
	for {
		err := s.round(ctx, time.Now())
		if ctx.Err() == nil {
			warn(err, "who is on duty could not be told of an incident; it is tried again")
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(summonEvery):
		}
	}
}

// round tells everybody of all that waits for them, in one letter each. What a
// letter is about is kept before it leaves and marked after it was taken: when
// this is killed between, it is told again two minutes later.
func (s summoner) round(ctx context.Context, now time.Time) error {
	waiting, err := s.waiting(ctx, now)
	if len(waiting) == 0 {
		return err
	}
	told, failed := s.hand(ctx, waiting, now)
	err = errors.Join(err, failed)
	for _, c := range waiting {
		done := slices.DeleteFunc(c.All, func(one incident.Summons) bool { return !told[keyOf(c, one)] })
		still := context.WithoutCancel(ctx) // what was taken is noted even while the server stops
		err = errors.Join(err, s.db.InTenant(still, c.Tenant, func(tx pg.Tx) error { return incident.Summoned(still, tx, done, time.Now()) }))
	}
	return err
}

// hand gives each of those on duty one letter, and says of what somebody was
// told. One address that takes it is enough: else all others at its step would
// get the same again and again for one that is wrong.
func (s summoner) hand(ctx context.Context, waiting []incident.Customer, now time.Time) (told map[string]bool, err error) {
	letters := map[string][]incident.Customer{}
	for _, c := range waiting {
		for address, own := range byAddress(c) {
			letters[address] = append(letters[address], own)
		}
	}
	told = map[string]bool{}
	for _, address := range slices.Sorted(maps.Keys(letters)) {
		about := letters[address]
		to, err := s.server.Connect(ctx) // anew for each: who is next is told though this one's breaks
		if err != nil {
			return told, err
		}
		o := to.Hand(mail.Parcel{Letter: incident.Letter(address, about), Key: keyOf(about[0], about[0].All[0]), Made: now})
		to.Close()
		if o.State != mail.Sent {
			slog.Warn("the mail server did not take a letter to who is on duty", "answer", o.Answer)
			continue
		}
		for _, c := range about {
			for _, one := range c.All {
				told[keyOf(c, one)] = true
			}
		}
	}
	return told, nil
}

// waiting gives what is to be told now, of all tenants; one that fails holds up
// no other.
func (s summoner) waiting(ctx context.Context, now time.Time) (waiting []incident.Customer, err error) {
	all, err := tenants(ctx, s.db)
	for _, t := range all {
		c := incident.Customer{Tenant: t.ID, Zone: time.UTC}
		if zone, wrong := time.LoadLocation(t.Zone); wrong == nil {
			c.Zone = zone
		}
		failed := s.db.InTenant(ctx, t.ID, func(tx pg.Tx) (err error) {
			c.All, err = incident.Summon(ctx, tx, c.Zone, now)
			return err
		})
		if failed != nil {
			err = errors.Join(err, fmt.Errorf("tenant %d: %w", t.ID, failed))
		}
		if len(c.All) > 0 {
			slog.Warn("who is on duty is told of an incident that waits", "tenant", t.ID, "count", len(c.All))
			waiting = append(waiting, c)
		}
	}
	return waiting, err
}

// byAddress parts what waits at a customer by whom it is told to.
func byAddress(c incident.Customer) map[string]incident.Customer {
	out := map[string]incident.Customer{}
	for _, one := range c.All {
		for _, address := range one.Emails {
			own := out[address]
			own.Tenant, own.Zone, own.All = c.Tenant, c.Zone, append(own.All, one)
			out[address] = own
		}
	}
	return out
}

// keyOf names what somebody is called to, and a letter by the first of it. After
// a restore its number is given once more, to something of another moment.
func keyOf(c incident.Customer, one incident.Summons) string {
	return fmt.Sprintf("duty-%d-%d-%d", c.Tenant, one.ID, one.Made.Unix())
}
