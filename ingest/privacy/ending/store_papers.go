package ending

import (
	"context"
	"fmt"
	"io"

	"github.com/jackc/pgx/v5"

	"tikklok/ingest/pg"
	"tikklok/ingest/press"
)

// papers writes what people read: a summary, a workbook, the files that went
// to payroll packages as they were, and what all of it is.
func (a *archive) papers(ctx context.Context, tx pg.Tx, m Manifest) error {
	var language string
	if err := tx.QueryRow(ctx, "SELECT language FROM tenant WHERE tenant_id = current_tenant()").Scan(&language); err != nil {
		return fmt.Errorf("reading the tenant: %w", err)
	}
	w, err := press.WordsOf(texts, language)
	if err != nil {
		return err
	}
	if err := a.payrollFiles(ctx, tx); err != nil {
		return err
	}
	if err := a.add(w.Say("file.workbook"), func(to io.Writer) error { return workbook(ctx, tx, w, m, to) }); err != nil {
		return err
	}
	if err := a.add(w.Say("file.summary"), func(to io.Writer) error { return summary(w, m).PDF(to) }); err != nil {
		return err
	}
	return a.add(w.Say("file.readme"), func(to io.Writer) error { _, err := io.WriteString(to, w.Say("readme")); return err })
}

// payrollFile is the bytes of one run.
type payrollFile struct {
	run       int64
	extension string
	parts     int
}

func (a *archive) payrollFiles(ctx context.Context, tx pg.Tx) error {
	rows, err := tx.Query(ctx, `SELECT r.run_id, r.extension, (SELECT count(*) FROM payroll_part p WHERE p.tenant_id = r.tenant_id AND p.run_id = r.run_id)
		FROM payroll_run r WHERE r.tenant_id = current_tenant() AND (EXISTS (SELECT FROM payroll_part p WHERE p.tenant_id = r.tenant_id AND p.run_id = r.run_id)
			OR EXISTS (SELECT FROM payroll_file f WHERE f.tenant_id = r.tenant_id AND f.run_id = r.run_id AND f.body <> '')) ORDER BY r.run_id`)
	if err != nil {
		return fmt.Errorf("listing files of payroll runs: %w", err)
	}
	all, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (f payrollFile, err error) {
		return f, r.Scan(&f.run, &f.extension, &f.parts)
	})
	if err != nil {
		return fmt.Errorf("listing files of payroll runs: %w", err)
	}
	for _, f := range all {
		err := a.add(fmt.Sprintf("files/payroll/run-%08d.%s", f.run, plain(f.extension)), func(to io.Writer) error { return f.write(ctx, tx, to) })
		if err != nil {
			return err
		}
	}
	return nil
}

// plain keeps a name of a file to letters and digits.
func plain(extension string) string {
	out := make([]byte, 0, len(extension))
	for _, b := range []byte(extension) {
		if b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= '0' && b <= '9' {
			out = append(out, b)
		}
	}
	if len(out) == 0 {
		return "bin"
	}
	return string(out)
}

func (f payrollFile) write(ctx context.Context, tx pg.Tx, to io.Writer) error {
	for part := range max(f.parts, 1) {
		var body []byte
		err := tx.QueryRow(ctx, `SELECT body FROM (SELECT part, body FROM payroll_part WHERE tenant_id = current_tenant() AND run_id = $1
				UNION ALL SELECT 0, body FROM payroll_file WHERE tenant_id = current_tenant() AND run_id = $1 AND $3 = 0) b
			ORDER BY part LIMIT 1 OFFSET $2`, f.run, part, f.parts).Scan(&body)
		if err != nil {
			return fmt.Errorf("reading the file of run %d: %w", f.run, err)
		}
		if _, err := to.Write(body); err != nil {
			return err
		}
	}
	return nil
}

// lists are the sheets of the workbook beside the totals, by their names.
func lists(w press.Words) []list {
	return []list{
		{w.Say("sheet.employees"), heads(w.Say("columns.employees")), `SELECT number, surname, email, employed_from, employed_until, contract_minutes / 60.0
			FROM employee WHERE tenant_id = current_tenant() ORDER BY number, employee_id`},
		{w.Say("sheet.hours"), heads(w.Say("columns.hours")), `SELECT e.number, e.surname, l.day, s.name, l.code, l.kind, l.minutes, l.minutes / 60.0 FROM hour_line l
			LEFT JOIN employee e USING (tenant_id, employee_id) LEFT JOIN site s USING (tenant_id, site_id)
			WHERE l.tenant_id = current_tenant() ORDER BY l.day, e.number, l.employee_id, l.site_id, l.code, l.kind`},
		{w.Say("sheet.approved"), heads(w.Say("columns.hours")), `SELECT e.number, e.surname, l.day, s.name, l.code, l.kind, l.minutes, l.minutes / 60.0 FROM approved_line l
			LEFT JOIN employee e USING (tenant_id, employee_id) LEFT JOIN site s USING (tenant_id, site_id)
			WHERE l.tenant_id = current_tenant() ORDER BY l.day, e.number, l.line_id`},
	}
}

// list is a sheet that a query fills.
type list struct {
	name    string
	columns []string
	sql     string
}

// each gives the rows of a list.
func (l list) each(ctx context.Context, tx pg.Tx, row func([]any) error) error {
	rows, err := tx.Query(ctx, l.sql)
	if err != nil {
		return fmt.Errorf("reading %s: %w", l.name, err)
	}
	defer rows.Close()
	for rows.Next() {
		values, err := rows.Values()
		if err == nil {
			err = row(values)
		}
		if err != nil {
			return fmt.Errorf("reading %s: %w", l.name, err)
		}
	}
	return rows.Err()
}
