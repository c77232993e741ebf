package hours

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"tikklok/ingest/audit"
	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/people"
	"tikklok/ingest/pg"
	"tikklok/ingest/pg/vault"
)

// Timesheets gives the week of every employee employed in it, or with hours in
// it, in order of name.
func Timesheets(ctx context.Context, tx pg.Tx, week calendar.Week) ([]Timesheet, error) {
	return timesheets(ctx, tx, week, nil)
}

// TimesheetOf gives one employee's week; ErrNotFound when there is no such
// employee in it.
func TimesheetOf(ctx context.Context, tx pg.Tx, employee int64, week calendar.Week) (Timesheet, error) {
	all, err := timesheets(ctx, tx, week, []int64{employee})
	if err != nil {
		return Timesheet{}, err
	}
	if len(all) == 0 {
		return Timesheet{}, fmt.Errorf("timesheet of employee %d, week %s: %w", employee, week, ErrNotFound)
	}
	return all[0], nil
}

// sheet is a timesheet with what it is made of.
type sheet struct {
	Timesheet
	zone        *time.Location
	from        calendar.Date
	until       *calendar.Date
	days        []Day // from the Sunday before
	approvedSum []Difference
	found       []LawFinding
}

// TimesheetsOf gives the week of some employees, in order of name; who is not
// in it is left out.
func TimesheetsOf(ctx context.Context, tx pg.Tx, employees []int64, week calendar.Week) ([]Timesheet, error) {
	if len(employees) == 0 {
		return nil, nil
	}
	return timesheets(ctx, tx, week, employees)
}

// timesheets gives the week of these employees; nil: of all.
func timesheets(ctx context.Context, tx pg.Tx, week calendar.Week, only []int64) ([]Timesheet, error) {
	sheets, err := readSheets(ctx, tx, week, only)
	if err != nil {
		return nil, err
	}
	return fillSheets(ctx, tx, week, sheets)
}

// fillSheets makes timesheets of what was read, in the same order.
func fillSheets(ctx context.Context, tx pg.Tx, week calendar.Week, sheets []*sheet) ([]Timesheet, error) {
	missing, err := missingOf(ctx, tx, week)
	if err != nil {
		return nil, err
	}
	found, err := weekFindings(ctx, tx, week, sheets)
	if err != nil {
		return nil, err
	}
	out := make([]Timesheet, len(sheets))
	for i, s := range sheets {
		s.found = found[s.Who.ID]
		out[i] = s.fill(week)
		out[i].Missing = missing(s.Who.ID)
	}
	return out, nil
}

// readSheets reads employees with their state, days and approved lines.
func readSheets(ctx context.Context, tx pg.Tx, week calendar.Week, only []int64) ([]*sheet, error) {
	monday, sunday := week.Monday(), week.Sunday()
	box, err := pg.Box(ctx, tx)
	if err != nil {
		return nil, err
	}
	rows, err := tx.Query(ctx, `
		SELECT e.employee_id, e.number, e.surname, `+pg.OfJoined("e", "first_name")+`, `+contractOn+`, e.employed_from, e.employed_until, COALESCE(NULLIF(e.zone, ''), t.zone),
			COALESCE(s.state, 'open'), COALESCE(s.by_kind, ''), COALESCE(s.by_id, 0), s.at, COALESCE(s.reason, ''),
			CASE WHEN s.by_kind = 'account' THEN COALESCE((SELECT a.name FROM account a WHERE a.tenant_id = e.tenant_id AND a.account_id = s.by_id), '') ELSE '' END,
			ARRAY(SELECT detail::text FROM worked_day w WHERE w.tenant_id = e.tenant_id AND w.employee_id = e.employee_id
				AND w.day BETWEEN $1::text::date - 1 AND $2::text::date ORDER BY w.day),
			(SELECT COALESCE(json_agg(json_build_object('date', x.day, 'site', x.site_id, 'code', x.code, 'kind', x.kind, 'minutes', x.minutes)), '[]') FROM (
				SELECT l.day, l.site_id, l.code, l.kind, sum(l.minutes) AS minutes FROM approved_line l
				WHERE l.tenant_id = e.tenant_id AND l.employee_id = e.employee_id AND l.day BETWEEN $1::text::date AND $2::text::date
				GROUP BY l.day, l.site_id, l.code, l.kind) x)::text
		FROM employee e JOIN tenant t ON t.tenant_id = e.tenant_id`+pg.JoinKeys("e")+`
		LEFT JOIN timesheet s ON s.tenant_id = e.tenant_id AND s.employee_id = e.employee_id AND s.monday = $1::text::date
		WHERE e.tenant_id = current_tenant() AND ($3::bigint[] IS NULL OR e.employee_id = ANY ($3))
			AND (e.employed_from <= $2::text::date AND (e.employed_until IS NULL OR e.employed_until >= $1::text::date)
				OR EXISTS (SELECT FROM worked_day w WHERE w.tenant_id = e.tenant_id AND w.employee_id = e.employee_id AND w.day BETWEEN $1::text::date AND $2::text::date)
				OR s.state IS NOT NULL)
		ORDER BY e.employee_id`, monday.String(), sunday.String(), only)
	if err != nil {
		return nil, fmt.Errorf("reading timesheets: %w", err)
	}
	sheets, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (*sheet, error) { return scanSheet(r, box, week) })
	if err != nil {
		return nil, fmt.Errorf("reading timesheets: %w", err)
	}
	people.SortByName(sheets, func(s *sheet) people.Name { return s.Who.Name() })
	return sheets, nil
}

func scanSheet(r pgx.CollectableRow, box vault.Box, week calendar.Week) (*sheet, error) {
	s := &sheet{Timesheet: Timesheet{Week: week}}
	var until, at *time.Time
	var from time.Time
	var zone, byKind, approved string
	var details []string
	err := r.Scan(&s.Who.ID, &s.Who.Number, &s.Who.Surname, box.Text(&s.Who.FirstName), &s.Who.ContractMinutes, &from, &until, &zone,
		&s.State, &byKind, &s.By.ID, &at, &s.Reason, &s.ByName, &details, &approved)
	if err != nil {
		return nil, err
	}
	s.from, s.By.Kind = calendar.DateOf(from), audit.ActorKind(byKind)
	if until != nil {
		d := calendar.DateOf(*until)
		s.until = &d
	}
	if at != nil {
		s.At = *at
	}
	if s.zone, err = time.LoadLocation(zone); err != nil {
		return nil, err
	}
	for _, detail := range details {
		var d Day
		if err := json.Unmarshal([]byte(detail), &d); err != nil {
			return nil, err
		}
		s.days = append(s.days, d)
	}
	return s, json.Unmarshal([]byte(approved), &s.approvedSum)
}

// week gives the days of the week itself.
func (s *sheet) week() []Day {
	monday := s.Week.Monday()
	return slices.DeleteFunc(slices.Clone(s.days), func(d Day) bool { return d.Date.Before(monday) })
}

// fill makes the timesheet of what was read.
func (s *sheet) fill(week calendar.Week) Timesheet {
	t := s.Timesheet
	days := s.week()
	t.Codes, t.Sites, t.Warnings = codeTotals(days), sitesOf(days), checkWeek(days, s.Who.ContractMinutes, s.found)
	for i := range t.Days {
		date := week.Monday().AddDays(i)
		w := WeekDay{Date: date, Employed: !date.Before(s.from) && (s.until == nil || !s.until.Before(date))}
		for _, d := range days {
			if d.Date != date {
				continue
			}
			w.Minutes, w.Worked, w.Lines, w.Exceptions = d.Minutes, len(d.Shifts) > 0, d.Lines, d.Exceptions
			_, w.Running = d.revisit()
		}
		w.Strip, w.Planned = Strip(date, s.days, s.zone), PlannedStrip(date, s.days, s.zone)
		t.Minutes += w.Minutes
		t.Exceptions += len(w.Exceptions)
		t.Days[i] = w
	}
	if t.State == StateApproved {
		t.Pending = s.pending()
	}
	return t
}

// sitesOf gives where shifts were.
func sitesOf(days []Day) []int64 {
	var sites []int64
	add := func(site int64) {
		if site != 0 && !slices.Contains(sites, site) {
			sites = append(sites, site)
		}
	}
	for _, d := range days {
		for _, s := range d.Shifts {
			add(s.Site)
		}
		for _, l := range d.Lines {
			add(l.Site)
		}
	}
	slices.Sort(sites)
	return sites
}

// pending gives what was computed less what was approved (I5).
func (s *sheet) pending() []Difference {
	var computed []Difference
	for _, d := range s.week() {
		for _, l := range d.Lines {
			computed = append(computed, Difference{d.Date, l.Site, l.Code, l.Kind, l.Minutes})
		}
	}
	return differences(computed, s.approvedSum)
}
