package main

import (
	"context"
	"fmt"
	"time"

	"tikklok/api/sla"
	"tikklok/ingest/pg"
)

// judge waits until the server has all, and compares.
func (o *outage) judge(ctx context.Context, minutes int) error {
	last := o.named.Add(time.Duration(minutes-1) * time.Minute)
	for _, p := range o.probes {
		if err := p.until(ctx, func(s statusJSON) bool { return s.Minute != nil && !s.Minute.Before(last) && s.Waiting == 0 }); err != nil {
			return err
		}
	}
	there, alone, err := o.told(ctx, minutes)
	if err != nil {
		return err
	}
	v := o.verdict(there, minutes)
	fmt.Printf("minutes=%d taps_with_receipt=%d wrong=%d down_for_the_second_probe_alone=%d, as the server was told them\n", minutes, v.taps, v.wrong, alone)
	fmt.Printf("outage: down_minutes_true=%d down_minutes_measured=%d unmeasured=%d\n", v.truth, v.found, v.unmeasured)
	if v.truth != v.found || v.unmeasured+v.wrong > 0 || alone == 0 {
		return errFails
	}
	return nil
}

// told reads what the server was told, and how many minutes were down for the
// second probe and not for the first.
func (o *outage) told(ctx context.Context, minutes int) (there []sla.Minute, alone int, err error) {
	db, err := pg.Open(ctx, o.cluster.URL(), pg.RoleApp)
	if err != nil {
		return nil, 0, err
	}
	defer db.Close()
	err = db.Look(ctx, func(tx pg.Tx) error {
		if there, err = sla.Minutes(ctx, tx, o.named, o.named.Add(time.Duration(minutes)*time.Minute)); err != nil {
			return err
		}
		for i, sign := range []int{-1, 1} {
			days, err := sla.HeldOf(ctx, tx, o.probes[i].name, o.named)
			if err != nil {
				return err
			}
			for _, d := range days {
				alone += sign * d.Down
			}
		}
		return nil
	})
	return there, alone, err
}

// verdict is what the drill counted.
type verdict struct{ truth, found, unmeasured, wrong, taps int }

func (o *outage) verdict(there []sla.Minute, minutes int) (v verdict) {
	measured := map[time.Time]sla.Minute{}
	for _, m := range there {
		measured[m.At] = m
		v.taps += one(m.Tap == sla.Up)
	}
	for i := range minutes {
		m := measured[o.named.Add(time.Duration(i)*time.Minute)] // Unmeasured where it lacks
		down := o.wasDown(o.at(i))
		v.truth, v.found, v.unmeasured = v.truth+one(down), v.found+one(m.State == sla.Down), v.unmeasured+one(m.State == sla.Unmeasured)
		if m.State != sla.Unmeasured && down != (m.State == sla.Down) {
			v.wrong++
			fmt.Printf("minute %d: truly down %t, measured down %t\n", i, down, m.State == sla.Down)
		}
	}
	return v
}

func (o *outage) wasDown(at time.Time) bool {
	for _, s := range o.away {
		if !at.Before(s.from) && at.Before(s.to) {
			return true
		}
	}
	return false
}

func one(yes bool) int {
	if yes {
		return 1
	}
	return 0
}
