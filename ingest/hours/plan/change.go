package plan

// ChangeKind says what becomes of a shift.
type ChangeKind string

// The kinds of changes.
const (
	Added     ChangeKind = "added"
	Moved     ChangeKind = "moved" // other times, site, kind or break
	Withdrawn ChangeKind = "withdrawn"
	Same      ChangeKind = "same"
)

// Change is what becomes of one shift.
type Change struct {
	Kind     ChangeKind
	Line     int   // of the file; 0: no line names it
	Old, New Shift // zero where there is none
	key      eventKey
	sequence int
}

// eventKey says which occurrence of which event of a calendar a shift is.
type eventKey struct {
	event      [32]byte // SHA-256 of its UID, which may hold free text (OB-P1); zero: of no calendar
	occurrence int64    // UTC minute at which the event says that it takes place; of a single event 0
}
