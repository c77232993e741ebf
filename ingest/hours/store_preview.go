package hours

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/hours/rule"
	"tikklok/ingest/pg"
)

// What one preview looks at, at most.
const (
	previewDays      = 31
	previewEmployees = 1_000
	previewAtOnce    = 100
	previewRows      = 2_000
)

// PreviewRules computes what a rule set would change from…to, both included
// and at most a month, without writing anything. One that holds only later is
// tried as if it held then. ErrInvalid and ErrNotFound are as of PutRules. It
// computes employees piece by piece and says when it stopped.
func PreviewRules(ctx context.Context, tx pg.Tx, draft rule.Set, from, to calendar.Date, now time.Time) (Preview, error) {
	p := Preview{Days: calendar.Period{From: from, To: to}}
	if to.Before(from) || p.Days.Days() > previewDays {
		return p, fmt.Errorf("%w: the preview is of 1 to %d days; %s to %s is not", ErrInvalid, previewDays, from, to)
	}
	sets, err := checkChange(ctx, tx, draft)
	if err != nil {
		return p, err
	}
	r := ruleReachOf(draft, sets)
	if p.Frozen, err = r.frozen(ctx, tx); err != nil {
		return p, err
	}
	if to.Before(draft.From) {
		draft.From = from
	}
	r.from, r.until = from, calendar.Date{}
	who, all, err := r.employees(ctx, tx, to, previewEmployees)
	if err != nil {
		return p, err
	}
	p.Employees, p.Concerned = len(who), all
	totals := map[Total]*[2]int{}
	for piece := range slices.Chunk(who, previewAtOnce) {
		if err := p.compare(ctx, tx, sets, draft, piece, totals, now); err != nil {
			return p, err
		}
	}
	p.Totals = sorted(totals)
	return p, p.name(ctx, tx)
}

// compare computes some employees by the rules there are and with the draft.
func (p *Preview) compare(ctx context.Context, tx pg.Tx, sets []rule.Set, draft rule.Set, who []int64, totals map[Total]*[2]int, now time.Time) error {
	draft.Version = 1 + slices.MaxFunc(sets, func(a, b rule.Set) int { return a.Version - b.Version }).Version
	c := comparison{days: p.Days, minutes: map[codeOfDay]*[2]int{}}
	for which, sets := range [][]rule.Set{sets, append(slices.Clip(sets), draft)} {
		book, err := rule.NewBook(sets)
		if err != nil {
			return fmt.Errorf("trying rules: %w", err)
		}
		var list []due
		for _, id := range who {
			list = append(list, due{id, p.Days.From.In(time.UTC).UnixMilli(), p.Days.To.AddDays(1).In(time.UTC).UnixMilli()})
		}
		_, days, err := computeSpans(ctx, tx, book, list, now)
		if err != nil {
			return fmt.Errorf("trying rules: %w", err)
		}
		c.add(which, days)
	}
	c.into(p, totals)
	return nil
}

// name fills in whom effects are of, and whether their weeks are approved.
func (p *Preview) name(ctx context.Context, tx pg.Tx) error {
	var ids []int64
	for _, e := range p.Effects {
		if n := len(ids); n == 0 || ids[n-1] != e.Who.ID {
			ids = append(ids, e.Who.ID)
		}
	}
	box, err := pg.Box(ctx, tx)
	if err != nil {
		return err
	}
	rows, err := tx.Query(ctx, `SELECT e.employee_id, e.number, e.surname, `+pg.OfPerson("e", "first_name")+`, e.contract_minutes,
			ARRAY(SELECT monday::text FROM approval a WHERE a.tenant_id = e.tenant_id AND a.employee_id = e.employee_id AND a.corrects IS NULL
				AND a.monday BETWEEN $2::text::date - 6 AND $3::text::date)
		FROM employee e WHERE e.tenant_id = current_tenant() AND e.employee_id = ANY ($1)`, ids, p.Days.From.String(), p.Days.To.String())
	if err != nil {
		return fmt.Errorf("reading whom rules change: %w", err)
	}
	people, approved := map[int64]Who{}, map[int64][]string{}
	var w Who
	var mondays []string
	_, err = pgx.ForEachRow(rows, []any{&w.ID, &w.Number, &w.Surname, box.Text(&w.FirstName), &w.ContractMinutes, &mondays}, func() error {
		people[w.ID], approved[w.ID] = w, slices.Clone(mondays)
		return nil
	})
	if err != nil {
		return fmt.Errorf("reading whom rules change: %w", err)
	}
	for i := range p.Effects {
		e := &p.Effects[i]
		e.Frozen = slices.Contains(approved[e.Who.ID], e.Date.Week().Monday().String())
		e.Who = people[e.Who.ID]
	}
	return nil
}
