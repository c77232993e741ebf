package api

import (
	"context"
	"slices"
	"time"

	"tikklok/api/page"
	"tikklok/ingest/pg"
	"tikklok/ingest/privacy/breach"
	"tikklok/ingest/privacy/register"
	"tikklok/ingest/privacy/request"
	"tikklok/ingest/privacy/retention"
	"tikklok/ingest/privacy/statement"
	"tikklok/ingest/tenant"
)

// privacyDue gives what waits for the administrator, what has a clock first:
// breaches, requests, and what documents or the law's terms still lack.
func (s *Server) privacyDue(ctx context.Context, tx pg.Tx, terms retention.Terms, now time.Time) (due []page.PrivacyDue, err error) {
	for _, look := range []func(context.Context, pg.Tx, time.Time) ([]page.PrivacyDue, error){s.breachesDue, s.requestsDue, s.contractDue, documentsDue, unpaidDue} {
		found, err := look(ctx, tx, now)
		if err != nil {
			return nil, err
		}
		due = append(due, found...)
	}
	if slices.ContainsFunc(terms, func(t retention.Term) bool { return t.Wanting }) {
		due = append(due, page.PrivacyDue{What: "terms", Path: page.PathRegisters + "?book=" + string(register.Instructions)})
	}
	return due, nil
}

func (s *Server) breachesDue(ctx context.Context, tx pg.Tx, now time.Time) (due []page.PrivacyDue, err error) {
	all, err := breach.List(ctx, tx)
	for _, b := range all {
		if b.Open() {
			due = append(due, page.PrivacyDue{What: "breach", Path: page.PathBreaches + "/" + itoa(b.ID), By: b.Due().In(now.Location()), Late: b.Late(now)})
		}
	}
	return due, err
}

// requestsDue is one line for all requests, with the day of the first.
func (s *Server) requestsDue(ctx context.Context, tx pg.Tx, now time.Time) ([]page.PrivacyDue, error) {
	if err := request.Show(ctx, tx); err != nil { // also those of who is restricted
		return nil, err
	}
	all, err := request.List(ctx, tx, 0, shownRequests)
	all = slices.DeleteFunc(all, func(r request.Request) bool { return !r.IsOpen() })
	if err != nil || len(all) == 0 {
		return nil, err
	}
	today := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, time.UTC)
	return []page.PrivacyDue{{What: "requests", Path: page.PathRequests, Count: len(all), Day: all[0].Due, Late: all[0].Late(today)}}, nil
}

func (s *Server) contractDue(ctx context.Context, tx pg.Tx, _ time.Time) (due []page.PrivacyDue, err error) {
	contract, err := tenant.Contract(ctx, tx)
	if err != nil {
		return nil, err
	}
	places, err := s.supplyPlaces(ctx, tx, contract.Terms)
	switch {
	case contract.Version == 0:
		due = append(due, page.PrivacyDue{What: "contract", Path: page.PathSupply})
	case !contract.Terms.End.Chosen():
		due = append(due, page.PrivacyDue{What: "end", Path: page.PathSupply})
	}
	if !located(places) {
		due = append(due, page.PrivacyDue{What: "places", Path: page.PathSupply + "#places"})
	}
	return due, err
}

func documentsDue(ctx context.Context, tx pg.Tx, _ time.Time) (due []page.PrivacyDue, err error) {
	details, err := statement.DetailsOf(ctx, tx)
	if err != nil {
		return nil, err
	}
	if details.Version == 0 {
		due = append(due, page.PrivacyDue{What: "details", Path: page.PathDocuments + "#details"})
	}
	wall, err := register.WallOn(ctx, tx)
	if !wall {
		due = append(due, page.PrivacyDue{What: "council", Path: page.PathRegisters + "?book=" + string(register.Councils)})
	}
	return due, err
}

// unpaidDue asks for the pay of hours that are past their term (I8).
func unpaidDue(ctx context.Context, tx pg.Tx, now time.Time) ([]page.PrivacyDue, error) {
	lines, _, err := unpaidHours(ctx, tx, now)
	if err != nil || lines == 0 {
		return nil, err
	}
	return []page.PrivacyDue{{What: "unpaid", Path: page.PathRetention, Late: true}}, nil
}
