package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"tikklok/ingest/audit"
	"tikklok/ingest/people"
	"tikklok/ingest/pg"
	"tikklok/ingest/privacy/request"
	"tikklok/ingest/tenant"
)

// privacyCommand carries out what an administrator of the organisation decided:
// at the command line nothing is decided (OB-P7, OB-P15).
type privacyCommand struct {
	Demo     privacyDemo     `cmd:"" help:"Carry out on a demo month what a contract promises about people, each with its certificate."`
	Requests privacyRequests `cmd:"" help:"List requests of data subjects, the first due first."`
	Access   privacyAccess   `cmd:"" help:"Write the file of a granted request for access or portability: everything that is held about the person."`
	Erase    privacyErase    `cmd:"" help:"Erase the person of a granted request, and prove it by a search."`
	Restrict privacyRestrict `cmd:"" help:"Restrict the person of a granted request or objection: kept, and used for nothing."`
	Search   privacySearch   `cmd:"" help:"Say where values, one a line, stand in the database; ends with 1 where one does."`
}

// desks runs fn with the pool of the named tenant, or of the only one, and the
// desk that carries out requests.
func (p place) desks(ctx context.Context, name string, fn func(app *pg.DB, desk request.Desk, t tenant.Tenant) error) error {
	return p.withPools(ctx, name, func(_ *database, app, private *pg.DB, t tenant.Tenant) error { return fn(app, p.desk(app, private), t) })
}

// withPools finds the tenant, and runs fn with a pool that reads and one that
// may remove.
func (p place) withPools(ctx context.Context, name string, fn func(d *database, app, private *pg.DB, t tenant.Tenant) error) error {
	return p.withDatabase(ctx, func(d *database) error {
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
		t, err := findTenant(ctx, app, name)
		if err != nil {
			return err
		}
		return fn(d, app, private, t)
	})
}

type privacyRequests struct {
	Tenant string `help:"Name or number; needed where there are several."`
}

// Run lists them; names stay out of a terminal.
func (c privacyRequests) Run(ctx context.Context, p place) error {
	return p.inTenant(ctx, c.Tenant, func(tx pg.Tx, _ tenant.Tenant) error {
		all, err := request.List(ctx, tx, 0, 1000)
		if err != nil {
			return err
		}
		var about []int64
		for _, r := range all {
			about = append(about, r.Employee)
		}
		if err := noteLook(ctx, tx, "privacy requests", about...); err != nil {
			return err
		}
		if len(all) == 0 {
			fmt.Println("no data subject asked for anything")
		}
		for _, r := range all {
			e, err := people.EmployeeByID(ctx, tx, r.Employee)
			if err != nil {
				return err
			}
			fmt.Printf("%6d  %-13s  %-9s  received %s  due %s  employee %s\n", r.ID, r.Kind, r.State, r.Received.Format(time.DateOnly), r.Due.Format(time.DateOnly), e.Number)
		}
		return nil
	})
}

type privacyAccess struct {
	Request int64  `arg:"" help:"Number of the request."`
	Format  string `enum:"json,pdf" default:"json" help:"json for a program, pdf to read."`
	Out     string `required:"" placeholder:"FILE" help:"Where it is written, mode 0600."`
	Tenant  string `help:"Name or number; needed where there are several."`
}

// Run writes the file and notes that somebody took it (OB-C4).
func (c privacyAccess) Run(ctx context.Context, p place) (err error) {
	return p.desks(ctx, c.Tenant, func(app *pg.DB, desk request.Desk, t tenant.Tenant) error {
		f, err := desk.Answer(ctx, app, t.ID, c.Request, operator, time.Now())
		if err != nil {
			return err
		}
		err = app.InTenant(ctx, t.ID, func(tx pg.Tx) error {
			r, err := request.Get(ctx, tx, c.Request)
			return errors.Join(err, noteLook(ctx, tx, "privacy access", r.Employee))
		})
		if err != nil {
			return err
		}
		file, err := os.OpenFile(c.Out, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
		if err != nil {
			return fmt.Errorf("writing the file of a request: %w", err)
		}
		if c.Format == "pdf" {
			err = f.PDF(file, t.Language)
		} else {
			err = f.JSON(file)
		}
		if err = errors.Join(err, file.Close()); err == nil {
			fmt.Printf("%s: %d rows of %d tables\n", c.Out, f.Rows(), len(f.Sections))
		}
		return err
	})
}

type privacyErase struct {
	Request int64  `arg:"" help:"Number of the request, which an administrator of the organisation granted."`
	Tenant  string `help:"Name or number; needed where there are several."`
}

// Run erases a person.
func (c privacyErase) Run(ctx context.Context, p place) error {
	return p.desks(ctx, c.Tenant, func(app *pg.DB, desk request.Desk, t tenant.Tenant) error {
		var r request.Request
		err := app.InTenant(ctx, t.ID, func(tx pg.Tx) (err error) { r, err = request.Get(ctx, tx, c.Request); return err })
		if err != nil {
			return err
		}
		e, err := desk.Erase(ctx, t.ID, r.Employee, r.ID, operator, time.Now())
		if err != nil {
			return err
		}
		printErased(os.Stdout, e)
		if len(e.Traces) > 0 {
			return errFails
		}
		return nil
	})
}

func printErased(w io.Writer, e request.Erased) {
	var removed, changed int64
	for _, n := range e.Removed {
		removed += n
	}
	for _, n := range e.Changed {
		changed += n
	}
	fmt.Fprintf(w, "certificate %d: %d rows removed, %d stay without the person; %d values looked for, %d traces, %d values that others bear too\n",
		e.Certificate.ID, removed, changed, e.Sought, len(e.Traces), e.Shared)
	for _, t := range e.Traces {
		fmt.Fprintf(w, "trace: %s.%s %s %s\n", t.Table, t.Column, t.Row, t.Inside)
	}
	for _, b := range e.Backups {
		fmt.Fprintf(w, "backup %s holds the person until %s\n", b.Name, b.Expires.Format(time.RFC3339))
	}
}

type privacyRestrict struct {
	Request int64  `arg:"" help:"Number of the request, which an administrator of the organisation granted."`
	Tenant  string `help:"Name or number; needed where there are several."`
}

// Run restricts.
func (c privacyRestrict) Run(ctx context.Context, p place) error {
	return p.inTenant(ctx, c.Tenant, func(tx pg.Tx, _ tenant.Tenant) error {
		return request.Restrict(ctx, tx, c.Request, operator, time.Now())
	})
}

type privacySearch struct {
	Values *os.File `arg:"" help:"File with a value a line, - for the input: on a command line others would see them."`
	Tenant string   `help:"Name or number; needed where there are several."`
}

// Run searches; which value it was is told by its line.
func (c privacySearch) Run(ctx context.Context, p place) error {
	text, err := io.ReadAll(io.LimitReader(c.Values, 1<<20))
	if err != nil {
		return fmt.Errorf("reading the values: %w", err)
	}
	values := strings.Split(strings.TrimSpace(string(text)), "\n")
	return p.desks(ctx, c.Tenant, func(_ *pg.DB, desk request.Desk, t tenant.Tenant) error {
		var found []request.Trace
		err := desk.DB.InTenant(ctx, t.ID, func(tx pg.Tx) (err error) {
			if found, err = request.Traces(ctx, tx, values); err != nil {
				return err
			}
			if err := noteList(ctx, tx, "privacy search"); err != nil {
				return err
			}
			return audit.Append(ctx, tx, audit.Entry{Action: "privacy.search", By: operator, Payload: map[string]int{"values": len(values), "traces": len(found)}})
		})
		if err != nil {
			return err
		}
		for _, f := range found {
			fmt.Printf("value %d: %s.%s %s %s\n", f.Value+1, f.Table, f.Column, f.Row, f.Inside)
		}
		fmt.Printf("%d traces of %d values\n", len(found), len(values))
		if len(found) > 0 {
			return errFails
		}
		return nil
	})
}
