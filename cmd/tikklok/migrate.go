package main

import (
	"context"
	"errors"
	"fmt"

	"tikklok/ingest/pg"
)

type migrateCommand struct {
	NoBackup bool `help:"Migrate even where no backup can be made."`
}

// Run migrates the database. Where --state was forgotten there is none, and none
// is made.
func (c migrateCommand) Run(ctx context.Context, p place) error {
	if p.unserved() {
		return p.errUnserved()
	}
	d, err := p.openDatabase(ctx)
	if err != nil {
		return err
	}
	err = d.prepare(ctx, p, c.NoBackup)
	if err == nil {
		var now int64
		now, _, err = pg.SchemaVersions(ctx, d.url)
		fmt.Println("the database is of version", now)
	}
	return errors.Join(err, d.close())
}
