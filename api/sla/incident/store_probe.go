package incident

import (
	"context"
	"fmt"
	"slices"
	"time"

	"tikklok/api/sla"
	"tikklok/ingest/audit"
	"tikklok/ingest/pg"
)

// Seen gives the downtimes that the probe found between two instants, of the
// whole installation.
func Seen(ctx context.Context, tx pg.Tx, from, to time.Time) ([]Downtime, error) {
	minutes, err := sla.Minutes(ctx, tx, from, to)
	return Downtimes(minutes), err
}

// Find opens an incident of the tenant for each downtime, writes down that one
// arose earlier where minutes that came later say so, when the probe got in
// again, and that one which was said to be solved isn't. Called again it does
// nothing anew. It gives the numbers of those it opened. Downtimes of before
// the tenant was made are none of its.
func Find(ctx context.Context, tx pg.Tx, downtimes []Downtime, now time.Time) (opened []int64, err error) {
	if len(downtimes) == 0 {
		return nil, nil
	}
	if err := lock(ctx, tx); err != nil {
		return nil, err
	}
	var made time.Time
	if err := tx.QueryRow(ctx, "SELECT created_at FROM tenant WHERE tenant_id = current_tenant()").Scan(&made); err != nil {
		return nil, fmt.Errorf("reading since when the tenant is there: %w", err)
	}
	all, err := List(ctx, tx)
	if err != nil {
		return nil, err
	}
	for _, d := range downtimes {
		if !d.To.After(made) {
			continue
		}
		about := one(all, d)
		if about == nil {
			found, err := open(ctx, tx, d, now)
			if err != nil {
				return nil, err
			}
			all = append(all, found)
			about, opened = &all[len(all)-1], append(opened, found.ID)
		}
		if err := about.follow(ctx, tx, d, now); err != nil {
			return nil, err
		}
	}
	return opened, nil
}

// open writes down the incident that a downtime is.
func open(ctx context.Context, tx pg.Tx, d Downtime, now time.Time) (Incident, error) {
	terms, err := TermsNow(ctx, tx)
	if err != nil {
		return Incident{}, err
	}
	i := foundBy(d, terms, now)
	i.By = audit.Actor{Kind: audit.System}
	return insert(ctx, tx, i)
}

// one finds the incident that is about a downtime; nil: there is none.
func one(all []Incident, d Downtime) *Incident {
	n := slices.IndexFunc(all, func(i Incident) bool { return i.covers(d) })
	if n < 0 {
		return nil
	}
	return &all[n]
}

// follow writes down what a downtime says of its incident.
func (i *Incident) follow(ctx context.Context, tx pg.Tx, d Downtime, now time.Time) error {
	for _, s := range i.told(d) {
		s.At, s.By = now, audit.Actor{Kind: audit.System}
		if err := i.take(ctx, tx, s); err != nil {
			return err
		}
	}
	return nil
}
