package main

import (
	"context"
	"fmt"
	"time"

	"tikklok/ingest/pg"
	"tikklok/ingest/tenant"
	"tikklok/payroll"
)

// payrollCommand is for after a restore, as export stays closed while the
// register and the manifests disagree (I8), and for whoever holds a print.
type payrollCommand struct {
	Check      payrollCheck      `cmd:"" help:"Say where the register of runs and the manifests disagree."`
	CheckPrint payrollCheckPrint `cmd:"" help:"Say whether what a printed hash stands for is unaltered."`
	Adopt      payrollAdopt      `cmd:"" help:"Take a run that only its manifest knows back into the register: the payroll package took it in."`
	Disown     payrollDisown     `cmd:"" help:"Declare a run that only its manifest knows void: the payroll package did not take it in."`
}

type payrollCheck struct {
	Tenant string `help:"Name or number; needed where there are several."`
}

// Run names the differences.
func (c payrollCheck) Run(ctx context.Context, p place) error {
	return p.inTenant(ctx, c.Tenant, func(tx pg.Tx, _ tenant.Tenant) error {
		if err := p.office().Reconcile(ctx, tx); err != nil {
			return err
		}
		fmt.Println("the register of runs and the manifests agree; export is open")
		return nil
	})
}

type payrollAdopt struct {
	Number int64  `arg:"" name:"run" help:"Number of the run, as check names it."`
	Reason string `required:"" help:"Why; it is audited."`
	Tenant string `help:"Name or number; needed where there are several."`
}

// Run adopts a run.
func (c payrollAdopt) Run(ctx context.Context, p place) error {
	return p.withTenant(ctx, c.Tenant, func(db *pg.DB, t tenant.Tenant) error {
		run, err := p.office().Adopt(ctx, db, t.ID, operator, c.Number, c.Reason, time.Now())
		if err == nil {
			fmt.Printf("run %d is in the register as run %d: %d lines, %d minutes\n", c.Number, run.ID, run.Totals.Lines, run.Totals.Worked())
		}
		return err
	})
}

type payrollDisown struct {
	Number int64  `arg:"" name:"run" help:"Number of the run, as check names it."`
	Reason string `required:"" help:"Why; it is audited."`
	Tenant string `help:"Name or number; needed where there are several."`
}

// Run disowns a run.
func (c payrollDisown) Run(ctx context.Context, p place) error {
	err := p.inTenant(ctx, c.Tenant, func(tx pg.Tx, _ tenant.Tenant) error {
		return p.office().Disown(ctx, tx, operator, c.Number, c.Reason)
	})
	if err == nil {
		fmt.Printf("run %d is void; its lines may leave again\n", c.Number)
	}
	return err
}

func (p place) office() payroll.Office { return payroll.Office{Manifests: p.folder("manifests")} }
