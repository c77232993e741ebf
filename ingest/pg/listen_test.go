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
