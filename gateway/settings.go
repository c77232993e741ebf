package gateway

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"tikklok/gateway/wire"
)

const settingsFile = "settings.json"

// limits is what the server may set of a gateway's pace, and what holds where
// it sets nothing.
type limits struct {
	flush      time.Duration // a live tap waits at most this long for others
	keepAlive  time.Duration // between signs of life on an idle connection
	stateEvery time.Duration // between two states without a change
	monthBytes uint64        // of a calendar month (UTC), both ways; 0: no limit
}

// settings is the newest desired state that the server sent, kept durably so
// that a blocked fob stays amber without a network.
type settings struct {
	path  string
	built limits

	mu      sync.RWMutex
	kept    wire.Settings
	blocked map[wire.Token]bool
}

func loadSettings(dir string, built limits) (*settings, error) {
	s := &settings{path: filepath.Join(dir, settingsFile), built: built}
	b, err := os.ReadFile(s.path)
	if errors.Is(err, fs.ErrNotExist) {
		return s, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read settings: %w", err)
	}
	var stored wire.Settings
	if json.Unmarshal(b, &stored) == nil { // else the server sends them again
		s.set(stored)
	}
	return s, nil
}

func (s *settings) set(n wire.Settings) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.kept, s.blocked = n, map[wire.Token]bool{}
	for _, t := range n.Blocked {
		s.blocked[t] = true
	}
}

// limits gives the pace that holds now.
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
	return l
}

// take uses settings that are newer than those known, and keeps them.
func (s *settings) take(n wire.Settings) error {
	s.mu.RLock()
	old := n.Version <= s.kept.Version
	s.mu.RUnlock()
	if old {
		return nil
	}
	s.set(n)
	b, err := json.Marshal(n)
	if err != nil {
		return fmt.Errorf("encode settings: %w", err)
	}
	if err := replaceFile(s.path, b); err != nil {
		return fmt.Errorf("keep settings version %d: %w", n.Version, err)
	}
	return nil
}

// colour gives what a stored tap shows.
func (s *settings) colour(t wire.Token) wire.Colour {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.blocked[t] {
		return wire.Amber
	}
	return wire.Green
}

// replaceFile leaves the old content or the new one, whole.
func replaceFile(path string, b []byte) error {
	f, err := os.OpenFile(path+".new", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}
