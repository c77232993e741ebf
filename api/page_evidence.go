package api

import (
	"archive/zip"
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"tikklok/api/continuity/evidence"
	"tikklok/api/page"
	"tikklok/ingest/pg"
)

// evidenceRoutes are the pages of evidence, with their grants.
func (s *Server) evidenceRoutes(get, post func(path, operation string, h pageHandler)) {
	get(page.PathServiceEvidence, pageEvidence, s.evidencePage)
	post(page.PathServiceEvidence, pageEvidenceNote, s.postEvidence)
	get(page.PathServiceEvidence+page.EvidenceFile, pageEvidence, s.evidenceFile)
}

func (s *Server) evidencePage(w http.ResponseWriter, r *http.Request) error {
	return s.showEvidence(w, r, http.StatusOK, page.Form{Values: map[string]string{"day": s.now(r).Format(time.DateOnly)}})
}

func (s *Server) showEvidence(w http.ResponseWriter, r *http.Request, status int, form page.Form) error {
	v := &page.Evidence{Frame: s.frame(r), Show: r.FormValue("show"), Yours: r.FormValue("yours") == "1", Form: form, May: s.may(r.Context(), pageEvidenceNote), MaySign: s.cfg.Evidence.Path != ""}
	month, err := s.evidenceMonth(r)
	if err != nil {
		return err
	}
	var p evidence.Pack
	err = s.inTenant(r.Context(), func(tx pg.Tx) error { p, err = s.makeEvidence(r.Context(), tx, month); return err })
	if err != nil {
		return err
	}
	v.Month, v.Months, v.AsOf, v.Contract = p.Month, evidenceMonths(month, v.Now), p.AsOf.In(v.Now.Location()), p.Contract != ""
	counts := p.Counts
	if v.Yours = v.Yours && v.Contract; v.Yours {
		counts = p.Yours
	}
	v.Tallies = []page.EvidenceTally{{State: string(evidence.Missing), N: counts.Missing}, {State: string(evidence.Partly), N: counts.Partly}, {State: string(evidence.Met), N: counts.Met}}
	v.NoTests = !slices.ContainsFunc(p.Obligations, func(o evidence.Row) bool {
		return slices.ContainsFunc(o.Controls, func(c evidence.Found) bool { return c.Proof != nil && c.Proof.Kind == evidence.Test })
	})
	for _, group := range evidence.Groups(p.Obligations) {
		g := page.EvidenceGroup{Key: evidence.Group(group[0].ID)}
		for _, o := range group {
			if (v.Show == "" || v.Show == string(o.State)) && (!v.Yours || o.Yours != "") {
				g.Rows = append(g.Rows, evidenceRow(o, v.Language, v.Now.Location()))
			}
		}
		if len(g.Rows) > 0 {
			slices.SortStableFunc(g.Rows, func(a, b page.EvidenceRow) int { return cmp.Compare(urgency(a.State), urgency(b.State)) })
			v.Groups = append(v.Groups, g)
		}
	}
	if v.Takes, err = evidenceTakes(v.Language); err != nil {
		return err
	}
	return s.render(w, status, v)
}

// urgency orders rows: what is missing stands first.
func urgency(state string) int {
	return slices.Index([]string{string(evidence.Missing), string(evidence.Partly), string(evidence.Met)}, state)
}

// makeEvidence looks for the proofs of a month.
func (s *Server) makeEvidence(ctx context.Context, tx pg.Tx, month evidence.Month) (evidence.Pack, error) {
	return evidence.Make(ctx, tx, evidence.Order{Tenant: callerOf(ctx).tenant.Name, Month: month, Now: s.cfg.Now(), Program: s.cfg.Version, Catalogue: s.cfg.Catalogue})
}

// evidenceMonth gives the month asked for; without: the last whole one.
func (s *Server) evidenceMonth(r *http.Request) (evidence.Month, error) {
	zone := zoneOf(callerOf(r.Context()).tenant.Zone)
	name := r.FormValue("month")
	if name == "" {
		return evidence.LastWhole(zone, s.cfg.Now()), nil
	}
	m, err := evidence.MonthOf(name, zone, s.cfg.Now())
	if errors.Is(err, evidence.ErrInvalid) {
		return m, &problem{status: http.StatusBadRequest, detail: err.Error()}
	}
	return m, err
}

// evidenceMonths are the running month and the twelve before, and the one that
// is shown.
func evidenceMonths(shown evidence.Month, now time.Time) (out []page.EvidenceMonth) {
	y, m, _ := now.Date()
	for i := range 13 {
		first := time.Date(y, m-time.Month(i), 1, 0, 0, 0, 0, now.Location())
		out = append(out, page.EvidenceMonth{First: first, Chosen: first.Equal(shown.First)})
	}
	if !slices.ContainsFunc(out, func(o page.EvidenceMonth) bool { return o.Chosen }) {
		out = append(out, page.EvidenceMonth{First: shown.First, Chosen: true})
	}
	return out
}

// evidenceTakes are the obligations that people prove.
func evidenceTakes(language string) (out []page.Option, err error) {
	r, err := evidence.Load()
	for _, o := range r.Obligations {
		if o.TakesRecord() {
			out = append(out, page.Option{Value: o.ID, Label: o.ID + " " + o.Promise.In(language)})
		}
	}
	return out, err
}

func evidenceRow(o evidence.Row, language string, zone *time.Location) page.EvidenceRow {
	row := page.EvidenceRow{ID: o.ID, Source: o.Source, Promise: o.Promise.In(language), Yours: o.Yours, State: string(o.State), Gap: o.Gap.In(language)}
	for _, c := range o.Controls {
		line := page.EvidenceControl{Text: c.Control.In(language), Kind: string(c.Kind), State: string(c.State), Why: string(c.Why), Days: c.Days}
		if c.Proof != nil {
			line.Of, line.Says, line.At, line.Link = string(c.Proof.Kind), c.Proof.Says.In(language), c.Proof.At.In(zone), c.Proof.Link
			line.Seen, line.Held = c.Proof.Looks.Seen, c.Proof.Looks.Held
		}
		row.Controls = append(row.Controls, line)
	}
	return row
}

func (s *Server) postEvidence(w http.ResponseWriter, r *http.Request) error {
	form := formOf(r)
	for _, name := range []string{"obligation", "day", "says"} {
		form.Values[name] = r.FormValue(name)
	}
	n := evidence.Note{Obligation: form.Values["obligation"], Says: form.Values["says"]}
	day, err := time.Parse(time.DateOnly, form.Values["day"])
	if err != nil {
		form.Problems["day"] = page.Say("proof.refused.day")
	}
	n.Day = day
	if !form.Problem() {
		err = s.inTenant(r.Context(), func(tx pg.Tx) error {
			return evidence.PutNote(r.Context(), tx, n, callerOf(r.Context()).actor(), s.now(r))
		})
		if err == nil {
			return s.done(w, r, page.PathServiceEvidence+"#"+n.Obligation, notice{Key: "notice.saved"})
		}
		field, refused := evidence.Wrong(err)
		if !refused {
			return err
		}
		form.Problems[field] = page.Say("proof.refused." + field)
	}
	return s.showEvidence(w, r, http.StatusUnprocessableEntity, form)
}

// evidenceFile makes a pack, signs it and keeps that it was handed out.
func (s *Server) evidenceFile(w http.ResponseWriter, r *http.Request) error {
	if s.cfg.Evidence.Path == "" {
		return &problem{status: http.StatusNotFound, detail: "this server keeps no key to sign evidence packs with"}
	}
	month, err := s.evidenceMonth(r)
	if err != nil {
		return err
	}
	language := cmp.Or(r.FormValue("language"), languageOf(r, callerOf(r.Context())))
	if !slices.Contains(page.Languages(), language) {
		language = "en"
	}
	var b bytes.Buffer
	err = s.inTenant(r.Context(), func(tx pg.Tx) error { return s.packEvidence(r.Context(), tx, month, language, &b) })
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/zip")
	w.Header().Set("Content-Disposition", `attachment; filename="evidence-`+month.String()+`.zip"`)
	_, err = b.WriteTo(w)
	return err
}

// packEvidence writes the pack as JSON and PDF, with the PDF's signature.
func (s *Server) packEvidence(ctx context.Context, tx pg.Tx, month evidence.Month, language string, to *bytes.Buffer) error {
	key, err := s.cfg.Evidence.Private()
	if err != nil {
		return err
	}
	p, err := s.makeEvidence(ctx, tx, month)
	if err != nil {
		return err
	}
	signed, err := evidence.Sign(p, key)
	if err != nil {
		return err
	}
	d, err := p.Document(signed.Seal, language, zoneOf(callerOf(ctx).tenant.Zone))
	if err != nil {
		return err
	}
	var pdf bytes.Buffer
	if err := d.PDF(&pdf); err != nil {
		return err
	}
	name := "evidence-" + month.String()
	sig, err := evidence.SignFile(name+".pdf", pdf.Bytes(), key)
	if err != nil {
		return err
	}
	raw, err := signed.JSON()
	if err != nil {
		return err
	}
	if err := evidence.PutPack(ctx, tx, p, signed.Seal, callerOf(ctx).actor()); err != nil {
		return err
	}
	z := zip.NewWriter(to)
	for _, f := range []struct {
		name    string
		content []byte
	}{{name + ".json", raw}, {name + ".pdf", pdf.Bytes()}, {name + ".pdf.sig", sig}} {
		into, err := z.Create(f.name)
		if err == nil {
			_, err = into.Write(f.content)
		}
		if err != nil {
			return fmt.Errorf("writing %s: %w", f.name, err)
		}
	}
	return z.Close()
}
