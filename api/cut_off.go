package api

import (
	"context"
	"time"

	"tikklok/ingest/audit"
	"tikklok/ingest/fleet"
	"tikklok/ingest/people"
	"tikklok/ingest/pg"
)

// Access is one way in that can be cut off.
type Access struct {
	Kind string // account, api_key, gateway: as the audit log names it
	ID   int64
	Name string // of a person the e-mail address
}

// Accesses gives all ways in that are open: accounts, then keys, then gateways.
func Accesses(ctx context.Context, tx pg.Tx, now time.Time) (out []Access, err error) {
	accounts, err := people.Accounts(ctx, tx)
	if err != nil {
		return nil, err
	}
	for _, a := range accounts {
		if a.Closed == nil {
			out = append(out, Access{"account", a.ID, a.Email})
		}
	}
	keys, err := people.Keys(ctx, tx, now)
	if err != nil {
		return nil, err
	}
	for _, k := range keys {
		if k.Revoked == nil {
			out = append(out, Access{"api_key", k.ID, k.Name})
		}
	}
	gateways, err := fleet.Gateways(ctx, tx)
	if err != nil {
		return nil, err
	}
	for _, g := range gateways {
		if g.Revoked == nil {
			out = append(out, Access{"gateway", g.ID, g.Name})
		}
	}
	return out, nil
}

// CutOff ends a way in for good (OB-C11), with the reason in the audit log: an
// account and a key are refused from their next request on, a page that is open
// and a gateway's connection within seconds (liveKeep; the broker's round). A
// person does not cut off their own account (errOwnAccount).
func CutOff(ctx context.Context, tx pg.Tx, by audit.Actor, a Access, reason string, now time.Time) error {
	var err error
	switch {
	case a.Kind == "account" && by.Kind == audit.Account && a.ID == by.ID:
		return errOwnAccount
	case a.Kind == "account":
		err = people.CloseAccount(ctx, tx, by, a.ID, now)
	case a.Kind == "api_key":
		err = people.RevokeKey(ctx, tx, by, a.ID, now)
	case a.Kind == "gateway":
		err = fleet.RevokeGateway(ctx, tx, by, a.ID, now)
	default:
		return people.ErrNotFound
	}
	if err != nil {
		return err
	}
	return audit.Append(ctx, tx, audit.Entry{Action: "access.cut_off", SubjectKind: a.Kind, SubjectID: a.ID, By: by, Payload: map[string]string{"reason": reason}})
}
