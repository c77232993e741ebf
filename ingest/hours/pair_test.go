package hours

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// Pairing keeps two places an event; that it forgets none is held against the
// plain way, for any events.
func TestPairingIsWhatThePlainWayGives(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := limits{rapid.SampledFrom([]int64{60, 840}).Draw(t, "longest"), 0}
		l.questioned = rapid.SampledFrom([]int64{30, l.longest}).Draw(t, "questioned")
		modes := rapid.SampledFrom([][]Mode{{Toggle}, {Break}, {Toggle, Toggle, Break}, {Toggle, In, Out, Break}}).Draw(t, "modes")
		var events []event
		at := int64(0)
		for range rapid.IntRange(1, 14).Draw(t, "events") {
			at += rapid.Int64Range(0, l.longest).Draw(t, "gap")
			events = append(events, event{at, rapid.SampledFrom(modes).Draw(t, "mode")})
		}
		last := at + rapid.Int64Range(0, 2*l.longest).Draw(t, "since")
		roles, stretches := pair(events, l, last)
		plainRoles, plain := pairWithMaps(events, l, last)
		if !slices.Equal(roles, plainRoles) || !slices.Equal(stretches, plain) {
			t.Fatalf("%v: %v %+v, the plain way %v %+v", events, roles, stretches, plainRoles, plain)
		}
	})
}

// pairWithMaps is pair as it was first written, plain and slow.
func pairWithMaps(events []event, l limits, last int64) ([]Role, []stretch) {
	forward, backward := costsWithMaps(events, l, last)
	roles := make([]Role, len(events))
	certain := make([]bool, len(events))
	path := make([]move, len(events))
	best := backward[0][place{}]
	var at place
	for k := range events {
		senses := map[move]bool{}
		for from, cost := range forward[k] {
			for _, m := range moves(nil, events, k, from, l) {
				if cost+m.cost+backward[k+1][m.to] == best {
					senses[m.sense()] = true
				}
			}
		}
		certain[k] = len(senses) == 1
		for _, m := range moves(nil, events, k, at, l) {
			if forward[k][at]+m.cost+backward[k+1][m.to] == best {
				path[k], roles[k] = m, m.role
				break
			}
		}
		at = path[k].to
	}
	return roles, join(stretches(events, path, l, last), certain, roles)
}

// costsWithMaps gives the least cost to reach each place before each event, and the
// least cost from there to the end.
func costsWithMaps(events []event, l limits, last int64) (forward, backward []map[place]int) {
	n := len(events)
	forward, backward = make([]map[place]int, n+1), make([]map[place]int, n+1)
	forward[0] = map[place]int{{}: 0}
	for k := range events {
		forward[k+1] = map[place]int{}
		for from, cost := range forward[k] {
			for _, m := range moves(nil, events, k, from, l) {
				if old, ok := forward[k+1][m.to]; !ok || cost+m.cost < old {
					forward[k+1][m.to] = cost + m.cost
				}
			}
		}
	}
	backward[n] = map[place]int{}
	for at := range forward[n] {
		backward[n][at] = 0
		if at.in && !stillRunning(events, at.first, l, last) {
			backward[n][at] = costMissing
		}
	}
	for k := n - 1; k >= 0; k-- {
		backward[k] = map[place]int{}
		for from := range forward[k] {
			least := -1
			for _, m := range moves(nil, events, k, from, l) {
				if c := m.cost + backward[k+1][m.to]; least < 0 || c < least {
					least = c
				}
			}
			backward[k][from] = least
		}
	}
	return forward, backward
}
