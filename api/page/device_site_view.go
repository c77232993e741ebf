package page

import "time"

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
	Enrolment   GatewayEnrolment
	Chain       Chain
	Users       Users
}

// Reader is one reader.
type Reader struct {
	ID          int64
	Name        string
	Gateway     string
	Protocol    string // "em4100", "link"
	Mode        string // "toggle", "in", "out", "break"
	Health      string // a word that "health" has, "" for not heard yet, or "other"
	HealthText  string // what the gateway said, where Health is "other"
	HealthSince time.Time
	Battery     int // percent; 0: on mains
	Stored      int64
	LastContact time.Time
	Firmware    string
	Signal      int  // dBm; 0: a wire, or not told
	Unlisted    bool // its gateway names it no longer
	Users       Users
}

// Users is how many employees used a device in 30 days (OB-H6).
type Users struct {
	Count int
	Norm  string // "below", "met", "far_above"
}
