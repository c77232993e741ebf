package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"tikklok/api/continuity"
	"tikklok/api/continuity/target"
	"tikklok/ingest/audit"
	"tikklok/ingest/ended"
	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/people"
	"tikklok/ingest/pg"
	"tikklok/ingest/pg/vault"
	"tikklok/ingest/tenant"
	"tikklok/payroll"
)

// drillRestore loses a whole installation and brings it back, on the paths on
// which a server does.
type drillRestore struct {
	Registrations int64  `default:"100000" help:"How many more taps the database has, written into it as ingest would."`
	In            string `type:"path" placeholder:"FOLDER" help:"Where; the system's folder for temporary files by default. It is removed afterwards."`
}

// Help says what is shown.
func (drillRestore) Help() string {
	return `Makes an installation with a company's month of taps in a folder of its own, backs
it up, lets it go on (a payroll run leaves, somebody is erased, an account is
closed), and loses its database. Then: the backup is restored from the place's
bytes and held against what was there (row counts, hashes of all rows, audit
chains); another key is refused; half a backup is refused; and the installation
goes on from the backup with the logs that stand outside of it: who was erased
is erased again, what was closed is closed, and nothing is paid until somebody
says what became of the run that the backup lacks. Ends with 1 when anything
differs. No server is needed, and none is touched.

  tikklok drill restore
  tikklok drill restore --registrations 10000000`
}

// restoreShow is a drill under way.
type restoreShow struct {
	*privacyShow
	place   place // of the installation that is made
	db      *database
	archive continuity.Archive
	target  target.Target
	set     continuity.Set
	mark    continuity.Mark
	extra   int64
	closed  int64 // the account
	found   continuity.Result
	made    time.Duration // the set took
	wrong   int           // promises that did not hold
}

// Run shows it.
func (c drillRestore) Run(ctx context.Context, p place) (err error) {
	dir, err := os.MkdirTemp(c.In, "tikklok-drill-")
	if err != nil {
		return fmt.Errorf("a folder for the drill: %w", err)
	}
	defer os.RemoveAll(dir)
	if err := os.Chmod(dir, 0o755); err != nil { // the database's user passes it
		return fmt.Errorf("a folder for the drill: %w", err)
	}
	s := &restoreShow{place: place{State: filepath.Join(dir, "state"), BackupDays: p.BackupDays}, extra: c.Registrations}
	s.target = target.Local("drill", filepath.Join(dir, "elsewhere"), tenant.Place{})
	store, err := s.target.Open(ctx)
	if err != nil {
		return err
	}
	defer store.Close()
	s.archive.Store = store
	if err := s.live(ctx); err != nil {
		return err
	}
	if err := s.lose(); err != nil {
		return err
	}
	if err := s.check(ctx); err != nil {
		return err
	}
	if err := s.refusals(ctx); err != nil {
		return err
	}
	if err := s.goOn(ctx); err != nil {
		return err
	}
	return s.sum()
}

// sum is the drill's last line.
func (s *restoreShow) sum() error {
	differences := s.wrong
	for _, f := range s.found.Findings {
		fmt.Printf("%s: %s\n", f.Fault, f.Text)
		differences++
	}
	fmt.Printf("bench restore value=%.1f unit=s registrations=%d reference=making_the_set reference_value=%.1f ratio=%.2f goal=300s of 10000000\n",
		s.found.Took.Seconds(), s.found.Registrations, s.made.Seconds(), s.found.Took.Seconds()/s.made.Seconds())
	fmt.Printf("restore: registrations=%d differences=%d seconds=%.1f\n", s.found.Registrations, differences, s.found.Took.Seconds())
	if differences > 0 {
		return errFails
	}
	return nil
}

// live makes the installation, backs it up, and lets it go on.
func (s *restoreShow) live(ctx context.Context) (err error) {
	if s.db, err = s.place.openDatabase(ctx); err != nil {
		return err
	}
	if err := s.db.prepare(ctx, s.place, true); err != nil {
		return errors.Join(err, s.db.close())
	}
	now := time.Now()
	month := calendar.Months.Of(calendar.DateOf(time.Date(now.Year(), now.Month()-demoAgo, 1, 0, 0, 0, 0, time.UTC)))
	err = demoUnder(ctx, s.db.url, pg.With(s.db.keys), month, func(m *demoMonth) error {
		s.privacyShow = &privacyShow{demoMonth: m, url: s.db.url, dir: s.place.State, now: now, who: m.ids[len(m.ids)-1]}
		return s.history(ctx)
	})
	return errors.Join(err, s.db.close())
}

// history is what happens before the backup, and after it.
func (s *restoreShow) history(ctx context.Context) (err error) {
	if s.private, err = pg.Open(ctx, s.db.url, pg.RolePrivacy, s.keys); err != nil {
		return err
	}
	defer s.private.Close()
	s.desk = s.place.desk(s.demoMonth.db, s.private)
	for _, step := range []func(context.Context) error{s.know, s.refused, s.fill, s.hireOffice, s.chain, s.backUp, s.leave, s.erase, s.closeOffice} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

// hireOffice makes an account that is closed after the backup.
func (s *restoreShow) hireOffice(ctx context.Context) error {
	return s.in(ctx, func(tx pg.Tx) (err error) {
		s.closed, err = people.CreateAccount(ctx, tx, s.boss, people.Account{Email: "left@localhost", Name: "Demo", Language: "nl", Roles: []people.Role{people.Approver}}, people.GeneratePassword())
		return err
	})
}

// chain links what the audit log has, as a server does every few seconds.
func (s *restoreShow) chain(ctx context.Context) error {
	_, err := audit.Link(ctx, s.demoMonth.db, s.tenant.ID)
	return err
}

// closeOffice closes it, and has the log outside the database say so.
func (s *restoreShow) closeOffice(ctx context.Context) error {
	err := s.in(ctx, func(tx pg.Tx) error { return people.CloseAccount(ctx, tx, s.boss, s.closed, s.now) })
	if err != nil {
		return err
	}
	return ended.NewKeeper(s.demoMonth.db, s.place.folder("ended"), slog.New(slog.DiscardHandler)).Note(ctx, time.Now())
}

// fill writes registrations of another customer, as ingest stores them, of a
// gateway that nobody has a fob at: they make no hours.
func (s *restoreShow) fill(ctx context.Context) error {
	if s.extra <= 0 {
		return nil
	}
	owner, err := pg.Open(ctx, s.db.url, pg.RoleOwner, s.keys)
	if err != nil {
		return err
	}
	defer owner.Close()
	return owner.Look(ctx, func(tx pg.Tx) error {
		t, err := tenant.Create(ctx, tx, operator, "Demo 2", s.zone.String(), "nl")
		if err != nil {
			return err
		}
		return continuity.Fill(ctx, tx, t.ID, s.extra)
	})
}

// backUp makes a set as a night does, and waits until the log that leads to its
// mark has arrived.
func (s *restoreShow) backUp(ctx context.Context) error {
	owner, err := pg.Open(ctx, s.db.url, pg.RoleOwner)
	if err != nil {
		return err
	}
	defer owner.Close()
	m := continuity.Maker{Cluster: s.db.cluster, URL: s.db.url, Owner: owner, Targets: []target.Target{s.target}, Catalogue: catalogue(),
		Keys:    func(context.Context) (*vault.Keys, vault.Fingerprint, error) { return s.db.keys, "", nil },
		Refusal: func(context.Context, target.Target) (string, error) { return "", nil },
		Listed:  s.place.backups(s.db.keys), Spool: s.place.folder("spool"), Program: version, Log: slog.New(slog.DiscardHandler)}
	following, stop := context.WithCancel(ctx)
	followed := make(chan error, 1)
	go func() { followed <- m.Follow(following) }() // ends with stop
	err = s.makeSet(ctx, m)
	stop()
	return errors.Join(err, <-followed)
}

func (s *restoreShow) makeSet(ctx context.Context, m continuity.Maker) error {
	began := time.Now()
	out, err := m.Make(ctx, m.Targets, true)
	if err == nil {
		err = out[0].Err
	}
	if err != nil {
		return err
	}
	s.set, s.made = out[0].Set, time.Since(began)
	s.archive.System, s.archive.Keys = s.set.System, s.db.keys
	if s.mark, err = s.archive.OpenMark(ctx, s.set); err != nil {
		return err
	}
	fmt.Printf("backup: set %s, %d bytes of %d, in %.1f s; it has to have %d registrations at position %s\n",
		s.set.ID, s.set.Bytes, s.set.Plain, s.made.Seconds(), s.mark.Registrations(), s.mark.LSN)
	return s.archive.AwaitLog(ctx, s.set, s.mark.LSN)
}

// lose takes the database away; what stands outside of it stays.
func (s *restoreShow) lose() error {
	fmt.Println("lost: the database is gone")
	return os.RemoveAll(s.place.folder("db"))
}

// check is what a morning does.
func (s *restoreShow) check(ctx context.Context) error {
	s.found = s.morning().Run(ctx, time.Now())
	fmt.Printf("check: set %s, %d bytes sealed, restored and compared in %.1f s: %d registrations, %d entries of the audit log verified, %d findings\n",
		s.found.Set, s.found.Bytes, s.found.Took.Seconds(), s.found.Registrations, s.found.Entries, len(s.found.Findings))
	return ctx.Err()
}

func (s *restoreShow) morning() continuity.Check {
	return continuity.Check{Archive: s.archive, Target: "drill", Scratch: filepath.Join(filepath.Dir(s.place.State), "scratch"), Keys: s.keys, Catalogue: catalogue(),
		Options: pg.ClusterOptions{Log: slog.New(slog.DiscardHandler)}}
}

// expect says that a promise held, or counts it.
func (s *restoreShow) expect(held bool, promise string, detail any) {
	if held {
		fmt.Printf("%s: %v\n", promise, detail)
		return
	}
	s.wrong++
	fmt.Printf("NOT %s: %v\n", promise, detail)
}

// refusals are backups that must not pass for good ones.
func (s *restoreShow) refusals(ctx context.Context) error {
	other := s.archive
	other.Keys = vault.Passing()
	_, err := other.OpenSet(ctx, s.set)
	s.expect(errors.Is(err, vault.ErrOtherKey), "refused: the wrong key", shortened(fmt.Sprint(err)))

	half := filepath.Join(filepath.Dir(s.place.State), "half")
	if err := os.CopyFS(half, os.DirFS(filepath.Join(filepath.Dir(s.place.State), "elsewhere"))); err != nil {
		return fmt.Errorf("a place with half a backup: %w", err)
	}
	file := filepath.Join(half, s.set.System, "sets", s.set.ID, s.set.File)
	if err := os.Truncate(file, s.set.Bytes/2); err != nil {
		return fmt.Errorf("a place with half a backup: %w", err)
	}
	store, err := target.Local("half", half, tenant.Place{}).Open(ctx)
	if err != nil {
		return err
	}
	defer store.Close()
	cut := s.morning()
	cut.Archive.Store = store
	r := cut.Run(ctx, time.Now())
	s.expect(len(r.Findings) == 1 && r.Findings[0].Fault == continuity.NotRestorable, "refused: half a backup", r.Findings)
	return ctx.Err()
}

// goOn starts the installation again from its backup, as a server does: the
// logs outside the database are replayed before anybody is let in (I8).
func (s *restoreShow) goOn(ctx context.Context) error {
	c, err := s.archive.Restore(ctx, continuity.Restore{Set: s.set, To: pg.Point{LSN: s.mark.LSN}, Dir: s.place.folder("db")}, pg.ClusterOptions{Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	d := &database{url: c.URL(), cluster: c}
	if err = d.prepare(ctx, s.place, true); err == nil {
		err = s.after(ctx, d)
	}
	return errors.Join(err, d.close())
}

func (s *restoreShow) after(ctx context.Context, d *database) error {
	app, err := d.open(ctx, pg.RoleApp)
	if err != nil {
		return err
	}
	defer app.Close()
	private, err := d.open(ctx, pg.RolePrivacy)
	if err != nil {
		return err
	}
	defer private.Close()
	before, err := s.open(ctx, app)
	if err != nil {
		return err
	}
	s.expect(before == 2, "restored: the account that was closed, and who was erased, are back", fmt.Sprintf("%d of 2", before))
	if err := ended.NewKeeper(app, s.place.folder("ended"), slog.New(slog.DiscardHandler)).Replay(ctx, time.Now()); err != nil {
		return err
	}
	n, err := s.place.desk(app, private).Replay(ctx, s.tenant.ID, time.Now())
	if err != nil {
		return err
	}
	after, err := s.open(ctx, app)
	if err != nil {
		return err
	}
	s.expect(after == 0 && n == 1, "replayed: the account is closed, and the person erased, again", fmt.Sprintf("%d left", after))
	s.url = d.url
	left, err := s.search(ctx)
	s.expect(err == nil && left == 0, "searched: traces of the person", left)
	err = app.InTenant(ctx, s.tenant.ID, func(tx pg.Tx) error { return s.place.office().Reconcile(ctx, tx) })
	s.expect(errors.Is(err, payroll.ErrClosed), "closed: nothing is paid before the register agrees with the manifests", shortened(fmt.Sprint(err)))
	return nil
}

// open counts the account and the person that stand in a database.
func (s *restoreShow) open(ctx context.Context, app *pg.DB) (n int, err error) {
	err = app.InTenant(ctx, s.tenant.ID, func(tx pg.Tx) error {
		a, err := people.AccountByID(ctx, tx, s.closed)
		if err == nil && a.Closed == nil {
			n++
		}
		if err != nil {
			return err
		}
		e, err := people.EmployeeByID(ctx, tx, s.who)
		if err == nil && e.Surname == s.values[0] {
			n++
		}
		if errors.Is(err, people.ErrNotFound) {
			return nil
		}
		return err
	})
	return n, err
}
