package main

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"tikklok/ingest/pg"
	"tikklok/ingest/pg/pgtest"
	"tikklok/ingest/privacy/retention"
	"tikklok/ingest/tenant"
)

func TestAPurgeThatLostItsTurnIsNoFaultAndGoesOn(t *testing.T) { // OB-P3
	url := pgtest.URL(t)
	id, now := pgtest.Tenant(t, url, "Kwekerij"), time.Now()
	loses := true
	p := retention.Purger{DB: pgtest.Open(t, url, pg.RolePrivacy), Catalogue: catalogue(),
		Limits: func(context.Context, pg.Tx) (retention.Limits, error) {
			return retention.Limits{Contract: "DIRECT", Longest: retention.Period{N: 3, Unit: retention.Month}, Since: now.AddDate(-1, 0, 0)}, nil
		},
		Seal: func(context.Context, int64, time.Time, bool, time.Time) (retention.Sealed, error) {
			if loses {
				pgtest.Exec(t, url, "SELECT count(pg_terminate_backend(pid, 5000)) FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())")
			}
			return retention.Sealed{}, nil
		}}
	var said strings.Builder
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewTextHandler(&said, nil)))
	defer slog.SetDefault(before)
	night := func() { purgeWhenDue(t.Context(), p, tenant.Tenant{ID: id, Zone: "UTC"}, sayings{}, now) }
	night()
	if got := said.String(); strings.Contains(got, "level=ERROR") || !strings.Contains(got, "level=WARN") {
		t.Errorf("of the lost turn the log says %q", got)
	}
	loses = false
	night()
	if n := pgtest.Exec(t, url, "SELECT count(*) FROM privacy_certificate"); n != 1 {
		t.Errorf("%d certificates are there; the log says %q", n, said.String())
	}
}
