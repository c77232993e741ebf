package request

import (
	"context"
	"fmt"
	"time"

	"tikklok/ingest/audit"
	"tikklok/ingest/pg"
	"tikklok/ingest/privacy"
)

// Answer gives the file of a request for access or portability that was
// granted, and notes that it is done; while it is kept it can be taken again.
// Reads come from app, a pool under pg.RoleApp.
func (d Desk) Answer(ctx context.Context, app *pg.DB, tenant, id int64, by audit.Actor, now time.Time) (File, error) {
	var f File
	err := app.AsOf(ctx, tenant, func(tx pg.Tx) error {
		r, err := Get(ctx, tx, id)
		if err != nil {
			return err
		}
		if r.Kind != Access && r.Kind != Portability || r.State != Granted && r.State != Done {
			return fmt.Errorf("%w: request %d is no granted one for access or portability", ErrInvalid, id)
		}
		if err := Show(ctx, tx); err != nil {
			return err
		}
		f, err = d.file(ctx, tx, r.Employee, now)
		return err
	})
	if err != nil {
		return f, err
	}
	return f, app.InTenant(ctx, tenant, func(tx pg.Tx) error {
		r, err := get(ctx, tx, id, "FOR UPDATE")
		if err == nil && r.State == Granted {
			_, err = Take(ctx, tx, id, Act(Done), "", by, now)
		}
		if err != nil {
			return err
		}
		return audit.Append(ctx, tx, audit.Entry{Action: "request.file", SubjectKind: "employee", SubjectID: r.Employee, By: by, Payload: map[string]int64{"request": id}})
	})
}

func (d Desk) file(ctx context.Context, tx pg.Tx, employee int64, now time.Time) (File, error) {
	of, err := SubjectOf(ctx, tx, employee)
	if err != nil {
		return File{}, err
	}
	var terms map[privacy.Class]string
	if d.Terms != nil {
		if terms, err = d.Terms(ctx, tx); err != nil {
			return File{}, err
		}
	}
	return Gather(ctx, tx, d.Catalogue, of, terms, now)
}
