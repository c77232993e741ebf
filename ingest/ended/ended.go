// Package ended promises that what was ended stays ended after a restore:
// accounts closed, API keys revoked and their secrets replaced, gateways and
// certificates revoked, fobs lost, blocked or returned, and data of persons
// that is not to be used (I8). Who left is shut out by those. A service that was
// suspended is suspended again, and one that was lifted stays open (OB-H10).
//
// A log outside the database holds them. It follows the database's commits and
// so never names what did not happen; what a crash keeps from it is caught up
// with. Only what happened within the last round before a database was lost is
// not in it.
package ended

import (
	"fmt"
	"strconv"
	"time"
)

// Kind is what kind of thing ended.
type Kind string

// The kinds. Of tells which one of a thing's several.
const (
	Account     Kind = "account"     // closed
	Key         Kind = "api_key"     // revoked
	Secret      Kind = "api_secret"  // of a key, replaced; Of: when it was made
	Gateway     Kind = "gateway"     // revoked
	Certificate Kind = "certificate" // of a gateway; Of: its SHA-256
	Fob         Kind = "fob"         // of its holder; Of: since when it was issued
	Use         Kind = "use"         // of an employee's data, by a restriction; Of: since when
	Restriction Kind = "restriction" // of an employee, lifted; Of: since when it was
	Service     Kind = "service"     // of the tenant, suspended; Of: when, How: on which ground
	Suspension  Kind = "suspension"  // of the tenant's service, lifted; Of: when, How: its ground
)

// End is something that ended. It names nobody: an id, and when its row was
// made, which tells it from another that gets the same id later.
type End struct {
	Kind    Kind      `json:"kind"`
	ID      int64     `json:"id"`
	Created time.Time `json:"created"`
	Of      string    `json:"of,omitempty"` // an instant in microseconds since 1970, or hexadecimal
	At      time.Time `json:"at"`
	How     string    `json:"how,omitempty"` // of a fob: in_stock, returned, lost or blocked; of a service: see tenant.Ground
}

// thing is what an End is of.
type thing struct {
	kind    Kind
	id      int64
	created int64 // microseconds since 1970
	of      string
}

func (e End) thing() thing { return thing{e.Kind, e.ID, e.Created.UnixMicro(), e.Of} }

// since gives the instant in Of.
func (e End) since() (time.Time, error) {
	n, err := strconv.ParseInt(e.Of, 10, 64)
	if err != nil {
		return time.Time{}, fmt.Errorf("an instant: %w", err)
	}
	return time.UnixMicro(n), nil
}

// earliest gives how each thing ended first: the end of a secret may be moved
// forward.
func earliest(all []End) map[thing]End {
	out := map[thing]End{}
	for _, e := range all {
		if known, ok := out[e.thing()]; !ok || e.At.Before(known.At) {
			out[e.thing()] = e
		}
	}
	return out
}
