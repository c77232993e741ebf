package tenant

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"tikklok/ingest/audit"
	"tikklok/ingest/pg"
)

// Events gives all that happened to the contract, the first first.
func Events(ctx context.Context, tx pg.Tx) ([]Event, error) {
	rows, err := tx.Query(ctx, `SELECT event_id, kind, of_party, told_day, effective_day, COALESCE(takes_back, 0), service, reference, by_kind, by_id, made_at
		FROM contract_event WHERE tenant_id = current_tenant() ORDER BY event_id`)
	if err != nil {
		return nil, fmt.Errorf("listing what happened to the contract: %w", err)
	}
	all, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (e Event, err error) {
		return e, r.Scan(&e.ID, &e.Kind, &e.Of, &e.Told, &e.Effective, &e.TakesBack, &e.Service, &e.Reference, &e.By.Kind, &e.By.ID, &e.At)
	})
	if err != nil {
		return nil, fmt.Errorf("listing what happened to the contract: %w", err)
	}
	return all, nil
}

// Happen records a notice, an indexation, changed terms or force majeure, or
// refuses what comes too late under the contract (Invalid), naming the first
// day that doesn't.
func Happen(ctx context.Context, tx pg.Tx, by audit.Actor, e Event, now time.Time) (Event, error) {
	a, err := Contract(ctx, tx)
	if err != nil {
		return Event{}, err
	}
	all, err := Events(ctx, tx)
	if err != nil {
		return Event{}, err
	}
	if err := a.MayHappen(&e, Standing(all), midnight(now)); err != nil {
		return Event{}, err
	}
	return insertEvent(ctx, tx, by, e, now)
}

// TakeBack takes an event back, or ends force majeure. ErrNotFound where there
// is none that stands.
func TakeBack(ctx context.Context, tx pg.Tx, by audit.Actor, id int64, reference string, now time.Time) (Event, error) {
	all, err := Events(ctx, tx)
	if err != nil {
		return Event{}, err
	}
	standing := Standing(all)
	i := slices.IndexFunc(standing, func(e Event) bool { return e.ID == id && e.Kind != Warned && e.Kind != Used && e.Kind != Over })
	if i < 0 {
		return Event{}, ErrNoEvent
	}
	if !between(reference, 1, 200) {
		return Event{}, invalid("reference", "name the letter or message by which it was told, in 1 to 200 characters")
	}
	e := Event{Kind: TakenBack, Of: standing[i].Of, Told: midnight(now), Effective: midnight(now), TakesBack: id, Reference: reference}
	if standing[i].Kind == ForceMajeure {
		e.Kind = Over
	}
	return insertEvent(ctx, tx, by, e, now)
}

// ErrNoEvent says that nothing of that number can be taken back.
var ErrNoEvent = errors.New("no such event of the contract stands")

func insertEvent(ctx context.Context, tx pg.Tx, by audit.Actor, e Event, now time.Time) (Event, error) {
	e.By, e.At = by, now
	err := tx.QueryRow(ctx, `INSERT INTO contract_event (tenant_id, kind, of_party, told_day, effective_day, takes_back, service, reference, by_kind, by_id, made_at)
		VALUES (current_tenant(), $1, $2, $3, $4, NULLIF($5::bigint, 0), $6, $7, $8, $9, $10) ON CONFLICT DO NOTHING RETURNING event_id`,
		e.Kind, e.Of, e.Told, e.Effective, e.TakesBack, e.Service, e.Reference, by.Kind, by.ID, now).Scan(&e.ID)
	if errors.Is(err, pgx.ErrNoRows) {
		return Event{}, ErrNoEvent // another took it back meanwhile
	}
	if err != nil {
		return Event{}, fmt.Errorf("recording what happened to the contract: %w", err)
	}
	return e, audit.Append(ctx, tx, audit.Entry{Action: "contract." + string(e.Kind), SubjectKind: "contract_event", SubjectID: e.ID, By: by,
		Payload: map[string]any{"of": e.Of, "told": e.Told, "effective": e.Effective, "takes_back": e.TakesBack, "service": e.Service, "reference": e.Reference}})
}

// firstUse is where the first use of a service is seen.
func firstUse(s Service) string {
	if s == Payroll {
		return "SELECT min(at) FROM payroll_run WHERE tenant_id = current_tenant()"
	}
	return "SELECT to_timestamp(min(arrived) / 1000.0) FROM punch WHERE tenant_id = current_tenant()"
}

// NoteUse records which services were taken for the first time, and warns once
// of those that weren't a month before they are charged (OB-H12). It is called
// now and then; by is the program.
func NoteUse(ctx context.Context, tx pg.Tx, by audit.Actor, now time.Time) error {
	a, err := Contract(ctx, tx)
	if err != nil || a.Version == 0 {
		return err
	}
	all, err := Events(ctx, tx)
	if err != nil {
		return err
	}
	for _, s := range Services() {
		noted := func(kind EventKind) bool {
			return slices.ContainsFunc(all, func(e Event) bool { return e.Kind == kind && e.Service == s })
		}
		if noted(Used) {
			continue
		}
		var first *time.Time
		if err := tx.QueryRow(ctx, firstUse(s)).Scan(&first); err != nil {
			return fmt.Errorf("looking for the first use of %s: %w", s, err)
		}
		e := Event{Kind: Used, Of: Customer, Service: s, Told: midnight(now)}
		switch by := a.Terms.FirstUse.After(a.Signed); {
		case first != nil:
			e.Effective = midnight(*first)
		case !noted(Warned) && by.Sub(now) <= warnAhead:
			e.Kind, e.Of, e.Effective = Warned, Supplier, by
		default:
			continue
		}
		if _, err := insertEvent(ctx, tx, by, e, now); err != nil {
			return err
		}
	}
	return nil
}
