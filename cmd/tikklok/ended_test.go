package main

import (
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tikklok/ingest/fleet"
	"tikklok/ingest/pg/pgtest"
)

// A gateway is revoked while a server runs, and a dump of before is put back
// under the same state folder: it is revoked before anybody is let in (I8).
func TestAServerThatStartsOnARestoredDatabaseEndsAgainWhatEnded(t *testing.T) {
	c, p := command(t)
	if err := serveUntilStopped(t, c, p)(); err != nil {
		t.Fatal(err)
	}
	add := gatewayAdd{Name: "Poort", Site: "Hal 1", CreateSite: true, Out: filepath.Join(t.TempDir(), "gateway.json"), Broker: "mqtts://" + c.MQTT}
	if err := add.Run(t.Context(), p); err != nil {
		t.Fatal(err)
	}
	restored := place{State: p.State, DatabaseURL: copyOf(t, p.DatabaseURL)}
	stop := serveUntilStopped(t, c, p)
	revoke := gatewayRevoke{Name: "Poort"}
	if err := revoke.Run(t.Context(), p); err != nil {
		t.Fatal(err)
	}
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	if err := serveUntilStopped(t, c, restored)(); err != nil {
		t.Fatal(err)
	}
	if err := revoke.Run(t.Context(), restored); !errors.Is(err, fleet.ErrRevoked) {
		t.Errorf("in the restored database: %v", err)
	}
	damage(t, filepath.Join(p.State, "ended"))
	if err := c.Run(t.Context(), restored); err == nil || !strings.Contains(err.Error(), "line 1") {
		t.Errorf("on a damaged log it says %v", err)
	}
}

func damage(t *testing.T, folder string) {
	t.Helper()
	logs, _ := filepath.Glob(filepath.Join(folder, "*.log"))
	for _, name := range logs {
		if err := os.WriteFile(name, []byte("what somebody wrote\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if len(logs) == 0 {
		t.Fatal("there is no log")
	}
}

// copyOf copies a database that nobody is connected to.
func copyOf(t *testing.T, from string) (to string) {
	t.Helper()
	name := func(address string) string {
		u, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		return strings.TrimPrefix(u.Path, "/")
	}
	to = pgtest.URL(t)
	server := os.Getenv("TEST_DATABASE_URL")
	pgtest.Exec(t, server, "DROP DATABASE "+name(to))
	pgtest.Exec(t, server, "CREATE DATABASE "+name(to)+" TEMPLATE "+name(from))
	return to
}
