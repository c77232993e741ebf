// Package sla promises that a month's availability is what a probe measured,
// minute by minute, and nothing else: exact ratios of whole minutes, compared
// unrounded with what the contract promises; where the contract leaves a bound
// open the customer has the better of it, and the report says so (OB-S1, OB-S2).
// A minute that nobody measured is neither up nor down. It reads no clock.
package sla

import "time"

// State is what a probe found in a minute.
type State uint8

// The states. Unmeasured is never stored: it is what lacks.
const (
	Unmeasured State = iota
	Up
	Down
)

// Minute is one minute as a probe saw it, or all of them together (Minutes).
type Minute struct {
	At    time.Time // its begin: a whole minute of UTC
	State State     // whether users could get in
	Tap   State     // whether a synthetic tap reached its receipt: reported beside, it decides nothing
}
