// Package audit promises that what was done, and who read what about people,
// is written down once, and that a later change, removal or reordering of it
// is found and located (OB-C4).
//
// An entry is appended without waiting for others; within a second a linker
// puts it into its tenant's chain of SHA-256 hashes (Link). The chain holds
// salted hashes only, so that what an entry says can be purged, leaving neither
// a person nor a broken chain (OB-P6). Until it is linked an entry is held by
// the database's rights alone, and whoever can rewrite every table can rewrite
// the chain too: its end is kept elsewhere (Anchor).
package audit

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// ActorKind says what kind of actor did something.
type ActorKind string

// The kinds of actors.
const (
	Account  ActorKind = "account"  // a person who signed in
	APIKey   ActorKind = "api_key"  // a program of the customer
	Gateway  ActorKind = "gateway"  // a device
	System   ActorKind = "system"   // this program by itself
	Operator ActorKind = "operator" // somebody at the server's command line
)

// Actor is who did something; ID is 0 where the kind has no ids.
type Actor struct {
	Kind ActorKind
	ID   int64
}

// Class is how long an entry is kept; it follows from the action (SQL function
// audit_class) and is named as the retention class is.
type Class string

// The classes.
const (
	Changes Class = "audit"      // what was changed or taken away, by whom
	SignIns Class = "sign-ins"   // log-ins, log-outs, failures, refused keys
	Access  Class = "access-log" // who read what about whom

	Removals Class = "removals" // of which entries it was removed what they said; stay as long as the chain
)

// Classes gives those that retention removes.
func Classes() []Class { return []Class{Changes, SignIns, Access} }

// Entry is something done, to be appended.
type Entry struct {
	Action      string // noun.verb in lower case, 1…60 bytes: "fob.issue"
	SubjectKind string // what it was done to: "fob"
	SubjectID   int64  // 0: none
	By          Actor
	Payload     any // whatever encoding/json takes; may hold personal data
}

// Line is an entry as it is read.
type Line struct {
	ID          int64 // in the order of appending; rolled-back ones leave holes
	Seq         int64 // its place in the chain, without holes; 0: not linked yet
	At          time.Time
	Action      string
	Class       Class
	SubjectKind string
	SubjectID   int64
	By          Actor
	Payload     json.RawMessage // nil: purged
}

// ErrBroken is what Verify returns for a log that was tampered with.
var ErrBroken = errors.New("the audit log was altered")

// canonical gives the JSON of v with sorted keys, so that the same content
// always has the same bytes.
func canonical(v any) ([]byte, error) {
	raw, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("encoding an audit payload: %w", err)
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var plain any
	if err := d.Decode(&plain); err != nil {
		return nil, fmt.Errorf("encoding an audit payload: %w", err)
	}
	return json.Marshal(plain)
}
