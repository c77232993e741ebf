package api

import (
	"context"
	"errors"
	"net/http"
	"time"

	"tikklok/api/page"
	"tikklok/ingest/fleet"
	"tikklok/ingest/hours"
	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/pg"
)

// meWeekPage shows a week by day; without one in the address, this one.
func (s *Server) meWeekPage(w http.ResponseWriter, r *http.Request) error {
	ctx, f := r.Context(), s.frame(r)
	week := hoursNow(f.Now)
	if text := r.PathValue("week"); text != "" {
		var err error
		if week, err = parseWeek(text); err != nil {
			return &problem{status: http.StatusNotFound, detail: "no such week"}
		}
	}
	v := &page.MeWeek{Frame: f, Latest: !week.Monday().Before(hoursNow(f.Now).Monday())}
	err := s.inTenant(ctx, func(tx pg.Tx) error {
		rows, sheet, err := s.ownWeek(ctx, tx, f, ownEmployee(ctx), week)
		if err != nil {
			return err
		}
		v.Rows = rows
		if err := s.drawWeek(ctx, tx, &v.Rows, f.Now); err != nil {
			return err
		}
		if v.Statement, v.Seen, err = statementOf(ctx, tx, callerOf(ctx).account, sheet, f.Now); err != nil {
			return err
		}
		v.Balance, err = ownBalance(ctx, tx, ownEmployee(ctx), week.Sunday(), f.Now.Location())
		return err
	})
	if err != nil {
		return err
	}
	return s.render(w, http.StatusOK, v)
}

// ownSheet gives an employee's week; an empty one where they had none.
func ownSheet(ctx context.Context, tx pg.Tx, employee int64, week calendar.Week) (hours.Timesheet, error) {
	sheet, err := hours.TimesheetOf(ctx, tx, employee, week)
	if errors.Is(err, hours.ErrNotFound) {
		sheet = hours.Timesheet{Who: hours.Who{ID: employee}, Week: week, State: hours.StateOpen}
		for i := range sheet.Days {
			sheet.Days[i].Date = week.Monday().AddDays(i)
		}
		return sheet, nil
	}
	return sheet, err
}

func (s *Server) ownWeek(ctx context.Context, tx pg.Tx, f page.Frame, employee int64, week calendar.Week) (page.MeWeekRows, hours.Timesheet, error) {
	sheet, err := ownSheet(ctx, tx, employee, week)
	if err != nil {
		return page.MeWeekRows{}, sheet, err
	}
	rows := page.MeWeekRows{Week: page.Week{Monday: week.Monday().In(f.Now.Location())}, Minutes: sheet.Minutes, State: string(sheet.State)}
	for _, d := range sheet.Days {
		row := page.MeDayRow{Day: page.Day{Date: d.Date.In(f.Now.Location()), Minutes: d.Minutes}, Running: d.Running,
			Open: len(forEmployee(d.Exceptions)) > 0 && sheet.State != hours.StateApproved, Future: calendar.DateOf(f.Now).Before(d.Date)}
		for _, l := range d.Lines {
			if l.Kind == hours.LineAbsent {
				row.Absent += l.Minutes
			}
		}
		rows.Days = append(rows.Days, row)
	}
	return rows, sheet, nil
}

// drawWeek adds the picture of each day that there is something to see on.
func (s *Server) drawWeek(ctx context.Context, tx pg.Tx, rows *page.MeWeekRows, now time.Time) error {
	for i := range rows.Days {
		row := &rows.Days[i]
		if row.Future || row.Day.Minutes == 0 && !row.Running && !row.Open {
			continue
		}
		x, err := hours.Explain(ctx, tx, ownEmployee(ctx), calendar.DateOf(row.Day.Date))
		if err != nil {
			return err
		}
		picture := pictureOf(x, zoneOf(x.Day.Zone), now)
		row.Picture = &picture
	}
	return nil
}

func siteNames(ctx context.Context, tx pg.Tx) (map[int64]string, error) {
	sites, err := fleet.Sites(ctx, tx)
	names := map[int64]string{}
	for _, site := range sites {
		names[site.ID] = site.Name
	}
	return names, err
}
