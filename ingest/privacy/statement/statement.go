// Package statement promises that what is said about the processing of personal
// data is what the program does: each document is written from the catalogue,
// the terms, the contract, the registers and what was checked at that moment,
// and says what it doesn't know. It claims no measure that nobody checked.
//
// The documents are the register of processing activities (GDPR article 30,
// OB-P11), information for a data protection impact assessment (article 35,
// OB-P12), the notice for employees (articles 13 and 14), and the technical and
// organisational measures (articles 28(3)(c) and 32).
package statement

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"tikklok/ingest/press"
	"tikklok/ingest/privacy"
	"tikklok/ingest/privacy/register"
	"tikklok/ingest/privacy/retention"
	"tikklok/ingest/privacy/wording"
)

// ErrUnknown refuses a kind of document that there is none of.
var ErrUnknown = errors.New("no such document")

// Kind is which document.
type Kind string

// The kinds.
const (
	Activities Kind = "activities" // the register of processing activities
	Assessment Kind = "assessment" // information for a DPIA
	Notice     Kind = "notice"     // for employees
	Safeguards Kind = "measures"   // technical and organisational
)

// Kinds gives all.
func Kinds() []Kind { return []Kind{Activities, Assessment, Notice, Safeguards} }

// Content is what documents are written from, as it is at one moment.
type Content struct {
	Tenant    string
	At        time.Time // in the tenant's zone
	Catalogue privacy.Catalogue
	Terms     retention.Terms
	Optional  []Optional
	Contract  Contract
	Details   Details
	Engaged   []register.Entry // sub-processors that work for the processor now
	Packages  []Package
	Scale     Scale
	Checks    []Check
	Analysis  bool // hours are published for analysis
	Wall      bool // the page that shows live who is in may be shown
}

// Optional is an optional field that is on.
type Optional struct{ Field, Purpose string }

// Package is a payroll package that gets hours.
type Package struct{ Name, Format string }

// Contract is what the tenant's contract says that documents repeat.
type Contract struct {
	Recorded   bool     // false: nobody recorded one, and the strictest terms hold
	Reference  string   // the writing in which it stands
	Breach     int      // hours in which a breach is told to the controller
	Aim        bool     // strived for, not promised
	Regions    []string // in which data may be
	Located    bool     // every storage, broker and channel was declared to be there
	Statistics bool     // the supplier may count for itself, without persons
	Consent    bool     // sub-processors take written consent
	Notice     int      // days a sub-processor is told ahead
}

// Scale is how much is processed.
type Scale struct {
	Employees int // on record
	Accounts  int // that can sign in
	Sites     int
	Readers   int // in use
}

// Write writes a document, or gives ErrUnknown or wording.ErrLanguage.
func Write(kind Kind, c Content, language string) (press.Document, error) {
	write, ok := map[Kind]func(*writer) []press.Part{
		Activities: (*writer).activities, Assessment: (*writer).assessment, Notice: (*writer).notice, Safeguards: (*writer).safeguards,
	}[kind]
	if !ok {
		return press.Document{}, fmt.Errorf("%w: %q; there are %v", ErrUnknown, kind, Kinds())
	}
	said, err := wording.In(language)
	if err != nil {
		return press.Document{}, err
	}
	text, err := textsOf(language)
	if err != nil {
		return press.Document{}, err
	}
	w := &writer{c, said, text}
	return press.Document{
		Language: language, From: c.Tenant, At: c.At,
		Title: text.Say(string(kind) + ".title"), Lead: text.Say(string(kind) + ".lead"), Parts: write(w),
	}, nil
}

// writer writes one document.
type writer struct {
	Content
	said wording.Words
	texts
}

// on says whether a field is kept: an optional one only where it is on.
func (c Content) on(f privacy.Field) bool {
	return !f.Optional || slices.ContainsFunc(c.Optional, func(o Optional) bool { return o.Field == FieldOf(f.Column) })
}
