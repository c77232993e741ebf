package approval

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"tikklok/ingest/hours"
	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/pg"
)

// ReminderKind says how a deadline stands.
type ReminderKind string

// The kinds.
const (
	RemindBefore ReminderKind = "before" // as many hours before it as the policy says
	RemindPassed ReminderKind = "passed"
)

// Reminder is that a week's deadline nears or passed while timesheets waited.
type Reminder struct {
	ID      int64
	Week    calendar.Week
	Kind    ReminderKind
	Due     time.Time // the deadline
	Waiting int       // timesheets that waited when it was made
	Made    time.Time
	Mail    string // "not_yet": nothing mails reminders so far
}

// Remind makes the reminders that are due and were not made: after a night's
// sleep of the machine too. Each is made once a week and kind; where nothing
// waits it says 0, and nobody is shown it.
func Remind(ctx context.Context, tx pg.Tx, now time.Time) error {
	made, err := Reminders(ctx, tx, now)
	if err != nil {
		return err
	}
	for back := range weeksBack + 1 {
		week := calendar.DateOf(now).AddDays(1).Week().Add(-back) // somewhere it may be tomorrow
		office, err := Open(ctx, tx, week, now)
		if err != nil {
			return err
		}
		for _, kind := range office.due(now) {
			if slices.ContainsFunc(made, func(r Reminder) bool { return r.Week == week && r.Kind == kind }) {
				continue
			}
			if err := office.remind(ctx, tx, kind, now); err != nil {
				return err
			}
		}
	}
	return nil
}

// due gives the reminders of the week that should have been made by now; before
// it is over there is nothing to remind of.
func (o *Office) due(now time.Time) (kinds []ReminderKind) {
	d := o.policies.Of(o.Week, nil).Deadline
	if d == nil || now.Before(o.Week.Sunday().AddDays(1).In(o.Zone)) {
		return nil
	}
	at := o.Deadline()
	if d.Remind > 0 && !now.Before(at.Add(-time.Duration(d.Remind)*time.Hour)) {
		kinds = append(kinds, RemindBefore)
	}
	if !now.Before(at) {
		kinds = append(kinds, RemindPassed)
	}
	return kinds
}

func (o *Office) remind(ctx context.Context, tx pg.Tx, kind ReminderKind, now time.Time) error {
	n, err := Waiting(ctx, tx, o.Week)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `INSERT INTO approval_reminder (tenant_id, monday, kind, due_at, waiting, made_at)
		VALUES (current_tenant(), $1::text::date, $2, $3, $4, $5) ON CONFLICT DO NOTHING`, o.Week.Monday().String(), kind, o.Deadline(), n, now)
	if err != nil {
		return fmt.Errorf("noting a reminder: %w", err)
	}
	return nil
}

// Waiting counts the timesheets of a week with hours or exceptions that are not
// approved, or changed since.
func Waiting(ctx context.Context, tx pg.Tx, week calendar.Week) (n int, err error) {
	all, err := hours.Summaries(ctx, tx, week)
	for _, s := range all {
		if Waits(s) {
			n++
		}
	}
	return n, err
}

// Waits says whether a timesheet has to be approved, or approved again.
func Waits(s hours.Summary) bool {
	return s.Changed || s.State != hours.StateApproved && (len(s.Lines) > 0 || s.Exceptions() > 0)
}

// Reminders gives those made of the weeks that are looked at, newest week
// first.
func Reminders(ctx context.Context, tx pg.Tx, now time.Time) ([]Reminder, error) {
	rows, err := tx.Query(ctx, `SELECT reminder_id, monday, kind, due_at, waiting, made_at, mail FROM approval_reminder
		WHERE tenant_id = current_tenant() AND monday >= $1::text::date ORDER BY monday DESC, reminder_id DESC`,
		calendar.DateOf(now).Week().Add(-weeksBack-1).Monday().String())
	if err != nil {
		return nil, fmt.Errorf("listing reminders: %w", err)
	}
	all, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (x Reminder, err error) {
		var monday time.Time
		err = r.Scan(&x.ID, &monday, &x.Kind, &x.Due, &x.Waiting, &x.Made, &x.Mail)
		x.Week = calendar.DateOf(monday).Week()
		return x, err
	})
	if err != nil {
		return nil, fmt.Errorf("listing reminders: %w", err)
	}
	return all, nil
}
