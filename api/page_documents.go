package api

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"time"

	"tikklok/api/page"
	"tikklok/ingest/audit"
	"tikklok/ingest/people"
	"tikklok/ingest/pg"
	"tikklok/ingest/press"
	"tikklok/ingest/privacy"
	"tikklok/ingest/privacy/register"
	"tikklok/ingest/privacy/statement"
	"tikklok/ingest/tenant"
	"tikklok/payroll"
	"tikklok/payroll/bi"
)

func (s *Server) documentsPage(w http.ResponseWriter, r *http.Request) error {
	return s.showDocuments(w, r, http.StatusOK, nil)
}

// showDocuments lists what can be read; the form is one that was refused.
func (s *Server) showDocuments(w http.ResponseWriter, r *http.Request, status int, form *page.Form) error {
	v := &page.Documents{Frame: s.frame(r), MaySet: s.maySetPrivacy(r.Context()), Kinds: each(statement.Kinds(), func(k statement.Kind) string { return string(k) })}
	err := s.inTenant(r.Context(), func(tx pg.Tx) error {
		d, err := statement.DetailsOf(r.Context(), tx)
		if err != nil {
			return err
		}
		names, err := accountNames(r.Context(), tx)
		v.Version, v.At, v.By, v.Recorded = d.Version, d.At.In(v.Now.Location()), names[d.By.ID], map[string]string{}
		for _, f := range d.Fields() {
			v.Recorded[f.Name] = *f.Value
			v.Fields = append(v.Fields, page.DetailField{Name: f.Name, Required: f.Required})
		}
		v.Form = page.Form{Values: v.Recorded}
		return err
	})
	if err != nil {
		return err
	}
	if form != nil {
		v.Form = *form
	}
	return s.render(w, status, v)
}

func (s *Server) postDetails(w http.ResponseWriter, r *http.Request) error {
	var d statement.Details
	form := formOf(r)
	for _, f := range d.Fields() {
		*f.Value = r.FormValue(f.Name)
		form.Values[f.Name] = *f.Value
	}
	err := s.inTenant(r.Context(), func(tx pg.Tx) error {
		return statement.PutDetails(r.Context(), tx, d, callerOf(r.Context()).actor(), s.cfg.Now())
	})
	if errors.Is(err, statement.ErrInvalid) {
		for _, wrong := range statement.Wrongs(err) {
			form.Problems[wrong.Field] = page.Say(map[string]string{"empty": "problem.required", "long": "problem.detail-long"}[wrong.Why])
		}
		return s.showDocuments(w, r, http.StatusUnprocessableEntity, &form)
	}
	if err != nil {
		return err
	}
	return s.done(w, r, page.PathDocuments, notice{Key: "notice.saved"})
}

func (s *Server) documentPage(w http.ResponseWriter, r *http.Request) error {
	v := &page.DocumentPage{Frame: s.frame(r), Kind: r.PathValue("kind")}
	d, err := s.writeDocument(r, statement.Kind(v.Kind), v.Language)
	if err != nil {
		return err
	}
	v.Document, v.Shown = d, d.Language
	return s.render(w, http.StatusOK, v)
}

func (s *Server) documentFile(w http.ResponseWriter, r *http.Request) error {
	kind := r.PathValue("kind")
	d, err := s.writeDocument(r, statement.Kind(kind), languageOf(r, callerOf(r.Context())))
	if err != nil {
		return err
	}
	return sendPDF(w, d, kind+"-"+d.Language+".pdf")
}

func (s *Server) mePrivacy(w http.ResponseWriter, r *http.Request) error {
	v := &page.MePrivacy{Frame: s.frame(r)}
	d, err := s.writeDocument(r, statement.Notice, v.Language)
	if err != nil {
		return err
	}
	v.Document, v.Shown = d, d.Language
	return s.render(w, http.StatusOK, v)
}

func (s *Server) mePrivacyFile(w http.ResponseWriter, r *http.Request) error {
	d, err := s.writeDocument(r, statement.Notice, languageOf(r, callerOf(r.Context())))
	if err != nil {
		return err
	}
	return sendPDF(w, d, "privacy-"+d.Language+".pdf")
}

// sendPDF draws a document and sends it as a file.
func sendPDF(w http.ResponseWriter, d press.Document, name string) error {
	var b bytes.Buffer
	if err := d.PDF(&b); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/pdf")
	w.Header().Set("Content-Disposition", `attachment; filename="`+name+`"`)
	w.Header().Set("Content-Length", strconv.Itoa(b.Len()))
	_, err := b.WriteTo(w)
	return err
}

// writeDocument writes a document in the language that the address asks for, else in
// the reader's; English for readers of another, as documents are in two.
func (s *Server) writeDocument(r *http.Request, kind statement.Kind, language string) (d press.Document, err error) {
	if asked := r.FormValue("language"); asked != "" {
		language = asked
	}
	if !slices.Contains(page.Languages(), language) {
		language = "en"
	}
	err = s.inTenant(r.Context(), func(tx pg.Tx) error {
		c, err := s.statementContent(r.Context(), tx)
		if err != nil {
			return err
		}
		d, err = statement.Write(kind, c, language)
		return err
	})
	if errors.Is(err, statement.ErrUnknown) {
		return d, &problem{status: http.StatusNotFound, detail: "no such document"}
	}
	return d, err
}

// statementContent gathers what documents are written from.
func (s *Server) statementContent(ctx context.Context, tx pg.Tx) (statement.Content, error) {
	who := callerOf(ctx).tenant
	contract, err := tenant.Contract(ctx, tx)
	if err != nil {
		return statement.Content{}, err
	}
	c := statement.Content{Tenant: who.Name, At: s.cfg.Now().In(zoneOf(who.Zone)), Catalogue: s.cfg.Catalogue, Contract: contractOf(contract)}
	for _, read := range []func() error{
		func() (err error) { c.Terms, err = termsOf(ctx, tx); return err },
		func() (err error) { c.Details, err = statement.DetailsOf(ctx, tx); return err },
		func() (err error) { c.Scale, err = statement.ScaleOf(ctx, tx); return err },
		func() (err error) { c.Checks, err = s.measures(ctx, tx); return err },
		func() (err error) { c.Engaged, err = engaged(ctx, tx, c.At); return err },
		func() (err error) { c.Wall, err = register.WallOn(ctx, tx); return err },
		func() error {
			places, err := s.supplyPlaces(ctx, tx, contract.Terms)
			c.Contract.Located = located(places)
			return err
		},
		func() error {
			on, err := people.Optionals(ctx, tx)
			c.Optional = each(on, func(o people.SwitchedOn) statement.Optional {
				return statement.Optional{Field: string(o.Field), Purpose: o.Purpose}
			})
			return err
		},
		func() error {
			all, err := payroll.Destinations(ctx, tx)
			c.Packages = each(all, func(d payroll.Destination) statement.Package {
				return statement.Package{Name: d.Name, Format: d.Format}
			})
			return err
		},
		func() error {
			p, err := bi.Allowed(ctx, tx)
			c.Analysis = p.Allowed
			return err
		},
	} {
		if err := read(); err != nil {
			return statement.Content{}, err
		}
	}
	return c, nil
}

// contractOf is what documents repeat of a contract.
func contractOf(a tenant.Agreement) statement.Contract {
	t := a.Terms
	return statement.Contract{
		Recorded: a.Version > 0, Reference: a.Reference, Breach: int(t.Breach.Within / time.Hour), Aim: t.Breach.Aim, Statistics: t.Statistics == tenant.Anonymous,
		Regions: each(t.Regions, func(r tenant.Region) string { return string(r) }), Consent: t.SubProcessors.Consent, Notice: daysOf(t.SubProcessors.Notice),
	}
}

// located says whether all places were declared, and none outside what the
// contract allows (OB-P9).
func located(places []page.SupplyPlace) bool {
	return len(places) > 0 && !slices.ContainsFunc(places, func(p page.SupplyPlace) bool { return p.Region == "" || p.Operator == "" || p.Outside })
}

// engaged gives the sub-processors that are at work.
func engaged(ctx context.Context, tx pg.Tx, now time.Time) ([]register.Entry, error) {
	rules, err := RegisterRules(ctx, tx)
	if err != nil {
		return nil, err
	}
	all, err := register.List(ctx, tx, register.Subprocessors)
	return slices.DeleteFunc(all, func(e register.Entry) bool { return rules.Status(e, now).Word != "in-use" }), err
}

// measures looks at what is on: in the database, and in what this server was
// started with.
func (s *Server) measures(ctx context.Context, tx pg.Tx) ([]statement.Check, error) {
	out, err := statement.Look(ctx, tx)
	if err != nil {
		return nil, err
	}
	columns, err := privacy.Columns(ctx, tx)
	if err != nil {
		return nil, err
	}
	wall, err := register.WallOn(ctx, tx)
	if err != nil {
		return nil, err
	}
	log, err := audit.StateOf(ctx, tx)
	if err != nil {
		return nil, err
	}
	fields, outside := any(s.cfg.Catalogue.Fields()), s.cfg.Catalogue.Uncatalogued(columns)
	if len(outside) > 0 {
		fields = len(outside)
	}
	return append(out,
		auditCheck(log, s.cfg.Now()),
		statement.Check{Measure: "fields", State: stateOf(len(outside) == 0), Values: []any{fields}},
		statement.Check{Measure: "sessions", State: stateOf(s.cfg.Idle > 0 && s.cfg.Absolute > 0), Values: []any{int(s.cfg.Idle / time.Minute), int(s.cfg.Absolute / time.Hour)}},
		statement.Check{Measure: "transport", State: stateOf(s.cfg.SecureCookies)},
		statement.Check{Measure: "second-factor", State: statement.Lacks}, // the door asks for a password only
		statement.Check{Measure: "wall", State: stateOf(wall)}), nil
}

// auditCheck says how the audit log was found when it was last verified.
func auditCheck(log audit.State, now time.Time) statement.Check {
	c := statement.Check{Measure: "audit", State: statement.Unseen, Values: []any{log.Checked.Format(time.DateOnly)}}
	if !log.Checked.IsZero() || log.Alarm(now) {
		c.State = stateOf(!log.Alarm(now) && now.Sub(log.Checked) < 3*24*time.Hour)
	}
	return c
}

func stateOf(works bool) statement.State {
	if works {
		return statement.Works
	}
	return statement.Lacks
}
