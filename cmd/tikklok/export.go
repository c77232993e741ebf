package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"tikklok/ingest/audit"
	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/pg"
	"tikklok/ingest/tenant"
	"tikklok/payroll"
	"tikklok/payroll/format"
)

type exportCommand struct {
	Format      string `required:"" help:"A payroll package's format (see: tikklok formats), or timesheets, evidence, evidence-csv, xlsx, parquet."`
	Month       string `placeholder:"2026-10" help:"The month; without: the last whole one."`
	Destination string `help:"Name of the destination, where several have the format."`
	Create      bool   `help:"Make a run of the approved lines that wait. They leave with it, once (I8)."`
	Demo        bool   `help:"Of a demo month: taps computed and approved in a database of its own, removed afterwards."`
	Corrections bool   `help:"With --demo: what follows when hours were corrected after the month was sent."`
	Output      string `short:"o" type:"path" default:"." help:"File or folder to write to; - is standard output."`
	Tenant      string `help:"Name or number; needed where there are several."`
}

// Help says what is written, and what is not.
func (exportCommand) Help() string {
	return `Writes a month's hours in a payroll package's own format: the file of the run
that was made of it, the same bytes each time. Without a run it makes none,
unless you say --create. No server needs to run.

  tikklok export --format datev-lodas --month 2026-10
  tikklok export --format csv --month 2026-10 --destination Salarispakket --create
  tikklok export --demo --format setu14 -o setu.zip
  tikklok export --format timesheets --month 2026-10 -o timesheets.pdf`
}

// exported is a file on its way out.
type exported struct {
	name  string
	about string // "12 employees, 304 lines"
	run   int64  // whose file it is; 0: of none
	write func(io.Writer) error
	after func() (name, about string) // where these are known once it is written; nil: before
}

// exporter writes what is asked for of a tenant.
type exporter struct {
	db     *pg.DB
	tenant tenant.Tenant
	office payroll.Office
	by     audit.Actor
	month  calendar.Period
	now    time.Time
}

// Run exports a month.
func (c exportCommand) Run(ctx context.Context, p place) error {
	month, err := monthOf(c.Month, time.Now())
	if err != nil {
		return err
	}
	if c.Demo {
		if err := c.checkDemo(month, time.Now()); err != nil {
			return err
		}
		return c.demo(ctx, p, month)
	}
	if c.Corrections {
		return errors.New("--corrections goes with --demo; corrections of a month leave with the next run")
	}
	return p.withTenant(ctx, c.Tenant, func(db *pg.DB, t tenant.Tenant) error {
		e := exporter{db: db, tenant: t, office: p.office(), by: operator, month: month, now: time.Now()}
		out, err := c.find(ctx, e)
		if err != nil {
			return err
		}
		if err := e.record(ctx, c.Format, out.run); err != nil {
			return err
		}
		return c.save(out)
	})
}

// record writes down that personal data leaves (OB-C4), before it does.
func (e exporter) record(ctx context.Context, format string, run int64) error {
	return e.db.InTenant(ctx, e.tenant.ID, func(tx pg.Tx) error {
		if err := noteList(ctx, tx, "export"); err != nil {
			return err
		}
		if run != 0 {
			return payroll.MarkPulled(ctx, tx, e.by, run)
		}
		return audit.Append(ctx, tx, audit.Entry{Action: "export.write", SubjectKind: "tenant", By: e.by,
			Payload: map[string]any{"format": format, "from": e.month.From, "to": e.month.To}})
	})
}

// checkDemo refuses what a demo month has of its own.
func (c exportCommand) checkDemo(month calendar.Period, now time.Time) error {
	switch {
	case c.Create || c.Destination != "" || c.Tenant != "":
		return errors.New("a demo has a tenant, a destination and a run of its own: leave --tenant, --destination and --create out")
	case !month.To.Before(calendar.DateOf(now)):
		return fmt.Errorf("the month %s to %s is not over: choose one that is for --demo", month.From, month.To)
	}
	return nil
}

// monthOf gives a month by its name; "": the last whole one.
func monthOf(name string, now time.Time) (calendar.Period, error) {
	if name == "" {
		return calendar.Months.Of(calendar.Months.Of(calendar.DateOf(now)).From.AddDays(-1)), nil
	}
	first, err := calendar.ParseDate(name + "-01")
	if err != nil {
		return calendar.Period{}, fmt.Errorf("--month %q is not of the form 2026-10", name)
	}
	return calendar.Months.Of(first), nil
}

func (c exportCommand) find(ctx context.Context, e exporter) (exported, error) {
	if other, ok := e.other(ctx, c.Format); ok {
		if c.Create || c.Destination != "" {
			return exported{}, fmt.Errorf("--format %s has no runs and no destination: leave --create and --destination out", c.Format)
		}
		return other, nil
	}
	f, err := formatNamed(c.Format)
	if err != nil {
		return exported{}, err
	}
	d, err := e.destination(ctx, f, c.Destination)
	if err != nil {
		return exported{}, err
	}
	if c.Create {
		return e.create(ctx, d)
	}
	return e.newest(ctx, d)
}

// formatNamed finds a format, also written without its hyphens and points:
// setu14.
func formatNamed(name string) (format.Format, error) {
	plain := strings.NewReplacer("-", "", ".", "", "_", "").Replace
	for _, f := range format.Formats() {
		if plain(f.Name()) == plain(strings.ToLower(name)) {
			return f, nil
		}
	}
	_, err := format.ByName(name)
	return nil, fmt.Errorf("%w; and timesheets, evidence, evidence-csv, xlsx, parquet", err)
}

// destination gives the one of the name, or the only one of the format.
func (e exporter) destination(ctx context.Context, f format.Format, name string) (payroll.Destination, error) {
	var of []payroll.Destination
	err := e.db.InTenant(ctx, e.tenant.ID, func(tx pg.Tx) error {
		all, err := payroll.Destinations(ctx, tx)
		for _, d := range all {
			if d.Format == f.Name() && (name == "" || d.Name == name) {
				of = append(of, d)
			}
		}
		return err
	})
	switch {
	case err != nil:
		return payroll.Destination{}, err
	case len(of) == 0 && name != "":
		return payroll.Destination{}, fmt.Errorf("there is no destination %q of format %s", name, f.Name())
	case len(of) == 0:
		return payroll.Destination{}, fmt.Errorf("no destination has the format %s: make one on the Exports page, or look at a demo month with --demo", f.Name())
	case len(of) > 1:
		return payroll.Destination{}, fmt.Errorf("%d destinations have the format %s: say which with --destination", len(of), f.Name())
	}
	return of[0], nil
}

// newest gives the file of the month's newest run that is not void.
func (e exporter) newest(ctx context.Context, d payroll.Destination) (out exported, err error) {
	err = e.db.InTenant(ctx, e.tenant.ID, func(tx pg.Tx) error {
		runs, err := payroll.Runs(ctx, tx, d.ID)
		if err != nil {
			return err
		}
		runs = slices.DeleteFunc(runs, func(r payroll.Run) bool { return r.Period != e.month || r.State == payroll.Void })
		if len(runs) > 0 {
			out, err = e.file(ctx, tx, runs[0])
			if len(runs) > 1 {
				out.about += fmt.Sprintf("; the newest of %d runs of this month, the others hold what left before", len(runs))
			}
			return err
		}
		return fmt.Errorf("%s has no run of %s to %s: make it with --create, or look at what it would hold on the Exports page", d.Name, e.month.From, e.month.To)
	})
	return out, err
}

func (e exporter) create(ctx context.Context, d payroll.Destination) (out exported, err error) {
	bar := newProgress("employees")
	office := e.office
	office.Progress = bar.at
	run, err := office.Create(ctx, e.db, e.tenant.ID, e.by, payroll.Order{Destination: d.ID, Period: e.month}, e.now)
	bar.end()
	if err != nil {
		return exported{}, err
	}
	err = e.db.InTenant(ctx, e.tenant.ID, func(tx pg.Tx) error { out, err = e.file(ctx, tx, run); return err })
	return out, err
}

func (e exporter) file(ctx context.Context, tx pg.Tx, r payroll.Run) (exported, error) {
	f, err := e.office.File(ctx, tx, r.ID)
	if err != nil {
		return exported{}, err
	}
	about := fmt.Sprintf("run %d of %s to %s, %d employees, %d lines, sha256 %x", r.ID, r.Period.From, r.Period.To, r.Totals.People, r.Totals.Lines, f.SHA256)
	return exported{name: f.Name, about: about, run: r.ID, write: func(w io.Writer) error {
		body, err := f.Open(ctx, e.db, e.tenant.ID)
		if err == nil {
			_, err = io.Copy(w, body)
		}
		return err
	}}, nil
}

// save writes the file under its name when it is whole, and says what it is.
func (c exportCommand) save(out exported) error {
	if filepath.Base(c.Output) == "-" {
		return out.write(os.Stdout)
	}
	folder := c.Output
	info, err := os.Stat(c.Output)
	whole := err != nil || !info.IsDir() // the file's name, not its folder's
	if whole {
		folder = filepath.Dir(c.Output)
	}
	temp, err := os.CreateTemp(folder, ".tikklok-export-*")
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("there is no folder %s; make it first, or choose another with --output", folder)
	}
	if err != nil {
		return fmt.Errorf("writing the export: %w", err)
	}
	defer os.Remove(temp.Name())
	err = out.write(temp)
	if err = errors.Join(err, temp.Chmod(0o600), temp.Sync(), temp.Close()); err != nil {
		return fmt.Errorf("writing the export: %w", err)
	}
	if out.after != nil {
		out.name, out.about = out.after()
	}
	path := c.Output
	if !whole {
		path = filepath.Join(folder, out.name)
	}
	if err := os.Rename(temp.Name(), path); err != nil {
		return fmt.Errorf("writing the export: %w", err)
	}
	_, err = fmt.Printf("%s: %s\n", path, out.about)
	return err
}
