package ingest

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"tikklok/ingest/audit"
	"tikklok/ingest/pg"
	"tikklok/ingest/pg/pgtest"
	"tikklok/ingest/privacy/retention"
)

const (
	purgeTaps    = 10_000_000 // BENCH_PURGE_TAPS: another number, to try it out
	purgeStreams = 300
	purgeBefore  = 20 * time.Second // how long they are measured without a purge
)

// BenchmarkPurge measures a night that removes ten million registrations with
// their punches, of sealed days, while gateways go on sending: how long it
// takes, and how much longer they wait for their receipts, over TLS, from when a
// batch was due to be sent (OB-P3).
func BenchmarkPurge(b *testing.B) {
	taps := purgeTaps
	if n, err := strconv.Atoi(os.Getenv("BENCH_PURGE_TAPS")); err == nil {
		taps = n
	}
	w := benchWorld(b)
	printServer(w)
	fillSealed(w, taps)
	w.exec("VACUUM ANALYZE")
	p := retention.Purger{DB: pgtest.Open(b, w.url, pg.RolePrivacy), Limits: func(context.Context, pg.Tx) (retention.Limits, error) {
		return retention.Limits{Since: time.Unix(0, 0)}, nil
	},
		Seal: func(context.Context, int64, time.Time, bool, time.Time) (retention.Sealed, error) {
			return retention.Sealed{}, nil // the days are sealed
		}}
	live := newLiveGateways(b, w)
	p.GiveWay = live.waiting.GiveWay
	w.exec("CHECKPOINT")
	quiet := live.during(func() { time.Sleep(purgeBefore) })
	w.exec("CHECKPOINT")
	var took time.Duration
	busy := live.during(func() {
		from := time.Now()
		if _, err := p.Run(b.Context(), w.tenant, audit.Actor{Kind: audit.System}, time.Now()); err != nil {
			b.Error(err)
		}
		took = time.Since(from)
	})
	if n := w.exec("SELECT sum(registrations) FROM removal"); n != int64(taps) {
		b.Errorf("%d registrations are on record as removed", n)
	}
	if n := w.exec("SELECT count(*) FROM punch"); n != 0 {
		b.Errorf("%d punches are left", n)
	}
	load, _ := os.ReadFile("/proc/loadavg")
	fmt.Printf("bench purge value=%.1f unit=s registrations=%d reference=none goal=60 load=%.4s\n", took.Seconds(), taps, load)
	fmt.Printf("bench purge_receipt value=%.1f unit=ms p99=%.1f reference=without_a_purge reference_value=%.1f ratio=%.2f goal=2.00 batches=%d\n",
		ms(busy, 0.99), ms(busy, 0.99), ms(quiet, 0.99), ms(busy, 0.99)/ms(quiet, 0.99), len(busy))
}

// ms gives a quantile in milliseconds.
func ms(all []time.Duration, q float64) float64 {
	slices.Sort(all)
	return float64(all[int(float64(len(all)-1)*q)].Microseconds()) / 1000
}

// fillSealed stores registrations of the fourth to sixth month back, as
// readers send them by turns, and a punch of a sealed day for each. The
// punches stand as sealing leaves them: employee by employee.
func fillSealed(w *world, taps int) {
	for month := range 4 {
		w.exec("SELECT 1 FROM registration_month((date_trunc('month', now()) - make_interval(months => $1::int))::date)", month+3)
	}
	indexes := punchIndexes(w)
	for _, at := range indexes {
		w.exec("DROP INDEX " + at[0])
	}
	w.exec(`INSERT INTO registration (tenant_id, origin, epoch, seq, tick, wall, reader_id, key_version, token, arrived, txn)
		SELECT $1, i % $3, i % $3 * 7919 + 5, i / $3 + 1, i * 700, 0, i % $3, 1, int8send((i % 20000)::bigint * 982451653),
			date_trunc('month', now()) - interval '6 months' + i * (interval '80 days' / $2::int), 1 FROM generate_series(0, $2::bigint - 1) i`, w.tenant, taps, purgeStreams)
	w.exec(`INSERT INTO punch (tenant_id, origin, epoch, seq, tick, gap, wall, reader_id, key_version, token, arrived, pending, at, known, placed, fob_id, employee_id, sealed)
		SELECT tenant_id, origin, epoch, seq, tick, 0, 0, reader_id, 1, token, ms, false, ms, 'disciplined', ms, employee, employee, true
		FROM (SELECT *, (extract(epoch FROM arrived) * 1000)::bigint AS ms, (tick / 700 % 20000)::bigint AS employee FROM registration WHERE tenant_id = $1) r ORDER BY employee, ms`, w.tenant)
	for _, at := range indexes {
		w.exec(at[1])
	}
}

// punchIndexes gives names and definitions of those that are made faster
// afterwards.
func punchIndexes(w *world) [][2]string {
	rows, err := w.db.Pool().Query(context.Background(), "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = 'punch' AND indexname <> 'punch_pkey'")
	if err != nil {
		w.t.Fatal(err)
	}
	all, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (x [2]string, err error) { return x, r.Scan(&x[0], &x[1]) })
	if err != nil {
		w.t.Fatal(err)
	}
	return all
}
