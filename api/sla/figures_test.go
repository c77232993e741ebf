package sla_test

import (
	"slices"
	"testing"

	"tikklok/api/sla"
)

func TestEachChangeSinceAReportHasItsReason(t *testing.T) { // OB-S1
	then := sla.Count{Up: 43000, Down: 100, Other: 100, Claimed: 50, Outside: 5}
	for name, c := range map[string]struct {
		now  sla.Count
		want []sla.Change
	}{
		"nothing changed":                     {then, nil},
		"up, and down when measured again":    {sla.Count{Up: 42999, Down: 101, Other: 100, Claimed: 50, Outside: 5}, []sla.Change{sla.NewMinutes}},
		"claimed, and then agreed":            {sla.Count{Up: 43000, Down: 100, Other: 100, Outside: 5}, []sla.Change{sla.NewCause}},
		"objected to":                         {sla.Count{Up: 43000, Down: 150, Contested: 50, Other: 50, Outside: 5}, []sla.Change{sla.NewCause}},
		"fewer count, and fewer of them down": {sla.Count{Up: 42990, Down: 95, Other: 100, Claimed: 50, Outside: 20}, []sla.Change{sla.NewHours}},
	} {
		of := func(n sla.Count) sla.Figures { return sla.Figures{Parts: []sla.FiguresPart{{Minutes: n}}} }
		if changes, _ := of(c.now).Since(of(then)); !slices.Equal(changes, c.want) {
			t.Errorf("%s: it says %v, not %v", name, changes, c.want)
		}
	}
}
