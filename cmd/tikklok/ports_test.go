package main

import (
	"encoding/json"
	"errors"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"tikklok/ingest/pg/pgtest"
)

// Two ports of this machine stand for another's: one that is expected, one that
// isn't.
func TestAScanFromOutsideIsToldToTheServerUnderTheProbesKey(t *testing.T) { // OB-C16
	c, p := command(t)
	stop := serveUntilStopped(t, c, p)
	defer stop()
	file := filepath.Join(t.TempDir(), "probe.json")
	if err := (probeAdd{Name: "west", Server: "http://" + c.HTTP, Gateway: c.MQTT, Out: file, Valid: 3600e9}).Run(t.Context(), p); err != nil {
		t.Fatal(err)
	}
	_, expected, _ := net.SplitHostPort(c.HTTP)
	_, other, _ := net.SplitHostPort(c.MQTT)
	scan := portsCommand{Host: "127.0.0.1", Expect: expected, Ports: expected + "," + other, Wait: 2e9, Tell: file}
	if err := scan.Run(t.Context(), p); !errors.Is(err, errFails) {
		t.Errorf("a port that nobody expects: %v", err)
	}
	number, _ := strconv.Atoi(other)
	if n := pgtest.Exec(t, p.DatabaseURL, "SELECT count(*) FROM port_check WHERE seen = 'outside' AND host = '127.0.0.1' AND unexpected = ARRAY[$1::int] AND missing = '{}'", number); n != 1 {
		t.Errorf("%d comparisons stand there", n)
	}
	scan.Tell = keyed(t, file, "tk_wrong")
	if err := scan.Run(t.Context(), p); err == nil || errors.Is(err, errFails) {
		t.Errorf("with another key: %v", err)
	}
}

// keyed is a copy of a probe's file with another key.
func keyed(t *testing.T, file, key string) string {
	t.Helper()
	f, _, err := readProbeFile(file)
	if err != nil {
		t.Fatal(err)
	}
	f.Key = key
	raw, err := json.Marshal(f)
	if err != nil {
		t.Fatal(err)
	}
	other := filepath.Join(t.TempDir(), "other.json")
	if err := os.WriteFile(other, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	return other
}

func TestADifferenceOnSomebodysOwnMachineIsToldSoftly(t *testing.T) { // OB-C16
	for _, c := range []struct {
		at     string
		expect []uint16
		want   slog.Level
	}{
		{"127.0.0.1:0", nil, slog.LevelInfo},
		{"127.0.0.1:0", []uint16{443}, slog.LevelError},
		{"0.0.0.0:0", nil, slog.LevelError},
	} {
		l, err := net.Listen("tcp", c.at)
		if err != nil {
			t.Fatal(err)
		}
		s := &server{serveCommand: serveCommand{ExpectPort: c.expect}, http: l}
		if got := s.portsLevel(); got != c.want {
			t.Errorf("at %s, expecting %v: %s", c.at, c.expect, got)
		}
		l.Close()
	}
}
