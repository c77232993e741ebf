package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"tikklok/api"
	"tikklok/ingest/hours"
	"tikklok/ingest/pg"
	"tikklok/ingest/pg/vault"
	"tikklok/ingest/privacy/ending"
	"tikklok/ingest/privacy/request"
	"tikklok/ingest/tenant"
	"tikklok/payroll/delivery"
)

type tenantEnd struct {
	LastDay dayFlag `placeholder:"DATE" help:"Of the contract, as in 2026-12-31."`
	Cancel  bool    `help:"Take the plan back: the contract goes on."`
	Tenant  string  `help:"Name or number; needed where there are several."`
}

// Run plans the end of a contract by its own terms (OB-P4, OB-P5), or shows it.
func (c tenantEnd) Run(ctx context.Context, p place) error {
	return p.inTenant(ctx, c.Tenant, func(tx pg.Tx, t tenant.Tenant) error {
		if c.Cancel {
			return ending.Cancel(ctx, tx, operator)
		}
		if !c.LastDay.IsZero() {
			agreed, err := tenant.Contract(ctx, tx)
			if err != nil {
				return err
			}
			if err := planEnd(ctx, tx, t, agreed, c.LastDay.Time); err != nil {
				return err
			}
		}
		s, err := ending.StateOf(ctx, tx)
		if err == nil {
			printEnd(s)
		}
		return err
	})
}

func planEnd(ctx context.Context, tx pg.Tx, t tenant.Tenant, agreed tenant.Agreement, lastDay time.Time) error {
	zone, err := time.LoadLocation(t.Zone)
	if err != nil {
		return err
	}
	table, err := ending.NewTimetable(lastDay, api.EndingTerms(agreed), zone)
	if err != nil {
		return err
	}
	return ending.Plan(ctx, tx, table, operator)
}

func printEnd(s ending.State) {
	if s.Timetable == nil {
		fmt.Println("no end of the contract is planned")
		return
	}
	t := s.Timetable
	for _, line := range []struct {
		what string
		at   time.Time
	}{{"last day", t.LastDay}, {"nothing changes from", t.ReadOnly}, {"nobody gets in from", t.AccessUntil}, {"data is destroyed from", t.Destroy}, {"last backup gone by", t.BackupsGone}} {
		fmt.Printf("%-24s%s\n", line.what, line.at.Format(time.DateOnly))
	}
	if s.Exported != nil {
		fmt.Printf("%-24s%s, fingerprint %s, accepted: %v\n", "exported", s.Exported.Format(time.RFC3339), s.Fingerprint, s.Accepted != nil)
	}
}

type tenantExport struct {
	File   string `arg:"" type:"path" help:"Where to; it must not be there yet."`
	Tenant string `help:"Name or number; needed where there are several."`
}

// Run writes all that a tenant has to one file (OB-P6).
func (c tenantExport) Run(ctx context.Context, p place) error {
	return p.withPrivate(ctx, c.Tenant, func(d *database, private *pg.DB, id int64) error {
		if err := private.InTenant(ctx, id, func(tx pg.Tx) error { return noteList(ctx, tx, "tenant export") }); err != nil {
			return err
		}
		return c.save(ctx, private, id)
	})
}

// save writes the file and says what is in it.
func (c tenantExport) save(ctx context.Context, private *pg.DB, id int64) error {
	m, err := c.write(func(to io.Writer) (ending.Manifest, error) {
		return ending.Export(ctx, private, id, catalogue(), ending.ExportOptions{Version: version, By: operator, Now: time.Now()}, to)
	})
	if err != nil {
		return err
	}
	fmt.Printf("%s: %d files; %d people, %d registrations, %d runs\nfingerprint %s\n", c.File, len(m.Files), m.Totals.People, m.Totals.Registrations, m.Totals.Runs, m.Fingerprint)
	return nil
}

// write puts an export in place when it is whole: one that was killed has
// another name, which the next one writes over.
func (c tenantExport) write(export func(io.Writer) (ending.Manifest, error)) (m ending.Manifest, err error) {
	if _, err := os.Stat(c.File); err == nil {
		return m, fmt.Errorf("%s is there already; give another name", c.File)
	}
	part := c.File + ".part"
	file, err := os.OpenFile(part, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return m, fmt.Errorf("writing the export: %w", err)
	}
	m, err = export(file)
	if err = errors.Join(err, file.Sync(), file.Close()); err == nil {
		err = os.Rename(part, c.File)
	}
	if err != nil {
		return m, errors.Join(fmt.Errorf("writing the export: %w", err), os.Remove(part))
	}
	return m, nil
}

type tenantAccept struct {
	Fingerprint string `arg:"" help:"Of the export that the customer has and can read."`
	Tenant      string `help:"Name or number; needed where there are several."`
}

// Run notes that the customer has the export.
func (c tenantAccept) Run(ctx context.Context, p place) error {
	return p.inTenant(ctx, c.Tenant, func(tx pg.Tx, _ tenant.Tenant) error {
		return ending.Accept(ctx, tx, c.Fingerprint, operator, time.Now())
	})
}

type tenantDestroy struct {
	Tenant      string `arg:"" help:"Name or number; a destruction that was cut off goes on by its number."`
	Confirm     string `required:"" placeholder:"NAME" help:"The tenant's name once more, or its number where it has none any more: there is no way back."`
	Instruction string `placeholder:"REFERENCE" help:"Of the customer's writing that asks for it before the timetable's day, or without an export."`
}

// Help says what goes and what stays.
func (tenantDestroy) Help() string {
	return `Everything of the tenant goes: rows, keys, files, the audit log. What stays is a
number and a certificate with counts, dates and the day on which the last backup
goes. Without --instruction the timetable's day must have come and the customer
must have accepted an export; a legal hold or an open breach stops it either way.

  tikklok tenant destroy "Bakkerij Smit" --confirm "Bakkerij Smit"`
}

// Run destroys a tenant (OB-P4, OB-P6).
func (c tenantDestroy) Run(ctx context.Context, p place) error {
	return p.withDatabase(ctx, func(d *database) error {
		id, name, err := c.find(ctx, d)
		if err != nil {
			return err
		}
		if c.Confirm != name {
			return fmt.Errorf("--confirm %q is not %q: nothing was destroyed", c.Confirm, name)
		}
		private, err := d.open(ctx, pg.RolePrivacy)
		if err != nil {
			return err
		}
		defer private.Close()
		dumps, err := vault.ReadManifest(p.folder("backups"))
		if err != nil {
			return err
		}
		done, err := ending.Destroy(ctx, private, id, catalogue(), ending.Destruction{By: operator, Now: time.Now, Ahead: c.Instruction,
			BackupsUntil: dumps.Until(time.Now()), Outside: func() error { return p.forget(ctx, d, id) }})
		if err != nil {
			return err
		}
		fmt.Printf("%s is destroyed\ncertificate %d of tenant %d: %s\nsha256 %x\n", name, done.Certificate.ID, id, done.Certificate.Content, done.Certificate.Hash)
		return nil
	})
}

// find gives the tenant that is meant: one that is there, or one whose
// destruction has begun.
func (c tenantDestroy) find(ctx context.Context, d *database) (id int64, name string, err error) {
	app, err := d.open(ctx, pg.RoleApp)
	if err != nil {
		return 0, "", err
	}
	defer app.Close()
	var begun map[int64]*time.Time
	if err := app.Look(ctx, func(tx pg.Tx) (err error) { begun, err = ending.Destructions(ctx, tx); return err }); err != nil {
		return 0, "", err
	}
	if id, err := strconv.ParseInt(c.Tenant, 10, 64); err == nil {
		if _, ok := begun[id]; ok {
			return id, c.Tenant, nil
		}
	}
	t, err := findTenant(ctx, app, c.Tenant)
	return t.ID, t.Name, err
}

// forget removes what stands of a tenant outside its rows: manifests of payroll
// runs, markers of deliveries, the logs of what ended and of erasures, sessions.
// The last log says from then on that the tenant is gone, for whoever restores a
// backup.
func (p place) forget(ctx context.Context, d *database, id int64) error {
	app, err := d.open(ctx, pg.RoleApp)
	if err != nil {
		return err
	}
	defer app.Close()
	var made time.Time
	if err := app.InTenant(ctx, id, func(tx pg.Tx) (err error) { made, _, err = ending.Made(ctx, tx); return err }); err != nil {
		return err
	}
	if err := request.Log(p.folder("erasures")).Gone(id, made, time.Now()); err != nil {
		return err
	}
	return errors.Join(p.office().Gone(id), delivery.Gone(p.folder("delivered"), id), os.RemoveAll(filepath.Join(p.folder("ended"), fmt.Sprintf("%d.log", id))), api.EndSessions(ctx, app, id))
}

// comeBack refuses a tenant that was destroyed and that a restored backup holds
// again (I8, OB-P6). One that was taken in from an export since is wanted.
func (p place) comeBack(ctx context.Context, tx pg.Tx, t tenant.Tenant) error {
	made, imported, err := ending.Made(ctx, tx)
	if err != nil {
		return err
	}
	gone, err := request.Log(p.folder("erasures")).Destroyed(t.ID, made)
	if err != nil || gone == nil || imported != nil && imported.After(*gone) {
		return err
	}
	return fmt.Errorf("tenant %d was destroyed on %s, and this database, which was restored from a backup, holds it again; destroy it again: tikklok tenant destroy %d --confirm %q --instruction %q",
		t.ID, gone.Format(time.DateOnly), t.ID, t.Name, "restored after its destruction")
}

// withPrivate runs fn with a pool that may read and remove all of the named
// tenant, or of the only one.
func (p place) withPrivate(ctx context.Context, name string, fn func(d *database, private *pg.DB, id int64) error) error {
	return p.withPools(ctx, name, func(d *database, _, private *pg.DB, t tenant.Tenant) error { return fn(d, private, t.ID) })
}

type importTenant struct {
	File        string `arg:"" type:"existingfile" help:"What tikklok tenant export, or the page, wrote."`
	Fingerprint string `help:"Of the export, as its certificate says it: what was changed since is found by it."`
	Unproven    bool   `help:"Go on without the fingerprint: a file that was changed together with its manifest is then taken for true."`
}

// Run makes the tenant of an export in this database (OB-P6).
func (c importTenant) Run(ctx context.Context, p place) error {
	file, err := os.Open(c.File)
	if err != nil {
		return fmt.Errorf("reading the export: %w", err)
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return fmt.Errorf("reading the export: %w", err)
	}
	return p.beginWith(ctx, func(d *database) error {
		private, err := d.open(ctx, pg.RolePrivacy)
		if err != nil {
			return err
		}
		defer private.Close()
		if err := pg.Unsweep(ctx, d.url); err != nil { // killed after the import, the next start seals what it brought
			return err
		}
		done, err := ending.Import(ctx, private, catalogue(), ending.ImportOptions{Fingerprint: c.Fingerprint, Unproven: c.Unproven, By: operator, Now: time.Now()}, file, info.Size())
		if err != nil {
			return fmt.Errorf("%s: %w", c.File, err)
		}
		if err := p.settle(ctx, d, private, done.Tenant); err != nil {
			return fmt.Errorf("the tenant is there, but not all beside it; start the server, and run tikklok payroll check: %w", err)
		}
		t := done.Totals
		fmt.Printf("tenant %d: %s\n%d people, %d registrations, %d punches, %d runs; no difference from the export\n", done.Tenant, done.Manifest.Name, t.People, t.Registrations, t.Punches, t.Runs)
		return nil
	})
}

// settle does what comes with a tenant's rows: what has to be sealed is sealed
// under this server's key, its payroll runs get their manifests, and hours are
// taken up anew, so that whoever verifies them before a server starts finds them.
func (p place) settle(ctx context.Context, d *database, private *pg.DB, id int64) error {
	if err := d.seal(ctx); err != nil {
		return err
	}
	if err := private.InTenant(ctx, id, func(tx pg.Tx) error { return p.office().Arrived(ctx, tx) }); err != nil {
		return err
	}
	app, err := d.open(ctx, pg.RoleApp)
	if err != nil {
		return err
	}
	defer app.Close()
	return p.recompute(ctx, app, id)
}

func (place) recompute(ctx context.Context, app *pg.DB, id int64) error {
	_, err := hours.Recompute(ctx, app, id, time.Now())
	return err
}
