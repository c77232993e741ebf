package main

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"tikklok/api"
	"tikklok/api/continuity/evidence"
	"tikklok/ingest/audit"
	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/pg"
	"tikklok/ingest/privacy/ending"
	"tikklok/ingest/privacy/register"
	"tikklok/payroll"
	"tikklok/payroll/format"
)

// demo makes a company in a database of its own, does on the paths on which a
// server does what leaves proofs, and looks at them. What it doesn't do stands
// as missing: it runs no probe, and no tests.
func (c evidenceMake) demo(ctx context.Context, p place) error {
	if c.Tenant != "" {
		return errors.New("a demo has a tenant of its own: leave --tenant out")
	}
	month, err := monthOf(c.Month, time.Now())
	if err != nil {
		return err
	}
	if !month.To.Before(calendar.DateOf(time.Now())) {
		return fmt.Errorf("the month %s to %s is not over: choose one that is for --demo", month.From, month.To)
	}
	c.Month = month.From.String()[:len("2006-01")]
	dir, err := os.MkdirTemp("", "tikklok-evidence-")
	if err != nil {
		return fmt.Errorf("a folder for the demo: %w", err)
	}
	defer os.RemoveAll(dir)
	d, err := p.openDatabase(ctx)
	if err != nil {
		return err
	}
	own, drop, err := pg.Temporary(ctx, d.url, "evidence")
	if err != nil {
		return errors.Join(err, d.close())
	}
	err = demo(ctx, own, month, func(m *demoMonth) error {
		s := evidenceShow{demoMonth: m, url: own, dir: dir, now: time.Now()}
		if err := s.run(ctx, month); err != nil {
			return err
		}
		return c.show(ctx, m)
	})
	return errors.Join(err, drop(), d.close())
}

// show looks for proofs, and signs with a key that nobody keeps.
func (c evidenceMake) show(ctx context.Context, m *demoMonth) error {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return fmt.Errorf("making a key for the demo: %w", err)
	}
	now := time.Now()
	month, zone, err := c.month(m.tenant, now)
	if err != nil {
		return err
	}
	return m.db.InTenant(ctx, m.tenant.ID, func(tx pg.Tx) error {
		pack, err := evidence.Make(ctx, tx, evidence.Order{Tenant: m.tenant.Name, Month: month, Now: now, Program: version, Demo: true, Catalogue: catalogue()})
		if err != nil {
			return err
		}
		signed, err := evidence.Sign(pack, key)
		if err != nil {
			return err
		}
		return c.write(pack, signed, key, zone)
	})
}

// evidenceShow is a demo company that does what leaves proofs.
type evidenceShow struct {
	*demoMonth
	url, dir string
	now      time.Time
	private  *pg.DB
}

func (s *evidenceShow) run(ctx context.Context, month calendar.Period) (err error) {
	if s.private, err = pg.Open(ctx, s.url, pg.RolePrivacy, s.keys); err != nil {
		return err
	}
	defer s.private.Close()
	for _, step := range []func(context.Context) error{
		func(ctx context.Context) error {
			return s.db.InTenant(ctx, s.tenant.ID, func(tx pg.Tx) error { return s.agree(ctx, tx) })
		},
		func(ctx context.Context) error { return s.pay(ctx, month) },
		s.tell, s.handOver, s.purge, s.verify,
	} {
		if err := step(ctx); err != nil {
			return fmt.Errorf("the demo company: %w", err)
		}
	}
	return nil
}

// pay makes a run of the month's hours.
func (s *evidenceShow) pay(ctx context.Context, month calendar.Period) error {
	f, err := format.ByName("csv")
	if err != nil {
		return err
	}
	d, err := s.destination(ctx, f)
	if err != nil {
		return err
	}
	office := payroll.Office{Manifests: filepath.Join(s.dir, "manifests")}
	_, err = office.Create(ctx, s.db, s.tenant.ID, s.boss, payroll.Order{Destination: d.ID, Period: month}, s.now)
	return err
}

// tell writes a measure down and tells it (OB-C19).
func (s *evidenceShow) tell(ctx context.Context) error {
	day := s.now.UTC().Truncate(24 * time.Hour)
	return s.db.InTenant(ctx, s.tenant.ID, func(tx pg.Tx) error {
		rules, err := api.RegisterRules(ctx, tx)
		if err != nil {
			return err
		}
		id, err := register.Add(ctx, tx, register.Entry{Book: register.Measures, At: s.now, By: s.boss,
			Values: map[string]string{"version": "1", "day": day.Format(time.DateOnly), "text": "demo"}})
		if err != nil {
			return err
		}
		return register.Take(ctx, tx, register.Measures, id, register.Step{What: "told", Day: day, Note: "demo", At: s.now, By: s.boss}, rules)
	})
}

// handOver exports the whole tenant, which gives a certificate.
func (s *evidenceShow) handOver(ctx context.Context) error {
	_, err := ending.Export(ctx, s.private, s.tenant.ID, catalogue(), ending.ExportOptions{Version: version, By: operator, Now: s.now}, io.Discard)
	return err
}

// purge does what a night does.
func (s *evidenceShow) purge(ctx context.Context) error {
	_, err := api.Purger(s.private, s.db, catalogue()).Run(ctx, s.tenant.ID, operator, s.now)
	return err
}

// verify goes along the audit log, as a server does every night.
func (s *evidenceShow) verify(ctx context.Context) error {
	k := audit.Keeper{DB: s.db, Log: slog.Default(), Kept: func() ([]audit.Anchor, error) { return nil, nil }, Keep: func(audit.Anchor) error { return nil }}
	return k.Verify(ctx, s.tenant.ID)
}
