package statement

import (
	"tikklok/ingest/press"
	"tikklok/ingest/privacy"
	"tikklok/ingest/privacy/wording"
)

// activities is the register of processing activities: what article 30(1) asks
// of the controller and 30(2) of the processor, an activity for each purpose.
func (w *writer) activities() []press.Part {
	parts := []press.Part{w.parties(), w.agreement()}
	for _, p := range privacy.Purposes() {
		if all := w.keptFor(p); len(all) > 0 {
			parts = append(parts, w.activity(p, all))
		}
	}
	to := w.part("transfers")
	to.Facts = []press.Fact{{Label: w.Say("fact.place"), Value: w.places()}, {Label: w.Say("fact.packages"), Value: w.packages()}}
	return append(parts, to, w.engaged(), w.never(), w.summary())
}

// activity is all that is processed for one purpose.
func (w *writer) activity(p privacy.Purpose, all []kept) press.Part {
	part := press.Part{Head: w.said.Purpose(p), Facts: []press.Fact{
		{Label: w.Say("fact.subjects"), Value: wording.List(groups(all), w.said.Group)},
		{Label: w.Say("fact.basis"), Value: wording.List(bases(all), w.said.Basis)},
		{Label: w.Say("fact.kinds"), Value: wording.List(kinds(all), w.said.Kind)},
		{Label: w.Say("fact.readers"), Value: wording.List(readers(all), w.said.Reader)},
		{Label: w.Say("fact.recipients"), Value: w.or(wording.List(recipients(all), w.said.Recipient), "recipients.none")},
	}, Table: press.Table{Head: w.heads("what", "fields", "basis", "keep"), Widths: []int{4, 6, 4, 3}}}
	for _, k := range all {
		part.Table.Rows = append(part.Table.Rows, []string{w.said.Table(k.table.Name), w.columns(k), w.said.Basis(k.table.Basis), w.term(k.table.Class)})
	}
	return part
}

// summary names the measures that were found, for article 30(1)(g).
func (w *writer) summary() press.Part {
	p := w.part("summary")
	for _, c := range w.Checks {
		if c.State == Works {
			p.List = append(p.List, w.Say("measure."+c.Measure))
		}
	}
	return p
}
