// Package reader promises that whatever a reader says, correct bytes become
// taps and all other bytes become a count: one file per protocol, bytes in,
// taps out. Nothing here does I/O, reads a clock or starts a goroutine; the
// agent owns the port and carries out the events.
package reader

import (
	"time"

	"tikklok/gateway/wire"
)

// Moment is now, as the gateway knows it.
type Moment struct {
	At      time.Time   // carries the monotonic reading: for durations only
	Instant int64       // best known, Unix ms (I4)
	Bound   uint32      // ms
	Source  wire.Source // of Instant
	// Unread is for how long nobody had read the port before these Bytes: no fob
	// was seen to go meanwhile.
	Unread time.Duration
}

// Protocol is the state machine of one reader on one port. It is not safe for
// concurrent use: one goroutine a port calls it, in the order things happen.
// Every method may give events, to be carried out in their order.
type Protocol interface {
	// Open says that the port was opened, for the first time or again.
	Open(now Moment) []Event
	// Bytes takes what was read, in whatever pieces it came.
	Bytes(now Moment, p []byte) []Event
	// Tick lets time pass; call it about every 100 ms while the port is open, or
	// more often.
	Tick(now Moment) []Event
	// Answer says what became of a Tap or Seen event: Green and Amber after the
	// journal's fsync, never before (I2); Red when it could not be journaled,
	// and then the tap is asked for again later.
	Answer(now Moment, name wire.Name, colour wire.Colour) []Event
	// Safe says which taps of a stream the server keeps safe (I2).
	Safe(now Moment, stream wire.Stream, seqs []wire.Range) []Event
	// State says how the reader is; Name is left to the agent.
	State() wire.ReaderState
}

// Event is what a protocol wants done: a Write, Seen, Start, Pair, Tap or
// Missing.
type Event interface{ event() }

// Write: send these bytes to the port.
type Write struct{ Bytes []byte }

// Seen is a tap on a reader without memory: the gateway names it. Repeats while
// the fob is held are already left out. Each is answered with Protocol.Answer,
// in the order they came.
type Seen struct {
	Fob    wire.Fob
	Reader string // its name, where one port has several; "": the port's
	Gap    uint32 // ms it may have been made before now
}

// Start is an epoch of a reader with memory: to be journaled when the journal
// lacks it, so that logs carry it. It comes at each contact, before the taps
// of that epoch, and again with a Highest that has grown.
type Start struct {
	wire.Stream
	wire.Start
	Highest uint64 // highest durable seq, as the reader says
}

// Pair is a time pair that a reader keeps: to be journaled. The same one can
// come twice; the pairs around a tap come before it or with it.
type Pair struct {
	wire.Stream
	wire.Pair
}

// Tap is a tap that a reader named: to be journaled with the token in place of
// the fob, then answered with Protocol.Answer. A name that the journal already
// holds comes only when its bytes are not known to be the same: journal it all
// the same, so that the server compares (I1).
type Tap struct {
	wire.Name
	Tick uint64
	Fob  wire.Fob
	Live bool // just made: a person waits for the colour
}

// Missing are taps that the reader no longer holds and that Have lacks; it
// comes again at each contact, and each hour.
type Missing struct{ wire.Span }

func (Write) event()   {}
func (Seen) event()    {}
func (Start) event()   {}
func (Pair) event()    {}
func (Tap) event()     {}
func (Missing) event() {}

// Have says which seqs of a stream need not be asked of the reader, as rising
// ranges: those the journal holds, and those it held until they were safe, but
// not those of the latter that the server asks for again. It is called from
// within a Protocol's methods and must not wait.
type Have func(stream wire.Stream) []wire.Range
