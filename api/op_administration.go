package api

import (
	"context"
	"encoding/json"
	"net/netip"
	"strings"

	"tikklok/api/openapi"
	"tikklok/ingest/audit"
	"tikklok/ingest/people"
	"tikklok/ingest/pg"
)

// ListKeys gives all API keys without their secrets.
func (o operations) ListKeys(ctx context.Context, _ openapi.ListKeysRequestObject) (openapi.ListKeysResponseObject, error) {
	var all []people.Key
	err := o.inTenant(ctx, func(tx pg.Tx) (err error) {
		all, err = people.Keys(ctx, tx, o.cfg.Now())
		return err
	})
	return openapi.ListKeys200JSONResponse{Items: each(all, keyView)}, err
}

// CreateKey makes an API key and shows it this once.
func (o operations) CreateKey(ctx context.Context, r openapi.CreateKeyRequestObject) (openapi.CreateKeyResponseObject, error) {
	networks, err := people.ParseNetworks(strings.Join(or(r.Body.Networks), " "))
	if err != nil {
		return nil, err
	}
	wanted := people.Key{Name: r.Body.Name, Networks: networks, Destinations: or(r.Body.DestinationIds),
		Scopes: each(r.Body.Scopes, func(s openapi.Scope) people.Scope { return people.Scope(s) })}
	var made openapi.CreatedKey
	err = o.inTenant(ctx, func(tx pg.Tx) error {
		key, secret, err := people.CreateKey(ctx, tx, callerOf(ctx).actor(), wanted)
		made = openapi.CreatedKey{Id: key.ID, Key: secret}
		return err
	})
	return openapi.CreateKey201JSONResponse(made), err
}

// RotateKey gives a key another secret and shows it this once.
func (o operations) RotateKey(ctx context.Context, r openapi.RotateKeyRequestObject) (openapi.RotateKeyResponseObject, error) {
	made := openapi.CreatedKey{Id: r.Id}
	err := o.inTenant(ctx, func(tx pg.Tx) (err error) {
		made.Key, err = people.RotateKey(ctx, tx, callerOf(ctx).actor(), r.Id, hoursOf(r.Body.OverlapHours), o.cfg.Now())
		return err
	})
	return openapi.RotateKey201JSONResponse(made), err
}

// SetKeyNetworks says where a key may be used from.
func (o operations) SetKeyNetworks(ctx context.Context, r openapi.SetKeyNetworksRequestObject) (openapi.SetKeyNetworksResponseObject, error) {
	networks, err := people.ParseNetworks(strings.Join(r.Body.Networks, " "))
	if err != nil {
		return nil, err
	}
	return openapi.SetKeyNetworks204Response{}, o.inTenant(ctx, func(tx pg.Tx) error {
		return people.SetKeyNetworks(ctx, tx, callerOf(ctx).actor(), r.Id, networks)
	})
}

// RevokeKey ends a key's access.
func (o operations) RevokeKey(ctx context.Context, r openapi.RevokeKeyRequestObject) (openapi.RevokeKeyResponseObject, error) {
	return openapi.RevokeKey204Response{}, o.inTenant(ctx, func(tx pg.Tx) error {
		return people.RevokeKey(ctx, tx, callerOf(ctx).actor(), r.Id, o.cfg.Now())
	})
}

// ListAccounts gives all accounts that are open.
func (o operations) ListAccounts(ctx context.Context, _ openapi.ListAccountsRequestObject) (openapi.ListAccountsResponseObject, error) {
	var all []people.Account
	err := o.inTenant(ctx, func(tx pg.Tx) (err error) {
		all, err = people.Accounts(ctx, tx)
		return err
	})
	return openapi.ListAccounts200JSONResponse{Items: each(all, accountView)}, err
}

// CreateAccount adds somebody who may sign in.
func (o operations) CreateAccount(ctx context.Context, r openapi.CreateAccountRequestObject) (openapi.CreateAccountResponseObject, error) {
	b := r.Body
	a := people.Account{
		Email: b.Email, Name: b.Name, Language: string(or(b.Language)), Employee: or(b.EmployeeId),
		Roles: each(b.Roles, func(r openapi.Role) people.Role { return people.Role(r) }),
	}
	if a.Language == "" {
		a.Language = callerOf(ctx).tenant.Language
	}
	err := o.inTenant(ctx, func(tx pg.Tx) (err error) {
		a.ID, err = people.CreateAccount(ctx, tx, callerOf(ctx).actor(), a, b.Password)
		return err
	})
	return openapi.CreateAccount201JSONResponse(accountView(a)), err
}

// ListAudit gives lines of the audit log, newest first (OB-C4).
func (o operations) ListAudit(ctx context.Context, r openapi.ListAuditRequestObject) (openapi.ListAuditResponseObject, error) {
	limit := 100
	set(&limit, r.Params.Limit)
	var lines []audit.Line
	err := o.inTenant(ctx, func(tx pg.Tx) (err error) {
		lines, err = audit.List(ctx, tx, or(r.Params.Before), limit)
		return err
	})
	return openapi.ListAudit200JSONResponse{Items: each(lines, auditView)}, err
}

func keyView(k people.Key) openapi.Key {
	v := openapi.Key{
		Id: k.ID, Name: k.Name, CreatedAt: k.Created, LastUsed: k.LastUsed, RevokedAt: k.Revoked,
		RotatedAt: k.Rotated, FormerUntil: k.FormerUntil, FormerUsed: k.FormerUsed, RefusedAt: k.Refused,
		Scopes: each(k.Scopes, func(s people.Scope) openapi.Scope { return openapi.Scope(s) }),
	}
	if len(k.Networks) > 0 {
		networks := each(k.Networks, netip.Prefix.String)
		v.Networks = &networks
	}
	if len(k.Destinations) > 0 {
		v.DestinationIds = &k.Destinations
	}
	return v
}

func accountView(a people.Account) openapi.Account {
	return openapi.Account{
		Id: a.ID, Email: a.Email, Name: a.Name, Language: openapi.Language(a.Language), ClosedAt: a.Closed, EmployeeId: some(a.Employee),
		Roles: each(a.Roles, func(r people.Role) openapi.Role { return openapi.Role(r) }),
	}
}

func auditView(l audit.Line) openapi.AuditLine {
	v := openapi.AuditLine{
		Seq: l.ID, At: l.At, Action: l.Action, SubjectKind: l.SubjectKind, SubjectId: some(l.SubjectID),
		ActorKind: string(l.By.Kind), ActorId: some(l.By.ID),
	}
	var payload map[string]any
	if json.Unmarshal(l.Payload, &payload) == nil && payload != nil { // purged, or nothing to tell
		v.Payload = &payload
	}
	return v
}
