package bi

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"time"

	"tikklok/ingest/hours"
	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/hours/wording"
	"tikklok/ingest/pg"
	"tikklok/ingest/tenant"
)

// mostDays is how many days a workbook spans at most.
const mostDays = 366

// WorkbookOf gives the workbook of the days: their approved lines and what
// needed a person, approved or not. It reads on while it is written.
func WorkbookOf(ctx context.Context, tx pg.Tx, days calendar.Period, language string, now time.Time) (Workbook, error) {
	if days.To.Before(days.From) || days.To.Sub(days.From) >= mostDays {
		return Workbook{}, fmt.Errorf("%w: a workbook spans 1 to %d days; %s to %s does not", ErrInvalid, mostDays, days.From, days.To)
	}
	t, err := tenant.Get(ctx, tx)
	if err != nil {
		return Workbook{}, err
	}
	zone, err := time.LoadLocation(t.Zone)
	if err != nil {
		return Workbook{}, fmt.Errorf("reading the tenant's zone: %w", err)
	}
	b := Workbook{Period: days, At: now.In(zone), Language: language}
	if b.Employees, err = Approved(ctx, tx, days); err != nil {
		return Workbook{}, err
	}
	b.Exceptions, err = exceptions(ctx, tx, days, language)
	return b, err
}

// exceptions gives those of days: of employees. Taps of fobs that nobody held
// are of no day yet.
func exceptions(ctx context.Context, tx pg.Tx, days calendar.Period, language string) (iter.Seq2[Exception, error], error) {
	say, err := wording.Questions(language)
	if err != nil {
		return nil, err
	}
	return func(yield func(Exception, error) bool) {
		rows, err := tx.Query(ctx, `
			SELECT e.number, COALESCE(NULLIF(e.zone, ''), t.zone), w.day, x.value, COALESCE(s.name, ''),
				EXISTS (SELECT FROM timesheet h WHERE h.tenant_id = w.tenant_id AND h.employee_id = w.employee_id
					AND h.monday = date_trunc('week', w.day)::date AND h.state = 'approved')
			FROM worked_day w CROSS JOIN LATERAL jsonb_array_elements(w.detail->'exceptions') WITH ORDINALITY x (value, n)
			JOIN employee e ON e.tenant_id = w.tenant_id AND e.employee_id = w.employee_id
			JOIN tenant t ON t.tenant_id = w.tenant_id
			LEFT JOIN site s ON s.tenant_id = w.tenant_id
				AND s.site_id = COALESCE(x.value->>'site', jsonb_path_query_first(w.detail, '$.punches[*].site')#>>'{}')::bigint
			WHERE w.tenant_id = current_tenant() AND w.day BETWEEN $1::text::date AND $2::text::date AND w.detail ? 'exceptions'
			ORDER BY e.number, w.employee_id, w.day, x.n`, days.From.String(), days.To.String())
		if err != nil {
			yield(Exception{}, fmt.Errorf("reading exceptions: %w", err))
			return
		}
		defer rows.Close()
		for rows.Next() {
			var e Exception
			var zone string
			var day time.Time
			var raw []byte
			err := rows.Scan(&e.Number, &zone, &day, &raw, &e.Site, &e.Seen)
			if err == nil {
				e.Day = calendar.DateOf(day)
				e.Text, err = question(say, e.Day, raw, zone)
			}
			if err != nil {
				yield(Exception{}, fmt.Errorf("reading exceptions: %w", err))
				return
			}
			if !yield(e, nil) {
				return
			}
		}
		if err := rows.Err(); err != nil {
			yield(Exception{}, fmt.Errorf("reading exceptions: %w", err))
		}
	}, nil
}

func question(say func(calendar.Date, hours.Exception, *time.Location) string, day calendar.Date, raw []byte, zone string) (string, error) {
	var e hours.Exception
	if err := json.Unmarshal(raw, &e); err != nil {
		return "", err
	}
	where, err := time.LoadLocation(zone)
	if err != nil {
		return "", err
	}
	return say(day, e, where), nil
}
