package api

import (
	"cmp"
	"context"
	"slices"
	"time"

	"tikklok/api/openapi"
	"tikklok/api/page"
	"tikklok/ingest/fleet"
	"tikklok/ingest/hours"
	"tikklok/ingest/pg"
)

// UpdateSite renames a site.
func (o operations) UpdateSite(ctx context.Context, r openapi.UpdateSiteRequestObject) (openapi.UpdateSiteResponseObject, error) {
	err := o.inTenant(ctx, func(tx pg.Tx) error {
		return fleet.RenameSite(ctx, tx, callerOf(ctx).actor(), r.Id, r.Body.Name)
	})
	return openapi.UpdateSite200JSONResponse{Id: r.Id, Name: r.Body.Name}, err
}

// UpdateGateway renames a gateway, or moves it.
func (o operations) UpdateGateway(ctx context.Context, r openapi.UpdateGatewayRequestObject) (openapi.UpdateGatewayResponseObject, error) {
	var g fleet.Gateway
	err := o.inTenant(ctx, func(tx pg.Tx) error {
		err := changeGateway(ctx, tx, r.Id, or(r.Body.Name), or(r.Body.SiteId))
		if err == nil {
			g, err = fleet.GatewayByID(ctx, tx, r.Id)
		}
		return err
	})
	return openapi.UpdateGateway200JSONResponse(gatewayView(g)), err
}

// changeGateway changes what is given and is not so yet.
func changeGateway(ctx context.Context, tx pg.Tx, id int64, name string, site int64) error {
	g, err := fleet.GatewayByID(ctx, tx, id)
	if err == nil && name != "" && name != g.Name {
		err = fleet.RenameGateway(ctx, tx, callerOf(ctx).actor(), id, name)
	}
	if err == nil && site != 0 && site != g.Site {
		err = fleet.MoveGateway(ctx, tx, callerOf(ctx).actor(), id, site)
	}
	return err
}

// moveReader moves a reader with memory; another one goes with its gateway.
func moveReader(ctx context.Context, tx pg.Tx, r fleet.Reader, site int64) error {
	if !r.Memory() {
		return fleet.ErrWithGateway
	}
	return fleet.MoveReader(ctx, tx, callerOf(ctx).actor(), r.ID, site)
}

// takingAway is who takes a device out of use now, and why.
func (s *Server) takingAway(ctx context.Context, reason, place string) fleet.Leave {
	return fleet.Leave{By: callerOf(ctx).actor(), Reason: reason, Place: place, Now: s.cfg.Now()}
}

// RetireGateway takes a gateway out of use.
func (o operations) RetireGateway(ctx context.Context, r openapi.RetireGatewayRequestObject) (openapi.RetireGatewayResponseObject, error) {
	return openapi.RetireGateway204Response{}, o.inTenant(ctx, func(tx pg.Tx) error {
		return fleet.RetireGateway(ctx, tx, r.Id, o.takingAway(ctx, r.Body.Reason, string(or(r.Body.Place))))
	})
}

// SwapGateway lets another device take a gateway's place.
func (o operations) SwapGateway(ctx context.Context, r openapi.SwapGatewayRequestObject) (openapi.SwapGatewayResponseObject, error) {
	return openapi.SwapGateway204Response{}, o.inTenant(ctx, func(tx pg.Tx) error {
		return fleet.SwapGateway(ctx, tx, r.Id, or(r.Body.Spare), o.takingAway(ctx, r.Body.Reason, string(r.Body.Place)))
	})
}

// RetireReader takes a reader out of use.
func (o operations) RetireReader(ctx context.Context, r openapi.RetireReaderRequestObject) (openapi.RetireReaderResponseObject, error) {
	return openapi.RetireReader204Response{}, o.inTenant(ctx, func(tx pg.Tx) error {
		return fleet.RetireReader(ctx, tx, r.Id, o.takingAway(ctx, r.Body.Reason, string(or(r.Body.Place))))
	})
}

// RestoreReader takes a reader into use again.
func (o operations) RestoreReader(ctx context.Context, r openapi.RestoreReaderRequestObject) (openapi.RestoreReaderResponseObject, error) {
	return openapi.RestoreReader204Response{}, o.inTenant(ctx, func(tx pg.Tx) error {
		return fleet.RestoreReader(ctx, tx, callerOf(ctx).actor(), r.Id)
	})
}

// SwapReader lets another device take a reader's place.
func (o operations) SwapReader(ctx context.Context, r openapi.SwapReaderRequestObject) (openapi.SwapReaderResponseObject, error) {
	return openapi.SwapReader204Response{}, o.inTenant(ctx, func(tx pg.Tx) error {
		swap := fleet.ReaderSwap{With: or(r.Body.With), Spare: or(r.Body.Spare)}
		return fleet.SwapReader(ctx, tx, r.Id, swap, o.takingAway(ctx, r.Body.Reason, string(r.Body.Place)))
	})
}

// ListHardware gives the shelf.
func (o operations) ListHardware(ctx context.Context, _ openapi.ListHardwareRequestObject) (openapi.ListHardwareResponseObject, error) {
	var all []fleet.Hardware
	err := o.inTenant(ctx, func(tx pg.Tx) (err error) {
		all, err = fleet.Shelf(ctx, tx)
		return err
	})
	return openapi.ListHardware200JSONResponse{Items: each(all, hardwareView)}, err
}

// AddHardware puts a device on the shelf.
func (o operations) AddHardware(ctx context.Context, r openapi.AddHardwareRequestObject) (openapi.AddHardwareResponseObject, error) {
	var made fleet.Hardware
	err := o.inTenant(ctx, func(tx pg.Tx) (err error) {
		made, err = fleet.AddHardware(ctx, tx, callerOf(ctx).actor(), fleet.Hardware{Kind: string(r.Body.Kind), Label: r.Body.Label})
		return err
	})
	return openapi.AddHardware201JSONResponse(hardwareView(made)), err
}

// PlaceHardware says where a device of the shelf is now.
func (o operations) PlaceHardware(ctx context.Context, r openapi.PlaceHardwareRequestObject) (openapi.PlaceHardwareResponseObject, error) {
	return openapi.PlaceHardware204Response{}, o.inTenant(ctx, func(tx pg.Tx) error {
		return fleet.PlaceHardware(ctx, tx, callerOf(ctx).actor(), r.Id, string(r.Body.Place), or(r.Body.Reason), o.cfg.Now())
	})
}

// DiagnoseGateway names the link that fails (OB-H11).
func (o operations) DiagnoseGateway(ctx context.Context, r openapi.DiagnoseGatewayRequestObject) (openapi.DiagnoseGatewayResponseObject, error) {
	var facts fleet.Facts
	now := o.cfg.Now()
	err := o.inTenant(ctx, func(tx pg.Tx) (err error) {
		facts, err = fleet.FactsOf(ctx, tx, r.Id, now)
		return err
	})
	if err != nil {
		return nil, err
	}
	view, err := DiagnosisView(fleet.Diagnose(facts, now), now.In(zoneOf(callerOf(ctx).tenant.Zone)))
	return openapi.DiagnoseGateway200JSONResponse(view), err
}

// DiagnosisView puts a diagnosis in the document's words, both languages; its
// instants are said in the zone of now.
func DiagnosisView(f fleet.Finding, now time.Time) (openapi.Diagnosis, error) {
	var texts [2]page.Texts
	for i, language := range page.Languages() {
		var err error
		if texts[i], err = page.TextsIn(language); err != nil {
			return openapi.Diagnosis{}, err
		}
	}
	var failed error
	say := func(code string, m page.Message) openapi.DiagnosisText {
		nl, err1 := texts[0].Say(m)
		en, err2 := texts[1].Say(m)
		failed = cmp.Or(failed, err1, err2)
		return openapi.DiagnosisText{Code: code, Nl: nl, En: en}
	}
	remedy := func(code string) *openapi.DiagnosisText {
		if code == "" {
			return nil
		}
		said := say(code, page.Remedy(code))
		return &said
	}
	v := openapi.Diagnosis{GatewayId: f.Gateway, At: f.At, Verdict: openapi.Verdict(f.Verdict), Remedy: remedy(f.Remedy)}
	v.Culprits = each(f.Culprits, func(l fleet.Link) openapi.LinkName { return openapi.LinkName(l) })
	if f.Cause.Code != "" {
		cause := say(f.Cause.Code, page.Found(f.Cause, now))
		v.Cause = &cause
	}
	v.Chain = each(f.Chain, func(s fleet.LinkState) openapi.DiagnosisLink {
		return openapi.DiagnosisLink{
			Link: openapi.LinkName(s.Link), Verdict: openapi.Verdict(s.Verdict), Remedy: remedy(s.Remedy),
			Evidence: each(s.Evidence, func(e fleet.Evidence) openapi.DiagnosisText { return say(e.Code, page.Found(e, now)) }),
		}
	})
	return v, failed
}

// GetGatewayHistory gives a gateway's hours and outages.
func (o operations) GetGatewayHistory(ctx context.Context, r openapi.GetGatewayHistoryRequestObject) (openapi.GetGatewayHistoryResponseObject, error) {
	var samples []fleet.Sample
	var outages []fleet.Outage
	err := o.inTenant(ctx, func(tx pg.Tx) error {
		if _, err := fleet.GatewayByID(ctx, tx, r.Id); err != nil {
			return err
		}
		var err error
		if samples, err = fleet.GatewayHistory(ctx, tx, r.Id, o.daysAgo(r.Params.Days)); err != nil {
			return err
		}
		outages, err = fleet.Outages(ctx, tx, r.Id, o.daysAgo(r.Params.Days))
		return err
	})
	return openapi.GetGatewayHistory200JSONResponse{
		Hours: each(samples, func(s fleet.Sample) openapi.GatewayHour {
			return openapi.GatewayHour{At: s.At, Unsent: s.Unsent, SignalDbm: some(s.Signal), Connections: s.Connections, Bytes: s.Bytes}
		}),
		Outages: each(outages, func(o fleet.Outage) openapi.GatewayOutage {
			return openapi.GatewayOutage{Since: o.Since, Until: o.Until, Cause: openapi.GatewayOutageCause(o.Cause)}
		}),
	}, err
}

// GetReaderHistory gives a reader's hours.
func (o operations) GetReaderHistory(ctx context.Context, r openapi.GetReaderHistoryRequestObject) (openapi.GetReaderHistoryResponseObject, error) {
	var samples []fleet.ReaderSample
	err := o.inTenant(ctx, func(tx pg.Tx) error {
		_, err := fleet.ReaderByID(ctx, tx, r.Id)
		if err == nil {
			samples, err = fleet.ReaderHistory(ctx, tx, r.Id, o.daysAgo(r.Params.Days))
		}
		return err
	})
	return openapi.GetReaderHistory200JSONResponse{Hours: each(samples, func(s fleet.ReaderSample) openapi.ReaderHour {
		return openapi.ReaderHour{At: s.At, BatteryPercent: some(s.Battery), SignalDbm: some(s.Signal), Stored: s.Stored}
	})}, err
}

func (s *Server) daysAgo(days *int) time.Time {
	return s.cfg.Now().AddDate(0, 0, -cmp.Or(or(days), 30))
}

// GetFleetUse counts users against the norm, and fobs (OB-H6, OB-H8).
func (o operations) GetFleetUse(ctx context.Context, _ openapi.GetFleetUseRequestObject) (openapi.GetFleetUseResponseObject, error) {
	var use []deviceUse
	var fobs []fleet.FobCount
	err := o.inTenant(ctx, func(tx pg.Tx) (err error) {
		if use, err = deviceUses(ctx, tx, o.cfg.Now()); err != nil {
			return err
		}
		fobs, err = fleet.CountFobs(ctx, tx, o.cfg.Now())
		return err
	})
	return openapi.GetFleetUse200JSONResponse{
		Norm: fleet.UserNorm,
		Devices: each(use, func(u deviceUse) openapi.DeviceUse {
			return openapi.DeviceUse{Kind: openapi.DeviceUseKind(u.kind), Id: u.id, Name: u.name, Users: u.users, Norm: openapi.DeviceUseNorm(fleet.NormOf(u.users))}
		}),
		Fobs: each(fobs, func(f fleet.FobCount) openapi.FobCount {
			return openapi.FobCount{Design: f.Design, Issued: f.By[fleet.StatusIssued], InStock: f.By[fleet.StatusInStock], Lost: f.By[fleet.StatusLost],
				Blocked: f.By[fleet.StatusBlocked], Returned: f.By[fleet.StatusReturned], LostInAYear: f.LostOfYear}
		}),
	}, err
}

// deviceUse is how many employees used a device in the last 30 days.
type deviceUse struct {
	kind  string
	id    int64
	name  string
	users int
}

// deviceUses counts the users of every gateway and reader in use.
func deviceUses(ctx context.Context, tx pg.Tx, now time.Time) ([]deviceUse, error) {
	byReader, byGateway, err := hours.Users(ctx, tx, now.AddDate(0, 0, -30))
	if err != nil {
		return nil, err
	}
	gateways, err := fleet.Gateways(ctx, tx)
	if err != nil {
		return nil, err
	}
	readers, err := fleet.Readers(ctx, tx)
	if err != nil {
		return nil, err
	}
	gateways = slices.DeleteFunc(gateways, func(g fleet.Gateway) bool { return !g.InUse() })
	readers = slices.DeleteFunc(readers, func(r fleet.Reader) bool { return !r.InUse() })
	all := each(gateways, func(g fleet.Gateway) deviceUse { return deviceUse{"gateway", g.ID, g.Name, byGateway[g.ID]} })
	return append(all, each(readers, func(r fleet.Reader) deviceUse { return deviceUse{"reader", r.ID, r.Name, byReader[r.ID]} })...), nil
}

func hardwareView(h fleet.Hardware) openapi.Hardware {
	return openapi.Hardware{Id: h.ID, Kind: openapi.HardwareKind(h.Kind), Label: h.Label, Place: openapi.HardwarePlace(h.Place), Reason: h.Reason,
		GatewayId: some(h.Gateway), ReaderId: some(h.Reader), Since: h.Since}
}

func retirementView(r *fleet.Retirement) *openapi.Retirement {
	if r == nil {
		return nil
	}
	return &openapi.Retirement{At: r.At, AccountId: r.By, Reason: r.Reason}
}
