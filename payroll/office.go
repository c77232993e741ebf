package payroll

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"io"
	"strings"
	"time"

	"tikklok/ingest/audit"
	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/pg"
	"tikklok/ingest/privacy/request"
	"tikklok/ingest/tenant"
	"tikklok/payroll/format"
)

// Create makes a run in steps of its own (see the package comment), and
// finishes what an earlier crash left. What is approved later than now waits
// for the next run. When the answer is lost, the run is
// there all the same: asking again gives ErrNothing, naming it. Errors:
// ErrInvalid; ErrUnmapped, naming the codes; ErrFormat; ErrNothing; ErrClosed;
// tenant.ErrSuspended (OB-H10).
func (f Office) Create(ctx context.Context, db *pg.DB, tenant int64, by audit.Actor, o Order, now time.Time) (Run, error) {
	if err := o.check(); err != nil {
		return Run{}, err
	}
	if err := f.Resume(ctx, db, tenant); err != nil {
		return Run{}, err
	}
	var id int64
	err := db.InTenant(ctx, tenant, func(tx pg.Tx) (err error) {
		if err := f.Reconcile(ctx, tx); err != nil {
			return err
		}
		id, err = f.register(ctx, tx, by, o, now)
		return err
	})
	if err != nil {
		return Run{}, err
	}
	return f.finish(ctx, db, tenant, id)
}

// register commits nothing itself: it makes the prepared run, holding its
// lines and bytes, in the caller's transaction.
func (f Office) register(ctx context.Context, tx pg.Tx, by audit.Actor, o Order, now time.Time) (int64, error) {
	if err := tenant.RefuseSuspended(ctx, tx); err != nil {
		return 0, err
	}
	d, err := lockDestination(ctx, tx, o.Destination)
	if err != nil {
		return 0, err
	}
	run, err := f.insertComposed(ctx, tx, by, d, o.Period, now, approvedBy(now), strings.ToLower(rand.Text()))
	return run.ID, err
}

// insertComposed makes a prepared run under a key of the approved lines that
// wait and may leave: lines and bytes are stored as they are read.
func (f Office) insertComposed(ctx context.Context, tx pg.Tx, by audit.Actor, d Destination, period calendar.Period, now time.Time, may chosen, key string) (Run, error) {
	c, err := newComposition(ctx, tx, d, period, now, may)
	if err != nil {
		return Run{}, err
	}
	// Whose lines wait is decided: who is restricted while they are read is in
	// the run whole, and in the next one not again (GDPR 18, I8).
	if err := request.Show(ctx, tx); err != nil {
		return Run{}, err
	}
	c.progress = f.Progress
	run := Run{Destination: d.ID, Format: d.Format, Period: period, MapVersion: c.codes.Version, By: by, At: now, key: key}
	var file *partWriter
	c.output = func() (io.Writer, error) {
		run.ID, err = insertRun(ctx, tx, run)
		file = newPartWriter(ctx, tx, run.ID)
		return file, err
	}
	c.take = func(lines []format.Line) error { return insertLines(ctx, tx, run.ID, d.ID, lines) }
	if err := c.compose(ctx, tx); err != nil {
		return Run{}, err
	}
	if err := c.stopped(ctx, tx); err != nil {
		return Run{}, err
	}
	if err := file.flush(); err != nil {
		return Run{}, err
	}
	run.Bytes, run.SHA256, run.Totals = file.size, [32]byte(file.sum.Sum(nil)), c.totals.totals()
	if err := setPrepared(ctx, tx, run, c.fileType); err != nil {
		return Run{}, err
	}
	return run, audit.Append(ctx, tx, audit.Entry{Action: "payroll_run.prepare", SubjectKind: "payroll_run", SubjectID: run.ID, By: by,
		Payload: map[string]any{"destination": d.ID, "from": period.From, "to": period.To, "map_version": run.MapVersion,
			"sha256": hex.EncodeToString(run.SHA256[:]), "people": run.Totals.People, "lines": run.Totals.Lines, "minutes": run.Totals.Worked(), "beside": run.Totals.Beside()}})
}

// finish keeps a prepared run's manifest and only then lets it be pulled. It
// may be repeated, by several at once.
func (f Office) finish(ctx context.Context, db *pg.DB, tenant, id int64) (run Run, err error) {
	err = db.InTenant(ctx, tenant, func(tx pg.Tx) error { run, err = RunByID(ctx, tx, id); return err })
	if err != nil || run.State != Prepared {
		return run, err
	}
	if err := f.keep(run.manifest(tenant, false)); err != nil {
		return Run{}, err
	}
	err = db.InTenant(ctx, tenant, func(tx pg.Tx) error {
		run, err = take(ctx, tx, run.By, id, Created, "", run.At, Delivered, Acknowledged, Rejected, Void)
		return err
	})
	return run, err
}

// Resume finishes what a crash left: prepared runs, and void ones whose
// manifest was not kept. Call it at start, for every tenant.
func (f Office) Resume(ctx context.Context, db *pg.DB, tenant int64) error {
	var left []Run
	err := db.InTenant(ctx, tenant, func(tx pg.Tx) (err error) { left, err = unfinished(ctx, tx); return err })
	if err != nil {
		return err
	}
	for _, r := range left {
		if r.State == Void {
			err = f.keep(r.manifest(tenant, true))
		} else {
			_, err = f.finish(ctx, db, tenant, r.ID)
		}
		if err != nil {
			return fmt.Errorf("finishing run %d: %w", r.ID, err)
		}
	}
	return nil
}

// Void declares that a run was not and will not be taken in: its lines are
// free for another. It stays in the register. Voiding a void run repairs a
// missing manifest and changes nothing else. Errors: ErrNotFound, ErrInvalid,
// ErrLater; ErrStep for one that was acknowledged and not rejected since.
func (f Office) Void(ctx context.Context, db *pg.DB, tenant int64, by audit.Actor, id int64, reason string, now time.Time) (Run, error) {
	reason, err := checkReason(reason)
	if err != nil {
		return Run{}, err
	}
	run, err := f.finish(ctx, db, tenant, id)
	if err != nil {
		return Run{}, err
	}
	err = db.InTenant(ctx, tenant, func(tx pg.Tx) error {
		run, err = reverse(ctx, tx, by, run, reason, now)
		return err
	})
	if err != nil {
		return Run{}, err
	}
	return run, f.keep(run.manifest(tenant, true))
}

func checkReason(reason string) (string, error) {
	reason = strings.TrimSpace(reason)
	if n := len([]rune(reason)); n < 1 || n > 500 {
		return "", fmt.Errorf("%w: a reason has 1 to 500 characters", ErrInvalid)
	}
	return reason, nil
}

func reverse(ctx context.Context, tx pg.Tx, by audit.Actor, run Run, reason string, now time.Time) (Run, error) {
	if _, err := lockDestination(ctx, tx, run.Destination); err != nil {
		return Run{}, err
	}
	run, err := lockRun(ctx, tx, run.ID)
	if err != nil || run.State == Void {
		return run, err
	}
	if !run.State.May(Void) {
		return Run{}, run.cannot(Void)
	}
	later, err := laterRun(ctx, tx, run)
	if err != nil {
		return Run{}, err
	}
	if later != 0 {
		return Run{}, fmt.Errorf("%w: run %d corrects what run %d sent", ErrLater, later, run.ID)
	}
	if err := setVoid(ctx, tx, by, run.ID, reason, now); err != nil {
		return Run{}, err
	}
	err = audit.Append(ctx, tx, audit.Entry{Action: "payroll_run.void", SubjectKind: "payroll_run", SubjectID: run.ID, By: by,
		Payload: map[string]any{"reason": reason}})
	if err != nil {
		return Run{}, err
	}
	return RunByID(ctx, tx, run.ID)
}
