package api

import (
	"context"

	"tikklok/api/page"
	"tikklok/ingest/fleet"
	"tikklok/ingest/pg"
	"tikklok/ingest/tenant"
	"tikklok/payroll"
)

// firstSteps says what a new organisation has done of what is needed before
// hours are paid; nil where taps can become hours, or somebody else looks.
func (s *Server) firstSteps(ctx context.Context) (steps *page.FirstSteps, err error) {
	if !s.may(ctx, "IssueFob") {
		return nil, nil
	}
	return steps, s.inTenant(ctx, func(tx pg.Tx) error {
		begun, err := fleet.HowFar(ctx, tx)
		if err != nil || begun.Whole() {
			return err
		}
		agreed, err := tenant.Contract(ctx, tx)
		if err != nil {
			return err
		}
		to, err := payroll.Destinations(ctx, tx)
		steps = &page.FirstSteps{People: begun.People, Fobs: begun.Fobs, Gateways: begun.Gateways,
			Contract: agreed.Version > 0, Payroll: len(to) > 0}
		return err
	})
}
