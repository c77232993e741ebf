package api

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"tikklok/api/page"
	"tikklok/ingest/hours"
	"tikklok/ingest/people"
	"tikklok/ingest/pg"
)

func (s *Server) timesheetsPage(w http.ResponseWriter, r *http.Request) error {
	v, err := s.timesheets(r, r.URL.Query().Get)
	if err != nil {
		return err
	}
	return s.render(w, http.StatusOK, v)
}

// timesheets fills the page from the values of an address.
func (s *Server) timesheets(r *http.Request, value func(string) string) (*page.Timesheets, error) {
	ctx, f := r.Context(), s.frame(r)
	week, err := chosenWeek(value, f.Now)
	if err != nil {
		return nil, err
	}
	sheets, rules, err := s.readWeek(ctx, week)
	if err != nil {
		return nil, err
	}
	v := &page.Timesheets{
		Frame: f, Week: page.Week{Monday: week.Monday().In(f.Now.Location())}, Show: value("show"), Search: value("q"),
		MayApprove: s.may(ctx, "ApproveTimesheets"), Holes: holeLines(sheets, f.Now.Location()),
	}
	for _, sheet := range sheets {
		row := sheetRow(sheet, rules, f.Now)
		count(&v.Counts, row)
		if shown(row, v.Show) && people.Found(v.Search, row.Name, row.Number) {
			v.Rows = append(v.Rows, row)
		}
	}
	slices.SortStableFunc(v.Rows, exceptionsFirst)
	if employee := value("employee"); employee != "" && f.Fragment != "list" {
		v.Panel, err = s.panel(r, employee, value("day"), sheets, rules, f)
	}
	return v, err
}

// chosenWeek is the one asked for, else that of the day asked for, else this
// one.
func chosenWeek(value func(string) string, now time.Time) (hours.Week, error) {
	if text := value("week"); text != "" {
		return parseWeek(text)
	}
	if day, err := hours.ParseDate(value("day")); err == nil {
		return day.Week(), nil
	}
	return hoursNow(now), nil
}

func (s *Server) readWeek(ctx context.Context, week hours.Week) (sheets []hours.Timesheet, rules hours.Rules, err error) {
	err = s.inTenant(ctx, func(tx pg.Tx) error {
		if sheets, err = hours.Timesheets(ctx, tx, week); err != nil {
			return err
		}
		rules, err = rulesOn(ctx, tx, week.Sunday())
		return err
	})
	return sheets, rules, err
}

func sheetRow(t hours.Timesheet, rules hours.Rules, now time.Time) page.Sheet {
	row := page.Sheet{
		Employee: t.Who.ID, Number: t.Who.Number, Name: nameOf(t.Who.Surname, t.Who.FirstName), Minutes: t.Minutes,
		Contract: t.Who.ContractMinutes, State: sheetState(t, now), Incomplete: len(t.Missing) > 0, Changed: len(t.Pending) > 0,
		Reason: t.Reason, By: t.ByName,
	}
	for _, d := range t.Days {
		row.Days = append(row.Days, dayCell(d, rules, now))
		row.Running = row.Running || d.Running
		for _, e := range d.Exceptions {
			row.Exceptions = append(row.Exceptions, page.SheetException{Day: d.Date.In(now.Location()), Kind: string(e.Kind)})
		}
	}
	if t.State == hours.StateApproved { // what was approved all the same no longer asks
		row.Exceptions = nil
	}
	return row
}

func sheetState(t hours.Timesheet, now time.Time) string {
	switch {
	case t.State != hours.StateOpen:
		return string(t.State)
	case t.Exceptions > 0:
		return page.StateException
	case now.Before(t.Week.Sunday().AddDays(1).In(now.Location())):
		return page.StateOpen
	}
	return page.StateComplete
}

func dayCell(d hours.WeekDay, rules hours.Rules, now time.Time) page.Day {
	midnight := d.Date.In(now.Location())
	cell := page.Day{Date: midnight, Minutes: d.Minutes, Strip: page.DayStrip(midnight)}
	if len(d.Exceptions) > 0 {
		cell.Exception = string(d.Exceptions[0].Kind)
	}
	for _, segment := range d.Strip {
		if span := spanOf(d, segment, rules, now); span.To.After(span.From) {
			cell.Strip.Spans = append(cell.Strip.Spans, span)
		}
	}
	weekend := d.Date.Weekday() == time.Saturday || d.Date.Weekday() == time.Sunday
	cell.Absent = len(cell.Strip.Spans) == 0 && !d.Worked && (weekend || !d.Employed)
	return cell
}

// spanOf places a segment, given in minutes of the local day, in time: 25
// o'clock and the hour that is skipped in March are time.Date's business.
func spanOf(d hours.WeekDay, s hours.Segment, rules hours.Rules, now time.Time) page.Span {
	at := func(minute int) time.Time {
		return time.Date(d.Date.Year, d.Date.Month, d.Date.Day, 0, minute, 0, 0, now.Location())
	}
	span := page.Span{From: at(s.From), To: at(s.To), Band: page.Normal}
	switch s.Kind {
	case hours.SegmentBreak:
		span.Band = page.Break
	case hours.SegmentRunning:
		span.Running = true
		if span.To.After(now) {
			span.To = now
		}
	case hours.SegmentUnknown:
		span.NoStart = slices.ContainsFunc(d.Exceptions, func(e hours.Exception) bool { return e.Kind == hours.MissingIn })
		span.NoEnd = !span.NoStart
	default:
		span.Band = bandOf(rules, s.Code)
	}
	return span
}

// bandOf tells what kind of band a code is, by when its rule holds.
func bandOf(rules hours.Rules, code string) page.Band {
	for _, b := range rules.Bands {
		switch {
		case b.Code != code:
		case slices.Contains(b.Days, "holiday"):
			return page.Holiday
		case slices.Contains(b.Days, "sun"):
			return page.Sunday
		case b.From < "06:00":
			return page.Night
		default:
			return page.Evening
		}
	}
	return page.Normal
}

func count(c *page.SheetCounts, row page.Sheet) {
	c.All++
	switch row.State {
	case page.StateApproved, page.StateSent:
		c.Approved++
	case page.StateException:
		c.Exceptions++
	case page.StateComplete:
		c.Complete++
	}
}

func shown(row page.Sheet, show string) bool {
	switch show {
	case "exceptions":
		return row.State == page.StateException
	case "complete":
		return row.State == page.StateComplete
	case "approved":
		return row.State == page.StateApproved || row.State == page.StateSent
	}
	return true
}

func exceptionsFirst(a, b page.Sheet) int {
	first := func(s page.Sheet) int {
		if s.State == page.StateException {
			return 0
		}
		return 1
	}
	return first(a) - first(b)
}

func compare(a, b string) int { return strings.Compare(strings.ToLower(a), strings.ToLower(b)) }

// holeLines names once what any of the sheets lacks (I2).
func holeLines(sheets []hours.Timesheet, zone *time.Location) []page.HoleLine {
	var lines []page.HoleLine
	for _, sheet := range sheets {
		for _, m := range sheet.Missing {
			line := page.HoleLine{Kind: string(m.Kind), Device: m.Device, Site: m.SiteName, From: m.From, To: m.To, Since: m.Since.In(zone)}
			if !slices.Contains(lines, line) {
				lines = append(lines, line)
			}
		}
	}
	return lines
}
