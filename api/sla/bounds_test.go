package sla_test

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"tikklok/api/sla"
	"tikklok/api/sla/window"
	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/tenant"
)

func TestEveryBoundOfBothTablesInMonthsOfEachLength(t *testing.T) { // OB-S1, OB-S2
	text, err := os.ReadFile("testdata/bounds/bounds.txt")
	if err != nil {
		t.Fatal(err)
	}
	lines := 0
	for i, line := range strings.Split(string(text), "\n") {
		if w := strings.Fields(line); len(w) >= 5 && w[0] != "#" {
			lines++
			if got, want := bound(t, w[0], w[1], number(t, w[3])), strings.Join(append([]string{w[2]}, w[4:]...), " "); got != want {
				t.Errorf("line %d: %s gives %q", i+1, line, got)
			}
		}
	}
	if lines < 100 {
		t.Errorf("only %d lines were read", lines)
	}
}

// bound reckons a month in which the first minutes that count were down.
func bound(t *testing.T, profile, month string, down int) string {
	t.Helper()
	zone, err := time.LoadLocation("Europe/Amsterdam")
	if err != nil {
		t.Fatal(err)
	}
	m, err := sla.ParseMonth(month)
	if err != nil {
		t.Fatal(err)
	}
	p, _ := tenant.ProfileOf(tenant.ProfileName(profile))
	agreed := sla.AgreedOf([]tenant.Agreement{{Profile: p.Name, Terms: p}}, window.Service(zone))
	hours, end := agreed[0].Terms.Hours, m.Add(1).In(zone)
	var minutes []sla.Minute
	for day := calendar.DateOf(m.In(zone)); day.In(zone).Before(end); day = day.AddDays(1) {
		from, to, _ := hours.Hours(day)
		for at := from; at.Before(to); at = at.Add(time.Minute) {
			one := sla.Minute{At: at, State: sla.Up}
			if down > 0 {
				one.State, down = sla.Down, down-1
			}
			minutes = append(minutes, one)
		}
	}
	part := sla.Reckon(m, zone, agreed, sla.Facts{Minutes: minutes}, end).Parts[0]
	out := fmt.Sprintf("%d %d", part.Promised, part.Credit(part.Ratio).Percent)
	if b := part.Credit(part.Ratio).Bound; b > 0 {
		out += " at " + strconv.Itoa(b)
	}
	return out
}
