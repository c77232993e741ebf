package request

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"tikklok/ingest/privacy"
	"tikklok/ingest/privacy/retention"
)

// File is everything that is held about a person, with why and for how long
// (GDPR article 15), in a form that a program can take over (article 20).
type File struct {
	Made       time.Time     `json:"made"`
	Zone       string        `json:"zone"` // of the controller: in it paper tells times
	Controller string        `json:"controller"`
	Number     string        `json:"number"`
	Name       string        `json:"name"`
	Sections   []FileSection `json:"sections"`
}

// FileSection is what a table holds about the person, and why.
type FileSection struct {
	Table      string              `json:"table"`
	Purpose    privacy.Purpose     `json:"purpose"`
	Basis      privacy.Basis       `json:"basis"`
	Class      privacy.Class       `json:"class"`
	Term       string              `json:"term,omitempty"` // how long: "P3M"; "": as long as the contract
	Source     privacy.Source      `json:"source"`
	Readers    []privacy.Reader    `json:"readers"`
	Recipients []privacy.Recipient `json:"recipients"`
	Columns    []FileColumn        `json:"columns"`
	Rows       [][]any             `json:"rows"`            // in the order of Columns; by time, then by what they refer to
	Acted      int64               `json:"acted,omitempty"` // rows about something else that the person made or changed
}

// FileColumn is a column of a section.
type FileColumn struct {
	Name    string          `json:"name"`
	Kind    privacy.Kind    `json:"kind"`
	Purpose privacy.Purpose `json:"purpose"`
}

// Terms gives how long each class is kept.
func Terms(terms retention.Terms) map[privacy.Class]string {
	out := map[privacy.Class]string{}
	for _, t := range terms {
		if t.Class != privacy.Lasting {
			out[t.Class] = t.Keep.String()
		}
	}
	return out
}

// JSON writes the file for a program.
func (f File) JSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetIndent("", " ")
	e.SetEscapeHTML(false)
	if err := e.Encode(f); err != nil {
		return fmt.Errorf("writing what is held about a person: %w", err)
	}
	return nil
}

// Rows counts what the file shows.
func (f File) Rows() (n int) {
	for _, s := range f.Sections {
		n += len(s.Rows)
	}
	return n
}

// section begins what is told of a table.
func section(t privacy.Table, terms map[privacy.Class]string) FileSection {
	s := FileSection{Table: t.Name, Purpose: t.Why, Basis: t.Basis, Class: t.Class, Term: terms[t.Class], Source: t.Source,
		Readers: t.Readers, Recipients: t.To, Rows: [][]any{}}
	for _, f := range shownFields(t) {
		s.Columns = append(s.Columns, FileColumn{f.Column, f.Kind, t.Purpose(f)})
	}
	return s
}

// shownFields leaves out columns that hold another one's value sealed: that one
// is shown opened.
func shownFields(t privacy.Table) []privacy.Field {
	return slices.DeleteFunc(slices.Clone(t.Fields), func(f privacy.Field) bool { return strings.HasSuffix(f.Column, "_sealed") })
}

// whatMattersFirst puts who the person is before what was noted of them.
func whatMattersFirst(c privacy.Catalogue) privacy.Catalogue {
	rank := func(t privacy.Table) int {
		switch t.Class {
		case privacy.Employment:
			return 0
		case privacy.AuditLog, privacy.AccessLog, privacy.Registers:
			return 2
		}
		return 1
	}
	return slices.SortedStableFunc(slices.Values(c), func(a, b privacy.Table) int { return rank(a) - rank(b) })
}
