package evidence

import (
	"embed"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"tikklok/ingest/press"
)

//go:embed text/*.json
var textFiles embed.FS

// words are the sentences of packs in one language.
type words struct {
	language string
	text     map[string]string
}

func wordsOf(language string) (words, error) {
	raw, err := textFiles.ReadFile("text/" + language + ".json")
	if err != nil {
		return words{}, fmt.Errorf("%w: packs are written in nl or en, not in %q", ErrInvalid, language)
	}
	w := words{language: language}
	if err := json.Unmarshal(raw, &w.text); err != nil {
		return words{}, fmt.Errorf("reading the sentences of packs in %s: %w", language, err)
	}
	return w, nil
}

// say gives a sentence with {0}, {1}… filled in; one that isn't there is its
// own key, which a test refuses.
func (w words) say(key string, values ...any) string {
	text, ok := w.text[key]
	if !ok {
		return key
	}
	places := make([]string, 0, 2*len(values))
	for i, v := range values {
		places = append(places, "{"+strconv.Itoa(i)+"}", fmt.Sprint(v))
	}
	return strings.NewReplacer(places...).Replace(text)
}

// Document writes a pack in a language, in a zone; of one that was signed, with
// its seal (zero: none).
func (p Pack) Document(s Seal, language string, zone *time.Location) (press.Document, error) {
	w, err := wordsOf(language)
	if err != nil {
		return press.Document{}, err
	}
	d := press.Document{Language: language, From: p.Tenant, Title: w.say("title", p.Month), Lead: w.say("lead"), At: p.MadeAt.In(zone), Facts: w.facts(p, zone)}
	if p.Demo {
		d.Lead = w.say("demo") + " " + d.Lead
	}
	d.Parts = append(d.Parts, w.overview(p))
	for _, group := range Groups(p.Obligations) {
		d.Parts = append(d.Parts, press.Part{Head: w.say("group." + Group(group[0].ID))})
		for _, row := range group {
			d.Parts = append(d.Parts, w.obligation(row, p.Contract != "", zone))
		}
	}
	d.Parts = append(d.Parts, press.Part{Head: w.say("about"), Text: []string{w.say("about.1"), w.say("about.2"), w.say("about.3")}})
	if s.Key != "" {
		d.Parts = append(d.Parts, press.Part{Head: w.say("sealed"), Text: []string{w.say("sealed.1")},
			Facts: []press.Fact{{Label: w.say("hash"), Value: s.SHA256}, {Label: w.say("key"), Value: s.Key}, {Label: w.say("signature"), Value: s.Signature}}})
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
	counted := func(c Counts) string { return w.say("counts.says", c.Met, c.Partly, c.Missing) }
	facts := []press.Fact{{Label: w.say("counts"), Value: counted(p.Counts)}}
	contract := w.say("contract.none")
	if p.Contract != "" {
		contract = w.say("contract." + p.Contract)
		facts = append(facts, press.Fact{Label: w.say("counts.yours"), Value: counted(p.Yours)})
	}
	return append(facts, press.Fact{Label: w.say("as-of"), Value: w.moment(p.AsOf, zone)},
		press.Fact{Label: w.say("contract"), Value: contract}, press.Fact{Label: w.say("program"), Value: p.Program})
}

// overview is one line for each obligation; where a contract is recorded, with
// whether it stands in that.
func (w words) overview(p Pack) press.Part {
	t := press.Table{Head: []string{w.say("head.id"), w.say("head.promise"), w.say("head.source"), w.say("head.state")}, Widths: []int{4, 18, 9, 5}}
	if p.Contract != "" {
		t.Head, t.Widths = slices.Insert(t.Head, 3, w.say("head.yours")), slices.Insert(t.Widths, 3, 5)
	}
	for _, r := range p.Obligations {
		row := []string{r.ID, r.Promise.In(w.language), r.Source, w.say(string(r.State))}
		if p.Contract != "" {
			row = slices.Insert(row, 3, w.whether(r.Yours != ""))
		}
		t.Rows = append(t.Rows, row)
	}
	return press.Part{Head: w.say("summary"), Table: t}
}

func (w words) whether(yes bool) string {
	if yes {
		return w.say("yes")
	}
	return w.say("no")
}

// obligation is one with its controls.
func (w words) obligation(r Row, contract bool, zone *time.Location) press.Part {
	p := press.Part{Head: r.ID + "  " + w.say(string(r.State)), Text: []string{r.Promise.In(w.language) + " " + w.clauses(r, contract)}}
	if r.Gap != (Text{}) {
		p.Text = append(p.Text, r.Gap.In(w.language))
	}
	if len(r.Controls) == 0 {
		return p
	}
	p.Table = press.Table{Head: []string{w.say("head.control"), w.say("head.kind"), w.say("head.proof"), w.say("head.date")}, Widths: []int{9, 5, 13, 5}}
	for _, c := range r.Controls {
		p.Table.Rows = append(p.Table.Rows, []string{c.Control.In(w.language), w.say(string(c.Kind)), w.proof(c), w.date(c, zone)})
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
		return w.say("clauses.others", r.Source)
	case r.Yours == r.Source:
		return w.say("clauses.yours", r.Source)
	}
	return w.say("clauses.both", r.Yours, r.Source)
}

// proof says what a control is proved by, and why it is missing.
func (w words) proof(c Found) string {
	var lines []string
	if c.Why != "" {
		lines = append(lines, w.say("missing")+": "+w.say(string(c.Why), c.Days))
	}
	if c.Proof != nil {
		lines = append(lines, w.say(string(c.Proof.Kind))+": "+c.Proof.Says.In(w.language))
		if n := c.Proof.Looks; n.Seen > 0 {
			lines = append(lines, w.say("looks", n.Seen, n.Held))
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
	return press.Date(w.language, t) + t.Format(" 15:04")
}
