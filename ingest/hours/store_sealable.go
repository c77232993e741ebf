package hours

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/hours/rule"
	"tikklok/ingest/pg"
)

// candidate is somebody who has days that could be sealed.
type candidate struct {
	Who    Who
	zone   string
	oldest calendar.Date // the first day that is not sealed
	due    bool
}

func sealable(ctx context.Context, tx pg.Tx, before calendar.Date, after int64) ([]candidate, error) {
	box, err := pg.Box(ctx, tx)
	if err != nil {
		return nil, err
	}
	rows, err := tx.Query(ctx, `
		SELECT e.employee_id, e.number, e.surname, `+pg.OfPerson("e", "first_name")+`, COALESCE(NULLIF(e.zone, ''), t.zone), d.first,
			EXISTS (SELECT FROM hours_due h WHERE h.tenant_id = e.tenant_id AND (h.employee_id = e.employee_id OR num_nonnulls(h.fob_id, h.reader_id) > 0))
				OR EXISTS (SELECT FROM worked_day w WHERE w.tenant_id = e.tenant_id AND w.employee_id = e.employee_id AND w.day < $1::text::date AND w.revisit IS NOT NULL)
		FROM employee e JOIN tenant t ON t.tenant_id = e.tenant_id
		JOIN LATERAL (SELECT min(w.day) AS first FROM worked_day w WHERE w.tenant_id = e.tenant_id AND w.employee_id = e.employee_id AND w.day < $1::text::date
			AND w.day >= COALESCE((SELECT max(before_day) FROM seal s WHERE s.tenant_id = e.tenant_id AND s.employee_id = e.employee_id), '-infinity')) d ON d.first IS NOT NULL
		WHERE e.tenant_id = current_tenant() AND e.employee_id > $2 ORDER BY e.employee_id LIMIT $3`, before.String(), after, sealAtOnce)
	if err != nil {
		return nil, fmt.Errorf("reading who has days: %w", err)
	}
	all, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (c candidate, err error) {
		return c, r.Scan(&c.Who.ID, &c.Who.Number, &c.Who.Surname, box.Text(&c.Who.FirstName), &c.zone, &c.oldest, &c.due)
	})
	if err != nil {
		return nil, fmt.Errorf("reading who has days: %w", err)
	}
	return all, nil
}

// unapprovedWeeks gives the weeks with days before a date that are not
// approved, by employee, the oldest first.
func unapprovedWeeks(ctx context.Context, tx pg.Tx, who []candidate, before calendar.Date) (map[int64][]UnapprovedWeek, error) {
	people := map[int64]candidate{}
	var ids []int64
	var from []string
	for _, c := range who {
		people[c.Who.ID], ids, from = c, append(ids, c.Who.ID), append(from, c.oldest.String())
	}
	rows, err := tx.Query(ctx, `SELECT w.employee_id, date_trunc('week', w.day)::date AS monday, count(*), sum(w.minutes)
		FROM unnest($1::bigint[], $2::text[]) n(employee, a)
		JOIN worked_day w ON w.tenant_id = current_tenant() AND w.employee_id = n.employee AND w.day >= n.a::date AND w.day < $3::text::date
		WHERE NOT EXISTS (SELECT FROM timesheet t WHERE t.tenant_id = w.tenant_id AND t.employee_id = w.employee_id
			AND t.monday = date_trunc('week', w.day)::date AND t.state = 'approved')
		GROUP BY w.employee_id, monday ORDER BY w.employee_id, monday`, ids, from, before.String())
	if err != nil {
		return nil, fmt.Errorf("reading what is not approved: %w", err)
	}
	out := map[int64][]UnapprovedWeek{}
	var id int64
	var monday calendar.Date
	var w UnapprovedWeek
	_, err = pgx.ForEachRow(rows, []any{&id, &monday, &w.Days, &w.Minutes}, func() error {
		w.Who, w.Week = people[id].Who, monday.Week()
		out[id] = append(out[id], w)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("reading what is not approved: %w", err)
	}
	return out, nil
}

// NearSeal gives the weeks with days before a date that nobody has approved:
// what should alarm before their taps go (I5).
func NearSeal(ctx context.Context, tx pg.Tx, before calendar.Date) ([]UnapprovedWeek, error) {
	var out []UnapprovedWeek
	for after := int64(0); ; {
		who, err := sealable(ctx, tx, before, after)
		if err != nil || len(who) == 0 {
			return out, err
		}
		weeks, err := unapprovedWeeks(ctx, tx, who, before)
		if err != nil {
			return nil, err
		}
		for _, c := range who {
			out = append(out, weeks[c.Who.ID]...)
		}
		after = who[len(who)-1].Who.ID
	}
}

// toSeal is what is known of an employee around the days to be sealed.
type toSeal struct {
	person Person
	times  []int64
	days   []Day
	taps   []tapAt
}

type tapAt struct {
	tapKey
	placed int64
	late   bool // it lies before the last seal, and nobody left it out: a person has to look at it first
}

// readToSeal reads the days and taps before a date, and a few beyond it.
func readToSeal(ctx context.Context, tx pg.Tx, who []candidate, before calendar.Date) (map[int64]*toSeal, error) {
	out, people := map[int64]*toSeal{}, map[int64]Facts{}
	var ids []int64
	for _, c := range who {
		ids = append(ids, c.Who.ID)
	}
	if err := readPeople(ctx, tx, ids, people); err != nil {
		return nil, err
	}
	for id, f := range people {
		out[id] = &toSeal{person: f.Person}
	}
	until := before.AddDays(4)
	rows, err := tx.Query(ctx, `SELECT w.employee_id, w.detail FROM worked_day w WHERE w.tenant_id = current_tenant() AND w.employee_id = ANY ($1)
		AND w.day < $2::text::date AND w.detail->>'sealed' IS NULL ORDER BY w.employee_id, w.day`, ids, until.String())
	if err != nil {
		return nil, fmt.Errorf("reading days: %w", err)
	}
	var id int64
	var detail []byte
	_, err = pgx.ForEachRow(rows, []any{&id, &detail}, func() error {
		var d Day
		if err := json.Unmarshal(detail, &d); err != nil {
			return err
		}
		for _, p := range d.Punches {
			out[id].times = append(out[id].times, p.Placed())
		}
		out[id].days = append(out[id].days, d)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("reading days: %w", err)
	}
	rows, err = tx.Query(ctx, `SELECT p.employee_id, p.origin, p.epoch, p.seq, p.placed,
			EXISTS (SELECT FROM seal s WHERE s.tenant_id = p.tenant_id AND s.employee_id = p.employee_id AND s.before_day >= (to_timestamp(p.placed / 1000.0) AT TIME ZONE 'UTC')::date)
				AND NOT EXISTS (SELECT FROM decision d WHERE d.tenant_id = p.tenant_id AND d.origin = p.origin AND d.epoch = p.epoch AND d.seq = p.seq AND d.kind = 'ignore_tap'
					AND NOT EXISTS (SELECT FROM decision u WHERE u.tenant_id = d.tenant_id AND u.undoes = d.decision_id))
		FROM punch p WHERE p.tenant_id = current_tenant() AND p.employee_id = ANY ($1) AND p.placed < $2 AND NOT p.sealed`, ids, until.In(time.UTC).UnixMilli())
	if err != nil {
		return nil, fmt.Errorf("reading taps: %w", err)
	}
	var t tapAt
	_, err = pgx.ForEachRow(rows, []any{&id, &t.origin, &t.epoch, &t.seq, &t.placed, &t.late}, func() error {
		if f := out[id]; f != nil {
			f.taps, f.times = append(f.taps, t), append(f.times, t.placed)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("reading taps: %w", err)
	}
	return out, nil
}

func (f *toSeal) boundary(book *rule.Book, c candidate, limit calendar.Date) calendar.Date {
	slices.Sort(f.times)
	l := lookup{book: book, person: f.person}
	return l.boundary(f.times, f.days, c.oldest, limit, book.Longest())
}

// choose fills in the days before the boundary and the taps that are on them,
// or that lie there and are on no other day. Those that came after their day was
// sealed are on none that is computed.
func (f *toSeal) choose(e *employeeSeal) {
	after := map[TapID]bool{}
	for _, d := range f.days {
		if d.Date.Before(e.before) {
			e.days = append(e.days, d)
			continue
		}
		for _, p := range d.Punches {
			after[p.Tap] = true
		}
	}
	on := map[TapID]bool{}
	for _, d := range e.days {
		for _, p := range d.Punches {
			on[p.Tap] = true
		}
	}
	for _, t := range f.taps {
		id := tapID(t.origin, t.epoch, t.seq)
		if on[id] || !after[id] && !t.late && calendar.DateOf(time.UnixMilli(t.placed).In(f.person.Zone)).Before(e.before) {
			e.taps[0], e.taps[1], e.taps[2] = append(e.taps[0], t.origin), append(e.taps[1], t.epoch), append(e.taps[2], t.seq)
		}
	}
}
