package rule

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"tikklok/ingest/hours/calendar"
)

// Book is a tenant's rule sets made ready for computing. It keeps what it
// worked out, so it is for one goroutine.
type Book struct {
	pages   []*Page // the tenant's, ascending by from
	patches []Set
	layers  [len(scopes)]map[int64][]layer // by place in scopes (the tenant's is empty) and id; ascending by from
	merged  map[chain]*Page
}

// Of names what layers may hold for: whose day it is and where. 0: none.
type Of struct{ Employee, Contract, Assignment, Hirer, Site int64 }

// chain is what a page was merged from, in the order of scopes: the place in
// Book.pages, then places in Book.patches and one; 0: no layer.
type chain [len(scopes)]int32

// layer is a patch of one scope, in force from a day on until the scope's next.
type layer struct{ from, place int32 }

// NewBook takes rule sets in any order; there must be at least one of the
// tenant. Where two of a scope start on the same day the higher version holds.
func NewBook(sets []Set) (*Book, error) {
	b := &Book{merged: map[chain]*Page{}}
	for _, s := range inForce(sets) {
		if err := b.take(s); err != nil {
			return nil, fmt.Errorf("rule set %d: %w", s.Version, err)
		}
	}
	if len(b.pages) == 0 {
		return nil, errors.New("there is no rule set of the tenant")
	}
	return b, nil
}

// inForce gives the sets in order of their days, without those that a later
// version of the same scope and day replaced.
func inForce(sets []Set) (out []Set) {
	sorted := slices.Clone(sets)
	slices.SortFunc(sorted, func(a, b Set) int {
		x, y := a.Scope.normal(), b.Scope.normal()
		return cmp.Or(cmp.Compare(x.Kind, y.Kind), cmp.Compare(x.ID, y.ID), cmp.Compare(dayKey(a.From), dayKey(b.From)), cmp.Compare(a.Version, b.Version))
	})
	for i, s := range sorted {
		if i+1 < len(sorted) && sorted[i+1].Scope.normal() == s.Scope.normal() && sorted[i+1].From == s.From {
			continue
		}
		out = append(out, s)
	}
	return out
}

func (b *Book) take(s Set) error {
	kind := s.Scope.normal().Kind
	place := slices.Index(scopes[:], kind)
	switch {
	case place < 0:
		return fmt.Errorf("scope %q is unknown", string(kind))
	case kind == ScopeTenant:
		p, err := newPage(s, nil)
		if err != nil {
			return err
		}
		b.pages = append(b.pages, p)
		return nil
	}
	if err := CheckPatch(s.Patch); err != nil {
		return err
	}
	if b.layers[place] == nil {
		b.layers[place] = map[int64][]layer{}
	}
	b.patches = append(b.patches, s)
	b.layers[place][s.Scope.ID] = append(b.layers[place][s.Scope.ID], layer{dayKey(s.From), int32(len(b.patches))})
	return nil
}

// At gives the tenant's page for a day; days before the first have the first.
func (b *Book) At(d calendar.Date) *Page { return b.pages[b.place(dayKey(d))] }

func (b *Book) place(day int32) int {
	for i := len(b.pages) - 1; i > 0; i-- {
		if day >= b.pages[i].from {
			return i
		}
	}
	return 0
}

// For gives the page of one employee's day at a site: the tenant's with the
// layers that hold for it. The same page comes back for the same layers.
func (b *Book) For(d calendar.Date, who Of) *Page {
	day := dayKey(d)
	c := chain{int32(b.place(day))}
	layered := false
	for i, id := range who.ids() {
		c[i] += b.layerAt(i, id, day)
		layered = layered || i > 0 && c[i] > 0
	}
	if !layered {
		return b.pages[c[0]]
	}
	p, ok := b.merged[c]
	if !ok {
		p = b.merge(c)
		b.merged[c] = p
	}
	return p
}

// ids gives whom layers may name, in the order of scopes.
func (o Of) ids() [len(scopes)]int64 {
	return [len(scopes)]int64{0, o.Hirer, o.Site, o.Contract, o.Assignment, o.Employee}
}

// layerAt gives the layer of a scope that holds on a day; 0: none.
func (b *Book) layerAt(scope int, id int64, day int32) int32 {
	if id == 0 || b.layers[scope] == nil {
		return 0
	}
	list := b.layers[scope][id]
	for i := len(list) - 1; i >= 0; i-- {
		if day >= list[i].from {
			return list[i].place
		}
	}
	return 0
}

// RulesOf gives the tenant's rule set in force on a day.
func (b *Book) RulesOf(d calendar.Date) Set { return b.At(d).Set }

// Period gives the pay period that a day stands in. Where the table changes,
// the old period ends and the new one begins on the first day of the change.
func (b *Book) Period(d calendar.Date) calendar.Period {
	i := b.place(dayKey(d))
	table := b.pages[i].Set.Rules.payPeriod()
	p := table.Of(d)
	for k := i; k > 0 && b.pages[k].from > dayKey(p.From); k-- {
		if b.pages[k-1].Set.Rules.payPeriod() != table {
			p.From = b.pages[k].Set.From
			break
		}
	}
	for k := i + 1; k < len(b.pages) && b.pages[k].from <= dayKey(p.To); k++ {
		if b.pages[k].Set.Rules.payPeriod() != table {
			p.To = b.pages[k].Set.From.AddDays(-1)
			break
		}
	}
	return p
}

// Longest gives the longest shift of all pages in ms: what cuts chains.
func (b *Book) Longest() int64 {
	most := 0
	for _, p := range b.pages {
		most = max(most, p.Set.Rules.LongestShift)
	}
	for _, s := range b.patches {
		most = max(most, patchedLongest(s.Patch))
	}
	return int64(most) * 60_000
}

func (r Rules) payPeriod() calendar.Table { return cmp.Or(r.PayPeriod, calendar.Months) }

// dayKey orders days without computing with them.
func dayKey(d calendar.Date) int32 { return int32(d.Year*10_000 + int(d.Month)*100 + d.Day) }
