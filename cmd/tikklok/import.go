package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"

	"tikklok/ingest"
	"tikklok/ingest/pg"
)

type importCommand struct {
	Journal importJournal `cmd:"" default:"withargs" help:"Take in what a gateway exported to a file (the default)."`
	Tenant  importTenant  `cmd:"" help:"Make the tenant of an export in this database."`
}

type importJournal struct {
	File   string `arg:"" type:"existingfile" help:"What a gateway's journal export wrote."`
	Tenant string `help:"Name or number; needed where there are several."`
}

// Run imports a journal export; doing it twice changes nothing (I1).
func (c importJournal) Run(ctx context.Context, p place) error {
	file, err := os.Open(c.File)
	if err != nil {
		return fmt.Errorf("reading the export: %w", err)
	}
	defer file.Close()
	return p.withDatabase(ctx, func(d *database) error {
		look, err := d.open(ctx, pg.RoleApp)
		if err != nil {
			return err
		}
		defer look.Close()
		t, err := findTenant(ctx, look, c.Tenant)
		if err != nil {
			return err
		}
		db, err := d.open(ctx, pg.RoleIngest)
		if err != nil {
			return err
		}
		defer db.Close()
		done, err := ingest.Import(ctx, db, slog.Default(), operator, t.ID, file)
		if done.Gateway == 0 {
			return err
		}
		fmt.Printf("gateway %d: %d taps in %d batches, %d new, %d batches in quarantine\n", done.Gateway, done.Taps, done.Batches, done.New, done.Refused)
		return err
	})
}
