package statement

import (
	"slices"
	"strings"

	"tikklok/ingest/press"
	"tikklok/ingest/privacy"
	"tikklok/ingest/privacy/wording"
)

// part begins a part with the heading and the sentences of a key: key.head,
// key.1, key.2…
func (w *writer) part(key string, values ...any) press.Part {
	p := press.Part{Head: w.Say(key + ".head")}
	for _, n := range []string{".1", ".2", ".3"} {
		if w.Knows(key + n) {
			p.Text = append(p.Text, w.Say(key+n, values...))
		}
	}
	return p
}

// heads are the heads of a table.
func (w *writer) heads(keys ...string) []string {
	out := make([]string, len(keys))
	for i, key := range keys {
		out[i] = w.Say("head." + key)
	}
	return out
}

// kept is what of a table is kept for one purpose.
type kept struct {
	table  privacy.Table
	fields []privacy.Field
}

// keptFor gives what is kept for a purpose: of some data subjects, or of all.
func (w *writer) keptFor(p privacy.Purpose, of ...privacy.Group) (out []kept) {
	for _, t := range w.Catalogue {
		if len(of) > 0 && !slices.ContainsFunc(t.Subjects, func(g privacy.Group) bool { return slices.Contains(of, g) }) {
			continue
		}
		k := kept{table: t}
		for _, f := range t.Fields {
			if t.Purpose(f) == p && w.on(f) {
				k.fields = append(k.fields, f)
			}
		}
		if len(k.fields) > 0 {
			out = append(out, k)
		}
	}
	return out
}

// gather lists what each of them has, once, in the order of a vocabulary.
func gather[T comparable](all []kept, order []T, has func(kept) []T) (out []T) {
	for _, one := range order {
		if slices.ContainsFunc(all, func(k kept) bool { return slices.Contains(has(k), one) }) {
			out = append(out, one)
		}
	}
	return out
}

func groups(all []kept) []privacy.Group {
	return gather(all, privacy.Groups(), func(k kept) []privacy.Group { return k.table.Subjects })
}

func bases(all []kept) []privacy.Basis {
	return gather(all, privacy.Bases(), func(k kept) []privacy.Basis { return []privacy.Basis{k.table.Basis} })
}

func readers(all []kept) []privacy.Reader {
	return gather(all, privacy.Readers(), func(k kept) []privacy.Reader { return k.table.Readers })
}

func recipients(all []kept) []privacy.Recipient {
	return gather(all, privacy.Recipients(), func(k kept) []privacy.Recipient { return k.table.To })
}

func classes(all []kept) []privacy.Class {
	return gather(all, privacy.Classes(), func(k kept) []privacy.Class { return []privacy.Class{k.table.Class} })
}

func kinds(all []kept) []privacy.Kind {
	return gather(all, privacy.Kinds(), func(k kept) (out []privacy.Kind) {
		for _, f := range k.fields {
			out = append(out, f.Kind)
		}
		return out
	})
}

// columns names the fields of a table, each word once.
func (w *writer) columns(k kept) string {
	var said []string
	for _, f := range k.fields {
		if name := w.said.Column(FieldOf(f.Column)); !slices.Contains(said, name) {
			said = append(said, name)
		}
	}
	return strings.Join(said, ", ")
}

// term says how long a class is kept.
func (w *writer) term(c privacy.Class) string { return w.period(w.Terms.Of(c).Keep) }

// terms names several classes with their terms.
func (w *writer) terms(all []privacy.Class) string {
	return wording.List(all, func(c privacy.Class) string { return w.said.Class(c) + ": " + w.term(c) })
}

// parties are those who process, and who answers questions.
func (w *writer) parties() press.Part {
	d, p := w.Details, w.part("parties")
	if d.Version == 0 {
		p.Text = append(p.Text, w.Say("parties.unknown"))
	}
	p.Facts = []press.Fact{
		{Label: w.Say("fact.controller"), Value: w.or(d.Controller, "unknown")}, {Label: w.Say("fact.contact"), Value: w.or(d.ControllerContact, "unknown")},
		{Label: w.Say("fact.officer"), Value: w.or(d.ControllerOfficer, "officer.none")},
		{Label: w.Say("fact.processor"), Value: w.or(d.Processor, "unknown")}, {Label: w.Say("fact.contact"), Value: w.or(d.ProcessorContact, "unknown")},
		{Label: w.Say("fact.officer"), Value: w.or(d.ProcessorOfficer, "officer.none")},
	}
	return p
}

// agreement is what the contract says that documents repeat.
func (w *writer) agreement() press.Part {
	c, p := w.Contract, w.part("agreement")
	if !c.Recorded {
		p.Text = append(p.Text, w.Say("agreement.none"))
	}
	breach := w.Say("breach", c.Breach)
	if c.Aim {
		breach = w.Say("breach.aim", c.Breach)
	}
	engaging := w.Say("engaging.notice", c.Notice)
	if c.Consent {
		engaging = w.Say("engaging.consent")
	}
	p.Facts = []press.Fact{
		{Label: w.Say("fact.reference"), Value: w.or(c.Reference, "unknown")}, {Label: w.Say("fact.place"), Value: w.places()},
		{Label: w.Say("fact.breach"), Value: breach}, {Label: w.Say("fact.engaging"), Value: engaging}, {Label: w.Say("fact.statistics"), Value: w.statistics()},
	}
	return p
}

// places says where data may be, and whether whoever runs the service declared
// that all of it is (OB-P9).
func (w *writer) places() string {
	allowed := wording.List(w.Contract.Regions, func(r string) string { return w.Say("region." + r) })
	if w.Contract.Located {
		return w.Say("place.declared", allowed)
	}
	return w.Say("place.undeclared", allowed)
}

// statistics says what is counted besides the work itself (OB-P13).
func (w *writer) statistics() string {
	switch {
	case !w.Contract.Statistics:
		return w.Say("statistics.none")
	case w.Analysis:
		return w.Say("statistics.on")
	}
	return w.Say("statistics.allowed")
}

// engaged are the sub-processors.
func (w *writer) engaged() press.Part {
	p := w.part("engaged")
	if len(w.Engaged) == 0 {
		p.Text = append(p.Text, w.Say("engaged.none"))
		return p
	}
	p.Table = press.Table{Head: w.heads("name", "does", "data", "place"), Widths: []int{3, 4, 4, 3}}
	for _, e := range w.Engaged {
		place := e.Values["place"]
		if law := e.Values["jurisdiction"]; law != "" && law != place {
			place += "\n" + w.Say("jurisdiction", law)
		}
		p.Table.Rows = append(p.Table.Rows, []string{e.Values["name"], e.Values["does"], e.Values["data"], place})
	}
	return p
}

// packages are whom hours for payroll go to.
func (w *writer) packages() string {
	if len(w.Packages) == 0 {
		return w.Say("packages.none")
	}
	return wording.List(w.Packages, func(p Package) string { return p.Name + " (" + p.Format + ")" })
}

// never is what is refused wherever it comes in (OB-P2).
func (w *writer) never() press.Part { return w.list("never", 5) }

// list is a part with numbered items: key.item.1…
func (w *writer) list(key string, n int, values ...any) press.Part {
	p := w.part(key, values...)
	for i := range n {
		p.List = append(p.List, w.Say(key+".item."+string(rune('1'+i)), values...))
	}
	return p
}
