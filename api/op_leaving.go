package api

import (
	"context"
	"time"

	openapi_types "github.com/oapi-codegen/runtime/types"

	"tikklok/api/openapi"
	"tikklok/ingest/hours"
	"tikklok/ingest/leaving"
	"tikklok/ingest/pg"
)

// GetLeaving gives how an employment ends.
func (o operations) GetLeaving(ctx context.Context, r openapi.GetLeavingRequestObject) (openapi.GetLeavingResponseObject, error) {
	var l leaving.Leaving
	err := o.inTenant(ctx, func(tx pg.Tx) (err error) {
		l, err = leaving.Of(ctx, tx, r.Id)
		return err
	})
	if err != nil {
		return nil, err
	}
	return openapi.GetLeaving200JSONResponse(leavingView(l)), nil
}

// EndEmployment ends an employment and all that ends with it (OB-C5).
func (o operations) EndEmployment(ctx context.Context, r openapi.EndEmploymentRequestObject) (openapi.EndEmploymentResponseObject, error) {
	l := leaving.Leaving{Employee: r.Id, Fobs: leaving.AfterLastShift, KeepKeys: or(r.Body.KeepKeys)}
	if r.Body.Fobs != nil {
		l.Fobs = leaving.Fobs(*r.Body.Fobs)
	}
	l, err := o.endEmployment(ctx, l, r.Body.LastDay.Time)
	if err != nil {
		return nil, err
	}
	return openapi.EndEmployment200JSONResponse(leavingView(l)), nil
}

// endEmployment does it in one transaction. Nobody shuts themselves out.
func (s *Server) endEmployment(ctx context.Context, l leaving.Leaving, lastDay time.Time) (done leaving.Leaving, err error) {
	c := callerOf(ctx)
	if c.account != nil && c.account.Employee != 0 && c.account.Employee == l.Employee {
		return leaving.Leaving{}, errOwnAccount
	}
	err = s.inTenant(ctx, func(tx pg.Tx) (err error) {
		done, err = leaving.End(ctx, tx, c.actor(), l, lastDay, hours.LastShiftOver, s.cfg.Now())
		return err
	})
	return done, err
}

func leavingView(l leaving.Leaving) openapi.Leaving {
	return openapi.Leaving{
		EmployeeId: l.Employee, LastDay: openapi_types.Date{Time: or(l.LastDay)}, Fobs: openapi.LeavingFobs(l.Fobs), AccessEnded: l.Access, FobsBlocked: l.Blocked,
		Held: each(l.Held, func(f leaving.Fob) openapi.LeavingFob {
			return openapi.LeavingFob{FobId: f.ID, Label: f.Label, Status: f.Status, Back: f.Back}
		}),
	}
}
