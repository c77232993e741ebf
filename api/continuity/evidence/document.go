package evidence

import (
	"embed"
	"fmt"
	"slices"
	"strings"
	"time"

	"tikklok/ingest/press"
)

//go:embed text/*.json
var textFiles embed.FS

// words are the sentences of packs in one language.
type words struct{ press.Words }

func wordsOf(language string) (words, error) {
	w, err := press.WordsOf(textFiles, language)
	if err != nil {
		return words{}, fmt.Errorf("%w: packs are written in nl or en, not in %q", ErrInvalid, language)
	}
	return words{w}, nil
}

// Document writes a pack in a language, in a zone; of one that was signed, with
// its seal (zero: none).
func (p Pack) Document(s Seal, language string, zone *time.Location) (press.Document, error) {
	w, err := wordsOf(language)
	if err != nil {
		return press.Document{}, err
	}
	d := press.Document{Language: language, From: p.Tenant, Title: w.Say("title", p.Month), Lead: w.Say("lead"), At: p.MadeAt.In(zone), Facts: w.facts(p, zone)}
	if p.Demo {
		d.Lead = w.Say("demo") + " " + d.Lead
	}
	d.Parts = append(d.Parts, w.overview(p))
	for _, group := range Groups(p.Obligations) {
		d.Parts = append(d.Parts, press.Part{Head: w.Say("group." + Group(group[0].ID))})
		for _, row := range group {
			d.Parts = append(d.Parts, w.obligation(row, p.Contract != "", zone))
		}
	}
	d.Parts = append(d.Parts, press.Part{Head: w.Say("about"), Text: []string{w.Say("about.1"), w.Say("about.2"), w.Say("about.3")}})
	if s.Key != "" {
		d.Parts = append(d.Parts, press.Part{Head: w.Say("sealed"), Text: []string{w.Say("sealed.1")},
			Facts: []press.Fact{{Label: w.Say("hash"), Value: s.SHA256}, {Label: w.Say("key"), Value: s.Key}, {Label: w.Say("signature"), Value: s.Signature}}})
	}
	return d, nil
}

// Group is the subject of an obligation: H, S, P or C.
func Group(id string) string {
	if rest, ok := strings.CutPrefix(id, "OB-"); ok && rest != "" {
		return rest[:1]
	}
	return ""
}

// Groups parts rows by subject, in their order.
func Groups(rows []Row) (out [][]Row) {
	for len(rows) > 0 {
		n := slices.IndexFunc(rows, func(r Row) bool { return Group(r.ID) != Group(rows[0].ID) })
		if n < 0 {
			n = len(rows)
		}
		out, rows = append(out, rows[:n]), rows[n:]
	}
	return out
}

func (w words) facts(p Pack, zone *time.Location) []press.Fact {
	counted := func(c Counts) string { return w.Say("counts.says", c.Met, c.Partly, c.Missing) }
	facts := []press.Fact{{Label: w.Say("counts"), Value: counted(p.Counts)}}
	contract := w.Say("contract.none")
	if p.Contract != "" {
		contract = w.Say("contract." + p.Contract)
		facts = append(facts, press.Fact{Label: w.Say("counts.yours"), Value: counted(p.Yours)})
	}
	return append(facts, press.Fact{Label: w.Say("as-of"), Value: w.moment(p.AsOf, zone)},
		press.Fact{Label: w.Say("contract"), Value: contract}, press.Fact{Label: w.Say("program"), Value: p.Program})
}

// overview is one line for each obligation, with what it lacks; where a contract
// is recorded, with whether it stands in that.
func (w words) overview(p Pack) press.Part {
	t := press.Table{Head: []string{w.Say("head.id"), w.Say("head.promise"), w.Say("head.state"), w.Say("head.lacks")}, Widths: []int{4, 14, 5, 14}}
	if p.Contract != "" {
		t.Head, t.Widths = slices.Insert(t.Head, 2, w.Say("head.yours")), slices.Insert(t.Widths, 2, 5)
	}
	for _, r := range p.Obligations {
		row := []string{r.ID, r.Promise.In(w.Language), w.Say(string(r.State)), w.lacks(r)}
		if p.Contract != "" {
			row = slices.Insert(row, 2, w.whether(r.Yours != ""))
		}
		t.Rows = append(t.Rows, row)
	}
	return press.Part{Head: w.Say("summary"), Table: t}
}

// lacks says in short what keeps an obligation from being met.
func (w words) lacks(r Row) string {
	var lines []string
	if r.Gap != (Text{}) {
		lines = append(lines, r.Gap.In(w.Language))
	}
	for _, c := range r.Controls {
		if c.Why != "" {
			lines = append(lines, c.Control.In(w.Language)+": "+w.Say("short."+string(c.Why)))
		}
	}
	return strings.Join(lines, "\n")
}

func (w words) whether(yes bool) string {
	if yes {
		return w.Say("yes")
	}
	return w.Say("no")
}

// obligation is one with its controls.
func (w words) obligation(r Row, contract bool, zone *time.Location) press.Part {
	p := press.Part{Head: r.ID + "  " + w.Say(string(r.State)), Text: []string{r.Promise.In(w.Language) + " " + w.clauses(r, contract)}}
	if r.Gap != (Text{}) {
		p.Text = append(p.Text, r.Gap.In(w.Language))
	}
	if len(r.Controls) == 0 {
		return p
	}
	p.Table = press.Table{Head: []string{w.Say("head.control"), w.Say("head.kind"), w.Say("head.proof"), w.Say("head.date")}, Widths: []int{9, 5, 13, 5}}
	for _, c := range r.Controls {
		p.Table.Rows = append(p.Table.Rows, []string{c.Control.In(w.Language), w.Say(string(c.Kind)), w.proof(c), w.date(c, zone)})
	}
	return p
}

// clauses says where a promise stands, and whether that is in the tenant's
// contract.
func (w words) clauses(r Row, contract bool) string {
	switch {
	case !contract:
		return "(" + r.Source + ")"
	case r.Yours == "":
		return w.Say("clauses.others", r.Source)
	case r.Yours == r.Source:
		return w.Say("clauses.yours", r.Source)
	}
	return w.Say("clauses.both", r.Yours, r.Source)
}

// proof says what a control is proved by, and why it is missing.
func (w words) proof(c Found) string {
	var lines []string
	if c.Why != "" {
		lines = append(lines, w.Say("missing")+": "+w.Say(string(c.Why), c.Days))
	}
	if c.Proof != nil {
		lines = append(lines, w.Say(string(c.Proof.Kind))+": "+c.Proof.Says.In(w.Language))
		if n := c.Proof.Looks; n.Seen > 0 {
			lines = append(lines, w.Say("looks", n.Seen, n.Held))
		}
	}
	return strings.Join(lines, "\n")
}

func (w words) date(c Found, zone *time.Location) string {
	if c.Proof == nil {
		return ""
	}
	return w.moment(c.Proof.At, zone)
}

func (w words) moment(t time.Time, zone *time.Location) string {
	t = t.In(zone)
	return press.Date(w.Language, t) + t.Format(" 15:04")
}
