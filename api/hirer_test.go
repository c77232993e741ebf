package api

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/labstack/echo/v4"

	"tikklok/api/page"
	"tikklok/ingest/audit"
	"tikklok/ingest/hours"
	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/people"
	"tikklok/ingest/pg"
	"tikklok/ingest/pg/pgtest"
)

// ofHirer is a house with an approver who approves for one of two hirers, and
// an employee of each.
type ofHirer struct {
	own
	bram *client // over the API
	page *client // on pages
	day  string
}

func newOfHirer(t *testing.T) ofHirer {
	t.Helper()
	o := ofHirer{own: newOwn(t), day: "2026-03-09"}
	hirers := map[int64]int64{}
	for employee, name := range map[int64]string{o.mine: "Kwekerij", o.other: "Zeldzaam BV"} {
		hirers[employee] = pgtest.Exec(t, o.url, "INSERT INTO hirer (tenant_id, name) VALUES ($1, $2) RETURNING hirer_id", o.tenant, name)
		pgtest.Exec(t, o.url, "INSERT INTO assignment (tenant_id, employee_id, hirer_id, number, from_day) VALUES ($1, $2, $3, 'A', '2024-01-01')", o.tenant, employee, hirers[employee])
	}
	bram := o.account(o.tenant, "bram@example.org", people.Approver)
	o.boss.want(http.StatusNoContent, o.boss.do("PUT", "/api/v1/approval/approvers/"+itoa(bram)+"/hirers", object{"hirer_ids": []int64{hirers[o.mine]}}))
	o.bram, o.page = o.person("bram@example.org"), o.visit("bram@example.org")
	return o
}

func TestAnApproverOfSomeHirersWorksOnTheirPeople(t *testing.T) {
	o := newOfHirer(t)
	if to := o.page.want(http.StatusSeeOther, o.page.do("GET", "/", nil)).header.Get("Location"); to != page.PathTimesheets {
		t.Errorf("the first page is %s", to)
	}
	o.page.see(page.PathTimesheets+"?week=2026-W11&employee="+itoa(o.mine)+"&day="+o.day, "Nowak", "7:32")
	o.bram.want(http.StatusOK, o.bram.do("GET", "/api/v1/employees/"+itoa(o.mine)+"/days/"+o.day+"/explanation", nil))
	made := o.bram.make("/api/v1/decisions", object{"kind": "add_punch", "employee_id": o.mine, "at": "2026-03-10T07:00:00Z", "mode": "in", "reason": "seen"})
	o.bram.want(http.StatusNoContent, o.bram.do("POST", "/api/v1/decisions/"+itoa(made)+"/undo", nil))
	o.bram.want(http.StatusNoContent, o.bram.do("POST", "/api/v1/requests/"+itoa(o.asks(o.mine))+"/answer", object{"state": "refused", "reason": "was there"}))
	for _, path := range []string{page.PathToday, page.PathExceptions, page.PathPeople, page.PathPlan, page.PathLaw, page.PathApproval} {
		o.page.want(http.StatusForbidden, o.page.do("GET", path, nil))
		if strings.Contains(o.page.see(page.PathTimesheets), `href="`+path+`"`) {
			t.Errorf("the menu offers %s", path)
		}
	}
}

// asks lets an employee ask for a correction and gives the request's id.
func (o ofHirer) asks(employee int64) (id int64) {
	o.t.Helper()
	o.in(o.tenant, func(ctx context.Context, tx pg.Tx) (err error) {
		id, err = hours.AskCorrection(ctx, tx, hours.Request{Employee: employee, Day: calendar.On(2026, 3, 9), What: hours.RequestOther, Text: "?"},
			audit.Actor{Kind: audit.Account, ID: 1}, time.Now())
		return err
	})
	return id
}

// TestAnApproverOfSomeHirersSeesNobodyElse walks all operations and all pages,
// as TestNothingOfAnotherComesOut does for an employee.
func TestAnApproverOfSomeHirersSeesNobodyElse(t *testing.T) {
	o := newOfHirer(t)
	check := func(what string, a answer) {
		if strings.Contains(string(a.body), othersName) || strings.Contains(string(a.body), "2038") || a.status >= 500 {
			t.Errorf("%s: %d; it names the other one: %.300s", what, a.status, a.body)
		}
	}
	for at, route := range o.server.document.routes {
		method, path, _ := strings.Cut(at, " ")
		if id := route.Operation.OperationID; id != "SignOut" {
			check(id, o.bram.do(method, o.filled(path)+query(path), object{}))
		}
	}
	e := echo.New()
	o.server.pageRoutes(e)
	for _, r := range e.Routes() {
		path := o.filled(r.Path)
		switch {
		case r.Path == page.PathSignOut || strings.HasPrefix(r.Path, page.AssetPrefix):
		case r.Method == http.MethodGet:
			check("GET "+path, o.page.do("GET", path, nil))
			check("GET "+path+" of the week", o.page.do("GET", path+"?week=2026-W11&day="+o.day, nil))
		default:
			check(r.Method+" "+path, o.page.post(path))
		}
	}
	for _, week := range []string{"2026-W11", "2026-W12"} { // also where the other week's list is asked for
		a := o.page.do("GET", page.PathTimesheets+"?week="+week+"&employee="+itoa(o.other)+"&day="+o.day, nil)
		check("panel", a)
		o.page.want(http.StatusNotFound, a)
	}
}

func query(path string) string {
	if strings.HasSuffix(path, "/timesheets") || strings.HasSuffix(path, "/bulk") {
		return "?week=2026-W11"
	}
	return ""
}

func TestAnApproverOfSomeHirersTouchesNobodyElse(t *testing.T) {
	o := newOfHirer(t)
	made := o.boss.make("/api/v1/decisions", object{"kind": "add_punch", "employee_id": o.other, "at": "2026-03-09T16:00:00Z", "mode": "in", "reason": "seen"})
	request := itoa(o.asks(o.other))
	punch := object{"kind": "add_punch", "employee_id": o.other, "at": "2026-03-10T07:00:00Z", "mode": "in", "reason": "mine"}
	for what, a := range map[string]answer{
		"decide":            o.bram.do("POST", "/api/v1/decisions", punch),
		"undo":              o.bram.do("POST", "/api/v1/decisions/"+itoa(made)+"/undo", nil),
		"answer":            o.bram.do("POST", "/api/v1/requests/"+request+"/answer", object{"state": "refused", "reason": "no"}),
		"answer on a page":  o.page.post(page.PathRequestAnswered, "request", request, "state", "refused", "reason", "no"),
		"undo on a page":    o.page.post(page.PathUndo, "decision", itoa(made)),
		"decide on a page":  o.page.post(page.PathDecide, "kind", "absent", "on", o.day, "minutes", "60", "employee", itoa(o.other)),
		"together":          o.page.post(page.PathExceptions, "pick", "kind=absent&on="+o.day+"&minutes=60&employee="+itoa(o.other)),
		"taps of a fob":     o.page.post(page.PathDecide, "kind", "assign_tap", "fob", "1.0000000000000000", "day", o.day, "employee", itoa(o.mine), "reason", "mine"),
		"somebody's tap":    o.bram.do("POST", "/api/v1/decisions", object{"kind": "assign_tap", "employee_id": o.mine, "tap": "1/0000000000000001/1", "reason": "mine"}),
		"explain in words":  o.bram.do("GET", "/api/v1/employees/"+itoa(o.other)+"/days/"+o.day+"/explanation?format=text", nil),
		"draw":              o.bram.do("GET", "/api/v1/employees/"+itoa(o.other)+"/days/"+o.day+"/picture.svg", nil),
		"a week of another": o.bram.do("GET", "/api/v1/timesheets/"+itoa(o.other)+"/2026-W11", nil),
	} {
		toldOnNextPage := a.status == http.StatusSeeOther && (what == "together" || what == "taps of a fob")
		if a.status != http.StatusNotFound && a.status != http.StatusForbidden && !toldOnNextPage {
			t.Errorf("%s: %d %.200s", what, a.status, a.body)
		}
	}
	ask := object{"week": "2026-W11", "employee_ids": []int64{o.other}, "seen": object{itoa(o.other): "guessed"}}
	for _, path := range []string{"approve", "reject", "reopen"} { // a difference would tell the hours
		ask["reason"] = "mine"
		a := o.bram.want(http.StatusOK, o.bram.do("POST", "/api/v1/timesheets/"+path, ask))
		if strings.Contains(string(a.body), "452") || strings.Contains(string(a.body), `"done":true`) || strings.Contains(string(a.body), "changes") {
			t.Errorf("%s: %s", path, a.body)
		}
	}
	o.in(o.tenant, func(ctx context.Context, tx pg.Tx) error {
		for employee, want := range map[int64]int{o.mine: 2, o.other: 3} {
			x, err := hours.Explain(ctx, tx, employee, calendar.On(2026, 3, 9))
			if err != nil || len(x.Decisions) != want || slices.ContainsFunc(x.Decisions, func(d hours.Decision) bool { return d.Undone }) {
				t.Errorf("decided %+v, %v", x.Decisions, err)
			}
		}
		return nil
	})
}
