package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"tikklok/api/continuity"
	"tikklok/api/continuity/target"
	"tikklok/ingest/pg"
	"tikklok/ingest/pg/vault"
	"tikklok/ingest/tenant"
)

// targets are the places for backups that were named, or a folder beside the
// database: that keeps no second copy anywhere, and the page says so.
func (p place) targets(here tenant.Place) ([]target.Target, error) {
	var all []target.Target
	for _, text := range strings.Fields(strings.Join(p.BackupTo, " ")) {
		t, err := target.Parse(text)
		if err != nil {
			return nil, fmt.Errorf("--backup-to: %w", err)
		}
		if slices.ContainsFunc(all, func(o target.Target) bool { return o.Name == t.Name }) {
			return nil, fmt.Errorf("--backup-to: %s is named twice", t.Name)
		}
		all = append(all, t)
	}
	if len(all) == 0 {
		all = append(all, target.Local("here", filepath.Join(p.folder("backups"), "sets"), here))
	}
	return all, nil
}

// maker makes sets of the database; here is where backups were declared to stand.
func (d *database) maker(p place, here tenant.Place, owner, app *pg.DB) (continuity.Maker, error) {
	places, err := p.targets(here)
	return continuity.Maker{
		Cluster: d.cluster, URL: d.url, Owner: owner, Targets: places, Catalogue: catalogue(), Listed: p.backups(d.keys),
		Spool: p.folder("wal"), Program: version, Log: slog.Default(),
		Keys:    func(ctx context.Context) (*vault.Keys, vault.Fingerprint, error) { return d.sealing(ctx, p) },
		Refusal: func(ctx context.Context, t target.Target) (string, error) { return forbidden(ctx, app, t.Place) },
	}, err
}

// sealing gives the master keys as they are now, and the one that is being
// replaced.
func (d *database) sealing(ctx context.Context, p place) (*vault.Keys, vault.Fingerprint, error) {
	keys, err := p.unlock(ctx, d.url)
	if err != nil {
		return nil, "", err
	}
	under, err := pg.ReadMasters(ctx, d.url)
	if err != nil || under.Next == "" {
		return keys, "", err
	}
	return keys, under.Current, nil
}

// forbidden says why the contract of a tenant forbids a place (OB-P9); "": none
// does. A set has every tenant in it, so that one is enough.
func forbidden(ctx context.Context, app *pg.DB, at tenant.Place) (why string, err error) {
	all, err := tenants(ctx, app)
	for _, t := range all {
		if err != nil || why != "" {
			break
		}
		err = app.InTenant(ctx, t.ID, func(tx pg.Tx) error {
			a, err := tenant.Contract(ctx, tx)
			if err != nil || a.Version == 0 {
				return err
			}
			if refused := a.Terms.Refusal(at); refused != "" {
				why = fmt.Sprintf("tenant %d: %s", t.ID, refused)
			}
			return nil
		})
	}
	if err != nil {
		return "", fmt.Errorf("whether contracts allow a place for backups: %w", err)
	}
	return why, nil
}

type backupNow struct{}

// Help says where to.
func (backupNow) Help() string {
	return `Makes one set and brings it to every place of --backup-to, with the log after
it, and waits until both stand there. Without --backup-to it goes into
backups/sets of the state folder, which is no second place (OB-C9).

  tikklok backup now --backup-to 'near=file:///mnt/backup?place=NL/NL' \
    --backup-to 'far=sftp://tikklok@backup.example.nl/sets?place=NL/EU&key=/etc/tikklok/backup.key&host-key=SHA256:…'`
}

// logPatience is how long the log may take to a place after a set.
const logPatience = 2 * time.Minute

// Run makes a set, beside a server that runs or alone.
func (backupNow) Run(ctx context.Context, p place) error {
	return p.withDatabase(ctx, func(d *database) error {
		owner, err := d.open(ctx, pg.RoleOwner)
		if err != nil {
			return err
		}
		defer owner.Close()
		app, err := d.open(ctx, pg.RoleApp)
		if err != nil {
			return err
		}
		defer app.Close()
		m, err := d.maker(p, tenant.Place{}, owner, app)
		if err != nil {
			return err
		}
		shown := newProgress("MB")
		defer shown.end()
		m.Tell = telling(shown)
		return makeNow(ctx, m)
	})
}

// telling adds up what several places tell at once.
func telling(p *progress) func(place string, done, all int64) {
	var mu sync.Mutex
	dones, alls := map[string]int64{}, map[string]int64{}
	return func(place string, done, all int64) {
		mu.Lock()
		defer mu.Unlock()
		dones[place], alls[place] = done, max(all, done) // all is a guess
		sum := func(m map[string]int64) (n int64) {
			for _, v := range m {
				n += v
			}
			return n >> 20
		}
		p.at(int(sum(dones)), int(sum(alls)))
	}
}

// makeNow makes a set while the log is followed, by a server or by ourselves.
func makeNow(ctx context.Context, m continuity.Maker) error {
	following, stop := context.WithCancel(ctx)
	var all sync.WaitGroup
	defer all.Wait()
	defer stop()
	if m.Cluster != nil {
		all.Go(func() {
			if err := m.Follow(following); !errors.Is(err, continuity.ErrBusy) { // a server follows it
				warn(err, "the log was not followed")
			}
		})
	}
	out, err := m.Make(ctx, m.Targets, true)
	if err != nil {
		return err
	}
	failed := false
	for _, o := range out {
		if o.Err != nil {
			failed = true
			fmt.Printf("%s: not made: %v\n", o.Target.Name, o.Err)
			continue
		}
		if err := m.AwaitLog(ctx, o, logPatience); err != nil {
			failed = true
			fmt.Printf("%s: set %s stands there, the log after it does not yet (a server that runs brings it to its own places only: give both the same --backup-to): %v\n", o.Target.Name, o.Set.ID, err)
			continue
		}
		fmt.Printf("%s: set %s: %d bytes sealed, %d opened, %s\n", o.Target.Name, o.Set.ID, o.Set.Bytes, o.Set.Plain, o.Set.Ended.Sub(o.Set.Began).Round(10*time.Millisecond))
	}
	if failed {
		return errFails
	}
	return nil
}

// followAgain is how long the server waits before it follows the log again, when
// a command did so meanwhile or the database was away.
const followAgain = 10 * time.Second

// followLog brings the log away for as long as the server runs.
func followLog(ctx context.Context, m continuity.Maker) error {
	for {
		err := m.Follow(ctx)
		if ctx.Err() == nil && !errors.Is(err, continuity.ErrBusy) {
			warn(err, "the database's log is not brought away; it is tried again")
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(followAgain):
		}
	}
}

// backupParts make sets at night and bring the log away all day.
func (s *server) backupParts(owner, app *pg.DB) ([]part, error) {
	here := tenant.Place{}
	for _, p := range s.places {
		if p.Name == "backups" {
			here = p
		}
	}
	m, err := s.db.maker(s.place, here, owner, app)
	if err != nil {
		return nil, err
	}
	switch {
	case len(s.place.BackupTo) == 0:
		slog.Warn("backups go to a folder beside the database, and are lost with it: name two places elsewhere with --backup-to (OB-C9)", "folder", m.Targets[0].Address)
	case len(m.Targets) == 1:
		slog.Warn("backups go to one place: name a second one, physically apart, with --backup-to (OB-C9)", "place", m.Targets[0].Name)
	}
	parts := []part{{"backup sets", func(ctx context.Context) error { return m.Run(ctx, time.Local) }},
		{"backup checks", checkKeeper{m, app, s.place.scratch()}.run}}
	if s.db.cluster != nil {
		parts = append(parts, part{"backup log", func(ctx context.Context) error { return followLog(ctx, m) }})
	}
	return parts, nil
}
