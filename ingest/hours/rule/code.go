package rule

import (
	"cmp"
	"slices"
	"strings"

	"tikklok/ingest/hours/calendar"
)

// CodeUse is a code and the field of the document that gives it: "bands",
// "overtime", "absent_code".
type CodeUse struct{ Code, Field string }

// Codes gives every code that the rules of a day can give to anybody, by code:
// those of the tenant, and those of every layer over them. A code of several
// fields comes with the first of them in the document's order.
func (b *Book) Codes(d calendar.Date) (out []CodeUse) {
	pages := []*Page{b.At(d)}
	for _, s := range b.patches {
		pages = append(pages, b.For(d, s.Scope.alone()))
	}
	for _, p := range pages {
		for _, u := range p.Set.Rules.uses() {
			field, _, _ := strings.Cut(u.field, "[")
			field, _, _ = strings.Cut(field, ".")
			out = append(out, CodeUse{u.code, field})
		}
	}
	slices.SortStableFunc(out, func(a, b CodeUse) int { return cmp.Compare(a.Code, b.Code) })
	return slices.CompactFunc(out, func(a, b CodeUse) bool { return a.Code == b.Code })
}

// Codes gives every code that minutes may have by these rules, each once:
// those of work, premiums and what is paid besides; absence has its own.
func (r Rules) Codes() (out []string) {
	for _, u := range r.uses() {
		if !r.Absence(u.code) && !slices.Contains(out, u.code) {
			out = append(out, u.code)
		}
	}
	return out
}

// Absence says whether a code is that of absence, or of what an absence may be
// besides (TakeUpCodes).
func (r Rules) Absence(code string) bool {
	return code == r.absentCode() || slices.Contains(r.TakeUpCodes, code)
}
