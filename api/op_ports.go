package api

import (
	"context"

	"tikklok/api/openapi"
	"tikklok/api/sla/port"
	"tikklok/ingest/pg"
)

// TellProbePorts keeps which ports of the server a probe found open (OB-C16),
// as of now: probe and server may disagree on the time.
func (o operations) TellProbePorts(ctx context.Context, r openapi.TellProbePortsRequestObject) (openapi.TellProbePortsResponseObject, error) {
	if _, err := probeName(callerOf(ctx)); err != nil {
		return nil, err
	}
	numbers := func(all []int) []uint16 {
		return each(all, func(p int) uint16 { return uint16(p) }) // the document lets no other pass
	}
	c := port.Compare(o.cfg.Now(), port.Outside, r.Body.Host, numbers(r.Body.Open), numbers(r.Body.Expected))
	if !c.Fine() {
		o.log.ErrorContext(ctx, "a probe found ports open that nobody expects, or closed that should be open", "host", c.Host, "unexpected", c.Unexpected, "missing", c.Missing)
	}
	err := o.inTenant(ctx, func(tx pg.Tx) error { return port.Record(ctx, tx, c) })
	return openapi.TellProbePorts204Response{}, err
}
