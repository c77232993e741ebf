package api

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"

	"tikklok/api/page"
	"tikklok/ingest/hours"
	"tikklok/ingest/hours/approval"
	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/people"
	"tikklok/ingest/pg"
)

// bulkPage sums up what an approval of all complete timesheets would approve.
func (s *Server) bulkPage(w http.ResponseWriter, r *http.Request) error {
	week, err := parseWeek(r.FormValue("week"))
	if err != nil {
		return err
	}
	return s.showBulk(w, r, http.StatusOK, week)
}

func (s *Server) showBulk(w http.ResponseWriter, r *http.Request, status int, week calendar.Week) error {
	f := s.frame(r)
	v := &page.Bulk{Frame: f, Week: page.Week{Monday: week.Monday().In(f.Now.Location())}, Changed: status == http.StatusConflict}
	err := s.inTenant(r.Context(), func(tx pg.Tx) error {
		p, err := approval.PreviewBulk(r.Context(), tx, callerOf(r.Context()).actor(), week, nil, s.cfg.Now())
		v.Count, v.Minutes, v.Digest = len(p.Asks), p.Minutes, p.Digest
		v.Left = each(p.Left, func(l approval.LeftOut) page.LeftOut { return page.LeftOut{Why: string(l.Why), Count: l.Count} })
		return err
	})
	if err != nil {
		return err
	}
	return s.render(w, status, v)
}

// postBulk begins; the page then tells how far it is.
func (s *Server) postBulk(w http.ResponseWriter, r *http.Request) error {
	week, err := parseWeek(r.FormValue("week"))
	if err != nil {
		return err
	}
	b, err := s.startBulk(r.Context(), week, r.FormValue("digest"))
	switch {
	case errors.Is(err, approval.ErrChanged):
		return s.showBulk(w, r, http.StatusConflict, week)
	case err != nil:
		return s.refuse(w, r, page.PathTimesheets, err)
	}
	http.Redirect(w, r, page.PathBulk+"/"+strconv.FormatInt(b.ID, 10), http.StatusSeeOther)
	return nil
}

// bulkProgressPage tells how far it is, and again every two seconds until it
// is done: without a script too.
func (s *Server) bulkProgressPage(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	b, err := s.bulk(r.Context(), id)
	if err != nil {
		return err
	}
	f := s.frame(r)
	v := &page.BulkProgress{Frame: f, Week: page.Week{Monday: b.Week.Monday().In(f.Now.Location())}, Total: b.Total, Done: b.Done, Finished: b.Finished(),
		Refused: each(b.Refused, func(x approval.Refused) page.BulkRefused {
			return page.BulkRefused{Employee: x.Employee, Name: x.Name, Why: x.Why}
		})}
	if !v.Finished {
		w.Header().Set("Refresh", "2")
	}
	return s.render(w, http.StatusOK, v)
}

// periodPage shows a pay period week by week.
func (s *Server) periodPage(w http.ResponseWriter, r *http.Request) error {
	f := s.frame(r)
	day := calendar.DateOf(f.Now)
	if text := r.FormValue("day"); text != "" {
		var err error
		if day, err = calendar.ParseDate(text); err != nil {
			return wrongField("day", err.Error())
		}
	}
	v := &page.Period{Frame: f}
	err := s.inTenant(r.Context(), func(tx pg.Tx) error { return s.fillPeriod(r.Context(), tx, v, day, r.FormValue("page")) })
	if err != nil {
		return err
	}
	return s.render(w, http.StatusOK, v)
}

func (s *Server) fillPeriod(ctx context.Context, tx pg.Tx, v *page.Period, day calendar.Date, shown string) error {
	book, err := rulesBook(ctx, tx)
	if err != nil {
		return err
	}
	zone, period := v.Now.Location(), book.Period(day)
	v.From, v.To = period.From.In(zone), period.To.In(zone)
	v.Before, v.After = period.From.AddDays(-1).In(zone), period.To.AddDays(1).In(zone)
	v.Title = periodName(period)
	rows := map[int64]*page.PeriodRow{}
	for week := period.From.Week(); !period.To.Before(week.Monday()); week = week.Add(1) {
		drawn := page.Week{Monday: week.Monday().In(zone)}
		if v.Weeks = append(v.Weeks, drawn); len(v.Weeks) > 7 {
			break // no table has more
		}
		if err := s.periodWeek(ctx, tx, week, period, drawn, len(v.Weeks)-1, rows, v); err != nil {
			return err
		}
	}
	all := make([]page.PeriodRow, 0, len(rows))
	for _, row := range rows {
		for len(row.Weeks) < len(v.Weeks) {
			row.Weeks = append(row.Weeks, page.PeriodWeek{Week: v.Weeks[len(row.Weeks)]})
		}
		all = append(all, *row)
	}
	slices.SortFunc(all, func(a, b page.PeriodRow) int { return int(a.Employee - b.Employee) })
	people.SortByName(all, func(p page.PeriodRow) people.Name { return people.Name{Surname: p.Name, Number: p.Number} })
	v.Rows, v.Shown.Page, v.Shown.Pages = pageOf(all, shown)
	return nil
}

// periodWeek adds a week to everybody's row; of its minutes those of the
// period's own days.
func (s *Server) periodWeek(ctx context.Context, tx pg.Tx, week calendar.Week, period calendar.Period, drawn page.Week, at int, rows map[int64]*page.PeriodRow, v *page.Period) error {
	office, err := approval.Open(ctx, tx, week, s.cfg.Now())
	if err != nil {
		return err
	}
	all, err := hours.Summaries(ctx, tx, week)
	if err != nil {
		return err
	}
	data := weekData{office: office}
	for _, x := range all {
		if !sees(ctx, office, x) {
			continue
		}
		row := rows[x.Who.ID]
		if row == nil {
			row = &page.PeriodRow{Employee: x.Who.ID, Number: x.Who.Number, Name: nameOf(x.Who.Surname, x.Who.FirstName)}
			rows[x.Who.ID] = row
		}
		for len(row.Weeks) < at {
			row.Weeks = append(row.Weeks, page.PeriodWeek{Week: v.Weeks[len(row.Weeks)]})
		}
		minutes := x.Within(period)
		cell := page.PeriodWeek{Week: drawn, Minutes: minutes}
		if minutes != 0 || x.Exceptions() > 0 || x.State != hours.StateOpen {
			cell.State = data.stateOf(x, v.Now)
		}
		row.Weeks, row.Minutes = append(row.Weeks, cell), row.Minutes+minutes
	}
	return nil
}

// periodName gives the name of the table that a period is of, as far as its
// days tell: a period that a change of tables cut short has its first day.
func periodName(p calendar.Period) string {
	for _, t := range []calendar.Table{calendar.Weeks, calendar.FourWeeks, calendar.Months} {
		if t.Of(p.From) == p {
			return t.Name(p.From)
		}
	}
	return p.From.String()
}
