package api

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"time"

	"tikklok/api/page"
	"tikklok/ingest/fleet"
	"tikklok/ingest/hours"
	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/hours/rule"
	"tikklok/ingest/people"
	"tikklok/ingest/pg"
)

// ruleHistory is every rule set with the names of whom it is for.
type ruleHistory struct {
	versions []hours.RuleVersion // newest first
	names    map[rule.Scope]string
	zone     *time.Location
}

func readRuleHistory(ctx context.Context, tx pg.Tx, zone *time.Location) (ruleHistory, error) {
	h := ruleHistory{zone: zone}
	var err error
	if h.versions, err = hours.RuleHistory(ctx, tx); err != nil {
		return h, err
	}
	var scopes []rule.Scope
	for _, v := range h.versions {
		scopes = append(scopes, v.Scope)
	}
	h.names, err = hours.ScopeNames(ctx, tx, scopes)
	return h, err
}

// inForce gives the version of a scope that holds on a day; false: none does.
func (h ruleHistory) inForce(s rule.Scope, day calendar.Date) (hours.RuleVersion, bool) {
	var best *hours.RuleVersion
	for i, v := range h.versions { // newest first: of equal days the first counts
		if v.Scope == s && !day.Before(v.From) && (best == nil || best.From.Before(v.From)) {
			best = &h.versions[i]
		}
	}
	if best == nil {
		return hours.RuleVersion{}, false
	}
	return *best, true
}

// tenant gives the tenant's version of a day: before the first, the first.
func (h ruleHistory) tenant(day calendar.Date) hours.RuleVersion {
	if v, ok := h.inForce(rule.Scope{}, day); ok {
		return v
	}
	return h.versions[len(h.versions)-1]
}

func (h ruleHistory) view(v hours.RuleVersion) page.RuleVersion {
	out := page.RuleVersion{Version: v.Version, Scope: scopeName(v.Scope), Kind: string(v.Scope.Kind), Name: h.names[v.Scope],
		From: v.From.In(h.zone), By: v.ByName, Made: v.Made}
	if !v.Made.IsZero() {
		out.Made = v.Made.In(h.zone)
	}
	return out
}

// whole gives the rules of a version: a layer's upon the tenant's of its day.
// One that contradicts them by now gives theirs.
func (h ruleHistory) whole(v hours.RuleVersion) rule.Rules {
	if v.Scope.IsTenant() {
		return v.Rules
	}
	wide := h.tenant(v.From).Rules
	merged, err := wide.Merge(v.Patch)
	if err != nil {
		return wide
	}
	return merged
}

// before gives what held for a scope just before a version.
func (h ruleHistory) before(v hours.RuleVersion) rule.Rules {
	older := ruleHistory{versions: slices.Clone(h.versions)}
	older.versions = slices.DeleteFunc(older.versions, func(o hours.RuleVersion) bool { return o.Version >= v.Version })
	if was, ok := older.inForce(v.Scope, v.From); ok {
		return older.whole(was)
	}
	return h.tenant(v.From).Rules
}

func (s *Server) rulesPage(w http.ResponseWriter, r *http.Request) error {
	return s.showRules(w, r, http.StatusOK, page.Form{})
}

func (s *Server) showRules(w http.ResponseWriter, r *http.Request, status int, form page.Form) error {
	v := &page.Rules{Frame: s.frame(r), MayEdit: s.may(r.Context(), "PutRules"), Form: form}
	today := calendar.DateOf(v.Now)
	err := s.inTenant(r.Context(), func(tx pg.Tx) error {
		h, err := readRuleHistory(r.Context(), tx, v.Now.Location())
		if err != nil {
			return err
		}
		now := h.tenant(today)
		v.Holds, v.Groups, v.NoTable = h.view(now), ruleFacts(now.Rules), withoutTable(now.Rules, today)
		h.layers(v, today)
		if v.Refused, err = h.refused(r.Context(), tx, today); err != nil || !v.MayEdit {
			return err
		}
		v.For, err = layerChoices(r.Context(), tx)
		return err
	})
	if err != nil {
		return err
	}
	return s.render(w, status, v)
}

// withoutTable gives a near year that the rules have no holiday table of.
func withoutTable(r rule.Rules, today calendar.Date) int {
	for _, year := range []int{today.Year, today.AddDays(60).Year} {
		if !slices.ContainsFunc(r.HolidayTable, func(h rule.Holiday) bool { return h.Day.Year == year }) {
			return year
		}
	}
	return 0
}

// layers sorts what is not the tenant's now: rules of parts, and later ones.
func (h ruleHistory) layers(v *page.Rules, today calendar.Date) {
	seen := map[rule.Scope]bool{}
	for _, set := range h.versions {
		if today.Before(set.From) {
			line := h.view(set)
			line.Changes = ruleChanges(h.before(set), h.whole(set))
			v.Later = append(v.Later, line)
			continue
		}
		if set.Scope.IsTenant() || seen[set.Scope] {
			continue
		}
		seen[set.Scope] = true
		holds, _ := h.inForce(set.Scope, today)
		v.Layers = append(v.Layers, page.RuleLayer{RuleVersion: h.view(holds), Lines: layerLines(h.whole(holds), holds.Patch)})
	}
	rank := func(kind string) int { return slices.Index(rule.Scopes(), rule.ScopeKind(kind)) }
	slices.SortStableFunc(v.Layers, func(a, b page.RuleLayer) int {
		return cmp.Or(rank(a.Kind)-rank(b.Kind), cmp.Compare(a.Name, b.Name))
	})
	slices.SortStableFunc(v.Later, func(a, b page.RuleVersion) int { return a.From.Compare(b.From) })
}

// layerLines puts the fields that a patch names in words.
func layerLines(whole rule.Rules, patch []byte) (lines []page.RuleLine) {
	fields, err := rule.PatchFields(patch)
	if err != nil {
		return nil // was checked when it was stored
	}
	for _, field := range rule.Fields() {
		if slices.Contains(fields, field) {
			lines = append(lines, page.RuleLine{Name: ruleLabel(field), Value: orNothing(ruleValue(field, whole))})
		}
	}
	return lines
}

// refused says which layers are left out because they clash.
func (h ruleHistory) refused(ctx context.Context, tx pg.Tx, today calendar.Date) ([]page.Message, error) {
	all, err := hours.RefusedLayers(ctx, tx, today)
	return each(all, func(r rule.Refusal) page.Message {
		_, why := ruleProblems(r.Err)
		who := page.Say("rule.scope.named", page.Say("rule.scope."+string(r.Set.Scope.Kind)), h.names[r.Set.Scope])
		return page.Say("rule.left-out", who, r.Set.Version, page.Parts(why))
	}), err
}

// layerChoices gives what a layer can be made for; employees and assignments
// are looked up by number.
func layerChoices(ctx context.Context, tx pg.Tx) ([]page.RuleFor, error) {
	hirers, err := people.Hirers(ctx, tx)
	if err != nil {
		return nil, err
	}
	sites, err := fleet.Sites(ctx, tx)
	if err != nil {
		return nil, err
	}
	contracts, err := people.Contracts(ctx, tx)
	option := func(kind rule.ScopeKind, id int64, name string) page.Option {
		return page.Option{Value: scopeName(rule.Scope{Kind: kind, ID: id}), Label: name}
	}
	return []page.RuleFor{
		{Kind: "hirer", Options: each(hirers, func(x people.Hirer) page.Option { return option(rule.ScopeHirer, x.ID, x.Name) })},
		{Kind: "site", Options: each(sites, func(x fleet.Site) page.Option { return option(rule.ScopeSite, x.ID, x.Name) })},
		{Kind: "contract", Options: each(contracts, func(x people.Contract) page.Option { return option(rule.ScopeContract, x.ID, x.Name) })},
	}, err
}

func (s *Server) ruleHistoryPage(w http.ResponseWriter, r *http.Request) error {
	v := &page.RuleHistory{Frame: s.frame(r)}
	err := s.inTenant(r.Context(), func(tx pg.Tx) error {
		h, err := readRuleHistory(r.Context(), tx, v.Now.Location())
		for _, set := range h.versions {
			line := h.view(set)
			if set.Version > 1 {
				line.Changes = ruleChanges(h.before(set), h.whole(set))
			}
			v.Versions = append(v.Versions, line)
		}
		return err
	})
	if err != nil {
		return err
	}
	return s.render(w, http.StatusOK, v)
}

// ruleDocumentFile gives the document in force, to be kept or changed
// elsewhere.
func (s *Server) ruleDocumentFile(w http.ResponseWriter, r *http.Request) error {
	scope, err := scopeOf(r.URL.Query().Get("scope"))
	if err != nil {
		return err
	}
	var set hours.RuleVersion
	err = s.inTenant(r.Context(), func(tx pg.Tx) error {
		h, err := readRuleHistory(r.Context(), tx, time.UTC)
		if err != nil {
			return err
		}
		today, ok := calendar.DateOf(s.now(r)), true
		if scope.IsTenant() {
			set = h.tenant(today)
		} else if set, ok = h.inForce(scope, today); !ok {
			return &problem{status: http.StatusNotFound, detail: "no such record"}
		}
		return nil
	})
	if err != nil {
		return err
	}
	var document any = set.Rules
	if !scope.IsTenant() {
		document = set.Patch
	}
	text, err := json.MarshalIndent(document, "", "  ")
	if err != nil {
		return fmt.Errorf("writing down rules: %w", err)
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Disposition", fmt.Sprintf(`attachment; filename="rules-%d.json"`, set.Version))
	_, err = w.Write(append(text, '\n'))
	return err
}
