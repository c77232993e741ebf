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
	"tikklok/ingest/hours/approval"
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

// sheetsShown is how many timesheets one page lists.
const sheetsShown = 100

// timesheets fills the page from the values of an address.
func (s *Server) timesheets(r *http.Request, value func(string) string) (*page.Timesheets, error) {
	ctx, f := r.Context(), s.frame(r)
	week, err := chosenWeek(value, f.Now)
	if err != nil {
		return nil, err
	}
	site, err := optionalID(value("site"))
	if err != nil {
		return nil, err
	}
	employee, err := optionalID(value("employee"))
	if err != nil {
		return nil, err
	}
	v := &page.Timesheets{
		Frame: f, Week: page.Week{Monday: week.Monday().In(f.Now.Location())}, Show: value("show"), Search: value("q"), MayApprove: s.may(ctx, "ApproveTimesheets"), MayPrint: s.may(ctx, "PrintEvidence"),
	}
	data, err := s.readWeek(ctx, week, func(w *weekData) []int64 {
		v.Holes, v.Sites = holeLines(w.all, f.Now.Location()), siteOptions(w.sites, site)
		v.Approving = w.approving(f.Now)
		chosen := w.choose(v, site, f.Now)
		chosen, v.Approving.Page, v.Approving.Pages = pageOf(chosen, value("page"))
		ids := each(chosen, func(s hours.Summary) int64 { return s.Who.ID })
		if employee != 0 && !slices.Contains(ids, employee) {
			ids = append(ids, employee)
		}
		w.shown = len(chosen)
		readsAbout(ctx, ids...)
		return ids
	})
	if err != nil {
		return nil, err
	}
	v.Rows = each(data.sheets[:min(data.shown, len(data.sheets))], func(t hours.Timesheet) page.Sheet { return data.row(t, f.Now) })
	if employee != 0 && f.Fragment != "list" {
		if data.hides(ctx, employee) {
			return nil, hours.ErrNotFound
		}
		v.Panel, err = s.panel(r, value("employee"), value("day"), data, f)
	}
	return v, err
}

// hides says whether the caller may not see an employee: one who approves for
// some hirers only, of whose people this is none in the week.
func (w *weekData) hides(ctx context.Context, employee int64) bool {
	a := callerOf(ctx).account
	return a != nil && w.office.Limited(a.ID) && !slices.ContainsFunc(w.all, func(s hours.Summary) bool { return s.Who.ID == employee })
}

// choose gives the summaries that the page's filters leave, those with
// exceptions first, and counts them before Show is applied.
func (w *weekData) choose(v *page.Timesheets, site int64, now time.Time) []hours.Summary {
	var chosen []hours.Summary
	for _, s := range w.all {
		if site != 0 && !slices.Contains(s.Sites, site) {
			continue
		}
		state := w.stateOf(s, now)
		count(&v.Counts, state, s)
		if shown(state, s, v.Show) && people.Found(v.Search, nameOf(s.Who.Surname, s.Who.FirstName), s.Who.Number) {
			chosen = append(chosen, s)
		}
	}
	slices.SortStableFunc(chosen, func(a, b hours.Summary) int { return w.rank(a, now) - w.rank(b, now) })
	return chosen
}

func (w *weekData) rank(s hours.Summary, now time.Time) int {
	if w.stateOf(s, now) == page.StateException {
		return 0
	}
	return 1
}

// pageOf gives the part of a list that a page shows; a page that isn't there
// is the nearest one.
func pageOf[T any](all []T, text string) (part []T, at, of int) {
	of = max(1, (len(all)+sheetsShown-1)/sheetsShown)
	at, _ = strconv.Atoi(text) // whatever it is, there is a page
	at = min(max(at, 1), of)
	return all[min((at-1)*sheetsShown, len(all)):min(at*sheetsShown, len(all))], at, of
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
	all    []hours.Summary   // that the caller may see
	sheets []hours.Timesheet // those shown, in full; after them the panel's
	shown  int
	office *approval.Office
	rules  rule.Rules
	sites  []fleet.Site
	sent   map[int64]bool // whose hours left in a run
}

// readWeek reads everybody in short, and in full whom choose picks.
func (s *Server) readWeek(ctx context.Context, of calendar.Week, choose func(*weekData) []int64) (w weekData, err error) {
	return w, s.inTenant(ctx, func(tx pg.Tx) error {
		if w.office, err = approval.Open(ctx, tx, of, s.cfg.Now()); err != nil {
			return err
		}
		if w.all, err = hours.Summaries(ctx, tx, of); err != nil {
			return err
		}
		w.all = slices.DeleteFunc(w.all, func(x hours.Summary) bool { return !sees(ctx, w.office, x) })
		if w.sites, err = fleet.Sites(ctx, tx); err != nil {
			return err
		}
		if ofSomeHirers(ctx) { // the others' names are not theirs to know
			w.sites = slices.DeleteFunc(w.sites, func(x fleet.Site) bool { return !w.office.SeesSite(callerOf(ctx).account.ID, x.ID) })
		}
		if w.sent, err = payroll.Sent(ctx, tx, of.Monday(), of.Sunday()); err != nil {
			return err
		}
		if w.rules, err = rulesOn(ctx, tx, of.Sunday()); err != nil {
			return err
		}
		ids := choose(&w)
		w.sheets, err = hours.TimesheetsOf(ctx, tx, ids, of)
		slices.SortFunc(w.sheets, func(a, b hours.Timesheet) int { return slices.Index(ids, a.Who.ID) - slices.Index(ids, b.Who.ID) })
		return err
	})
}

// approving says how the week's approval is, as a whole.
func (w *weekData) approving(now time.Time) page.Approving {
	a := page.Approving{}
	if at := w.office.Deadline(); !at.IsZero() {
		a.Deadline, a.Late = at.In(now.Location()), !now.Before(at)
	}
	for _, s := range w.all {
		if approval.Waits(s) {
			a.Waiting++
		}
	}
	return a
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
	summary := t.Summary()
	row := page.Sheet{
		Seen: string(approval.SeenOf(summary)), Waits: waitsFor(w.office.Of(summary), t),
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

// waitsFor says whose level is to be given, where there are several; nothing
// where the state says it all.
func waitsFor(s approval.Stand, t hours.Timesheet) page.Message {
	n, of := s.Place()
	if of < 2 || !s.Waits() || t.State == hours.StateApproved && len(t.Pending) == 0 {
		return page.Message{}
	}
	key := "waits.for"
	if s.Overtaken {
		key = "waits.again"
	}
	return page.Say(key, page.Say("level.short."+string(s.Next[0].Level)), n, of)
}

func (w weekData) state(t hours.Timesheet, now time.Time) string { return w.stateOf(t.Summary(), now) }

func (w weekData) stateOf(s hours.Summary, now time.Time) string {
	switch {
	case s.State == hours.StateApproved && w.sent[s.Who.ID] && !s.Changed:
		return page.StateSent
	case s.State != hours.StateOpen:
		return string(s.State)
	case s.Exceptions() > 0:
		return page.StateException
	case now.Before(s.Week.Sunday().AddDays(1).In(now.Location())):
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
	if i := slices.IndexFunc(d.Exceptions, func(e hours.Exception) bool { return !e.Kind.Counted() }); i >= 0 {
		cell.Exception, cell.Unknown = string(d.Exceptions[i].Kind), true
	}
	for _, segment := range d.Strip {
		if span := spanOf(d, segment, rules, now); span.To.After(span.From) {
			cell.Strip.Spans = append(cell.Strip.Spans, span)
		}
	}
	for _, p := range d.Planned {
		cell.Strip.Planned = append(cell.Strip.Planned, spanOf(d, p, rules, now))
	}
	weekend := d.Date.Weekday() == time.Saturday || d.Date.Weekday() == time.Sunday
	cell.Absent = len(cell.Strip.Spans)+len(cell.Strip.Planned) == 0 && !d.Worked && (weekend || !d.Employed)
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

func count(c *page.SheetCounts, state string, s hours.Summary) {
	c.All++
	switch state {
	case page.StateApproved, page.StateSent:
		c.Approved++
	case page.StateException:
		c.Exceptions++
	case page.StateComplete:
		c.Complete++
	}
	if s.Changed {
		c.Changed++
	}
}

func shown(state string, s hours.Summary, show string) bool {
	switch show {
	case "exceptions":
		return state == page.StateException
	case "complete":
		return state == page.StateComplete
	case "approved":
		return state == page.StateApproved || state == page.StateSent
	case "changed":
		return s.Changed
	case "waiting":
		return approval.Waits(s)
	}
	return true
}

func compare(a, b string) int { return strings.Compare(strings.ToLower(a), strings.ToLower(b)) }

// holeLines names once what any of the sheets lacks (I2).
func holeLines(sheets []hours.Summary, zone *time.Location) []page.HoleLine {
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
