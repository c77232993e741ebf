package fleet_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"
	"time"

	"tikklok/gateway/wire"
	"tikklok/ingest/fleet"
)

var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

func ago(d time.Duration) *time.Time {
	t := noon.Add(-d)
	return &t
}

func ahead(d time.Duration) *time.Time { return ago(-d) }

// well is a gateway with which nothing is wrong, two readers and a neighbour
// at its own site and one elsewhere.
func well() fleet.Facts {
	return fleet.Facts{
		Gateway:  fleet.Gateway{ID: 7, Name: "Hal", Site: 1, Online: true, Clock: "disciplined", LastHeard: ago(time.Minute), CertificateUntil: ahead(400 * 24 * time.Hour)},
		Told:     fleet.Told{At: ago(5 * time.Minute), Settings: 5, KeyVersion: 1, Uptime: 86400, MachineUptime: 864000, Booted: ago(240 * time.Hour), Connections: 2, Signal: -77},
		Enrolled: true, SettingsWanted: 5, KeyWanted: 1,
		Readers: []fleet.Reader{
			{ID: 1, Name: "Poort", Origin: 7, Key: "gate", Protocol: "em4100", Health: "ok", Listed: ago(5 * time.Minute)},
			{ID: 2, Name: "Kantine", Origin: int64(wire.FirstReader) + 1, Protocol: "link", Health: "ok", BatteryPercent: 80, LastContact: ago(time.Minute)},
		},
		Samples:                []fleet.Sample{{At: noon.Add(-20 * time.Hour), Connections: 1}},
		Others:                 []fleet.Neighbour{{SameSite: true, Online: true}, {Online: true}},
		Servers:                []fleet.Heartbeat{{Server: "a", At: noon.Add(-10 * time.Second), Hears: true}},
		BrokerCertificateUntil: ahead(200 * 24 * time.Hour),
	}
}

func off(how string, since time.Duration) func(*fleet.Facts) {
	return func(f *fleet.Facts) {
		f.Online, f.OfflineSince, f.OfflineHow, f.LastHeard = false, ago(since), how, ago(since)
	}
}

func reader(health string) func(*fleet.Facts) {
	return func(f *fleet.Facts) { f.Readers[0].Health, f.Readers[0].HealthSince = health, ago(time.Hour) }
}

// both applies several changes.
func both(changes ...func(*fleet.Facts)) func(*fleet.Facts) {
	return func(f *fleet.Facts) {
		for _, c := range changes {
			c(f)
		}
	}
}

const (
	ok      = fleet.VerdictOK
	suspect = fleet.VerdictSuspect
	failing = fleet.VerdictFailing
	unknown = fleet.VerdictUnknown
)

// scenarios are what can be heard, and what must be found: the verdict, who is
// named, by which cause.
var scenarios = []struct {
	name     string
	change   func(*fleet.Facts)
	verdict  fleet.Verdict
	culprits string
	cause    string
}{
	{"nothing is wrong", func(*fleet.Facts) {}, ok, "[]", ""},

	{"the reader doesn't answer: it or the line", reader("no reader answers: check cable, power and protocol"), failing, "[line reader]", "reader-silent"},
	{"the port is gone", reader("open port /dev/serial/by-id/x: no such file or directory"), failing, "[line]", "reader-port_lost"},
	{"the port is held by another program", reader("port in use: /dev/ttyUSB0 is held by another gateway or program"), failing, "[line]", "reader-port_lost"},
	{"frames are damaged", reader("41 damaged frames: check cable and earth"), suspect, "[line]", "reader-noise"},
	{"a reader was opened", reader("was opened or taken off the wall (tamper)"), suspect, "[reader]", "reader-tamper"},
	{"cards are refused", reader("3 cards refused, last: too long"), suspect, "[reader]", "reader-cards"},
	{"a reader says what nobody knows", reader("flux compensator missing"), suspect, "[reader]", "reader-other"},
	{"a reader is of somebody else", reader("belongs to another organisation: wipe the reader before using it here"), failing, "[settings]", "reader-stranger"},
	{"a reader is of another version", reader("speaks reader link version 2, this gateway 1: update the older of the two"), failing, "[settings]", "reader-version"},
	{"a reader has another key", reader("wrong key: put it in installation mode and give it a key"), failing, "[settings]", "reader-key"},
	{"a reader isn't encrypted", reader("is not encrypted: it has no secure channel"), suspect, "[settings]", "reader-open"},
	{"a reader can't be moved", reader("can't be moved from address 3: set it by hand"), suspect, "[settings]", "reader-address"},
	{"a reader's memory is full", reader("memory full"), failing, "[reader]", "reader-full"},
	{"a port was taken out of the settings", func(f *fleet.Facts) { f.Readers[0].Listed = ago(48 * time.Hour) }, suspect, "[line]", "reader-unlisted"},
	{"a reader with memory has not been here", func(f *fleet.Facts) { f.Readers[1].LastContact = ago(30 * time.Hour) }, failing, "[reader]", "reader-no-contact"},
	{"a battery is low", func(f *fleet.Facts) { f.Readers[1].BatteryPercent = 12 }, suspect, "[reader]", "battery-low"},
	{"a battery is empty", func(f *fleet.Facts) { f.Readers[1].BatteryPercent = 4 }, failing, "[reader]", "battery-empty"},
	{"no reader was heard of", func(f *fleet.Facts) { f.Readers = nil }, unknown, "[]", ""},

	{"the disk is full", reader("12 times a tap could not be stored: make room on the gateway's disk"), failing, "[gateway]", "reader-disk_full"},
	{"the journal is damaged", func(f *fleet.Facts) { f.Damaged = 2 }, suspect, "[gateway]", "journal-damaged"},
	{"the clock is not set", func(f *fleet.Facts) { f.Clock = "undisciplined" }, suspect, "[gateway]", "clock-unset"},
	{"the program starts again and again", func(f *fleet.Facts) {
		for i := range 3 {
			at := noon.Add(-time.Duration(i+1) * time.Hour)
			f.Outages = append(f.Outages, fleet.Outage{Since: at, Until: at.Add(time.Minute), Cause: fleet.CauseProgram})
		}
	}, suspect, "[gateway]", "program-restarts"},
	{"the program was stopped", off(fleet.OfflineGoodbye, time.Hour), failing, "[gateway]", "stopped"},

	{"there was a power cut today", func(f *fleet.Facts) {
		f.Outages = []fleet.Outage{{Since: noon.Add(-2 * time.Hour), Until: noon.Add(-time.Hour), Cause: fleet.CausePower}}
	}, suspect, "[power]", "power-cuts"},
	{"there was one last week", func(f *fleet.Facts) {
		f.Outages = []fleet.Outage{{Since: noon.Add(-99 * time.Hour), Until: noon.Add(-98 * time.Hour), Cause: fleet.CausePower}}
	}, ok, "[]", ""},
	{"it is away after power cuts before", both(off(fleet.OfflineWill, time.Hour), func(f *fleet.Facts) {
		for i := range 3 {
			at := noon.AddDate(0, 0, -3*i-2)
			f.Outages = append(f.Outages, fleet.Outage{Since: at, Until: at.Add(time.Hour), Cause: fleet.CausePower})
		}
	}), failing, "[power]", "power-cuts"},
	{"the whole site is away", both(off(fleet.OfflineWill, time.Hour), func(f *fleet.Facts) {
		f.Others[0] = fleet.Neighbour{SameSite: true, OfflineSince: ago(time.Hour + time.Minute)}
	}), failing, "[power network]", "site-offline"},
	{"a neighbour went away yesterday: that is another matter", both(off(fleet.OfflineWill, time.Hour), func(f *fleet.Facts) {
		f.Others[0] = fleet.Neighbour{SameSite: true, OfflineSince: ago(26 * time.Hour)}
	}), failing, "[power network gateway]", "offline-alone"},

	{"it is away alone: nothing tells which it is", off(fleet.OfflineWill, time.Hour), failing, "[power network gateway]", "offline-alone"},
	{"it is away after weak radio", both(off(fleet.OfflineWill, time.Hour), func(f *fleet.Facts) { f.Signal, f.Lost = -107, "i/o timeout" }), failing, "[network]", "signal-weak"},
	{"it connects again and again", func(f *fleet.Facts) {
		f.Samples, f.Lost = []fleet.Sample{{At: noon.Add(-3 * time.Hour), Connections: 41}}, "i/o timeout"
	}, suspect, "[network]", "connections-many"},
	{"the radio is weak", func(f *fleet.Facts) { f.Signal = -109 }, suspect, "[network]", "signal-weak"},

	{"all gateways of all sites are away and nobody is heard", both(off(fleet.OfflineWill, time.Hour), func(f *fleet.Facts) {
		f.Others = []fleet.Neighbour{{SameSite: true, OfflineSince: ago(time.Hour)}, {OfflineSince: ago(time.Hour)}}
		f.Servers[0].Hears = false
	}), failing, "[broker network]", "all-offline"},
	{"the broker does not let the server in", func(f *fleet.Facts) { f.Servers[0].Broker = "connection refused" }, failing, "[broker]", "broker-away"},
	{"one of two servers reaches the broker", func(f *fleet.Facts) {
		f.Servers = append([]fleet.Heartbeat{{Server: "b", At: noon.Add(-5 * time.Second), Broker: "connection refused"}}, f.Servers...)
	}, ok, "[]", ""},

	{"nobody knows when the certificate ends", func(f *fleet.Facts) { f.Gateway.CertificateUntil, f.BrokerCertificateUntil = nil, nil }, ok, "[]", ""},
	{"the certificate has ended", both(off(fleet.OfflineWill, time.Hour), func(f *fleet.Facts) { f.Gateway.CertificateUntil = ago(time.Hour) }), failing, "[certificate]", "certificate-expired"},
	{"the certificate ends within a month", func(f *fleet.Facts) { f.Told.CertificateUntil = ahead(20 * 24 * time.Hour) }, suspect, "[certificate]", "certificate-ends"},
	{"the broker's certificate has ended", both(off(fleet.OfflineWill, time.Hour), func(f *fleet.Facts) { f.BrokerCertificateUntil = ago(time.Hour) }), failing, "[certificate]", "broker-certificate-expired"},
	{"the broker's certificate ends", func(f *fleet.Facts) { f.BrokerCertificateUntil = ahead(9 * 24 * time.Hour) }, suspect, "[certificate]", "broker-certificate-ends"},
	{"it was revoked", both(off(fleet.OfflineWill, time.Hour), func(f *fleet.Facts) { f.Revoked = ago(time.Hour) }), failing, "[certificate]", "revoked"},
	{"it was never enrolled", func(f *fleet.Facts) {
		f.Online, f.LastHeard, f.Told, f.Enrolled, f.Gateway.CertificateUntil, f.Readers = false, nil, fleet.Told{}, false, nil, nil
	}, failing, "[certificate]", "not-enrolled"},
	{"it was enrolled and has not come", func(f *fleet.Facts) {
		f.Online, f.LastHeard, f.Told, f.Readers = false, nil, fleet.Told{}, nil
	}, unknown, "[]", ""},

	{"ingest does not listen", func(f *fleet.Facts) { f.Servers[0].At = noon.Add(-time.Hour) }, failing, "[ingest]", "ingest-silent"},
	{"ingest does not listen, and the gateway was away", both(off(fleet.OfflineWill, 2*time.Hour), func(f *fleet.Facts) { f.Servers[0].At = noon.Add(-time.Hour) }), failing, "[ingest]", "ingest-silent"},
	{"no server ever said that it lives", func(f *fleet.Facts) { f.Servers = nil }, unknown, "[]", ""},
	{"taps wait and nothing comes in", func(f *fleet.Facts) { f.Unsent, f.UnsentSince, f.Committed = 40, ago(time.Hour), ago(2*time.Hour) }, suspect, "[ingest]", "unsent-stuck"},
	{"taps wait everywhere", func(f *fleet.Facts) { f.Unsent, f.UnsentSince, f.Others[1].Stuck = 40, ago(time.Hour), true }, failing, "[ingest]", "unsent-everywhere"},
	{"a backlog comes in", func(f *fleet.Facts) { f.Unsent, f.UnsentSince, f.Committed = 40, ago(time.Hour), ago(time.Minute) }, ok, "[]", ""},
	{"its batches are refused", func(f *fleet.Facts) { f.Refused, f.RefusedAt = 3, ago(time.Hour) }, suspect, "[ingest]", "batches-refused"},

	{"the database is away", func(f *fleet.Facts) { *f = fleet.Facts{DatabaseAway: "connection refused"} }, failing, "[database]", "database-away"},

	{"the settings are old", func(f *fleet.Facts) { f.Settings = 3 }, failing, "[settings]", "settings-behind"},
	{"the settings are on their way", func(f *fleet.Facts) { f.Settings, f.SettingsWanted = 3, noon.Add(-10*time.Minute).UnixMilli() }, ok, "[]", ""},
	{"the settings are from the future", func(f *fleet.Facts) { f.Settings = 9 }, failing, "[settings]", "settings-future"},
	{"the key is old", func(f *fleet.Facts) { f.KeyWanted = 2 }, suspect, "[settings]", "key-behind"},
	{"an old program tells no settings", func(f *fleet.Facts) { f.Settings, f.KeyVersion = 0, 0 }, unknown, "[]", ""},

	{"the settings of one that is away", both(off(fleet.OfflineGoodbye, time.Hour), func(f *fleet.Facts) { f.Settings = 3 }), failing, "[gateway]", "stopped"},
	{"a lost port and a low battery: the port is named", both(reader("open port /dev/x: no such file"), func(f *fleet.Facts) { f.Readers[1].BatteryPercent = 12 }), failing, "[line]", "reader-port_lost"},
	{"weak radio and a stuck server: the server is named first", func(f *fleet.Facts) { f.Signal, f.Unsent, f.UnsentSince = -109, 40, ago(time.Hour) }, suspect, "[ingest network]", "unsent-stuck"},
	{"away alone with nobody else to compare with", both(off(fleet.OfflineWill, time.Hour), func(f *fleet.Facts) { f.Others = nil }), failing, "[power network gateway]", "offline-alone"},
}

func TestTheDiagnosisNamesTheFailingLink(t *testing.T) { // OB-H11
	for _, c := range scenarios {
		t.Run(c.name, func(t *testing.T) {
			f := well()
			c.change(&f)
			got := fleet.Diagnose(f, noon)
			if got.Verdict != c.verdict || fmt.Sprint(got.Culprits) != c.culprits || got.Cause.Code != c.cause {
				t.Errorf("found %s, %v by %q, want %s, %s by %q", got.Verdict, got.Culprits, got.Cause.Code, c.verdict, c.culprits, c.cause)
			}
		})
	}
}

func TestEveryLinkIsJudgedOnceAndSaysWhy(t *testing.T) {
	for _, c := range scenarios {
		f := well()
		c.change(&f)
		got := fleet.Diagnose(f, noon)
		var links []fleet.Link
		for _, s := range got.Chain {
			links = append(links, s.Link)
			if s.Verdict != unknown && len(s.Evidence) == 0 {
				t.Errorf("%s: %s is %s without evidence", c.name, s.Link, s.Verdict)
			}
			if (s.Verdict == suspect || s.Verdict == failing) != (s.Remedy != "") {
				t.Errorf("%s: %s is %s with remedy %q", c.name, s.Link, s.Verdict, s.Remedy)
			}
			for _, e := range s.Evidence {
				if !slices.Contains(fleet.Codes(), e.Code) {
					t.Errorf("%s: %q is not among the codes that have words", c.name, e.Code)
				}
			}
		}
		if !slices.Equal(links, fleet.Links()) {
			t.Errorf("%s: the chain is %v", c.name, links)
		}
	}
}

// A code that no scenario reaches would be missing from the vocabulary unseen:
// the sources are read for what they say.
func TestEveryCodeInTheSourcesIsInTheVocabulary(t *testing.T) {
	said := regexp.MustCompile(`(?:c\.say\([^,]+, \w+, |Evidence\{)"([^"]+)"`)
	files, err := filepath.Glob("diagnosis_*.go")
	if err != nil || len(files) < 4 {
		t.Fatalf("sources %v, %v", files, err)
	}
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, code := range said.FindAllStringSubmatch(string(source), -1) {
			if !slices.Contains(fleet.Codes(), code[1]) && code[1] != "reader-" {
				t.Errorf("%s says %q, which no page has words for", file, code[1])
			}
		}
	}
}

func TestEveryCodeIsReached(t *testing.T) {
	reached := map[string]bool{}
	for _, c := range scenarios {
		f := well()
		c.change(&f)
		for _, s := range fleet.Diagnose(f, noon).Chain {
			for _, e := range s.Evidence {
				reached[e.Code] = true
			}
		}
	}
	for _, code := range fleet.Codes() {
		if !reached[code] {
			t.Errorf("no scenario says %q", code)
		}
	}
}

func TestWhatStandsBeforeAServerThatDoesNotListenIsUnknown(t *testing.T) {
	f := well()
	f.Servers[0].At = noon.Add(-time.Hour)
	for _, s := range fleet.Diagnose(f, noon).Chain {
		before := slices.Contains([]fleet.Link{fleet.LinkReader, fleet.LinkLine, fleet.LinkGateway, fleet.LinkPower, fleet.LinkNetwork, fleet.LinkBroker}, s.Link)
		if before && s.Verdict != unknown {
			t.Errorf("%s is said to be %s", s.Link, s.Verdict)
		}
	}
}

func TestADatabaseThatIsAwayLeavesTheRestUnknown(t *testing.T) {
	for _, s := range fleet.Diagnose(fleet.Facts{DatabaseAway: "no route to host"}, noon).Chain {
		if s.Link != fleet.LinkDatabase && s.Verdict != unknown {
			t.Errorf("%s is said to be %s", s.Link, s.Verdict)
		}
	}
}
