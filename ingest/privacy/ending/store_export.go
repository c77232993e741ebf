package ending

import (
	"context"
	"encoding/hex"
	"fmt"
	"io"

	"tikklok/ingest/pg"
	"tikklok/ingest/privacy"
)

// Export writes all that the tenant has, as of one moment, and certifies it.
// db is under pg.RolePrivacy. What it wrote is whole only if it returns no
// error.
func Export(ctx context.Context, db *pg.DB, tenant int64, c privacy.Catalogue, o ExportOptions, to io.Writer) (Manifest, error) {
	m := Manifest{Format: FormatName, Schema: pg.Fingerprint(), Version: o.Version, Tenant: tenant, At: o.Now.UTC()}
	err := db.AsOf(ctx, tenant, func(tx pg.Tx) error {
		a := newArchive(to, o.Now)
		if err := tx.QueryRow(ctx, "SELECT name FROM tenant WHERE tenant_id = current_tenant()").Scan(&m.Name); err != nil {
			return fmt.Errorf("reading the tenant: %w", err)
		}
		if err := a.tables(ctx, tx, c, &m.Totals); err != nil {
			return err
		}
		if err := a.papers(ctx, tx, m); err != nil {
			return err
		}
		return a.close(&m)
	})
	if err != nil || o.Unnoted {
		return m, err
	}
	return m, db.InTenant(ctx, tenant, func(tx pg.Tx) error { return noteExport(ctx, tx, m, o) })
}

// tables writes every table twice: as CSV, from which it is taken in again, and
// as JSON.
func (a *archive) tables(ctx context.Context, tx pg.Tx, c privacy.Catalogue, t *Totals) error {
	all, err := carried(ctx, tx, c)
	if err == nil {
		err = plainly(ctx, tx)
	}
	if err != nil {
		return err
	}
	if *t, err = counts(ctx, tx); err != nil {
		return err
	}
	for _, s := range all {
		err := a.add(csvPath(s.table.Name), func(w io.Writer) (err error) {
			t.Tables[s.table.Name], err = s.total(ctx, tx, w)
			return err
		})
		if err == nil {
			err = a.add("json/"+s.table.Name+".json", func(w io.Writer) error { return s.writeJSON(ctx, tx, w) })
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func csvPath(table string) string { return "tables/" + table + ".csv" }

// Exported is the content of an export's certificate (OB-P6).
type Exported struct {
	Fingerprint   string `json:"fingerprint"` // SHA-256 of the manifest
	Files         int    `json:"files"`
	Tables        int    `json:"tables"`
	Rows          int64  `json:"rows"`
	People        int64  `json:"people"`
	Registrations int64  `json:"registrations"`
	Chain         string `json:"chain"` // end of the audit log, as exported
}

func noteExport(ctx context.Context, tx pg.Tx, m Manifest, o ExportOptions) error {
	content := Exported{Fingerprint: m.Fingerprint, Files: len(m.Files), Tables: len(m.Totals.Tables),
		People: m.Totals.People, Registrations: m.Totals.Registrations, Chain: m.Totals.Chain}
	for _, t := range m.Totals.Tables {
		content.Rows += t.Rows
	}
	if _, err := privacy.Certify(ctx, tx, privacy.CertExport, content, o.By, o.Now); err != nil {
		return err
	}
	print, err := hex.DecodeString(m.Fingerprint)
	if err == nil {
		_, err = tx.Exec(ctx, `INSERT INTO tenant_ending (tenant_id, exported_at, fingerprint) VALUES (current_tenant(), $1, $2)
			ON CONFLICT (tenant_id) DO UPDATE SET exported_at = EXCLUDED.exported_at, fingerprint = EXCLUDED.fingerprint, accepted_at = NULL, accepted_by = NULL`, o.Now, print)
	}
	if err != nil {
		return fmt.Errorf("noting an export: %w", err)
	}
	return nil
}
