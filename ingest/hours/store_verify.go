package hours

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/hours/rule"
	"tikklok/ingest/pg"
)

// verifyAtOnce is how many employees are held in memory.
const verifyAtOnce = 200

// Verify computes the days of a period again, from raw registrations, time
// pairs, holdings, decisions and rules, and says where what is stored differs.
// It writes nothing. only: employees by id; none: all. It goes through them
// piece by piece and tells progress, which may be nil, how many are done.
// Hours are not computed meanwhile for as long as a piece takes.
func Verify(ctx context.Context, db *pg.DB, tenant int64, period calendar.Period, only []int64, now time.Time, progress func(done, all int)) (Verification, error) {
	v := Verification{Period: period, Differences: []Mismatch{}}
	if period.To.Before(period.From) {
		return v, fmt.Errorf("%w: %s comes before %s", ErrInvalid, period.To, period.From)
	}
	all := 0
	for after, more := int64(0), true; more; {
		err := db.InTenant(ctx, tenant, func(tx pg.Tx) (err error) {
			if all == 0 {
				if err := tx.QueryRow(ctx, `SELECT count(*) FROM employee WHERE tenant_id = current_tenant() AND ($1::bigint[] IS NULL OR employee_id = ANY ($1))`, only).Scan(&all); err != nil {
					return err
				}
			}
			after, more, err = v.some(ctx, tx, only, after, now)
			return err
		})
		if err != nil {
			return v, fmt.Errorf("verifying hours: %w", err)
		}
		if progress != nil {
			progress(v.Employees+v.Waiting, all)
		}
	}
	v.sort()
	return v, nil
}

// some verifies the next employees.
func (v *Verification) some(ctx context.Context, tx pg.Tx, only []int64, after int64, now time.Time) (last int64, more bool, err error) {
	if err := lock(ctx, tx); err != nil {
		return 0, false, err
	}
	book, err := bookOf(ctx, tx)
	if err != nil {
		return 0, false, err
	}
	numbers, list, last, err := v.employees(ctx, tx, book, only, after, now)
	if err != nil || last == 0 {
		return 0, false, err
	}
	_, days, err := computeFrom(ctx, tx, book, list, now, readRaw)
	if err != nil {
		return 0, false, err
	}
	stored, err := readStored(ctx, tx, list, v.Period)
	if err != nil {
		return 0, false, err
	}
	computed := map[int64][]Day{}
	for _, d := range days {
		computed[d.Employee] = append(computed[d.Employee], d)
	}
	for _, d := range list {
		v.Employees++
		if err := v.compare(numbers[d.employee], stored[d.employee], computed[d.employee]); err != nil {
			return 0, false, err
		}
	}
	return last, true, nil
}

// employees gives the next ones, with what is to be computed of them.
func (v *Verification) employees(ctx context.Context, tx pg.Tx, book *rule.Book, only []int64, after int64, now time.Time) (numbers map[int64]string, list []due, last int64, err error) {
	from := Stretch(book, v.Period.From).From.In(time.UTC).UnixMilli() - dayMillis // in any zone
	to := Stretch(book, v.Period.To).To.AddDays(2).In(time.UTC).UnixMilli()
	rows, err := tx.Query(ctx, `SELECT e.employee_id, e.number, EXISTS (SELECT FROM hours_due h WHERE h.tenant_id = e.tenant_id AND h.employee_id = e.employee_id)
			OR EXISTS (SELECT FROM hours_due h WHERE h.tenant_id = e.tenant_id AND num_nonnulls(h.fob_id, h.reader_id) > 0)
			OR EXISTS (SELECT FROM worked_day w WHERE w.tenant_id = e.tenant_id AND w.employee_id = e.employee_id AND w.revisit < $4)
		FROM employee e WHERE e.tenant_id = current_tenant() AND e.employee_id > $1 AND ($2::bigint[] IS NULL OR e.employee_id = ANY ($2))
		ORDER BY e.employee_id LIMIT $3`, after, only, verifyAtOnce, now.UnixMilli())
	if err != nil {
		return nil, nil, 0, fmt.Errorf("reading employees: %w", err)
	}
	numbers = map[int64]string{}
	var number string
	var waiting bool
	_, err = pgx.ForEachRow(rows, []any{&last, &number, &waiting}, func() error {
		if waiting {
			v.Waiting++
			return nil
		}
		numbers[last], list = number, append(list, due{last, from, to})
		return nil
	})
	if err != nil {
		return nil, nil, 0, fmt.Errorf("reading employees: %w", err)
	}
	return numbers, list, last, nil
}

// readRaw is readFacts from registrations: when each tap was and whose is
// worked out anew. Taps of sealed days, and those not taken up yet, are left
// out.
func readRaw(ctx context.Context, tx pg.Tx, list []due, pad int64) (map[int64]Facts, error) {
	out, err := readAllButPunches(ctx, tx, list, pad)
	if err != nil {
		return nil, err
	}
	taps, raw, err := rawTaps(ctx, tx, list, pad)
	if err != nil || len(taps) == 0 {
		return out, err
	}
	timing, err := timingOf(ctx, tx, taps)
	if err != nil {
		return nil, err
	}
	for i := range taps {
		t := &taps[i]
		timing.apply(t)
		f, ok := out[t.employee]
		if !ok {
			continue // of somebody who is not asked for
		}
		f.Punches = append(f.Punches, Punch{Tap: tapID(t.origin, t.epoch, t.seq), At: t.instant.At, Uncertainty: t.instant.Uncertainty, Known: t.instant.Known,
			Device: raw[i].wall, Arrived: t.arrived, Reader: raw[i].reader})
		out[t.employee] = f
	}
	return out, readRivals(ctx, tx, out)
}

// rawTap is what a punch takes from its registration besides.
type rawTap struct{ wall, reader int64 }

// rawTaps reads the registrations of all fobs that the employees ever held, as
// far as they arrived after what is due, and those that decisions name.
func rawTaps(ctx context.Context, tx pg.Tx, list []due, pad int64) (taps []timed, raw []rawTap, err error) {
	c, err := readCursor(ctx, tx)
	if err != nil {
		return nil, nil, err
	}
	var ids []int64
	since := list[0].from - pad
	for _, d := range list {
		ids, since = append(ids, d.employee), min(since, d.from-pad)
	}
	rows, err := tx.Query(ctx, `
		WITH names AS (
			SELECT DISTINCT t.key_version, t.token FROM fob_issue i
			JOIN fob_token t ON t.tenant_id = current_tenant() AND t.fob_id = i.fob_id
			WHERE i.tenant_id = current_tenant() AND i.employee_id = ANY ($4)),
		found AS (
			SELECT r.* FROM names n JOIN registration r ON r.tenant_id = current_tenant() AND r.token = n.token AND r.key_version = n.key_version
			WHERE r.arrived >= to_timestamp($5::bigint / 1000.0) - interval '1 minute'
			UNION
			SELECT r.* FROM decision d JOIN registration r ON r.tenant_id = current_tenant() AND r.origin = d.origin AND r.epoch = d.epoch AND r.seq = d.seq
			WHERE d.tenant_id = current_tenant() AND d.employee_id = ANY ($4))
		SELECT origin, epoch, seq, tick, gap, floor(extract(epoch FROM arrived) * 1000)::bigint, key_version, token, wall, reader_id FROM found f
		WHERE NOT (`+isNew+`) AND NOT EXISTS (SELECT FROM punch p WHERE p.tenant_id = current_tenant()
			AND p.origin = f.origin AND p.epoch = f.epoch AND p.seq = f.seq AND p.sealed)`, c.from, c.until, c.seen, ids, since)
	if err != nil {
		return nil, nil, fmt.Errorf("reading registrations: %w", err)
	}
	var t timed
	var r rawTap
	var token []byte
	_, err = pgx.ForEachRow(rows, []any{&t.origin, &t.epoch, &t.seq, &t.tick, &t.gap, &t.arrived, &t.keyVersion, &token, &r.wall, &r.reader}, func() error {
		t.token = string(token)
		taps, raw = append(taps, t), append(raw, r)
		return nil
	})
	if err != nil {
		return nil, nil, fmt.Errorf("reading registrations: %w", err)
	}
	return taps, raw, nil
}

// readStored reads the stored days of a period with their lines.
func readStored(ctx context.Context, tx pg.Tx, list []due, period calendar.Period) (map[int64]map[calendar.Date]storedDay, error) {
	var ids []int64
	for _, d := range list {
		ids = append(ids, d.employee)
	}
	rows, err := tx.Query(ctx, `SELECT w.minutes, w.detail, COALESCE((SELECT jsonb_agg(jsonb_build_object('site', l.site_id, 'code', l.code, 'kind', l.kind, 'minutes', l.minutes))
			FROM hour_line l WHERE l.tenant_id = w.tenant_id AND l.employee_id = w.employee_id AND l.day = w.day), '[]')
		FROM worked_day w WHERE w.tenant_id = current_tenant() AND w.employee_id = ANY ($1) AND w.day BETWEEN $2::text::date AND $3::text::date`,
		ids, period.From.String(), period.To.String())
	if err != nil {
		return nil, fmt.Errorf("reading stored days: %w", err)
	}
	out := map[int64]map[calendar.Date]storedDay{}
	var minutes int
	var detail, lines []byte
	_, err = pgx.ForEachRow(rows, []any{&minutes, &detail, &lines}, func() error {
		var s storedDay
		if err := json.Unmarshal(detail, &s.day); err != nil {
			return err
		}
		if err := json.Unmarshal(lines, &s.lines); err != nil {
			return err
		}
		s.day.Minutes = minutes
		if out[s.day.Employee] == nil {
			out[s.day.Employee] = map[calendar.Date]storedDay{}
		}
		out[s.day.Employee][s.day.Date] = s
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("reading stored days: %w", err)
	}
	return out, nil
}
