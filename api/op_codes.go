package api

import (
	"bytes"
	"context"
	"slices"

	"tikklok/api/openapi"
	"tikklok/api/page"
	"tikklok/ingest/audit"
	"tikklok/ingest/pg"
	"tikklok/payroll"
	"tikklok/payroll/format"
)

// ListFormats gives the formats that a destination can have (OB-H5).
func (o operations) ListFormats(context.Context, openapi.ListFormatsRequestObject) (openapi.ListFormatsResponseObject, error) {
	return openapi.ListFormats200JSONResponse{Items: each(format.Formats(), formatView)}, nil
}

func formatView(f format.Format) openapi.FormatInfo {
	a := f.About()
	return openapi.FormatInfo{Name: f.Name(), Title: a.Title, For: a.For, Source: a.Source, Proof: openapi.FormatInfoProof(a.Proof),
		Components: append([]string{}, a.Components...), Settings: each(f.Schema(), func(s format.Setting) openapi.FormatSetting {
			return openapi.FormatSetting{Key: s.Key, Default: s.Default, Required: s.Required, Choices: append([]string{}, s.Choices...), Example: some(s.Example)}
		})}
}

// GetDestination gives one destination.
func (o operations) GetDestination(ctx context.Context, r openapi.GetDestinationRequestObject) (openapi.GetDestinationResponseObject, error) {
	var d payroll.Destination
	err := o.inTenant(ctx, func(tx pg.Tx) (err error) {
		d, err = payroll.DestinationByID(ctx, tx, r.Id)
		return err
	})
	return openapi.GetDestination200JSONResponse(destinationView(d)), err
}

// UpdateDestination changes a destination's name and settings.
func (o operations) UpdateDestination(ctx context.Context, r openapi.UpdateDestinationRequestObject) (openapi.UpdateDestinationResponseObject, error) {
	var d payroll.Destination
	err := o.inTenant(ctx, func(tx pg.Tx) (err error) {
		d, err = payroll.UpdateDestination(ctx, tx, callerOf(ctx).actor(), payroll.Destination{ID: r.Id, Name: r.Body.Name, Settings: r.Body.Settings})
		return err
	})
	return openapi.UpdateDestination200JSONResponse(destinationView(d)), err
}

// GetCodes gives a destination's code map.
func (o operations) GetCodes(ctx context.Context, r openapi.GetCodesRequestObject) (openapi.GetCodesResponseObject, error) {
	var m payroll.CodeMap
	err := o.inTenant(ctx, func(tx pg.Tx) (err error) {
		m, err = payroll.Codes(ctx, tx, r.Id)
		return err
	})
	return openapi.GetCodes200JSONResponse(codeMapView(m)), err
}

// PutCodes makes the next version of a destination's code map.
func (o operations) PutCodes(ctx context.Context, r openapi.PutCodesRequestObject) (openapi.PutCodesResponseObject, error) {
	var m payroll.CodeMap
	err := o.inTenant(ctx, func(tx pg.Tx) (err error) {
		if r.Body.Seen != nil {
			m, err = payroll.ReplaceCodes(ctx, tx, callerOf(ctx).actor(), r.Id, *r.Body.Seen, r.Body.Codes)
			return err
		}
		m, err = payroll.PutCodes(ctx, tx, callerOf(ctx).actor(), r.Id, r.Body.Codes)
		return err
	})
	return openapi.PutCodes200JSONResponse(codeMapView(m)), err
}

// CheckCodes gives our codes beside a destination's, with the hours that wait.
func (o operations) CheckCodes(ctx context.Context, r openapi.CheckCodesRequestObject) (openapi.CheckCodesResponseObject, error) {
	var b codeBook
	err := o.inTenant(ctx, func(tx pg.Tx) (err error) {
		b, err = o.codeBook(ctx, tx, r.Id)
		return err
	})
	if err != nil {
		return nil, err
	}
	return openapi.CheckCodes200JSONResponse{
		Version: b.codes.Version,
		Codes: each(b.lines(b.codes.Codes), func(l page.CodeLine) openapi.CheckedCode {
			return openapi.CheckedCode{Code: l.Code, Component: some(l.Theirs), WaitingMinutes: l.Used, Missing: l.Missing}
		}),
		Shared: each(sharedComponents(b.codes.Codes), func(s sharedComponent) openapi.SharedComponent { return openapi.SharedComponent(s) }),
	}, nil
}

// ListCodeVersions gives every version of a code map with what changed.
func (o operations) ListCodeVersions(ctx context.Context, r openapi.ListCodeVersionsRequestObject) (openapi.ListCodeVersionsResponseObject, error) {
	items := []openapi.CodeVersion{}
	err := o.inTenant(ctx, func(tx pg.Tx) error {
		if _, err := payroll.DestinationByID(ctx, tx, r.Id); err != nil {
			return err
		}
		versions, err := payroll.CodeVersions(ctx, tx, r.Id)
		before := map[string]string{}
		for _, m := range slices.Backward(versions) {
			items = append(items, openapi.CodeVersion{Map: codeMapView(m), Changes: changesView(before, m.Codes)})
			before = m.Codes
		}
		slices.Reverse(items)
		return err
	})
	return openapi.ListCodeVersions200JSONResponse{Items: items}, err
}

// RestoreCodes makes an earlier version the next one.
func (o operations) RestoreCodes(ctx context.Context, r openapi.RestoreCodesRequestObject) (openapi.RestoreCodesResponseObject, error) {
	var m payroll.CodeMap
	err := o.inTenant(ctx, func(tx pg.Tx) (err error) {
		m, err = payroll.RestoreCodes(ctx, tx, callerOf(ctx).actor(), r.Id, r.Body.Version)
		return err
	})
	return openapi.RestoreCodes200JSONResponse(codeMapView(m)), err
}

// GetCodesFile gives the code map as CSV.
func (o operations) GetCodesFile(ctx context.Context, r openapi.GetCodesFileRequestObject) (openapi.GetCodesFileResponseObject, error) {
	var file bytes.Buffer
	err := o.inTenant(ctx, func(tx pg.Tx) error {
		rows, err := o.codeRows(ctx, tx, r.Id, "en")
		if err != nil {
			return err
		}
		return payroll.WriteCodes(&file, rows)
	})
	return openapi.GetCodesFile200TextcsvResponse{Body: &file, ContentLength: int64(file.Len())}, err
}

// ImportCodes reads a code map from CSV; the whole file or nothing.
func (o operations) ImportCodes(ctx context.Context, r openapi.ImportCodesRequestObject) (openapi.ImportCodesResponseObject, error) {
	rows, faults := payroll.ReadCodes(r.Body)
	done := openapi.ImportCodes200JSONResponse{Changes: []openapi.MapChange{}}
	err := o.inTenant(ctx, func(tx pg.Tx) error {
		b, err := o.codeBook(ctx, tx, r.Id)
		if err != nil {
			return err
		}
		codes, more := payroll.CodesOf(b.destination, rows, b.ours())
		faults = append(faults, more...)
		done.Faults, done.Version = each(faults, faultView), &b.codes.Version
		if len(faults) > 0 {
			return nil
		}
		done.Changes = changesView(b.codes.Codes, codes)
		if !or(r.Params.Apply) {
			return nil
		}
		m, err := payroll.ReplaceCodes(ctx, tx, callerOf(ctx).actor(), r.Id, b.codes.Version, codes)
		done.Applied, done.Version = err == nil, &m.Version
		return err
	})
	return done, err
}

func faultView(f payroll.CodeFault) openapi.CodeFault {
	return openapi.CodeFault{Line: f.Line, Code: some(f.Code), Kind: openapi.CodeFaultKind(f.Kind), Message: f.Error()}
}

func changesView(was, now map[string]string) []openapi.MapChange {
	return each(payroll.MapChanges(was, now), func(c payroll.MapChange) openapi.MapChange {
		return openapi.MapChange{Code: c.Code, Was: some(c.Was), Now: some(c.Now)}
	})
}

func codeMapView(m payroll.CodeMap) openapi.CodeMap {
	v := openapi.CodeMap{Version: m.Version, Codes: m.Codes, BackTo: some(m.Back)}
	if v.Codes == nil {
		v.Codes = map[string]string{}
	}
	if m.Version > 0 {
		by := actorView(m.By)
		v.By, v.At = &by, &m.At
	}
	return v
}

func actorView(a audit.Actor) openapi.RunActor {
	return openapi.RunActor{Kind: openapi.RunActorKind(a.Kind), Id: a.ID}
}
