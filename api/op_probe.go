package api

import (
	"context"

	"tikklok/api/openapi"
	"tikklok/api/sla"
	"tikklok/ingest/pg"
)

// TellProbeMinutes keeps what a probe measured (OB-S1). The probe is called as
// its key is; keys of customers measure nothing.
func (o operations) TellProbeMinutes(ctx context.Context, r openapi.TellProbeMinutesRequestObject) (openapi.TellProbeMinutesResponseObject, error) {
	who := callerOf(ctx)
	if who.key == nil || !who.tenant.Probe {
		return nil, errForbidden
	}
	states := map[openapi.ProbeMinuteState]sla.State{openapi.ProbeMinuteStateUp: sla.Up, openapi.ProbeMinuteStateDown: sla.Down}
	taps := map[openapi.ProbeMinuteTap]sla.State{openapi.ProbeMinuteTapOff: sla.Unmeasured, openapi.ProbeMinuteTapReceived: sla.Up, openapi.ProbeMinuteTapWaits: sla.Down}
	minutes := each(r.Body.Minutes, func(m openapi.ProbeMinute) sla.Minute {
		return sla.Minute{At: m.At, State: states[m.State], Tap: taps[m.Tap]}
	})
	var kept int
	err := o.inTenant(ctx, func(tx pg.Tx) (err error) {
		kept, err = sla.Record(ctx, tx, who.key.Name, minutes, o.cfg.Now())
		return err
	})
	return openapi.TellProbeMinutes200JSONResponse{New: kept}, err
}
