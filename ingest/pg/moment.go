package pg

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// Moment is a point of the database's history to which it can be brought back
// exactly: what a transaction sees at it is what stands in a cluster that was
// recovered to its position.
type Moment struct {
	LSN string // position in the log
	At  time.Time
}

// ErrNeverStill says that the database was never seen without a transaction
// under way that writes.
var ErrNeverStill = errors.New("something was being written all the time; try again when less is going on")

// still is how often a moment is looked for, and how long between.
const (
	stillTries = 3000
	stillPause = 2 * time.Millisecond
)

// AtMoment gives fn a transaction that reads the whole database as of a moment,
// and keeps writers from nothing. It is under the owner's role; Within turns it
// to a tenant. The address must be that of a superuser, or of a member of
// pg_read_all_stats.
//
// The moment is one at which nobody was writing, so that position and snapshot
// say the same: between two looks no transaction with a number of its own was
// under way (it keeps its number until its commit can be seen), and none ended.
func AtMoment(ctx context.Context, url string, fn func(Tx, Moment) error, choices ...Option) error {
	var o options
	for _, choose := range choices {
		choose(&o)
	}
	read, err := pgx.Connect(ctx, url)
	if err != nil {
		return fmt.Errorf("connecting to PostgreSQL: %w", err)
	}
	read.PgConn().CustomData()[keysOf] = o.keys
	defer read.Close(context.WithoutCancel(ctx))
	if o.givesWay {
		giveWay(int(read.PgConn().PID()))
	}
	watch, err := pgx.Connect(ctx, url)
	if err != nil {
		return fmt.Errorf("connecting to PostgreSQL: %w", err)
	}
	defer watch.Close(context.WithoutCancel(ctx))
	for range stillTries {
		found, err := momentOf(ctx, read, watch, fn)
		if found || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(stillPause):
		}
	}
	return ErrNeverStill
}

// momentOf tries once; false: somebody was writing.
func momentOf(ctx context.Context, read, watch *pgx.Conn, fn func(Tx, Moment) error) (found bool, err error) {
	err = pgx.BeginTxFunc(ctx, read, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(tx Tx) error {
		var m Moment
		var before, after string
		var writing int
		var seesAll bool
		err := tx.QueryRow(ctx, "SELECT pg_current_snapshot()::text, pg_current_wal_insert_lsn()::text, clock_timestamp(), pg_has_role('pg_read_all_stats', 'USAGE')").
			Scan(&before, &m.LSN, &m.At, &seesAll)
		if err == nil && !seesAll {
			err = errors.New("the database's user may not see who is writing; GRANT pg_read_all_stats to it")
		}
		if err == nil {
			err = watch.QueryRow(ctx, "SELECT count(*) FROM pg_stat_activity WHERE backend_xid IS NOT NULL").Scan(&writing)
		}
		if err == nil {
			err = watch.QueryRow(ctx, "SELECT pg_current_snapshot()::text").Scan(&after)
		}
		if err != nil {
			return fmt.Errorf("looking for a moment at which nobody writes: %w", err)
		}
		if found = writing == 0 && before == after; !found {
			return nil
		}
		return fn(tx, m)
	})
	return found, err
}

// Within turns a transaction of AtMoment to one tenant, as the role that may
// read all of it.
func Within(ctx context.Context, tx Tx, tenant int64) error {
	_, err := tx.Exec(ctx, fmt.Sprintf("SET LOCAL ROLE %s; SET LOCAL tikklok.tenant = '%d'; SET LOCAL tikklok.restricted = ''", RolePrivacy, tenant))
	if err != nil {
		return fmt.Errorf("reading tenant %d: %w", tenant, err)
	}
	return nil
}

// MarkMoment writes into the log that a moment was taken, and has the segment that
// holds it archived: only then can the database be brought back to it. For the
// owner of a cluster only.
func MarkMoment(ctx context.Context, url string) error {
	return execute(ctx, url, "SELECT pg_create_restore_point('tikklok moment'), pg_switch_wal()")
}
