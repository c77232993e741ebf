package fleet

import (
	"testing"
	"time"

	"tikklok/gateway/wire"
)

var toldNoon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// before is what a gateway told an hour before noon; away says for how long it
// was offline at noon, and how that was learned.
func before(away time.Duration, how string) Told {
	at, booted := toldNoon.Add(-time.Hour), toldNoon.Add(-101*time.Hour)
	t := Told{At: &at, Uptime: 36_000, MachineUptime: 360_000, Booted: &booted, Connections: 3, MonthBytes: 5000}
	if how != "" {
		since := toldNoon.Add(-away)
		t.OfflineSince, t.OfflineHow = &since, how
	}
	return t
}

func TestAReturnProvesWhatTheOutageWas(t *testing.T) { // OB-H11
	for _, c := range []struct {
		name  string
		was   Told
		says  wire.State
		cause string // "": no outage
	}{
		{"it was there all the time", before(0, ""), wire.State{Uptime: 39_600, MachineUptime: 363_600, Connections: 3}, ""},
		{"only the connection was gone", before(time.Minute, OfflineWill), wire.State{Uptime: 39_600, MachineUptime: 363_600, Connections: 4}, CauseNetwork},
		{"the machine had no power", before(time.Minute, OfflineWill), wire.State{Uptime: 20, MachineUptime: 50, Connections: 1}, CausePower},
		{"it had no power, and ran longer since than before", Told{At: before(0, "").At, Uptime: 100, MachineUptime: 120}, wire.State{Uptime: 1990, MachineUptime: 2000, Connections: 1}, CausePower},
		{"the machine restarted before anybody noticed", before(0, ""), wire.State{Uptime: 20, MachineUptime: 50, Connections: 1}, CausePower},
		{"the program fell", before(time.Minute, OfflineWill), wire.State{Uptime: 20, MachineUptime: 363_600, Connections: 1}, CauseProgram},
		{"the program was stopped", before(time.Minute, OfflineGoodbye), wire.State{Uptime: 20, MachineUptime: 363_600, Connections: 1}, CauseStopped},
		{"the server had not listened", before(time.Minute, OfflineUnheard), wire.State{Uptime: 39_600, MachineUptime: 363_600, Connections: 4}, CauseServer},
		{"an old program doesn't say how long it runs", before(time.Minute, OfflineWill), wire.State{Connections: 4}, CauseUnknown},
		{"it comes for the first time", Told{}, wire.State{Uptime: 20, MachineUptime: 50, Connections: 1}, ""},
		{"clocks that disagree by half a minute are no restart", before(0, ""), wire.State{Uptime: 39_570, MachineUptime: 363_570, Connections: 3}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, _, outage := c.was.hear(c.says, 0, toldNoon)
			switch {
			case outage == nil && c.cause != "":
				t.Errorf("no outage, want %s", c.cause)
			case outage != nil && outage.Cause != c.cause:
				t.Errorf("outage by %s, want %q", outage.Cause, c.cause)
			case outage != nil && outage.Until.Before(outage.Since):
				t.Errorf("outage from %s to %s", outage.Since, outage.Until)
			}
		})
	}
}

func TestTheSameStateTwiceCountsNothingTwice(t *testing.T) {
	s := wire.State{Uptime: 39_600, MachineUptime: 363_600, Connections: 5, MonthBytes: 9000}
	once, first, _ := before(0, "").hear(s, 0, toldNoon)
	_, second, outage := once.hear(s, 0, toldNoon.Add(3*time.Hour))
	if first.Connections != 2 || first.Bytes != 4000 || second.Connections != 0 || second.Bytes != 0 || outage != nil {
		t.Errorf("counted %+v and then %+v, outage %v", first, second, outage)
	}
}

func TestCountersThatBeganAnewAreCountedWhole(t *testing.T) {
	_, sample, _ := before(0, "").hear(wire.State{Uptime: 20, MachineUptime: 50, Connections: 2, MonthBytes: 700}, 0, toldNoon)
	if sample.Connections != 2 || sample.Bytes != 700 {
		t.Errorf("%+v after a restart in a new month", sample)
	}
}

func TestWhatWaitsIsTimedFromWhenItStoppedFalling(t *testing.T) {
	was := before(0, "")
	next, _, _ := was.hear(wire.State{Unsent: 40}, 0, toldNoon)
	if next.UnsentSince == nil || !next.UnsentSince.Equal(toldNoon) {
		t.Fatalf("waits since %v", next.UnsentSince)
	}
	more, _, _ := next.hear(wire.State{Unsent: 60}, 40, toldNoon.Add(time.Hour))
	if more.UnsentSince == nil || !more.UnsentSince.Equal(toldNoon) {
		t.Errorf("with more it waits since %v", more.UnsentSince)
	}
	fewer, _, _ := more.hear(wire.State{Unsent: 59}, 60, toldNoon.Add(2*time.Hour))
	if fewer.UnsentSince != nil {
		t.Errorf("with fewer it still waits since %v", fewer.UnsentSince)
	}
}

func TestNumbersOfAHostileGatewayAreKeptWithinBounds(t *testing.T) {
	next, sample, _ := before(0, "").hear(wire.State{Uptime: 1 << 63, MachineUptime: 1<<64 - 1, MonthBytes: 1<<64 - 1, Unsent: 1<<64 - 1,
		Signal: -1 << 31, CertificateUntil: 1 << 62, Settings: 1<<64 - 1, Connections: 1<<32 - 1}, 0, toldNoon)
	if next.Signal != -200 || next.CertificateUntil != nil || next.MonthBytes < 0 || sample.Unsent < 0 || next.Booted.After(toldNoon) {
		t.Errorf("%+v, %+v", next, sample)
	}
}
