package rule

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"reflect"
	"slices"
	"strings"

	"tikklok/ingest/hours/calendar"
)

// scopes are the layers, widest first.
var scopes = [...]ScopeKind{ScopeTenant, ScopeHirer, ScopeSite, ScopeContract, ScopeAssignment, ScopeEmployee}

// Scopes gives the layers, widest first.
func Scopes() []ScopeKind { return slices.Clone(scopes[:]) }

// Check refuses a scope that cannot be.
func (s Scope) Check() error {
	s = s.normal()
	switch {
	case !slices.Contains(scopes[:], s.Kind):
		return fmt.Errorf("scope %q is unknown; use one of %v", string(s.Kind), scopes)
	case s.Kind == ScopeTenant && s.ID != 0:
		return errors.New("the tenant's scope has no id")
	case s.Kind != ScopeTenant && s.ID <= 0:
		return fmt.Errorf("scope %s needs an id", s.Kind)
	}
	return nil
}

// normal gives the scope with its kind spelt out.
func (s Scope) normal() Scope {
	if s.Kind == "" {
		s.Kind = ScopeTenant
	}
	return s
}

// IsTenant says whether the scope is the whole tenant.
func (s Scope) IsTenant() bool { return s.normal().Kind == ScopeTenant }

// CheckPatch refuses a patch that is no JSON object, names a field that Rules
// do not have, or sets one out of its range, by name. Whether it contradicts
// what it stands upon is known only there (Merge).
func CheckPatch(patch []byte) error {
	fields, err := PatchFields(patch)
	if err != nil {
		return err
	}
	for _, name := range fields {
		if !slices.Contains(Fields(), name) {
			return fmt.Errorf("reading rules: unknown field %q", name)
		}
		if name == payPeriod {
			return fmt.Errorf("%s is for the whole tenant: pay runs would not fit together otherwise", payPeriod)
		}
	}
	merged, err := overlay(Default().Rules, patch)
	if err != nil {
		return err
	}
	return merged.ranges()
}

const payPeriod = "pay_period"

// Fields gives the names of the fields of a document of Rules, in its order.
func Fields() []string {
	var names []string
	t := reflect.TypeFor[Rules]()
	for i := range t.NumField() {
		name, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
		names = append(names, name)
	}
	return names
}

// PatchFields gives the fields that a patch names, in order of name.
func PatchFields(patch []byte) ([]string, error) {
	fields, err := fieldsOf(patch)
	return slices.Sorted(maps.Keys(fields)), err
}

// Merge gives the wider rules with the fields that a patch names in place of
// theirs, each field whole, and checks the result as a whole.
func (r Rules) Merge(patch []byte) (Rules, error) {
	if err := CheckPatch(patch); err != nil {
		return Rules{}, err
	}
	merged, err := overlay(r, patch)
	if err != nil {
		return Rules{}, err
	}
	return merged, merged.Check()
}

func overlay(r Rules, patch []byte) (Rules, error) {
	wide, err := json.Marshal(r)
	if err != nil {
		return Rules{}, fmt.Errorf("writing down rules: %w", err)
	}
	fields, err := fieldsOf(wide)
	if err != nil {
		return Rules{}, err
	}
	named, err := fieldsOf(patch)
	if err != nil {
		return Rules{}, err
	}
	maps.Copy(fields, named)
	whole, err := json.Marshal(fields)
	if err != nil {
		return Rules{}, fmt.Errorf("writing down rules: %w", err)
	}
	var out Rules
	return out, decode(whole, &out)
}

func fieldsOf(document []byte) (map[string]json.RawMessage, error) {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(document, &fields); err != nil {
		return nil, fmt.Errorf("reading rules: %w", err)
	}
	if fields == nil {
		return nil, errors.New("reading rules: the document must be an object")
	}
	return fields, nil
}

// decode reads one document, and nothing after it; an unknown field is refused
// by name.
func decode(document []byte, r *Rules) error {
	d := json.NewDecoder(bytes.NewReader(document))
	d.DisallowUnknownFields()
	if err := d.Decode(r); err != nil {
		return fmt.Errorf("reading rules: %w", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("reading rules: something follows the document")
	}
	return nil
}

// CheckWith says what is wrong with a set that is about to be put beside
// others: the set itself, and what it contradicts on any day that it holds,
// with each layer alone and with those that hold together. What contradicted
// before is not its fault.
func CheckWith(sets []Set, draft Set, together []Of) error {
	if err := draft.Check(); err != nil {
		return err
	}
	before, err := NewBook(sets)
	if err != nil {
		return err
	}
	after, err := NewBook(append(slices.Clip(sets), draft))
	if err != nil {
		return err
	}
	for _, s := range sets {
		together = append(together, s.Scope.alone())
	}
	for _, day := range changes(sets, draft) {
		for _, of := range append(together, draft.Scope.alone()) {
			known := before.For(day, of).Refused
			for _, r := range after.For(day, of).Refused {
				if !slices.ContainsFunc(known, func(k Refusal) bool { return k.Set.Version == r.Set.Version }) {
					return fmt.Errorf("on %s, with version %d for %s: %w", day, r.Set.Version, r.Set.Scope, r.Err)
				}
			}
		}
	}
	return nil
}

// Check says what is wrong with a set by itself.
func (s Set) Check() error {
	if err := s.Scope.Check(); err != nil {
		return err
	}
	if s.From.Year < 2015 || s.From.Year > 2100 {
		return fmt.Errorf("the first day is %s; it must be in 2015 to 2100", s.From)
	}
	if s.Scope.IsTenant() {
		return s.Rules.Check()
	}
	return CheckPatch(s.Patch)
}

// changes gives the days on which the rules change while a draft holds.
func changes(sets []Set, draft Set) []calendar.Date {
	days := []calendar.Date{draft.From}
	for _, s := range sets {
		if draft.From.Before(s.From) {
			days = append(days, s.From)
		}
	}
	return days
}

// alone gives whom a scope holds for, as if there were no other.
func (s Scope) alone() (o Of) {
	switch s.Kind {
	case ScopeHirer:
		o.Hirer = s.ID
	case ScopeSite:
		o.Site = s.ID
	case ScopeContract:
		o.Contract = s.ID
	case ScopeAssignment:
		o.Assignment = s.ID
	case ScopeEmployee:
		o.Employee = s.ID
	}
	return o
}

// String gives "site 7".
func (s Scope) String() string {
	if s.IsTenant() {
		return "the tenant"
	}
	return fmt.Sprintf("%s %d", s.Kind, s.ID)
}

// merge makes the page of a chain. A layer that contradicts what it stands
// upon is left out and named: each was checked with what held when it was put,
// but contracts and sites come together later in ways that nobody saw.
func (b *Book) merge(c chain) *Page {
	page := b.pages[c[0]]
	var refused []Refusal
	for _, place := range c[1:] {
		if place == 0 {
			continue
		}
		s := b.patches[place-1]
		next, err := page.under(s)
		if err != nil {
			refused = append(refused, Refusal{s, err})
			continue
		}
		page = next
	}
	if len(refused) > 0 {
		copied := *page
		copied.Refused = refused
		page = &copied
	}
	return page
}

// under gives the page with a layer upon it.
func (p *Page) under(s Set) (*Page, error) {
	var err error
	s.Rules, err = p.Set.Rules.Merge(s.Patch)
	if err != nil && p.Set.Rules.Check() == nil { // else the wider rules are older than the check: not the layer's fault
		return nil, err
	}
	return newPage(s, p.versions)
}

// patchedLongest gives the longest shift that a patch names; 0: none.
func patchedLongest(patch []byte) int {
	var r struct {
		LongestShift int `json:"longest_shift"`
	}
	if json.Unmarshal(patch, &r) != nil {
		return 0
	}
	return r.LongestShift
}
