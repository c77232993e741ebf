package api

import (
	"context"
	"net/http"
	"time"

	"tikklok/api/openapi"
	"tikklok/ingest/people"
	"tikklok/ingest/pg"
	"tikklok/ingest/privacy/request"
)

// operations are those of the document; each is parse, one call of a room in
// the caller's tenant, and map back.
type operations struct{ *Server }

var _ openapi.StrictServerInterface = operations{}

// inTenant runs fn in a transaction that sees the caller's tenant (I6).
func (s *Server) inTenant(ctx context.Context, fn func(pg.Tx) error) error {
	return s.cfg.DB.InTenant(ctx, callerOf(ctx).tenant.ID, ownToo(ctx, fn))
}

// asOf reads the caller's tenant as of one moment.
func (s *Server) asOf(ctx context.Context, fn func(pg.Tx) error) error {
	return s.cfg.DB.AsOf(ctx, callerOf(ctx).tenant.ID, ownToo(ctx, fn))
}

// ownToo lets people see their own days though they are restricted for everybody
// else (GDPR article 18).
func ownToo(ctx context.Context, fn func(pg.Tx) error) func(pg.Tx) error {
	if who := callerOf(ctx).account; who == nil || !who.Has(people.OwnHours) {
		return fn
	}
	return func(tx pg.Tx) error {
		if err := request.Show(ctx, tx); err != nil {
			return err
		}
		return fn(tx)
	}
}

// some gives a pointer to v, or nil for the zero value: absent in JSON.
func some[T comparable](v T) *T {
	var zero T
	if v == zero {
		return nil
	}
	return &v
}

// or gives what p points to, or the zero value.
func or[T any](p *T) T {
	if p == nil {
		var zero T
		return zero
	}
	return *p
}

// each maps a list; an empty one is [] in JSON, never null.
func each[A, B any](from []A, to func(A) B) []B {
	list := make([]B, 0, len(from))
	for _, a := range from {
		list = append(list, to(a))
	}
	return list
}

// moment gives an instant of Unix milliseconds, or nil for 0.
func moment(ms int64) *time.Time {
	if ms == 0 {
		return nil
	}
	t := time.UnixMilli(ms).UTC()
	return &t
}

// minute gives the instant of a UTC minute since 1970, or nil for 0.
func minute(m int64) *time.Time { return moment(m * 60_000) }

// GetHealth says that the program runs.
func (o operations) GetHealth(context.Context, openapi.GetHealthRequestObject) (openapi.GetHealthResponseObject, error) {
	return openapi.GetHealth200JSONResponse{Status: openapi.HealthStatusOk, Version: o.cfg.Version}, nil
}

// GetReady says whether the database answers.
func (o operations) GetReady(ctx context.Context, _ openapi.GetReadyRequestObject) (openapi.GetReadyResponseObject, error) {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	if err := o.cfg.DB.Look(ctx, func(pg.Tx) error { return nil }); err != nil {
		return nil, &problem{status: http.StatusServiceUnavailable, detail: "the database does not answer"}
	}
	return openapi.GetReady200JSONResponse{Status: openapi.HealthStatusOk, Version: o.cfg.Version}, nil
}
