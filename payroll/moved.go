package payroll

import (
	"context"
	"errors"
	"fmt"
	"os"

	"tikklok/ingest/durable"
	"tikklok/ingest/pg"
)

// Arrived keeps the manifests of the runs of a tenant that came from another
// server, so that register and manifests agree here too (I8). A run that was
// being made there is not kept: nothing of it left.
func (f Office) Arrived(ctx context.Context, tx pg.Tx) error {
	tenant, err := tenantOf(ctx, tx)
	if err != nil {
		return err
	}
	runs, err := Runs(ctx, tx, 0)
	if err != nil {
		return err
	}
	for _, r := range runs {
		if r.State == Prepared {
			continue
		}
		err := f.keep(r.manifest(tenant, false))
		if err == nil && r.State == Void {
			err = f.keep(r.manifest(tenant, true))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// Gone removes the manifests of a tenant that was destroyed.
func (f Office) Gone(tenant int64) error {
	err := os.RemoveAll(f.folder(tenant))
	if err == nil {
		err = durable.Folder(f.Manifests)
	}
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("removing the manifests of a tenant: %w", err)
	}
	return nil
}
