package payroll

import (
	"context"
	"time"

	"tikklok/ingest/audit"
	"tikklok/ingest/pg"
)

// Prepare gives what a run would hold if it were made now, and what stops it.
// It changes nothing.
func Prepare(ctx context.Context, tx pg.Tx, o Order, now time.Time) (Preview, error) {
	return Preview{}, errNotYet
}

// Create makes a run in transactions of its own (see the package comment), and
// finishes what an earlier crash left. Errors: ErrUnmapped, naming the codes;
// ErrFormat; ErrNothing, naming the run that took the lines; ErrClosed.
func (f Office) Create(ctx context.Context, db *pg.DB, tenant int64, by audit.Actor, o Order, now time.Time) (Run, error) {
	return Run{}, errNotYet
}

// Resume finishes prepared runs that a crash left; call it at start.
func (f Office) Resume(ctx context.Context, db *pg.DB, tenant int64) error { return errNotYet }

// File gives the file of a created run: the same bytes every time. It changes
// nothing. Errors: ErrNotFound, ErrUnfinished, ErrVoid, ErrClosed.
func (f Office) File(ctx context.Context, tx pg.Tx, id int64) (File, error) {
	return File{}, errNotYet
}

// Void declares that a run was not and will not be taken in: its lines are
// free for another. It stays in the register. Errors: ErrNotFound, ErrLater.
func (f Office) Void(ctx context.Context, db *pg.DB, tenant int64, by audit.Actor, id int64, reason string, now time.Time) (Run, error) {
	return Run{}, errNotYet
}

// Reconcile returns ErrClosed, naming each difference, while the register and
// the manifests disagree (I8).
func (f Office) Reconcile(ctx context.Context, tx pg.Tx) error { return errNotYet }
