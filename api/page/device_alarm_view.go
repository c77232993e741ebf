package page

import "time"

// Hole is missing data (I2).
type Hole struct {
	Key          string // unique on the page
	Origin       string // posted back as is
	Epoch        string
	From, To     int64 // To 0: unknown tail
	Reader       string
	Site         string
	State        string // "open", "held", "given_up"
	HeldBy       string
	Since, Until time.Time // the taps are from between these
	By           string    // who gave it up
	Reason       string
}

// NameConflict is the same name with other bytes (I1).
type NameConflict struct {
	ID      int64
	Reader  string
	Gateway string
	Seq     int64
	At      time.Time
}

// Quarantined is a batch that could not be understood.
type Quarantined struct {
	ID      int64
	Gateway string
	Word    string // "other-site", "other-gateway", "crowded", "readers", or "other"
	Reason  string // in the server's words
	At      time.Time
	Bytes   int
}
