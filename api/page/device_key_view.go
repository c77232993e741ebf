package page

import "time"

// DeviceKeys is how far the replacement of the token key is (I7).
type DeviceKeys struct {
	Rotating  bool
	Since     time.Time      // of the rotation, or of the last one's end
	Unseen    []string       // labels of fobs whose new token nobody knows
	More      int            // unseen fobs that are not listed
	Behind    []string       // gateways without the newest key
	Conflicts []TwinConflict // two fobs that a gateway says are one
}

// Shown says whether there is anything to say.
func (k DeviceKeys) Shown() bool { return k.Rotating || len(k.Unseen)+len(k.Conflicts) > 0 }

// UnseenCount counts the fobs whose new token nobody knows.
func (k DeviceKeys) UnseenCount() int { return len(k.Unseen) + k.More }

// TwinConflict is two fobs that a gateway says are one.
type TwinConflict struct {
	ID       int64
	Old, New string // labels; "": a fob that is not registered
	Gateway  string
	At       time.Time
}
