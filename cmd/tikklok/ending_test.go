package main

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tikklok/ingest/audit"
	"tikklok/ingest/hours"
	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/pg"
	"tikklok/ingest/pg/pgtest"
	"tikklok/ingest/privacy"
	"tikklok/ingest/privacy/ending"
	"tikklok/ingest/privacy/request"
	"tikklok/payroll"
)

// left is a tenant that was exported: a demo month with a payroll run.
type left struct {
	*testing.T
	url      string
	month    *demoMonth
	private  *pg.DB
	file     []byte
	manifest ending.Manifest
}

// withLeft makes a demo month, exports it and hands it over.
func withLeft(t *testing.T, fn func(*left)) {
	t.Helper()
	l := &left{T: t, url: pgtest.URL(t)}
	month := calendar.Period{From: calendar.On(2026, 9, 1), To: calendar.On(2026, 9, 30)}
	err := demo(t.Context(), l.url, month, func(m *demoMonth) error {
		l.month = m
		e := exporter{db: m.db, tenant: m.tenant, office: payroll.Office{Manifests: t.TempDir()}, by: m.boss, month: month, now: m.now}
		if err := (exportCommand{Format: "csv"}).furnish(t.Context(), m, e); err != nil {
			return err
		}
		var err error
		if l.private, err = pg.Open(t.Context(), l.url, pg.RolePrivacy, m.keys); err != nil {
			return err
		}
		defer l.private.Close()
		l.export()
		fn(l)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func (l *left) export() {
	l.Helper()
	var b bytes.Buffer
	m, err := ending.Export(l.Context(), l.private, l.month.tenant.ID, catalogue(), ending.ExportOptions{Version: "test", By: l.month.boss, Now: time.Now()}, &b)
	if err != nil {
		l.Fatal(err)
	}
	l.file, l.manifest = b.Bytes(), m
}

// take imports a file into a database.
func (l *left) take(url string, file []byte, print string) (ending.Imported, error) {
	l.Helper()
	db := pgtest.Open(l.T, url, pg.RolePrivacy)
	return ending.Import(l.Context(), db, catalogue(), ending.ImportOptions{Fingerprint: print, By: operator, Now: time.Now()}, bytes.NewReader(file), int64(len(file)))
}

func TestAnExportTurnsIntoTheSameTenantAgain(t *testing.T) { // OB-P6
	withLeft(t, func(l *left) {
		fresh := pgtest.URL(t)
		pgtest.Tenant(t, fresh, "somebody else") // so that the tenant's number is another
		done, err := l.take(fresh, l.file, l.manifest.Fingerprint)
		if err != nil {
			t.Fatal(err)
		}
		if d := ending.Differences(l.manifest.Totals, done.Totals); len(d) > 0 || done.Tenant == l.month.tenant.ID {
			t.Errorf("tenant %d differs: %v", done.Tenant, d)
		}
		if l.manifest.Totals.Punches == 0 || l.manifest.Totals.Runs == 0 || len(l.manifest.Totals.Paid) == 0 || len(l.manifest.Totals.Approved) == 0 {
			t.Errorf("the month is empty: %+v", l.manifest.Totals)
		}
		l.works(fresh, done.Tenant)
	})
}

// works finds that what was taken in is computed as it was, and that its audit
// log is sound.
func (l *left) works(url string, tenant int64) {
	l.Helper()
	db := pgtest.Open(l.T, url, pg.RoleApp)
	ctx := l.Context()
	if _, err := audit.Link(ctx, db, tenant); err != nil {
		l.Error(err)
	}
	if _, err := hours.Recompute(ctx, db, tenant, l.month.now); err != nil {
		l.Fatal(err)
	}
	v, err := hours.Verify(ctx, db, tenant, l.month.days, nil, l.month.now, func(int, int) {})
	if err != nil || len(v.Differences) > 0 || v.Days == 0 {
		l.Errorf("computed again: %+v, %v", v, err)
	}
	err = pgtest.Open(l.T, url, pg.RolePrivacy).InTenant(ctx, tenant, func(tx pg.Tx) error {
		now, err := ending.ControlTotals(ctx, tx, catalogue())
		if err == nil {
			was, is := l.manifest.Totals, now
			was.Tables, is.Tables, is.Audit, is.Chain = nil, nil, was.Audit, was.Chain
			if d := ending.Differences(was, is); len(d) > 0 {
				l.Errorf("taken up again it is not the same: %v", d)
			}
			err = audit.Verify(ctx, tx)
		}
		return err
	})
	if err != nil {
		l.Error(err)
	}
}

// rebuilt is the export with files changed: nil takes one out, and the manifest
// goes along where a test says so.
func (l *left) rebuilt(change func(path string, body []byte) ([]byte, bool)) []byte {
	l.Helper()
	z, err := zip.NewReader(bytes.NewReader(l.file), int64(len(l.file)))
	if err != nil {
		l.Fatal(err)
	}
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			l.Fatal(err)
		}
		body, err := io.ReadAll(r)
		if err != nil {
			l.Fatal(err)
		}
		body, keep := change(f.Name, body)
		if !keep {
			continue
		}
		to, err := w.Create(f.Name)
		if err == nil {
			_, err = to.Write(body)
		}
		if err != nil {
			l.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		l.Fatal(err)
	}
	return out.Bytes()
}

// edited changes one file, and where the manifest goes along its hash there.
func (l *left) edited(path, old, new string, honest bool) []byte {
	before := sha256.New()
	after := sha256.New()
	sums := func(path string, body []byte) ([]byte, bool) {
		if path != "manifest.json" {
			return body, true
		}
		body = bytes.Replace(body, []byte(hex.EncodeToString(before.Sum(nil))), []byte(hex.EncodeToString(after.Sum(nil))), 1)
		return body, true
	}
	return l.rebuilt(func(p string, body []byte) ([]byte, bool) {
		if p != path {
			if !honest {
				return sums(p, body)
			}
			return body, true
		}
		before.Write(body)
		if !bytes.Contains(body, []byte(old)) {
			l.Fatalf("%s has no %q", path, old)
		}
		body = bytes.Replace(body, []byte(old), []byte(new), 1)
		after.Write(body)
		return body, true
	})
}

func TestAnExportThatIsNotAsItWasWrittenIsRefusedByName(t *testing.T) { // OB-P6
	withLeft(t, func(l *left) {
		fresh := pgtest.URL(t)
		print := l.manifest.Fingerprint
		drop := func(path string) []byte {
			return l.rebuilt(func(p string, body []byte) ([]byte, bool) { return body, p != path })
		}
		for name, c := range map[string]struct {
			file  []byte
			print string
			is    error
			names string
		}{
			"a surname changed":              {l.edited("tables/employee.csv", "de Vries", "de Fries", true), print, ending.ErrManipulated, "tables/employee.csv"},
			"a line of paper changed":        {l.edited("LEESMIJ.txt", "Tijden", "Lijden", true), print, ending.ErrManipulated, "LEESMIJ.txt"},
			"a table missing":                {drop("tables/punch.csv"), print, ending.ErrManipulated, "tables/punch.csv"},
			"a paper missing":                {drop("overzicht.pdf"), print, ending.ErrManipulated, "overzicht.pdf"},
			"the manifest missing":           {drop("manifest.json"), print, ending.ErrForeign, "manifest.json"},
			"cut":                            {l.file[:len(l.file)/2], print, ending.ErrManipulated, "cut"},
			"no ZIP":                         {[]byte("number;name\n"), print, ending.ErrManipulated, "no ZIP"},
			"empty":                          {nil, print, ending.ErrManipulated, "no ZIP"},
			"with its hash, changed alike":   {l.edited("tables/employee.csv", "de Vries", "de Fries", false), print, ending.ErrManipulated, "manifest.json"},
			"without the fingerprint":        {l.file, "", ending.ErrUnproven, "fingerprint"},
			"another's fingerprint":          {l.file, strings.Repeat("0", 64), ending.ErrManipulated, "manifest.json"},
			"of another version":             {l.edited("manifest.json", l.manifest.Schema, "0000000000000000", true), print, ending.ErrManipulated, "manifest.json"},
			"a journal of a gateway, zipped": {drop("manifest.json"), "", ending.ErrForeign, "manifest.json"},
		} {
			t.Run(name, func(t *testing.T) {
				_, err := l.take(fresh, c.file, c.print)
				if !errors.Is(err, c.is) || !strings.Contains(err.Error(), c.names) {
					t.Errorf("it says %v, not %s about %s", err, c.is, c.names)
				}
			})
		}
		if n := pgtest.Exec(t, fresh, "SELECT count(*) FROM tenant"); n != 0 {
			t.Errorf("%d tenants were made all the same", n)
		}
	})
}

// Without a fingerprint whoever changed a file can change its hash too: the
// totals and the database's own rules still find most of it.
func TestWhatIsChangedWithItsHashIsFoundByWhatItSays(t *testing.T) {
	withLeft(t, func(l *left) {
		fresh := pgtest.URL(t)
		db := pgtest.Open(t, fresh, pg.RolePrivacy)
		for name, c := range map[string]struct{ path, old, new string }{
			"minutes":         {"tables/approved_line.csv", ",480,", ",481,"},
			"a foreign key":   {"tables/fob_issue.csv", "\n1,", "\n999999,"},
			"no number":       {"tables/punch.csv", ",1,", ",x,"},
			"a column's name": {"tables/punch.csv", "origin", "oregin"},
			"a number far ahead that would take all others from the rest": {"tables/site.csv", "\n1,", "\n9223372036854775807,"},
		} {
			t.Run(name, func(t *testing.T) {
				file := l.edited(c.path, c.old, c.new, false)
				_, err := ending.Import(t.Context(), db, catalogue(), ending.ImportOptions{Unproven: true, By: operator, Now: time.Now()}, bytes.NewReader(file), int64(len(file)))
				if !errors.Is(err, ending.ErrManipulated) {
					t.Errorf("it says %v", err)
				}
			})
		}
		if n := pgtest.Exec(t, fresh, "SELECT count(*) FROM tenant"); n != 0 {
			t.Errorf("%d tenants were made all the same", n)
		}
	})
}

func TestAnExportIsTakenInOnceAndNotBesideItsOwnTenant(t *testing.T) {
	withLeft(t, func(l *left) {
		if _, err := l.take(l.url, l.file, l.manifest.Fingerprint); !errors.Is(err, ending.ErrTaken) {
			t.Errorf("beside the tenant that it is of: %v", err)
		}
		fresh := pgtest.URL(t)
		if _, err := l.take(fresh, l.file, l.manifest.Fingerprint); err != nil {
			t.Fatal(err)
		}
		if _, err := l.take(fresh, l.file, l.manifest.Fingerprint); !errors.Is(err, ending.ErrTaken) {
			t.Errorf("a second time: %v", err)
		}
	})
}

// destroy is what the operator does, in small pieces.
func (l *left) destroy(d ending.Destruction) (ending.Destroyed, error) {
	d.By, d.Now, d.Batch = operator, time.Now, 100
	return ending.Destroy(l.Context(), l.private, l.month.tenant.ID, catalogue(), d)
}

func TestADestroyedTenantLeavesACertificateAndNobody(t *testing.T) { // OB-P6
	withLeft(t, func(l *left) {
		other := pgtest.Tenant(t, l.url, "the neighbours")
		pgtest.Exec(t, l.url, "INSERT INTO employee (tenant_id, number, surname, employed_from) VALUES ($1, '1', 'Buur', '2026-01-01')", other)
		done, err := l.destroy(ending.Destruction{Ahead: "letter of 1 September", BackupsUntil: time.Date(2026, 12, 5, 0, 0, 0, 0, time.UTC)})
		if err != nil {
			t.Fatal(err)
		}
		for table, want := range l.manifest.Totals.Tables {
			if table != "tenant" && done.Rows[table] < want.Rows {
				t.Errorf("%d rows of %s were destroyed, and there were %d", done.Rows[table], table, want.Rows)
			}
		}
		l.nobody()
		if n := pgtest.Exec(t, l.url, "SELECT count(*) FROM employee"); n != 1 {
			t.Errorf("%d employees, want the neighbours' one", n)
		}
		err = l.private.InTenant(t.Context(), l.month.tenant.ID, func(tx pg.Tx) error {
			c, err := privacy.CertificateOf(t.Context(), tx, done.Certificate.ID)
			if err == nil && (c.Kind != privacy.CertDestruction || c.By != operator || !bytes.Contains(c.Content, []byte("2026-12-05"))) {
				t.Errorf("certificate %+v %s", c, c.Content)
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
		for _, language := range []string{"nl", "en"} {
			paper, err := ending.Paper(language, done.Certificate)
			if text := paper.Text(); err != nil || !strings.Contains(text, "2026-12-05") || !strings.Contains(text, l.manifest.Fingerprint) || paper.PDF(io.Discard) != nil {
				t.Errorf("the certificate on paper: %s, %v", text, err)
			}
		}
		if _, err := l.destroy(ending.Destruction{Ahead: "again"}); !errors.Is(err, ending.ErrNotYet) {
			t.Errorf("destroyed twice: %v", err)
		}
	})
}

// nobody finds no name, no number and no row of the tenant but its shell.
func (l *left) nobody() {
	l.Helper()
	values := []string{"demo@localhost"}
	for i, n := range demoNames {
		values = append(values, n.Surname, fmt.Sprint(1001+i))
	}
	owner := pgtest.Open(l.T, l.url, pg.RoleOwner)
	err := owner.Look(l.Context(), func(tx pg.Tx) error {
		found, err := request.Traces(l.Context(), tx, values)
		for _, f := range found {
			l.Errorf("a trace: %+v", f)
		}
		return err
	})
	if err != nil {
		l.Error(err)
	}
	for table, want := range map[string]int64{"tenant": 1, "tenant_ending": 1, "privacy_certificate": 1, "audit_entry": 1} {
		if n := pgtest.Exec(l.T, l.url, "SELECT count(*) FROM "+table+" WHERE tenant_id = $1", l.month.tenant.ID); n != want {
			l.Errorf("%d rows of %s are left, not %d", n, table, want)
		}
	}
}

func TestADestructionThatWasCutOffGoesOn(t *testing.T) {
	withLeft(t, func(l *left) {
		fails := errors.New("the power goes")
		for range 2 { // outside the database, then within
			if _, err := l.destroy(ending.Destruction{Ahead: "letter", Outside: func() error { return fails }}); !errors.Is(err, fails) {
				t.Fatal(err)
			}
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := ending.Destroy(ctx, l.private, l.month.tenant.ID, catalogue(), ending.Destruction{By: operator, Now: time.Now}); err == nil {
			t.Fatal("it was done while nothing ran")
		}
		done, err := l.destroy(ending.Destruction{})
		if err != nil {
			t.Fatal(err)
		}
		if done.Rows["punch"] != l.manifest.Totals.Punches {
			t.Errorf("%d punches by the certificate, %d there were", done.Rows["punch"], l.manifest.Totals.Punches)
		}
		if !bytes.Contains(done.Certificate.Content, []byte(`"early":true`)) {
			t.Errorf("going on forgot that it was before the timetable's day: %s", done.Certificate.Content)
		}
		l.nobody()
	})
}

func TestWhatStandsOutsideTheDatabaseGoesToo(t *testing.T) { // OB-P6
	withLeft(t, func(l *left) {
		p, id := place{State: t.TempDir()}, l.month.tenant.ID
		for _, name := range []string{"manifests", "delivered", "erasures"} {
			for _, of := range []int64{id, id + 1} {
				folder := filepath.Join(p.folder(name), fmt.Sprint(of))
				if err := errors.Join(os.MkdirAll(folder, 0o700), os.WriteFile(filepath.Join(folder, "unfinished-1"), nil, 0o600)); err != nil {
					t.Fatal(err)
				}
			}
		}
		ended := filepath.Join(p.folder("ended"), fmt.Sprintf("%d.log", id))
		if err := errors.Join(os.MkdirAll(p.folder("ended"), 0o700), os.WriteFile(ended, nil, 0o600)); err != nil {
			t.Fatal(err)
		}
		d := &database{url: l.url, keys: pgtest.Keys(t)}
		if err := p.forget(t.Context(), d, id); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(ended); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("what ended is still told: %v", err)
		}
		left := map[string]int{"manifests": 0, "delivered": 0, "erasures": 1} // that it is gone
		for name, want := range left {
			there, err := os.ReadDir(filepath.Join(p.folder(name), fmt.Sprint(id)))
			if err != nil && !errors.Is(err, os.ErrNotExist) || len(there) != want {
				t.Errorf("%d files are left in %s, not %d: %v", len(there), name, want, err)
			}
			if there, err := os.ReadDir(filepath.Join(p.folder(name), fmt.Sprint(id+1))); err != nil || len(there) != 1 {
				t.Errorf("the neighbours lost theirs in %s: %v", name, err)
			}
		}
		err := l.month.db.InTenant(t.Context(), id, func(tx pg.Tx) error { return p.comeBack(t.Context(), tx, l.month.tenant) })
		if err == nil || !strings.Contains(err.Error(), "tikklok tenant destroy") {
			t.Errorf("a tenant that a backup brought back is served: %v", err)
		}
	})
}
