package main

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/pg"
	"tikklok/ingest/pg/pgtest"
	"tikklok/payroll"
	"tikklok/payroll/bi"
	"tikklok/payroll/format"
)

var october = calendar.Months.Of(calendar.On(2026, 10, 1))

// exporting gives the demo month with all that an export needs of it.
func exporting(t *testing.T) (*demoMonth, exporter) {
	t.Helper()
	url := pgtest.URL(t)
	hold, ready, done := make(chan struct{}), make(chan *demoMonth), make(chan error, 1)
	go func() {
		done <- demo(context.Background(), url, october, func(m *demoMonth) error { ready <- m; <-hold; return nil })
	}()
	t.Cleanup(func() { close(hold); <-done })
	select {
	case m := <-ready:
		return m, exporter{db: m.db, tenant: m.tenant, office: payroll.Office{Manifests: t.TempDir()}, by: m.boss, month: october, now: m.now}
	case err := <-done:
		done <- nil
		t.Fatal(err)
	}
	return nil, exporter{}
}

func TestEveryFormatWritesTheDemoMonth(t *testing.T) {
	m, e := exporting(t)
	for _, f := range format.Formats() {
		c := exportCommand{Format: f.Name(), Output: t.TempDir()}
		if err := c.furnish(t.Context(), m, e); err != nil {
			t.Errorf("%s: %v", f.Name(), err)
			continue
		}
		out, err := c.find(t.Context(), e)
		if err == nil {
			err = c.save(out)
		}
		if written, _ := filepath.Glob(filepath.Join(c.Output, "*")); err != nil || len(written) != 1 {
			t.Errorf("%s: %v, %v", f.Name(), err, written)
		}
	}
}

func TestWhatIsNotPaidIsWrittenToo(t *testing.T) {
	m, e := exporting(t)
	for _, name := range []string{"timesheets", "evidence", "evidence-csv", "xlsx", "parquet"} {
		c := exportCommand{Format: name, Output: filepath.Join(t.TempDir(), "file")}
		err := c.furnish(t.Context(), m, e)
		if err == nil {
			out, found := c.find(t.Context(), e)
			if err = found; err == nil {
				err = c.save(out)
			}
		}
		if info, missing := os.Stat(c.Output); err != nil || missing != nil || info.Size() < 1000 {
			t.Errorf("%s: %v, %v", name, err, missing)
		}
	}
}

func TestAnExportMakesNoRunUnlessAsked(t *testing.T) { // I8
	m, e := exporting(t)
	f, err := format.ByName("csv")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.destination(t.Context(), f); err != nil {
		t.Fatal(err)
	}
	c := exportCommand{Format: "csv", Output: t.TempDir()}
	if _, err := c.find(t.Context(), e); err == nil || !strings.Contains(err.Error(), "--create") {
		t.Fatalf("%v", err)
	}
	c.Create = true
	made, err := c.find(t.Context(), e)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.find(t.Context(), e); !errors.Is(err, payroll.ErrNothing) {
		t.Errorf("the same lines again: %v", err)
	}
	c.Create = false
	if again, err := c.find(t.Context(), e); err != nil || again.about != made.about {
		t.Errorf("%q, %v; want %q", again.about, err, made.about)
	}
}

func TestNothingIsWrittenForAnalysisUnlessItIsAllowedAndPublished(t *testing.T) { // OB-P13
	m, e := exporting(t)
	write := func() error {
		out, err := exportCommand{Format: "parquet"}.find(t.Context(), e)
		if err != nil {
			t.Fatal(err)
		}
		return out.write(io.Discard)
	}
	if err := write(); !errors.Is(err, bi.ErrNotAllowed) {
		t.Error(err)
	}
	err := m.db.InTenant(t.Context(), m.tenant.ID, func(tx pg.Tx) error {
		if err := m.agree(t.Context(), tx); err != nil {
			return err
		}
		_, err := bi.Allow(t.Context(), tx, m.boss, true, "clause 4.2", m.now)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := write(); err == nil || !strings.Contains(err.Error(), "nothing is published") {
		t.Error(err)
	}
}

func TestADemosCorrectionsFollowItsRun(t *testing.T) {
	m, e := exporting(t)
	c := exportCommand{Format: "setu14", Corrections: true, Output: t.TempDir()}
	if err := c.furnish(t.Context(), m, e); err != nil {
		t.Fatal(err)
	}
	if out, err := c.find(t.Context(), e); err != nil || !strings.Contains(out.about, "run 2 ") || !strings.Contains(out.about, "2 employees") {
		t.Errorf("%q, %v", out.about, err)
	}
}

func TestAnExportSaysWhatItCannotFind(t *testing.T) {
	_, e := exporting(t)
	for want, c := range map[string]exportCommand{
		`format "colour" is unknown`:                        {Format: "colour"},
		"no destination has the format loket":               {Format: "loket"},
		`there is no destination "Salaris" of format loket`: {Format: "loket", Destination: "Salaris"},
		"--format xlsx has no runs":                         {Format: "xlsx", Create: true},
	} {
		if _, err := c.find(t.Context(), e); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
	if _, err := monthOf("2026-13", time.Now()); err == nil || !strings.Contains(err.Error(), "2026-13") {
		t.Error(err)
	}
	if got, err := monthOf("", time.Date(2026, 3, 31, 12, 0, 0, 0, time.UTC)); err != nil || got != calendar.Months.Of(calendar.On(2026, 2, 1)) {
		t.Errorf("%v, %v", got, err)
	}
}

func TestAnExportThatFailsLeavesNoFile(t *testing.T) {
	dir := t.TempDir()
	err := (exportCommand{Output: dir}).save(exported{name: "x.csv", write: func(io.Writer) error { return errors.New("gone") }})
	if left, _ := filepath.Glob(filepath.Join(dir, "*")); err == nil || len(left) > 0 {
		t.Errorf("%v, %v", err, left)
	}
	hidden, _ := filepath.Glob(filepath.Join(dir, ".*"))
	if len(hidden) > 2 { // . and ..
		t.Errorf("%v", hidden)
	}
}

func TestManyPapersAreNamedByWhatTheyAre(t *testing.T) {
	dir := t.TempDir()
	c := exportCommand{Output: dir}
	out := exported{name: "x.pdf", write: func(w io.Writer) error { _, err := io.WriteString(w, "PK"); return err }, after: func() (string, string) { return "papers.zip", "300 employees" }}
	if err := c.save(out); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "papers.zip")); err != nil {
		t.Error(err)
	}
	if err := (exportCommand{Output: filepath.Join(dir, "none", "x.zip")}).save(out); err == nil || !strings.Contains(err.Error(), "there is no folder") {
		t.Error(err)
	}
}

func TestADemoRefusesWhatItHasOfItsOwn(t *testing.T) {
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	for _, c := range []exportCommand{{Create: true}, {Destination: "x"}, {Tenant: "x"}} {
		if err := c.checkDemo(october, now); err == nil || !strings.Contains(err.Error(), "of its own") {
			t.Errorf("%+v: %v", c, err)
		}
	}
	if err := (exportCommand{}).checkDemo(calendar.Months.Of(calendar.On(2026, 11, 1)), now); err == nil || !strings.Contains(err.Error(), "is not over") {
		t.Error(err)
	}
	if err := (exportCommand{}).checkDemo(october, now); err != nil {
		t.Error(err)
	}
}

func TestADemosEvidenceShowsItsCorrections(t *testing.T) {
	m, e := exporting(t)
	c := exportCommand{Format: "evidence-csv", Corrections: true, Output: t.TempDir()}
	if err := c.furnish(t.Context(), m, e); err != nil {
		t.Fatal(err)
	}
	out, err := c.find(t.Context(), e)
	var b strings.Builder
	if err == nil {
		err = out.write(&b)
	}
	if err != nil || !strings.Contains(b.String(), "rounding_or_by_hand") {
		t.Errorf("%v: no correction in %.300s", err, b.String())
	}
}

func TestWhatIsExportedIsWrittenDown(t *testing.T) { // OB-C4
	m, e := exporting(t)
	f, err := format.ByName("csv")
	if err != nil {
		t.Fatal(err)
	}
	d, err := m.destination(t.Context(), f)
	if err != nil {
		t.Fatal(err)
	}
	out, err := e.create(t.Context(), d)
	if err != nil || out.run == 0 {
		t.Fatalf("run %d, %v", out.run, err)
	}
	if err := errors.Join(e.record(t.Context(), "csv", out.run), e.record(t.Context(), "xlsx", 0)); err != nil {
		t.Fatal(err)
	}
	for action, want := range map[string]int64{"payroll_run.pull": 1, "export.write": 1} {
		err := e.db.InTenant(t.Context(), e.tenant.ID, func(tx pg.Tx) error {
			var n int64
			err := tx.QueryRow(t.Context(), "SELECT count(*) FROM audit_entry WHERE tenant_id = current_tenant() AND action = $1", action).Scan(&n)
			if n != want {
				t.Errorf("%d entries %s", n, action)
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	}
}
