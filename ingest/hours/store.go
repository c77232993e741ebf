package hours

import (
	"context"
	"errors"
	"time"

	"tikklok/ingest/audit"
	"tikklok/ingest/pg"
)

// Errors that callers branch on.
var (
	ErrNotFound = errors.New("no such record")
	ErrState    = errors.New("the timesheet's state does not allow it")
	ErrUndone   = errors.New("the decision was already undone")
	ErrNoReason = errors.New("a reason is needed")
	errNotYet   = errors.New("not built yet")
)

// Recompute takes up all registrations, time pairs, decisions, fobs and rules
// that changed since the last call, in bounded transactions, and computes the
// days they touch again. It may run at several places at once.
func Recompute(ctx context.Context, db *pg.DB, tenant int64, now time.Time) (Changes, error) {
	return Changes{}, errNotYet
}

// Timesheets gives the week of every employee employed in it, or with hours in
// it, by surname.
func Timesheets(ctx context.Context, tx pg.Tx, week Week) ([]Timesheet, error) {
	return nil, errNotYet
}

// TimesheetOf gives one employee's week.
func TimesheetOf(ctx context.Context, tx pg.Tx, employee int64, week Week) (Timesheet, error) {
	return Timesheet{}, errNotYet
}

// Explain gives a day minute by minute.
func Explain(ctx context.Context, tx pg.Tx, employee int64, day Date) (Explanation, error) {
	return Explanation{}, errNotYet
}

// Decide records a decision and gives its id; the days it touches are computed
// at the next Recompute.
func Decide(ctx context.Context, tx pg.Tx, d Decision, now time.Time) (int64, error) {
	return 0, errNotYet
}

// Undo records that a decision no longer holds and gives the undo's id.
func Undo(ctx context.Context, tx pg.Tx, id int64, by audit.Actor, reason string, now time.Time) (int64, error) {
	return 0, errNotYet
}

// Approve freezes a week, or, when it is approved already, its pending
// differences as correction lines (I5). It returns *NeedsReason when there are
// exceptions or gaps and no reason is given.
func Approve(ctx context.Context, tx pg.Tx, by audit.Actor, employee int64, week Week, reason string, now time.Time) error {
	return errNotYet
}

// Reject sends an open week back, with a reason.
func Reject(ctx context.Context, tx pg.Tx, by audit.Actor, employee int64, week Week, reason string, now time.Time) error {
	return errNotYet
}

// Reopen opens an approved or rejected week. What was approved stays frozen:
// the next approval adds the differences.
func Reopen(ctx context.Context, tx pg.Tx, by audit.Actor, employee int64, week Week, reason string, now time.Time) error {
	return errNotYet
}

// Today gives who is in, by surname.
func Today(ctx context.Context, tx pg.Tx, now time.Time) ([]Presence, error) { return nil, errNotYet }

// Latest gives the last taps by arrival, newest first.
func Latest(ctx context.Context, tx pg.Tx, limit int) ([]LatestTap, error) { return nil, errNotYet }

// UnknownTaps gives the tokens whose taps wait for an administrator (OB-H1).
func UnknownTaps(ctx context.Context, tx pg.Tx) ([]UnknownTap, error) { return nil, errNotYet }

// Approved gives the frozen lines of the days from…to, both included, by
// employee number, day and id.
func Approved(ctx context.Context, tx pg.Tx, from, to Date) ([]Line, error) {
	return nil, errNotYet
}

// RuleSets gives all versions, oldest first; a tenant without any has Default.
func RuleSets(ctx context.Context, tx pg.Tx) ([]RuleSet, error) { return nil, errNotYet }

// PutRules adds a version in force from a day on and gives it. Days from there
// that are not approved are computed again; approved ones show differences.
func PutRules(ctx context.Context, tx pg.Tx, from Date, rules Rules, by audit.Actor, now time.Time) (RuleSet, error) {
	return RuleSet{}, errNotYet
}
