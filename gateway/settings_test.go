package gateway

import (
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tikklok/gateway/wire"
)

var built = limits{flush: time.Second, keepAlive: time.Minute, stateEvery: 6 * time.Hour}

func keyOf(version uint32) wire.TokenKey {
	return wire.TokenKey{Version: version, Secret: []byte(strings.Repeat(string(rune('a'+version)), 32))}
}

func settingsIn(t *testing.T, dir string) *settings {
	t.Helper()
	must(t, os.MkdirAll(dir, 0o700))
	return loadSettings(dir, built, keyOf(1))
}

func noKeys([]byte) (wire.KeyRing, error) { return wire.KeyRing{}, errors.New("sealed to another") }

func TestSettingsInUseOutliveARestart(t *testing.T) {
	dir := folder(t)
	first := settingsIn(t, dir)
	ring := wire.KeyRing{Current: 2, Keys: []wire.TokenKey{keyOf(2), keyOf(1)}}
	must(t, first.take(wire.Settings{Version: 3, Blocked: []wire.Token{{1}}, Flush: 500, MonthBytes: 1_500_000, Keys: []byte{1}},
		func([]byte) (wire.KeyRing, error) { return ring, nil }))
	again := settingsIn(t, dir)
	if listed, _ := again.blocks([]wire.Token{{2}, {1}}); !listed || again.version() != 3 || again.keyVersion() != 2 || again.ring.Current != 2 {
		t.Errorf("listed %v, version %d, newest key %d, current %d", listed, again.version(), again.keyVersion(), again.ring.Current)
	}
	if l := again.limits(); l.flush != 500*time.Millisecond || l.monthBytes != 1_500_000 || l.keepAlive != built.keepAlive {
		t.Errorf("limits %+v", l)
	}
	info, err := os.Stat(filepath.Join(dir, settingsFile))
	must(t, err)
	if info.Mode().Perm() != 0o600 {
		t.Errorf("the keys' file has mode %v", info.Mode())
	}
}

func TestSettingsThatCantBeUsedLeaveWhatThereWas(t *testing.T) {
	const known = 1000 // version in use
	lost := wire.Token{9}
	for name, c := range map[string]struct {
		send wire.Settings
		used bool // the list of blocked fobs
		says string
	}{
		"older":                       {wire.Settings{Version: known - 1, Blocked: []wire.Token{lost}}, false, "older than those in use"},
		"the same":                    {wire.Settings{Version: known, Blocked: []wire.Token{lost}}, false, ""},
		"from far in the future":      {wire.Settings{Version: 1 << 60, Blocked: []wire.Token{lost}}, false, "version"},
		"flush of a day":              {wire.Settings{Version: known + 1, Blocked: []wire.Token{lost}, Flush: 86_400_000}, true, "flush"},
		"flush of 1 ms":               {wire.Settings{Version: known + 1, Blocked: []wire.Token{lost}, Flush: 1}, true, "flush"},
		"signs of life each second":   {wire.Settings{Version: known + 1, Blocked: []wire.Token{lost}, KeepAlive: 1}, true, "keep_alive"},
		"ten bytes a month":           {wire.Settings{Version: known + 1, Blocked: []wire.Token{lost}, MonthBytes: 10}, true, "month_bytes"},
		"a state a month":             {wire.Settings{Version: known + 1, Blocked: []wire.Token{lost}, StateMinutes: 43200}, true, "state_minutes"},
		"blocked for a year":          {wire.Settings{Version: known + 1, Blocked: []wire.Token{lost}, BlockedHours: 8760}, true, "blocked_hours"},
		"a ring for another":          {wire.Settings{Version: known + 1, Blocked: []wire.Token{lost}, Keys: []byte("x"), Flush: 700, BlockedHours: 3}, true, "sealed to another"},
		"a ring and a flush, too bad": {wire.Settings{Version: known + 1, Blocked: []wire.Token{lost}, Keys: []byte("x"), Flush: 1}, true, "sealed to another"},
	} {
		t.Run(name, func(t *testing.T) {
			s := settingsIn(t, folder(t))
			must(t, s.take(wire.Settings{Version: known, Flush: 700, BlockedHours: 3}, noKeys))
			err := s.take(c.send, noKeys)
			if c.says == "" && err != nil || c.says != "" && (err == nil || !strings.Contains(err.Error(), c.says)) {
				t.Errorf("says %v, want %q", err, c.says)
			}
			listed, counts := s.blocks([]wire.Token{lost})
			if listed != c.used || counts != 3*time.Hour {
				t.Errorf("listed %v for %v", listed, counts)
			}
			if s.version() != known || s.limits().flush != 700*time.Millisecond || s.keyVersion() != 1 {
				t.Errorf("version %d, flush %v, key %d: want what there was", s.version(), s.limits().flush, s.keyVersion())
			}
		})
	}
}

func TestADamagedSettingsFileIsAskedForAgain(t *testing.T) {
	for name, text := range map[string]string{
		"torn": `{"Version":7,"Blo`, "empty": "", "a ring without its current key": `{"Version":7,"ring":{"Current":3,"Keys":[]}}`,
		"a key of one byte": `{"Version":7,"ring":{"Current":3,"Keys":[{"version":3,"secret":"AA=="}]}}`,
		"from the future":   `{"Version":18446744073709551615}`,
	} {
		t.Run(name, func(t *testing.T) {
			dir := folder(t)
			must(t, os.MkdirAll(dir, 0o700))
			must(t, os.WriteFile(filepath.Join(dir, settingsFile), []byte(text), 0o600))
			s := settingsIn(t, dir)
			if s.version() != 0 || s.ring.Current != 1 {
				t.Errorf("version %d, current key %d; want none, and the enrolment's", s.version(), s.ring.Current)
			}
		})
	}
}

func TestStatesComeOftenEnoughToKeepAListFresh(t *testing.T) {
	s := settingsIn(t, folder(t))
	must(t, s.take(wire.Settings{Version: 1, BlockedHours: 4}, noKeys))
	if got := s.limits().stateEvery; got != built.stateEvery {
		t.Errorf("without a list: every %v", got)
	}
	must(t, s.take(wire.Settings{Version: 2, BlockedHours: 4, Blocked: []wire.Token{{1}}}, noKeys))
	if got := s.limits().stateEvery; got != 2*time.Hour {
		t.Errorf("with a list that counts 4 h: every %v", got)
	}
}

// machineAt is a machine whose clocks the test sets.
type machineAt struct {
	boot   time.Duration
	bootID string
	wall   time.Time
	good   bool
}

func (m *machineAt) machine() Machine {
	return Machine{
		Boot: func() time.Duration { return m.boot }, BootID: func() string { return m.bootID },
		Wall: func() time.Time { return m.wall }, Disciplined: func() (uint32, bool) { return 100, m.good },
	}
}

func TestAListOfBlockedFobsCountsOnlySoLong(t *testing.T) { // OB-C5
	began := time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		known   bool // the clock, when the server was heard
		restart bool
		after   machineAt // when a blocked fob is tapped
		amber   bool
	}{
		"at once":                              {true, false, machineAt{time.Hour, "a", began, true}, true},
		"23 hours later":                       {true, false, machineAt{24 * time.Hour, "a", began.Add(23 * time.Hour), true}, true},
		"25 hours later":                       {true, false, machineAt{26 * time.Hour, "a", began.Add(25 * time.Hour), true}, false},
		"25 hours later, clock set back":       {true, false, machineAt{26 * time.Hour, "a", began, true}, false},
		"no clock, 23 hours":                   {false, false, machineAt{24 * time.Hour, "", time.Unix(0, 0), false}, true},
		"no clock, 25 hours":                   {false, false, machineAt{26 * time.Hour, "", time.Unix(0, 0), false}, false},
		"restarted, same boot":                 {false, true, machineAt{2 * time.Hour, "a", time.Unix(0, 0), false}, true},
		"restarted, same boot, 25 hours":       {false, true, machineAt{26 * time.Hour, "a", time.Unix(0, 0), false}, false},
		"power cut, clock known":               {true, true, machineAt{time.Minute, "b", began.Add(2 * time.Hour), true}, true},
		"power cut, 25 hours by the clock":     {true, true, machineAt{time.Minute, "b", began.Add(25 * time.Hour), true}, false},
		"power cut, clock unknown":             {true, true, machineAt{time.Minute, "b", began.Add(2 * time.Hour), false}, false},
		"power cut, clock was unknown":         {false, true, machineAt{time.Minute, "b", began.Add(2 * time.Hour), true}, false},
		"power cut, the clock lies in 1970":    {true, true, machineAt{time.Minute, "b", time.Unix(0, 0), true}, false},
		"restored image of another boot":       {true, true, machineAt{time.Minute, "c", began.Add(-time.Hour), true}, false},
		"boot that has no name, clock unknown": {false, true, machineAt{2 * time.Hour, "", time.Unix(0, 0), false}, false},
	} {
		t.Run(name, func(t *testing.T) {
			dir, m := folder(t), machineAt{time.Hour, "a", began, c.known}
			a := agentOn(t, dir, &m)
			a.takeSettings(wire.Settings{Version: 1, Blocked: []wire.Token{{1}}})
			if c.restart {
				a = agentOn(t, dir, &c.after)
			} else {
				m = c.after
			}
			want := wire.Green
			if c.amber {
				want = wire.Amber
			}
			if got := a.colour([]wire.Token{{1}}); got != want {
				t.Errorf("shows %v, want %v", got, want)
			}
			if a.colour([]wire.Token{{2}}) != wire.Green {
				t.Error("another fob is not green")
			}
		})
	}
}

func agentOn(t *testing.T, dir string, m *machineAt) *agent {
	t.Helper()
	c, err := newClock(m.machine())
	must(t, err)
	log := slog.New(slog.DiscardHandler)
	return &agent{clock: c, settings: settingsIn(t, dir), word: loadWord(dir, c, log), log: log}
}

func TestAnyWordKeepsAListFreshAndIsWrittenRarely(t *testing.T) { // OB-C5
	dir, m := folder(t), machineAt{boot: time.Hour, bootID: "a"}
	a := agentOn(t, dir, &m)
	a.takeSettings(wire.Settings{Version: 1, Blocked: []wire.Token{{1}}})
	var writes int
	var last string
	for range 48 * 60 { // a receipt a minute, for two days
		m.boot += time.Minute
		a.word.heard()
		if b, _ := os.ReadFile(filepath.Join(dir, wordFile)); string(b) != last {
			writes, last = writes+1, string(b)
		}
	}
	if a.colour([]wire.Token{{1}}) != wire.Amber {
		t.Error("not amber though the server was heard all the time")
	}
	if writes > 50 {
		t.Errorf("%d writes in 48 hours", writes)
	}
	if a = agentOn(t, dir, &m); a.colour([]wire.Token{{1}}) != wire.Amber {
		t.Error("not amber after a restart of the program")
	}
}

func TestTheSameSettingsArriveAgainAsAWordOnly(t *testing.T) {
	dir, m := folder(t), machineAt{boot: time.Hour, bootID: "a"}
	a := agentOn(t, dir, &m)
	a.takeSettings(wire.Settings{Version: 5, Blocked: []wire.Token{{1}}})
	m.boot += 23 * time.Hour
	a.takeSettings(wire.Settings{Version: 5}) // how the server answers a state
	m.boot += 23 * time.Hour
	if a.colour([]wire.Token{{1}}) != wire.Amber {
		t.Error("the list is stale though the server confirmed it")
	}
	m.boot += 2 * time.Hour
	a.takeSettings(wire.Settings{Version: 4, Blocked: []wire.Token{{1}}}) // a server that went back knows less
	if a.colour([]wire.Token{{1}}) != wire.Green {
		t.Error("older settings confirmed the list")
	}
}

// What is not kept is told as not in use, so that the server sends it again; a
// ring that the next run would not have is not used either (I7).
func TestSettingsThatCantBeKeptAreSentAgain(t *testing.T) {
	dir := folder(t)
	s := settingsIn(t, dir)
	must(t, s.take(wire.Settings{Version: 1, Flush: 700}, noKeys))
	full := filepath.Join(dir, settingsFile+".new")
	must(t, os.Mkdir(full, 0o700))
	next := wire.Settings{Version: 2, Flush: 500, Blocked: []wire.Token{{9}}, Keys: []byte{1}}
	open := func([]byte) (wire.KeyRing, error) { return *ringOf(2, 2, 1), nil }
	if s.take(next, open) == nil {
		t.Error("it is not said that settings were not kept")
	}
	listed, _ := s.blocks([]wire.Token{{9}})
	if !listed || s.version() != 1 || s.keyVersion() != 1 {
		t.Errorf("listed %v, version %d, newest key %d; want the list, and the version and key that the next run has", listed, s.version(), s.keyVersion())
	}
	must(t, os.Remove(full))
	must(t, s.take(next, open))
	if s = settingsIn(t, dir); s.version() != 2 || s.keyVersion() != 2 || s.limits().flush != 500*time.Millisecond {
		t.Errorf("version %d, newest key %d after there was room", s.version(), s.keyVersion())
	}
}

// A bad place on the disk under a file that can be had again.
func TestAGatewayStartsWithoutTheFilesThatItCanDoWithout(t *testing.T) { // I2
	s, l, dir := newServer(t), newLine(t), folder(t)
	for _, name := range []string{settingsFile, meterFile, bootFile, wordFile} {
		must(t, os.MkdirAll(filepath.Join(dir, name, "unreadable"), 0o700))
	}
	s.open(t)
	start(t, s, dir, Port{Path: l.path, Protocol: "em4100"})
	tap(t, l, 9)
	until(t, "the tap is committed", func() bool { return s.count() == 1 })
}
