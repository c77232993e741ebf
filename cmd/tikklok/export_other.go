package main

import (
	"cmp"
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
			return e.db.AsOf(ctx, e.tenant.ID, func(tx pg.Tx) error { return fn(tx, w) })
		}
	}
	days := fmt.Sprintf("%s to %s", e.month.From, e.month.To)
	file := func(extension string) string { return fmt.Sprintf("tikklok-%s-%s.%s", name, e.month.From, extension) }
	switch kind := paper.Kind(name); {
	case name == "xlsx":
		return exported{name: file("xlsx"), about: "lines, totals and exceptions of " + days, write: in(func(tx pg.Tx, w io.Writer) error {
			b, err := bi.WorkbookOf(ctx, tx, e.month, e.tenant.Language, e.now)
			if err != nil {
				return err
			}
			return bi.WriteXLSX(w, b)
		})}, true
	case name == "parquet":
		return e.published(ctx, file("parquet"), in), true
	case kind == paper.Timesheets || kind == paper.Evidence || kind == paper.EvidenceCSV:
		return e.papers(ctx, kind), true
	}
	return exported{}, false
}

// published gives the published rows of a month, where publishing is allowed
// (OB-P13).
func (e exporter) published(ctx context.Context, name string, in func(func(pg.Tx, io.Writer) error) func(io.Writer) error) exported {
	n := 0
	return exported{
		write: in(func(tx pg.Tx, w io.Writer) error {
			if p, err := bi.Allowed(ctx, tx); err != nil || !p.Allowed {
				return cmp.Or(err, bi.ErrNotAllowed)
			}
			err := bi.WriteParquet(w, func(yield func(bi.Row, error) bool) {
				for r, err := range bi.Published(ctx, tx, e.month) {
					n++
					if !yield(r, err) {
						return
					}
				}
			})
			if err == nil && n == 0 {
				err = fmt.Errorf("nothing is published of %s to %s: tikklok publish, or the Exports page, publishes a month", e.month.From, e.month.To)
			}
			return err
		}),
		after: func() (string, string) {
			return name, fmt.Sprintf("%d published rows of %s to %s", n, e.month.From, e.month.To)
		},
	}
}

// papers prints a month: one PDF, or many in a ZIP, which shows as they are
// printed.
func (e exporter) papers(ctx context.Context, kind paper.Kind) exported {
	var f paper.File
	return exported{
		write: func(w io.Writer) (err error) {
			f, err = paper.Print(ctx, e.db, e.tenant.ID, w, paper.Order{Kind: kind, Period: e.month, At: e.now})
			return err
		},
		after: func() (name, about string) {
			return f.Name, fmt.Sprintf("%d employees, %s to %s, %s", f.People, e.month.From, e.month.To, f.MediaType)
		},
	}
}
