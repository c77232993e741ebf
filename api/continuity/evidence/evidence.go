// Package evidence promises that each obligation of the contracts stands beside
// the proof that it is kept, with the proof's date, and that what has no fresh
// proof shows as missing, never as met (OB-C14). The register of obligations is
// data (register.json); proofs come from a database that runs, from records
// that people made, and from tests that ran.
//
// What is looked at is looked at anew when a pack is made, and kept once a day,
// so that a month long ago shows what was seen then.
//
// Not yet: files as proofs.
package evidence

import (
	"errors"
	"strings"
	"time"
)

// ErrInvalid refuses a record, a month or a pack that can't be one.
var ErrInvalid = errors.New("not evidence")

// Text is a sentence in the languages that packs are written in.
type Text struct {
	NL string `json:"nl"`
	EN string `json:"en"`
}

// In gives the sentence in a language; English where it is neither.
func (t Text) In(language string) string {
	if language == "nl" {
		return t.NL
	}
	return t.EN
}

// fill puts a value in the place of {0}.
func (t Text) fill(value string) Text {
	put := strings.NewReplacer("{0}", value)
	return Text{NL: put.Replace(t.NL), EN: put.Replace(t.EN)}
}

// Kind is what makes a control work.
type Kind string

// The kinds.
const (
	Automatic      Kind = "automatic"      // the program
	Configured     Kind = "configured"     // a setting that somebody chose
	Organisational Kind = "organisational" // people
)

// Kinds gives all.
func Kinds() []Kind { return []Kind{Automatic, Configured, Organisational} }

// Obligation is a promise of the contracts.
type Obligation struct {
	ID       string    `json:"id"`
	Source   string    `json:"source"` // clauses, as N-B9
	Promise  Text      `json:"promise"`
	Controls []Control `json:"controls"`
	Gap      Text      `json:"gap,omitzero"` // what this program doesn't do yet
}

// Control is what keeps a promise.
type Control struct {
	Kind   Kind     `json:"kind"`
	Text   Text     `json:"text"`
	Proofs []string `json:"proofs"` // keys of Proofs, test:PACKAGE.TEST, or record: any of them, the first the best; none: nothing proves it yet
	Days   int      `json:"days"`   // that a proof stays fresh, before and after the month's end
}

// The proofs that aren't a question to the database.
const (
	testPrefix  = "test:"
	recordProof = "record" // that somebody wrote down for the obligation
)

// ProofKind is where a proof comes from.
type ProofKind string

// The kinds of proof.
const (
	Measurement ProofKind = "measurement" // looked at when the pack was made, or by a check that ran
	Record      ProofKind = "record"      // a row that somebody or the program wrote
	Setting     ProofKind = "setting"
	Test        ProofKind = "test"
)

// Proof says how a proof is told of.
type Proof struct {
	Kind ProofKind `json:"kind"`
	Text
	Claims bool   `json:"claims,omitzero"` // its sentence says that it holds: another is said of one that doesn't
	Link   string `json:"link"`            // page on which more of it stands
}

// Register is the data that this room keeps in the repository.
type Register struct {
	Proofs      map[string]Proof `json:"proofs"`
	Obligations []Obligation     `json:"obligations"`
}

// Finding is what a proof was found to be.
type Finding struct {
	Proof   string // as one of Control.Proofs; a record's is followed by its obligation
	At      time.Time
	Holds   bool // false: it was looked at, and it proves the opposite
	Value   string
	Version string   // of the program that a test was of; "": of no test
	Looks   Looks    // of what is looked at: how it was all month
	Lacks   []string // hosts or places that have no fresh check of their own
	Holes   []string // hosts or places with the stretches in which they had none
}

// Looks counts the days of a month on which a proof was looked at.
type Looks struct {
	Seen int `json:"seen"`
	Held int `json:"held"`
}

// refused is what of a note was wrong.
type refused struct{ field, why string }

func (r refused) Error() string { return ErrInvalid.Error() + ": " + r.why }
func (refused) Unwrap() error   { return ErrInvalid }

// Wrong gives which field of a note was refused: obligation, day or says.
func Wrong(err error) (field string, ok bool) {
	var r refused
	ok = errors.As(err, &r)
	return r.field, ok
}
