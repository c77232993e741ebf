package api

import (
	"net/http"
	"strings"
	"testing"

	"tikklok/api/openapi"
	"tikklok/ingest/people"
	"tikklok/ingest/pg/pgtest"
)

func TestTheReportOfTheActIsShownAndIsSafeInASpreadsheet(t *testing.T) {
	h := newHouse(t)
	api, id := h.administrator("Acme")
	employee := api.make("/api/v1/employees", object{"number": "10458", "surname": "=cmd|' /C calc'!A0", "employed_from": "2026-01-01"})
	pgtest.Exec(t, h.url, `INSERT INTO law_finding (tenant_id, employee_id, day, rule, at, severity, over_from, over_to, allowed, found, shifts)
		VALUES ($1, $2, '2026-03-03', 'daily_rest', 29545000, 'breach', 29543600, 29545040, 660, 420, '{29543600,29544000,29544420,29545040}')`, id, employee)
	c := h.visit("acme@example.org")
	c.see("/law?from=2026-03-01&to=2026-03-31", "7:00 of rest within 24 hours; at least 11:00", "breach")
	c.see("/law?from=2026-03-01&to=2026-03-31&row=week", "Nothing was found")
	file := string(c.want(http.StatusOK, c.do("GET", "/law/file?from=2026-03-01&to=2026-03-31", nil)).body)
	if !strings.Contains(file, "10458;'=cmd") || !strings.Contains(file, ";2026-03-03;daily_rest;breach;minutes;420;660;") {
		t.Errorf("file %q", file)
	}
	var found openapi.LawFindings
	api.want(http.StatusOK, api.do("GET", "/api/v1/law/findings?from=2026-03-01&to=2026-03-31", nil)).into(t, &found)
	if len(found.Items) != 1 || found.Items[0].EmployeeId != employee || len(found.Items[0].Shifts) != 2 || found.Note == "" {
		t.Errorf("%+v", found)
	}
	for _, bad := range []string{"/law?from=2026-13-01", "/law?from=2026-03-31&to=2026-03-01", "/law?from=2020-01-01&to=2026-03-01", "/law/file?from=x"} {
		c.want(http.StatusBadRequest, c.do("GET", bad, nil))
	}
	api.want(http.StatusUnprocessableEntity, api.do("GET", "/api/v1/law/findings?from=2026-03-31&to=2026-03-01", nil))
}

func TestFiguresAreSetWithinTheActOverTheAPI(t *testing.T) {
	h := newHouse(t)
	api, _ := h.administrator("Acme")
	var made openapi.LawFigures
	api.want(http.StatusOK, api.do("POST", "/api/v1/law/figures", object{"name": "Cao", "from": "2026-04-01", "adults": object{"shift": 540}})).into(t, &made)
	if made.Version != 1 || made.Adults["shift"] != 540 || made.Adults["week"] != 3600 || made.Minors["shift"] != 540 {
		t.Errorf("%+v", made)
	}
	var list openapi.LawFiguresList
	api.want(http.StatusOK, api.do("GET", "/api/v1/law/figures", nil)).into(t, &list)
	if len(list.Items) != 2 || list.Items[0].Version != 0 || list.Items[1].Name != "Cao" {
		t.Errorf("%+v", list)
	}
	for _, bad := range []object{
		{"name": "Cao", "from": "2026-04-01", "adults": object{"shift": 721}},
		{"name": "Cao", "from": "2026-04-01", "adults": object{"tea": 1}},
		{"name": "Cao", "from": "2026-04-01", "minors": object{"shift": 600}},
	} {
		api.want(http.StatusUnprocessableEntity, api.do("POST", "/api/v1/law/figures", bad))
	}
	api.want(http.StatusNotFound, api.do("POST", "/api/v1/law/figures", object{"name": "Cao", "from": "2026-04-01", "contract_id": 99}))
}

func TestWhatPeopleAgreedOnIsSetOverTheAPIAndThePages(t *testing.T) {
	h := newHouse(t)
	api, _ := h.administrator("Acme")
	employee := api.make("/api/v1/employees", object{"number": "10458", "surname": "Bakker", "employed_from": "2026-01-01"})
	at := "/api/v1/employees/" + itoa(employee)
	var contract openapi.Contract
	api.want(http.StatusOK, api.do("POST", "/api/v1/contracts", object{"name": "Full time"})).into(t, &contract)
	api.want(http.StatusConflict, api.do("POST", "/api/v1/contracts", object{"name": "Full time"}))
	var site openapi.Site
	api.want(http.StatusCreated, api.do("POST", "/api/v1/sites", object{"name": "North"})).into(t, &site)
	var hirer openapi.Hirer
	api.want(http.StatusOK, api.do("POST", "/api/v1/hirers", object{"name": "Bolt", "site_ids": []int64{site.Id}})).into(t, &hirer)
	if len(hirer.SiteIds) != 1 {
		t.Errorf("%+v", hirer)
	}
	var terms openapi.TermsList
	api.want(http.StatusOK, api.do("POST", at+"/terms", object{"from": "2026-02-01", "contract_id": contract.Id, "minutes": 2280})).into(t, &terms)
	api.want(http.StatusOK, api.do("DELETE", at+"/terms/2026-02-01", nil)).into(t, &terms)
	if len(terms.Items) != 0 {
		t.Errorf("%+v", terms)
	}
	api.want(http.StatusNotFound, api.do("DELETE", at+"/terms/2026-02-01", nil))
	api.want(http.StatusNotFound, api.do("GET", "/api/v1/employees/999/terms", nil))
	var work openapi.Assignments
	api.want(http.StatusOK, api.do("POST", at+"/assignments", object{"number": "A-1", "cost_centre": "410", "hirer_id": hirer.Id, "from": "2026-02-01"})).into(t, &work)
	if len(work.Items) != 1 || *work.Items[0].HirerId != hirer.Id {
		t.Errorf("%+v", work)
	}

	c := h.visit("acme@example.org")
	c.see("/people/contracts", "Full time", "Bolt", "North")
	page := "/people/" + itoa(employee)
	c.want(http.StatusSeeOther, c.post(page+"/terms", "terms_from", "2026-03-01", "minutes", "32", "contract_id", itoa(contract.Id)))
	c.see(page, "32:00 · Full time", "A-1", "410 · Bolt")
	c.want(http.StatusUnprocessableEntity, c.post(page+"/terms", "terms_from", "soon", "minutes", "x"))
	c.want(http.StatusUnprocessableEntity, c.post(page+"/assignments", "assignment", "A-2", "assignment_from", "2026-03-01", "assignment_until", "2026-02-01"))
	c.want(http.StatusUnprocessableEntity, c.post("/people/contracts", "name", "Full time"))
	c.want(http.StatusUnprocessableEntity, c.post("/people/hirers", "name", ""))
	c.want(http.StatusSeeOther, c.post(page+"/terms", "drop", "2026-03-01"))
}

func TestBirthDatesAreKeptOnlyWhereTheyWereSwitchedOn(t *testing.T) { // OB-P1
	h := newHouse(t)
	api, id := h.administrator("Acme")
	who := object{"number": "10458", "surname": "Bakker", "employed_from": "2026-01-01", "birth_date": "2009-05-01"}
	api.want(http.StatusUnprocessableEntity, api.do("POST", "/api/v1/employees", who))
	c := h.visit("acme@example.org")
	c.want(http.StatusUnprocessableEntity, c.post("/law/birth-dates", "state", "on", "purpose", " "))
	c.want(http.StatusSeeOther, c.post("/law/birth-dates", "state", "on", "purpose", "the figures for 16 and 17"))
	employee := api.make("/api/v1/employees", who)
	c.see("/people/"+itoa(employee), `value="2009-05-01"`, "the figures for 16 and 17")
	h.account(id, "acht@example.org", people.Approver, people.Payroll, people.Auditor)
	other := h.visit("acht@example.org")
	if strings.Contains(other.see("/people/"+itoa(employee)), "2009") {
		t.Error("whoever may not keep employees sees when they were born")
	}
	key := h.stranger()
	key.key = h.key(id, people.ScopeRead)
	for _, path := range []string{"/api/v1/employees", "/api/v1/employees/" + itoa(employee)} {
		if body := string(key.want(http.StatusOK, key.do("GET", path, nil)).body); strings.Contains(body, "2009") {
			t.Errorf("a key that reads gets %s", body)
		}
	}
	c.want(http.StatusSeeOther, c.post("/law/birth-dates", "state", "off"))
	if strings.Contains(c.see("/people/"+itoa(employee)), "2009-05-01") {
		t.Error("the birth date is still there")
	}
}
