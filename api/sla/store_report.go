package sla

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"tikklok/ingest/audit"
	"tikklok/ingest/pg"
	"tikklok/ingest/tenant"
)

// ReportOf reckons a month of the transaction's tenant, in its zone, each day
// under the version of the contract that holds on it; work is what was announced
// of maintenance.
func ReportOf(ctx context.Context, tx pg.Tx, m Month, zone *time.Location, work []Work, now time.Time) (Report, error) {
	contracts, err := tenant.Contracts(ctx, tx)
	if err != nil {
		return Report{}, err
	}
	office, err := OfficeIn(ctx, tx, m, zone)
	if err != nil {
		return Report{}, err
	}
	from, to := m.In(zone).Add(-margin*time.Minute), m.Add(1).In(zone).Add(margin*time.Minute)
	f := Facts{Work: work}
	if f.Minutes, err = Minutes(ctx, tx, from, to); err != nil {
		return Report{}, err
	}
	if f.Decisions, err = Decisions(ctx, tx, from, to); err != nil {
		return Report{}, err
	}
	return Reckon(m, zone, AgreedOf(contracts, office.Window), f, now), nil
}

// Issue is a month's report as it was handed out: it stays as it was then,
// whatever is decided or delivered later.
type Issue struct {
	Month   Month
	Number  int // from 1, of the month
	Figures Figures
	Body    []byte   // Figures as they were written
	Hash    [32]byte // SHA-256 of Body
	By      audit.Actor
	At      time.Time
}

// LockReports waits until no other transaction of the tenant hands out: what a
// report is reckoned from is read after it.
func LockReports(ctx context.Context, tx pg.Tx) error {
	_, err := tx.Exec(ctx, "SELECT pg_advisory_xact_lock(hashtextextended('service_report', current_tenant()))")
	return err
}

// HandOut keeps a month's report as it is now, and gives it; anew says whether it
// is another one. One that says the same as the last that was handed out is that
// one, but for the first since the month settled: an early one doesn't stand for
// it (Due). A month that isn't over is ErrInvalid. Two at once come one after the
// other, each with what the other left.
func HandOut(ctx context.Context, tx pg.Tx, m Month, zone *time.Location, work []Work, by audit.Actor, now time.Time) (i Issue, anew bool, err error) {
	if end := m.Add(1).In(zone); now.Before(end) {
		return i, false, fmt.Errorf("%w: the report of %s, which ends only on %s; hand it out when it is over", ErrInvalid, m, end.Format("2006-01-02 15:04"))
	}
	if err := LockReports(ctx, tx); err != nil {
		return i, false, fmt.Errorf("handing out the report of %s: %w", m, err)
	}
	r, err := ReportOf(ctx, tx, m, zone, work, now) // under the lock, or it might be older than the last
	if err != nil {
		return i, false, err
	}
	all, err := Issues(ctx, tx, m)
	if err != nil {
		return i, false, err
	}
	i = Issue{Month: m, Number: len(all) + 1, Figures: r.Figures(), By: by, At: now}
	if i.Body, err = i.Figures.write(); err != nil {
		return i, false, err
	}
	i.Hash = sha256.Sum256(i.Body)
	if n := len(all); n > 0 && i.says(all[n-1], settles(r.To)) {
		return all[n-1], false, nil
	}
	return i, true, i.keep(ctx, tx)
}

// says whether nothing is to be handed out beside the last: it is the same, and
// not from before the month settled where this one is from after it.
func (i Issue) says(last Issue, settled time.Time) bool {
	return i.Hash == last.Hash && (!last.At.Before(settled) || i.At.Before(settled))
}

// keep writes a report down.
func (i Issue) keep(ctx context.Context, tx pg.Tx) error {
	_, err := tx.Exec(ctx, `INSERT INTO service_report (tenant_id, month, number, body, sha256, by_kind, by_id, made_at)
		VALUES (current_tenant(), $1, $2, $3, $4, $5, $6, $7)`, i.Month.In(time.UTC), i.Number, i.Body, i.Hash[:], i.By.Kind, i.By.ID, i.At)
	if err != nil {
		return fmt.Errorf("handing out the report of %s: %w", i.Month, err)
	}
	return audit.Append(ctx, tx, audit.Entry{Action: "service.report", SubjectKind: "service_report", SubjectID: int64(i.Number), By: i.By,
		Payload: map[string]any{"month": i.Month, "number": i.Number, "sha256": fmt.Sprintf("%x", i.Hash)}})
}

// Issues gives what was handed out of a month, the first first.
func Issues(ctx context.Context, tx pg.Tx, m Month) ([]Issue, error) {
	rows, err := tx.Query(ctx, `SELECT number, body, sha256, by_kind, by_id, made_at FROM service_report
		WHERE tenant_id = current_tenant() AND month = $1 ORDER BY number`, m.In(time.UTC))
	if err != nil {
		return nil, fmt.Errorf("reading the reports of %s: %w", m, err)
	}
	all, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (Issue, error) {
		i, hash := Issue{Month: m}, []byte(nil)
		if err := r.Scan(&i.Number, &i.Body, &hash, &i.By.Kind, &i.By.ID, &i.At); err != nil {
			return i, err
		}
		if i.Hash = sha256.Sum256(i.Body); !slices.Equal(hash, i.Hash[:]) {
			return i, fmt.Errorf("report %d is not what was handed out: its hash was %x and is %x", i.Number, hash, i.Hash)
		}
		var err error
		i.Figures, err = ParseFigures(i.Body)
		return i, err
	})
	if err != nil {
		return nil, fmt.Errorf("reading the reports of %s: %w", m, err)
	}
	return all, nil
}

// Due gives the months that wait to be handed out at now, the first first:
// those of the last year that have been over for Settled, of which something
// was measured and nothing was handed out since then: what was handed out
// earlier may lack minutes and decisions that came after it.
func Due(ctx context.Context, tx pg.Tx, zone *time.Location, now time.Time) (due []Month, err error) {
	for m := MonthOf(now.In(zone)).Add(-12); ; m = m.Add(1) {
		from, to := m.In(zone), m.Add(1).In(zone)
		if now.Before(settles(to)) {
			return due, nil
		}
		var waits bool
		err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM service_minute WHERE at >= $1 AND at < $2 AND state > 0 LIMIT 1)
			AND NOT EXISTS (SELECT FROM service_report WHERE tenant_id = current_tenant() AND month = $3 AND made_at >= $4)
			AND EXISTS (SELECT FROM tenant WHERE tenant_id = current_tenant() AND created_at < $2)`, from, to, m.In(time.UTC), settles(to)).Scan(&waits)
		if err != nil && !errors.Is(err, pgx.ErrNoRows) {
			return nil, fmt.Errorf("looking for reports that are due: %w", err)
		}
		if waits {
			due = append(due, m)
		}
	}
}

// Settled is how many days after its end a month is handed out by the program
// itself (ours): until then a probe brings what it kept, and the parties decide.
const Settled = 7

// settles gives when a month that ended at a local midnight has been over for
// Settled.
func settles(end time.Time) time.Time { return end.AddDate(0, 0, Settled) }
