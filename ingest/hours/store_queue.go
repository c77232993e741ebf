package hours

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/pg"
)

// QueueOf gives what waits for a person.
func QueueOf(ctx context.Context, tx pg.Tx, f QueueFilter) (Queue, error) {
	zone, err := tenantZone(ctx, tx)
	if err != nil {
		return Queue{}, err
	}
	devices, err := readDevices(ctx, tx)
	if err != nil {
		return Queue{}, err
	}
	q := Queue{Kinds: map[ExceptionKind]int{}}
	few, err := queuedBeside(ctx, tx, zone, devices)
	if err != nil {
		return Queue{}, err
	}
	for _, item := range few {
		if !f.fits(item) {
			continue
		}
		q.Kinds[item.Kind]++
		if f.Kind == "" || f.Kind == item.Kind {
			q.Items = append(q.Items, item)
		}
	}
	days, err := countQueued(ctx, tx, f, q.Kinds)
	if err != nil {
		return Queue{}, err
	}
	beside := len(q.Items)
	q.Total = beside + days
	q.Items = q.Items[min(f.Offset, beside):min(f.Offset+f.Limit, beside)]
	if left := f.Limit - len(q.Items); left > 0 && days > 0 {
		more, err := queuedDays(ctx, tx, f, max(0, f.Offset-beside), left, devices)
		if err != nil {
			return Queue{}, err
		}
		q.Items = append(q.Items, more...)
	}
	return q, nil
}

// CountQueue gives how many exceptions wait: what the menu shows.
func CountQueue(ctx context.Context, tx pg.Tx) (n int, err error) {
	kinds := map[ExceptionKind]int{}
	if _, err := countQueued(ctx, tx, QueueFilter{}, kinds); err != nil {
		return 0, err
	}
	for _, k := range kinds {
		n += k
	}
	var beside int
	err = tx.QueryRow(ctx, `SELECT (SELECT count(*) FROM correction_request WHERE tenant_id = current_tenant() AND state = 'open')
		+ (SELECT count(*) FROM (SELECT FROM punch p WHERE `+nobodys+` GROUP BY p.key_version, p.token, (to_timestamp(p.placed / 1000.0) AT TIME ZONE
			(SELECT zone FROM tenant WHERE tenant_id = current_tenant()))::date) x)`).Scan(&beside)
	if err != nil {
		return 0, fmt.Errorf("counting exceptions: %w", err)
	}
	return n + beside, nil
}

func (f QueueFilter) fits(item QueueItem) bool {
	week := calendar.Week{}
	return (f.Site == 0 || f.Site == item.Site) &&
		(f.Week == week || !item.Day.Before(f.Week.Monday()) && !f.Week.Sunday().Before(item.Day))
}

// queuedBeside gives what is no day's: few.
func queuedBeside(ctx context.Context, tx pg.Tx, zone *time.Location, devices devices) (out []QueueItem, err error) {
	asked, err := OpenRequests(ctx, tx)
	if err != nil {
		return nil, err
	}
	for _, r := range asked {
		out = append(out, QueueItem{Exception: r.exception(), Who: r.Who, Day: r.Day, Zone: zone.String(), Asked: &r})
	}
	fobs, err := fobTaps(ctx, tx, zone, devices)
	if err != nil {
		return nil, err
	}
	holes, err := queuedHoles(ctx, tx, zone)
	return append(append(out, fobs...), holes...), err
}

// exception gives a request as an exception of its day.
func (r Request) exception() Exception {
	e := Exception{Kind: Requested, Request: r.ID, Proposal: r.propose()}
	if !r.At.IsZero() {
		e.At = r.At.UnixMilli()
	}
	return e
}

// queued is the days with exceptions that nobody approved, each exception x;
// $1 site, $2 and $3 Monday and Sunday, or NULL.
const queued = `FROM worked_day w CROSS JOIN LATERAL jsonb_array_elements(w.detail->'exceptions') WITH ORDINALITY x(value, n)
	WHERE w.tenant_id = current_tenant() AND w.detail ? 'exceptions' AND ($2::text IS NULL OR w.day BETWEEN $2::text::date AND $3::text::date)
		AND ($1::bigint = 0 OR (x.value->>'site')::bigint = $1 OR jsonb_path_exists(w.detail, '$.punches[*] ? (@.site == $site)', jsonb_build_object('site', $1::bigint)))
		AND NOT EXISTS (SELECT FROM timesheet s WHERE s.tenant_id = w.tenant_id AND s.employee_id = w.employee_id
			AND s.monday = date_trunc('week', w.day)::date AND s.state = 'approved')`

func (f QueueFilter) args() []any {
	var monday, sunday *string
	if (f.Week != calendar.Week{}) {
		a, b := f.Week.Monday().String(), f.Week.Sunday().String()
		monday, sunday = &a, &b
	}
	return []any{f.Site, monday, sunday}
}

// countQueued counts the exceptions of days by kind, and gives how many are of
// the kind asked for.
func countQueued(ctx context.Context, tx pg.Tx, f QueueFilter, kinds map[ExceptionKind]int) (n int, err error) {
	rows, err := tx.Query(ctx, `SELECT x.value->>'kind', count(*) `+queued+` GROUP BY 1`, f.args()...)
	if err != nil {
		return 0, fmt.Errorf("counting exceptions: %w", err)
	}
	var kind ExceptionKind
	var count int
	_, err = pgx.ForEachRow(rows, []any{&kind, &count}, func() error {
		kinds[kind] += count
		if f.Kind == "" || f.Kind == kind {
			n += count
		}
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("counting exceptions: %w", err)
	}
	return n, nil
}

// employeeDay names a day of an employee.
type employeeDay struct {
	employee int64
	day      calendar.Date
}

// queuedDays gives a page of the exceptions of days, with their proposals.
func queuedDays(ctx context.Context, tx pg.Tx, f QueueFilter, offset, limit int, devices devices) ([]QueueItem, error) {
	box, err := pg.Box(ctx, tx)
	if err != nil {
		return nil, err
	}
	rows, err := tx.Query(ctx, `SELECT e.employee_id, e.number, e.surname, `+pg.OfPerson("e", "first_name")+`, e.contract_minutes, COALESCE(NULLIF(e.zone, ''), t.zone), q.day, q.value
		FROM (SELECT w.employee_id, w.day, x.value, x.n `+queued+` AND $4 IN ('', x.value->>'kind')
			ORDER BY w.day DESC, w.employee_id, x.n OFFSET $5 LIMIT $6) q
		JOIN employee e ON e.tenant_id = current_tenant() AND e.employee_id = q.employee_id JOIN tenant t ON t.tenant_id = e.tenant_id
		ORDER BY q.day DESC, q.employee_id, q.n`, append(f.args(), string(f.Kind), offset, limit)...)
	if err != nil {
		return nil, fmt.Errorf("reading exceptions: %w", err)
	}
	items, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (i QueueItem, err error) {
		var day time.Time
		var e []byte
		err = r.Scan(&i.Who.ID, &i.Who.Number, &i.Who.Surname, box.Text(&i.Who.FirstName), &i.Who.ContractMinutes, &i.Zone, &day, &e)
		if err == nil {
			err = json.Unmarshal(e, &i.Exception)
		}
		i.Day = calendar.DateOf(day)
		return i, err
	})
	if err != nil {
		return nil, fmt.Errorf("reading exceptions: %w", err)
	}
	return items, proposeQueued(ctx, tx, items, devices)
}

// proposeQueued fills in what the days of a page look like, and the proposals.
func proposeQueued(ctx context.Context, tx pg.Tx, items []QueueItem, devices devices) error {
	book, err := bookOf(ctx, tx)
	if err != nil {
		return err
	}
	histories, err := queuedHistories(ctx, tx, items)
	if err != nil {
		return err
	}
	holes, err := openHoles(ctx, tx)
	if err != nil {
		return err
	}
	people := map[int64]Facts{}
	var ids []int64
	for _, i := range items {
		ids = append(ids, i.Who.ID)
	}
	if err := readPeople(ctx, tx, ids, people); err != nil {
		return err
	}
	for n := range items {
		i := &items[n]
		days := histories[employeeDay{i.Who.ID, i.Day}]
		if len(days) == 0 || days[len(days)-1].Date != i.Day {
			continue // computed anew since
		}
		d := days[len(days)-1]
		person := people[i.Who.ID].Person
		i.Site, i.Minutes = cmp.Or(i.Exception.Site, d.site(i.Tap)), d.Minutes
		i.SiteName = devices.sites[i.Site]
		i.Strip = Strip(i.Day, days, person.Zone)
		if i.Kind.lacksTap() {
			i.Hole = hiding(holes, i.Day, person.Zone, d.site(i.Tap))
		}
		l := lookup{book: book, person: person, hirers: devices.hirers}
		i.Rules = l.page(i.Day, i.Site).Set.Rules
		i.Proposal = Propose(i.Exception, d, History{days[:len(days)-1], i.Who.ContractMinutes}, i.Rules, person.Zone)
	}
	return nil
}

// site gives the site of a tap of the day, else of the first punch that has one.
func (d Day) site(tap TapID) (site int64) {
	for _, p := range d.Punches {
		if p.Site != 0 && (p.Tap == tap || site == 0) {
			site = p.Site
		}
		if p.Tap == tap && tap != "" && p.Site != 0 {
			break
		}
	}
	return site
}

// queuedHistories reads, for each day of a page, it and the four weeks before.
func queuedHistories(ctx context.Context, tx pg.Tx, items []QueueItem) (map[employeeDay][]Day, error) {
	var employees []int64
	var dates []string
	seen := map[employeeDay]bool{}
	for _, i := range items {
		if k := (employeeDay{i.Who.ID, i.Day}); !seen[k] {
			seen[k] = true
			employees, dates = append(employees, i.Who.ID), append(dates, i.Day.String())
		}
	}
	rows, err := tx.Query(ctx, `SELECT n.employee, n.day::date, w.detail FROM unnest($1::bigint[], $2::text[]) n(employee, day)
		JOIN worked_day w ON w.tenant_id = current_tenant() AND w.employee_id = n.employee AND w.day BETWEEN n.day::date - 28 AND n.day::date
		ORDER BY n.employee, n.day, w.day`, employees, dates)
	if err != nil {
		return nil, fmt.Errorf("reading days: %w", err)
	}
	out := map[employeeDay][]Day{}
	var employee int64
	var day time.Time
	var detail []byte
	_, err = pgx.ForEachRow(rows, []any{&employee, &day, &detail}, func() error {
		var d Day
		k := employeeDay{employee, calendar.DateOf(day)}
		err := json.Unmarshal(detail, &d)
		out[k] = append(out[k], d)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("reading days: %w", err)
	}
	return out, nil
}
