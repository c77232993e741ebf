package page

import "time"

// Devices is the fleet by site, with what is missing: PathDevices.
type Devices struct {
	Frame
	Sites      []DeviceSite
	Holes      []Hole
	Conflicts  []NameConflict
	Quarantine []Quarantined
	Form       Form   // "name" of a new site, "reason" of a given-up hole
	FormFor    string // "site" or the Hole's Key
	MayManage  bool
}

func (*Devices) name() string { return "devices" }

// DeviceSite is one site's devices.
type DeviceSite struct {
	ID       int64
	Name     string
	Gateways []Gateway
	Readers  []Reader
}

// Gateway is one gateway.
type Gateway struct {
	ID          int64
	Name        string
	Online      bool
	LastContact time.Time // zero: never
	Unsent      int64
	Damaged     int64
	Clock       string // "disciplined", "server", "unset"
	ClockBound  int    // ms, 0: unknown
	Software    string
	Revoked     bool
}

// Reader is one reader.
type Reader struct {
	ID          int64
	Name        string
	Gateway     string
	Protocol    string // "em4100", "link"
	Mode        string // "toggle", "in", "out", "break"
	Health      string // "ok", "silent", "low_battery", "full", "port_lost", "noise"; anything else is shown as it is
	Battery     int    // percent; 0: on mains
	Stored      int64
	LastContact time.Time
	Firmware    string
}

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
	Reason  string
	At      time.Time
	Bytes   int
}
