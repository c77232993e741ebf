package ingest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"

	"tikklok/gateway/wire"
	"tikklok/ingest/audit"
	"tikklok/ingest/pg"
)

// Imported says what a journal export brought.
type Imported struct {
	Gateway uint32 `json:"gateway"`
	Batches int    `json:"batches"`
	Taps    int    `json:"taps"`    // in the file
	New     int    `json:"new"`     // not seen before
	Refused int    `json:"refused"` // batches now in quarantine
}

// ErrNotYours says that a tenant has no such gateway, or has revoked it.
var ErrNotYours = errors.New("this tenant has no such gateway, or it was revoked")

// Import takes in a journal export of one of the tenant's gateways, on the
// same path as messages: names make it safe to import a file twice, or one
// whose taps came by themselves too (I1). db is under pg.RoleIngest. When the
// file is damaged, what stands before the damage is in all the same, and the
// error says where it begins.
func Import(ctx context.Context, db *pg.DB, log *slog.Logger, by audit.Actor, tenant int64, file io.Reader) (Imported, error) {
	r, err := wire.NewExportReader(file)
	if err != nil {
		return Imported{}, err
	}
	done := Imported{Gateway: r.Gateway()}
	from, err := newGateways(db).find(ctx, r.Gateway())
	if errors.Is(err, errUnknownGateway) || err == nil && from.tenant != tenant {
		return done, fmt.Errorf("gateway %d: %w", r.Gateway(), ErrNotYours)
	}
	if err != nil {
		return done, err
	}
	w := &worker{commit: newCommitter(db, log, 1), log: log}
	for more := true; more; {
		var group []*message
		if group, err = readGroup(r, from); err != nil {
			more = false
		}
		if settled := done.settle(ctx, w, group); settled != nil {
			return done, settled
		}
	}
	if err == io.EOF {
		err = nil
	}
	return done, errors.Join(err, recordImport(ctx, db, by, tenant, done))
}

// readGroup reads as many batches as one transaction takes; what was read
// before an error comes with it.
func readGroup(r *wire.ExportReader, from gateway) (group []*message, err error) {
	for taps := 0; taps < groupTaps && len(group) < groupMessages; {
		payload, err := r.Next()
		if err != nil {
			return group, err
		}
		m := newMessage(from, payload)
		group = append(group, m)
		taps += m.taps
	}
	return group, nil
}

func (d *Imported) settle(ctx context.Context, w *worker, group []*message) error {
	if len(group) == 0 {
		return nil
	}
	before := w.fresh
	if err := w.settle(ctx, group, receipts{}); err != nil {
		return fmt.Errorf("importing a journal: %w", err)
	}
	d.New += w.fresh - before
	for _, m := range group {
		d.Batches++
		d.Taps += m.taps
		if m.fault != "" {
			d.Refused++
		}
	}
	return nil
}

func recordImport(ctx context.Context, db *pg.DB, by audit.Actor, tenant int64, done Imported) error {
	return db.InTenants(ctx, []int64{tenant}, func(tx pg.Tx) error {
		if err := nameTenant(ctx, tx, tenant); err != nil {
			return err
		}
		return audit.Append(ctx, tx, audit.Entry{Action: "journal.import", SubjectKind: "gateway",
			SubjectID: int64(done.Gateway), By: by, Payload: done})
	})
}
