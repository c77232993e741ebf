package bi

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"tikklok/ingest/audit"
	"tikklok/ingest/hours"
	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/pg"
	"tikklok/ingest/tenant"
	"tikklok/payroll/format"
)

// Publish publishes the approved lines of the month that begins on a day, as
// far as they are not published and Least people share them. Errors:
// ErrInvalid, ErrNotAllowed, ErrNothing.
func Publish(ctx context.Context, tx pg.Tx, by audit.Actor, month calendar.Date, now time.Time) (Publication, error) {
	if month.Day != 1 {
		return Publication{}, fmt.Errorf("%w: %s is not the first day of a month", ErrInvalid, month)
	}
	key, err := lockKey(ctx, tx)
	if err != nil {
		return Publication{}, err
	}
	d, err := count(ctx, tx, monthPeriod(month))
	if err != nil {
		return Publication{}, err
	}
	p := Publication{Month: d.month, By: by, At: now}
	for c, n := range d.crowds {
		if _, ok := d.levels[c]; ok {
			p.Lines += n.lines
		} else {
			p.Held += n.lines
		}
	}
	if p.Lines == 0 {
		return Publication{}, fmt.Errorf("%w of %04d-%02d: %d approved lines wait, of fewer than %d people together", ErrNothing, month.Year, month.Month, p.Held, Least)
	}
	if p, err = d.write(ctx, tx, key, p); err != nil {
		return Publication{}, err
	}
	return p, audit.Append(ctx, tx, audit.Entry{Action: "bi_publication.create", SubjectKind: "bi_publication", SubjectID: p.ID, By: by,
		Payload: map[string]any{"month": month.String(), "lines": p.Lines, "held": p.Held}})
}

func monthPeriod(first calendar.Date) calendar.Period {
	return calendar.Period{From: first, To: calendar.DateOf(first.In(time.UTC).AddDate(0, 1, -1))}
}

// draft is a publication of which the lines are counted.
type draft struct {
	month   calendar.Period
	work    hours.Work
	batches [][]int64 // ids, so that the very lines that were counted are published
	crowds  crowds
	levels  levels
}

func count(ctx context.Context, tx pg.Tx, month calendar.Period) (draft, error) {
	d := draft{month: month, crowds: crowds{}}
	var err error
	if d.work, err = hours.WorkAt(ctx, tx); err != nil {
		return draft{}, err
	}
	if d.batches, err = linesOf(ctx, tx, month, unpublished); err != nil {
		return draft{}, err
	}
	for _, ids := range d.batches {
		lines, err := readLines(ctx, tx, ids, month, d.work)
		if err != nil {
			return draft{}, err
		}
		for _, l := range lines {
			d.crowds.count(l)
		}
	}
	d.levels = d.crowds.part()
	return d, nil
}

// write stores the rows and gives the publication with its id.
func (d draft) write(ctx context.Context, tx pg.Tx, key Key, p Publication) (Publication, error) {
	t, err := tenant.Get(ctx, tx)
	if err != nil {
		return Publication{}, err
	}
	if p, err = insertPublication(ctx, tx, p, t.Zone); err != nil {
		return Publication{}, err
	}
	for _, ids := range d.batches {
		lines, err := d.placed(ctx, tx, ids)
		if err != nil {
			return Publication{}, err
		}
		rows := make([]Row, len(lines))
		for i, l := range lines {
			rows[i] = key.Row(l).hide(d.levels[cellOf(l)])
		}
		if err := insertRows(ctx, tx, p.ID, lines, rows); err != nil {
			return Publication{}, err
		}
	}
	return p, nil
}

// placed gives the lines that are not held back, with decimals that add up with
// those published before.
func (d draft) placed(ctx context.Context, tx pg.Tx, ids []int64) ([]format.Line, error) {
	lines, err := readLines(ctx, tx, ids, d.month, d.work)
	if err != nil {
		return nil, err
	}
	var out []format.Line
	employees := map[int64]bool{}
	for _, l := range lines {
		if _, ok := d.levels[cellOf(l)]; ok {
			out, employees[l.Employee] = append(out, l), true
		}
	}
	before, err := publishedSums(ctx, tx, d.month, employees)
	if err != nil {
		return nil, err
	}
	format.MakeDecimals(out, before)
	return out, nil
}

// publishedSums gives what was published of a month of employees.
func publishedSums(ctx context.Context, tx pg.Tx, month calendar.Period, employees map[int64]bool) (map[format.Total]format.Amount, error) {
	ids := make([]int64, 0, len(employees))
	for id := range employees {
		ids = append(ids, id)
	}
	rows, err := tx.Query(ctx, `SELECT l.employee_id, l.code, sum(h.minutes), sum(h.hundredths)
		FROM approved_line l JOIN bi_hours h ON h.tenant_id = l.tenant_id AND h.line_id = l.line_id
		WHERE l.tenant_id = current_tenant() AND l.employee_id = ANY ($1) AND l.day BETWEEN $2::text::date AND $3::text::date
		GROUP BY l.employee_id, l.code`, ids, month.From.String(), month.To.String())
	if err != nil {
		return nil, fmt.Errorf("reading what was published: %w", err)
	}
	sums := map[format.Total]format.Amount{}
	total, sum := format.Total{Period: month}, format.Amount{}
	_, err = pgx.ForEachRow(rows, []any{&total.Employee, &total.Code, &sum.Minutes, &sum.Hundredths}, func() error {
		sums[total] = sum
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("reading what was published: %w", err)
	}
	return sums, nil
}
