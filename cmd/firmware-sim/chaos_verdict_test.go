package main

import (
	"fmt"
	"testing"
	"time"

	"tikklok/firmware-sim"
	"tikklok/gateway/wire"
)

// at gives a row a worked-out instant.
func (r row) timedAt(clock string, bound int64) row {
	r.timed, r.at, r.bound = true, instant(clock).UnixMilli(), bound
	return r
}

// made is a tap on a reader with memory, one is one on another reader.
func made(seq uint64) sim.Line {
	l := stored(seq, 5)
	l.Reader, l.At = "link", instant("08:00:00.000")
	return l
}

func one(kind, clock string) sim.Line {
	return sim.Line{Outcome: sim.Presented, Reader: kind, Fob: 9, At: instant(clock)}
}

// came is the row of one.
func came(kind, clock string, seq uint64) row {
	r := row{name: wire.Name{Stream: wire.Stream{Origin: 3, Epoch: 1}, Seq: seq}, key: kind, token: key.TokenKey.Token(fobOn(kind, 9))}
	return r.timedAt(clock, 100)
}

func between8(from, to string) []span { return []span{{from: instant(from), to: instant(to)}} }

func TestChaosIsHeldAgainstTheLedger(t *testing.T) {
	stood := named(1, 5).timedAt("08:00:00.050", 100)
	full := []span{{from: instant("07:59:59.000"), to: instant("08:00:03.000"), full: true}}
	for _, c := range []struct {
		name  string
		lines []sim.Line
		rows  []row
		deaf  []span
		reds  int
		shown time.Time
		want  string // lost duplicated unstorable refused violations uncertain untimed maxError
	}{
		{name: "all there", lines: []sim.Line{made(1), one(kindEM4100, "08:00:00.000")}, rows: []row{stood, came(kindEM4100, "08:00:00.020", 1)}, want: "0 0 0 0 0 0 0 50"},
		{name: "one of a reader with memory is lost", lines: []sim.Line{made(1), made(2)}, rows: []row{stood}, want: "1 0 0 0 0 0 0 50"},
		{name: "and its gateway being dead is no excuse", lines: []sim.Line{made(2)}, deaf: between8("07:59:59.000", "08:00:01.000"), want: "1 0 0 0 0 0 0 0"},
		{name: "another fob stands under its name", lines: []sim.Line{made(1)}, rows: []row{named(1, 6)}, want: "1 0 0 0 0 0 0 0"},
		{name: "one stands twice", lines: []sim.Line{made(1)}, rows: []row{stood, stood}, want: "0 1 0 0 0 0 0 50"},
		{name: "a name nobody gave", rows: []row{stood}, want: "0 1 0 0 0 0 0 0"},
		{name: "a tap nobody made", rows: []row{came(kindLine, "08:00:00.000", 1)}, want: "0 1 0 0 0 0 0 0"},
		{name: "one fob under two names", lines: []sim.Line{one(kindOSDP, "08:00:00.000")},
			rows: []row{came(kindOSDP, "08:00:00.000", 1), came(kindOSDP, "08:00:00.000", 2)}, want: "0 1 0 0 0 0 0 0"},
		{name: "lost with the gateway alive", lines: []sim.Line{one(kindEM4100, "08:00:00.000")}, want: "1 0 0 0 0 0 0 0"},
		{name: "not storable with the gateway dead", lines: []sim.Line{one(kindEM4100, "08:00:00.000")}, deaf: between8("07:59:59.000", "08:00:01.000"), want: "0 0 1 0 0 0 0 0"},
		{name: "on the line when the gateway died", lines: []sim.Line{one(kindLine, "08:00:00.000")}, deaf: between8("08:00:00.300", "08:00:02.000"), want: "0 0 1 0 0 0 0 0"},
		{name: "long before the gateway died", lines: []sim.Line{one(kindLine, "08:00:00.000")}, deaf: between8("08:00:01.000", "08:00:02.000"), want: "1 0 0 0 0 0 0 0"},
		{name: "long after it came back", lines: []sim.Line{one(kindPN532, "08:00:00.000")}, deaf: between8("07:59:58.000", "07:59:59.000"), want: "1 0 0 0 0 0 0 0"},
		{name: "still held when the gateway died", lines: []sim.Line{one(kindPN532, "08:00:00.000")}, deaf: between8("08:00:02.000", "08:00:03.000"),
			shown: instant("08:00:01.500"), want: "0 0 1 0 0 0 0 0"},
		{name: "an OSDP reader keeps it while the gateway is dead", lines: []sim.Line{one(kindOSDP, "08:00:00.000")}, deaf: between8("07:59:59.000", "08:00:01.000"), want: "1 0 0 0 0 0 0 0"},
		{name: "an OSDP reader showed red", lines: []sim.Line{one(kindOSDP, "08:00:00.000")}, deaf: full, reds: 1, want: "0 0 0 1 0 0 0 0"},
		{name: "an OSDP reader did not", lines: []sim.Line{one(kindOSDP, "08:00:00.000")}, deaf: full, want: "1 0 0 0 0 0 0 0"},
		{name: "truth outside the stated bound", lines: []sim.Line{made(1)}, rows: []row{named(1, 5).timedAt("08:00:00.101", 100)}, want: "0 0 0 0 1 0 0 101"},
		{name: "a bound too wide to be paid", lines: []sim.Line{made(1)}, rows: []row{named(1, 5).timedAt("08:00:40.000", 60_000)}, want: "0 0 0 0 0 1 0 0"},
		{name: "hours are behind", lines: []sim.Line{made(1)}, rows: []row{named(1, 5)}, want: "0 0 0 0 0 0 1 0"},
		{name: "any time within the hold is the tap's", lines: []sim.Line{one(kindPN532, "08:00:00.000")}, rows: []row{came(kindPN532, "08:00:00.390", 1)},
			shown: instant("08:00:00.400"), want: "0 0 0 0 0 0 0 0"},
	} {
		t.Run(c.name, func(t *testing.T) {
			devices := map[string]truth{}
			for _, kind := range []string{kindLink, kindEM4100, kindLine, kindPN532, kindOSDP} {
				devices[kind] = truth{kind, c.deaf, c.reds}
			}
			var v chaosVerdict
			v.compare(c.lines, c.rows, key.TokenKey, devices, map[sim.Number]time.Time{9: c.shown})
			got := fmt.Sprint(v.lost, v.duplicated, v.unstorable, v.refused, v.violations, v.uncertain, v.untimed, v.maxError)
			if got != c.want {
				t.Errorf("got %s, want %s: %q", got, c.want, v.notes)
			}
			if bad := v.lost+v.duplicated+v.violations+v.untimed > 0; bad != (v.err() != nil) {
				t.Errorf("err says %v", v.err())
			}
		})
	}
}

func TestKillsAreCountedByWhatWasInFlight(t *testing.T) {
	flight := func(seq uint64) []wire.Span {
		return []wire.Span{{Stream: named(1, 5).name.Stream, From: seq, To: seq}}
	}
	at := instant("08:00:00.000")
	got := sumKills(sim.KillIngest, []kill{
		{sim.KillIngest, at, flight(1)}, {sim.KillIngest, at, flight(2)}, {sim.KillIngest, at, nil}, {sim.KillBroker, at, flight(1)},
	}, map[wire.Name]time.Time{named(1, 5).name: at.Add(-time.Millisecond), named(2, 5).name: at.Add(time.Second)})
	if want := (killed{sim.KillIngest, 3, 2, 1}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestAllTapsAreSharedOut(t *testing.T) {
	for _, taps := range []int{0, 1, 99, 3000, 100_000} {
		c := &chaosRun{chaos: chaos{Taps: taps, Gateways: 8}}
		for i := range c.Gateways {
			p := &post{number: i}
			for _, kind := range []string{kindLink, kindEM4100, kindOSDP} {
				p.devices = append(p.devices, &device{kind: kind, post: p})
			}
			c.all = append(c.all, p)
		}
		sum := 0
		for _, s := range c.shares() {
			sum += s.past + s.live
			if s.past < 0 || s.live < 0 || s.past > 0 && s.device.kind != kindLink {
				t.Errorf("%d taps: %+v", taps, s)
			}
		}
		if sum != taps {
			t.Errorf("%d taps shared out as %d", taps, sum)
		}
	}
}

func TestASteppedClockShowsWhatItWasSetTo(t *testing.T) {
	now := instant("08:00:00.000")
	for _, c := range []struct {
		name  string
		file  clockFile
		later time.Duration
		want  time.Time
	}{
		{"right", clockFile{Since: now, Speed: 1}, time.Minute, now.Add(time.Minute)},
		{"1970", clockFile{Since: now, Offset: time.Unix(0, 0).Sub(now), Speed: 1}, time.Minute, time.Unix(60, 0)},
		{"backwards", clockFile{Since: now, Speed: -20}, time.Second, now.Add(-20 * time.Second)},
	} {
		if got := c.file.at(now.Add(c.later)); !got.Equal(c.want) {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}
