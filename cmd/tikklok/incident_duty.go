package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
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

	letters sync.WaitGroup // on their way
	mu      sync.Mutex
	busy    map[way]bool // told there of it now
}

// way is that of a summons to an address.
type way struct {
	tenant, summons int64
	address         string
}

func newSummoner(db *pg.DB, server mail.Server) *summoner {
	return &summoner{db: db, server: server, busy: map[way]bool{}}
}

// dutyParts are empty without a mail server.
func (s *server) dutyParts(db *pg.DB) ([]part, error) {
	if s.Mail.SMTP == "" {
		return nil, nil
	}
	server, err := s.Mail.server()
	return []part{{"duty", newSummoner(db, server).run}}, err
}

func (s *summoner) run(ctx context.Context) error {
	defer s.letters.Wait()
	for {
		err := s.begin(ctx, time.Now())
		if ctx.Err() == nil {
			warn(err, "whether somebody on duty is to be told could not be looked at; it is tried again")
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(summonEvery):
		}
	}
}

// begin has everybody told of all that waits for them, in one letter each, which
// leave side by side: a mailbox for which the mail server takes its time keeps
// nobody else waiting. What a letter is about is kept before it leaves and marked
// after it was taken: when this is killed between, it is told again two minutes
// later.
func (s *summoner) begin(ctx context.Context, now time.Time) error {
	busy := s.underWay()
	waiting, err := s.waiting(ctx, now)
	s.write(ctx, waiting, busy, now)
	return err
}

// write has a letter leave to each address at which something waits, but of what
// a letter was on its way there before that was read: it may be told since, and
// what still waits is given again two minutes later. Something new leaves at once.
func (s *summoner) write(ctx context.Context, waiting []incident.Customer, busy map[way]bool, now time.Time) {
	letters := map[string][]incident.Customer{}
	for _, c := range waiting {
		for address, own := range byAddress(c) {
			letters[address] = append(letters[address], own)
		}
	}
	for address, about := range letters {
		about = notOf(busy, address, about)
		if len(about) == 0 {
			continue
		}
		going := waysOf(address, about)
		s.mark(going, true)
		s.letters.Go(func() {
			defer s.mark(going, false)
			err := s.tell(ctx, address, about, now)
			if ctx.Err() == nil {
				warn(err, "who is on duty could not be told of an incident; it is tried again")
			}
		})
	}
}

// notOf leaves out what is under way to an address.
func notOf(busy map[way]bool, address string, about []incident.Customer) (rest []incident.Customer) {
	for _, c := range about {
		c.All = slices.DeleteFunc(slices.Clone(c.All), func(one incident.Summons) bool { return busy[way{c.Tenant, one.ID, address}] })
		if len(c.All) > 0 {
			rest = append(rest, c)
		}
	}
	return rest
}

// waysOf gives those of all that a letter to an address is about.
func waysOf(address string, about []incident.Customer) (all []way) {
	for _, c := range about {
		for _, one := range c.All {
			all = append(all, way{c.Tenant, one.ID, address})
		}
	}
	return all
}

// underWay is what letters are on their way of.
func (s *summoner) underWay() map[way]bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.busy)
}

// mark notes that letters leave, or that they arrived or failed.
func (s *summoner) mark(all []way, going bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, w := range all {
		if going {
			s.busy[w] = true
		} else {
			delete(s.busy, w)
		}
	}
}

// tell hands over one letter, and notes the mail server's last word. What it
// doesn't take for now is tried again until it does.
func (s *summoner) tell(ctx context.Context, address string, about []incident.Customer, now time.Time) error {
	letter, err := incident.Letter(address, about)
	if err != nil {
		return err
	}
	to, err := s.server.Connect(ctx)
	if err != nil {
		return err
	}
	defer to.Close()
	o := to.Hand(mail.Parcel{Letter: letter, Key: keyOf(address, about), Made: now})
	if o.State != mail.Sent {
		slog.Warn("the mail server did not take a letter to who is on duty", "answer", o.Answer)
	}
	if o.State == mail.Waiting {
		return nil
	}
	still := context.WithoutCancel(ctx) // what was taken is noted even while the server stops
	for _, c := range about {
		err = errors.Join(err, s.db.InTenant(still, c.Tenant, func(tx pg.Tx) error {
			return incident.Settle(still, tx, c.All, o.State == mail.Sent, time.Now())
		}))
	}
	return err
}

// waiting gives what is to be told now, of all tenants; one that fails holds up
// no other.
func (s *summoner) waiting(ctx context.Context, now time.Time) (waiting []incident.Customer, err error) {
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
		for _, address := range one.Addresses() {
			own := out[address]
			own.Tenant, own.Zone = c.Tenant, c.Zone
			own.All = append(own.All, one.Only(address))
			out[address] = own
		}
	}
	return out
}

// keyOf names a letter by whom it is to and what all it calls them to: tried
// again it keeps its name, and with something more or less it is another, which
// no mailbox takes for the first. After a restore the number of a summons is
// given once more, to something of another moment.
func keyOf(address string, about []incident.Customer) string {
	var parts []string
	for _, c := range about {
		for _, one := range c.All {
			part := fmt.Sprintf("%d %d %d", c.Tenant, one.ID, one.Made.UnixMicro())
			for _, d := range one.To {
				part += fmt.Sprintf(" %d", d.ID)
			}
			parts = append(parts, part)
		}
	}
	slices.Sort(parts)
	sum := sha256.Sum256([]byte(address + "\n" + strings.Join(parts, "\n")))
	return "duty-" + hex.EncodeToString(sum[:16])
}
