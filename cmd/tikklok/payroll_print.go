package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"tikklok/ingest/pg"
	"tikklok/ingest/tenant"
	"tikklok/payroll/paper"
)

type payrollCheckPrint struct {
	Hash   string `arg:"" help:"SHA-256 of an approval as it is printed; its first 16 digits are enough, spaces do not matter in quotes."`
	Chain  string `help:"SHA-256 of its entry in the audit log, as it is printed."`
	Tenant string `help:"Name or number; needed where there are several."`
}

// Help says what is compared.
func (payrollCheckPrint) Help() string {
	return `Says which approval a printed hash is of, which hours it holds, and whether it
and the audit log are as they were. It ends with 1 when something was altered.

  tikklok payroll check-print 9f3a22b100aa11bb
  tikklok payroll check-print "9f3a22b1 00aa11bb" --chain "77c01e2a 90ab12cd"`
}

// Run checks a print.
func (c payrollCheckPrint) Run(ctx context.Context, p place) error {
	var found paper.Checked
	err := p.withTenant(ctx, c.Tenant, func(db *pg.DB, t tenant.Tenant) (err error) {
		if found, err = paper.Check(ctx, db, t.ID, paper.Printed{Hash: c.Hash, Chain: c.Chain}); err != nil {
			return err
		}
		return db.InTenant(ctx, t.ID, func(tx pg.Tx) error { return noteLook(ctx, tx, "payroll check-print", found.Who.ID) })
	})
	if err != nil {
		return err
	}
	c.print(os.Stdout, found)
	if !found.Unaltered() {
		return errFails
	}
	return nil
}

func (payrollCheckPrint) print(w io.Writer, c paper.Checked) {
	fmt.Fprintf(w, "approval %d of %s: employee %s, week %s, %d minutes worked\n", c.Approval, c.At.In(c.Zone).Format(time.DateTime), c.Who.Number, c.Week, c.Minutes)
	for _, d := range c.Days {
		fmt.Fprintf(w, "  %s %d\n", d.Date, d.Minutes)
	}
	fmt.Fprintf(w, "sha256 %x\n", c.Hash)
	if c.Entry != 0 {
		fmt.Fprintf(w, "audit log no. %d, sha256 %x\n", c.Entry, c.Chain)
	}
	if !c.LogVerified.IsZero() {
		fmt.Fprintf(w, "the whole audit log was last verified %s; what came since and what stands around this entry, now\n", c.LogVerified.In(c.Zone).Format(time.DateTime))
	}
	if len(c.Later) > 0 {
		fmt.Fprintf(w, "%d later approvals corrected it\n", len(c.Later))
	}
	for _, f := range c.Findings {
		fmt.Fprintf(w, "%s: %s\n", f, findingWords[f])
	}
	if c.Unaltered() {
		fmt.Fprintln(w, "unaltered")
	}
}

var findingWords = map[paper.Finding]string{
	paper.Altered:      "what is stored is not what was approved, or nothing of it is",
	paper.NotInLog:     "the audit log does not name this approval, or its words were removed",
	paper.OtherEntry:   "the entry in the audit log is not the one that was printed",
	paper.BrokenChain:  "an entry of the audit log was altered, removed or moved",
	paper.NoLongerHeld: "no fault: the week was reopened or rejected since",
}
