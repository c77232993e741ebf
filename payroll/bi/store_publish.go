package bi

import (
	"context"
	"fmt"
	"slices"
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
// far as they are not published and Least people share them. Until it is done
// nothing of it is seen, and a withdrawal does not wait for the long part of
// it. Errors: ErrInvalid, ErrNotAllowed, ErrNothing, ErrMany,
// tenant.ErrSuspended.
func Publish(ctx context.Context, tx pg.Tx, o Order, now time.Time) (Publication, error) {
	if o.Month.Day != 1 {
		return Publication{}, fmt.Errorf("%w: %s is not the first day of a month", ErrInvalid, o.Month)
	}
	if err := tenant.RefuseSuspended(ctx, tx); err != nil {
		return Publication{}, err
	}
	secret, err := waitForTurn(ctx, tx)
	if err != nil {
		return Publication{}, err
	}
	if err := byContract(ctx, tx); err != nil { // it may have changed since somebody allowed it
		return Publication{}, err
	}
	d, err := count(ctx, tx, o)
	if err != nil {
		return Publication{}, err
	}
	p := Publication{Month: d.month, By: o.By, At: now}
	for c, n := range d.crowds {
		if _, ok := d.levels[c]; ok {
			p.Lines += n.lines
		} else {
			p.Held += n.lines
		}
	}
	if p.Lines == 0 {
		return Publication{}, fmt.Errorf("%w of %04d-%02d: %d approved lines wait, of fewer than %d people together", ErrNothing, o.Month.Year, o.Month.Month, p.Held, Least)
	}
	if err := d.write(ctx, tx, NewKey(secret)); err != nil {
		return Publication{}, err
	}
	if p, err = publishDraft(ctx, tx, p, secret); err != nil {
		return Publication{}, err
	}
	return p, audit.Append(ctx, tx, audit.Entry{Action: "bi_publication.create", SubjectKind: "bi_publication", SubjectID: p.ID, By: o.By,
		Payload: map[string]any{"month": o.Month.String(), "lines": p.Lines, "held": p.Held}})
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
	steps   steps
}

// steps tells how far a publication is.
type steps struct {
	tell      func(done, all int) // nil: nobody asks
	done, all int
}

func (s *steps) add(lines int) {
	if s.done += lines; s.tell != nil {
		s.tell(s.done, s.all)
	}
}

func count(ctx context.Context, tx pg.Tx, o Order) (draft, error) {
	d := draft{month: monthPeriod(o.Month), crowds: crowds{}}
	var err error
	if d.work, err = hours.WorkAt(ctx, tx); err != nil {
		return draft{}, err
	}
	if d.batches, err = linesOf(ctx, tx, d.month, unpublished); err != nil {
		return draft{}, err
	}
	n := 0
	for _, ids := range d.batches {
		n += len(ids)
	}
	if o.Most > 0 && n > o.Most {
		return draft{}, fmt.Errorf("%w: %d approved lines wait, more than the %d that are published while somebody waits for the answer: tikklok publish --month %04d-%02d takes them",
			ErrMany, n, o.Most, o.Month.Year, o.Month.Month)
	}
	d.steps = steps{tell: o.Progress, all: 2 * n}
	for _, ids := range d.batches {
		lines, err := readLines(ctx, tx, ids, d.month, d.work)
		if err != nil {
			return draft{}, err
		}
		for _, l := range lines {
			d.crowds.count(l)
		}
		d.steps.add(len(ids))
	}
	d.levels = d.crowds.part()
	return d, nil
}

// write drafts the rows.
func (d *draft) write(ctx context.Context, tx pg.Tx, key Key) error {
	if err := beginDraft(ctx, tx); err != nil {
		return err
	}
	for _, ids := range d.batches {
		lines, err := readLines(ctx, tx, ids, d.month, d.work)
		if err != nil {
			return err
		}
		lines = slices.DeleteFunc(lines, func(l format.Line) bool { _, ok := d.levels[cellOf(l)]; return !ok })
		if err := d.decimals(ctx, tx, lines); err != nil {
			return err
		}
		rows := make([]Row, len(lines))
		for i, l := range lines {
			rows[i] = key.Row(l).hide(d.levels[cellOf(l)])
		}
		if err := draftRows(ctx, tx, lines, rows); err != nil {
			return err
		}
		d.steps.add(len(ids))
	}
	return nil
}

// decimals fills in the lines' hundredths. Those of lines that keep their
// employee add up, also with those published before. A line that is blanked
// has those of its own minutes: what it took of a total of its employee's would
// say whose it is (OB-P13).
func (d *draft) decimals(ctx context.Context, tx pg.Tx, lines []format.Line) error {
	var named []format.Line
	var at []int
	employees := map[int64]bool{}
	for i, l := range lines {
		if d.levels[cellOf(l)] == 0 {
			named, at, employees[l.Employee] = append(named, l), append(at, i), true
		} else {
			format.MakeDecimals(lines[i:i+1], nil)
		}
	}
	before, err := publishedSums(ctx, tx, d.month, employees)
	if err != nil {
		return err
	}
	format.MakeDecimals(named, before)
	for i, l := range named {
		lines[at[i]].Hundredths = l.Hundredths
	}
	return nil
}

// publishedSums gives what was published of a month of employees, in rows that
// name them.
func publishedSums(ctx context.Context, tx pg.Tx, month calendar.Period, employees map[int64]bool) (map[format.Total]format.Amount, error) {
	ids := make([]int64, 0, len(employees))
	for id := range employees {
		ids = append(ids, id)
	}
	rows, err := tx.Query(ctx, `SELECT l.employee_id, l.code, sum(h.minutes), sum(h.hundredths)
		FROM approved_line l JOIN bi_hours h ON h.tenant_id = l.tenant_id AND h.line_id = l.line_id
		WHERE l.tenant_id = current_tenant() AND l.employee_id = ANY ($1) AND l.day BETWEEN $2::text::date AND $3::text::date
			AND h.employee_key IS NOT NULL
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
