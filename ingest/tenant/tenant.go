// Package tenant promises that every customer is one tenant with a zone, a
// language and a key of its own that turns fob numbers into tokens (I7).
package tenant

import "errors"

// Tenant is a customer's organisation, the controller of its data.
type Tenant struct {
	ID       int64
	Name     string
	Zone     string // of the time-zone database: "Europe/Amsterdam"
	Language string // "nl" or "en"
	Probe    bool   // of the probes that measure the service: no customer, and nobody works there (OB-S1)
}

// ErrNotFound says that the transaction is in no tenant, or one that is gone.
var ErrNotFound = errors.New("no such tenant")
