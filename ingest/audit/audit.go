// Package audit promises that what was done is written down once, in order,
// and that a later change, removal or reordering of it is found (OB-C4).
//
// Each tenant has one chain of SHA-256 hashes. What is personal in an entry
// stands salted beside the chain, which holds only its hash: purging it leaves
// neither a person nor a broken chain (OB-P6). An append locks the tenant's
// chain until its transaction ends, so the numbers have no holes.
package audit

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
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

// Entry is something done, to be appended.
type Entry struct {
	Action      string // noun.verb in lower case, 1…60 bytes: "fob.issue"
	SubjectKind string // what it was done to: "fob"
	SubjectID   int64  // 0: none
	By          Actor
	Payload     any // whatever encoding/json takes; may hold personal data
}

// Line is an entry of the chain.
type Line struct {
	Seq         int64
	At          time.Time
	Action      string
	SubjectKind string
	SubjectID   int64
	By          Actor
	Payload     json.RawMessage // nil: purged
}

// ErrBroken is what Verify returns for a chain that was tampered with.
var ErrBroken = errors.New("the audit log was altered")

// link is one row of the chain with its payload.
type link struct {
	tenant, seq int64
	at          time.Time
	action      string
	subjectKind string
	subjectID   int64
	by          Actor
	payloadHash [32]byte
	previous    [32]byte
}

// hash covers every column; each text is preceded by its length, so that two
// different entries never give the same bytes.
func (l link) hash() [32]byte {
	b := append([]byte(nil), l.previous[:]...)
	b = binary.BigEndian.AppendUint64(b, uint64(l.tenant))
	b = binary.BigEndian.AppendUint64(b, uint64(l.seq))
	b = binary.BigEndian.AppendUint64(b, uint64(l.at.UnixMicro()))
	b = appendText(b, l.action)
	b = appendText(b, l.subjectKind)
	b = binary.BigEndian.AppendUint64(b, uint64(l.subjectID))
	b = appendText(b, string(l.by.Kind))
	b = binary.BigEndian.AppendUint64(b, uint64(l.by.ID))
	return sha256.Sum256(append(b, l.payloadHash[:]...))
}

func appendText(b []byte, s string) []byte {
	return append(binary.BigEndian.AppendUint32(b, uint32(len(s))), s...)
}

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

func hashPayload(salt, payload []byte) [32]byte {
	return sha256.Sum256(append(append([]byte(nil), salt...), payload...))
}
