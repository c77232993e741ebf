package gateway

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/sys/unix"
)

// clog writes to a line whose reader takes nothing, until no byte fits.
func clog(t *testing.T, l *line) {
	t.Helper()
	fd, err := unix.Open(l.path, unix.O_WRONLY|unix.O_NOCTTY|unix.O_NONBLOCK, 0)
	must(t, err)
	defer unix.Close(fd)
	for err == nil {
		_, err = unix.Write(fd, make([]byte, 4096))
	}
	for err = nil; err == nil; {
		_, err = unix.Write(fd, []byte{0})
	}
	if err != unix.EAGAIN {
		t.Fatal(err)
	}
}

// held says whether a gateway has a port.
func held(path string) bool {
	d, err := openDevice(path, 9600, readWait)
	if err == nil {
		d.close()
	}
	return errors.Is(err, ErrPortInUse)
}

func TestAReaderThatTakesNoBytesDelaysNobody(t *testing.T) {
	s, stuck, good := newServer(t), newLine(t), newLine(t)
	s.open(t)
	clog(t, stuck)
	start(t, s, folder(t), Port{Path: stuck.path, Protocol: "link", Name: "stuck"}, Port{Path: good.path, Protocol: "em4100", Name: "good"})
	for n := range 10 {
		tap(t, good, 0x100+uint64(n))
		until(t, "the tap is committed", func() bool { return s.count() == n+1 })
	}
	until(t, "the state says what is wrong with the other", func() bool {
		return look(s, func() bool {
			return len(s.state.Readers) == 2 && s.state.Readers[1].Health == "ok" &&
				(strings.Contains(s.state.Readers[0].Health, "takes no bytes") || strings.Contains(s.state.Readers[0].Health, "no reader answers"))
		})
	})
	tap(t, good, 0x200)
	until(t, "the tap after that is committed", func() bool { return s.count() == 11 })
	s.mu.Lock()
	defer s.mu.Unlock()
	for name, tap := range s.taps {
		if tap.Gap > uint32(writeWait.Milliseconds())/2 {
			t.Errorf("tap %d waited %d ms to be read", name.Seq, tap.Gap)
		}
	}
}

func TestAnAdapterThatReturnsAsAnotherDeviceIsFoundByItsName(t *testing.T) {
	s, first, second := newServer(t), newLine(t), newLine(t)
	s.open(t)
	path := filepath.Join(t.TempDir(), "usb-FTDI_FT232R_USB_UART_A50285BI-if00-port0")
	must(t, os.Symlink(first.path, path))
	start(t, s, folder(t), Port{Path: path, Protocol: "em4100"})
	tap(t, first, 5)
	until(t, "the first tap is committed", func() bool { return s.count() == 1 })
	must(t, os.Remove(path))
	must(t, os.Symlink(second.path, path)) // before the first is seen to be gone
	first.Close()
	first.held.Close()
	until(t, "the second device is held", func() bool { return held(second.path) })
	for n := range uint64(50) { // what waits while a port is opened is dropped
		tap(t, second, 6+n)
		if s.count() > 1 {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	until(t, "a tap of the second device is committed", func() bool { return s.count() > 1 })
}

func TestOneDeviceUnderTwoNamesIsRefused(t *testing.T) {
	s, l := newServer(t), newLine(t)
	path := filepath.Join(t.TempDir(), "by-id")
	must(t, os.Symlink(l.path, path))
	cfg := Config{Enrolment: s.enrolment, Journal: folder(t), Log: slog.New(slog.DiscardHandler),
		Ports: []Port{{Path: path, Protocol: "em4100", Name: "a"}, {Path: l.path, Protocol: "em4100", Name: "b"}}}
	if err := Run(t.Context(), cfg); !errors.Is(err, ErrPortInUse) || !strings.Contains(err.Error(), l.path) {
		t.Errorf("%v", err)
	}
}

func TestAPortThatFailsIsTriedAgainEverLessOften(t *testing.T) {
	broken := errors.New("no such device")
	for name, c := range map[string]struct {
		open, talk  func() error
		least, most int // attempts in ten minutes
	}{
		"it is away":           {func() error { return broken }, nil, 110, 130},
		"it fails when opened": {func() error { return nil }, func() error { return broken }, 110, 130},
		"it works for a minute each time": {func() error { return nil }, func() error {
			time.Sleep(time.Minute)
			return broken
		}, 9, 11},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, stop := context.WithTimeout(t.Context(), 10*time.Minute)
				defer stop()
				attempts := 0
				reopen(ctx, false, func() error { attempts++; return c.open() }, func() error { return c.talk() }, func(error) {})
				if attempts < c.least || attempts > c.most {
					t.Errorf("%d attempts, want %d to %d", attempts, c.least, c.most)
				}
			})
		})
	}
}

// watching is what Watch writes to.
type watching chan string

func (w watching) Write(p []byte) (int, error) {
	w <- string(p)
	return len(p), nil
}

func TestWatchingEndsWhenNobodyReadsAndSaysSo(t *testing.T) {
	l := newLine(t)
	r, w, err := os.Pipe()
	must(t, err)
	must(t, r.Close())
	defer w.Close()
	done := make(chan error, 1)
	go func() {
		done <- Watch(t.Context(), WatchConfig{Ports: []Port{{Path: l.path, Protocol: "em4100"}}, Out: w, Log: slog.New(slog.DiscardHandler)})
	}()
	for { // to look whether the port is held would take it away from Watch
		select {
		case err := <-done:
			if err == nil || !strings.Contains(err.Error(), "print a tap") {
				t.Errorf("%v", err)
			}
			return
		case <-time.After(20 * time.Millisecond):
			tap(t, l, uint64(time.Now().UnixNano()))
		}
	}
}

func TestAWatchedTapIsTheSameAcrossAPortThatReturns(t *testing.T) {
	l, out := newLine(t), make(watching, 100)
	path := filepath.Join(t.TempDir(), "port")
	must(t, os.Symlink(l.path, path))
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		done <- Watch(ctx, WatchConfig{Ports: []Port{{Path: path, Protocol: "em4100", Settings: "absent=500ms"}}, Out: out, Log: slog.New(slog.DiscardHandler)})
	}()
	tap(t, l, 5)
	first := <-out
	must(t, os.Remove(path))
	l.Close()
	l.held.Close()
	l = newLine(t)
	must(t, os.Symlink(l.path, path))
	var second string
	for second == "" {
		tap(t, l, 5)
		select {
		case second = <-out:
		case <-time.After(700 * time.Millisecond): // longer than absent
		}
	}
	stop()
	must(t, <-done)
	token := func(s string) string { _, after, _ := strings.Cut(s, `"token":`); return after[:18] }
	if token(first) != token(second) || strings.Contains(first+second, "number") {
		t.Errorf("first %s then %s", first, second)
	}
}
