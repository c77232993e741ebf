package api

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"time"

	"tikklok/api/openapi"
	"tikklok/api/page"
	"tikklok/ingest/pg"
	"tikklok/ingest/privacy/ending"
	"tikklok/ingest/tenant"
)

// errEnded refuses what would change something after a contract's end (OB-P5).
// Taps are still taken in: those of the last days may come late.
var errEnded = errors.New("the contract has ended, and nothing changes any more; what is there can be read and taken along until it is destroyed (Privacy, End of contract)")

// refuseEnded keeps a tenant as it is once its contract has ended, the return
// of its data and what the law asks of it apart.
func (s *Server) refuseEnded(r *http.Request, may access, who caller) error {
	if r.Method == http.MethodGet || r.Method == http.MethodHead || may.after {
		return nil
	}
	return s.cfg.DB.InTenant(r.Context(), who.tenant.ID, func(tx pg.Tx) error {
		ended, err := ending.ReadOnly(r.Context(), tx, s.cfg.Now())
		if err == nil && ended {
			err = errEnded
		}
		return err
	})
}

// accessOver refuses who comes after the time that the contract gives people to
// read (OB-P5), whether or not the data has gone by then.
func (s *Server) accessOver(ctx context.Context, tx pg.Tx, t tenant.Tenant) error {
	since, err := ending.Closed(ctx, tx, s.cfg.Now())
	if err != nil || since == nil {
		return err
	}
	day := since.In(zoneOf(t.Zone))
	said := page.Say("problem.access-over", page.Date(day), day.Year())
	return &problem{status: http.StatusForbidden, said: &said, detail: "the contract has ended, and since " + day.Format(time.DateOnly) +
		" nobody gets in any more; ask whoever runs this server for a copy of the data, or for the certificate of its destruction"}
}

// gone gives the customers that were destroyed here: all of them where no other
// is left, so that the door can say so; it has nobody to tell otherwise, as the
// accounts went too (OB-P6).
func (s *Server) gone(ctx context.Context) (out page.Gone, err error) {
	var left []int64
	var ends map[int64]*time.Time
	err = s.cfg.DB.Look(ctx, func(tx pg.Tx) (err error) {
		if ends, err = ending.Destructions(ctx, tx); err == nil && len(ends) > 0 {
			left, err = tenant.All(ctx, tx)
		}
		return err
	})
	if err != nil || len(ends) == 0 {
		return out, err
	}
	out.Some = true
	if some, err := s.anyCustomer(ctx, left); err != nil || some {
		return out, err
	}
	for _, id := range slices.Sorted(maps.Keys(ends)) {
		out.All = append(out.All, page.GoneCustomer{Number: id, Ended: ends[id]})
	}
	return out, nil
}

// anyCustomer says whether one of the tenants is more than the probes' own.
func (s *Server) anyCustomer(ctx context.Context, ids []int64) (some bool, err error) {
	for _, id := range ids {
		err := s.cfg.DB.InTenant(ctx, id, func(tx pg.Tx) error {
			t, err := tenant.Get(ctx, tx)
			some = err == nil && !t.Probe
			return err
		})
		if err != nil || some {
			return some, err
		}
	}
	return false, nil
}

// cameFrom is the page on which a form stood, or the first one.
func cameFrom(r *http.Request) string {
	if from, err := url.Parse(r.Referer()); err == nil && localPath(from.RequestURI()) {
		return from.RequestURI()
	}
	return "/"
}

// endAlarms asks for the plan of an end that is near, and for a destruction
// that is overdue (OB-P4).
func endAlarms(ctx context.Context, tx pg.Tx, now time.Time) ([]openapi.Alarm, error) {
	agreed, err := tenant.Contract(ctx, tx)
	if err != nil {
		return nil, err
	}
	state, err := ending.StateOf(ctx, tx)
	if err != nil {
		return nil, err
	}
	ask, day := state.Asks(agreed.Ends, now)
	reason := "the contract ends, and its end is not planned, or for another day (Privacy, End of contract)"
	switch ask {
	case "":
		return nil, nil
	case ending.AskDestroy:
		reason = "the contract is over, and its data has to be destroyed"
	}
	return []openapi.Alarm{{Kind: openapi.AlarmKindContract, At: day, Reason: &reason}}, nil
}

// EndingTerms gives what a contract says of the time after its end.
func EndingTerms(a tenant.Agreement) ending.Terms {
	e := a.Terms.End
	return ending.Terms{Profile: string(a.Profile), Access: ending.Span(e.Access), Data: ending.Span(e.Data), BackupDays: e.Backups.Months*31 + e.Backups.Days}
}
