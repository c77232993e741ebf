package fleet

import (
	"time"

	"tikklok/gateway/wire"
)

// Told is what a gateway last said of itself, beside what Gateway holds, and
// what follows from comparing it with what it said before (OB-H11).
type Told struct {
	At               *time.Time // nil: it never told a state
	Settings         int64      // version in use; 0: not told
	KeyVersion       int64      // newest token key it has; 0: not told
	CertificateUntil *time.Time
	MonthBytes       int64 // sent and received this calendar month
	Uptime           int64 // seconds the program runs; 0: not told
	MachineUptime    int64 // seconds since the machine got power; 0: not told
	Booted           *time.Time
	Connections      int64 // since the program started
	Lost             string
	Signal           int // dBm; 0: not told
	UnsentSince      *time.Time
	OfflineSince     *time.Time // nil: online, or never was
	OfflineHow       string     // one of the Offline constants
}

// How the server learned that a gateway is offline.
const (
	OfflineWill    = "will"    // its connection broke: the broker published its last will
	OfflineGoodbye = "goodbye" // its program was stopped and said so
	OfflineUnheard = "unheard" // it did not come back when the server started
)

// Outage is a time that a gateway was away or began anew.
type Outage struct {
	Since, Until time.Time
	Cause        string // one of the Cause constants
}

// What a gateway's return proved of its outage.
const (
	CausePower   = "power"   // its machine had started anew: no power
	CauseProgram = "program" // its program had started anew without a word
	CauseStopped = "stopped" // its program had been stopped in order
	CauseNetwork = "network" // machine and program had gone on: only the connection was gone
	CauseServer  = "server"  // the same, and the server had not listened
	CauseUnknown = "unknown" // the gateway does not tell how long it runs
)

// Sample is what one hour of a gateway's history holds.
type Sample struct {
	At          time.Time // beginning of the hour
	Unsent      int64     // the most
	Signal      int       // the weakest, dBm; 0: not told
	Connections int64     // made in it
	Bytes       int64     // sent and received in it
}

// mostBytes is more than a line carries in an hour: whoever tells more must not
// make the sum overflow.
const mostBytes = 1 << 40

// slack is how much two clocks may disagree on when a machine started.
const slack = 60 // seconds

// hear gives what is known after a state that came at an instant, what it adds
// to the hour's sample, and the outage that it ends; nil: none. unsent is what
// waited before. The same state twice, as a broker that retains it may bring
// it, changes nothing.
func (t Told) hear(s wire.State, unsent int64, now time.Time) (Told, Sample, *Outage) {
	next := Told{
		At: &now, Settings: bigint(s.Settings), KeyVersion: int64(s.KeyVersion), MonthBytes: bigint(s.MonthBytes),
		Uptime: bigint(s.Uptime), MachineUptime: bigint(s.MachineUptime), Connections: int64(s.Connections), Lost: s.Lost,
		Signal: int(max(-200, min(s.Signal, 0))), Booted: t.Booted, CertificateUntil: t.CertificateUntil, UnsentSince: t.UnsentSince,
	}
	if until := time.Unix(s.CertificateUntil, 0); s.CertificateUntil > 0 && until.Year() < 10000 {
		next.CertificateUntil = &until
	}
	switch waits := bigint(s.Unsent); {
	case waits == 0 || waits < unsent:
		next.UnsentSince = nil
	case t.UnsentSince == nil:
		next.UnsentSince = &now
	}
	again := t.At != nil && next.Uptime != 0 && next.Uptime == t.Uptime && next.MachineUptime == t.MachineUptime && next.Connections == t.Connections
	booted, started := t.began(next, now)
	if next.MachineUptime > 0 && (booted || t.Booted == nil) {
		at := now.Add(-time.Duration(min(next.MachineUptime, 1<<32)) * time.Second)
		next.Booted = &at
	}
	sample := Sample{At: now.Truncate(time.Hour), Unsent: bigint(s.Unsent), Signal: next.Signal}
	if !again {
		sample.Connections = next.Connections
		if !started {
			sample.Connections = max(0, next.Connections-t.Connections)
		}
		sample.Bytes = next.MonthBytes
		if next.MonthBytes >= t.MonthBytes {
			sample.Bytes -= t.MonthBytes
		}
		sample.Bytes = min(sample.Bytes, mostBytes)
	}
	if t.At == nil { // nothing to compare with: what was before is of no hour
		sample.Connections, sample.Bytes = 0, 0
		return next, sample, nil
	}
	return next, sample, t.outage(next, booted, started, now)
}

// began says whether the machine, and whether the program, started anew since
// the state before.
func (t Told) began(next Told, now time.Time) (booted, started bool) {
	if t.At == nil || next.Uptime == 0 {
		return false, false
	}
	passed := int64(now.Sub(*t.At)/time.Second) - slack
	anew := func(before, after int64) bool {
		return before > 0 && after > 0 && after != before && (after < before || after-before < passed)
	}
	booted = anew(t.MachineUptime, next.MachineUptime)
	return booted, booted || anew(t.Uptime, next.Uptime)
}

// outage is what ended with a state; nil: the gateway was there all the time.
func (t Told) outage(next Told, booted, started bool, now time.Time) *Outage {
	if t.OfflineSince == nil && !started {
		return nil
	}
	o := &Outage{Since: *t.At, Until: now}
	if t.OfflineSince != nil {
		o.Since = *t.OfflineSince
	}
	o.Since = earlier(o.Since, now)
	switch {
	case t.OfflineHow == OfflineGoodbye && t.OfflineSince != nil:
		o.Cause = CauseStopped
	case next.Uptime == 0 || t.Uptime == 0:
		o.Cause = CauseUnknown
	case booted:
		o.Cause = CausePower
	case started:
		o.Cause = CauseProgram
	case t.OfflineHow == OfflineUnheard:
		o.Cause = CauseServer
	default:
		o.Cause = CauseNetwork
	}
	return o
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// saysGoodbye tells a state that a program left behind in order from the last
// will that a broken connection left: a will knows nothing of the moment.
func saysGoodbye(s wire.State) bool {
	return s.Clock != "" || s.Uptime > 0 || len(s.Readers) > 0
}

// bigint keeps a device's number within a bigint.
func bigint(n uint64) int64 { return int64(min(n, 1<<62)) }
