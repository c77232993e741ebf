// Package sla promises that a month's availability is what a probe measured,
// minute by minute, and nothing else: exact ratios of whole minutes, compared
// unrounded with what the contract promises; where the contract leaves a bound
// open the customer has the better of it, and the report says so (OB-S1, OB-S2).
// A minute that nobody measured is neither up nor down. It reads no clock.
package sla

import (
	"slices"
	"time"
)

// State is what a probe found in a minute.
type State uint8

// The states. Unmeasured is never stored: it is what lacks.
const (
	Unmeasured State = iota
	Up
	Down
)

// Minute is one minute as a probe saw it.
type Minute struct {
	At    time.Time // its begin: a whole minute of UTC
	State State     // whether users could get in
	Tap   State     // whether a synthetic tap reached its receipt: reported beside, it decides nothing
}

// Join makes one row of minutes out of what several probes saw, the first
// first: a minute is up when one of them says so, down when all that measured
// it do, and unmeasured, that is absent, when none did.
func Join(probes ...[]Minute) []Minute {
	all := slices.Concat(probes...)
	slices.SortStableFunc(all, func(a, b Minute) int { return a.At.Compare(b.At) })
	out := all[:0]
	for _, m := range all {
		if n := len(out); n > 0 && out[n-1].At.Equal(m.At) {
			out[n-1].State, out[n-1].Tap = either(out[n-1].State, m.State), either(out[n-1].Tap, m.Tap)
			continue
		}
		out = append(out, m)
	}
	return slices.DeleteFunc(out, func(m Minute) bool { return m.State == Unmeasured && m.Tap == Unmeasured })
}

// either takes Up before Down before Unmeasured.
func either(a, b State) State {
	if a == Up || b == Unmeasured {
		return a
	}
	return b
}
