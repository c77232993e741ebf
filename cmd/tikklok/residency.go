package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"time"

	"tikklok/ingest/audit"
	"tikklok/ingest/pg"
	"tikklok/ingest/privacy/ending"
	"tikklok/ingest/tenant"
)

// placesOf reads where this server keeps data, as whoever runs it declared
// (OB-P9); a place that wasn't stands in the list without.
func placesOf(declared map[string]string) ([]tenant.Place, error) {
	var all []tenant.Place
	for _, name := range slices.Sorted(maps.Keys(declared)) {
		p, err := tenant.ParsePlace(name, declared[name])
		if err != nil {
			return nil, fmt.Errorf("--place: %w", err)
		}
		all = append(all, p)
	}
	for _, name := range tenant.PlaceNames() {
		if !slices.ContainsFunc(all, func(p tenant.Place) bool { return p.Name == name }) {
			all = append(all, tenant.Place{Name: name})
		}
	}
	return all, nil
}

// placed refuses to serve from a place that the contract of a tenant does not
// allow. Before a contract is recorded it only says so, as it is recorded here.
func (s *server) placed(ctx context.Context) error {
	places, err := placesOf(s.Place)
	if err != nil {
		return err
	}
	s.places = places
	for _, p := range places {
		if !p.Declared() {
			slog.Info("it is not declared where data is; say so with --place", "place", p.Name)
		}
	}
	db, err := s.db.open(ctx, pg.RoleApp)
	if err != nil {
		return err
	}
	defer db.Close()
	all, err := tenants(ctx, db)
	if err != nil {
		return err
	}
	var refused error
	for _, t := range all {
		err := db.InTenant(ctx, t.ID, func(tx pg.Tx) error {
			if err := s.place.comeBack(ctx, tx, t); err != nil {
				return err
			}
			a, err := tenant.Contract(ctx, tx)
			if err != nil {
				return err
			}
			return fitting(t, a, places)
		})
		refused = errors.Join(refused, err)
	}
	return refused
}

// fitting gives what a tenant's contract refuses of the places.
func fitting(t tenant.Tenant, a tenant.Agreement, places []tenant.Place) (refused error) {
	for _, p := range places {
		why := a.Terms.Refusal(p)
		switch {
		case why != "" && a.Version > 0:
			refused = errors.Join(refused, fmt.Errorf("tenant %d (%s): %s", t.ID, t.Name, why))
		case why != "":
			slog.Warn("where data is will be refused unless the contract that is recorded allows it", "tenant", t.ID, "place", p.Name, "region", p.Region, "operator", p.Operator)
		}
	}
	return refused
}

// contractsEvery is how often contracts are gone through: at the start too, so
// that a machine that slept catches up.
const contractsEvery = time.Hour

// keepContracts notes which services were taken for the first time, and warns
// of those that weren't (OB-H12); one tenant that fails does not hold up the
// others.
func keepContracts(ctx context.Context, db *pg.DB) error {
	said := sayings{}
	for {
		all, err := tenants(ctx, db)
		if ctx.Err() == nil {
			warn(err, "contracts can't be gone through")
		}
		for _, t := range all {
			err := db.InTenant(ctx, t.ID, func(tx pg.Tx) error {
				return tenant.NoteUse(ctx, tx, audit.Actor{Kind: audit.System}, time.Now())
			})
			if ctx.Err() == nil {
				warn(err, "the first use of services was not noted")
				warn(overdue(ctx, db, t.ID, said, time.Now()), "whether data should have gone can't be told")
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(contractsEvery):
		}
	}
}

// overdue tells of data that should have gone by the contract, and of whom
// nobody gets in any more to read the alarm (OB-P4).
func overdue(ctx context.Context, db *pg.DB, id int64, said sayings, now time.Time) error {
	return db.InTenant(ctx, id, func(tx pg.Tx) error {
		s, err := ending.StateOf(ctx, tx)
		if err != nil {
			return err
		}
		day := ""
		if s.Due(now) {
			day = s.Timetable.Destroy.Format(time.DateOnly)
		}
		if said.new(id, day) {
			slog.Warn("the contract is over, and the tenant's data has to be destroyed: tikklok tenant destroy", "tenant", id, "since", day)
		}
		return nil
	})
}
