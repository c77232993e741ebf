package payroll

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"tikklok/ingest/audit"
	"tikklok/ingest/pg"
)

// MarkDelivered writes down that a run's last byte was taken at the other end:
// how says which way, in at most 500 characters ("sftp: uploads/run.zip"), and
// holds no secret. A run that is delivered or acknowledged stays as it is, so
// that a repeated delivery may say so again. Errors: ErrNotFound, ErrInvalid,
// ErrUnfinished, ErrVoid.
func (f Office) MarkDelivered(ctx context.Context, tx pg.Tx, by audit.Actor, id int64, how string, now time.Time) (Run, error) {
	return take(ctx, tx, by, id, Delivered, how, now, Acknowledged)
}

// MarkAcknowledged writes down that the package took the run in; note says
// what shows it, and may be empty. Errors as of MarkDelivered.
func (f Office) MarkAcknowledged(ctx context.Context, tx pg.Tx, by audit.Actor, id int64, note string, now time.Time) (Run, error) {
	return take(ctx, tx, by, id, Acknowledged, note, now)
}

// MarkRejected writes down that the package did not take the run in, and why.
// Only then a run that was acknowledged can be voided. Errors as of
// MarkDelivered; ErrInvalid without a reason.
func (f Office) MarkRejected(ctx context.Context, tx pg.Tx, by audit.Actor, id int64, reason string, now time.Time) (Run, error) {
	reason, err := checkReason(reason)
	if err != nil {
		return Run{}, err
	}
	return take(ctx, tx, by, id, Rejected, reason, now)
}

// take makes a run's next step, with its audit entry. A run that is there
// already, or past it, stays as it is.
func take(ctx context.Context, tx pg.Tx, by audit.Actor, id int64, next RunState, reason string, now time.Time, past ...RunState) (Run, error) {
	if len([]rune(reason)) > 500 {
		return Run{}, fmt.Errorf("%w: what is said of a step has at most 500 characters", ErrInvalid)
	}
	run, err := lockRun(ctx, tx, id)
	if err != nil {
		return Run{}, err
	}
	if run.State == next || slices.Contains(past, run.State) {
		return run, nil
	}
	if !run.State.May(next) {
		return Run{}, run.cannot(next)
	}
	if err := setState(ctx, tx, id, next); err != nil {
		return Run{}, err
	}
	if err := insertStep(ctx, tx, id, Step{next, by, now, strings.TrimSpace(reason)}); err != nil {
		return Run{}, err
	}
	run.State = next
	return run, audit.Append(ctx, tx, audit.Entry{Action: "payroll_run." + next.verb(), SubjectKind: "payroll_run", SubjectID: id, By: by,
		Payload: map[string]any{"reason": reason}})
}

// verb is what an audit entry calls the step.
func (s RunState) verb() string {
	switch s {
	case Prepared:
		return "prepare"
	case Created:
		return "create"
	case Delivered:
		return "deliver"
	case Acknowledged:
		return "acknowledge"
	case Rejected:
		return "reject"
	}
	return string(s)
}

// cannot says why the run can't take the step.
func (r Run) cannot(next RunState) error {
	switch {
	case r.State == Void:
		return fmt.Errorf("run %d: %w: %s", r.ID, ErrVoid, r.VoidReason)
	case r.State == Prepared:
		return fmt.Errorf("run %d: %w", r.ID, ErrUnfinished)
	case next == Void && r.State == Acknowledged:
		return fmt.Errorf("%w: run %d was acknowledged, so the package has its hours; take them out there, mark the run rejected with a reason, then void it", ErrStep, r.ID)
	}
	return fmt.Errorf("%w: run %d is %s, from where there is no step to %s", ErrStep, r.ID, r.State, next)
}
