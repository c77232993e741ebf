package main

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"tikklok/ingest/audit"
	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/pg"
	"tikklok/ingest/pg/pgtest"
	"tikklok/ingest/privacy/ending"
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
		if dir := os.Getenv("TIKKLOK_KEEP_EXPORT"); dir != "" {
			_ = os.WriteFile(filepath.Join(dir, "export.zip"), l.file, 0o600)
		}
	})
}

var _ = []any{context.Background, errors.Is, io.EOF, slices.Contains[[]int], strings.Contains, zip.Store, audit.Operator}
