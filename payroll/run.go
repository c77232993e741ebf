package payroll

import (
	"slices"
	"time"

	"tikklok/ingest/audit"
	"tikklok/ingest/hours/calendar"
)

// RunState is the step that a run is at.
type RunState string

// The steps of a run. From Created on its file can be pulled, until it is Void.
const (
	Prepared     RunState = "prepared"     // its lines are taken; its manifest may not be written yet
	Created      RunState = "created"      // its manifest stands; it may leave
	Delivered    RunState = "delivered"    // its last byte was taken at the other end
	Acknowledged RunState = "acknowledged" // the package took it in
	Rejected     RunState = "rejected"     // the package did not, for a reason; it can be delivered again, or voided
	Void         RunState = "void"         // reversed: its lines are free again
)

// composing is a run whose transaction still takes lines; nobody else sees it.
const composing RunState = "composing"

// before gives the steps from which a run may take this one (the database
// holds the same list, migration 00090).
func (s RunState) before() []RunState {
	switch s {
	case Created:
		return []RunState{Prepared}
	case Delivered:
		return []RunState{Created, Rejected}
	case Acknowledged:
		return []RunState{Created, Delivered, Rejected}
	case Rejected:
		return []RunState{Created, Delivered, Acknowledged}
	case Void:
		return []RunState{Created, Delivered, Rejected}
	}
	return nil
}

// Pullable says whether a run at this step can be pulled.
func (s RunState) Pullable() bool {
	return slices.Contains([]RunState{Created, Delivered, Acknowledged, Rejected}, s)
}

// May says whether a run at this step may take the next.
func (s RunState) May(next RunState) bool { return slices.Contains(next.before(), s) }

// Run is one export.
type Run struct {
	ID          int64
	Destination int64
	Name        string // of the destination
	Format      string
	Period      calendar.Period
	MapVersion  int
	State       RunState
	By          audit.Actor
	At          time.Time
	FileName    string
	MediaType   string
	SHA256      [32]byte
	Bytes       int64
	Totals      Totals
	Pulled      *time.Time // first pull; nil: none yet
	VoidBy      audit.Actor
	VoidAt      *time.Time
	VoidReason  string
	key         string // names its manifest
}

// Key names a run for good: one that is taken back under another number
// (Adopt) keeps it.
func (r Run) Key() string { return r.key }

// Step is one that a run took.
type Step struct {
	State  RunState
	By     audit.Actor
	At     time.Time
	Reason string // why it was rejected or voided; how it was delivered, or what acknowledged it, where that was said
}
