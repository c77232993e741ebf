package api

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"tikklok/api/page"
	"tikklok/ingest/hours"
	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/hours/rule"
	"tikklok/ingest/pg"
)

// ruleDraft is a change of rules on its way from the form to being saved.
type ruleDraft struct {
	page.RuleDraft
	scope rule.Scope
	from  calendar.Date
	now   hours.RuleVersion // what holds for the scope from that day; of a scope without rules of its own, nothing
	wide  rule.Rules        // the tenant's of that day
}

// draft reads which rules are to be changed, and from when.
func (s *Server) draft(r *http.Request) (d ruleDraft, err error) {
	today := calendar.DateOf(s.now(r))
	d.From = cmp.Or(strings.TrimSpace(r.FormValue("from")), today.String())
	d.DaysFrom = cmp.Or(strings.TrimSpace(r.FormValue("days_from")), today.AddDays(-30).String())
	d.DaysTo = cmp.Or(strings.TrimSpace(r.FormValue("days_to")), today.String())
	if d.from, err = calendar.ParseDate(d.From); err != nil {
		d.from = today
	}
	d.Scope = r.FormValue("scope")
	if d.scope, err = scopeOf(d.Scope); err != nil {
		return d, err
	}
	d.Version, _ = strconv.Atoi(r.FormValue("version")) // 0: from the start
	return d, s.inTenant(r.Context(), func(tx pg.Tx) error { return d.read(r.Context(), tx) })
}

// read fills in what holds.
func (d *ruleDraft) read(ctx context.Context, tx pg.Tx) error {
	h, err := readRuleHistory(ctx, tx, time.UTC)
	if err != nil {
		return err
	}
	names, err := hours.ScopeNames(ctx, tx, []rule.Scope{d.scope})
	if err != nil {
		return err
	}
	d.wide = h.tenant(d.from).Rules
	if d.scope.IsTenant() {
		d.now = h.tenant(d.from)
		return nil
	}
	name, ok := names[d.scope]
	if !ok {
		return &problem{status: http.StatusNotFound, detail: "no such record"}
	}
	d.Kind, d.Name = string(d.scope.Kind), name
	d.now, _ = h.inForce(d.scope, d.from)
	return nil
}

// whole gives the rules that hold for the scope now.
func (d *ruleDraft) whole() rule.Rules {
	if len(d.now.Patch) == 0 {
		return d.wide
	}
	merged, err := d.wide.Merge(d.now.Patch)
	if err != nil {
		return d.wide
	}
	return merged
}

// named gives the fields that the scope has of its own.
func (d *ruleDraft) named() []string {
	if len(d.now.Patch) == 0 {
		return nil
	}
	fields, err := rule.PatchFields(d.now.Patch)
	if err != nil {
		return nil
	}
	return fields
}

// set makes a rule set of a document: of the tenant's whole rules, or of a
// layer's patch.
func (d *ruleDraft) set(document []byte) (rule.Set, rule.Rules, error) {
	s := rule.Set{From: d.from, Scope: d.scope}
	var err error
	if d.scope.IsTenant() {
		s.Rules, err = rule.Parse(document)
		return s, s.Rules, err
	}
	s.Patch = document
	whole, err := d.wide.Merge(document)
	return s, whole, err
}

// overtaken says that somebody else put rules in force since the form was
// drawn; nil: nobody did.
func (d *ruleDraft) overtaken() *page.Message {
	if d.Version == 0 || d.Version == d.now.Version {
		return nil
	}
	m := page.Say("rule.problem.overtaken", d.now.Version, d.Version)
	return &m
}

// ruleEditorPage shows the form. A layer is asked for by a scope's name, or by
// its kind and a number.
func (s *Server) ruleEditorPage(w http.ResponseWriter, r *http.Request) error {
	if kind := r.FormValue("for"); kind == "employee" || kind == "assignment" {
		return s.findScope(w, r, rule.ScopeKind(kind))
	} else if kind != "" {
		http.Redirect(w, r, page.PathRuleEdit+"?scope="+url.QueryEscape(kind), http.StatusSeeOther)
		return nil
	}
	d, err := s.draft(r)
	if err != nil {
		return err
	}
	d.Version = d.now.Version
	document, err := documentOf(d.whole())
	if err != nil {
		return err
	}
	return s.showEditor(w, r, http.StatusOK, d, document, nil, nil)
}

func (s *Server) findScope(w http.ResponseWriter, r *http.Request, kind rule.ScopeKind) error {
	var scope rule.Scope
	err := s.inTenant(r.Context(), func(tx pg.Tx) (err error) {
		scope, err = hours.ScopeByNumber(r.Context(), tx, kind, strings.TrimSpace(r.FormValue("number")))
		return err
	})
	if errors.Is(err, hours.ErrNotFound) {
		form := formOf(r, "for", "number")
		form.Problems["number"] = page.Say("rule.problem.scope")
		return s.showRules(w, r, http.StatusUnprocessableEntity, form)
	}
	if err != nil {
		return err
	}
	http.Redirect(w, r, page.PathRuleEdit+"?scope="+scopeName(scope), http.StatusSeeOther)
	return nil
}

// postRuleEditor goes back from the preview to the form, as it was filled in.
func (s *Server) postRuleEditor(w http.ResponseWriter, r *http.Request) error {
	d, err := s.draft(r)
	if err != nil {
		return err
	}
	_, whole, err := d.set([]byte(r.FormValue("document")))
	if err != nil {
		whole = d.whole()
	}
	document, err := documentOf(whole)
	if err != nil {
		return err
	}
	return s.showEditor(w, r, http.StatusOK, d, document, nil, nil)
}

func (s *Server) showEditor(w http.ResponseWriter, r *http.Request, status int, d ruleDraft, document ruleDocument, problems map[string]page.Message, others []page.Message) error {
	v := &page.RuleEditor{Frame: s.frame(r), RuleDraft: d.RuleDraft, Problems: others}
	named := d.named()
	for _, g := range ruleGroups() {
		if g.name == "period" && !d.scope.IsTenant() {
			continue
		}
		form := page.RuleForm{Name: g.name}
		for _, f := range g.fields {
			field := document.field(f, f.path, f.path, problems)
			retype(&field, r.Form)
			field.Own = slices.Contains(named, top(f.path))
			form.Fields = append(form.Fields, field)
		}
		v.Groups = append(v.Groups, form)
	}
	return s.render(w, status, v)
}

// postRulePreview reads the form, or a document instead, and shows what it
// would change.
func (s *Server) postRulePreview(w http.ResponseWriter, r *http.Request) error {
	pasted, err := uploadedAs(r, "document") // reads the form too
	if err != nil {
		return err
	}
	d, err := s.draft(r)
	if err != nil {
		return err
	}
	if strings.TrimSpace(pasted) != "" {
		return s.previewDocument(w, r, d, []byte(pasted))
	}
	document, err := documentOf(d.whole())
	if err != nil {
		return err
	}
	problems := document.read(r.Form)
	if m := d.overtaken(); m != nil || len(problems) > 0 {
		return s.showEditor(w, r, http.StatusUnprocessableEntity, d, document, problems, wrongWith(m, problems))
	}
	text, err := d.text(document, r.Form)
	if err != nil {
		return err
	}
	if _, _, err := d.set(text); err != nil {
		fields, others := ruleProblems(err)
		return s.showEditor(w, r, http.StatusUnprocessableEntity, d, document, fields, others)
	}
	return s.showPreview(w, r, http.StatusOK, d, text, document)
}

// wrongWith puts what could not be read of fields into a list.
func wrongWith(first *page.Message, fields map[string]page.Message) (out []page.Message) {
	if first != nil {
		out = append(out, *first)
	}
	var paths []string
	for path := range fields {
		paths = append(paths, path)
	}
	slices.Sort(paths)
	for _, path := range paths {
		out = append(out, page.Say("rule.problem", ruleLabel(path), fields[path]))
	}
	return out
}

// text gives the document of a form: the whole, or a layer's patch.
func (d *ruleDraft) text(document ruleDocument, form url.Values) ([]byte, error) {
	if d.scope.IsTenant() {
		return json.Marshal(document)
	}
	wide, err := documentOf(d.wide)
	if err != nil {
		return nil, err
	}
	return json.Marshal(document.patch(wide, d.named(), func(field string) bool { return form.Get("reset."+field) != "" }))
}

// previewDocument takes a document that was given instead of the form.
func (s *Server) previewDocument(w http.ResponseWriter, r *http.Request, d ruleDraft, text []byte) error {
	_, whole, err := d.set(text)
	if err != nil {
		document, err2 := documentOf(d.whole())
		if err2 != nil {
			return err2
		}
		_, others := ruleProblems(err)
		return s.showEditor(w, r, http.StatusUnprocessableEntity, d, document, nil, others)
	}
	document, err := documentOf(whole)
	if err != nil {
		return err
	}
	if d.Version == 0 {
		d.Version = d.now.Version
	}
	return s.showPreview(w, r, http.StatusOK, d, text, document)
}

// showPreview computes what a document would change. What is refused there
// goes back to the form.
func (s *Server) showPreview(w http.ResponseWriter, r *http.Request, status int, d ruleDraft, text []byte, document ruleDocument) error {
	set, whole, err := d.set(text)
	if err != nil {
		return err
	}
	from, err1 := calendar.ParseDate(d.DaysFrom)
	to, err2 := calendar.ParseDate(d.DaysTo)
	if _, err := calendar.ParseDate(d.From); errors.Join(err, err1, err2) != nil || to.Before(from) || to.Sub(from) > 30 {
		return s.showEditor(w, r, http.StatusUnprocessableEntity, d, document, nil, []page.Message{page.Say("rule.problem.days")})
	}
	var p hours.Preview
	err = s.inTenant(r.Context(), func(tx pg.Tx) (err error) {
		p, err = hours.PreviewRules(r.Context(), tx, set, from, to, s.cfg.Now())
		return err
	})
	if errors.Is(err, hours.ErrInvalid) {
		fields, others := ruleProblems(err)
		return s.showEditor(w, r, http.StatusUnprocessableEntity, d, document, fields, others)
	}
	if err != nil {
		return err
	}
	return s.render(w, status, s.previewView(r, d, text, ruleChanges(d.whole(), whole), p))
}

func (s *Server) previewView(r *http.Request, d ruleDraft, text []byte, changes []page.RuleChange, p hours.Preview) *page.RulePreview {
	v := &page.RulePreview{
		Frame: s.frame(r), RuleDraft: d.RuleDraft, Document: string(text), Changes: changes,
		Employees: p.Employees, Concerned: p.Concerned, Changed: p.Changed, Exceptions: p.Exceptions, Cut: p.Cut,
	}
	v.Path = page.PathRuleEdit // the menu's place; the form is gone
	zone := v.Now.Location()
	v.Days = [2]time.Time{p.Days.From.In(zone), p.Days.To.In(zone)}
	v.Starts = d.from.In(zone)
	v.Table, _ = strconv.Atoi(r.FormValue("year"))
	for _, t := range p.Totals {
		v.Totals = append(v.Totals, page.RuleTotal{Code: t.Code, Kind: cmp.Or(string(t.Kind), "worked"), Before: t.Before, After: t.After})
	}
	v.Effects = effectsOf(p.Effects[:min(mostEffects, len(p.Effects))], zone)
	v.Cut = v.Cut || len(p.Effects) > mostEffects
	if f := p.Frozen; f != nil {
		m := page.Say("rule.confirm", f.Weeks, f.Employees, f.First.String(), f.Last.String())
		v.Frozen = &m
	}
	return v
}

// effectsOf puts the lines of one employee together.
func effectsOf(all []hours.Effect, zone *time.Location) (out []page.RuleEffect) {
	for _, e := range all {
		if n := len(out); n == 0 || out[n-1].Employee != e.Who.ID {
			out = append(out, page.RuleEffect{Employee: e.Who.ID, Name: nameOf(e.Who.Surname, e.Who.FirstName)})
		}
		one := &out[len(out)-1]
		one.Frozen = one.Frozen || e.Frozen
		one.Lines = append(one.Lines, page.RuleEffectLine{Day: e.Date.In(zone),
			RuleTotal: page.RuleTotal{Code: e.Code, Kind: cmp.Or(string(e.Kind), "worked"), Before: e.Before, After: e.After}})
	}
	return out
}

// mostEffects is how many lines a page lists.
const mostEffects = 1000

// postRules saves what was previewed.
func (s *Server) postRules(w http.ResponseWriter, r *http.Request) error {
	d, err := s.draft(r)
	if err != nil {
		return err
	}
	text := []byte(r.FormValue("document"))
	set, whole, err := d.set(text)
	if err != nil {
		return s.previewDocument(w, r, d, text)
	}
	document, err := documentOf(whole)
	if err != nil {
		return err
	}
	if m := d.overtaken(); m != nil {
		return s.showEditor(w, r, http.StatusConflict, d, document, nil, []page.Message{*m})
	}
	err = s.inTenant(r.Context(), func(tx pg.Tx) (err error) {
		change := hours.RuleChange{Set: set, Confirm: r.FormValue("confirm") != ""}
		set, err = hours.PutRules(r.Context(), tx, change, callerOf(r.Context()).actor(), s.cfg.Now())
		return err
	})
	var frozen *hours.FrozenWeeks
	switch {
	case errors.As(err, &frozen):
		s.leave(r.Context(), notice{Bad: true, Key: "notice.failed", Why: page.Say("rule.problem.confirm")})
		return s.showPreview(w, r, http.StatusConflict, d, text, document)
	case errors.Is(err, hours.ErrInvalid):
		fields, others := ruleProblems(err)
		return s.showEditor(w, r, http.StatusUnprocessableEntity, d, document, fields, others)
	case err != nil:
		return err
	}
	return s.done(w, r, page.PathRules, notice{Key: "notice.rules-saved", Values: []string{strconv.Itoa(set.Version), set.From.String()}})
}
