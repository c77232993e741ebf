package payroll

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	"tikklok/ingest/hours"
	"tikklok/ingest/hours/approval"
	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/pg"
)

// Prepare gives what a run would hold if it were made now, and what stops it.
// It changes nothing. Errors: ErrInvalid, ErrNotFound.
func Prepare(ctx context.Context, tx pg.Tx, o Order, now time.Time) (Preview, error) {
	if err := o.check(); err != nil {
		return Preview{}, err
	}
	d, err := DestinationByID(ctx, tx, o.Destination)
	if err != nil {
		return Preview{}, err
	}
	c, err := newComposition(ctx, tx, d, o.Period, now, approvedBy(now))
	if err != nil {
		return Preview{}, err
	}
	c.output = func() (io.Writer, error) { return io.Discard, nil }
	if err := c.compose(ctx, tx); err != nil {
		return Preview{}, err
	}
	p := Preview{Totals: c.totals.totals(), Unmapped: slices.Sorted(maps.Keys(c.unmapped)), Earlier: c.before.list(), Gone: c.gone}
	if c.refused != nil {
		p.Refused = c.refused.Error()
	}
	if p.Difference, err = c.difference(ctx, tx); err != nil {
		return Preview{}, err
	}
	if p.Waiting, err = waiting(ctx, tx, o.Period); err != nil {
		return Preview{}, err
	}
	p.Findings = findings(p)
	return p, nil
}

func (o Order) check() error {
	switch {
	case o.Period.To.Before(o.Period.From):
		return fmt.Errorf("%w: the last day %s comes before the first day %s", ErrInvalid, o.Period.To, o.Period.From)
	case o.Period.To.Sub(o.Period.From) >= 366:
		return fmt.Errorf("%w: a run spans at most 366 days, %s to %s is %d", ErrInvalid, o.Period.From, o.Period.To, o.Period.To.Sub(o.Period.From)+1)
	}
	return nil
}

// waits says whether a week is one to look at before it is paid: not the weeks
// of somebody who has no hours in them.
func waits(s hours.Summary) bool {
	takenBack := s.State != hours.StateOpen && s.State != hours.StateApproved // what it had approved waits too
	return approval.Waits(s) || takenBack || len(s.Missing) > 0
}

// waiting lists the weeks that touch the period and are not wholly approved.
func waiting(ctx context.Context, tx pg.Tx, period calendar.Period) ([]Waiting, error) {
	var list []Waiting
	approved := map[int64]bool{}
	last := period.To.Week()
	for week := period.From.Week(); !last.Monday().Before(week.Monday()); week = week.Add(1) {
		sheets, err := hours.Summaries(ctx, tx, week)
		if err != nil {
			return nil, fmt.Errorf("looking for weeks that wait for approval: %w", err)
		}
		for _, s := range sheets {
			w := Waiting{Employee: s.Who.ID, Number: s.Who.Number, Week: week, State: s.State,
				Incomplete: len(s.Missing) > 0, Pending: s.Changed}
			if s.State == hours.StateApproved {
				approved[w.Employee] = true
			}
			if waits(s) {
				list = append(list, w)
			}
		}
	}
	for i := range list {
		list[i].Half = approved[list[i].Employee]
	}
	return list, nil
}
