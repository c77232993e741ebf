package api

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"time"

	"tikklok/api/openapi"
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
