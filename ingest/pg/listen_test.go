package pg_test

import (
	"context"
	"testing"
	"time"

	"tikklok/ingest/pg"
	"tikklok/ingest/pg/pgtest"
)

func TestAMessageIsHeardOnItsChannelOnly(t *testing.T) {
	db := pgtest.DB(t, pg.RoleApp)
	ctx, stop := context.WithTimeout(t.Context(), 30*time.Second)
	defer stop()
	heard := make(chan string, 9)
	ended := make(chan error, 1)
	ready := func() {
		for _, n := range []struct {
			channel string
			tenant  int64
		}{{pg.ChannelLive, 6}, {pg.ChannelNews, 7}} {
			if err := db.Notify(ctx, n.channel, n.tenant); err != nil {
				t.Error(err)
			}
		}
	}
	go func() { ended <- db.Listen(ctx, pg.ChannelNews, ready, func(m string) { heard <- m }) }()
	select {
	case m := <-heard:
		if m != "7" {
			t.Errorf("heard %q", m)
		}
	case err := <-ended:
		t.Fatal(err)
	}
	stop()
	<-ended
}

func TestMonthsAreMadeAheadOnce(t *testing.T) {
	url := pgtest.URL(t)
	db := pgtest.Open(t, url, pg.RoleIngest)
	far := time.Date(2031, 12, 31, 23, 59, 0, 0, time.FixedZone("", -3600)) // already 2032 in UTC
	for range 2 {
		if err := db.MakeMonths(t.Context(), far); err != nil {
			t.Fatal(err)
		}
	}
	if n := pgtest.Exec(t, url, "SELECT count(*) FROM pg_class WHERE relname IN ('registration_2032_01', 'registration_2032_02', 'registration_2032_03')"); n != 3 {
		t.Errorf("%d of 3 partitions", n)
	}
}

// A machine slept for months, and taps came before anybody made a partition.
func TestAMonthTakesOverWhatCameBeforeIt(t *testing.T) {
	url := pgtest.URL(t)
	tenant := pgtest.Tenant(t, url, "a")
	for _, arrived := range []string{"2031-11-30 23:59:59Z", "2031-12-01 00:00:00Z", "2031-12-31 23:59:59Z", "2032-01-01 00:00:00Z"} {
		pgtest.Exec(t, url, `INSERT INTO registration (tenant_id, origin, epoch, seq, tick, wall, reader_id, key_version, token, arrived)
			VALUES ($1, 1, 1, 1, 1, 1, 1, 1, '\x0102030405060708', $2::timestamptz)`, tenant, arrived)
	}
	db := pgtest.Open(t, url, pg.RoleIngest)
	if err := db.MakeMonths(t.Context(), time.Date(2031, 12, 10, 0, 0, 0, 0, time.UTC)); err != nil {
		t.Fatal(err)
	}
	for table, want := range map[string]int64{"registration_2031_12": 2, "registration_2032_01": 1, "registration_default": 1, "registration": 4} {
		if n := pgtest.Exec(t, url, "SELECT count(*) FROM "+table); n != want {
			t.Errorf("%d rows in %s, want %d", n, table, want)
		}
	}
	err := db.InTenants(t.Context(), []int64{tenant}, func(tx pg.Tx) error {
		_, err := tx.Exec(t.Context(), "SELECT FROM registration_2031_12")
		return err
	})
	if err == nil {
		t.Error("ingest may read a partition behind its parent's policy") // I6
	}
	if n := pgtest.Exec(t, url, "SELECT count(*) FROM pg_indexes WHERE tablename = 'registration_2031_12'"); n != 3 {
		t.Errorf("%d indexes on the new partition, want 3", n)
	}
}

func TestIngestChangesNothingOfADeviceButWhatItSays(t *testing.T) { // I6
	url := pgtest.URL(t)
	pgtest.Tenant(t, url, "a")
	db := pgtest.Open(t, url, pg.RoleIngest)
	for _, change := range []string{"gateway_certificate SET ended_at = NULL", "gateway SET revoked_at = NULL", "gateway SET site_id = 1", "reader SET mode = 'in'", "registration SET tick = 1", "origin SET site_id = 1"} {
		err := db.InTenants(t.Context(), []int64{1}, func(tx pg.Tx) error {
			_, err := tx.Exec(t.Context(), "UPDATE "+change)
			return err
		})
		if err == nil {
			t.Errorf("ingest may UPDATE %s", change)
		}
	}
}
