package api

import (
	"context"
	"fmt"
	"time"

	"tikklok/api/openapi"
	"tikklok/ingest/audit"
	"tikklok/ingest/hours"
	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/pg"
	"tikklok/ingest/privacy"
	"tikklok/ingest/privacy/retention"
	"tikklok/ingest/tenant"
)

// Purger removes what is past its term, under the tenant's contract, and seals
// the days whose taps go (OB-P3, I5). private is a pool of pg.RolePrivacy.
func Purger(private, app *pg.DB, catalogue privacy.Catalogue) retention.Purger {
	return retention.Purger{DB: private, Catalogue: catalogue, Limits: retentionLimits,
		Seal: func(ctx context.Context, tenant int64, before time.Time, dry bool, now time.Time) (retention.Sealed, error) {
			return sealBefore(ctx, app, tenant, before, dry, now)
		}}
}

// retentionLimits is what the tenant's contract says of retention. The probes'
// own has none: it is about nobody, and what they leave there goes as soon as a
// class allows.
func retentionLimits(ctx context.Context, tx pg.Tx) (retention.Limits, error) {
	t, err := tenant.Get(ctx, tx)
	if err != nil {
		return retention.Limits{}, err
	}
	if t.Probe {
		return retention.Limits{Contract: "of the probes", Longest: retention.Period{N: 4, Unit: retention.Week}, Since: time.Unix(0, 0), Nobody: true}, nil
	}
	a, err := tenant.Contract(ctx, tx)
	return limitsOf(a), err
}

// limitsOf is what a contract says of retention.
func limitsOf(a tenant.Agreement) retention.Limits {
	keep := retention.Period{N: a.Terms.Keep.Months, Unit: retention.Month}
	if a.Terms.Keep.Months == 0 {
		keep = retention.Period{N: a.Terms.Keep.Days, Unit: retention.Day}
	}
	return retention.Limits{Contract: string(a.Profile), Longest: keep, Since: a.First}
}

// sealBefore computes what is due, holds it against the Act, and seals the days
// before a moment, also those that nobody approved: their taps are at the end
// of their term, and what is sealed can still be approved (I5).
func sealBefore(ctx context.Context, app *pg.DB, tenant int64, before time.Time, dry bool, now time.Time) (out retention.Sealed, err error) {
	if !dry {
		if _, err := hours.Recompute(ctx, app, tenant, now); err != nil {
			return out, err
		}
		if err := hours.CheckLaw(ctx, app, tenant, now); err != nil {
			return out, err
		}
	}
	s, err := hours.Seal(ctx, app, tenant, calendar.DateOf(before.UTC()), true, dry, audit.Actor{Kind: audit.System}, now)
	out = retention.Sealed{Days: s.Days, Taps: s.Taps, Unapproved: len(s.Unapproved), Held: len(s.Held)}
	for _, one := range s.People {
		out.People = append(out.People, retention.SealedPerson{Employee: one.Employee, Until: one.Before.In(time.UTC), Taps: one.Taps})
	}
	return out, err
}

// unpaidHours counts the approved hours past their term that left in no run,
// with the oldest day: they stay until somebody saw to their pay (I8).
func unpaidHours(ctx context.Context, tx pg.Tx, now time.Time) (lines int64, oldest time.Time, err error) {
	limits, err := retentionLimits(ctx, tx)
	if err != nil {
		return 0, oldest, err
	}
	terms, err := retention.TermsOf(ctx, tx, limits)
	if err != nil {
		return 0, oldest, err
	}
	return retention.Unpaid(ctx, tx, terms, now)
}

// unpaidAlarms tells of hours that somebody waits to be paid for.
func unpaidAlarms(ctx context.Context, tx pg.Tx, now time.Time) ([]openapi.Alarm, error) {
	lines, oldest, err := unpaidHours(ctx, tx, now)
	if err != nil || lines == 0 {
		return nil, err
	}
	reason := fmt.Sprintf("%d approved lines are past their term and left in no run: they stay until a run of their period was pulled or delivered", lines)
	return []openapi.Alarm{{Kind: openapi.AlarmKindUnpaid, At: oldest, Reason: &reason}}, nil
}
