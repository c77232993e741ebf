package evidence

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"tikklok/ingest/pg"
	"tikklok/ingest/privacy"
	"tikklok/ingest/privacy/refusal"
	"tikklok/ingest/privacy/statement"
	"tikklok/ingest/tenant"
)

// look gives all that was found for a month: what is looked at, as it was seen
// in the month where that was kept, and what has a date of its own; and the
// version of the program that ran then, which its tests have to be of.
func look(ctx context.Context, tx pg.Tx, r Register, o Order, moment time.Time) ([]Finding, string, error) {
	seen, err := lookNow(ctx, tx, o)
	if err != nil {
		return nil, "", err
	}
	kept, err := glances(ctx, tx, o.Month, moment)
	if err != nil {
		return nil, "", err
	}
	over := moment.Before(o.Now)
	if over {
		o.Program = versionThen(kept, o.Program)
	}
	out := past(seen, kept, over)
	for _, more := range []func(context.Context, pg.Tx, Register, Order, time.Time) ([]Finding, error){dated, checked, served, backedUp, tests, records} {
		found, err := more(ctx, tx, r, o, moment)
		if err != nil {
			return nil, "", err
		}
		out = append(out, found...)
	}
	return out, o.Program, nil
}

// lookNow looks at what the database is like now: the questions without dates,
// the measures of GDPR article 32, the catalogue held against the columns that
// there are, the contract, and the notes of the version that runs.
func lookNow(ctx context.Context, tx pg.Tx, o Order) ([]Finding, error) {
	columns, err := privacy.Columns(ctx, tx)
	if err != nil {
		return nil, err
	}
	outside := len(o.Catalogue.Uncatalogued(columns))
	out := []Finding{{Proof: "fields", At: o.Now, Holds: outside == 0, Value: fmt.Sprint(outside)}}
	if about, named := forbidden(o.Catalogue); about > 0 {
		out = append(out, Finding{Proof: "forbidden", At: o.Now, Holds: named == 0, Value: fmt.Sprint(named)})
	}
	checks, err := statement.Look(ctx, tx)
	if err != nil {
		return nil, err
	}
	for _, m := range checks {
		if m.State != statement.Unseen && m.Measure != "purge" { // a purge has a date of its own
			out = append(out, Finding{Proof: m.Measure, At: o.Now, Holds: m.State == statement.Works, Value: fmt.Sprint(m.Values...)})
		}
	}
	for _, more := range []func(context.Context, pg.Tx, Order) ([]Finding, error){agreed, released} {
		found, err := more(ctx, tx, o)
		if err != nil {
			return nil, err
		}
		out = append(out, found...)
	}
	for _, q := range looks() {
		f, ok, err := q.ask(ctx, tx, o.Now)
		if err != nil {
			return nil, err
		}
		if ok {
			f.At = o.Now
			out = append(out, f)
		}
	}
	return out, nil
}

// forbidden counts the columns about people, and those of them that are called
// after what may not be kept (OB-P2). Others may have such names: a fingerprint
// of a key is nobody's.
func forbidden(c privacy.Catalogue) (about, named int) {
	for _, t := range c {
		for _, f := range t.Fields {
			about++
			if _, is := refusal.Named(f.Column); is {
				named++
			}
		}
	}
	return about, named
}

// dated asks for what has a date of its own.
func dated(ctx context.Context, tx pg.Tx, r Register, _ Order, moment time.Time) (out []Finding, err error) {
	days := r.days()
	for _, q := range events() {
		f, ok, err := q.askAround(ctx, tx, days[q.proof], moment)
		if err != nil {
			return nil, err
		}
		if ok {
			out = append(out, f)
		}
	}
	return out, nil
}

// agreed looks at what the contract says, and whether all places where backups
// stand are allowed by it.
func agreed(ctx context.Context, tx pg.Tx, o Order) ([]Finding, error) {
	a, err := tenant.Contract(ctx, tx)
	if err != nil || a.Version == 0 {
		return nil, err
	}
	end := a.Terms.End
	out := []Finding{
		{Proof: "contract", At: o.Now, Holds: true, Value: string(a.Profile)},
		{Proof: "contact", At: o.Now, Holds: a.Contact.Administrator != 0 && a.Contact.Fallback != ""},
		{Proof: "end-terms", At: o.Now, Holds: end.Chosen(), Value: fmt.Sprintf("%d + %d", end.Data.Months, end.Backups.Days)},
	}
	rows, err := tx.Query(ctx, "SELECT place, region, operator FROM backup_place WHERE gone_at IS NULL ORDER BY place")
	if err != nil {
		return nil, fmt.Errorf("reading the places of backups: %w", err)
	}
	places, err := collect(rows, func(row pgx.CollectableRow) (p tenant.Place, err error) {
		return p, row.Scan(&p.Name, &p.Region, &p.Operator)
	})
	if err != nil || len(places) == 0 {
		return out, err
	}
	outside := slices.ContainsFunc(places, func(p tenant.Place) bool { return !p.Declared() || a.Terms.Refusal(p) != "" })
	return append(out, Finding{Proof: "places", At: o.Now, Holds: !outside, Value: fmt.Sprint(len(places))}), nil
}

// days gives how long each proof stays fresh: the longest of its controls.
func (r Register) days() map[string]int {
	days := map[string]int{}
	for _, o := range r.Obligations {
		for _, c := range o.Controls {
			for _, proof := range c.Proofs {
				days[proof] = max(days[proof], c.Days)
			}
		}
	}
	return days
}

// askAround gives what was so by a moment; where nothing of the days before it
// is found, what was so in the days after it: what came later doesn't hide what
// failed.
func (q question) askAround(ctx context.Context, tx pg.Tx, days int, moment time.Time) (f Finding, ok bool, err error) {
	f, ok, err = q.ask(ctx, tx, moment)
	if err != nil || ok && f.why(days, Moment{At: moment}) != Stale {
		return f, ok, err
	}
	later, there, err := q.ask(ctx, tx, moment.AddDate(0, 0, days))
	if err != nil || !there {
		return f, ok, err
	}
	return later, true, nil
}

// ask gives a finding; ok is false where there is no proof.
func (q question) ask(ctx context.Context, tx pg.Tx, upTo time.Time) (f Finding, ok bool, err error) {
	var holds *bool
	var at *time.Time
	var value *string
	err = tx.QueryRow(ctx, q.sql, upTo).Scan(&holds, &at, &value)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return Finding{}, false, fmt.Errorf("looking for the proof %s: %w", q.proof, err)
	}
	f.Proof = q.proof
	if value != nil {
		f.Value = *value
	}
	if holds == nil || at == nil {
		return f, false, nil
	}
	f.Holds, f.At = *holds, *at
	return f, true, nil
}

// profileIn names the preset of the contract that held on a moment's day, by
// the newest of its versions; "" where none is recorded.
func profileIn(ctx context.Context, tx pg.Tx, at time.Time) (name tenant.ProfileName, err error) {
	err = tx.QueryRow(ctx, `SELECT profile FROM tenant_contract WHERE tenant_id = current_tenant() AND from_day <= $1::date
		ORDER BY version DESC LIMIT 1`, at.Format(time.DateOnly)).Scan(&name)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return "", fmt.Errorf("reading the contract: %w", err)
	}
	return name, nil
}
