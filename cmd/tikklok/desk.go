package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"tikklok/api"
	"tikklok/ingest/audit"
	"tikklok/ingest/hours"
	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/people"
	"tikklok/ingest/pg"
	"tikklok/ingest/pg/vault"
	"tikklok/ingest/privacy"
	"tikklok/ingest/privacy/request"
	"tikklok/ingest/privacy/retention"
	"tikklok/ingest/tenant"
	"tikklok/payroll"
)

// desk carries out requests of data subjects: it has what the rooms to the
// right of privacy know and do.
func (p place) desk(app, private *pg.DB) request.Desk {
	return request.Desk{
		DB: private, Catalogue: catalogue(), Log: request.Log(p.folder("erasures")),
		Prepare: func(ctx context.Context, tenant int64, now time.Time) error {
			_, err := hours.Recompute(ctx, app, tenant, now)
			return err
		},
		Terms: func(ctx context.Context, tx pg.Tx) (map[privacy.Class]string, error) {
			limits, err := api.Purger(private, app, nil).Limits(ctx, tx)
			if err != nil {
				return nil, err
			}
			terms, err := retention.TermsOf(ctx, tx, limits)
			return request.Terms(terms), err
		},
		Obstacles: obstacles,
		Backups:   p.standing,
		Seal: func(ctx context.Context, tx pg.Tx, employee int64, again bool, by audit.Actor, now time.Time) error {
			how := hours.SealApproved
			if again {
				how = hours.SealAll
			}
			u, err := hours.SealPerson(ctx, tx, employee, how, by, now)
			if err == nil && !u.Settled() {
				err = &request.Refusal{Obstacles: unsealed(u)}
			}
			return err
		},
	}
}

// standing lists the backups that are still there.
func (p place) standing() (out []request.Backup, err error) {
	m, err := vault.ReadManifest(p.folder("backups"))
	for _, d := range m.Dumps {
		if d.Removed == nil {
			out = append(out, request.Backup{Name: d.File, Expires: d.Expires.UTC()})
		}
	}
	return out, err
}

// eraseAgain brings a restored database up to date with the outside log, and
// finishes what a crash broke off (I8).
func eraseAgain(ctx context.Context, desk request.Desk, all []tenant.Tenant) error {
	for _, t := range all {
		n, err := desk.Replay(ctx, t.ID, time.Now())
		if errors.Is(err, request.ErrRefused) { // taps are taken in all the same; it is tried again at the next start
			slog.Error("whom the log of erasures names is still in the database", "tenant", t.ID, "error", err)
			err = nil
		}
		if err != nil {
			return err
		}
		if n > 0 {
			slog.Warn("erased again whom the log of erasures names: the database was older than it", "tenant", t.ID, "people", n)
		}
	}
	return nil
}

// obstacles says what keeps an employee from being erased: employment that
// runs, an account of the office, hours that are not approved or not paid.
func obstacles(ctx context.Context, tx pg.Tx, employee int64, now time.Time) ([]request.Obstacle, error) {
	var out []request.Obstacle
	e, err := people.EmployeeByID(ctx, tx, employee)
	if err != nil {
		return nil, err
	}
	switch {
	case e.Until == nil:
		out = append(out, request.Obstacle{Why: request.Employed})
	case !now.After(e.Until.AddDate(0, 0, 1)):
		out = append(out, request.Obstacle{Why: request.Employed, What: e.Until.Format(time.DateOnly)})
	}
	accounts, err := people.Accounts(ctx, tx)
	if err != nil {
		return nil, err
	}
	for _, a := range accounts {
		if a.Employee == employee && a.Closed == nil && !a.Has(people.OwnHours) {
			out = append(out, request.Obstacle{Why: request.InUse, What: fmt.Sprint(a.ID)})
		}
	}
	u, err := hours.SealPerson(ctx, tx, employee, hours.SealNothing, audit.Actor{Kind: audit.System}, now)
	if err != nil {
		return nil, err
	}
	out = append(out, unsealed(u)...)
	weeks, err := payroll.UnpaidOf(ctx, tx, employee)
	for _, w := range weeks {
		out = append(out, request.Obstacle{Why: request.Unpaid, What: w.String()})
	}
	return out, err
}

// unsealed says why not all days of somebody can be sealed.
func unsealed(u hours.Unsettled) (out []request.Obstacle) {
	for _, w := range u.Unapproved {
		out = append(out, request.Obstacle{Why: request.Unapproved, What: w.Week.String()})
	}
	for _, h := range u.Held {
		out = append(out, request.Obstacle{Why: request.Unsealed, What: h.Since.String()})
	}
	if (u.Until != calendar.Date{}) {
		out = append(out, request.Obstacle{Why: request.TooRecent, What: u.Until.String()})
	}
	return out
}
