package hours

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/hours/rule"
	"tikklok/ingest/pg"
)

// settleStored settles computed days together with the employee's other days of
// the same weeks and pay periods, where rules count by those, and adds the
// others that changed by it. Without such rules a day stands alone and nothing
// is read.
func settleStored(ctx context.Context, tx pg.Tx, book *rule.Book, facts map[int64]Facts, spans []span, days []Day) ([]span, []Day, error) {
	if week, period := book.Overtimes(); !week && !period {
		return spans, days, nil
	}
	stored, err := readAround(ctx, tx, book, spans)
	if err != nil {
		return nil, nil, err
	}
	fresh := map[int64][]Day{}
	for _, d := range days {
		fresh[d.Employee] = append(fresh[d.Employee], d)
	}
	var out []Day
	for _, s := range slices.Clone(spans) {
		mine, others := fresh[s.employee], stored[s.employee]
		all := append(slices.Clone(mine), others...)
		slices.SortFunc(all, func(a, b Day) int { return a.Date.Sub(b.Date) })
		before := map[calendar.Date]string{}
		for _, d := range others {
			if before[d.Date], err = d.settled(); err != nil {
				return nil, nil, err
			}
		}
		Settle(book, facts[s.employee], all)
		for _, d := range all {
			was, isOther := before[d.Date]
			now, err := d.settled()
			if err != nil {
				return nil, nil, err
			}
			if isOther && was != now {
				spans = append(spans, span{s.employee, d.Date, d.Date})
			}
			if !isOther || was != now {
				out = append(out, d)
			}
		}
	}
	return spans, out, nil
}

// settled gives what Settle makes of a day, to compare.
func (d Day) settled() (string, error) {
	text, err := json.Marshal(struct {
		Minutes, Taken int
		Sets           []int
		Lines          []DayLine
		Settled        []Step
	}{d.Minutes, d.Taken, d.Sets, d.Lines, d.Settled})
	if err != nil {
		return "", fmt.Errorf("comparing days: %w", err)
	}
	return string(text), nil
}

// readAround reads the stored days of the weeks and pay periods that spans
// touch, without those in the spans.
func readAround(ctx context.Context, tx pg.Tx, book *rule.Book, spans []span) (map[int64][]Day, error) {
	var who []int64
	var from, to, first, last []string
	for _, s := range spans {
		who = append(who, s.employee)
		from, to = append(from, Stretch(book, s.first).From.String()), append(to, Stretch(book, s.last).To.String())
		first, last = append(first, s.first.String()), append(last, s.last.String())
	}
	rows, err := tx.Query(ctx, `SELECT w.detail FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[]) s(employee, a, b, c, d)
		JOIN worked_day w ON w.tenant_id = current_tenant() AND w.employee_id = s.employee AND w.day BETWEEN s.a::date AND s.b::date
			AND w.day NOT BETWEEN s.c::date AND s.d::date`, who, from, to, first, last)
	if err != nil {
		return nil, fmt.Errorf("reading days around: %w", err)
	}
	out := map[int64][]Day{}
	var detail []byte
	_, err = pgx.ForEachRow(rows, []any{&detail}, func() error {
		var d Day
		if err := json.Unmarshal(detail, &d); err != nil {
			return err
		}
		out[d.Employee] = append(out[d.Employee], d)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("reading days around: %w", err)
	}
	return out, nil
}
