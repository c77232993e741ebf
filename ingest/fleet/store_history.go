package fleet

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"tikklok/ingest/pg"
)

// ReaderSample is what one hour of a reader's history holds.
type ReaderSample struct {
	At      time.Time // beginning of the hour
	Battery int       // the lowest, percent; 0: mains, or not told
	Signal  int       // the weakest, dBm; 0: not told
	Stored  int64     // the most taps it held
}

// How long history is kept: by the hour for a month, by the day for thirteen,
// and of each gateway's outages the latest.
const (
	historyMonths = 13
	mostOutages   = 1000
	hourOutages   = 60 // kept of an hour: one that tells of more is broken, or means to fill the table
)

// GatewayHistory gives a gateway's hours since an instant, in order.
func GatewayHistory(ctx context.Context, tx pg.Tx, id int64, since time.Time) ([]Sample, error) {
	rows, err := tx.Query(ctx, `SELECT at, unsent, signal, connections, bytes FROM gateway_history
		WHERE tenant_id = current_tenant() AND gateway_id = $1 AND at >= $2 ORDER BY at`, id, since)
	return collect(rows, err, "a gateway's history", func(r pgx.CollectableRow) (s Sample, err error) {
		return s, r.Scan(&s.At, &s.Unsent, &s.Signal, &s.Connections, &s.Bytes)
	})
}

// Outages gives the times that a gateway was away and that ended since an
// instant, the latest first.
func Outages(ctx context.Context, tx pg.Tx, id int64, since time.Time) ([]Outage, error) {
	rows, err := tx.Query(ctx, `SELECT since, until, cause FROM gateway_outage
		WHERE tenant_id = current_tenant() AND gateway_id = $1 AND until >= $2 ORDER BY since DESC`, id, since)
	return collect(rows, err, "a gateway's outages", func(r pgx.CollectableRow) (o Outage, err error) {
		return o, r.Scan(&o.Since, &o.Until, &o.Cause)
	})
}

// ReaderHistory gives a reader's hours since an instant, in order.
func ReaderHistory(ctx context.Context, tx pg.Tx, id int64, since time.Time) ([]ReaderSample, error) {
	rows, err := tx.Query(ctx, `SELECT at, battery, signal, stored FROM reader_history
		WHERE tenant_id = current_tenant() AND reader_id = $1 AND at >= $2 ORDER BY at`, id, since)
	return collect(rows, err, "a reader's history", func(r pgx.CollectableRow) (s ReaderSample, err error) {
		return s, r.Scan(&s.At, &s.Battery, &s.Signal, &s.Stored)
	})
}

// Thin removes history that is older than it is kept, and makes days of hours
// that are older than a month. It may be run at any time, as often as one likes.
func Thin(ctx context.Context, tx pg.Tx, now time.Time) error {
	old, month := now.AddDate(0, -historyMonths, 0), now.AddDate(0, 0, -31)
	b := &pgx.Batch{}
	for _, h := range []struct{ table, id string }{{"gateway_history", "gateway_id"}, {"reader_history", "reader_id"}} {
		b.Queue("DELETE FROM "+h.table+" WHERE tenant_id = current_tenant() AND at < $1", old)
		b.Queue(`DELETE FROM `+h.table+` x USING (SELECT `+h.id+` AS id, max(at) AS last FROM `+h.table+`
				WHERE tenant_id = current_tenant() AND at < $1 GROUP BY 1, date_trunc('day', at, 'UTC')) d
			WHERE x.tenant_id = current_tenant() AND x.`+h.id+` = d.id AND x.at < d.last AND x.at >= date_trunc('day', d.last, 'UTC')`, month)
	}
	b.Queue("DELETE FROM gateway_outage WHERE tenant_id = current_tenant() AND until < $1", old)
	b.Queue(`DELETE FROM gateway_outage o USING (SELECT gateway_id, since, row_number() OVER (PARTITION BY gateway_id ORDER BY since DESC) AS n
			FROM gateway_outage WHERE tenant_id = current_tenant()) x
		WHERE o.tenant_id = current_tenant() AND o.gateway_id = x.gateway_id AND o.since = x.since AND x.n > $1`, mostOutages)
	if err := tx.SendBatch(ctx, b).Close(); err != nil {
		return fmt.Errorf("removing old history of devices: %w", err)
	}
	return nil
}

// FobCount is how many fobs of one design are where (OB-H8).
type FobCount struct {
	Design int
	By     map[Status]int
	// LostOfYear of them were lost or blocked within twelve months.
	LostOfYear int
}

// CountFobs counts fobs by design, the newest first.
func CountFobs(ctx context.Context, tx pg.Tx, now time.Time) ([]FobCount, error) {
	var all []FobCount
	var design, n, lately int
	var status Status
	rows, err := tx.Query(ctx, `SELECT design, status, count(*), count(*) FILTER (WHERE status IN ('lost', 'blocked') AND COALESCE(
			(SELECT max(returned_at) FROM fob_issue i WHERE i.tenant_id = f.tenant_id AND i.fob_id = f.fob_id), f.created_at) > $1)
		FROM fob f WHERE tenant_id = current_tenant() GROUP BY design, status ORDER BY design DESC, status`, now.AddDate(-1, 0, 0))
	err = forEach(rows, err, "how many fobs there are", []any{&design, &status, &n, &lately}, func() {
		if len(all) == 0 || all[len(all)-1].Design != design {
			all = append(all, FobCount{Design: design, By: map[Status]int{}})
		}
		all[len(all)-1].By[status] = n
		all[len(all)-1].LostOfYear += lately
	})
	return all, err
}
