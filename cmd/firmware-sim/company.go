package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"strings"
	"time"

	"tikklok/firmware-sim"
)

// settle enters what a company has besides people and taps, as its office
// would: a hirer with a site and assignments, rules, a roster, who approves, a
// destination for the hours, an account for one of the employees. It comes
// after the first live tap, so that nobody waits for it; what the first start
// did not get to stays missing.
func (w *world) settle(ctx context.Context, now time.Time) error {
	begun := w.path("sim", "settled")
	if _, err := os.Stat(begun); err == nil {
		return w.openAgain(ctx, now)
	}
	if err := os.WriteFile(begun, nil, 0o600); err != nil {
		return fmt.Errorf("folder %s: %w", w.dir, err)
	}
	began := time.Now()
	if err := w.enrolYard(ctx); err != nil {
		return err
	}
	for _, enter := range []func() error{
		func() error { return w.agree(ctx) },
		func() error { return w.hire(ctx) },
		func() error { return w.planOn(ctx, now) },
		func() error { return w.report(ctx, now) },
		func() error { return w.call(ctx, now) },
		func() error { return w.approvers(ctx) },
		func() error { return w.payroll(ctx) },
	} {
		if err := enter(); err != nil {
			return err
		}
	}
	w.connect(ctx, yardName)
	if err := w.nameReaders(ctx, yardName); err != nil {
		return err
	}
	fmt.Printf("contracts, a hirer, rules, the roster and who approves were entered in %.1f s\n", time.Since(began).Seconds())
	return w.employeeAccount(ctx, now)
}

// consent writes down that the works council consents to the page that shows
// live who is in, as a company has to before it is switched on.
func (w *world) consent(ctx context.Context, now time.Time) error {
	return w.api.call(ctx, "POST", "/privacy/registers", url.Values{"book": {"council"}, "subject": {"wall"}, "answer": {"consent"},
		"body": {"Ondernemingsraad"}, "day": {now.AddDate(0, 0, -30).Format(time.DateOnly)}, "reference": {"OR-2026-07"}}, nil)
}

// openAgain goes on with a company that was settled before.
func (w *world) openAgain(ctx context.Context, now time.Time) error {
	if err := w.enrolYard(ctx); err != nil {
		return err
	}
	w.connect(ctx, yardName)
	if err := w.openPackage(ctx); err != nil {
		return err
	}
	return w.planOn(ctx, now)
}

// hire enters the hirer whose site the yard is, and who works there.
func (w *world) hire(ctx context.Context) error {
	sites, err := w.named(ctx, "/api/v1/sites")
	if err != nil {
		return err
	}
	var hirer struct{ ID int64 }
	err = w.api.call(ctx, "POST", "/api/v1/hirers", map[string]any{"name": "Van Dam Logistiek", "site_ids": []int64{sites[yardSite]}}, &hirer)
	if err != nil {
		return err
	}
	centres := []string{"4100 inslag", "4200 uitslag"}
	for n, e := range w.lentOut() {
		err := w.api.call(ctx, "POST", fmt.Sprintf("/api/v1/employees/%d/assignments", w.names[e]), map[string]any{
			"hirer_id": hirer.ID, "site_id": sites[yardSite], "number": fmt.Sprintf("VDL-%d-%03d", w.people.Begin.Year(), 114+n),
			"cost_centre": centres[n%len(centres)], "from": w.people.Begin.Format(time.DateOnly)}, nil)
		if err != nil {
			return err
		}
	}
	monday := w.people.Begin.Format(time.DateOnly)
	return w.api.call(ctx, "POST", "/api/v1/approval/policies", map[string]any{"from": monday, "hirer_id": hirer.ID, "levels": []string{"hirer", "agency"}}, nil)
}

func (w *world) lentOut() (all []int) {
	for e := range employees {
		if lent(e) {
			all = append(all, e)
		}
	}
	return all
}

// planOn brings the roster of the weeks that have none yet, the next one
// included.
func (w *world) planOn(ctx context.Context, now time.Time) error {
	file := w.path("sim", "planned-until")
	from, until := w.people.Begin, monday(now.In(w.zone)).AddDate(0, 0, 14)
	b, err := os.ReadFile(file)
	if err == nil {
		from, err = time.ParseInLocation(time.DateOnly, string(b), w.zone)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("how far was planned: %w", err)
	}
	if !from.Before(until) {
		return nil
	}
	if err := w.plan(ctx, from, until); err != nil {
		return err
	}
	return os.WriteFile(file, []byte(until.Format(time.DateOnly)), 0o600)
}

// report enters who was away, hours only (OB-P2). Of the last one nobody told
// the office yet: a no-show.
func (w *world) report(ctx context.Context, now time.Time) error {
	var away []sim.Planned
	for _, s := range w.people.Roster(w.people.Begin, now.Add(-2*time.Hour)) {
		if s.Away {
			away = append(away, s)
		}
	}
	last := 0
	for i, s := range away {
		if s.From.After(away[last].From) {
			last = i
		}
	}
	minutes := map[string]map[int]int{}
	for i, s := range away {
		if day := w.local(s.From, time.DateOnly); i != last {
			if minutes[day] == nil {
				minutes[day] = map[int]int{}
			}
			minutes[day][s.Employee] += int(s.To.Sub(s.From).Minutes()) - restOf(s)
		}
	}
	for day, of := range minutes {
		for e, n := range of {
			err := w.api.call(ctx, "POST", "/api/v1/decisions", map[string]any{
				"kind": "absent", "employee_id": w.names[e], "date": day, "minutes": n, "reason": "gemeld"}, nil)
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// call plans those on call in the week that comes, and takes this evening's call
// back: too late for its employee to go without pay.
func (w *world) call(ctx context.Context, now time.Time) error {
	next := monday(now.In(w.zone)).AddDate(0, 0, 7)
	for n := range onCall {
		for _, day := range []time.Time{next.AddDate(0, 0, n%3), next.AddDate(0, 0, 2+n%3)} {
			if err := w.callOn(ctx, employees+n, day, "10:00", "15:00", nil); err != nil {
				return err
			}
		}
	}
	var shift struct{ ID int64 }
	if err := w.callOn(ctx, staff-1, now.In(w.zone), "19:00", "23:00", &shift); err != nil {
		return err
	}
	return w.api.call(ctx, "POST", fmt.Sprintf("/api/v1/plan/%d/withdraw", shift.ID), nil, nil)
}

func (w *world) callOn(ctx context.Context, employee int, day time.Time, from, to string, shift any) error {
	return w.api.call(ctx, "POST", "/api/v1/plan", map[string]any{
		"employee_id": w.names[employee], "kind": "call", "date": day.Format(time.DateOnly), "from": from, "to": to}, shift)
}

// approvers says who approves: employees may state their hours, the office
// approves until Tuesday noon.
func (w *world) approvers(ctx context.Context) error {
	return w.api.call(ctx, "POST", "/api/v1/approval/policies", map[string]any{
		"from": w.people.Begin.Format(time.DateOnly), "levels": []string{"employee", "agency"}, "statement_optional": true,
		"deadline": map[string]any{"days": 2, "at": "12:00", "remind_hours": 24}}, nil)
}

const packageName = "Salarispakket"

// payroll makes a destination with a code of the package for each of ours.
func (w *world) payroll(ctx context.Context) error {
	made, err := w.destination(ctx, packageName, "csv", map[string]string{"columns": "employee_number,date,code,component,minutes,hours"}, components)
	w.pays.Destination = made
	return err
}

// employeeAccount lets the one who forgot a tap last see their own hours, and
// ask for it to be put right.
func (w *world) employeeAccount(ctx context.Context, now time.Time) error {
	lines, err := sim.ReadLedger(w.ledgerFile())
	if err != nil {
		return err
	}
	var forgotten sim.Line
	for _, l := range lines {
		if l.Outcome == sim.Forgotten && w.people.Pattern(l.Employee) != sim.Night {
			forgotten = l
		}
	}
	e := forgotten.Employee
	email, password := strings.ToLower(firstNames[e])+"@example.nl", rand.Text()[:20]
	err = w.api.call(ctx, "POST", "/api/v1/accounts", map[string]any{
		"email": email, "name": firstNames[e] + " " + surnames[e], "roles": []string{"employee"}, "employee_id": w.names[e], "password": password}, nil)
	if err != nil {
		return err
	}
	file := w.path("sim", "employee")
	if err := os.WriteFile(file, []byte(email+" "+password), 0o600); err != nil {
		return fmt.Errorf("keeping the password: %w", err)
	}
	w.tellEmployee()
	if forgotten.Outcome == "" {
		return nil
	}
	own, err := newClient("http://" + w.http)
	if err != nil {
		return err
	}
	if err := own.call(ctx, "POST", "/api/v1/session", map[string]string{"email": email, "password": password}, nil); err != nil {
		return err
	}
	_, err = own.raw(ctx, "POST", "/me/ask", url.Values{
		"day": {w.local(forgotten.At, time.DateOnly)}, "what": {string(forgotten.Kind)}, "at": {w.local(forgotten.At, "15:04")}, "text": {"Vergeten te tikken."}})
	return err
}

// tellEmployee prints the sign-in of the employee's account, where there is
// one.
func (w *world) tellEmployee() {
	if kept, err := os.ReadFile(w.path("sim", "employee")); err == nil {
		email, password, _ := strings.Cut(string(kept), " ")
		fmt.Printf("\n  an employee's own page: http://%s/me\n  sign in   %s\n  password  %s\n\n", w.http, email, password)
	}
}
