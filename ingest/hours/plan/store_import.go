package plan

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"tikklok/ingest/audit"
	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/pg"
)

// Preview is what a file would do, or did.
type Preview struct {
	Changes  []Change // none while there are problems
	Problems []Problem
}

// Count gives how many changes are of a kind.
func (p Preview) Count(kind ChangeKind) (n int) {
	for _, c := range p.Changes {
		if c.Kind == kind {
			n++
		}
	}
	return n
}

// ErrProblems refuses a file as a whole; the Preview names them by line.
var ErrProblems = errors.New("the file has problems; correct them and bring it again, nothing of it was taken up")

// CheckImport says what a file would do, without doing it.
func CheckImport(ctx context.Context, tx pg.Tx, f File) (Preview, error) {
	dir, err := readDirectory(ctx, tx)
	if err != nil {
		return Preview{}, err
	}
	rows, problems := f.resolve(dir)
	if len(problems) > 0 {
		return Preview{Problems: problems}, nil
	}
	zones := dir.zones()
	standing, err := f.standing(ctx, tx, rows)
	if err != nil {
		return Preview{}, err
	}
	changes := f.diff(rows, standing, zones)
	beside, err := around(ctx, tx, changes)
	if err != nil {
		return Preview{}, err
	}
	if problems := clashes(changes, beside, zones); len(problems) > 0 {
		return Preview{Problems: problems}, nil
	}
	return Preview{Changes: changes}, nil
}

// Import takes a file up, whole or not at all (ErrProblems, ErrOverlap), and
// says what it did. Taken up again it changes nothing.
func Import(ctx context.Context, tx pg.Tx, by audit.Actor, f File, now time.Time) (Preview, error) {
	p, err := CheckImport(ctx, tx, f)
	switch {
	case err != nil:
		return p, err
	case len(p.Problems) > 0:
		return p, ErrProblems
	}
	var changes []Change
	for _, c := range p.Changes {
		if c.Kind != Same {
			changes = append(changes, c)
		}
	}
	if len(changes) == 0 {
		return p, nil
	}
	if _, err := write(ctx, tx, by, changes, now); err != nil {
		return p, err
	}
	err = audit.Append(ctx, tx, audit.Entry{Action: "plan.import", SubjectKind: "plan", By: by,
		Payload: map[string]int{"added": p.Count(Added), "moved": p.Count(Moved), "withdrawn": p.Count(Withdrawn)}})
	if err != nil {
		return p, fmt.Errorf("taking up a plan: %w", err)
	}
	return p, nil
}

// zones gives each employee's.
func (d Directory) zones() map[int64]*time.Location {
	zones := make(map[int64]*time.Location, len(d.Employees))
	for _, e := range d.Employees {
		zones[e.ID] = e.Zone
	}
	return zones
}

func readDirectory(ctx context.Context, tx pg.Tx) (Directory, error) {
	dir := Directory{Sites: map[string]int64{}}
	rows, err := tx.Query(ctx, `SELECT e.employee_id, e.number, e.email, COALESCE(NULLIF(e.zone, ''), t.zone), e.employed_from, e.employed_until
		FROM employee e JOIN tenant t ON t.tenant_id = e.tenant_id WHERE e.tenant_id = current_tenant()`)
	if err != nil {
		return dir, fmt.Errorf("reading employees: %w", err)
	}
	zones := map[string]*time.Location{}
	var e Employee
	var zone string
	var until *time.Time
	_, err = pgx.ForEachRow(rows, []any{&e.ID, &e.Number, &e.Email, &zone, &e.From, &until}, func() (err error) {
		if zones[zone] == nil {
			if zones[zone], err = time.LoadLocation(zone); err != nil {
				return err
			}
		}
		if e.Zone, e.Until = zones[zone], (calendar.Date{}); until != nil {
			e.Until = calendar.DateOf(*until)
		}
		dir.Employees = append(dir.Employees, e)
		return nil
	})
	if err != nil {
		return dir, fmt.Errorf("reading employees: %w", err)
	}
	if rows, err = tx.Query(ctx, "SELECT site_id, name FROM site WHERE tenant_id = current_tenant()"); err != nil {
		return dir, fmt.Errorf("reading sites: %w", err)
	}
	var id int64
	var name string
	if _, err = pgx.ForEachRow(rows, []any{&id, &name}, func() error { dir.Sites[strings.ToLower(name)] = id; return nil }); err != nil {
		return dir, fmt.Errorf("reading sites: %w", err)
	}
	return dir, nil
}

// standing gives the shifts that a file may change, locked; of a calendar's
// events also those that were withdrawn.
func (f File) standing(ctx context.Context, tx pg.Tx, rows []wanted) ([]stored, error) {
	const columns = "SELECT " + shiftColumns + ", s.uid, COALESCE(s.occurrence, 0), s.sequence, s.withdrawn FROM "
	var found pgx.Rows
	var err error
	if f.calendar {
		var uids [][]byte
		for uid := range f.whole {
			uids = append(uids, uid[:])
		}
		for _, w := range rows {
			uids = append(uids, w.event[:])
		}
		found, err = tx.Query(ctx, columns+`plan_shift s WHERE s.tenant_id = current_tenant() AND s.uid = ANY ($1) ORDER BY s.shift_id FOR UPDATE`, uids)
	} else {
		var employees, from []int64
		for _, w := range rows {
			employees, from = append(employees, w.shift.Employee), append(from, dayStart(w))
		}
		found, err = tx.Query(ctx, columns+`plan_shift s WHERE s.tenant_id = current_tenant() AND NOT s.withdrawn AND s.shift_id IN (
			SELECT x.shift_id FROM unnest($1::bigint[], $2::bigint[]) n(employee, a)
			JOIN plan_shift x ON x.tenant_id = current_tenant() AND x.employee_id = n.employee AND x.from_at BETWEEN n.a - 1560 AND n.a + 3000)
			ORDER BY s.shift_id FOR UPDATE`, employees, from)
	}
	if err != nil {
		return nil, fmt.Errorf("reading plans: %w", err)
	}
	out, err := pgx.CollectRows(found, func(r pgx.CollectableRow) (s stored, err error) {
		var uid []byte
		err = r.Scan(&s.ID, &s.Employee, &s.Site, &s.Kind, &s.From, &s.To, &s.Break, &uid, &s.key.occurrence, &s.sequence, &s.gone)
		copy(s.key.event[:], uid)
		return s, err
	})
	if err != nil {
		return nil, fmt.Errorf("reading plans: %w", err)
	}
	return out, nil
}

// dayStart gives the UTC minute of a row's date, whatever the zone is: half a
// day more on each side is looked at.
func dayStart(w wanted) int64 { return w.day.In(time.UTC).Unix() / 60 }

// around gives what stands near the new times of changes, ascending by From.
func around(ctx context.Context, tx pg.Tx, changes []Change) ([]Shift, error) {
	var employees, from []int64
	for _, c := range changes {
		if c.Kind == Added || c.Kind == Moved {
			employees, from = append(employees, c.New.Employee), append(from, c.New.From)
		}
	}
	rows, err := tx.Query(ctx, `SELECT `+shiftColumns+` FROM plan_shift s WHERE s.tenant_id = current_tenant() AND NOT s.withdrawn AND s.shift_id IN (
			SELECT x.shift_id FROM unnest($1::bigint[], $2::bigint[]) n(employee, a)
			JOIN plan_shift x ON x.tenant_id = current_tenant() AND x.employee_id = n.employee AND x.from_at BETWEEN n.a - $3 AND n.a + $3)
		ORDER BY s.from_at, s.shift_id`, employees, from, longest)
	return collect(rows, err)
}
