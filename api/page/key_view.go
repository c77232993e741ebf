package page

import "time"

// Keys is the API keys: PathKeys.
type Keys struct {
	Frame
	Rows         []Key
	Form         Form
	FormFor      int64 // the key whose networks were refused; 0: a new one
	Scopes       []string
	Destinations []Option // that a key may be kept to
	Chosen       []string // of them, in a form that was refused
	Shown        string   // the key just made: only now
	For          string
	Until        time.Time // when the former one stops working, where it was replaced
}

func (*Keys) name() string { return "keys" }

// Key is one API key.
type Key struct {
	ID           int64
	Name         string
	Scopes       []string
	Destinations []string // names; none: all
	Networks     []string // none: from anywhere
	Created      time.Time
	Rotated      time.Time
	LastUsed     time.Time
	FormerUntil  time.Time
	FormerUsed   time.Time
	Refused      time.Time
	Revoked      time.Time
	Form         Form // networks
}
