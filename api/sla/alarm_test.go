package sla_test

import (
	"strings"
	"testing"
	"time"

	"tikklok/api/sla"
	"tikklok/api/sla/window"
	"tikklok/ingest/tenant"
)

func TestAnAlarmHoldsWhileTheMonthRuns(t *testing.T) { // OB-S1
	zone, err := time.LoadLocation("Europe/Amsterdam")
	if err != nil {
		t.Fatal(err)
	}
	p, _ := tenant.ProfileOf(tenant.Nedap)
	agreed := sla.AgreedOf([]tenant.Agreement{{Profile: p.Name, Terms: p}}, window.Service(zone))
	now := time.Date(2026, 11, 10, 12, 0, 0, 0, zone)
	for _, c := range []struct {
		down  int // minutes until now
		now   time.Time
		holds bool
		burn  sla.Burn
		says  string
	}{
		{0, now, false, sla.Calm, ""},
		{8, now, false, sla.Calm, ""},
		{9, now, true, sla.Fast, "423 are left"},
		{433, now, true, sla.Overrun, "99.000% allows 432"},
		{44, now.Add(10 * time.Hour), true, sla.Slow, "44 minutes were down in the last three days"},
		{433, november.Add(1).In(zone), false, sla.Calm, ""}, // it is over
	} {
		var f sla.Facts
		for at := november.In(zone); at.Before(c.now); at = at.Add(time.Minute) {
			one := sla.Minute{At: at, State: sla.Up}
			if at.Before(now) && !at.Before(now.Add(-time.Duration(c.down)*time.Minute)) {
				one.State = sla.Down
			}
			f.Minutes = append(f.Minutes, one)
		}
		a, holds := sla.Reckon(november, zone, agreed, f, c.now).Alarm()
		_, text := a.Text("en")
		if holds != c.holds || a.Burn != c.burn || holds && !strings.Contains(text, c.says) {
			t.Errorf("%d minutes down at %v: %t, %q, %q", c.down, c.now, holds, a.Burn, text)
		}
	}
}
