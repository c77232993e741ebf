package api

import (
	"context"
	"errors"

	"tikklok/api/openapi"
	"tikklok/api/sla/port"
	"tikklok/ingest/pg"
)

// TellProbePorts keeps which ports of the server a probe found open (OB-C16),
// as of now: probe and server may disagree on the time.
func (o operations) TellProbePorts(ctx context.Context, r openapi.TellProbePortsRequestObject) (openapi.TellProbePortsResponseObject, error) {
	probe, err := probeName(callerOf(ctx))
	if err != nil {
		return nil, err
	}
	numbers := func(all []int) []uint16 {
		return each(all, func(p int) uint16 { return uint16(p) }) // the document lets no other pass
	}
	c := port.Compare(o.cfg.Now(), port.Outside, r.Body.Host, numbers(r.Body.Open), numbers(r.Body.Expected))
	c.Probe = probe
	err = o.inTenant(ctx, func(tx pg.Tx) error { return port.Tell(ctx, tx, c) })
	switch {
	case errors.Is(err, port.ErrTooManyHosts), errors.Is(err, port.ErrTooOften):
		return nil, wrongField("host", err.Error())
	case err == nil && !c.Fine():
		o.log.ErrorContext(ctx, "a probe found ports open that nobody expects, or closed that should be open", "host", c.Host, "unexpected", c.Unexpected, "missing", c.Missing)
	}
	return openapi.TellProbePorts204Response{}, err
}
