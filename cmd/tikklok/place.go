package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"time"

	"tikklok/ingest/audit"
	"tikklok/ingest/pg"
	"tikklok/ingest/pg/vault"
	"tikklok/ingest/tenant"
)

// place is where a server keeps its things.
type place struct {
	State         string   `default:"var" type:"path" help:"Folder of the server's data."`
	DatabaseURL   string   `env:"DATABASE_URL" placeholder:"URL" help:"PostgreSQL 15 or newer; without one a private cluster runs in the state folder."`
	BackupDays    int      `default:"14" help:"How many days a dump is kept in backups/; then it is removed (OB-C8)."`
	BackupTo      []string `sep:"none" env:"TIKKLOK_BACKUP_TO" placeholder:"NAME=URL" help:"Where a set goes each night, and the log all day; name at least two places (OB-C9): near=file:///mnt/backup?place=NL/NL, or far=sftp://USER@HOST/FOLDER?place=NL/EU&key=FILE&host-key=SHA256:… The place is its region and whose law its operator stands under. backups/sets in the state folder by default."`
	Scratch       string   `env:"TIKKLOK_SCRATCH" type:"path" placeholder:"FOLDER" help:"Where sets are restored to be checked, and removed again: it takes the size of the database and of a day's log. scratch in the state folder by default."`
	MasterKeyFile string   `env:"TIKKLOK_MASTER_KEY_FILE" type:"path" placeholder:"FILE" help:"The master key, mode 0600; master.key in the state folder by default, made at the first start. $TIKKLOK_MASTER_KEY has the key itself instead."`
}

// scratch is where sets are restored to be looked at.
func (p place) scratch() string { return cmp.Or(p.Scratch, p.folder("scratch")) }

// operator is who acts at the command line.
var operator = audit.Actor{Kind: audit.Operator}

func (p place) folder(name string) string { return filepath.Join(p.State, name) }

// database is one that runs, ours or another's.
type database struct {
	url     string
	cluster *pg.Cluster // nil: not ours
	keys    *vault.Keys // nil until prepared
}

// openDatabase gives the database of the address, else the private cluster:
// the one that a server already runs, or one for as long as it is used.
func (p place) openDatabase(ctx context.Context) (*database, error) {
	if p.DatabaseURL != "" {
		return &database{url: p.DatabaseURL}, nil
	}
	if err := os.MkdirAll(p.State, 0o755); err != nil {
		return nil, fmt.Errorf("state folder: %w", err)
	}
	c, err := pg.StartCluster(ctx, p.folder("db"), pg.ClusterOptions{Log: slog.Default()})
	if errors.Is(err, fs.ErrPermission) {
		return nil, fmt.Errorf("%w; run this as the user whose server it is: sudo -u USER tikklok …", err)
	}
	if err != nil {
		return nil, err
	}
	return &database{url: c.URL(), cluster: c}, nil
}

func (d *database) close() error {
	if d.cluster == nil {
		return nil
	}
	return d.cluster.Stop()
}

// open gives a pool under a role, with the master keys.
func (d *database) open(ctx context.Context, role pg.Role) (*pg.DB, error) {
	db, err := pg.Open(ctx, d.url, role, pg.With(d.keys))
	if err != nil {
		return nil, fmt.Errorf("database: %w", err)
	}
	return db, nil
}

// prepare makes a database ready for work: the master key at hand, the schema
// of this version, all sealed that has to be. Nothing is changed where the
// master key is lost or another one.
func (d *database) prepare(ctx context.Context, p place, withoutBackup bool) (err error) {
	if d.cluster == nil { // whether it answers at all is told first
		if _, _, err := pg.SchemaVersions(ctx, d.url); err != nil {
			return fmt.Errorf("the database of DATABASE_URL or --database-url: %w", err)
		}
	}
	if d.keys, err = p.unlock(ctx, d.url); err != nil {
		return err
	}
	if err := d.migrate(ctx, p, withoutBackup); err != nil {
		return err
	}
	return d.seal(ctx)
}

// migrate brings the schema up to date; one that holds data is backed up
// first, and left alone when that fails.
func (d *database) migrate(ctx context.Context, p place, withoutBackup bool) error {
	now, then, err := pg.SchemaVersions(ctx, d.url)
	if err != nil || now == then {
		return err
	}
	if now > 0 && !withoutBackup {
		path, err := d.backUp(ctx, p.backups(d.keys))
		if err != nil {
			return fmt.Errorf("the database must be migrated from version %d to %d, and that is not done without a backup (or --no-backup): %w", now, then, err)
		}
		slog.Info("backed the database up before migrating it", "file", path, "from", now, "to", then)
	}
	return pg.Migrate(ctx, d.url)
}

func (d *database) backUp(ctx context.Context, to vault.Folder) (string, error) {
	under, err := pg.ReadMasters(ctx, d.url)
	if err != nil {
		return "", err
	}
	if under.Next != "" {
		to.Former = under.Current
	}
	if d.cluster != nil {
		return d.cluster.BackUp(ctx, to, time.Now())
	}
	return pg.BackUp(ctx, d.url, to, time.Now())
}

// withDatabase runs fn on the installation's database. Where --state was
// forgotten or mistyped there is none, and none is made.
func (p place) withDatabase(ctx context.Context, fn func(d *database) error) error {
	if p.unserved() {
		return p.errUnserved()
	}
	return p.withNewDatabase(ctx, fn)
}

// unserved says that the state folder has no cluster, and that no other
// database was named.
func (p place) unserved() bool {
	_, err := os.Stat(p.folder("db"))
	return p.DatabaseURL == "" && errors.Is(err, fs.ErrNotExist)
}

func (p place) errUnserved() error {
	return fmt.Errorf("no server has served from %s: give --state the server's folder, or DATABASE_URL its database; `tikklok serve` makes a new one", p.State)
}

// withNewDatabase runs fn on a database of this program's version, made where
// there is none.
func (p place) withNewDatabase(ctx context.Context, fn func(d *database) error) error {
	d, err := p.openDatabase(ctx)
	if err != nil {
		return err
	}
	err = d.prepare(ctx, p, false)
	if err == nil {
		err = fn(d)
	}
	return errors.Join(err, d.close())
}

// inTenant runs fn in a transaction of the named tenant, or of the only one.
func (p place) inTenant(ctx context.Context, name string, fn func(tx pg.Tx, t tenant.Tenant) error) error {
	return p.withTenant(ctx, name, func(db *pg.DB, t tenant.Tenant) error {
		return db.InTenant(ctx, t.ID, func(tx pg.Tx) error { return fn(tx, t) })
	})
}

// withTenant finds the named tenant, or the only one, for what takes several
// transactions.
func (p place) withTenant(ctx context.Context, name string, fn func(db *pg.DB, t tenant.Tenant) error) error {
	return p.withDatabase(ctx, func(d *database) error {
		db, err := d.open(ctx, pg.RoleApp)
		if err != nil {
			return err
		}
		defer db.Close()
		t, err := findTenant(ctx, db, name)
		if err != nil {
			return err
		}
		return fn(db, t)
	})
}

func tenants(ctx context.Context, db *pg.DB) (all []tenant.Tenant, err error) {
	var ids []int64
	err = db.Look(ctx, func(tx pg.Tx) error { ids, err = tenant.All(ctx, tx); return err })
	for _, id := range ids {
		err = errors.Join(err, db.InTenant(ctx, id, func(tx pg.Tx) error {
			t, err := tenant.Get(ctx, tx)
			all = append(all, t)
			return err
		}))
	}
	return all, err
}

func findTenant(ctx context.Context, db *pg.DB, name string) (tenant.Tenant, error) {
	all, err := tenants(ctx, db)
	if err != nil {
		return tenant.Tenant{}, err
	}
	if len(all) == 0 {
		return tenant.Tenant{}, errors.New("there is no tenant yet; make one with `tikklok tenant add NAME`, or start the server once")
	}
	if name == "" { // the probes' own is nobody's
		all = slices.DeleteFunc(all, func(t tenant.Tenant) bool { return t.Probe })
	}
	if name == "" && len(all) == 1 {
		return all[0], nil
	}
	var names string
	for _, t := range all {
		if t.Name == name || fmt.Sprint(t.ID) == name {
			return t, nil
		}
		names += fmt.Sprintf("\n  %d  %s", t.ID, t.Name)
	}
	if name == "" {
		return tenant.Tenant{}, fmt.Errorf("there are several tenants; say which with --tenant (a name or a number):%s", names)
	}
	return tenant.Tenant{}, fmt.Errorf("no tenant is called %q; there are:%s", name, names)
}
