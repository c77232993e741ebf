package page

import (
	"slices"
	"time"

	"tikklok/ingest/press"
)

// Privacy is what is kept about people, table by table: PathPrivacy. Its words
// come from the catalogue's own (ingest/privacy/wording).
type Privacy struct {
	Frame
	Due                              []PrivacyDue
	Groups, Purposes, Classes, Kinds []Option // what the register is kept to
	Tables                           []PrivacyTable
	Fields                           int // shown
	All                              int // there are
	Optional                         []OptionalField
	MaySet                           bool // optional fields
	Form                             Form // purpose, of the field FormFor
	FormFor                          string
}

func (*Privacy) name() string { return "privacy" }

// Answerable is what waits, on pages that answer: of a suspended service only
// breaches and requests (OB-H10).
func (v *Privacy) Answerable() []PrivacyDue {
	if v.Account == nil || !v.Account.Suspended {
		return v.Due
	}
	return slices.DeleteFunc(slices.Clone(v.Due), func(d PrivacyDue) bool {
		return !slices.Contains([]string{"breach", "breach-told", "requests"}, d.What)
	})
}

// ByPurpose gives the tables in their order, those in a row of one purpose
// together.
func (v *Privacy) ByPurpose() (groups [][]PrivacyTable) {
	for i, t := range v.Tables {
		if i == 0 || t.Why != v.Tables[i-1].Why {
			groups = append(groups, nil)
		}
		groups[len(groups)-1] = append(groups[len(groups)-1], t)
	}
	return groups
}

// PrivacyDue is something that waits for the administrator, and where it is done.
type PrivacyDue struct {
	What  string // breach, requests, contract, end, places, details, council, terms, unpaid
	Path  string
	Count int       // of requests
	By    time.Time // a moment, of a breach
	Day   time.Time // the last day, of requests
	Late  bool
}

// PrivacyTable is a table with what is kept in it.
type PrivacyTable struct {
	Name, Table                                         string // in words; in the database
	About, Why, Basis, Class, Keep, Readers, To, Source string // To "": nowhere
	Erased                                              string // what becomes of it when its person is erased
	Fields                                              []PrivacyField
}

// PrivacyField is a column that holds a personal datum or leads to a person.
type PrivacyField struct {
	Name, Column, Kind string
	Why                string // "": as the table
	State              string // of an optional field: on, off; "": it is none
}

// OptionalField is one that is kept only where somebody said what for (OB-P1).
type OptionalField struct {
	Field, Name string
	Purpose     string // "": it is off
	Since       time.Time
}

// Documents are what is generated about the processing, and who processes:
// PathDocuments.
type Documents struct {
	Frame
	Kinds   []string
	Version int // of the details; 0: nobody filled them in
	At      time.Time
	By      string
	MaySet  bool
	Form    Form // the details, or what was refused
	Fields  []DetailField

	Recorded map[string]string // the details as Version has them
}

func (*Documents) name() string { return "documents" }

// DetailField is one of the details that documents name.
type DetailField struct {
	Name     string
	Required bool
}

// DocumentPage is a document to read: PathDocument.
type DocumentPage struct {
	Frame
	Kind     string
	Shown    string // the document's language
	Document press.Document
}

func (*DocumentPage) name() string { return "document-page" }

// MePrivacy is the notice for employees among an employee's own pages:
// PathMePrivacy.
type MePrivacy struct {
	Frame
	Shown    string // nl or en: documents are in no other language
	Document press.Document
}

func (*MePrivacy) name() string { return "me-privacy" }
func (*MePrivacy) own()         {}
