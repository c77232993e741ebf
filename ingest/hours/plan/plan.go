// Package plan promises that what was planned, and when that was changed, is
// known of every shift: a plan is never overwritten, it gets a newer version,
// so that a late withdrawal can be told from an early one.
package plan

// Kind says what is planned.
type Kind string

// The kinds.
const (
	Work    Kind = "work"
	Call    Kind = "call"    // on call: the employee comes when called up, paid at least a minimum
	Standby Kind = "standby" // reachable, not at work
)

// Shift is one planned shift of an employee, as its newest version says.
type Shift struct {
	ID        int64 `json:"id"`
	Employee  int64 `json:"employee"`
	Site      int64 `json:"site,omitempty"` // 0: any
	Kind      Kind  `json:"kind"`
	From      int64 `json:"from"`                // UTC minutes since 1970
	To        int64 `json:"to"`                  // after From, at most 24 hours later
	Break     int   `json:"break,omitempty"`     // planned minutes of it
	Withdrawn int64 `json:"withdrawn,omitempty"` // Unix ms; 0: it stands
}

// Minutes gives the planned minutes to be worked.
func (s Shift) Minutes() int { return int(s.To-s.From) - s.Break }
