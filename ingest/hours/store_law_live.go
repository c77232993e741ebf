package hours

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/hours/law"
	"tikklok/ingest/hours/plan"
	"tikklok/ingest/hours/rule"
	"tikklok/ingest/pg"
)

// How far LawNotices looks: ahead for somebody who is in, to the planned
// shifts that begin, and back for the rests of a fortnight.
const (
	noticeAhead  = 120 // minutes
	noticeBreak  = 30  // of a break, which most take by themselves: minutes before it is due at the latest
	noticePlan   = 36 * 60
	noticeBefore = 3 * 7 // days
)

// LawNotices gives what can still be prevented: of those who are in, and of
// those whose planned shift begins within 36 hours. Averages and counts over
// more than two weeks are left to LawFindings. In order of the last moment.
func LawNotices(ctx context.Context, tx pg.Tx, now time.Time) ([]LawNotice, error) {
	planned, err := plan.Standing(ctx, tx, now.Unix()/60, now.Unix()/60+noticePlan)
	if err != nil {
		return nil, err
	}
	plans := map[int64][]law.Work{}
	ids := []int64{}
	for _, s := range planned {
		if s.Kind != plan.Standby {
			plans[s.Employee] = append(plans[s.Employee], plannedWork(s))
			ids = append(ids, s.Employee)
		}
	}
	whos, ids, err := noticed(ctx, tx, now, ids)
	if err != nil || len(ids) == 0 {
		return nil, err
	}
	people := map[int64]Facts{}
	if err := readPeople(ctx, tx, ids, people); err != nil {
		return nil, err
	}
	agreements, err := Agreements(ctx, tx)
	if err != nil {
		return nil, err
	}
	from := make([]string, len(ids))
	for i := range from {
		from[i] = calendar.DateOf(now).String()
	}
	work, err := readWorked(ctx, tx, ids, from, noticeBefore)
	if err != nil {
		return nil, err
	}
	book, err := bookOf(ctx, tx)
	if err != nil {
		return nil, err
	}
	var out []LawNotice
	for _, id := range ids {
		p := people[id].Person
		figures := LawOf(agreements, p)
		planned := slices.DeleteFunc(plans[id], func(w law.Work) bool { // of who leaves before
			return !p.employed(calendar.DateOf(time.Unix(w.From*60, 0).In(p.Zone)))
		})
		for _, n := range law.Live(history(p.Zone, work[id]), figures, planned, now.Unix()/60, noticeAhead) {
			if n.Row != law.Break && n.Row != law.LongBreak || n.Last-now.Unix()/60 <= noticeBreak && !automatic(book, p, now, n) {
				out = append(out, LawNotice{whos[id], p.Zone, n})
			}
		}
	}
	slices.SortStableFunc(out, func(a, b LawNotice) int { return int(a.Last - b.Last) })
	return out, nil
}

// plannedWork gives a planned shift with its break in the middle: a plan says
// how long it is, not when.
func plannedWork(s plan.Shift) law.Work {
	w := law.Work{Span: law.Span{From: s.From, To: s.To}}
	if s.Break > 0 {
		middle := (s.From + s.To - int64(s.Break)) / 2
		w.Breaks = []law.Span{{From: middle, To: middle + int64(s.Break)}}
	}
	return w
}

// automatic says whether the rules take a break by themselves that is as long
// as the one that is due: then nobody is told to tap it.
func automatic(book *rule.Book, p Person, now time.Time, n law.Notice) bool {
	day := calendar.DateOf(now.In(p.Zone))
	rules := book.For(day, rule.Of{Employee: p.ID, Contract: p.TermsOn(day).Contract}).Set.Rules
	return slices.ContainsFunc(rules.Breaks, func(b rule.AutoBreak) bool { return b.Minutes >= n.Allowed })
}

// noticed gives the names of those who are in and of others.
func noticed(ctx context.Context, tx pg.Tx, now time.Time, others []int64) (map[int64]Who, []int64, error) {
	box, err := pg.Box(ctx, tx)
	if err != nil {
		return nil, nil, err
	}
	rows, err := tx.Query(ctx, `SELECT e.employee_id, e.number, e.surname, `+pg.OfPerson("e", "first_name")+`, e.contract_minutes FROM employee e
		WHERE e.tenant_id = current_tenant() AND (e.employee_id = ANY ($2) OR e.employee_id IN (
			SELECT w.employee_id FROM worked_day w WHERE w.tenant_id = current_tenant() AND w.running AND w.revisit >= $1))
		ORDER BY e.employee_id`, now.UnixMilli(), others)
	if err != nil {
		return nil, nil, fmt.Errorf("reading who is in: %w", err)
	}
	out, ids := map[int64]Who{}, []int64{}
	var w Who
	_, err = pgx.ForEachRow(rows, []any{&w.ID, &w.Number, &w.Surname, box.Text(&w.FirstName), &w.ContractMinutes}, func() error {
		out[w.ID], ids = w, append(ids, w.ID)
		return nil
	})
	if err != nil {
		return nil, nil, fmt.Errorf("reading who is in: %w", err)
	}
	return out, ids, nil
}
