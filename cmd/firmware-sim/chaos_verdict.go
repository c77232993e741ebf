package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"tikklok/firmware-sim"
	"tikklok/gateway/journal"
	"tikklok/gateway/wire"
)

// chaosVerdict is what a chaos found. Every figure in it was counted.
type chaosVerdict struct {
	faults, taps, registrations int
	lost, duplicated            int
	unstorable                  int   // on readers without memory, nobody being there to store it
	refused                     int   // a reader showed red: not stored, as it said
	maxError                    int64 // ms, among taps certain enough to be paid
	uncertain                   int   // less certain: a person looks at them
	violations                  int   // truth outside the stated bound
	untimed                     int   // hours have not worked out the instant
	kills                       []killed
	notes                       []string
}

// killed sums up the kills of one process.
type killed struct {
	process         sim.FaultKind
	times, inFlight int
	answerLost      int // among those: taps were committed before the kill, and their receipt died
}

// String gives the lines that a chaos ends with.
func (v *chaosVerdict) String() string {
	var b strings.Builder
	for _, n := range v.notes {
		fmt.Fprintf(&b, "note: %s\n", n)
	}
	for _, k := range v.kills {
		fmt.Fprintf(&b, "kills: %s=%d between_fsync_and_receipt=%d committed_but_unanswered=%d\n",
			strings.TrimPrefix(string(k.process), "kill "), k.times, k.inFlight, k.answerLost)
	}
	fmt.Fprintf(&b, "registrations=%d refused_red=%d uncertain_for_review=%d\n", v.registrations, v.refused, v.uncertain)
	fmt.Fprintf(&b, "chaos: faults=%d taps=%d lost=%d duplicated=%d unstorable=%d max_time_error_ms=%d bound_violations=%d",
		v.faults, v.taps, v.lost, v.duplicated, v.unstorable, v.maxError, v.violations)
	return b.String()
}

func (v *chaosVerdict) err() error {
	switch {
	case v.lost+v.duplicated+v.violations != 0:
		return errors.New("what came out is not what went in")
	case v.untimed != 0:
		return fmt.Errorf("hours have not worked out the instants of %d taps", v.untimed)
	}
	return nil
}

func (v *chaosVerdict) note(format string, args ...any) {
	if len(v.notes) < 20 {
		v.notes = append(v.notes, fmt.Sprintf(format, args...))
	}
}

// truth is what is known about the device of a line.
type truth struct {
	kind string
	deaf []span
	reds int
}

// compare holds rows against the ledger, name by name where readers name taps,
// and fob by fob where each tap has one of its own; shown says until when such a
// fob was held.
func (v *chaosVerdict) compare(lines []sim.Line, rows []row, key wire.TokenKey, devices map[string]truth, shown map[sim.Number]time.Time) {
	*v = chaosVerdict{faults: v.faults, registrations: len(rows)}
	named, once := map[wire.Name]row{}, map[wire.Token][]row{}
	for _, r := range rows {
		if r.key != "" {
			once[r.token] = append(once[r.token], r)
			continue
		}
		if _, twice := named[r.name]; twice {
			v.duplicated++
			v.note("%s stands twice", called(r.name))
		}
		named[r.name] = r
	}
	reds := map[string]int{}
	for _, l := range lines {
		v.taps++
		d := devices[l.Reader]
		token := key.Token(fobOn(d.kind, uint64(l.Fob)))
		switch l.Outcome {
		case sim.Stored:
			r, ok := named[l.Name()]
			delete(named, l.Name())
			if !ok || r.token != token {
				v.lose(l)
				continue
			}
			v.time(l, r, l.At)
		case sim.Refused:
			v.refused++
		case sim.Unstorable:
			v.unstorable++
		case sim.Presented:
			found := once[token]
			delete(once, token)
			if len(found) == 0 {
				v.missing(l, shown[l.Fob], d, reds)
				continue
			}
			if len(found) > 1 {
				v.duplicated += len(found) - 1
				v.note("%s at %s stands %d times: %s, %s", l.Reader, l.At.Format(clockFormat), len(found), called(found[0].name), called(found[1].name))
			}
			v.time(l, found[0], shown[l.Fob])
		}
	}
	v.surplus(named, once)
}

func called(n wire.Name) string { return fmt.Sprintf("%s/%d", n.Stream, n.Seq) }

const clockFormat = "15:04:05.000"

// surplus counts rows that nobody made.
func (v *chaosVerdict) surplus(named map[wire.Name]row, once map[wire.Token][]row) {
	for name := range named {
		v.duplicated++
		v.note("%s was never given", called(name))
	}
	for _, rest := range once {
		v.duplicated += len(rest)
		v.note("%s is of a tap that nobody made", called(rest[0].name))
	}
}

func (v *chaosVerdict) lose(l sim.Line) {
	v.lost++
	v.note("lost: %s at %s, %s", l.Reader, l.At.Format(clockFormat), called(l.Name()))
}

// missing judges a tap that is not there, on a reader that doesn't name taps.
// While nobody can store it, one without memory loses it (I2); one with lights
// says so in red.
func (v *chaosVerdict) missing(l sim.Line, until time.Time, d truth, reds map[string]int) {
	for _, s := range d.deaf {
		if later(l.At, until).Before(s.from.Add(-onTheLine)) || !s.to.IsZero() && l.At.After(s.to) {
			continue
		}
		if d.kind != kindOSDP {
			v.unstorable++
			return
		}
		if s.full && reds[l.Reader] < d.reds {
			reds[l.Reader]++
			v.refused++
			return
		}
	}
	v.lose(l)
}

func later(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}

// onTheLine is how long before its gateway dies a tap may still stand on the
// line, in a search for it, or in the gateway's memory.
const onTheLine = 600 * time.Millisecond

// certainEnough is a tenant's default limit: less certain taps go to a person.
const certainEnough = 30_000 // ms

// time holds the stated instant of a tap against the truth: any moment at which
// its fob was held.
func (v *chaosVerdict) time(l sim.Line, r row, until time.Time) {
	if !r.timed {
		v.untimed++
		return
	}
	from, to := l.At.UnixMilli(), later(l.At, until).UnixMilli()
	off := max(from-r.at, r.at-to, 0)
	if off > r.bound {
		v.violations++
		v.note("time: %s at %s is said to be %d ms off at most, and is %d: %s", l.Reader, l.At.Format(clockFormat), r.bound, off, called(r.name))
	}
	if r.bound > certainEnough {
		v.uncertain++
		return
	}
	v.maxError = max(v.maxError, off)
}

// judge waits until nothing more comes, and compares.
func (c *chaosRun) judge(ctx context.Context) (*chaosVerdict, error) {
	fmt.Printf("%5.0f s  all is mended; waiting for the last taps\n", time.Since(c.began).Seconds())
	db, err := openDatabase(ctx, c.path("db"))
	if err != nil {
		return nil, err
	}
	defer db.close(ctx)
	lines, err := sim.ReadLedger(c.ledgerFile())
	if err != nil {
		return nil, err
	}
	v, devices := &chaosVerdict{faults: c.Faults}, c.truths()
	key := c.all[0].box.enrolment.TokenKey
	var rows []row
	deadline := time.Now().Add(c.Drain)
	for ctx.Err() == nil {
		if rows, err = db.registrations(ctx); err != nil {
			return nil, err
		}
		v.compare(lines, rows, key, devices, c.shown)
		if v.lost+v.untimed == 0 || time.Now().After(deadline) {
			break
		}
		sleepFor(ctx, 3*time.Second)
	}
	if v.lost > 0 {
		c.where(v)
	}
	v.kills = c.sumKills(rows)
	return v, ctx.Err()
}

func (c *chaosRun) truths() map[string]truth {
	all := map[string]truth{}
	for _, p := range c.all {
		for _, d := range p.devices {
			deaf := d.deaf()
			d.mu.Lock()
			all[d.name] = truth{d.kind, deaf, d.reds}
			d.mu.Unlock()
		}
	}
	return all
}

// where tells what readers and gateways still hold.
func (c *chaosRun) where(v *chaosVerdict) {
	for _, p := range c.all {
		for _, d := range p.devices {
			if r := d.reader(); r != nil {
				if _, unacknowledged := r.Stored(); unacknowledged > 0 {
					v.note("%s holds %d taps that no gateway acknowledged", d.name, unacknowledged)
				}
			}
			if d.osdp != nil && d.osdp.Waiting() > 0 {
				v.note("%s holds %d taps that no gateway took", d.name, d.osdp.Waiting())
			}
		}
	}
	for _, b := range c.boxes {
		r, err := journal.Inspect(b.journal())
		if err == nil && r.Unsent > 0 {
			v.note("%s holds %d taps that the server lacked a minute ago; %d places of its journal are damaged", b.name, r.Unsent, r.Damaged)
		}
	}
}

// sumKills counts kills by process, and among those in flight the ones whose
// taps had been committed, so that only the answer was lost.
func (c *chaosRun) sumKills(rows []row) []killed {
	arrived := map[wire.Name]time.Time{}
	for _, r := range rows {
		arrived[r.name] = r.arrived
	}
	var all []killed
	for _, process := range []sim.FaultKind{sim.KillGateway, sim.KillBroker, sim.KillIngest, sim.KillPostgreSQL} {
		all = append(all, sumKills(process, c.kills, arrived))
	}
	return all
}

func sumKills(process sim.FaultKind, kills []kill, arrived map[wire.Name]time.Time) killed {
	sum := killed{process: process}
	for _, k := range kills {
		if k.process != process {
			continue
		}
		sum.times++
		if len(k.inFlight) > 0 {
			sum.inFlight++
		}
		committed := func(s wire.Span) bool {
			at, ok := arrived[wire.Name{Stream: s.Stream, Seq: s.From}]
			return ok && at.Before(k.at)
		}
		if slices.ContainsFunc(k.inFlight, committed) {
			sum.answerLost++
		}
	}
	return sum
}
