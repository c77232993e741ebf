package incident

import (
	"context"
	"time"

	"tikklok/api/sla"
	"tikklok/ingest/audit"
	"tikklok/ingest/pg"
	"tikklok/ingest/tenant"
)

// looksBack is how far back downtimes are looked for: longer than a probe's
// results may be late, as they come when the server is back.
const looksBack = 35 * 24 * time.Hour

// Find opens an incident for each downtime that the probe found, writes down
// that one arose earlier where minutes that came later say so, and when the
// probe got in again. Called again it does nothing anew. It gives the numbers
// of those it opened. Downtimes of before the contract was recorded are not the
// tenant's.
func Find(ctx context.Context, tx pg.Tx, now time.Time) (opened []int64, err error) {
	if err := lock(ctx, tx); err != nil {
		return nil, err
	}
	minutes, err := sla.Minutes(ctx, tx, now.Add(-looksBack), now)
	if err != nil {
		return nil, err
	}
	downtimes := Downtimes(minutes)
	if len(downtimes) == 0 {
		return nil, nil
	}
	contract, err := tenant.Contract(ctx, tx)
	if err != nil {
		return nil, err
	}
	all, err := List(ctx, tx)
	if err != nil {
		return nil, err
	}
	for _, d := range downtimes {
		about, found := one(all, d)
		if !found {
			about = foundBy(d, TermsOf(contract.Terms), now)
			about.By = audit.Actor{Kind: audit.System}
			if about.ID, err = insert(ctx, tx, about); err != nil {
				return nil, err
			}
			opened = append(opened, about.ID)
		}
		if err := follow(ctx, tx, about, d, now); err != nil {
			return nil, err
		}
	}
	return opened, nil
}

// one finds the incident that is about a downtime.
func one(all []Incident, d Downtime) (Incident, bool) {
	for _, i := range all {
		if i.covers(d) {
			return i, true
		}
	}
	return Incident{}, false
}

// follow writes down what a downtime says of its incident.
func follow(ctx context.Context, tx pg.Tx, i Incident, d Downtime, now time.Time) error {
	by := audit.Actor{Kind: audit.System}
	if d.From.Before(i.Arose()) {
		if err := insertStep(ctx, tx, i.ID, Step{What: Earlier, DoneAt: d.From, Note: "The probe's minutes came later.", At: now, By: by}); err != nil {
			return err
		}
	}
	if d.Over && i.lastUp().Before(d.To) {
		return insertStep(ctx, tx, i.ID, Step{What: UpAgain, DoneAt: d.To, At: now, By: by})
	}
	return nil
}
