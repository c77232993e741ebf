package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"tikklok/api"
	"tikklok/api/continuity"
	"tikklok/ingest/ended"
	"tikklok/ingest/pg"
	"tikklok/ingest/privacy/ending"
	"tikklok/ingest/tenant"
	"tikklok/payroll"
)

type restoreTenant struct {
	Name    string `arg:"" help:"Of the customer, or its number."`
	File    string `arg:"" optional:"" type:"path" help:"Where to; it must not be there yet."`
	InPlace bool   `help:"Put the customer back where it stands, beside the others; the server must be stopped."`
	restoreFrom
	Until instant `placeholder:"TIME" help:"With all that was committed until then; the end of the log by default."`
}

// Help says what comes back and what stays.
func (restoreTenant) Help() string {
	return `With --in-place people, plans, rules, decisions, approvals, hours and runs become
what they were at the moment. What stays: taps (those since too), devices that came
since, token keys, holds, instructed terms, requests of persons, the audit log,
certificates, registers, contract, suspension, and all other customers. What it
had before is kept for the days of --backup-days, sealed, in backups/. It happens
whole or not at all, and says what differs.

The log reaches the place within five minutes: for a moment less long ago run
tikklok backup now first. Then stop the server, or all of them on one database:
gateways keep their taps. Afterwards nothing is paid until runs and manifests
agree: tikklok payroll check.

  tikklok restore tenant "Bakkerij Smit" --in-place --until 2026-11-22T09:30:00+01:00
  tikklok restore tenant "Bakkerij Smit" smit.zip`
}

// Run restores into a scratch cluster, and exports the customer from it: to a
// file, or back into the database.
func (c restoreTenant) Run(ctx context.Context, p place) error {
	if c.InPlace == (c.File != "") {
		return errors.New("say where to: a FILE, or --in-place")
	}
	if c.InPlace {
		alone, err := p.claim()
		if err != nil {
			return err
		}
		defer alone.Close()
	}
	return c.with(ctx, p, c.Until.Time, func(a continuity.Archive, s continuity.Set) error {
		warn(continuity.ClearScratch(p.scratch()), "what a killed restore left is still there")
		dir, remove, err := continuity.Scratch(p.scratch(), "tenant")
		if err != nil {
			return err
		}
		defer func() { warn(remove(), "what was restored is still there") }()
		file := c.File
		if c.InPlace {
			file = filepath.Join(dir, "tenant.zip")
		}
		r := continuity.Restore{Set: s, To: pg.Point{Time: c.Until.Time}, Dir: filepath.Join(dir, "db")}
		id, err := c.fetch(ctx, p, a, r, file)
		if err == nil && c.InPlace {
			err = p.putBack(ctx, id, file)
		}
		return err
	})
}

// fetch writes the customer of a set to a file, and says which it is.
func (c restoreTenant) fetch(ctx context.Context, p place, a continuity.Archive, r continuity.Restore, file string) (int64, error) {
	cluster, err := a.Restore(ctx, r, pg.ClusterOptions{NoFsync: true})
	if err != nil {
		return 0, err
	}
	d := &database{url: cluster.URL(), cluster: cluster}
	id, err := c.export(ctx, p, d, file)
	return id, errors.Join(err, d.close())
}

// export brings the scratch cluster to this program's version, replays the log
// of erasures where what it writes leaves this server (I8), and writes the
// customer's file.
func (c restoreTenant) export(ctx context.Context, p place, d *database, file string) (int64, error) {
	if err := d.prepare(ctx, p, true); err != nil {
		return 0, err
	}
	app, private, err := d.both(ctx)
	if err != nil {
		return 0, err
	}
	defer app.Close()
	defer private.Close()
	t, err := findTenant(ctx, app, c.Name)
	if err != nil {
		return 0, err
	}
	if err := app.InTenant(ctx, t.ID, func(tx pg.Tx) error { return p.comeBack(ctx, tx, t) }); err != nil {
		return 0, err
	}
	if c.InPlace { // it comes where they are erased again
		return t.ID, p.writeTenant(ctx, private, t.ID, file)
	}
	if err := p.eraseLeft(ctx, app, private, t.ID); err != nil {
		return 0, err
	}
	return t.ID, tenantExport{File: file}.save(ctx, private, t.ID)
}

// writeTenant writes the customer to a file that nobody else gets.
func (p place) writeTenant(ctx context.Context, private *pg.DB, id int64, file string) error {
	_, err := tenantExport{File: file}.write(func(to io.Writer) (ending.Manifest, error) { return ownExport(ctx, private, id, to) })
	return err
}

func ownExport(ctx context.Context, private *pg.DB, id int64, to io.Writer) (ending.Manifest, error) {
	return ending.Export(ctx, private, id, catalogue(), ending.ExportOptions{Version: version, By: operator, Now: time.Now(), Unnoted: true}, to)
}

// both opens the pools that read and remove all of a tenant.
func (d *database) both(ctx context.Context) (app, private *pg.DB, err error) {
	if app, err = d.open(ctx, pg.RoleApp); err != nil {
		return nil, nil, err
	}
	if private, err = d.open(ctx, pg.RolePrivacy); err != nil {
		app.Close()
		return nil, nil, err
	}
	return app, private, nil
}

// eraseLeft erases again whom the log of erasures names.
func (p place) eraseLeft(ctx context.Context, app, private *pg.DB, id int64) error {
	n, err := p.desk(app, private).Replay(ctx, id, time.Now())
	if err != nil {
		return fmt.Errorf("who was erased since would come back: %w", err)
	}
	if n > 0 {
		fmt.Printf("erased again: %d\n", n)
	}
	return nil
}

// putBack puts a customer back where it stands (OB-C18). Killed on the way, the
// database has the one or the other whole, and the next start of the server
// does what is left.
func (p place) putBack(ctx context.Context, id int64, file string) error {
	return p.withDatabase(ctx, func(d *database) error {
		app, private, err := d.both(ctx)
		if err != nil {
			return err
		}
		defer app.Close()
		defer private.Close()
		t, err := findTenant(ctx, app, fmt.Sprint(id))
		if err != nil {
			return fmt.Errorf("%w; one that is gone comes back by a FILE and tikklok import tenant", err)
		}
		// What ended just before the server was killed stands in the database alone.
		if err := ended.NewKeeper(app, p.folder("ended"), slog.Default()).Note(ctx, time.Now()); err != nil {
			return fmt.Errorf("writing down what ended; nothing was changed: %w", err)
		}
		if err := p.keepAside(ctx, d, private, t); err != nil {
			return err
		}
		if err := p.replaceTenant(ctx, d, private, t, file); err != nil {
			return err
		}
		if err := p.afterReplacing(ctx, d, app, private, t); err != nil {
			return fmt.Errorf("the customer is put back, but not all beside it is done; start the server, which does it: %w", err)
		}
		return nil
	})
}

// keepAside writes the customer as it stands to backups/, sealed, for as long as
// a dump is kept.
func (p place) keepAside(ctx context.Context, d *database, private *pg.DB, t tenant.Tenant) error {
	path, err := p.backups(d.keys).Add(time.Now(), func(w io.Writer) error {
		_, err := ownExport(ctx, private, t.ID, w)
		return err
	})
	if err != nil {
		return fmt.Errorf("keeping what the customer has now; nothing was changed: %w", err)
	}
	fmt.Printf("what %s had until now is kept in %s (tikklok backup open gives an export)\n", t.Name, path)
	return nil
}

func (p place) replaceTenant(ctx context.Context, d *database, private *pg.DB, t tenant.Tenant, name string) error {
	file, err := os.Open(name)
	if err != nil {
		return fmt.Errorf("reading what was restored: %w", err)
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return fmt.Errorf("reading what was restored: %w", err)
	}
	if err := pg.Unsweep(ctx, d.url); err != nil { // killed after it, the next start seals what it brought
		return err
	}
	done, err := ending.Replace(ctx, private, t.ID, catalogue(), ending.ImportOptions{Unproven: true, By: operator, Now: time.Now()}, file, info.Size())
	if err != nil {
		return fmt.Errorf("putting %s back; nothing was changed: %w", t.Name, err)
	}
	for _, l := range done.Lost {
		fmt.Printf("not what it was before: %s\n", l)
	}
	for _, f := range done.Forgotten {
		fmt.Printf("gone, as the person wasn't there then: %s\n", f)
	}
	fmt.Printf("%s is put back: %d people, %d punches, %d runs; %d taps that came since stay\n", t.Name, done.Manifest.Totals.People, done.Manifest.Totals.Punches, done.Manifest.Totals.Runs, done.Taps)
	return nil
}

// afterReplacing does what a start of the server does after a restore (I8), and
// says what is left to people.
func (p place) afterReplacing(ctx context.Context, d *database, app, private *pg.DB, t tenant.Tenant) error {
	if err := d.seal(ctx); err != nil {
		return err
	}
	if err := ended.NewKeeper(app, p.folder("ended"), slog.Default()).Replay(ctx, time.Now()); err != nil {
		return err
	}
	if err := p.eraseLeft(ctx, app, private, t.ID); err != nil {
		return err
	}
	if err := p.recompute(ctx, app, t.ID); err != nil {
		return err
	}
	if err := api.EndSessions(ctx, app, t.ID); err != nil {
		return err
	}
	err := app.InTenant(ctx, t.ID, func(tx pg.Tx) error { return p.office().Reconcile(ctx, tx) })
	if errors.Is(err, payroll.ErrClosed) {
		fmt.Printf("nothing is paid yet: %v\n", err)
		return nil
	}
	return err
}
