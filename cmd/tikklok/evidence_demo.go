package main

import (
	"cmp"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"tikklok/api/continuity/evidence"
	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/pg"
)

// evidenceShow is a demo company on an installation of its own, that does what
// leaves proofs.
type evidenceShow struct {
	*demoMonth
	place   place
	db      *database
	month   calendar.Period // of which people's taps are
	private *pg.DB
	owner   *pg.DB
	server  *server
	gateway *tapper
	filed   int64 // the gateway whose taps were brought as a file
	now     time.Time
	began   time.Time
}

// demo makes an installation in a folder of its own, with a company that has a
// month of taps; runs a server and a probe on it; does on the paths on which a
// server does what leaves proofs; and looks at them. What people have to do,
// and what only tests show, stands as missing.
func (c evidenceMake) demo(ctx context.Context) error {
	if c.Tenant != "" || c.Month != "" {
		return errors.New("a demo shows its own company and the running month: leave --tenant and --month out")
	}
	dir, err := os.MkdirTemp("", "tikklok-evidence-")
	if err != nil {
		return fmt.Errorf("a folder for the demo: %w", err)
	}
	defer os.RemoveAll(dir)
	if err := os.Chmod(dir, 0o755); err != nil { // the database's user passes it
		return fmt.Errorf("a folder for the demo: %w", err)
	}
	s := &evidenceShow{place: place{State: filepath.Join(dir, "state"), BackupDays: 14}, began: time.Now()}
	for _, name := range []string{"near", "far"} {
		to := filepath.Join(dir, name)
		if err := os.Mkdir(to, 0o700); err != nil {
			return fmt.Errorf("a place for the demo's backups: %w", err)
		}
		s.place.BackupTo = append(s.place.BackupTo, fmt.Sprintf("%s=file://%s?place=NL/NL", name, to))
	}
	return s.run(ctx, c)
}

// tell says on the error output how far the demo is.
func (s *evidenceShow) tell(what string) {
	fmt.Fprintf(os.Stderr, "demo: %4.1f s: %s\n", time.Since(s.began).Seconds(), what)
}

// run makes the installation, lives on it, and shows what that left.
func (s *evidenceShow) run(ctx context.Context, c evidenceMake) (err error) {
	quiet := slog.Default()
	slog.SetDefault(slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError})))
	defer slog.SetDefault(quiet)
	s.tell("a database of its own, and a company with a month of taps")
	if s.db, err = s.place.openDatabase(ctx); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.db.close()) }()
	if err := s.db.prepare(ctx, s.place, true); err != nil {
		return err
	}
	for role, db := range map[pg.Role]**pg.DB{pg.RolePrivacy: &s.private, pg.RoleOwner: &s.owner} {
		if *db, err = s.db.open(ctx, role); err != nil {
			return err
		}
		defer (*db).Close()
	}
	now := time.Now()
	s.month = calendar.Months.Of(calendar.DateOf(time.Date(now.Year(), now.Month()-1, 1, 0, 0, 0, 0, time.UTC)))
	return demoUnder(ctx, s.db.url, pg.With(s.db.keys), s.month, func(m *demoMonth) error {
		s.demoMonth, s.now = m, now
		if err := s.served(ctx, s.live); err != nil {
			return fmt.Errorf("the demo company: %w", err)
		}
		return c.show(ctx, s)
	})
}

// show keeps the runs of tests that were given, looks for proofs, and signs with
// a key that nobody keeps. The pack of the month before is handed out first: so
// that the yearly report is there.
func (c evidenceMake) show(ctx context.Context, s *evidenceShow) error {
	if err := c.tested(ctx, s.owner); err != nil {
		return err
	}
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return fmt.Errorf("making a key for the demo: %w", err)
	}
	now := time.Now()
	last := evidence.LastWhole(s.zone, now)
	for _, month := range []evidence.Month{last, {First: last.First.AddDate(0, 1, 0)}} {
		var pack evidence.Pack
		var signed evidence.Signed
		err := s.demoMonth.db.InTenant(ctx, s.tenant.ID, func(tx pg.Tx) error {
			pack, err = evidence.Make(ctx, tx, evidence.Order{Tenant: s.tenant.Name, Month: month, Now: now, Program: version, Demo: true, Catalogue: catalogue()})
			if err != nil {
				return err
			}
			if signed, err = evidence.Sign(pack, key); err != nil {
				return err
			}
			return evidence.PutPack(ctx, tx, pack, signed.Seal, s.boss)
		})
		if err != nil {
			return err
		}
		if month != last {
			s.tell("what was found")
			return c.write(pack, signed, key, s.zone)
		}
		now = now.Add(time.Second)
	}
	return nil
}

// tested keeps the runs of --tests; where the file doesn't say of which version
// they are, as those of this program.
func (c evidenceMake) tested(ctx context.Context, owner *pg.DB) error {
	if c.Tests == "" {
		return nil
	}
	ran, err := readTests(c.Tests)
	if err != nil {
		return fmt.Errorf("--tests: %w", err)
	}
	return owner.Look(ctx, func(tx pg.Tx) error { return evidence.PutTests(ctx, tx, ran.All, cmp.Or(ran.Version, version)) })
}
