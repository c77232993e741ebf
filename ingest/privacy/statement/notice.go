package statement

import (
	"slices"
	"strings"

	"tikklok/ingest/press"
	"tikklok/ingest/privacy"
	"tikklok/ingest/privacy/wording"
)

// notice tells employees what articles 13 and 14 ask: who, what, why, on what
// basis, for how long, who sees it, where it goes, and what they may ask.
func (w *writer) notice() []press.Part {
	d := w.Details
	who := w.part("notice.who")
	who.Facts = []press.Fact{
		{Label: w.Say("fact.employer"), Value: w.or(d.Controller, "unknown")},
		{Label: w.Say("fact.questions"), Value: w.or(firstOf(d.Questions, d.ControllerContact), "unknown")},
		{Label: w.Say("fact.officer"), Value: w.or(d.ControllerOfficer, "officer.none")},
	}
	parts := []press.Part{who, w.why(), w.optional(), w.list("notice.interest", 3), w.list("notice.source", 3)}
	parts = append(parts, w.seen(), w.list("notice.rights", 7), w.part("notice.complaint"), w.part("notice.must"), w.part("notice.decisions"))
	return append(parts, w.never())
}

func firstOf(values ...string) string {
	i := slices.IndexFunc(values, func(v string) bool { return v != "" })
	if i < 0 {
		return ""
	}
	return values[i]
}

// why lists, by purpose, what is kept of employees.
func (w *writer) why() press.Part {
	p := w.part("notice.why")
	p.Table = press.Table{Head: w.heads("purpose", "data", "basis", "keep"), Widths: []int{4, 5, 4, 5}}
	for _, purpose := range privacy.Purposes() {
		all := w.keptFor(purpose, privacy.Employees)
		if len(all) == 0 {
			continue
		}
		p.Table.Rows = append(p.Table.Rows, []string{w.said.Purpose(purpose), wording.List(w.told(all), w.said.Kind), wording.List(bases(all), w.said.Basis), w.terms(classes(all))})
	}
	return p
}

// told leaves out what tells an employee nothing: how rows refer to each other.
func (w *writer) told(all []kept) []privacy.Kind {
	return slices.DeleteFunc(kinds(all), func(k privacy.Kind) bool { return k == privacy.Reference || k == privacy.Structured })
}

// optional names the optional fields: those that are on with what for, and
// those that are not kept.
func (w *writer) optional() press.Part {
	p := w.part("optional")
	for _, o := range w.Optional {
		p.List = append(p.List, w.said.Column(o.Field)+": "+o.Purpose)
	}
	var off []string
	for _, t := range w.Catalogue {
		for _, f := range t.Fields {
			if name := w.said.Column(FieldOf(f.Column)); !w.on(f) && !slices.Contains(off, name) {
				off = append(off, name)
			}
		}
	}
	if len(off) > 0 {
		p.Text = append(p.Text, w.Say("optional.off", strings.Join(off, ", ")))
	}
	return p
}

// seen says who sees what, and where it goes.
func (w *writer) seen() press.Part {
	p := w.part("notice.seen")
	var all []kept
	for _, purpose := range privacy.Purposes() {
		all = append(all, w.keptFor(purpose, privacy.Employees)...)
	}
	p.Facts = []press.Fact{
		{Label: w.Say("fact.readers"), Value: wording.List(slices.DeleteFunc(readers(all), func(r privacy.Reader) bool { return r == privacy.Programs }), w.said.Reader)},
		{Label: w.Say("fact.recipients"), Value: w.or(wording.List(recipients(all), w.said.Recipient), "recipients.none")},
		{Label: w.Say("fact.packages"), Value: w.packages()},
		{Label: w.Say("fact.processor"), Value: w.or(w.Details.Processor, "unknown")},
		{Label: w.Say("fact.place"), Value: w.places()},
	}
	if w.Wall {
		p.Text = append(p.Text, w.Say("wall.on"))
	}
	return p
}
