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
