package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"tikklok/ingest/pg"
	"tikklok/ingest/pg/vault"
	"tikklok/ingest/tenant"
)

// keyCommand is about the master key.
type keyCommand struct {
	Status masterStatus `cmd:"" help:"Say which master keys there are, and what stands under each."`
	Rotate masterRotate `cmd:"" help:"Replace the master key, also while a server runs; run it again if it was interrupted."`
}

type masterStatus struct{}

// Run tells which master keys there are.
func (masterStatus) Run(ctx context.Context, p place) error {
	return p.withDatabase(ctx, func(d *database) error {
		under, err := pg.ReadMasters(ctx, d.url)
		if err != nil {
			return err
		}
		dumps, err := vault.ReadManifest(p.folder("backups"))
		if err != nil {
			return err
		}
		replaced, err := pg.Replaced(ctx, d.url)
		if err != nil {
			return err
		}
		fmt.Println("master keys of", d.keys.From)
		for _, f := range d.keys.Fingerprints() {
			fmt.Printf("  %s  %s\n", f, standing(f, under, dumps, p.dumpsGone(replaced[f])))
		}
		if under.Next != "" {
			fmt.Println("It is being replaced; finish that with: tikklok key rotate")
		}
		return nil
	})
}

// dumpsGone is when no dump is left, on whichever server, that was made before
// a moment; zero of zero.
func (p place) dumpsGone(made time.Time) time.Time {
	if made.IsZero() {
		return made
	}
	return made.Add(p.backups(nil).Keep)
}

// standing says what stands under a master key; elsewhere is until when dumps
// of other servers may.
func standing(f vault.Fingerprint, under pg.Masters, dumps vault.Manifest, elsewhere time.Time) string {
	what := "nothing stands under it"
	n, last := 0, time.Time{}
	for _, d := range dumps.Dumps {
		if d.Needs(f) {
			n++
			if d.Expires.After(last) {
				last = d.Expires
			}
		}
	}
	switch f {
	case under.Current:
		what = "current"
	case under.Next:
		what = "next"
	default:
		switch {
		case time.Now().Before(elsewhere):
			what = "former, kept for dumps of other servers until " + elsewhere.UTC().Format(time.DateOnly)
		case n > 0:
			what = "former"
		}
	}
	if n > 0 {
		what += fmt.Sprintf(", and %d dumps, the last until %s", n, last.Format(time.DateOnly))
	}
	return what
}

type masterRotate struct {
	Prepare bool `help:"Only add the new key to the file: where servers on several machines have the file each, copy it to all of them before you run this again."`
}

// Run replaces the master key. Each step can be done again: the file gets the
// new key beside the old one, the database says that it needs both, every
// tenant's data key is sealed under the new one, and only then the old one is
// not needed. Servers that run read the file again when they meet the new key.
func (c masterRotate) Run(ctx context.Context, p place) error {
	return p.withDatabase(ctx, func(d *database) error {
		under, err := pg.ReadMasters(ctx, d.url)
		if err != nil {
			return err
		}
		next, err := p.nextKey(under)
		if err != nil {
			return err
		}
		if c.Prepare {
			fmt.Printf("%s has the next master key, %s. Copy the file to every other server, keep a copy apart, and run: tikklok key rotate\n", d.keys.From, next)
			return nil
		}
		n, err := d.rotate(ctx, next)
		if err != nil {
			return fmt.Errorf("%w; nothing is lost, run this again", err)
		}
		fmt.Printf("master key %s is the current one; %d tenants were sealed under it. Keep a copy of %s apart\n", next, n, d.keys.From)
		return d.forgetKeys(ctx, p)
	})
}

// nextKey gives the key that takes over: the one that an earlier run began
// with, or added to the file, or one that it adds.
func (p place) nextKey(under pg.Masters) (vault.Fingerprint, error) {
	if under.Next != "" {
		return under.Next, nil
	}
	for added := false; ; added = true {
		keys, err := p.masterKey().Load()
		if err != nil {
			return "", err
		}
		if keys.Current() != under.Current || added {
			return keys.Current(), nil
		}
		if err := p.masterKey().Add(); err != nil {
			return "", err
		}
	}
}

// rotate seals every tenant's data key under the next master key, and gives how
// many it sealed.
func (d *database) rotate(ctx context.Context, next vault.Fingerprint) (sealed int, err error) {
	if err := pg.BeginRotation(ctx, d.url, next); err != nil {
		return 0, err
	}
	db, err := d.open(ctx, pg.RolePrivacy)
	if err != nil {
		return 0, err
	}
	defer db.Close()
	for again := true; again; { // a tenant may have come meanwhile, under the old one
		again = false
		var all []int64
		if err := db.Look(ctx, func(tx pg.Tx) (err error) { all, err = tenant.All(ctx, tx); return err }); err != nil {
			return sealed, err
		}
		for _, t := range all {
			err := db.InTenant(ctx, t, func(tx pg.Tx) error {
				changed, err := pg.RenewBox(ctx, tx)
				if changed {
					sealed, again = sealed+1, true
				}
				return err
			})
			if err != nil {
				return sealed, err
			}
		}
	}
	return sealed, pg.EndRotation(ctx, d.url)
}

// forgetKeys takes master keys out of the file that neither the database nor a
// dump needs any more: one of this server's folder, or, for as long as dumps are
// kept, one of another server's.
func (d *database) forgetKeys(ctx context.Context, p place) error {
	under, err := pg.ReadMasters(ctx, d.url)
	if err != nil {
		return err
	}
	replaced, err := pg.Replaced(ctx, d.url)
	if err != nil {
		return err
	}
	dumps, err := vault.ReadManifest(p.folder("backups"))
	if err != nil {
		return err
	}
	gone, err := p.masterKey().Forget(func(f vault.Fingerprint) bool {
		return f == under.Current || f == under.Next || time.Now().Before(p.dumpsGone(replaced[f])) || p.evidenceKey(nil).Needs(f) ||
			slices.ContainsFunc(dumps.Dumps, func(d vault.Dump) bool { return d.Needs(f) })
	})
	if gone > 0 {
		slog.Info("former master keys were removed, nothing stands under them any more", "file", p.masterKey().File, "keys", gone)
	}
	return errors.Join(err, d.keys.Reload())
}
