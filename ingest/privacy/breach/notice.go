package breach

import (
	"fmt"
	"strings"
	"time"

	"tikklok/ingest/press"
	"tikklok/ingest/privacy"
)

// Parties are who a notice is from and to, and how words of the catalogue read.
type Parties struct {
	Controller string // the organisation
	To         string // the contact for breaches: telephone, e-mail address
	Kind       func(privacy.Kind) string
}

// Notice is the draft of what the controller is told, in nl or en, with every
// field that contract and law prescribe; what isn't known yet is said to be so
// (GDPR article 33(2) to (4), W-4.17, P-7.4). Times are in the zone of at.
func (b Breach) Notice(language string, p Parties, at time.Time) press.Document {
	say := sayer(language)
	moment := func(t time.Time) string {
		if t.IsZero() {
			return ""
		}
		t = t.In(at.Location())
		return press.Date(language, t) + t.Format(" 15:04")
	}
	f := b.Now()
	part := func(name, text string) press.Part {
		if text == "" {
			text = say("unknown")
		}
		return press.Part{Head: say(name), Text: strings.Split(text, "\n")}
	}
	return press.Document{
		Language: language, From: p.Controller, Title: say("title"), Lead: say("lead"), At: at,
		Facts: []press.Fact{
			{Label: say("number"), Value: fmt.Sprintf("%d, %s %d", b.ID, say("version"), len(b.Versions))},
			{Label: say("to"), Value: or(p.To, say("unknown"))},
			{Label: say("known"), Value: moment(b.Known)},
			{Label: say("due"), Value: fmt.Sprintf("%s (%d %s)", moment(b.Due()), b.Hours, say("hours"))},
		},
		Parts: []press.Part{
			part("nature", f.Nature),
			part("when", period(f, say, moment)),
			part("learned", f.Learned),
			part("cause", f.Cause),
			part("groups", f.Groups),
			part("people", people(f, say)),
			part("records", number(f.Records)),
			part("kinds", kinds(f.Kinds, p.Kind)),
			part("consequences", f.Consequences),
			part("taken", f.Taken),
			part("planned", f.Planned),
			b.informed(say, moment),
			part("contact", f.Contact),
			{Head: say("yours"), Text: []string{say("yours.text")}},
		},
	}
}

func or(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}

// period says when it was, or between when it must have been.
func period(f Facts, say func(string) string, moment func(time.Time) string) string {
	switch {
	case f.From.IsZero() && f.Until.IsZero():
		return ""
	case f.From.IsZero():
		return say("before") + " " + moment(f.Until)
	case f.Until.IsZero():
		return moment(f.From) + "; " + say("goes-on")
	case f.From.Equal(f.Until):
		return moment(f.From)
	}
	return fmt.Sprintf("%s %s %s", moment(f.From), say("up-to"), moment(f.Until))
}

// people says how many: the number, or the smallest and the largest (W-4.17).
func people(f Facts, say func(string) string) string {
	switch {
	case f.Most == 0:
		return ""
	case f.Least == f.Most:
		return fmt.Sprint(f.Most)
	}
	return fmt.Sprintf("%s %d, %s %d", say("least"), f.Least, say("most"), f.Most)
}

func number(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprint(n)
}

func kinds(all []privacy.Kind, word func(privacy.Kind) string) string {
	words := make([]string, len(all))
	for i, k := range all {
		words[i] = word(k)
	}
	return strings.Join(words, ", ")
}

// informed lists who was told, when and how.
func (b Breach) informed(say func(string) string, moment func(time.Time) string) press.Part {
	p := press.Part{Head: say("informed"), Table: press.Table{Head: []string{say("at"), say("how"), say("whom")}, Widths: []int{2, 2, 5}}}
	for _, s := range b.Steps {
		if s.What != Telephone && s.What != Email && s.What != Other {
			continue
		}
		whom := s.Whom
		if s.Note != "" {
			whom += "\n" + s.Note
		}
		p.Table.Rows = append(p.Table.Rows, []string{moment(s.DoneAt), say("by." + string(s.What)), whom})
	}
	if len(p.Table.Rows) == 0 {
		p.Text = []string{say("nobody")}
	}
	return p
}
