package api

import (
	"context"

	"tikklok/api/openapi"
	"tikklok/ingest/hours"
	"tikklok/ingest/pg"
)

// ListUncertainTaps gives the taps whose time waits for a person (I4).
func (o operations) ListUncertainTaps(ctx context.Context, _ openapi.ListUncertainTapsRequestObject) (openapi.ListUncertainTapsResponseObject, error) {
	var groups []hours.UncertainTaps
	var more bool
	err := o.inTenant(ctx, func(tx pg.Tx) (err error) {
		groups, more, err = hours.ListUncertain(ctx, tx)
		return err
	})
	return openapi.ListUncertainTaps200JSONResponse{Items: each(groups, uncertainView), More: more}, err
}

// DecideUncertainTaps gives taps their times, all or none (I3).
func (o operations) DecideUncertainTaps(ctx context.Context, r openapi.DecideUncertainTapsRequestObject) (openapi.DecideUncertainTapsResponseObject, error) {
	var decisions []hours.Decision
	for _, t := range r.Body.Items {
		decisions = append(decisions, hours.Decision{
			Employee: t.EmployeeId, Kind: hours.SetTime, Tap: hours.TapID(t.Tap), At: t.At, Proposed: or(t.Proposed), Reason: r.Body.Reason,
		})
	}
	made, err := o.decide(ctx, decisions...)
	return openapi.DecideUncertainTaps201JSONResponse{Items: made}, err
}

func uncertainView(g hours.UncertainTaps) openapi.UncertainGroup {
	stream := g.Stream.String()
	origin, epoch := stream[:len(stream)-17], stream[len(stream)-16:]
	return openapi.UncertainGroup{Origin: origin, Epoch: epoch, Why: string(g.Why), Reader: g.ReaderName, Site: g.SiteName, Taps: each(g.Taps, uncertainTapView)}
}

func uncertainTapView(t hours.UncertainTap) openapi.UncertainTap {
	v := openapi.UncertainTap{
		Tap: string(t.Tap), EmployeeId: t.Who.ID, Number: t.Who.Number, Name: nameOf(t.Who.Surname, t.Who.FirstName), Known: string(t.Known),
		Arrived: *moment(t.Arrived), DeviceClock: moment(t.Device), Estimate: moment(t.Estimate), Basis: some(string(t.Basis)),
	}
	v.Date = dateView(t.Day)
	if t.Known != hours.KnownArrival {
		v.At, v.UncertaintyMs = moment(t.At), some(t.Uncertainty)
	}
	return v
}
