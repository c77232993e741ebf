package api

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"tikklok/api/page"
	"tikklok/ingest/fleet"
	"tikklok/ingest/hours"
	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/hours/rule"
	"tikklok/ingest/people"
	"tikklok/ingest/pg"
	"tikklok/payroll"
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
	data, err := s.readWeek(ctx, week)
	if err != nil {
		return nil, err
	}
	site, err := optionalID(value("site"))
	if err != nil {
		return nil, err
	}
	v := &page.Timesheets{
		Frame: f, Week: page.Week{Monday: week.Monday().In(f.Now.Location())}, Show: value("show"), Search: value("q"),
		MayApprove: s.may(ctx, "ApproveTimesheets"), Holes: holeLines(data.sheets, f.Now.Location()), Sites: siteOptions(data.sites, site),
	}
	for _, sheet := range data.sheets {
		if site != 0 && !slices.Contains(sheet.Sites, site) {
			continue
		}
		row := data.row(sheet, f.Now)
		count(&v.Counts, row)
		if shown(row, v.Show) && people.Found(v.Search, row.Name, row.Number) {
			v.Rows = append(v.Rows, row)
		}
	}
	slices.SortStableFunc(v.Rows, exceptionsFirst)
	if employee := value("employee"); employee != "" && f.Fragment != "list" {
		v.Panel, err = s.panel(r, employee, value("day"), data, f)
	}
	return v, err
}

// chosenWeek is the one asked for, else that of the day asked for, else this
// one.
func chosenWeek(value func(string) string, now time.Time) (calendar.Week, error) {
	if text := value("week"); text != "" {
		return parseWeek(text)
	}
	if day, err := calendar.ParseDate(value("day")); err == nil {
		return day.Week(), nil
	}
	return hoursNow(now), nil
}

// weekData is what the page is made of.
type weekData struct {
	sheets []hours.Timesheet
	rules  rule.Rules
	sites  []fleet.Site
	sent   map[int64]bool // whose hours left in a run
}

func (s *Server) readWeek(ctx context.Context, of calendar.Week) (w weekData, err error) {
	return w, s.inTenant(ctx, func(tx pg.Tx) error {
		if w.sheets, err = hours.Timesheets(ctx, tx, of); err != nil {
			return err
		}
		if w.sites, err = fleet.Sites(ctx, tx); err != nil {
			return err
		}
		if w.sent, err = payroll.Sent(ctx, tx, of.Monday(), of.Sunday()); err != nil {
			return err
		}
		w.rules, err = rulesOn(ctx, tx, of.Sunday())
		return err
	})
}

// siteOptions are the filter's choices; where there is one site there is none.
func siteOptions(sites []fleet.Site, chosen int64) []page.Option {
	if len(sites) < 2 {
		return nil
	}
	options := []page.Option{{Chosen: chosen == 0}}
	for _, site := range sites {
		options = append(options, page.Option{Value: strconv.FormatInt(site.ID, 10), Label: site.Name, Chosen: site.ID == chosen})
	}
	return options
}

func (w weekData) row(t hours.Timesheet, now time.Time) page.Sheet {
	row := page.Sheet{
		Employee: t.Who.ID, Number: t.Who.Number, Name: nameOf(t.Who.Surname, t.Who.FirstName), Minutes: t.Minutes,
		Contract: t.Who.ContractMinutes, State: w.state(t, now), Incomplete: len(t.Missing) > 0, Changed: len(t.Pending) > 0,
		Reason: t.Reason, By: t.ByName, Warnings: each(t.Warnings, func(x hours.Warning) page.Message { return warning("warn.", x) }),
	}
	for _, d := range t.Days {
		row.Days = append(row.Days, dayCell(d, w.rules, now))
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

// warning says what the Working Hours Act asks to be looked at.
func warning(prefix string, x hours.Warning) page.Message {
	if x.Kind == hours.WarnShortRest {
		return page.Say(prefix+string(x.Kind), page.Minutes(x.Minutes), page.Weekday(x.Day.In(time.UTC)))
	}
	return page.Say(prefix+string(x.Kind), page.Minutes(x.Minutes))
}

func (w weekData) state(t hours.Timesheet, now time.Time) string {
	switch {
	case t.State == hours.StateApproved && w.sent[t.Who.ID] && len(t.Pending) == 0:
		return page.StateSent
	case t.State != hours.StateOpen:
		return string(t.State)
	case t.Exceptions > 0:
		return page.StateException
	case now.Before(t.Week.Sunday().AddDays(1).In(now.Location())):
		return page.StateOpen
	}
	return page.StateComplete
}

func dayCell(d hours.WeekDay, rules rule.Rules, now time.Time) page.Day {
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
func spanOf(d hours.WeekDay, s hours.Segment, rules rule.Rules, now time.Time) page.Span {
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
func bandOf(rules rule.Rules, code string) page.Band {
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
