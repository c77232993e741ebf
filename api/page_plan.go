package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"tikklok/api/page"
	"tikklok/ingest/fleet"
	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/hours/plan"
	"tikklok/ingest/people"
	"tikklok/ingest/pg"
)

func (s *Server) planPage(w http.ResponseWriter, r *http.Request) error {
	return s.showPlan(w, r, http.StatusOK, r.URL.Query().Get, nil)
}

// showPlan draws the week that an address asks for; refused is a form of its
// panel as it was typed.
func (s *Server) showPlan(w http.ResponseWriter, r *http.Request, status int, value func(string) string, refused *page.Form) error {
	f := s.frame(r)
	week, err := chosenWeek(value, f.Now)
	if err != nil {
		return err
	}
	var data planWeek
	err = s.inTenant(r.Context(), func(tx pg.Tx) (err error) {
		data, err = readPlan(r.Context(), tx, week, f.Now.Location())
		return err
	})
	if err != nil {
		return err
	}
	v := &page.Plan{Frame: f, Week: page.Week{Monday: week.Monday().In(f.Now.Location())}, Search: value("q"), MayPlan: s.may(r.Context(), "PutPlannedShift")}
	v.MayCopy = v.MayPlan && data.before && len(data.shifts) == 0
	for n := range 7 {
		v.Days = append(v.Days, week.Monday().AddDays(n).In(f.Now.Location()))
	}
	for _, e := range data.employees {
		if people.Found(v.Search, e.Surname, e.FirstName, e.Number) {
			v.Rows = append(v.Rows, data.row(e, f.Now.Location()))
		}
	}
	if employee := value("employee"); employee != "" && f.Fragment != "list" {
		v.Panel, err = s.planPanel(r.Context(), data, employee, value("day"), refused, f.Now.Location())
	}
	if err != nil {
		return err
	}
	return s.render(w, status, v)
}

// planWeek is what the page is made of.
type planWeek struct {
	week      calendar.Week
	employees []people.Employee
	shifts    map[int64][]plan.Shift
	sites     []fleet.Site
	before    bool // the week before holds shifts
}

func readPlan(ctx context.Context, tx pg.Tx, week calendar.Week, zone *time.Location) (d planWeek, err error) {
	d.week, d.shifts = week, map[int64][]plan.Shift{}
	all, err := people.Employees(ctx, tx)
	if err != nil {
		return d, err
	}
	for _, e := range all {
		if !week.Sunday().Before(calendar.DateOf(e.From)) && !(e.Until != nil && calendar.DateOf(*e.Until).Before(week.Monday())) {
			d.employees = append(d.employees, e)
		}
	}
	if d.sites, err = fleet.Sites(ctx, tx); err != nil {
		return d, err
	}
	const day = 24 * 60 // more on each side, for zones beside the tenant's
	monday := minuteOf(week.Monday(), zone)
	shifts, err := plan.Standing(ctx, tx, monday-8*day, minuteOf(week.Add(1).Monday(), zone)+day)
	for _, s := range shifts {
		switch {
		case s.From >= monday-day:
			d.shifts[s.Employee] = append(d.shifts[s.Employee], s)
		default:
			d.before = true
		}
	}
	return d, err
}

// zoneOfEmployee gives the zone that an employee's shifts are read in.
func zoneOfEmployee(e people.Employee, tenant *time.Location) *time.Location {
	if e.Zone == "" {
		return tenant
	}
	return zoneOf(e.Zone)
}

func (d planWeek) row(e people.Employee, tenant *time.Location) page.PlanRow {
	row := page.PlanRow{Employee: e.ID, Number: e.Number, Name: nameOf(e.Surname, e.FirstName), Contract: e.ContractMinutes, Days: d.days(e, tenant)}
	zone := zoneOfEmployee(e, tenant)
	for _, s := range d.shifts[e.ID] {
		if day := dateOfMinute(s.From, zone); s.Kind != plan.Standby && day.Week() == d.week {
			row.Minutes += s.Minutes()
		}
	}
	return row
}

func dateOfMinute(minute int64, zone *time.Location) calendar.Date {
	return calendar.DateOf(time.Unix(minute*60, 0).In(zone))
}

// days gives an employee's week.
func (d planWeek) days(e people.Employee, tenant *time.Location) []page.PlanDay {
	zone := zoneOfEmployee(e, tenant)
	days := make([]page.PlanDay, 7)
	for n := range days {
		date := d.week.Monday().AddDays(n)
		away := date.Before(calendar.DateOf(e.From)) || e.Until != nil && calendar.DateOf(*e.Until).Before(date)
		days[n] = page.PlanDay{Date: date.In(tenant), Away: away}
	}
	for _, s := range d.shifts[e.ID] {
		if n := dateOfMinute(s.From, zone).Sub(d.week.Monday()); n >= 0 && n < 7 {
			days[n].Shifts = append(days[n].Shifts, d.shift(s, zone))
		}
	}
	return days
}

func (d planWeek) shift(s plan.Shift, zone *time.Location) page.PlanShift {
	v := page.PlanShift{ID: s.ID, From: plan.ClockAt(s.From, zone), To: plan.ClockAt(s.To, zone), Kind: string(s.Kind), Break: s.Break}
	for _, site := range d.sites {
		if site.ID == s.Site {
			v.Site = site.Name
		}
	}
	return v
}

// planPanel gives the shifts of one employee's day, each in a form.
func (s *Server) planPanel(ctx context.Context, d planWeek, employee, day string, refused *page.Form, tenant *time.Location) (*page.PlanPanel, error) {
	who, err := id(employee)
	if err != nil {
		return nil, err
	}
	date, err := calendar.ParseDate(day)
	if err != nil {
		return nil, wrongField("day", err.Error())
	}
	i := slices.IndexFunc(d.employees, func(e people.Employee) bool { return e.ID == who })
	if i < 0 {
		return nil, people.ErrNotFound
	}
	e := d.employees[i]
	zone := zoneOfEmployee(e, tenant)
	p := &page.PlanPanel{
		Employee: who, Name: nameOf(e.Surname, e.FirstName), Date: date.In(tenant), Days: d.days(e, tenant), Zone: e.Zone,
		Before: date.AddDays(-1).In(tenant), After: date.AddDays(1).In(tenant),
	}
	for _, shift := range d.shifts[who] {
		if dateOfMinute(shift.From, zone) == date {
			p.Forms = append(p.Forms, d.form(shift, zone, refused))
		}
	}
	p.Forms = append(p.Forms, d.form(plan.Shift{Kind: plan.Work}, zone, refused))
	p.Forms[len(p.Forms)-1].Open = p.Forms[len(p.Forms)-1].Open || len(p.Forms) == 1
	err = s.inTenant(ctx, func(tx pg.Tx) (err error) {
		p.Old, err = oldShifts(ctx, tx, who, date, zone, tenant)
		return err
	})
	return p, err
}

// form gives a shift's form; the one that was refused as it was typed.
func (d planWeek) form(s plan.Shift, zone *time.Location, refused *page.Form) page.PlanForm {
	f := page.PlanForm{ID: s.ID, Form: page.Form{Values: map[string]string{}}}
	if s.ID != 0 {
		from, to := plan.ClockAt(s.From, zone), plan.ClockAt(s.To, zone)
		f.Form.Values = map[string]string{"was": from + "–" + to, "from": from, "to": to, "break": strconv.Itoa(s.Break)}
	}
	kind, site := string(s.Kind), strconv.FormatInt(s.Site, 10)
	if refused != nil && refused.Values["shift"] == shiftID(s.ID) {
		was := f.Form.Values["was"]
		f.Form, f.Open = *refused, true
		f.Form.Values["was"] = was
		kind, site = refused.Values["kind"], refused.Values["site"]
	}
	for _, k := range []plan.Kind{plan.Work, plan.Call, plan.Standby} {
		f.Kinds = append(f.Kinds, page.Option{Value: string(k), Chosen: string(k) == kind})
	}
	if len(d.sites) > 0 {
		f.Sites = []page.Option{{Value: "0"}}
	}
	for _, x := range d.sites {
		f.Sites = append(f.Sites, page.Option{Value: strconv.FormatInt(x.ID, 10), Label: x.Name, Chosen: strconv.FormatInt(x.ID, 10) == site})
	}
	return f
}

// shiftID gives the form's value: "" for a new one.
func shiftID(n int64) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatInt(n, 10)
}

// oldShifts gives what was planned for a day before.
func oldShifts(ctx context.Context, tx pg.Tx, employee int64, date calendar.Date, zone, tenant *time.Location) (old []page.PlanOld, err error) {
	from := date.In(zone)
	all, err := plan.Of(ctx, tx, []int64{employee}, []int64{from.UnixMilli()}, []int64{date.AddDays(1).In(zone).UnixMilli()})
	for _, s := range all[employee] {
		if s.Withdrawn != 0 && dateOfMinute(s.From, zone) == date {
			old = append(old, page.PlanOld{From: plan.ClockAt(s.From, zone), To: plan.ClockAt(s.To, zone), Kind: string(s.Kind), Until: time.UnixMilli(s.Withdrawn).In(tenant)})
		}
	}
	slices.SortStableFunc(old, func(a, b page.PlanOld) int { return b.Until.Compare(a.Until) })
	return old, err
}

// planFields are those of a shift's form.
var planFields = []string{"employee", "day", "shift", "from", "to", "break", "kind", "site"}

// postPlan adds or changes a shift.
func (s *Server) postPlan(w http.ResponseWriter, r *http.Request) error {
	form := formOf(r, planFields...)
	change, err := shiftOf(form)
	if err == nil && !form.Problem() {
		err = s.inTenant(r.Context(), func(tx pg.Tx) error {
			_, err := s.putShift(r.Context(), tx, change)
			return err
		})
	}
	switch {
	case form.Problem():
	case err == nil:
		return s.done(w, r, page.PathPlan, notice{Key: "notice.plan-kept"})
	default:
		if err = besidesPlan(form, change, err); err != nil {
			return s.refuse(w, r, page.PathPlan, err)
		}
	}
	return s.showPlan(w, r, http.StatusUnprocessableEntity, r.FormValue, &form)
}

// shiftOf reads the form; what is wrong with a field stands in its Problems.
func shiftOf(form page.Form) (c shiftChange, err error) {
	v := form.Values
	if c.shift.Employee, err = id(v["employee"]); err != nil {
		return c, err
	}
	if c.shift.ID, err = optionalID(v["shift"]); err != nil {
		return c, err
	}
	if c.date, err = calendar.ParseDate(v["day"]); err != nil {
		return c, wrongField("day", err.Error())
	}
	if site := strings.TrimPrefix(v["site"], "0"); site != "" {
		if c.shift.Site, err = id(site); err != nil {
			return c, err
		}
	}
	c.shift.Kind, c.from, c.to = plan.Kind(v["kind"]), v["from"], v["to"]
	for _, field := range []string{"from", "to"} {
		if _, err := plan.ParseLocal(c.date, v[field]); err != nil {
			form.Problems[field] = page.Say("refused.plan-time")
		}
	}
	minutes, ok := plan.ParseMinutes(v["break"])
	if !ok {
		form.Problems["break"] = page.Say("refused.plan-minutes")
	}
	c.shift.Break = minutes
	return c, nil
}

// besidesPlan puts what was refused beside the field that it is about, and
// gives back what is about none.
func besidesPlan(form page.Form, c shiftChange, err error) error {
	var clock *plan.ClockError
	field := "from"
	switch {
	case errors.As(err, &clock):
		if !strings.HasSuffix(clock.Local, " "+fullClock(c.from)) || clock.Local[:10] != c.date.String() {
			field = "to"
		}
		form.Problems[field] = page.Say("plan-problem."+clock.Kind(), clock.Local, clock.Zone, strings.Join(clock.Instead, ", "))
	case errors.Is(err, plan.ErrOverlap):
		form.Problems["from"] = page.Say("refused.plan-overlap")
	case errors.Is(err, plan.ErrEmployed):
		form.Problems["from"] = page.Say("refused.plan-employed")
	case errors.Is(err, plan.ErrInvalid):
		form.Problems["break"] = page.Say("plan-problem.break", c.shift.Break)
	default:
		return err
	}
	return nil
}

// fullClock gives "08:00" for "8:00" and "08:00+01".
func fullClock(text string) string {
	if i := strings.IndexAny(text, "+-"); i > 0 {
		text = text[:i]
	}
	return fmt.Sprintf("%05s", strings.Repeat("0", max(0, 5-len(text)))+text)
}

// postPlanWithdraw takes a shift back.
func (s *Server) postPlanWithdraw(w http.ResponseWriter, r *http.Request) error {
	return s.changeOne(w, r, "shift", page.PathPlan, "notice.plan-withdrawn", plan.Withdraw)
}

// postPlanCopy plans a week as the one before.
func (s *Server) postPlanCopy(w http.ResponseWriter, r *http.Request) error {
	week, err := parseWeek(r.FormValue("week"))
	if err != nil {
		return err
	}
	var copied, left int
	err = s.inTenant(r.Context(), func(tx pg.Tx) (err error) {
		copied, left, err = plan.CopyWeek(r.Context(), tx, callerOf(r.Context()).actor(), week.Add(-1), s.cfg.Now())
		return err
	})
	if err != nil {
		return s.refuse(w, r, page.PathPlan, err)
	}
	n := notice{Key: "notice.plan-copied", Values: []string{strconv.Itoa(copied)}}
	if left > 0 {
		n = notice{Key: "notice.plan-copied-some", Values: []string{strconv.Itoa(copied), strconv.Itoa(left)}}
	}
	return s.done(w, r, page.PathPlan, n)
}
