package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"strings"
	"time"

	"tikklok/api"
	"tikklok/api/continuity"
	"tikklok/api/continuity/target"
	"tikklok/ingest/pg"
	"tikklok/ingest/pg/vault"
	"tikklok/ingest/tenant"
)

type restoreCommand struct {
	List   restoreList   `cmd:"" help:"List the sets of a place, and how far each can be restored."`
	Check  restoreCheck  `cmd:"" help:"Restore the newest set of a place into a scratch cluster, compare, and remove it: what each morning does."`
	To     restoreTo     `cmd:"" help:"Restore a whole database into a folder, as it was at a moment."`
	Tenant restoreTenant `cmd:"" help:"Put one customer back as it was at a moment, beside the others; or into a file that tikklok import tenant takes in."`
	Dump   restoreDump   `cmd:"" help:"Open the dump of a database server that isn't ours, for pg_restore."`
}

// Help says what comes when.
func (restoreCommand) Help() string {
	return `Every byte comes from the place for backups; the server and its database are not
touched, but by restore tenant --in-place. --from and --backup-to say where sets stand. The master key is that of
--state. Nothing is restored for a customer without a request in
writing: tikklok register add restore …

  tikklok restore list --from near
  tikklok restore to /var/lib/tikklok/db.restored --until 2026-11-22T09:30:00+01:00 \
    --from 'near=file:///mnt/backup?place=NL/NL'
  tikklok restore tenant "Bakkerij Smit" --in-place --until 2026-11-22T09:30:00+01:00
  tikklok restore tenant "Bakkerij Smit" smit.zip --from near

A moment has its distance to UTC beside it, as in +01:00: the hour that a clock
change repeats has two.`
}

// restoreFrom says which set.
type restoreFrom struct {
	From   string `placeholder:"NAME" help:"Of a place of --backup-to, or NAME=URL as that has it; the first of them by default."`
	System string `help:"Of which cluster, by PostgreSQL's system identifier; needed where a place has several."`
	Set    string `help:"Which set; the newest whole one by default."`
}

// target gives the place that is meant.
func (c restoreFrom) target(p place) (target.Target, error) {
	if strings.Contains(c.From, "=") {
		return target.Parse(c.From)
	}
	all, err := p.targets(tenant.Place{})
	for _, t := range all {
		if c.From == "" || c.From == t.Name {
			return t, err
		}
	}
	return target.Target{}, errors.Join(fmt.Errorf("--from: --backup-to names no place %q", c.From), err)
}

// open gives the archive at the place; end ends the session.
func (c restoreFrom) open(ctx context.Context, p place) (a continuity.Archive, end func() error, err error) {
	t, err := c.target(p)
	if err != nil {
		return a, nil, err
	}
	keys, err := p.masterKey().Load()
	if errors.Is(err, fs.ErrNotExist) {
		return a, nil, fmt.Errorf("%s: %w", p.masterKey().File, vault.ErrNoMaster)
	}
	if err != nil {
		return a, nil, err
	}
	store, err := t.Open(ctx)
	if err != nil {
		return a, nil, err
	}
	a = continuity.Archive{Store: store, Keys: keys, System: c.System}
	if a.System == "" {
		a.System, err = onlySystem(ctx, store, t.Name)
	}
	if err != nil {
		return a, nil, errors.Join(err, store.Close())
	}
	return a, store.Close, nil
}

func onlySystem(ctx context.Context, store target.Store, name string) (string, error) {
	all, err := continuity.Systems(ctx, store)
	switch {
	case err != nil:
		return "", err
	case len(all) == 0:
		return "", fmt.Errorf("place %s has no backups", name)
	case len(all) > 1:
		return "", fmt.Errorf("place %s has backups of the clusters %v; say which with --system", name, all)
	}
	return all[0], nil
}

// set gives the one that is meant.
func (c restoreFrom) set(ctx context.Context, a continuity.Archive, until time.Time) (continuity.Set, error) {
	if c.Set != "" {
		return a.Set(ctx, c.Set)
	}
	return a.SetFor(ctx, until)
}

// with opens the archive at the place and the set from which a moment is
// restored, and gives both to fn.
func (c restoreFrom) with(ctx context.Context, p place, until time.Time, fn func(continuity.Archive, continuity.Set) error) error {
	a, end, err := c.open(ctx, p)
	if err != nil {
		return err
	}
	s, err := c.set(ctx, a, until)
	if err == nil {
		err = fn(a, s)
	}
	return errors.Join(err, end())
}

// instant is one that can be told from any other: it has its distance to UTC.
type instant struct{ time.Time }

// UnmarshalText takes RFC 3339, also with parts of a second.
func (m *instant) UnmarshalText(text []byte) (err error) {
	if m.Time, err = time.Parse(time.RFC3339, string(text)); err != nil {
		return fmt.Errorf("%q is no moment; write it with its distance to UTC, as in 2026-11-22T09:30:00+01:00", text)
	}
	return nil
}

type restoreList struct{ restoreFrom }

// Run lists sets, the oldest first.
func (c restoreList) Run(ctx context.Context, p place) error {
	a, end, err := c.open(ctx, p)
	if err != nil {
		return err
	}
	defer end()
	whole, halves, err := a.Sets(ctx)
	if err != nil {
		slog.Warn("not every set can be read", "error", err)
	}
	names, err := a.Log(ctx)
	if err != nil {
		return err
	}
	last := "none"
	if len(names) > 0 {
		last = names[len(names)-1]
	}
	fmt.Printf("cluster %s, log up to %s\n%-18s  %-5s  %14s  %-20s  %s\n", a.System, last, "set", "kind", "bytes", "expires", "log")
	for _, s := range whole {
		whole := "whole"
		if hole := continuity.Hole(s, names); hole != "" {
			whole = "missing: " + hole
		}
		fmt.Printf("%-18s  %-5s  %14d  %-20s  %s\n", s.ID, s.Kind, s.Bytes, s.Expires.Format(time.RFC3339), whole)
	}
	for _, id := range halves {
		fmt.Printf("%-18s  half a set\n", id)
	}
	return nil
}

type restoreCheck struct{ restoreFrom }

// Run checks as a morning does, and ends with 1 when anything is wrong.
func (c restoreCheck) Run(ctx context.Context, p place) error {
	a, end, err := c.open(ctx, p)
	if err != nil {
		return err
	}
	defer end()
	t, err := c.target(p)
	if err != nil {
		return err
	}
	warn(continuity.ClearScratch(p.scratch()), "what a killed restore left is still there")
	r := continuity.Check{Archive: a, Target: t.Name, Scratch: p.scratch(), Keys: pg.With(a.Keys), Catalogue: catalogue()}.Run(ctx, time.Now())
	printCheck(r)
	if !r.Good() {
		return errFails
	}
	return ctx.Err()
}

func printCheck(r continuity.Result) {
	for _, f := range r.Findings {
		fmt.Printf("%s: %s\n", f.Fault, f.Text)
	}
	fmt.Printf("check: place=%s set=%s registrations=%d audit_entries=%d findings=%d seconds=%.1f\n", r.Target, r.Set, r.Registrations, r.Entries, len(r.Findings), r.Took.Seconds())
}

type restoreTo struct {
	Dir string `arg:"" type:"path" help:"Folder of the cluster; it must hold none yet."`
	restoreFrom
	Until instant `placeholder:"TIME" help:"With all that was committed until then; the end of the log by default."`
}

// Run restores, and says what has to follow.
func (c restoreTo) Run(ctx context.Context, p place) error {
	return c.with(ctx, p, c.Until.Time, func(a continuity.Archive, s continuity.Set) error {
		if s.Kind == continuity.Dump {
			return fmt.Errorf("set %s: %w; tikklok restore dump FILE opens it, and pg_restore brings it into a server", s.ID, continuity.ErrDump)
		}
		began := time.Now()
		cluster, err := a.Restore(ctx, continuity.Restore{Set: s, To: pg.Point{Time: c.Until.Time}, Dir: c.Dir}, pg.ClusterOptions{})
		if err != nil {
			return err
		}
		err = errors.Join(endSessions(ctx, cluster.URL()), cluster.Stop())
		if err != nil {
			return err
		}
		fmt.Printf("restored set %s into %s in %.0f s\n", s.ID, c.Dir, time.Since(began).Seconds())
		fmt.Printf(`Now, with the server stopped:
  mv %[1]s %[1]s.before; mv %[2]s %[1]s
Leave manifests/, delivered/, erasures/, ended/ and mailed/ as they stand: the server
replays them before it lets anybody in, and nothing is paid until manifests and register
agree (tikklok payroll check). Then: tikklok audit restored --reason …
`, p.folder("db"), c.Dir)
		return nil
	})
}

// endSessions lets nobody back in by a session that ended since.
func endSessions(ctx context.Context, url string) error {
	owner, err := pg.Open(ctx, url, pg.RoleOwner)
	if err != nil {
		return err
	}
	defer owner.Close()
	return api.EndAllSessions(ctx, owner)
}

type restoreDump struct {
	File string `arg:"" type:"path" help:"Where to, mode 0600; it must not be there yet."`
	restoreFrom
}

// Run opens the dump of a set, for pg_restore; one that turns out to be damaged
// is not left behind.
func (c restoreDump) Run(ctx context.Context, p place) error {
	return c.with(ctx, p, time.Time{}, func(a continuity.Archive, s continuity.Set) error {
		if s.Kind != continuity.Dump {
			return fmt.Errorf("set %s is no dump but a base: tikklok restore to FOLDER brings it back", s.ID)
		}
		from, err := a.OpenSet(ctx, s)
		if err != nil {
			return err
		}
		defer from.Close()
		file, err := os.OpenFile(c.File, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
		if err != nil {
			return fmt.Errorf("opening the dump: %w", err)
		}
		_, err = io.Copy(file, from)
		if err = errors.Join(err, file.Sync(), file.Close()); err != nil {
			return errors.Join(err, os.Remove(c.File))
		}
		fmt.Println(c.File)
		slog.Warn("this file holds personal data unsealed; remove it when it has been restored", "file", c.File)
		return nil
	})
}
