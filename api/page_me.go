package api

import (
	"context"
	"net/http"
	"slices"
	"time"

	"tikklok/api/page"
	"tikklok/ingest/hours"
	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/hours/plan"
	"tikklok/ingest/hours/wording"
	"tikklok/ingest/pg"
)

// The pages of an employee read one employee only: that of the account. No
// address and no form names another.

// How much of what comes and of what was asked stands on the page of today.
const (
	plannedAhead = 28 * 24 * time.Hour
	plannedShown = 8
	askedShown   = 6
)

// ownEmployee is who is signed in, among the employees.
func ownEmployee(ctx context.Context) int64 { return callerOf(ctx).account.Employee }

func (s *Server) mePage(w http.ResponseWriter, r *http.Request) error {
	v := &page.Me{Frame: s.frame(r), State: "out"}
	err := s.inTenant(r.Context(), func(tx pg.Tx) error {
		x, err := hours.Explain(r.Context(), tx, ownEmployee(r.Context()), calendar.DateOf(v.Now))
		if err != nil {
			return err
		}
		zone := zoneOf(x.Day.Zone)
		v.Now = v.Now.In(zone)
		if x.Day.Date != calendar.DateOf(v.Now) { // it is another day where the employee works
			if x, err = hours.Explain(r.Context(), tx, x.Who.ID, calendar.DateOf(v.Now)); err != nil {
				return err
			}
		}
		if err := s.meNow(r.Context(), tx, v, x); err != nil || isFragment(v.Fragment) {
			return err
		}
		return s.meRest(r.Context(), tx, v, x.Who.ID)
	})
	if err != nil {
		return err
	}
	return s.render(w, http.StatusOK, v)
}

// meNow fills in whether somebody is in, and the hours of today so far.
func (s *Server) meNow(ctx context.Context, tx pg.Tx, v *page.Me, x hours.Explanation) error {
	in, is, err := hours.PresenceOf(ctx, tx, x.Who.ID, v.Now)
	if err != nil {
		return err
	}
	v.Day = pictureOf(x, v.Now.Location(), v.Now)
	v.Minutes = x.Day.Minutes
	if !is {
		return nil
	}
	v.State, v.Since, v.Where = "in", in.Since.In(v.Now.Location()), in.SiteName
	if in.OnBreak {
		v.State = "break"
	}
	began := x
	if day := calendar.DateOf(v.Since); day != x.Day.Date { // over midnight
		if began, err = hours.Explain(ctx, tx, x.Who.ID, day); err != nil {
			return err
		}
		v.Day = pictureOf(began, v.Now.Location(), v.Now)
	}
	v.Minutes = began.Day.Minutes + runningMinutes(began.Day, v.Now)
	v.Pause = len(began.Rules.Rules.Breaks) > 0
	return nil
}

// runningMinutes gives what a shift that still runs has brought so far, less
// the breaks that were tapped.
func runningMinutes(d hours.Day, now time.Time) int {
	for _, s := range d.Shifts {
		if s.State != hours.Running {
			continue
		}
		until := now.Unix() / 60
		if s.OnBreak {
			for _, p := range d.Punches {
				if p.Role == hours.RoleBreakStart {
					until = p.Minute()
				}
			}
		}
		minutes := int(until - s.Span.From)
		for _, b := range s.Breaks {
			minutes -= b.Minutes()
		}
		return max(0, minutes)
	}
	return 0
}

// meRest fills in what doesn't change by the minute.
func (s *Server) meRest(ctx context.Context, tx pg.Tx, v *page.Me, employee int64) error {
	today := calendar.DateOf(v.Now)
	week, sheet, err := s.ownWeek(ctx, tx, v.Frame, employee, today.Week())
	if err != nil {
		return err
	}
	before, err := ownSheet(ctx, tx, employee, today.Week().Monday().AddDays(-1).Week())
	if err != nil {
		return err
	}
	v.Week = week
	v.Open, err = openDays(v.Language, v.Now.Location(), before, sheet)
	if err != nil {
		return err
	}
	if v.Balance, err = ownBalance(ctx, tx, employee, today, v.Now.Location()); err != nil {
		return err
	}
	if v.Planned, err = ownPlan(ctx, tx, employee, v.Now); err != nil {
		return err
	}
	asked, err := hours.RequestsOf(ctx, tx, employee)
	v.Asked = requestLines(asked, v.Now.Location(), func(q hours.Request) bool {
		return q.State == hours.RequestOpen || v.Now.Sub(q.Answered) < 14*24*time.Hour
	})
	v.Asked = v.Asked[:min(len(v.Asked), askedShown)]
	return err
}

// forEmployee gives the exceptions that the employee can help with; the others
// are for the office alone.
func forEmployee(all []hours.Exception) []hours.Exception {
	return slices.DeleteFunc(slices.Clone(all), func(e hours.Exception) bool {
		switch e.Kind {
		case hours.Law, hours.LateWithdrawal, hours.SequenceHole, hours.Requested, hours.SealedDay, hours.NotEmployed:
			return true
		}
		return false
	})
}

// openDays gives the days on which something is not right yet, the latest
// first.
func openDays(language string, zone *time.Location, sheets ...hours.Timesheet) (open []page.MeOpen, err error) {
	for _, t := range sheets {
		for _, d := range t.Days {
			asks := forEmployee(d.Exceptions)
			if len(asks) == 0 || t.State == hours.StateApproved {
				continue
			}
			said, err := wording.Of(hours.Explanation{Day: hours.Day{Date: d.Date, Exceptions: asks[:1]}}, language, zone)
			if err != nil {
				return nil, err
			}
			open = append(open, page.MeOpen{Day: d.Date.In(zone), Text: said.Questions[0]})
		}
	}
	slices.Reverse(open)
	return open, nil
}

func ownBalance(ctx context.Context, tx pg.Tx, employee int64, day calendar.Date, zone *time.Location) ([]page.MeBalance, error) {
	week, period, err := hours.Balances(ctx, tx, employee, day)
	line := func(name string, b hours.Balance) page.MeBalance {
		return page.MeBalance{Name: name, From: b.Days.From.In(zone), To: b.Days.To.In(zone), Counted: b.Counted, Agreed: b.Agreed}
	}
	if period.Days == week.Days {
		return []page.MeBalance{line("week", week)}, err
	}
	return []page.MeBalance{line("week", week), line("period", period)}, err
}

// ownPlan gives the next planned shifts.
func ownPlan(ctx context.Context, tx pg.Tx, employee int64, now time.Time) ([]page.MeShift, error) {
	all, err := plan.Of(ctx, tx, []int64{employee}, []int64{now.UnixMilli()}, []int64{now.Add(plannedAhead).UnixMilli()})
	if err != nil {
		return nil, err
	}
	sites, err := siteNames(ctx, tx)
	if err != nil {
		return nil, err
	}
	var out []page.MeShift
	for _, p := range all[employee] {
		if p.Withdrawn == 0 && len(out) < plannedShown {
			out = append(out, page.MeShift{From: atMinute(p.From, now.Location()), To: atMinute(p.To, now.Location()), Kind: string(p.Kind), Where: sites[p.Site]})
		}
	}
	return out, nil
}

// requestLines gives requests, the latest first.
func requestLines(all []hours.Request, zone *time.Location, which func(hours.Request) bool) []page.MeRequest {
	var out []page.MeRequest
	for _, q := range all {
		if !which(q) {
			continue
		}
		line := page.MeRequest{Day: q.Day.In(zone), What: string(q.What), Text: q.Text, State: string(q.State)}
		if !q.At.IsZero() {
			line.At = q.At.In(zone)
		}
		if line.Answer = q.Reason; q.ByName != "" && q.Reason != "" {
			line.Answer = q.ByName + ": " + q.Reason
		}
		out = append(out, line)
	}
	slices.SortStableFunc(out, func(a, b page.MeRequest) int { return b.Day.Compare(a.Day) })
	return out
}
