package reader

import "tikklok/gateway/wire"

// Link is the gateway's side of the reader link (wire/link.go).
type Link struct {
	owner uint64
	have  Have
}

// NewLink gives the state machine of one port. Owner is the tenant's
// (wire.TokenKey.Owner, or wire.Enrolment.Owner).
func NewLink(owner uint64, have Have) *Link { return &Link{owner: owner, have: have} }

// Open greets the reader.
func (l *Link) Open(now Moment) []Event { return nil }

// Bytes takes what the reader says.
func (l *Link) Bytes(now Moment, p []byte) []Event { return nil }

// Tick asks again for what did not come.
func (l *Link) Tick(now Moment) []Event { return nil }

// Answer acknowledges a durable tap and shows its colour.
func (l *Link) Answer(now Moment, name wire.Name, colour wire.Colour) []Event { return nil }

// Safe tells the reader what it may overwrite first.
func (l *Link) Safe(now Moment, stream wire.Stream, seqs []wire.Range) []Event { return nil }

// State says how the reader is.
func (l *Link) State() wire.ReaderState { return wire.ReaderState{Protocol: "link"} }
