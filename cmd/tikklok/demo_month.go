package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"tikklok/firmware-sim"
	"tikklok/gateway/wire"
	"tikklok/ingest"
	"tikklok/ingest/audit"
	"tikklok/ingest/fleet"
	"tikklok/ingest/hours"
	"tikklok/ingest/hours/approval"
	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/people"
	"tikklok/ingest/pg"
	"tikklok/ingest/pg/vault"
	"tikklok/ingest/tenant"
)

// demoEmployees is how many people of a demo month there are: each pattern of
// weeks once.
const demoEmployees = 10

// demoMonth is a company of which a month of taps was taken in, computed and
// approved, in a database of its own: the same month gives the same hours.
type demoMonth struct {
	db, in *pg.DB // in: under pg.RoleIngest
	keys   pg.Option
	tenant tenant.Tenant
	zone   *time.Location
	people sim.Population
	days   calendar.Period // whole weeks around the month
	now    time.Time       // two days after the last of them, at nine
	boss   audit.Actor
	ids    []int64 // of the employees
}

// withDemoMonth makes a demo month beside the database at url, for as long as
// fn takes.
func withDemoMonth(ctx context.Context, url string, month calendar.Period, fn func(*demoMonth) error) error {
	own, drop, err := pg.Temporary(ctx, url, "demo")
	if err != nil {
		return err
	}
	return errors.Join(demo(ctx, own, month, fn), drop())
}

func demo(ctx context.Context, url string, month calendar.Period, fn func(*demoMonth) error) error {
	return demoUnder(ctx, url, pg.With(vault.Passing()), month, fn)
}

// demoUnder is demo under master keys that somebody keeps.
func demoUnder(ctx context.Context, url string, keys pg.Option, month calendar.Period, fn func(*demoMonth) error) error {
	m := &demoMonth{keys: keys, days: calendar.Period{From: month.From.Week().Monday(), To: month.To.Week().Monday().AddDays(6)}}
	for role, db := range map[pg.Role]**pg.DB{pg.RoleApp: &m.db, pg.RoleIngest: &m.in} {
		opened, err := pg.Open(ctx, url, role, keys)
		if err != nil {
			return err
		}
		defer opened.Close()
		*db = opened
	}
	for _, step := range []func() error{
		func() error { return m.found(ctx, url, keys) },
		func() error { return m.hire(ctx) },
		func() error { return m.tap(ctx) },
		func() error { return m.approve(ctx) },
	} {
		if err := step(); err != nil {
			return fmt.Errorf("the demo month: %w", err)
		}
	}
	return fn(m)
}

// found makes the tenant and the account that approves.
func (m *demoMonth) found(ctx context.Context, url string, keys pg.Option) (err error) {
	if m.zone, err = time.LoadLocation("Europe/Amsterdam"); err != nil {
		return err
	}
	m.now = m.days.To.AddDays(2).In(m.zone).Add(9 * time.Hour)
	m.people = sim.Population{Seed: 5, Employees: demoEmployees, Readers: 1, Zone: m.zone, Begin: m.days.From.In(m.zone), Forget: -1}
	owner, err := pg.Open(ctx, url, pg.RoleOwner, keys)
	if err != nil {
		return err
	}
	defer owner.Close()
	return owner.Look(ctx, func(tx pg.Tx) error {
		if m.tenant, err = tenant.Create(ctx, tx, operator, "Demo", m.zone.String(), "nl"); err != nil {
			return err
		}
		id, err := people.CreateAccount(ctx, tx, operator, people.Account{Email: "demo@localhost", Name: "Demo", Language: "nl",
			Roles: []people.Role{people.Administrator, people.Approver, people.Payroll}}, people.GeneratePassword())
		m.boss = audit.Actor{Kind: audit.Account, ID: id}
		return err
	})
}

// hire enters the employees with their fobs and, of every third, an assignment.
func (m *demoMonth) hire(ctx context.Context) error {
	return m.db.InTenant(ctx, m.tenant.ID, func(tx pg.Tx) error {
		if err := people.SwitchOn(ctx, tx, m.boss, people.OptionalFirstName, "demo"); err != nil {
			return err
		}
		for e := range demoEmployees {
			id, err := people.CreateEmployee(ctx, tx, m.boss, people.Employee{Number: fmt.Sprint(1001 + e), Surname: demoNames[e].Surname,
				FirstName: demoNames[e].First, ContractMinutes: 40 * 60, From: m.days.From.In(time.UTC)})
			if err != nil {
				return err
			}
			m.ids = append(m.ids, id)
			if e%3 == 0 {
				_, err = people.SaveAssignment(ctx, tx, m.boss, people.Assignment{Employee: id, Number: fmt.Sprint(70001 + e), CostCentre: "4100", From: m.days.From.In(time.UTC)})
			}
			if err != nil {
				return err
			}
		}
		for _, h := range m.people.Holdings(m.now) {
			if err := m.issue(ctx, tx, h); err != nil {
				return err
			}
		}
		return nil
	})
}

func (m *demoMonth) issue(ctx context.Context, tx pg.Tx, h sim.Holding) error {
	fob, err := fleet.RegisterNumber(ctx, tx, m.boss, fmt.Sprintf("%010X", h.Fob), sim.Fob(h.Fob))
	if err != nil {
		return err
	}
	if err := fleet.Issue(ctx, tx, m.boss, fob.ID, m.ids[h.Employee], h.From); err != nil || h.Until.IsZero() {
		return err
	}
	return fleet.Return(ctx, tx, m.boss, fob.ID, h.Until, "lost")
}

// tap brings the taps as the journal of a gateway, on the path of `tikklok
// import`.
func (m *demoMonth) tap(ctx context.Context) error {
	var gateway fleet.Gateway
	var key wire.TokenKey
	err := m.db.InTenant(ctx, m.tenant.ID, func(tx pg.Tx) error {
		site, err := fleet.AddSite(ctx, tx, m.boss, "Hal 1")
		if err != nil {
			return err
		}
		if gateway, err = fleet.AddGateway(ctx, tx, m.boss, site.ID, "poort"); err != nil {
			return err
		}
		key, err = tenant.Key(ctx, tx)
		return err
	})
	if err != nil {
		return err
	}
	journal, err := m.journal(uint32(gateway.ID), key)
	if err != nil {
		return err
	}
	done, err := ingest.Import(ctx, m.in, slog.New(slog.DiscardHandler), operator, m.tenant.ID, journal)
	if err == nil && done.Refused > 0 {
		err = fmt.Errorf("%d batches were refused", done.Refused)
	}
	return err
}

// journal writes what the gateway would have: one epoch on a disciplined clock.
func (m *demoMonth) journal(gateway uint32, key wire.TokenKey) (*bytes.Buffer, error) {
	begin := m.days.From.In(m.zone)
	log := wire.Log{Stream: wire.Stream{Origin: uint64(gateway), Epoch: 1}, Start: &wire.Start{}, KeyVersion: key.Version}
	for i, t := range m.people.Presentations(begin, m.days.To.AddDays(1).In(m.zone)) {
		tick := uint64(t.At.Sub(begin).Milliseconds())
		log.Taps = append(log.Taps, wire.Tap{Seq: uint64(i + 1), Tick: tick, Wall: t.At.UnixMilli(), Token: key.Token(sim.Fob(t.Fob)), Reader: "deur"})
		log.Pairs = append(log.Pairs, wire.Pair{Tick: tick, Instant: t.At.UnixMilli(), Bound: 20, Source: wire.SourceDisciplined})
	}
	log.Highest = uint64(len(log.Taps))
	var b bytes.Buffer
	w, err := wire.NewExportWriter(&b, gateway)
	for part := range parts(log, 200) {
		if err == nil {
			err = w.Write(wire.Batch{Logs: []wire.Log{part}})
		}
	}
	return &b, err
}

// parts cuts a log in pieces of n taps; only the first tells the start.
func parts(l wire.Log, n int) func(yield func(wire.Log) bool) {
	return func(yield func(wire.Log) bool) {
		for taps := range slices.Chunk(l.Taps, n) {
			part := l
			part.Taps, part.Pairs = taps, l.Pairs[:len(taps)]
			if l.Pairs = l.Pairs[len(taps):]; !yield(part) {
				return
			}
			l.Start = nil
		}
	}
}

// compute works out what the taps and decisions of now give.
func (m *demoMonth) compute(ctx context.Context) error {
	_, err := hours.Recompute(ctx, m.db, m.tenant.ID, m.now)
	return err
}

// approve computes the weeks and approves them all.
func (m *demoMonth) approve(ctx context.Context) error {
	if err := m.compute(ctx); err != nil {
		return err
	}
	for week := m.days.From.Week(); week.Monday().Before(m.days.To); week = week.Add(1) {
		if err := m.approveWeek(ctx, week, m.ids...); err != nil {
			return err
		}
	}
	return nil
}

func (m *demoMonth) approveWeek(ctx context.Context, week calendar.Week, employees ...int64) error {
	asks := make([]approval.Ask, len(employees))
	for i, id := range employees {
		asks[i] = approval.Ask{Employee: id, Seen: approval.Any}
	}
	return m.db.InTenant(ctx, m.tenant.ID, func(tx pg.Tx) error {
		given, err := approval.Give(ctx, tx, m.boss, week, asks, "demo", m.now)
		for _, g := range given {
			err = errors.Join(err, g.Err)
		}
		return err
	})
}

// demoNames have what names have: letters beyond ASCII, particles, a space.
var demoNames = [demoEmployees]struct{ First, Surname string }{
	{"Mila", "de Vries"}, {"Łukasz", "Zając"}, {"Zoë", "van den Bergh"}, {"Ștefan", "Țurcanu"}, {"Jan", "Jansen"},
	{"Jürgen", "Groß"}, {"Fatma", "Yıldız"}, {"Sanne", "Bakker"}, {"Agnieszka", "Wójcik"}, {"Noor", "El Amrani"},
}
