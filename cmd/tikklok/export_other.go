package main

import (
	"context"
	"fmt"
	"io"

	"tikklok/ingest/pg"
	"tikklok/payroll/bi"
	"tikklok/payroll/paper"
)

// other gives what is written of approved hours without being paid: papers and
// what is looked at in sheets and databases.
func (e exporter) other(ctx context.Context, name string) (exported, bool) {
	in := func(fn func(tx pg.Tx, w io.Writer) error) func(io.Writer) error {
		return func(w io.Writer) error {
			return e.db.InTenant(ctx, e.tenant.ID, func(tx pg.Tx) error { return fn(tx, w) })
		}
	}
	days := fmt.Sprintf("%s to %s", e.month.From, e.month.To)
	file := func(extension string) string { return fmt.Sprintf("tikklok-%s-%s.%s", name, e.month.From, extension) }
	switch kind := paper.Kind(name); {
	case name == "xlsx":
		return exported{file("xlsx"), "lines, totals and exceptions of " + days, in(func(tx pg.Tx, w io.Writer) error {
			b, err := bi.WorkbookOf(ctx, tx, e.month, e.tenant.Language, e.now)
			if err != nil {
				return err
			}
			return bi.WriteXLSX(w, b)
		})}, true
	case name == "parquet":
		return exported{file("parquet"), "published rows of " + days, in(func(tx pg.Tx, w io.Writer) error {
			return bi.WriteParquet(w, bi.Published(ctx, tx, e.month))
		})}, true
	case kind == paper.Timesheets || kind == paper.Evidence:
		return exported{file("pdf"), days, e.printer(ctx, kind)}, true
	case kind == paper.EvidenceCSV:
		return exported{file("csv"), days, e.printer(ctx, kind)}, true
	}
	return exported{}, false
}

// printer prints papers, as of one moment.
func (e exporter) printer(ctx context.Context, kind paper.Kind) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := paper.Print(ctx, e.db, e.tenant.ID, w, paper.Order{Kind: kind, Period: e.month, At: e.now})
		return err
	}
}
