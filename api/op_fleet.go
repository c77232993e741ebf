package api

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"tikklok/api/openapi"
	"tikklok/gateway/wire"
	"tikklok/ingest/audit"
	"tikklok/ingest/fleet"
	"tikklok/ingest/hours"
	"tikklok/ingest/pg"
)

// ListSites gives all sites.
func (o operations) ListSites(ctx context.Context, _ openapi.ListSitesRequestObject) (openapi.ListSitesResponseObject, error) {
	var all []fleet.Site
	err := o.inTenant(ctx, func(tx pg.Tx) (err error) {
		all, err = fleet.Sites(ctx, tx)
		return err
	})
	return openapi.ListSites200JSONResponse{Items: each(all, siteView)}, err
}

// CreateSite adds a site.
func (o operations) CreateSite(ctx context.Context, r openapi.CreateSiteRequestObject) (openapi.CreateSiteResponseObject, error) {
	var made fleet.Site
	err := o.inTenant(ctx, func(tx pg.Tx) (err error) {
		made, err = fleet.AddSite(ctx, tx, callerOf(ctx).actor(), r.Body.Name)
		return err
	})
	return openapi.CreateSite201JSONResponse(siteView(made)), err
}

// ListGateways gives all gateways.
func (o operations) ListGateways(ctx context.Context, _ openapi.ListGatewaysRequestObject) (openapi.ListGatewaysResponseObject, error) {
	var all []fleet.Gateway
	err := o.inTenant(ctx, func(tx pg.Tx) (err error) {
		all, err = fleet.Gateways(ctx, tx)
		return err
	})
	return openapi.ListGateways200JSONResponse{Items: each(all, gatewayView)}, err
}

// ListReaders gives all readers.
func (o operations) ListReaders(ctx context.Context, _ openapi.ListReadersRequestObject) (openapi.ListReadersResponseObject, error) {
	var all []fleet.Reader
	err := o.inTenant(ctx, func(tx pg.Tx) (err error) {
		all, err = fleet.Readers(ctx, tx)
		return err
	})
	return openapi.ListReaders200JSONResponse{Items: each(all, readerView)}, err
}

// UpdateReader changes a reader's name or mode.
func (o operations) UpdateReader(ctx context.Context, r openapi.UpdateReaderRequestObject) (openapi.UpdateReaderResponseObject, error) {
	var reader fleet.Reader
	err := o.inTenant(ctx, func(tx pg.Tx) (err error) {
		if reader, err = fleet.ReaderByID(ctx, tx, r.Id); err != nil {
			return err
		}
		set(&reader.Name, r.Body.Name)
		set(&reader.Mode, (*fleet.Mode)(r.Body.Mode))
		if site := or(r.Body.SiteId); site != 0 && site != reader.Site {
			if err := moveReader(ctx, tx, reader, site); err != nil {
				return err
			}
			reader.Site = site
		}
		return fleet.UpdateReader(ctx, tx, callerOf(ctx).actor(), r.Id, reader.Name, reader.Mode)
	})
	return openapi.UpdateReader200JSONResponse(readerView(reader)), err
}

// ListHoles gives what was made durable and has not arrived (I2).
func (o operations) ListHoles(ctx context.Context, _ openapi.ListHolesRequestObject) (openapi.ListHolesResponseObject, error) {
	var all []fleet.Hole
	err := o.inTenant(ctx, func(tx pg.Tx) (err error) {
		all, err = fleet.Holes(ctx, tx)
		return err
	})
	return openapi.ListHoles200JSONResponse{Items: each(all, holeView)}, err
}

// GiveUpHole records that a person no longer waits for taps (I2).
func (o operations) GiveUpHole(ctx context.Context, r openapi.GiveUpHoleRequestObject) (openapi.GiveUpHoleResponseObject, error) {
	stream, err := parseStream(r.Body.Stream)
	if err != nil {
		return nil, err
	}
	return openapi.GiveUpHole204Response{}, o.inTenant(ctx, func(tx pg.Tx) error {
		return fleet.GiveUp(ctx, tx, callerOf(ctx).actor(), stream, uint64(r.Body.From), uint64(or(r.Body.To)), r.Body.Reason)
	})
}

// parseStream reads "origin/epoch" in hexadecimal.
func parseStream(text string) (wire.Stream, error) {
	first, second, _ := strings.Cut(text, "/")
	origin, err1 := strconv.ParseUint(first, 16, 63)
	epoch, err2 := strconv.ParseUint(second, 16, 64)
	if err1 != nil || err2 != nil {
		return wire.Stream{}, wrongField("stream", "not of the form origin/epoch in hexadecimal")
	}
	return wire.Stream{Origin: origin, Epoch: epoch}, nil
}

// ListAlarms gives name conflicts and quarantined batches (I1), the
// certificates that end soon, an audit log that was altered or isn't chained
// (OB-C4), a contract whose end asks for something (OB-P4), and approved hours
// past their term that nobody was paid for (I8).
func (o operations) ListAlarms(ctx context.Context, _ openapi.ListAlarmsRequestObject) (openapi.ListAlarmsResponseObject, error) {
	var conflicts []fleet.Conflict
	var quarantined []fleet.Quarantined
	var expiring []fleet.Expiring
	var log audit.State
	var ends, unpaid []openapi.Alarm
	err := o.inTenant(ctx, func(tx pg.Tx) (err error) {
		if log, err = audit.StateOf(ctx, tx); err != nil {
			return err
		}
		if ends, err = endAlarms(ctx, tx, o.cfg.Now()); err != nil {
			return err
		}
		if unpaid, err = unpaidAlarms(ctx, tx, o.cfg.Now()); err != nil {
			return err
		}
		if conflicts, err = fleet.Conflicts(ctx, tx); err != nil {
			return err
		}
		if expiring, err = fleet.ExpiringCertificates(ctx, tx, o.cfg.Now()); err != nil {
			return err
		}
		quarantined, err = fleet.Quarantine(ctx, tx)
		return err
	})
	all := append(each(conflicts, conflictView), slices.Concat(each(quarantined, quarantineView), each(expiring, expiringView), logAlarms(log, o.cfg.Now()), ends, unpaid)...)
	return openapi.ListAlarms200JSONResponse{Items: all}, err
}

// ListUnknownFobs gives the fobs that were tapped and that nobody added.
func (o operations) ListUnknownFobs(ctx context.Context, _ openapi.ListUnknownFobsRequestObject) (openapi.ListUnknownFobsResponseObject, error) {
	var unknown []hours.UnknownTap
	err := o.inTenant(ctx, func(tx pg.Tx) (err error) {
		unknown, err = unknownFobs(ctx, tx)
		return err
	})
	return openapi.ListUnknownFobs200JSONResponse{Items: each(unknown, unknownView)}, err
}

// unknownFobs gives the waiting tokens that are of no fob at all.
func unknownFobs(ctx context.Context, tx pg.Tx) ([]hours.UnknownTap, error) {
	waiting, err := hours.UnknownTaps(ctx, tx)
	unknown := waiting[:0]
	for _, u := range waiting {
		if u.Fob == 0 {
			unknown = append(unknown, u)
		}
	}
	return unknown, err
}

// tokenID names an unknown fob: key version and token.
func tokenID(version uint32, token [8]byte) string { return fmt.Sprintf("%d-%x", version, token) }

// parseTokenID reads it back.
func parseTokenID(text string) (version uint32, token wire.Token, err error) {
	head, tail, _ := strings.Cut(text, "-")
	v, err1 := strconv.ParseUint(head, 10, 15)
	bits, err2 := strconv.ParseUint(tail, 16, 64)
	if err1 != nil || err2 != nil || len(tail) != 16 {
		return 0, token, wrongField("unknown", "not the id of an unknown fob")
	}
	for i := range token {
		token[i] = byte(bits >> (56 - 8*i))
	}
	return uint32(v), token, nil
}

func siteView(s fleet.Site) openapi.Site { return openapi.Site{Id: s.ID, Name: s.Name} }

func gatewayView(g fleet.Gateway) openapi.Gateway {
	return openapi.Gateway{
		Id: g.ID, Name: g.Name, SiteId: g.Site, Online: g.Online, Software: g.Software, Clock: g.Clock,
		Unsent: g.Unsent, Damaged: g.Damaged, LastHeard: g.LastHeard, Revoked: g.Revoked != nil, CertificateUntil: g.CertificateUntil, Retired: retirementView(g.Retired),
	}
}

func readerView(r fleet.Reader) openapi.Reader {
	return openapi.Reader{
		Id: r.ID, Name: r.Name, SiteId: r.Site, Mode: openapi.ReaderMode(r.Mode), Protocol: r.Protocol, Firmware: r.Firmware,
		Health: r.Health, BatteryPercent: some(r.BatteryPercent), Stored: r.Stored, LastContact: r.LastContact,
		Origin: strconv.FormatInt(r.Origin, 16), Key: r.Key, InUse: r.InUse(), SignalDbm: some(r.Signal), Replaces: some(r.Replaces),
		Retired: retirementView(r.Retired),
	}
}

func holeView(h fleet.Hole) openapi.Hole {
	return openapi.Hole{
		Stream: h.Stream.String(), From: int64(h.From), To: some(int64(h.To)), Kind: openapi.HoleKind(h.Kind),
		HeldBy: &h.HeldBy, Device: some(h.Device), SiteId: some(h.SiteID), Since: h.Since,
	}
}

// logAlarms says what is wrong with the audit log.
func logAlarms(s audit.State, now time.Time) (all []openapi.Alarm) {
	add := func(at time.Time, reason string) {
		all = append(all, openapi.Alarm{Kind: openapi.AlarmKindAudit, At: at, Reason: &reason})
	}
	if s.Cut {
		add(now, "the chain does not end as it was left")
	}
	if s.Late(now) {
		add(s.Oldest, fmt.Sprintf("%d entries wait for their place in the chain", s.Waiting))
	}
	for _, b := range s.Found.Breaks {
		add(s.Checked, b.String())
	}
	return all
}

func conflictView(c fleet.Conflict) openapi.Alarm {
	stream := c.Stream.String()
	return openapi.Alarm{Kind: openapi.AlarmKindNameConflict, Id: c.ID, GatewayId: c.Gateway, At: c.At, Stream: &stream, Seq: some(int64(c.Seq))}
}

func quarantineView(q fleet.Quarantined) openapi.Alarm {
	return openapi.Alarm{Kind: openapi.AlarmKindQuarantine, Id: q.ID, GatewayId: q.Gateway, At: q.At, Reason: &q.Reason}
}

func unknownView(u hours.UnknownTap) openapi.UnknownFob {
	return openapi.UnknownFob{Id: tokenID(u.KeyVersion, u.Token), Taps: u.Count, FirstSeen: u.First, LastSeen: u.Last, Reader: some(u.ReaderName)}
}
