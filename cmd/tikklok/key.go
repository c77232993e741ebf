package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"

	"tikklok/ingest/people"
	"tikklok/ingest/pg"
	"tikklok/ingest/pg/vault"
	"tikklok/ingest/tenant"
)

// errLostKey begins what is said where the master key is missing.
var errLostKey = errors.New("nothing was changed, and nothing was started")

// masterKey is where the master key is kept.
func (p place) masterKey() vault.Place {
	if p.MasterKeyFile == "" {
		p.MasterKeyFile = p.folder("master.key")
	}
	return vault.Place{Value: os.Getenv("TIKKLOK_MASTER_KEY"), File: p.MasterKeyFile}
}

// unlock gives the master keys of a database, of whatever version, the one that
// it says it is sealed under as the current one; a database that is sealed under
// none yet gets one. It changes no database.
func (p place) unlock(ctx context.Context, url string) (*vault.Keys, error) {
	under, err := pg.ReadMasters(ctx, url)
	if err != nil {
		return nil, err
	}
	at := p.masterKey()
	keys, err := at.Load()
	if errors.Is(err, fs.ErrNotExist) && under.Current == "" {
		if err := at.Make(); err != nil {
			return nil, err
		}
		slog.Warn("made a master key; keep a copy of it apart from the database and its backups, nothing that is sealed opens without it", "file", at.File)
		keys, err = at.Load()
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("the master key is lost: there is no %s, and this database is sealed under master key %s. Bring that file back from its backup, copy it from the server that made it, or set TIKKLOK_MASTER_KEY; without it nobody can open its token keys, first names and birth dates, nor its dumps: %w", at.File, under.Current, errLostKey)
	}
	if err != nil {
		return nil, fmt.Errorf("%w; %w", err, errLostKey)
	}
	if err := fits(under, keys); err != nil || under.Current == "" {
		return keys, err
	}
	return keys.Under(under.Sealing())
}

// fits refuses keys that a database is not sealed under.
func fits(under pg.Masters, keys *vault.Keys) error {
	if missing := under.Missing(keys); missing != "" {
		return fmt.Errorf("this database is sealed under master key %s, and %s holds another one (%s). Bring the right one back from its backup, copy it from the server that was the first, or bring back the database that belongs to this one: %w", missing, keys.From, keys.Current(), errLostKey)
	}
	return nil
}

// seal seals what stands in the database as it is, from before it was sealed;
// killed half-way, the next start goes on.
func (d *database) seal(ctx context.Context) error {
	if err := pg.Adopt(ctx, d.url, d.keys.Current()); err != nil {
		return err
	}
	under, err := pg.ReadMasters(ctx, d.url)
	if err == nil {
		err = fits(under, d.keys) // another server may have been the first
	}
	if err != nil || under.Swept {
		return err
	}
	if err := d.sealTenants(ctx); err != nil {
		return err
	}
	warn(pg.Sweep(ctx, d.url), "what stood in the database before it was sealed may still be in its files; the next start or command tries again")
	return nil
}

// sealTenants goes through all tenants, as the role that sees everybody in them.
func (d *database) sealTenants(ctx context.Context) error {
	db, err := d.open(ctx, pg.RolePrivacy)
	if err != nil {
		return err
	}
	defer db.Close()
	var all []int64
	if err := db.Look(ctx, func(tx pg.Tx) (err error) { all, err = tenant.All(ctx, tx); return err }); err != nil {
		return err
	}
	for _, t := range all {
		for more := true; more; {
			err := db.InTenant(ctx, t, func(tx pg.Tx) (err error) { more, err = sealPlain(ctx, tx); return err })
			if err != nil {
				return fmt.Errorf("sealing what tenant %d has: %w", t, err)
			}
		}
	}
	return nil
}

// sealAtOnce is how many people are sealed in a transaction.
const sealAtOnce = 500

// sealPlain seals values of the transaction's tenant that are stored as they
// are: from an older version, or out of an import. It says whether there are more.
func sealPlain(ctx context.Context, tx pg.Tx) (more bool, err error) {
	if _, err := tenant.SealKeys(ctx, tx); err != nil {
		return false, err
	}
	n, err := people.SealOptional(ctx, tx, sealAtOnce)
	return n == sealAtOnce, err
}
