package gateway

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"tikklok/gateway/wire"
)

const settingsFile = "settings.json"

// usualBlocked is how long a list of blocked fobs counts without word from the
// server.
const usualBlocked = 24 * time.Hour

// errOldSettings: the server went back, and doesn't know it yet.
var errOldSettings = errors.New("the server sent settings older than those in use; they are left alone")

// limits is what the server may set of a gateway's pace, and what holds where
// it sets nothing.
type limits struct {
	flush      time.Duration // a live tap waits at most this long for others
	keepAlive  time.Duration // between signs of life on an idle connection
	stateEvery time.Duration // between two states without a change
	monthBytes uint64        // of a calendar month (UTC), both ways; 0: no limit
}

// settings is the newest desired state that the server sent, kept durably so
// that a blocked fob stays amber without a network, and the ring of token keys
// with it (keys.go). Only the uplink calls take.
type settings struct {
	path    string
	built   limits
	written []byte // as it stands on disk

	mu      sync.RWMutex
	kept    keptSettings
	ring    wire.KeyRing
	blocked map[wire.Token]bool
}

// keptSettings is what the file holds: the content in use and the version that
// all of it is of.
type keptSettings struct {
	wire.Settings
	Ring *wire.KeyRing `json:"ring,omitempty"` // nil: the enrolment's key
}

// loadSettings begins with none where the file can't be read: the server sends
// them again, and readers wait for nothing (I2).
func loadSettings(dir string, built limits, key wire.TokenKey) *settings {
	s := &settings{path: filepath.Join(dir, settingsFile), built: built}
	var stored keptSettings
	b, err := os.ReadFile(s.path)
	if err != nil || json.Unmarshal(b, &stored) != nil || !stored.usable() {
		stored = keptSettings{}
	}
	s.written = b
	stored.Ring = ringFor(key, stored.Ring)
	s.use(stored)
	return s
}

// usable says whether a file may have been written by take.
func (k keptSettings) usable() bool {
	if k.Ring != nil && checkRing(*k.Ring) != nil {
		return false
	}
	return k.Check() == nil
}

func (s *settings) use(n keptSettings) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.kept, s.ring, s.blocked = n, *n.Ring, make(map[wire.Token]bool, len(n.Blocked))
	for _, t := range n.Blocked {
		s.blocked[t] = true
	}
}

// limits gives the pace that holds now. States come often enough that what the
// server answers them keeps a list of blocked fobs fresh.
func (s *settings) limits() limits {
	s.mu.RLock()
	defer s.mu.RUnlock()
	l := s.built
	if s.kept.Flush > 0 {
		l.flush = time.Duration(s.kept.Flush) * time.Millisecond
	}
	if s.kept.KeepAlive > 0 {
		l.keepAlive = time.Duration(s.kept.KeepAlive) * time.Second
	}
	if s.kept.StateMinutes > 0 {
		l.stateEvery = time.Duration(s.kept.StateMinutes) * time.Minute
	}
	if s.kept.MonthBytes > 0 {
		l.monthBytes = s.kept.MonthBytes
	}
	if len(s.blocked) > 0 {
		l.stateEvery = min(l.stateEvery, s.kept.blockedFor()/2)
	}
	return l
}

// take keeps settings that are newer than those in use, and uses them. A ring
// that can't be opened or kept, and limits of which one is out of bounds, stay
// as they were; so does the version then, and that of what can't be kept, so
// that the server hears of it and sends them again. The rest is used all the
// same: a fob that was lost is not to stay green for a fault elsewhere.
func (s *settings) take(n wire.Settings, open func(sealed []byte) (wire.KeyRing, error)) error {
	if n.Version > wire.MaxSettings {
		return fmt.Errorf("settings: version %d, at most %d is taken", n.Version, uint64(wire.MaxSettings))
	}
	was := s.kept // changed on this goroutine only
	if n.Version == was.Version {
		return nil
	}
	if n.Version < was.Version {
		return fmt.Errorf("%w: version %d, in use %d", errOldSettings, n.Version, was.Version)
	}
	next := keptSettings{Settings: n, Ring: was.Ring}
	next.Keys = nil
	faulty := n.Check()
	if faulty != nil {
		next.Settings = was.Settings
		next.Blocked = n.Blocked
	}
	if n.Keys != nil {
		ring, err := open(n.Keys)
		if err == nil {
			next.Ring = &ring
		}
		faulty = errors.Join(faulty, err)
	}
	if faulty != nil {
		next.Version = was.Version
	}
	failed := s.keep(next)
	if failed != nil {
		next.Version, next.Ring = was.Version, was.Ring
	}
	s.use(next)
	return errors.Join(faulty, failed)
}

// keep writes what changed: flash wears.
func (s *settings) keep(n keptSettings) error {
	b, err := json.Marshal(n)
	if err != nil {
		return fmt.Errorf("encode settings: %w", err)
	}
	if bytes.Equal(b, s.written) {
		return nil
	}
	if err := replaceFile(s.path, b); err != nil {
		return fmt.Errorf("keep settings version %d: %w", n.Version, err)
	}
	s.written = b
	return nil
}

// version gives the version in use; 0: none.
func (s *settings) version() uint64 {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.kept.Version
}

func (k keptSettings) blockedFor() time.Duration {
	if k.BlockedHours == 0 {
		return usualBlocked
	}
	return time.Duration(k.BlockedHours) * time.Hour
}

// blocks says whether one of a fob's tokens is on the list of blocked fobs, and
// how long that list counts after the server's last word.
func (s *settings) blocks(tokens []wire.Token) (bool, time.Duration) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	listed := slices.ContainsFunc(tokens, func(t wire.Token) bool { return s.blocked[t] })
	return listed, s.kept.blockedFor()
}

// colour gives what a stored tap shows. A stale list turns no fob amber: it may
// be somebody else's by now (OB-C5).
func (a *agent) colour(tokens []wire.Token) wire.Colour {
	if listed, counts := a.settings.blocks(tokens); listed && a.word.fresh(counts) {
		return wire.Amber
	}
	return wire.Green
}

// takeSettings uses what the server sent; what is refused is logged, and told
// by the version in the next state.
func (a *agent) takeSettings(n wire.Settings) {
	before := a.settings.version()
	err := a.settings.take(n, a.openKeys)
	if !errors.Is(err, errOldSettings) {
		a.word.heard()
	}
	if err != nil {
		a.log.Warn("settings of the server can't be used as they are", "version", n.Version, "in_use", a.settings.version(), "error", err)
	}
	if now := a.settings.version(); now != before {
		a.log.Info("new settings in use", "version", now, "token_key", a.settings.keyVersion())
	}
}

// replaceFile leaves the old content or the new one, whole; half of it does not
// stay in the way of taps on a full disk.
func replaceFile(path string, b []byte) error {
	f, err := os.OpenFile(path+".new", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		os.Remove(path + ".new")
		return err
	}
	return os.Rename(path+".new", path)
}
