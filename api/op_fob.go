package api

import (
	"context"
	"encoding/binary"
	"strconv"
	"strings"
	"time"

	"tikklok/api/openapi"
	"tikklok/gateway/wire"
	"tikklok/ingest/fleet"
	"tikklok/ingest/pg"
)

// ListFobs gives all fobs and who holds them.
func (o operations) ListFobs(ctx context.Context, _ openapi.ListFobsRequestObject) (openapi.ListFobsResponseObject, error) {
	var all []fleet.Fob
	err := o.inTenant(ctx, func(tx pg.Tx) (err error) {
		all, err = fleet.Fobs(ctx, tx)
		return err
	})
	return openapi.ListFobs200JSONResponse{Items: each(all, fobView)}, err
}

// CreateFob adds a fob by its number or as one that was tapped.
func (o operations) CreateFob(ctx context.Context, r openapi.CreateFobRequestObject) (openapi.CreateFobResponseObject, error) {
	if (r.Body.Number == nil) == (r.Body.Unknown == nil) {
		return nil, wrongField("number", "give number or unknown, one of the two")
	}
	var made fleet.Fob
	err := o.inTenant(ctx, func(tx pg.Tx) (err error) {
		made, err = registerFob(ctx, tx, *r.Body)
		return err
	})
	return openapi.CreateFob201JSONResponse(fobView(made)), err
}

// registerFob takes a number no further than its tokens (I7).
func registerFob(ctx context.Context, tx pg.Tx, b openapi.NewFob) (fleet.Fob, error) {
	by := callerOf(ctx).actor()
	if b.Unknown != nil {
		version, token, err := parseTokenID(*b.Unknown)
		if err != nil {
			return fleet.Fob{}, err
		}
		return fleet.Register(ctx, tx, by, b.Label, version, []wire.Token{token})
	}
	number, err := parseEM4100(b.Number.Value)
	if err != nil {
		return fleet.Fob{}, err
	}
	return fleet.RegisterNumber(ctx, tx, by, b.Label, number)
}

// UpdateFob says of which design a fob is (OB-H8).
func (o operations) UpdateFob(ctx context.Context, r openapi.UpdateFobRequestObject) (openapi.UpdateFobResponseObject, error) {
	var fob fleet.Fob
	err := o.inTenant(ctx, func(tx pg.Tx) error {
		err := fleet.SetDesign(ctx, tx, callerOf(ctx).actor(), r.Id, r.Body.Design)
		if err == nil {
			fob, err = fleet.FobByID(ctx, tx, r.Id)
		}
		return err
	})
	return openapi.UpdateFob200JSONResponse(fobView(fob)), err
}

// parseEM4100 reads the 40 bits of a 125 kHz fob: ten hexadecimal digits,
// 0x…, or 11 to 13 decimal ones.
func parseEM4100(text string) (wire.Fob, error) {
	digits, base := text, 16
	if rest, ok := strings.CutPrefix(text, "0x"); ok {
		digits = rest
	} else if len(text) > 10 {
		base = 10
	}
	n, err := strconv.ParseUint(digits, base, 40)
	if err != nil || n == 0 {
		return wire.Fob{}, wrongField("number/value", "not the 40 bits of an EM4100 fob; write ten hexadecimal digits")
	}
	value := binary.BigEndian.AppendUint64(nil, n)
	return wire.Fob{Technology: wire.TechnologyEM4100, Bits: 40, Value: value[3:]}, nil
}

// IssueFob gives a fob to an employee (OB-H1).
func (o operations) IssueFob(ctx context.Context, r openapi.IssueFobRequestObject) (openapi.IssueFobResponseObject, error) {
	var fob fleet.Fob
	err := o.inTenant(ctx, func(tx pg.Tx) (err error) {
		if err := fleet.Issue(ctx, tx, callerOf(ctx).actor(), r.Id, r.Body.EmployeeId, r.Body.From); err != nil {
			return err
		}
		fob, err = fleet.FobByID(ctx, tx, r.Id)
		return err
	})
	return openapi.IssueFob200JSONResponse(fobView(fob)), err
}

// EndFob takes a fob in, or declares it lost or blocked (OB-H1).
func (o operations) EndFob(ctx context.Context, r openapi.EndFobRequestObject) (openapi.EndFobResponseObject, error) {
	if r.Body.At.After(o.cfg.Now().Add(time.Minute)) { // until then its taps would make hours (OB-H1)
		return nil, wrongField("at", "the moment lies in the future; wait until it has happened")
	}
	var fob fleet.Fob
	err := o.inTenant(ctx, func(tx pg.Tx) (err error) {
		if err := fleet.Return(ctx, tx, callerOf(ctx).actor(), r.Id, r.Body.At, string(r.Body.Status)); err != nil {
			return err
		}
		fob, err = fleet.FobByID(ctx, tx, r.Id)
		return err
	})
	return openapi.EndFob200JSONResponse(fobView(fob)), err
}

func fobView(f fleet.Fob) openapi.Fob {
	v := openapi.Fob{Id: f.ID, Design: f.Design, Label: f.Label, Status: openapi.FobStatus(f.Status)}
	if f.Holder != nil {
		v.EmployeeId, v.IssuedAt = &f.Holder.Employee, &f.Holder.From
	}
	return v
}
