package evidence

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"tikklok/ingest/pg"
)

// known is how long a host that is no longer compared is still asked for, and
// how far back checks are read: longer than a month.
const known = 35 * 24 * time.Hour

// repeated is what every host or place has checks of: their names, from when
// they are due (NULL: from the first), when one was, whether it held, and what
// it says. $1 and $2 bound the checks, $3 is the moment.
type repeated struct{ proof, sql string }

func repeatedly() []repeated {
	return []repeated{
		// Nothing is due of a place before its second night.
		{"restore-check", `SELECT p.place, p.since + interval '1 day', c.at, c.findings = '[]', c.set
			FROM backup_place p LEFT JOIN restore_check c ON c.place = p.place AND c.at > $1 AND c.at < $2
			WHERE (p.gone_at IS NULL OR p.gone_at >= $3) AND (c.at IS NOT NULL OR p.since < $3::timestamptz - interval '2 days')
			ORDER BY p.place, c.at, c.check_id`},
		{"ports", `SELECT seen || ' ' || host, NULL::timestamptz, at, unexpected = '{}' AND missing = '{}',
				concat_ws(' ', COALESCE(NULLIF(array_to_string(open, ' '), ''), '–'), '+' || NULLIF(array_to_string(unexpected, ' +'), ''), '−' || NULLIF(array_to_string(missing, ' −'), ''))
			FROM port_check WHERE at > $1 AND at < $2 AND $3::timestamptz IS NOT NULL ORDER BY seen, host, at`},
	}
}

// checked gives what the hosts and places say of a moment, each by itself.
func checked(ctx context.Context, tx pg.Tx, r Register, o Order, moment time.Time) (out []Finding, err error) {
	days := r.days()
	for _, q := range repeatedly() {
		all, err := q.ask(ctx, tx, moment.Add(-known), moment.AddDate(0, 0, days[q.proof]), moment)
		if err != nil {
			return nil, err
		}
		if f, ok := together(q.proof, all, days[q.proof], o.Month, moment); ok {
			out = append(out, f)
		}
	}
	return out, nil
}

// ask gives the series of all hosts or places.
func (q repeated) ask(ctx context.Context, tx pg.Tx, after, before, moment time.Time) (all []series, err error) {
	rows, err := tx.Query(ctx, q.sql, after, before, moment)
	if err != nil {
		return nil, fmt.Errorf("looking for the proof %s: %w", q.proof, err)
	}
	var name string
	var since, at *time.Time
	var holds *bool
	var says *string
	_, err = pgx.ForEachRow(rows, []any{&name, &since, &at, &holds, &says}, func() error {
		if len(all) == 0 || all[len(all)-1].name != name {
			all = append(all, series{name: name})
			if since != nil {
				all[len(all)-1].since = latest(*since, after)
			}
		}
		if at != nil {
			last := &all[len(all)-1]
			last.checks = append(last.checks, check{*at, *holds, *says})
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("looking for the proof %s: %w", q.proof, err)
	}
	return all, nil
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
