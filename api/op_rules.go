package api

import (
	"context"
	"encoding/json"

	openapi_types "github.com/oapi-codegen/runtime/types"

	"tikklok/api/openapi"
	"tikklok/ingest/hours"
	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/hours/rule"
	"tikklok/ingest/pg"
)

// GetRules gives every version of the rules.
func (o operations) GetRules(ctx context.Context, _ openapi.GetRulesRequestObject) (openapi.GetRulesResponseObject, error) {
	var out openapi.GetRules200JSONResponse
	err := o.inTenant(ctx, func(tx pg.Tx) error {
		all, err := hours.RuleHistory(ctx, tx)
		for i := range all { // newest first
			out.Items = append(out.Items, historyView(all[len(all)-1-i]))
		}
		return err
	})
	return out, err
}

// PutRules puts a version in force from a date.
func (o operations) PutRules(ctx context.Context, r openapi.PutRulesRequestObject) (openapi.PutRulesResponseObject, error) {
	set, err := draftOf(r.Body.From, r.Body.Scope, r.Body.Rules, r.Body.Patch)
	if err != nil {
		return nil, err
	}
	err = o.inTenant(ctx, func(tx pg.Tx) (err error) {
		set, err = hours.PutRules(ctx, tx, hours.RuleChange{Set: set, Confirm: or(r.Body.Confirm)}, callerOf(ctx).actor(), o.cfg.Now())
		return err
	})
	return openapi.PutRules200JSONResponse(ruleSetView(set)), err
}

// PreviewRules tells what rules would change.
func (o operations) PreviewRules(ctx context.Context, r openapi.PreviewRulesRequestObject) (openapi.PreviewRulesResponseObject, error) {
	set, err := draftOf(r.Body.From, r.Body.Scope, r.Body.Rules, r.Body.Patch)
	if err != nil {
		return nil, err
	}
	var p hours.Preview
	err = o.inTenant(ctx, func(tx pg.Tx) (err error) {
		p, err = hours.PreviewRules(ctx, tx, set, calendar.DateOf(r.Body.DaysFrom.Time), calendar.DateOf(r.Body.DaysTo.Time), o.cfg.Now())
		return err
	})
	return openapi.PreviewRules200JSONResponse(rulePreviewView(p)), err
}

// GetRulesInForce gives the whole rules of a day.
func (o operations) GetRulesInForce(ctx context.Context, r openapi.GetRulesInForceRequestObject) (openapi.GetRulesInForceResponseObject, error) {
	var p *rule.Page
	err := o.inTenant(ctx, func(tx pg.Tx) (err error) {
		p, err = hours.RulesOn(ctx, tx, calendar.DateOf(r.Params.Day.Time), or(r.Params.EmployeeId), or(r.Params.SiteId))
		return err
	})
	if err != nil {
		return nil, err
	}
	return openapi.GetRulesInForce200JSONResponse{Versions: p.Versions(), Rules: p.Set.Rules}, nil
}

// draftOf reads a rule set that somebody asks for: rules of the tenant, or a
// patch of a part of it.
func draftOf(from openapi_types.Date, scope *openapi.RuleScope, rules *openapi.Rules, patch *openapi.RulePatch) (rule.Set, error) {
	set := rule.Set{From: calendar.DateOf(from.Time)}
	if scope != nil {
		set.Scope = rule.Scope{Kind: rule.ScopeKind(scope.Kind), ID: or(scope.Id)}
	}
	switch {
	case set.Scope.IsTenant() && rules != nil && patch == nil:
		set.Rules = *rules
	case !set.Scope.IsTenant() && patch != nil && rules == nil:
		set.Patch = *patch
	case set.Scope.IsTenant():
		return set, wrongField("rules", "the tenant's rules are given whole, without a patch")
	default:
		return set, wrongField("patch", "the rules of a part are given as a patch: the fields that differ")
	}
	return set, nil
}

func ruleSetView(s rule.Set) openapi.RuleSet {
	v := openapi.RuleSet{Version: s.Version, From: openapi_types.Date(dateView(s.From)), Scope: openapi.RuleScope{Kind: openapi.RuleScopeKindTenant}}
	if s.Scope.IsTenant() {
		v.Rules = &s.Rules
		return v
	}
	v.Scope = openapi.RuleScope{Kind: openapi.RuleScopeKind(s.Scope.Kind), Id: &s.Scope.ID}
	patch := json.RawMessage(s.Patch)
	v.Patch = &patch
	return v
}

func historyView(r hours.RuleVersion) openapi.RuleSet {
	v := ruleSetView(r.Set)
	v.By = some(r.ByName)
	if !r.Made.IsZero() {
		v.Made = &r.Made
	}
	return v
}

func rulePreviewView(p hours.Preview) openapi.RulePreview {
	v := openapi.RulePreview{
		Employees: p.Employees, Concerned: p.Concerned, Changed: p.Changed, Cut: p.Cut,
		ExceptionsBefore: p.Exceptions[0], ExceptionsAfter: p.Exceptions[1],
		Totals: each(p.Totals, func(t hours.Total) openapi.RuleTotal {
			return openapi.RuleTotal{Code: t.Code, Kind: string(t.Kind), Before: t.Before, After: t.After}
		}),
		Effects: each(p.Effects, func(e hours.Effect) openapi.RuleEffect {
			return openapi.RuleEffect{EmployeeId: e.Who.ID, Number: e.Who.Number, Name: nameOf(e.Who.Surname, e.Who.FirstName),
				Date: openapi_types.Date(dateView(e.Date)), Code: e.Code, Kind: string(e.Kind), Before: e.Before, After: e.After, Approved: e.Frozen}
		}),
	}
	if f := p.Frozen; f != nil {
		first, last := f.First.String(), f.Last.String()
		v.ApprovedWeeks, v.ApprovedFirst, v.ApprovedLast = &f.Weeks, &first, &last
	}
	return v
}
