package script

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"

	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/hours/rule"
)

var ruleLines = []kind{
	{`rules [from 2026-11-09] {"rounding": 5}`, regexp.MustCompile(`^rules(?: from ` + dayForm + `)? (\{.*\})$`), (*world).rule},
	{`rules for hirer|site|contract|assignment|employee NAME [from 2026-11-09] {"rounding": 5}`,
		regexp.MustCompile(`^rules for (hirer|site|contract|assignment|employee) (\S+)(?: from ` + dayForm + `)? (\{.*\})$`), (*world).layer},
}

// rule changes fields of the newest set of the tenant, or adds a set from a day
// on that differs from the default rules in these fields.
func (w *world) rule(m []string) (err error) {
	if m[1] != "" {
		set := rule.Default()
		if set.From, err = calendar.ParseDate(m[1]); err != nil {
			return err
		}
		set.Version = len(w.rules) + 1
		w.rules = append(w.rules, set)
	}
	last := len(w.rules) - 1
	for !w.rules[last].Scope.IsTenant() {
		last--
	}
	at := &w.rules[last]
	document, err := over(at.Rules, m[2])
	if err == nil {
		at.Rules, err = rule.Parse(document)
	}
	if err != nil {
		return fmt.Errorf("rules: %w", err)
	}
	return nil
}

// over gives the document of rules with some fields in place of theirs.
func over(r rule.Rules, some string) ([]byte, error) {
	document, err := json.Marshal(r)
	if err != nil {
		return nil, err
	}
	fields := map[string]json.RawMessage{}
	if err := json.Unmarshal(document, &fields); err != nil {
		return nil, err
	}
	if err := json.Unmarshal([]byte(some), &fields); err != nil {
		return nil, err
	}
	return json.Marshal(fields)
}

// layer adds a set for a part of the tenant.
func (w *world) layer(m []string) (err error) {
	s := rule.Set{Version: len(w.rules) + 1, From: rule.Default().From, Scope: rule.Scope{Kind: rule.ScopeKind(m[1])}, Patch: json.RawMessage(m[4])}
	switch s.Scope.Kind {
	case rule.ScopeSite:
		if s.Scope.ID, err = strconv.ParseInt(m[2], 10, 64); err != nil {
			return fmt.Errorf("site: %w", err)
		}
	case rule.ScopeEmployee:
		s.Scope.ID = w.employee(m[2])
	default:
		s.Scope.ID = w.id(m[1], m[2])
	}
	if m[3] != "" {
		if s.From, err = calendar.ParseDate(m[3]); err != nil {
			return err
		}
	}
	w.rules = append(w.rules, s)
	return rule.CheckPatch(s.Patch)
}
