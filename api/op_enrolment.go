package api

import (
	"cmp"
	"context"
	"time"

	"tikklok/api/openapi"
	"tikklok/ingest/fleet"
	"tikklok/ingest/pg"
)

// CreateGateway adds a gateway and shows its one-time code this once.
func (o operations) CreateGateway(ctx context.Context, r openapi.CreateGatewayRequestObject) (openapi.CreateGatewayResponseObject, error) {
	var code fleet.Code
	var g fleet.Gateway
	valid := time.Duration(cmp.Or(or(r.Body.ValidHours), int(fleet.CodeValid/time.Hour))) * time.Hour
	err := o.inTenant(ctx, func(tx pg.Tx) (err error) {
		g, code, err = o.addGateway(ctx, tx, r.Body.SiteId, r.Body.Name, valid)
		return err
	})
	return openapi.CreateGateway201JSONResponse(oneTimeCode(g.ID, code)), err
}

// CreateGatewayCode makes another code for a gateway that is there.
func (o operations) CreateGatewayCode(ctx context.Context, r openapi.CreateGatewayCodeRequestObject) (openapi.CreateGatewayCodeResponseObject, error) {
	var code fleet.Code
	err := o.inTenant(ctx, func(tx pg.Tx) (err error) {
		code, err = fleet.NewCode(ctx, tx, callerOf(ctx).actor(), r.Id, fleet.CodeValid, o.cfg.Now())
		return err
	})
	return openapi.CreateGatewayCode201JSONResponse(oneTimeCode(r.Id, code)), err
}

func (s *Server) addGateway(ctx context.Context, tx pg.Tx, site int64, name string, valid time.Duration) (fleet.Gateway, fleet.Code, error) {
	g, err := fleet.AddGateway(ctx, tx, callerOf(ctx).actor(), site, name)
	if err != nil {
		return g, fleet.Code{}, err
	}
	code, err := fleet.NewCode(ctx, tx, callerOf(ctx).actor(), g.ID, valid, s.cfg.Now())
	return g, code, err
}

func oneTimeCode(gateway int64, c fleet.Code) openapi.GatewayCode {
	return openapi.GatewayCode{GatewayId: gateway, Code: c.String(), ValidUntil: c.Until}
}

func expiringView(e fleet.Expiring) openapi.Alarm {
	return openapi.Alarm{Kind: openapi.AlarmKindCertificate, GatewayId: e.Gateway, At: e.Until, Reason: some("the certificate of the " + e.Kind + " ends and was not renewed")}
}
