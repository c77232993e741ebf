package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"tikklok/api"
	"tikklok/ingest/hours"
	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/leaving"
	"tikklok/ingest/people"
	"tikklok/ingest/pg"
	"tikklok/ingest/privacy"
	"tikklok/ingest/privacy/ending"
	"tikklok/ingest/privacy/request"
	"tikklok/ingest/privacy/retention"
	"tikklok/payroll"
	"tikklok/payroll/format"
)

// privacyDemo carries out on a demo month what a contract promises about
// people, on the paths on which a server does.
type privacyDemo struct {
	To string `placeholder:"FOLDER" help:"Keep what it makes: the access file as JSON and PDF, the export, the certificates."`
}

// Help says what is shown.
func (privacyDemo) Help() string {
	return `Makes a month of taps of a company in a temporary database, and carries out:
the register of fields, a request for access, an erasure that is refused and
then done, an export that a fresh database takes in again with equal control
totals, one that was tampered with and is refused, a night of retention a few
months on, and the destruction of it all. Each with its certificate. No server is needed; what was
made is removed afterwards. Ends with 1 when a promise does not hold.

  tikklok privacy demo
  tikklok privacy demo --to /tmp/privacy`
}

// privacyShow is a demo under way.
type privacyShow struct {
	*demoMonth
	url     string // of the month's database
	dir     string // what is written
	beside  string // address beside which another database can be made
	private *pg.DB
	desk    request.Desk
	now     time.Time
	paid    payroll.Destination
	who     int64    // whom it is about
	values  []string // by which that person could be found

	uncatalogued, traces, differences int
}

// demoAgo is how long ago the month was: its taps are past their term, its
// hours are not.
const demoAgo = 7

// Run shows it.
func (c privacyDemo) Run(ctx context.Context, p place) error {
	dir, err := os.MkdirTemp("", "tikklok-privacy-")
	if err != nil {
		return fmt.Errorf("a folder for the demo: %w", err)
	}
	defer os.RemoveAll(dir)
	if c.To != "" {
		if err := os.MkdirAll(c.To, 0o700); err != nil {
			return fmt.Errorf("--to: %w", err)
		}
		dir = c.To
	}
	now := time.Now()
	first := time.Date(now.Year(), now.Month()-demoAgo, 1, 0, 0, 0, 0, time.UTC)
	d, err := p.openDatabase(ctx)
	if err != nil {
		return err
	}
	defer d.close()
	own, drop, err := pg.Temporary(ctx, d.url, "privacy")
	if err != nil {
		return err
	}
	err = demo(ctx, own, calendar.Months.Of(calendar.DateOf(first)), func(m *demoMonth) error {
		s := &privacyShow{demoMonth: m, url: own, dir: dir, beside: d.url, now: now, who: m.ids[len(m.ids)-1]}
		return s.run(ctx)
	})
	return errors.Join(err, drop())
}

// run takes the steps, and sums up.
func (s *privacyShow) run(ctx context.Context) (err error) {
	if s.private, err = pg.Open(ctx, s.url, pg.RolePrivacy, s.keys); err != nil {
		return err
	}
	defer s.private.Close()
	s.desk = place{State: s.dir}.desk(s.db, s.private)
	for _, step := range []func(context.Context) error{s.fields, s.know, s.access, s.refused, s.leave, s.erase, s.handOver, s.purge, s.destroy} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	fmt.Printf("privacy: fields=%d uncatalogued=%d traces_after_erasure=%d roundtrip_differences=%d\n",
		catalogue().Fields(), s.uncatalogued, s.traces, s.differences)
	if s.uncatalogued+s.traces+s.differences > 0 {
		return errFails
	}
	return nil
}

func (s *privacyShow) in(ctx context.Context, fn func(tx pg.Tx) error) error {
	return s.db.InTenant(ctx, s.tenant.ID, fn)
}

// fields holds the catalogue against the database.
func (s *privacyShow) fields(ctx context.Context) error {
	return s.db.Look(ctx, func(tx pg.Tx) error {
		there, err := privacy.Columns(ctx, tx)
		missing := catalogue().Uncatalogued(there)
		s.uncatalogued = len(missing)
		fmt.Printf("register: %d columns of %d tables, %d of them about people\n", len(there), len(catalogue()), catalogue().Fields())
		for _, c := range missing {
			fmt.Printf("nobody declared %s.%s\n", c.Table, c.Name)
		}
		return err
	})
}

// ask has a request received, its requester made sure of, and granted by the
// administrator.
func (s *privacyShow) ask(ctx context.Context, kind request.Kind) (id int64, err error) {
	err = s.in(ctx, func(tx pg.Tx) error {
		if id, err = request.Receive(ctx, tx, request.Request{Kind: kind, Employee: s.who, Requester: request.Self, What: "demo"}, s.boss, s.now); err != nil {
			return err
		}
		for _, act := range []request.Act{request.Checked, request.Act(request.Granted)} {
			if _, err := request.Take(ctx, tx, id, act, "demo", s.boss, s.now); err != nil {
				return err
			}
		}
		return nil
	})
	return id, err
}

// access writes everything that is held about somebody.
func (s *privacyShow) access(ctx context.Context) error {
	id, err := s.ask(ctx, request.Access)
	if err != nil {
		return err
	}
	began := time.Now()
	f, err := s.desk.Answer(ctx, s.db, s.tenant.ID, id, s.boss, s.now)
	if err != nil {
		return err
	}
	err = errors.Join(s.write("access.json", f.JSON), s.write("access.pdf", func(w io.Writer) error { return f.PDF(w, s.tenant.Language) }))
	if err != nil {
		return err
	}
	fmt.Printf("access: %d rows of %d tables in %d ms, as JSON and PDF\n", f.Rows(), len(f.Sections), time.Since(began).Milliseconds())
	return nil
}

// know records the contract, without which nothing is purged, gives the person
// an address, and keeps by what that person could be found. The personnel number is not among it: it may be a pay code as well,
// and the erasure looks for it itself.
func (s *privacyShow) know(ctx context.Context) error {
	return s.in(ctx, func(tx pg.Tx) error {
		if err := s.agree(ctx, tx); err != nil {
			return err
		}
		e, err := people.EmployeeByID(ctx, tx, s.who)
		if err != nil {
			return err
		}
		e.Email = "employee@example.nl"
		s.values = []string{e.Surname, e.FirstName, e.Email}
		return people.UpdateEmployee(ctx, tx, s.boss, e)
	})
}

// write makes a file of the demo.
func (s *privacyShow) write(name string, to func(io.Writer) error) error {
	file, err := os.OpenFile(filepath.Join(s.dir, name), os.O_CREATE|os.O_TRUNC|os.O_RDWR, 0o600)
	if err != nil {
		return fmt.Errorf("writing %s: %w", name, err)
	}
	return errors.Join(to(file), file.Close())
}

// refused tries an erasure before its time: hours wait for a package.
func (s *privacyShow) refused(ctx context.Context) error {
	f, err := format.ByName("csv")
	if err != nil {
		return err
	}
	if s.paid, err = s.destination(ctx, f); err != nil {
		return err
	}
	_, err = s.desk.Erase(ctx, s.tenant.ID, s.who, 0, s.boss, s.now)
	if !errors.Is(err, request.ErrRefused) {
		return fmt.Errorf("somebody who works here with unpaid hours was not refused: %w", err)
	}
	fmt.Println("erasure: refused, as it has to be:", shortened(err.Error()))
	return nil
}

func shortened(text string) string {
	if parts := strings.Split(text, ","); len(parts) > 3 {
		return strings.Join(parts[:3], ",") + fmt.Sprintf(", and %d more reasons", len(parts)-3)
	}
	return text
}

// leave pays the hours and ends the employment.
func (s *privacyShow) leave(ctx context.Context) error {
	office := payroll.Office{Manifests: filepath.Join(s.dir, "manifests")}
	run, err := office.Create(ctx, s.db, s.tenant.ID, s.boss, payroll.Order{Destination: s.paid.ID, Period: s.days}, s.now)
	if err != nil {
		return err
	}
	return s.in(ctx, func(tx pg.Tx) error {
		if _, err := office.MarkAcknowledged(ctx, tx, s.boss, run.ID, "demo", s.now); err != nil {
			return err
		}
		_, err := leaving.End(ctx, tx, s.boss, leaving.Leaving{Employee: s.who, Fobs: leaving.AtOnce}, s.days.To.In(time.UTC), hours.LastShiftOver, s.now)
		fmt.Printf("leaving: %d lines paid, employment ended on %s\n", run.Totals.Lines, s.days.To)
		return err
	})
}

// erase erases the person, and looks for what is left in the whole database.
func (s *privacyShow) erase(ctx context.Context) error {
	id, err := s.ask(ctx, request.Erasure)
	if err != nil {
		return err
	}
	e, err := s.desk.Erase(ctx, s.tenant.ID, s.who, id, s.boss, s.now)
	if err != nil {
		return err
	}
	printErased(os.Stdout, e)
	if err := s.certificate(e.Certificate); err != nil {
		return err
	}
	left, err := s.search(ctx)
	s.traces += max(len(e.Traces), left)
	return err
}

// search looks for the person's values as the database's owner: in all tables
// of all tenants.
func (s *privacyShow) search(ctx context.Context) (traces int, err error) {
	owner, err := pg.Open(ctx, s.url, pg.RoleOwner)
	if err != nil {
		return 0, err
	}
	defer owner.Close()
	err = owner.Look(ctx, func(tx pg.Tx) error {
		found, err := request.Traces(ctx, tx, s.values)
		for _, t := range found {
			fmt.Printf("trace: %s.%s %s %s\n", t.Table, t.Column, t.Row, t.Inside)
		}
		traces = len(found)
		return err
	})
	return traces, err
}

// certificate keeps a certificate and says which it is.
func (s *privacyShow) certificate(c privacy.Certificate) error {
	fmt.Printf("certificate %d, %s, sha256 %x\n", c.ID, c.Kind, c.Hash)
	return s.write(fmt.Sprintf("certificate-%d-%s.json", c.ID, c.Kind), func(w io.Writer) error {
		_, err := w.Write(c.Content)
		return err
	})
}

// purge does what a night does, when the taps that arrived today are past
// their term.
func (s *privacyShow) purge(ctx context.Context) error {
	night := s.now.AddDate(0, 4, 0)
	c, err := api.Purger(s.private, s.db, catalogue()).Run(ctx, s.tenant.ID, operator, night)
	if err != nil {
		return err
	}
	var r retention.Report
	if err := json.Unmarshal(c.Content, &r); err != nil {
		return fmt.Errorf("reading a certificate: %w", err)
	}
	fmt.Printf("purge as of %s: %d rows past their term removed, %d days sealed before\n", night.Format(time.DateOnly), r.Total, r.Sealed.Days)
	return s.certificate(c)
}

// handOver exports the tenant, and takes the file in again elsewhere.
func (s *privacyShow) handOver(ctx context.Context) error {
	var m ending.Manifest
	err := s.write("tenant.zip", func(w io.Writer) (err error) {
		m, err = ending.Export(ctx, s.private, s.tenant.ID, catalogue(), ending.ExportOptions{Version: version, By: operator, Now: s.now}, w)
		return err
	})
	if err != nil {
		return err
	}
	fmt.Printf("export: %d files, fingerprint %s\n", len(m.Files), m.Fingerprint)
	err = s.in(ctx, func(tx pg.Tx) error {
		all, err := privacy.Certificates(ctx, tx, privacy.CertExport, 1)
		if err != nil || len(all) == 0 {
			return errors.Join(err, errors.New("the export has no certificate"))
		}
		return s.certificate(all[0])
	})
	if err != nil {
		return err
	}
	file, err := os.ReadFile(filepath.Join(s.dir, "tenant.zip"))
	if err != nil {
		return fmt.Errorf("reading the export: %w", err)
	}
	return errors.Join(s.takeIn(ctx, m, file), s.tampered(ctx, m, file))
}

// takeIn imports the export into a fresh database.
func (s *privacyShow) takeIn(ctx context.Context, m ending.Manifest, file []byte) error {
	done, err := s.elsewhere(ctx, m, file)
	if err != nil {
		return err
	}
	differ := ending.Differences(m.Totals, done.Totals)
	s.differences = len(differ)
	fmt.Printf("import: %d people, %d registrations, %d runs, %d audit entries, %d tables, %d differences\n",
		done.Totals.People, done.Totals.Registrations, done.Totals.Runs, done.Totals.Audit, len(done.Totals.Tables), len(differ))
	for _, d := range differ {
		fmt.Println("differs:", d)
	}
	return nil
}

func (s *privacyShow) elsewhere(ctx context.Context, m ending.Manifest, file []byte) (done ending.Imported, err error) {
	fresh, drop, err := pg.Temporary(ctx, s.beside, "import")
	if err != nil {
		return done, err
	}
	defer func() { err = errors.Join(err, drop()) }()
	db, err := pg.Open(ctx, fresh, pg.RolePrivacy, s.keys)
	if err != nil {
		return done, err
	}
	defer db.Close()
	return ending.Import(ctx, db, catalogue(), ending.ImportOptions{Fingerprint: m.Fingerprint, By: operator, Now: s.now}, bytes.NewReader(file), int64(len(file)))
}

// tampered changes a byte of the export, and has it refused.
func (s *privacyShow) tampered(ctx context.Context, m ending.Manifest, file []byte) error {
	changed := slices.Clone(file)
	changed[len(changed)/2] ^= 1
	_, err := s.elsewhere(ctx, m, changed)
	if !errors.Is(err, ending.ErrManipulated) && !errors.Is(err, ending.ErrForeign) {
		return fmt.Errorf("an export that was tampered with was not refused: %w", err)
	}
	fmt.Println("import of a changed file:", err)
	return nil
}

// destroy removes the tenant, and looks for the people once more.
func (s *privacyShow) destroy(ctx context.Context) error {
	for _, n := range demoNames {
		s.values = append(s.values, n.Surname, n.First)
	}
	done, err := ending.Destroy(ctx, s.private, s.tenant.ID, catalogue(), ending.Destruction{By: operator, Now: func() time.Time { return s.now }, Ahead: "demo"})
	if err != nil {
		return err
	}
	var rows int64
	for _, n := range done.Rows {
		rows += n
	}
	fmt.Printf("destruction: %d rows of %d tables\n", rows, len(done.Rows))
	if err := s.certificate(done.Certificate); err != nil {
		return err
	}
	left, err := s.search(ctx)
	s.traces += left
	return err
}
