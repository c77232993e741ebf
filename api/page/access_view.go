package page

import "time"

// The addresses of who gets in.
const (
	PathAccess      = "/service/access"           // GET; POST whom (account-1, api_key-2, gateway-3), reason: cuts it off
	PathSecurity    = "/security"                 // GET language: how to report a vulnerability or abuse
	PathSecurityTXT = "/.well-known/security.txt" // GET
)

// Access is who gets in, and whether: PathAccess.
type Access struct {
	Frame
	Form      Form // whom, reason
	May       bool // cut off
	Since     time.Time
	Ground    string // arrears, misuse
	Reference string
	Asked     int // reminders that the contract asks for
	Reminders []AccessReminder
	Ways      []AccessWays // that may be cut off
	Ports     []AccessPorts
}

func (*Access) name() string { return "access" }

// AccessReminder is one reminder of arrears.
type AccessReminder struct {
	Told      time.Time
	Reference string
}

// AccessWays are the ways in of a kind: accounts, keys, gateways.
type AccessWays struct {
	Kind string
	All  []Option
}

// AccessPorts is one comparison of open ports.
type AccessPorts struct {
	At                  time.Time
	Late                bool   // more than a day ago
	Seen                string // inside, outside
	Host                string
	Unexpected, Missing string
}

// Security is how a vulnerability or abuse is reported: PathSecurity.
type Security struct {
	Frame
	Contacts []string // URIs
}

func (*Security) name() string { return "security" }
