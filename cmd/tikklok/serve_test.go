package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tikklok/gateway/wire"
	"tikklok/gateway/wire/wiretest"
	"tikklok/ingest/fleet"
	"tikklok/ingest/people"
	"tikklok/ingest/pg"
	"tikklok/ingest/pg/pgtest"
)

func command(t *testing.T) (serveCommand, place) {
	return serveCommand{HTTP: wiretest.Address(t), MQTT: wiretest.Address(t), Tenant: "Demo", AdminEmail: "admin@localhost"},
		place{State: filepath.Join(t.TempDir(), "var"), DatabaseURL: pgtest.URL(t)}
}

// serveUntilStopped starts a server, waits until its pages answer, and gives
// what stops it and waits for its end.
func serveUntilStopped(t *testing.T, c serveCommand, p place) (stop func() error) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- c.Run(ctx, p) }()
	deadline := time.After(30 * time.Second)
	for {
		res, err := http.Get("http://" + c.HTTP + "/")
		if err == nil {
			res.Body.Close()
			break
		}
		select {
		case err := <-ended:
			t.Fatalf("the server ended: %v", err)
		case <-deadline:
			t.Fatalf("no answer: %v", err)
		case <-time.After(10 * time.Millisecond):
		}
	}
	return func() error { cancel(); return <-ended }
}

func TestAnEmptyDatabaseGetsATenantAndItsAdministratorOnce(t *testing.T) {
	c, p := command(t)
	for range 2 {
		if err := serveUntilStopped(t, c, p)(); err != nil {
			t.Fatal(err)
		}
	}
	if n := pgtest.Exec(t, p.DatabaseURL, "SELECT count(*) FROM account JOIN tenant USING (tenant_id) WHERE tenant.name = 'Demo'"); n != 1 {
		t.Errorf("%d administrators", n)
	}
}

func TestASecondServerOnTheSameFolderOrPortsIsRefusedByName(t *testing.T) {
	c, p := command(t)
	stop := serveUntilStopped(t, c, p)
	for want, second := range map[string]func() error{
		p.State: func() error { return c.Run(t.Context(), p) },
		"--http": func() error {
			return c.Run(t.Context(), place{State: t.TempDir(), DatabaseURL: p.DatabaseURL})
		},
		"--mqtt": func() error {
			other := c
			other.HTTP = wiretest.Address(t)
			return other.Run(t.Context(), place{State: t.TempDir(), DatabaseURL: p.DatabaseURL})
		},
	} {
		if err := second(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
	if err := serveUntilStopped(t, c, p)(); err != nil { // ports and folder are free again
		t.Error(err)
	}
}

func TestAGatewayIsAddedAndRevokedWhileTheServerRunsAndItsFileFits(t *testing.T) {
	c, p := command(t)
	stop := serveUntilStopped(t, c, p)
	defer stop()
	out := filepath.Join(t.TempDir(), "gateway.json")
	add := gatewayAdd{Name: "Poort", Site: "Hal 1", Out: out, Broker: "mqtts://" + c.MQTT}
	if err := add.Run(t.Context(), p); err == nil || !strings.Contains(err.Error(), "--create-site") {
		t.Errorf("without a site: %v", err)
	}
	if _, err := os.Stat(out); err == nil {
		t.Error("a gateway that was not added left a file")
	}
	add.CreateSite = true
	if err := add.Run(t.Context(), p); err != nil {
		t.Fatal(err)
	}
	if err := add.Run(t.Context(), p); err == nil || !strings.Contains(err.Error(), "exists") {
		t.Errorf("over another gateway's file: %v", err)
	}
	dialBroker(t, c.MQTT, out)
	revoke := gatewayRevoke{Name: "Poort"}
	if err := revoke.Run(t.Context(), p); err != nil {
		t.Error(err)
	}
	if err := revoke.Run(t.Context(), p); !errors.Is(err, fleet.ErrRevoked) || !strings.Contains(err.Error(), "Poort") {
		t.Errorf("revoked twice: %v", err)
	}
}

// dialBroker makes a TLS connection with what stands in an enrolment file.
func dialBroker(t *testing.T, address, file string) {
	t.Helper()
	info, err := os.Stat(file)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("%v, %v", info, err)
	}
	raw, _ := os.ReadFile(file)
	var e wire.Enrolment
	if err := json.Unmarshal(raw, &e); err != nil {
		t.Fatal(err)
	}
	own, err := tls.X509KeyPair([]byte(e.Certificate), []byte(e.Key))
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM([]byte(e.Authority))
	conn, err := tls.Dial("tcp", address, &tls.Config{Certificates: []tls.Certificate{own}, RootCAs: roots})
	if err != nil {
		t.Fatal(err)
	}
	conn.Close()
}

func TestCommandsWorkOnAnEmptyDatabaseAndSayWhatIsMissing(t *testing.T) {
	_, p := command(t)
	add := accountAdd{Email: "ann@example.nl", Role: []people.Role{people.Approver}}
	if err := add.Run(t.Context(), p); err == nil || !strings.Contains(err.Error(), "tenant add") {
		t.Errorf("without a tenant: %v", err)
	}
	for _, name := range []string{"A", "B"} {
		if err := (tenantAdd{Name: name, Zone: "Europe/Amsterdam", Language: "nl"}).Run(t.Context(), p); err != nil {
			t.Fatal(err)
		}
	}
	if err := add.Run(t.Context(), p); err == nil || !strings.Contains(err.Error(), "--tenant") {
		t.Errorf("with two tenants: %v", err)
	}
	add.Tenant = "B"
	if err := add.Run(t.Context(), p); err != nil {
		t.Error(err)
	}
	reset := accountReset{Email: "ANN@example.nl", Tenant: "B"}
	if err := reset.Run(t.Context(), p); err != nil {
		t.Error(err)
	}
	reset.Email = "bob@example.nl"
	if err := reset.Run(t.Context(), p); err == nil || !strings.Contains(err.Error(), "account add") {
		t.Errorf("an unknown account: %v", err)
	}
	if n := pgtest.Exec(t, p.DatabaseURL, "SELECT count(*) FROM audit_entry WHERE actor_kind = 'operator' AND action = 'account.password'"); n != 1 {
		t.Errorf("%d resets in the audit log", n)
	}
}

func TestADatabaseOfAnOlderVersionIsBackedUpFirst(t *testing.T) {
	_, p := command(t)
	// As if the last migration were not there yet: what it made goes too.
	pgtest.Exec(t, p.DatabaseURL, "CREATE TABLE kept AS SELECT 7 AS n")
	pgtest.Exec(t, p.DatabaseURL, "DELETE FROM goose_db_version WHERE version_id = (SELECT max(version_id) FROM goose_db_version)")
	before, _, err := pg.SchemaVersions(t.Context(), p.DatabaseURL)
	if err != nil {
		t.Fatal(err)
	}
	d := &database{url: p.DatabaseURL, keys: pgtest.Keys(t)}
	_ = d.migrate(t.Context(), p, false) // fails on what stands there already; the backup comes first
	found, _ := filepath.Glob(filepath.Join(p.State, "backups", "*.dump.age"))
	if len(found) != 1 || before == 0 {
		t.Errorf("backups %v of version %d", found, before)
	}
}
