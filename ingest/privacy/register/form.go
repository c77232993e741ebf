package register

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"tikklok/ingest/privacy"
)

// FieldKind is how a field is filled in.
type FieldKind string

// The kinds of fields.
const (
	Line   FieldKind = "line"   // at most 200 characters
	Text   FieldKind = "text"   // at most 2000 characters
	Day    FieldKind = "day"    // 2026-07-01
	Choice FieldKind = "choice" // one of Choices
)

// Field is one of a form's.
type Field struct {
	Name     string
	Kind     FieldKind
	Required bool
	Choices  []string
}

// StepForm is something that can be done about an entry.
type StepForm struct {
	What  string
	Note  bool // has to say why, or what
	Ahead bool // its day may lie ahead: by which something has to be done
}

// Form is what a book's entries hold, and what can be done about them.
type Form struct {
	Book   Book
	Fields []Field
	Steps  []StepForm
}

// Limits of what is written down.
const (
	lineLength = 200
	textLength = 2000
	noteLength = 500
)

// FormOf gives the form of a book.
func FormOf(b Book) (Form, error) {
	forms := map[Book]Form{
		Subprocessors: {Fields: []Field{
			{Name: "name", Kind: Line, Required: true}, {Name: "does", Kind: Line, Required: true}, {Name: "data", Kind: Line, Required: true},
			{Name: "place", Kind: Line, Required: true}, {Name: "jurisdiction", Kind: Line, Required: true}, {Name: "agreement", Kind: Day, Required: true},
			{Name: "start", Kind: Day, Required: true}, {Name: "urgent", Kind: Choice, Required: true, Choices: []string{"no", "yes"}}, {Name: "contact", Kind: Line},
		}, Steps: []StepForm{{What: stepTold}, {What: stepConsented, Note: true}, {What: stepObjected, Note: true}, {What: stepLifted, Note: true},
			{What: stepStarted}, {What: stepUpdated}, {What: stepEnded}}},
		Instructions: {Fields: []Field{
			{Name: "reference", Kind: Line, Required: true}, {Name: "day", Kind: Day, Required: true}, {Name: "by", Kind: Line, Required: true}, {Name: "text", Kind: Text, Required: true},
		}, Steps: []StepForm{{What: stepObjected, Note: true}, {What: stepLifted, Note: true}, {What: stepDone, Note: true}, {What: stepWithdrawn}}},
		Disclosures: {Fields: []Field{
			{Name: "requester", Kind: Line, Required: true}, {Name: "ground", Kind: Line, Required: true}, {Name: "identity", Kind: Line, Required: true},
			{Name: "data", Kind: Line, Required: true}, {Name: "asked", Kind: Day, Required: true},
			{Name: "telling", Kind: Choice, Required: true, Choices: []string{"allowed", "forbidden"}}, {Name: "forbidden_until", Kind: Day}, {Name: "forbidden_by", Kind: Line},
		}, Steps: []StepForm{{What: stepTold}, {What: stepDisclosed, Note: true}, {What: stepRefused, Note: true}}},
		Audits: {Fields: []Field{
			{Name: "auditor", Kind: Line, Required: true}, {Name: "registration", Kind: Line}, {Name: "announced", Kind: Day, Required: true},
			{Name: "planned", Kind: Day, Required: true}, {Name: "scope", Kind: Text, Required: true},
		}, Steps: []StepForm{{What: stepAgreed, Note: true}, {What: stepHeld, Note: true}, {What: stepFinding, Note: true, Ahead: true},
			{What: stepFollowed, Note: true}, {What: stepClosed}}},
		Councils: {Fields: []Field{
			{Name: "subject", Kind: Choice, Required: true, Choices: []string{Wall}}, {Name: "answer", Kind: Choice, Required: true, Choices: []string{"consent", "judge", "none"}},
			{Name: "body", Kind: Line, Required: true}, {Name: "day", Kind: Day, Required: true}, {Name: "reference", Kind: Line, Required: true},
		}, Steps: []StepForm{{What: stepWithdrawn, Note: true}}},
		Measures: {Fields: []Field{
			{Name: "version", Kind: Line, Required: true}, {Name: "day", Kind: Day, Required: true}, {Name: "text", Kind: Text, Required: true},
		}, Steps: []StepForm{{What: stepTold, Note: true}}},
		Restores: {Fields: []Field{
			{Name: "reference", Kind: Line, Required: true}, {Name: "day", Kind: Day, Required: true}, {Name: "requester", Kind: Line, Required: true},
			{Name: "scope", Kind: Choice, Required: true, Choices: []string{"whole", "part"}}, {Name: "moment", Kind: Line, Required: true}, {Name: "text", Kind: Text, Required: true},
		}, Steps: []StepForm{{What: stepChecked, Note: true}, {What: stepRestored, Note: true}, {What: stepRefused, Note: true}}},
	}
	f, ok := forms[b]
	if !ok {
		return Form{}, fmt.Errorf("there is no register %q; there are %v", b, Books())
	}
	f.Book = b
	return f, nil
}

// Wall is the subject of a consent to the page that shows live who is in.
const Wall = "wall"

// What can be done about entries.
const (
	stepTold      = "told" // the controller
	stepConsented = "consented"
	stepObjected  = "objected"
	stepLifted    = "lifted" // the objection
	stepStarted   = "started"
	stepUpdated   = "updated"
	stepEnded     = "ended"
	stepWithdrawn = "withdrawn"
	stepDone      = "done"
	stepDisclosed = "disclosed"
	stepRefused   = "refused"
	stepAgreed    = "agreed"
	stepHeld      = "held"
	stepFinding   = "finding"
	stepFollowed  = "followed"
	stepClosed    = "closed"
	stepChecked   = "checked" // that whoever asks may ask
	stepRestored  = "restored"
)

// check gives the values as they are kept, or a *privacy.Refused that names the first
// field that is wrong. A field that the form doesn't know is refused by name.
func (f Form) check(values map[string]string, today time.Time) (map[string]string, error) {
	for name := range values {
		if !slices.ContainsFunc(f.Fields, func(have Field) bool { return have.Name == name }) {
			return nil, privacy.Refuse(name, "unknown", fmt.Sprintf("the register %s has no such field; it has %s", f.Book, strings.Join(f.names(), ", ")))
		}
	}
	kept := map[string]string{}
	for _, field := range f.Fields {
		value := strings.TrimSpace(values[field.Name])
		if value == "" && !field.Required {
			continue
		}
		if err := field.check(value); err != nil {
			return nil, err
		}
		kept[field.Name] = value
	}
	return kept, f.together(kept, today)
}

func (f Form) names() (all []string) {
	for _, field := range f.Fields {
		all = append(all, field.Name)
	}
	return all
}

func (f Field) check(value string) error {
	limit := map[FieldKind]int{Line: lineLength, Text: textLength}[f.Kind]
	switch {
	case value == "":
		return privacy.Refuse(f.Name, "empty", "has to be filled in")
	case limit > 0 && (!utf8.ValidString(value) || utf8.RuneCountInString(value) > limit || strings.ContainsRune(value, 0)):
		return privacy.Refuse(f.Name, "long", fmt.Sprintf("takes at most %d characters", limit))
	case f.Kind == Choice && !slices.Contains(f.Choices, value):
		return privacy.Refuse(f.Name, "choice", fmt.Sprintf("is one of %v", f.Choices))
	}
	if f.Kind == Day {
		if _, err := dayOf(value); err != nil {
			return privacy.Refuse(f.Name, "day", "is not a day, such as 2026-07-01")
		}
	}
	return nil
}

// together checks what values say beside each other.
func (f Form) together(v map[string]string, today time.Time) error {
	for _, past := range map[Book][]string{Instructions: {"day"}, Disclosures: {"asked"}, Audits: {"announced"}, Councils: {"day"}, Restores: {"day"}}[f.Book] {
		if day, _ := dayOf(v[past]); day.After(today) {
			return privacy.Refuse(past, "ahead", "lies ahead; write down what happened")
		}
	}
	switch {
	case f.Book == Subprocessors && v["agreement"] > v["start"]:
		return privacy.Refuse("agreement", "agreement", "the same duties are agreed in writing before it starts (GDPR article 28(4))")
	case f.Book == Audits && v["planned"] < v["announced"]:
		return privacy.Refuse("planned", "order", "lies before the day of the announcement")
	case f.Book == Disclosures && v["telling"] == "forbidden":
		return stillSecret(v, today)
	}
	return nil
}

// stillSecret refuses what the law forbids telling: the customer reads this
// register (N-C4.6).
func stillSecret(v map[string]string, today time.Time) error {
	if v["forbidden_by"] == "" {
		return privacy.Refuse("forbidden_by", "empty", "name the law that forbids telling the customer")
	}
	until, err := dayOf(v["forbidden_until"])
	if err != nil || !until.Before(today) {
		return privacy.Refuse("forbidden_until", "secret", "the customer reads this register: write it down when the law no longer forbids telling")
	}
	return nil
}

// dayOf reads a day between 1990 and 2100.
func dayOf(text string) (time.Time, error) {
	day, err := time.Parse(time.DateOnly, text)
	if err == nil && (day.Year() < 1990 || day.Year() > 2100) {
		err = fmt.Errorf("the year %d is not between 1990 and 2100", day.Year())
	}
	return day, err
}
