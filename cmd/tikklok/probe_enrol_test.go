package main

import (
	"bytes"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tikklok/ingest/fleet"
	"tikklok/ingest/pg"
	"tikklok/ingest/tenant"
)

// A certificate that ended while the probe was off, or a gateway that was cut
// off: a new code in the probe's file makes it one again.
func TestANewCodeInTheProbesFileMakesItsGatewayAnew(t *testing.T) { // OB-C6
	c, p := command(t)
	stop := serveUntilStopped(t, c, p)
	defer stop()
	dir := t.TempDir()
	path := filepath.Join(dir, "probe.json")
	if err := (probeAdd{Name: "west", Server: "http://" + c.HTTP, Gateway: c.MQTT, Out: path, Valid: 3600e9}).Run(t.Context(), p); err != nil {
		t.Fatal(err)
	}
	f, _, err := readProbeFile(path)
	if err != nil {
		t.Fatal(err)
	}
	started := func(code string) (certificate string, err error) {
		f.Code = code
		e, err := newTapper(f, dir, time.Second).enrolment(t.Context(), filepath.Join(dir, "enrolment.json"))
		return e.Certificate, err
	}
	newCode := func() (code string) {
		if err := p.inTenant(t.Context(), probesName, func(tx pg.Tx, _ tenant.Tenant) error {
			all, err := fleet.Gateways(t.Context(), tx)
			if err != nil {
				return err
			}
			made, err := fleet.NewCode(t.Context(), tx, operator, all[0].ID, time.Hour, time.Now())
			code = made.String()
			return err
		}); err != nil {
			t.Fatal(err)
		}
		return code
	}
	first := f.Code
	one, err := started(first)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := started(first); err != nil || again != one {
		t.Errorf("started again, it is another gateway: %v", err)
	}
	second := newCode()
	two, err := started(second)
	if err != nil || two == one {
		t.Errorf("with a new code it is the same: %v", err)
	}
	var said bytes.Buffer
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewTextHandler(&said, nil)))
	defer slog.SetDefault(before)
	if again, err := started(first); err != nil || again != two || !strings.Contains(said.String(), "gateway code west --tenant") {
		t.Errorf("with a code that is used up it is %t the same, %v, and said %s", again == two, err, &said)
	}
}
