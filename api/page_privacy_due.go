package api

import (
	"context"
	"slices"
	"time"

	"tikklok/api/page"
	"tikklok/ingest/hours/calendar"
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
	for _, look := range []func(context.Context, pg.Tx, time.Time) ([]page.PrivacyDue, error){breachesDue, requestsDue, registersDue, s.contractDue, documentsDue, unpaidDue} {
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

// privacyWaits counts, for the menu, what somebody waits for: breaches that are
// open, requests without an answer, and what is late in a register, which nobody
// can open while the service is suspended.
func privacyWaits(ctx context.Context, tx pg.Tx, now time.Time, suspended bool) (n int, err error) {
	looks := []func(context.Context, pg.Tx, time.Time) ([]page.PrivacyDue, error){breachesDue, requestsDue}
	if !suspended {
		looks = append(looks, registersDue)
	}
	for _, look := range looks {
		found, err := look(ctx, tx, now)
		if err != nil {
			return 0, err
		}
		for _, d := range found {
			n += max(1, d.Count)
		}
	}
	return n, nil
}

// breachesDue is one line for each that is open, with its clock until the
// controller was told.
func breachesDue(ctx context.Context, tx pg.Tx, now time.Time) (due []page.PrivacyDue, err error) {
	all, err := breach.List(ctx, tx)
	for _, b := range all {
		line := page.PrivacyDue{What: "breach", Path: page.PathBreaches + "/" + itoa(b.ID), By: b.Due().In(now.Location()), Late: b.Late(now)}
		if !b.ToldAt().IsZero() {
			line = page.PrivacyDue{What: "breach-told", Path: line.Path}
		}
		if b.Open() {
			due = append(due, line)
		}
	}
	return due, err
}

// registersDue is one line for each register in which something is late, with
// the first of its days.
func registersDue(ctx context.Context, tx pg.Tx, now time.Time) (due []page.PrivacyDue, err error) {
	rules, books, err := registerBooks(ctx, tx)
	today := calendar.DateOf(now).In(time.UTC)
	for _, b := range register.Books() {
		line := page.PrivacyDue{What: string(b), Path: page.PathRegisters + "?book=" + string(b), Late: true}
		for _, e := range books[b] {
			status := rules.Status(e, today)
			if !status.Late {
				continue
			}
			line.Count++
			if line.Day.IsZero() || status.Due.Before(line.Day) {
				line.Day = status.Due
			}
		}
		if line.Count > 0 {
			due = append(due, line)
		}
	}
	return due, err
}

// requestsDue is one line for all requests, with the day of the first.
func requestsDue(ctx context.Context, tx pg.Tx, now time.Time) ([]page.PrivacyDue, error) {
	if err := request.Show(ctx, tx); err != nil { // also those of who is restricted
		return nil, err
	}
	all, err := request.List(ctx, tx, 0, shownRequests)
	all = slices.DeleteFunc(all, func(r request.Request) bool { return !r.IsOpen() })
	if err != nil || len(all) == 0 {
		return nil, err
	}
	today := calendar.DateOf(now).In(time.UTC)
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
