package api

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"tikklok/api/openapi"
	"tikklok/ingest/people"
	"tikklok/ingest/pg"
	"tikklok/ingest/pg/pgtest"
)

func TestWhoSignsInGetsASession(t *testing.T) {
	h := newHouse(t)
	c, id := h.administrator("Acme")
	var s openapi.Session
	c.want(http.StatusOK, c.do("GET", "/api/v1/session", nil)).into(t, &s)
	if s.Tenant.Id != id || s.Account.Email != "acme@example.org" || s.IdleSeconds != 1800 {
		t.Errorf("session %+v", s)
	}
	c.want(http.StatusNoContent, c.do("DELETE", "/api/v1/session", nil))
	c.want(http.StatusUnauthorized, c.do("GET", "/api/v1/session", nil))
	if n := pgtest.Exec(t, h.url, "SELECT count(*) FROM audit_entry WHERE action IN ('account.sign_in', 'account.sign_out')"); n != 2 {
		t.Errorf("%d lines about signing in and out, want 2", n)
	}
}

func TestTheCookieCannotBeReadOrSentFromElsewhere(t *testing.T) {
	h := newHouse(t)
	h.account(h.tenant("Acme"), "a@example.org", people.Administrator)
	a := h.stranger().do("POST", "/api/v1/session", object{"email": "a@example.org", "password": password})
	cookie := a.header.Get("Set-Cookie")
	for _, flag := range []string{"tikklok=", "HttpOnly", "SameSite=Lax", "Path=/"} {
		if !strings.Contains(cookie, flag) {
			t.Errorf("cookie %q lacks %s", cookie, flag)
		}
	}
	if strings.Contains(string(a.body), "tikklok=") || strings.Contains(cookie, "Expires") {
		t.Errorf("cookie %q, body %s", cookie, a.body)
	}
}

func TestAWrongPasswordIsAProblem(t *testing.T) {
	h := newHouse(t)
	h.account(h.tenant("Acme"), "a@example.org", people.Administrator)
	for _, email := range []string{"a@example.org", "nobody@example.org"} {
		c := h.stranger()
		a := c.want(http.StatusUnauthorized, c.do("POST", "/api/v1/session", object{"email": email, "password": "wrong wrong wrong"}))
		if got := a.header.Get("Content-Type"); got != "application/problem+json" {
			t.Errorf("content type %q", got)
		}
		c.want(http.StatusUnauthorized, c.do("GET", "/api/v1/session", nil))
	}
}

func TestUnknownFieldsAreRefusedByName(t *testing.T) {
	h := newHouse(t)
	c, _ := h.administrator("Acme")
	for _, test := range []struct {
		method, path string
		body         object
		field        string
	}{
		{"POST", "/api/v1/employees", object{"number": "1", "surname": "A", "employed_from": "2026-01-01", "bsn": "123456782"}, "bsn"},
		{"POST", "/api/v1/sites", object{"name": "A", "colour": "red"}, "colour"},
		{"POST", "/api/v1/fobs", object{"label": "1", "number": object{"technology": "em4100", "value": "62E3086CED", "facility": 3}}, "facility"},
		{"POST", "/api/v1/decisions", object{"kind": "add_punch", "employee_id": 1, "reason": "x", "illness": "flu"}, "illness"},
	} {
		a := c.want(http.StatusBadRequest, c.do(test.method, test.path, test.body))
		var p openapi.Problem
		a.into(t, &p)
		if p.Errors == nil || !strings.Contains(*p.Detail, test.field) {
			t.Errorf("%s: problem %s does not name %s", test.path, a.body, test.field)
		}
		if strings.Contains(string(a.body), "123456782") {
			t.Errorf("the value comes back: %s", a.body)
		}
	}
}

func TestWhatIsWrongIsNamed(t *testing.T) {
	h := newHouse(t)
	c, _ := h.administrator("Acme")
	for _, test := range []struct {
		name, method, path string
		body               any
		headers            []string
		status             int
		says               string
	}{
		{"a field that is missing", "POST", "/api/v1/employees", object{"number": "1", "surname": "A"}, nil, 400, "employed_from"},
		{"a date that is none", "POST", "/api/v1/employees", object{"number": "1", "surname": "A", "employed_from": "yesterday"}, nil, 400, "employed_from"},
		{"a day that no month has", "POST", "/api/v1/employees", object{"number": "1", "surname": "A", "employed_from": "2026-02-31"}, nil, 400, "employed_from"},
		{"half a document", "POST", "/api/v1/sites", strings.NewReader(`{"name":`), []string{"Content-Type", "application/json"}, 400, "ends too early"},
		{"a document that is none", "POST", "/api/v1/sites", strings.NewReader(`{"name":"A",,}`), []string{"Content-Type", "application/json"}, 400, "at byte 13"},
		{"another type", "POST", "/api/v1/sites", strings.NewReader(`<name/>`), []string{"Content-Type", "application/xml"}, 415, "application/json"},
		{"no body", "POST", "/api/v1/sites", nil, nil, 400, "required"},
		{"an id that is none", "GET", "/api/v1/employees/x", nil, nil, 400, "id"},
		{"a week that the year lacks", "GET", "/api/v1/timesheets?week=2025-W53", nil, nil, 422, "week"},
		{"a path nobody described", "GET", "/api/v1/nothing", nil, nil, 404, ""},
		{"a method nobody described", "DELETE", "/api/v1/sites", nil, nil, 405, ""},
		{"too much", "POST", "/api/v1/sites", strings.NewReader(`{"name":"` + strings.Repeat("x", bodyBytes) + `"}`), []string{"Content-Type", "application/json"}, 413, "larger"},
	} {
		t.Run(test.name, func(t *testing.T) {
			a := c.do(test.method, test.path, test.body, test.headers...)
			var p openapi.Problem
			a.into(t, &p)
			if a.status != test.status || p.Status != test.status || !strings.Contains(*p.Detail, test.says) || or(p.Instance) == "" {
				t.Errorf("got %d %s", a.status, a.body)
			}
		})
	}
}

func TestAnUnknownErrorShowsNothingInternal(t *testing.T) {
	h := newHouse(t)
	c, _ := h.administrator("Acme")
	pgtest.Exec(t, h.url, "ALTER TABLE site RENAME COLUMN name TO gone")
	a := c.want(http.StatusInternalServerError, c.do("GET", "/api/v1/sites", nil))
	if strings.Contains(string(a.body), "column") || strings.Contains(string(a.body), "SQLSTATE") {
		t.Errorf("shows %s", a.body)
	}
	if id := a.header.Get("X-Request-Id"); !strings.Contains(string(a.body), id) || !strings.Contains(h.log.String(), id) || !strings.Contains(h.log.String(), "SQLSTATE") {
		t.Errorf("request %s is not in the problem %s or the log", id, a.body)
	}
}

func TestAFobIsNotBlockedInTheFuture(t *testing.T) { // OB-H1: its taps would make hours until then
	h := newHouse(t)
	c, _ := h.administrator("Acme")
	employee := c.make("/api/v1/employees", object{"number": "1", "surname": "A", "employed_from": "2026-01-01"})
	fob := c.make("/api/v1/fobs", object{"label": "F1", "number": object{"technology": "em4100", "value": "62E3086CED"}})
	c.want(http.StatusOK, c.do("POST", "/api/v1/fobs/"+itoa(fob)+"/issue", object{"employee_id": employee, "from": "2020-01-01T08:00:00Z"}))
	c.want(http.StatusUnprocessableEntity, c.do("POST", "/api/v1/fobs/"+itoa(fob)+"/end", object{"status": "blocked", "at": "2099-01-01T08:00:00Z"}))
	c.want(http.StatusOK, c.do("POST", "/api/v1/fobs/"+itoa(fob)+"/end", object{"status": "blocked", "at": "2020-01-01T09:00:00Z"}))
}

func TestOneTenantCannotReachAnothers(t *testing.T) {
	h := newHouse(t)
	ours, _ := h.administrator("Acme")
	theirs, _ := h.administrator("Globex")
	employee := theirs.make("/api/v1/employees", object{"number": "1", "surname": "A", "employed_from": "2026-01-01"})
	fob := theirs.make("/api/v1/fobs", object{"label": "F1", "number": object{"technology": "em4100", "value": "62E3086CED"}})
	key := theirs.make("/api/v1/keys", object{"name": "k", "scopes": []string{"read"}})
	mine := ours.make("/api/v1/employees", object{"number": "1", "surname": "A", "employed_from": "2026-01-01"})
	for _, test := range []struct {
		method, path string
		body         any
	}{
		{"GET", "/api/v1/employees/" + itoa(employee), nil},
		{"PATCH", "/api/v1/employees/" + itoa(employee), object{"surname": "B"}},
		{"GET", "/api/v1/employees/" + itoa(employee) + "/days/2026-11-09", nil},
		{"POST", "/api/v1/fobs/" + itoa(fob) + "/issue", object{"employee_id": mine, "from": "2026-11-09T08:00:00Z"}},
		{"POST", "/api/v1/fobs/" + itoa(fob) + "/end", object{"status": "lost", "at": "2026-11-09T08:00:00Z"}},
		{"DELETE", "/api/v1/keys/" + itoa(key), nil},
		{"PATCH", "/api/v1/readers/1", object{"name": "B"}},
		{"GET", "/api/v1/runs/1", nil},
		{"GET", "/api/v1/runs/1/file", nil},
		{"POST", "/api/v1/decisions/1/undo", nil},
	} {
		if a := ours.do(test.method, test.path, test.body); a.status != http.StatusNotFound {
			t.Errorf("%s %s: %d %s", test.method, test.path, a.status, a.body)
		}
	}
	own := ours.make("/api/v1/fobs", object{"label": "F1", "number": object{"technology": "em4100", "value": "62E3086CED"}})
	ours.want(http.StatusNotFound, ours.do("POST", "/api/v1/fobs/"+itoa(own)+"/issue", object{"employee_id": employee, "from": "2026-11-09T08:00:00Z"}))
	if a := ours.do("GET", "/api/v1/employees", nil); strings.Count(string(a.body), `"id"`) != 1 {
		t.Errorf("lists %s", a.body)
	}
}

func TestARequestFromAnotherSiteIsRefused(t *testing.T) {
	h := newHouse(t)
	c, _ := h.administrator("Acme")
	for _, headers := range [][]string{
		{"Sec-Fetch-Site", "cross-site"},
		{"Origin", "https://evil.example"},
	} {
		a := c.want(http.StatusForbidden, c.do("POST", "/api/v1/sites", object{"name": "A"}, headers...))
		if a.header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("answer %s", a.body)
		}
	}
	c.make("/api/v1/sites", object{"name": "A"})
}

func TestTheIdleLimitMovesWithPeopleOnly(t *testing.T) {
	h := newHouse(t)
	c, _ := h.administrator("Acme")
	set := func(minutes int) {
		pgtest.Exec(t, h.url, "UPDATE session SET expiry = now() + $1 * interval '1 minute'", minutes)
	}
	left := func() int64 {
		return pgtest.Exec(t, h.url, "SELECT (extract(epoch FROM expiry - now()) / 60)::bigint FROM session")
	}
	set(5)
	c.want(http.StatusOK, c.do("GET", "/api/v1/session", nil, "Tikklok-Live", "1"))
	if got := left(); got > 5 {
		t.Errorf("a page that refreshes itself prolonged the session to %d minutes (OB-C2)", got)
	}
	c.want(http.StatusOK, c.do("GET", "/api/v1/session", nil))
	if got := left(); got < 29 {
		t.Errorf("a person's request left %d minutes", got)
	}
	set(-1)
	c.want(http.StatusUnauthorized, c.do("GET", "/api/v1/session", nil))
}

func TestTheAbsoluteLimitHolds(t *testing.T) {
	h := newHouse(t)
	h.server.sessions.Lifetime = 10 * 60 * 1e9
	c, _ := h.administrator("Acme")
	c.want(http.StatusOK, c.do("GET", "/api/v1/session", nil))
	if left := pgtest.Exec(t, h.url, "SELECT (extract(epoch FROM expiry - now()) / 60)::bigint FROM session"); left > 10 {
		t.Errorf("%d minutes left of 10", left)
	}
}

func TestAClosedAccountIsOutAtOnce(t *testing.T) {
	h := newHouse(t)
	c, _ := h.administrator("Acme")
	pgtest.Exec(t, h.url, "UPDATE account SET closed_at = now()")
	c.want(http.StatusUnauthorized, c.do("GET", "/api/v1/session", nil))
}

func TestAnotherPasswordEndsOlderSessions(t *testing.T) {
	h := newHouse(t)
	acme := h.tenant("Acme")
	id := h.account(acme, "a@example.org", people.Administrator)
	before := h.person("a@example.org")
	before.want(http.StatusOK, before.do("GET", "/api/v1/session", nil))
	h.in(acme, func(ctx context.Context, tx pg.Tx) error {
		return people.SetPassword(ctx, tx, operator(), id, password)
	})
	before.want(http.StatusUnauthorized, before.do("GET", "/api/v1/session", nil))
	after := h.person("a@example.org")
	after.want(http.StatusOK, after.do("GET", "/api/v1/session", nil))
}

func TestTheDocumentIsServed(t *testing.T) {
	h := newHouse(t)
	c := h.stranger()
	a := c.want(http.StatusOK, c.do("GET", documentPath, nil))
	if !strings.HasPrefix(string(a.body), "openapi: 3") {
		t.Errorf("got %.40s", a.body)
	}
	c.want(http.StatusOK, c.do("GET", "/healthz", nil))
	c.want(http.StatusOK, c.do("GET", "/readyz", nil))
}

func TestTheLogNamesNobody(t *testing.T) {
	h := newHouse(t)
	c, _ := h.administrator("Acme")
	id := c.make("/api/v1/employees", object{"number": "N-4711", "surname": "Bakker", "employed_from": "2026-01-01"})
	c.do("GET", "/api/v1/employees/"+itoa(id)+"?q=Bakker", nil)
	for _, personal := range []string{"Bakker", "N-4711", "acme@example.org", "127.0.0.1", password} {
		if strings.Contains(h.log.String(), personal) {
			t.Errorf("the log holds %q (OB-P14): %s", personal, h.log)
		}
	}
}

func TestADatabaseThatIsAwayIsNamed(t *testing.T) {
	db, err := pg.Open(t.Context(), "postgres://nobody@/none?host="+t.TempDir(), pg.RoleApp)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	server, err := New(Config{DB: db})
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/readyz", "/api/v1/session"} {
		r := httptest.NewRequest("GET", path, nil)
		r.AddCookie(&http.Cookie{Name: cookieName, Value: "token"})
		w := httptest.NewRecorder()
		server.ServeHTTP(w, r)
		if w.Code != http.StatusServiceUnavailable || !strings.Contains(w.Body.String(), "the database does not answer") {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
	}
}
