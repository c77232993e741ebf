package statement

import (
	"strings"

	"tikklok/ingest/press"
	"tikklok/ingest/privacy"
	"tikklok/ingest/privacy/wording"
)

// risk is one to the rights and freedoms of people, with the measures that
// make it smaller.
type risk struct {
	name     string
	measures []string
}

// risks of registering hours by taps.
func risks() []risk {
	return []risk{
		{"outsider", []string{"transport", "certificates", "passwords", "second-factor", "tenancy"}},
		{"insider", []string{"role", "append", "audit", "sessions"}},
		{"tracking", []string{"tokens", "purge", "wall"}},
		{"wrong", []string{"append", "durable"}},
		{"lost", []string{"durable", "dumps"}},
		{"kept", []string{"purge", "sealed"}},
	}
}

// assessment is what article 35(7) asks and the processor can tell; what only
// the controller can weigh is named last.
func (w *writer) assessment() []press.Part {
	needed, system := w.part("dpia.needed"), w.list("dpia.system", 6)
	s := w.Scale
	system.Facts = []press.Fact{
		{Label: w.Say("fact.employees"), Value: w.Say("number", s.Employees)}, {Label: w.Say("fact.accounts"), Value: w.Say("number", s.Accounts)},
		{Label: w.Say("fact.sites"), Value: w.Say("number", s.Sites)}, {Label: w.Say("fact.devices"), Value: w.Say("number", s.Readers)},
	}
	why := w.part("dpia.why")
	why.Table = press.Table{Head: w.heads("purpose", "subjects", "basis", "data"), Widths: []int{4, 3, 4, 5}}
	for _, p := range privacy.Purposes() {
		if all := w.keptFor(p); len(all) > 0 {
			why.Table.Rows = append(why.Table.Rows, []string{w.said.Purpose(p), wording.List(groups(all), w.said.Group), wording.List(bases(all), w.said.Basis), wording.List(kinds(all), w.said.Kind)})
		}
	}
	parts := []press.Part{w.parties(), needed, system, why, w.list("dpia.need", 4), w.optional(), w.never(), w.howLong(), w.risks(), w.list("notice.rights", 7)}
	return append(parts, w.engaged(), w.list("dpia.left", 5))
}

// howLong lists the terms, and on whose word they are.
func (w *writer) howLong() press.Part {
	p := w.part("terms")
	p.Table = press.Table{Head: w.heads("class", "keep", "word"), Widths: []int{4, 3, 5}}
	for _, t := range w.Terms {
		word := w.Say("term.preset")
		switch {
		case t.Reference != "":
			word = w.Say("term.instructed", t.Reference)
		case t.Wanting:
			word = w.Say("term.wanting")
		}
		p.Table.Rows = append(p.Table.Rows, []string{w.said.Class(t.Class), w.period(t.Keep), word})
	}
	return p
}

// risks says of each risk which of its measures were found, and which not.
func (w *writer) risks() press.Part {
	p := w.part("risks")
	p.Table = press.Table{Head: w.heads("risk", "found", "missing"), Widths: []int{4, 5, 4}}
	for _, r := range risks() {
		found, missing := []string{}, []string{}
		for _, m := range r.measures {
			if w.check(m).State == Works {
				found = append(found, w.Say("measure."+m))
				continue
			}
			missing = append(missing, w.Say("measure."+m))
		}
		p.Table.Rows = append(p.Table.Rows, []string{w.Say("risk." + r.name), w.or(strings.Join(found, "\n"), "none"), w.or(strings.Join(missing, "\n"), "none")})
	}
	return p
}
