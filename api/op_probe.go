package api

import (
	"context"
	"slices"
	"time"

	openapi_types "github.com/oapi-codegen/runtime/types"

	"tikklok/api/openapi"
	"tikklok/api/sla"
	maintenance "tikklok/api/sla/notice"
	"tikklok/ingest/audit"
	"tikklok/ingest/people"
	"tikklok/ingest/pg"
)

// probeName is what the probe that calls is called, as its key is; keys of
// customers measure nothing (OB-S1).
func probeName(who caller) (string, error) {
	if who.key == nil || !who.tenant.Probe {
		return "", errForbidden
	}
	return who.key.Name, nil
}

// TellProbeMinutes keeps what a probe measured, and tells it for its status page
// what was announced.
func (o operations) TellProbeMinutes(ctx context.Context, r openapi.TellProbeMinutesRequestObject) (openapi.TellProbeMinutesResponseObject, error) {
	probe, err := probeName(callerOf(ctx))
	if err != nil {
		return nil, err
	}
	states := map[openapi.ProbeMinuteState]sla.State{openapi.ProbeMinuteStateUp: sla.Up, openapi.ProbeMinuteStateDown: sla.Down}
	taps := map[openapi.ProbeMinuteTap]sla.State{openapi.ProbeMinuteTapOff: sla.Unmeasured, openapi.ProbeMinuteTapReceived: sla.Up, openapi.ProbeMinuteTapWaits: sla.Down}
	minutes := each(r.Body.Minutes, func(m openapi.ProbeMinute) sla.Minute {
		return sla.Minute{At: m.At, State: states[m.State], Tap: taps[m.Tap]}
	})
	var kept int
	var ahead []maintenance.Maintenance
	err = o.inTenant(ctx, func(tx pg.Tx) (err error) {
		if kept, err = sla.Record(ctx, tx, probe, minutes, o.cfg.Now()); err != nil {
			return err
		}
		ahead, err = maintenance.Ahead(ctx, tx, o.cfg.Now()) // of the probes' own: what all customers were told, not what one was
		return err
	})
	return openapi.TellProbeMinutes200JSONResponse{New: kept, Maintenance: each(ahead, probeWork)}, err
}

func probeWork(m maintenance.Maintenance) openapi.ProbeMaintenance {
	words := func(w maintenance.Words) openapi.ProbeWords {
		return openapi.ProbeWords{Title: w.Title, Changes: w.Changes}
	}
	return openapi.ProbeMaintenance{From: m.From, Until: m.Until, Nl: words(m.NL), En: words(m.EN)}
}

// GetProbeMinutes says how much is there of the probe that asks.
func (o operations) GetProbeMinutes(ctx context.Context, r openapi.GetProbeMinutesRequestObject) (openapi.GetProbeMinutesResponseObject, error) {
	probe, err := probeName(callerOf(ctx))
	if err != nil {
		return nil, err
	}
	var held []sla.Held
	err = o.inTenant(ctx, func(tx pg.Tx) (err error) {
		held, err = sla.HeldOf(ctx, tx, probe, r.Params.Since.Time)
		return err
	})
	out := openapi.GetProbeMinutes200JSONResponse{}
	out.Days = each(held, func(h sla.Held) (d openapi.ProbeDay) {
		return openapi.ProbeDay{Date: openapi_types.Date{Time: h.Date.UTC()}, Minutes: h.Minutes, Down: h.Down}
	})
	return out, err
}

// GetProbeAccount says whether the account of the probe that calls would be let
// in: one that was closed, locked or changed is no outage (OB-S1).
func (o operations) GetProbeAccount(ctx context.Context, _ openapi.GetProbeAccountRequestObject) (openapi.GetProbeAccountResponseObject, error) {
	probe, err := probeName(callerOf(ctx))
	if err != nil {
		return nil, err
	}
	var standing openapi.ProbeAccountStanding
	err = o.inTenant(ctx, func(tx pg.Tx) (err error) {
		standing, err = probeStanding(ctx, tx, probe, o.cfg.Now())
		return err
	})
	return openapi.GetProbeAccount200JSONResponse{Standing: standing}, err
}

// probeChanges is how many of the newest changes in the probes' tenant are
// looked through for a password.
const probeChanges = 100

func probeStanding(ctx context.Context, tx pg.Tx, probe string, now time.Time) (openapi.ProbeAccountStanding, error) {
	all, err := people.Accounts(ctx, tx)
	if err != nil {
		return "", err
	}
	changes, err := audit.List(ctx, tx, 0, probeChanges, audit.Changes)
	if err != nil {
		return "", err
	}
	i := slices.IndexFunc(all, func(a people.Account) bool { return a.Name == "probe "+probe })
	if i < 0 {
		return openapi.ProbeAccountStandingClosed, nil
	}
	a := all[i]
	in, err := lastIn(ctx, tx, probe, a)
	if err != nil {
		return "", err
	}
	changed := func(l audit.Line) bool {
		return l.Action == "account.password" && l.SubjectID == a.ID && l.At.After(in)
	}
	switch {
	case a.Closed != nil:
		return openapi.ProbeAccountStandingClosed, nil
	case slices.ContainsFunc(changes, changed):
		return openapi.ProbeAccountStandingChanged, nil
	case a.LockedUntil != nil && now.Before(*a.LockedUntil):
		return openapi.ProbeAccountStandingLocked, nil
	}
	return openapi.ProbeAccountStandingOpen, nil
}

// lastIn is when a probe got in for all that is known: its newest minute that
// was up, and no later sign-in, which may be somebody's with the password that
// the probe lacks; but one before it, where the probe's clock is ahead. A probe
// that told of no such minute is known by the sign-in alone.
func lastIn(ctx context.Context, tx pg.Tx, probe string, a people.Account) (time.Time, error) {
	up, err := sla.LastUp(ctx, tx, probe)
	if err == nil && a.SignedIn != nil && (up.IsZero() || a.SignedIn.Before(up)) {
		return *a.SignedIn, nil
	}
	return up, err
}
