package api

import (
	"bufio"
	"context"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"tikklok/api/page"
	"tikklok/ingest/hours"
	"tikklok/ingest/people"
	"tikklok/ingest/pg/pgtest"
)

// visit signs in the way people do.
func (h *house) visit(email string) *client {
	h.t.Helper()
	c := h.stranger()
	a := c.want(http.StatusSeeOther, c.post(page.PathSignIn, "email", email, "password", password, "next", "/people"))
	if to := a.header.Get("Location"); to != "/people" {
		h.t.Fatalf("goes to %s", to)
	}
	return c
}

// post sends a form.
func (c *client) post(path string, pairs ...string) answer {
	c.h.t.Helper()
	form := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}
	return c.do("POST", path, strings.NewReader(form.Encode()), "Content-Type", "application/x-www-form-urlencoded")
}

func (c *client) see(path string, texts ...string) string {
	c.h.t.Helper()
	a := c.want(http.StatusOK, c.do("GET", path, nil))
	for _, text := range texts {
		if !strings.Contains(string(a.body), text) {
			c.h.t.Errorf("%s does not show %q", path, text)
		}
	}
	return string(a.body)
}

func TestEveryPageCanBeSeen(t *testing.T) {
	h := newHouse(t)
	api, id := h.administrator("Acme")
	h.account(id, "boss@example.org", people.Administrator, people.Approver, people.Payroll, people.Auditor)
	employee := api.make("/api/v1/employees", object{"number": "10458", "surname": "Bakker", "first_name": "Joris", "employed_from": "2026-01-01"})
	fob := api.make("/api/v1/fobs", object{"label": "F17", "number": object{"technology": "em4100", "value": "62E3086CED"}})
	api.want(http.StatusOK, api.do("POST", "/api/v1/fobs/"+itoa(fob)+"/issue", object{"employee_id": employee, "from": "2026-01-01T08:00:00Z"}))
	destination := api.make("/api/v1/destinations", object{"name": "Loket", "format": "csv"})
	c := h.visit("boss@example.org")
	for path, text := range map[string]string{
		"/today": "Acme", "/timesheets": "Bakker", "/timesheets?week=2026-W46": "Bakker",
		"/timesheets?week=2026-W46&employee=" + itoa(employee) + "&day=2026-11-10": "Bakker",
		"/people": "F17", "/people/new": "contract", "/people/" + itoa(employee): "Joris", "/people/import": "csv",
		"/people/fobs": "F17", "/people/registration": "Bakker", "/people/accounts": "boss@example.org",
		"/devices": "/devices/sites", "/exports": "Loket", "/exports/keys": "payroll",
		"/exports?from=2026-11-01&to=2026-11-30&destination=" + itoa(destination): "Loket",
		"/exports/destinations/" + itoa(destination):                              "code.100", "/rules": "90", "/log": "fob issued",
	} {
		c.see(path, text)
	}
}

func TestWhoIsNotSignedInIsShownTheDoor(t *testing.T) {
	h := newHouse(t)
	c := h.stranger()
	a := c.want(http.StatusSeeOther, c.do("GET", "/people?q=x", nil))
	if to := a.header.Get("Location"); to != "/sign-in?next=%2Fpeople%3Fq%3Dx" {
		t.Errorf("goes to %s", to)
	}
	c.see("/sign-in", "password")
}

func TestAStreamThatIsRefusedGivesNoPage(t *testing.T) { // who listens shows none
	h := newHouse(t)
	a := h.stranger().do("GET", page.PathTodayEvents, nil)
	if a.status != http.StatusUnauthorized || a.header.Get("Content-Type") != "application/problem+json" || strings.Contains(string(a.body), "<html") {
		t.Errorf("%d %s", a.status, a.body)
	}
}

func TestWhoseSessionEndedIsAskedToSignInAgain(t *testing.T) {
	h := newHouse(t)
	h.account(h.tenant("Acme"), "a@example.org", people.Administrator)
	c, again := h.visit("a@example.org"), "Your session has ended"
	door := "/sign-in?next=%2Ftoday"
	if strings.Contains(c.see(door), again) || strings.Contains(h.stranger().see(door), again) {
		t.Error("said to somebody who is signed in, or never was")
	}
	pgtest.Exec(t, h.url, "DELETE FROM session")
	c.see(door, again)
	if strings.Contains(c.see("/sign-in"), again) {
		t.Error("said to somebody who goes to the door")
	}
}

func TestNobodyIsSentElsewhereAfterSigningIn(t *testing.T) {
	h := newHouse(t)
	h.account(h.tenant("Acme"), "a@example.org", people.Administrator)
	for _, next := range []string{"https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"} {
		c := h.stranger()
		a := c.want(http.StatusSeeOther, c.post("/sign-in", "email", "a@example.org", "password", password, "next", next))
		if to := a.header.Get("Location"); to != "/" {
			t.Errorf("next=%s goes to %s", next, to)
		}
	}
}

func TestAWrongPasswordKeepsTheForm(t *testing.T) {
	h := newHouse(t)
	h.account(h.tenant("Acme"), "a@example.org", people.Administrator)
	c := h.stranger()
	a := c.want(http.StatusUnprocessableEntity, c.post("/sign-in", "email", "a@example.org", "password", "wrong wrong"))
	if !strings.Contains(string(a.body), "a@example.org") || strings.Contains(string(a.body), "wrong wrong") {
		t.Errorf("form %s", a.body)
	}
}

func TestAnAuditorSeesAndChangesNothing(t *testing.T) {
	h := newHouse(t)
	h.account(h.tenant("Acme"), "a@example.org", people.Auditor)
	c := h.visit("a@example.org")
	c.see("/log", "signed in")
	for _, path := range []string{"/people", "/timesheets/approve", "/timesheets/decide", "/devices/sites", "/exports", "/people/accounts", "/devices/holes/give-up"} {
		if a := c.post(path, "name", "x"); a.status != http.StatusForbidden {
			t.Errorf("POST %s: %d", path, a.status)
		}
	}
}

func TestAFormIsStoredOnceAndToldOnce(t *testing.T) {
	h := newHouse(t)
	h.account(h.tenant("Acme"), "a@example.org", people.Administrator)
	c := h.visit("a@example.org")
	c.want(http.StatusSeeOther, c.post("/people", "number", "1", "surname", "Jansen", "contract", "36:30", "from", "2026-01-05"))
	c.see("/people", "Saved", "Jansen", "36:30")
	if body := c.see("/people", "Jansen"); strings.Contains(body, "Saved") {
		t.Error("the notice is shown twice")
	}
	a := c.want(http.StatusUnprocessableEntity, c.post("/people", "number", "1", "surname", "Smit", "contract", "x", "from", "2026-13-05"))
	for _, text := range []string{"Smit", "Use 40 or 36:30", "This is no date"} {
		if !strings.Contains(string(a.body), text) {
			t.Errorf("the refused form lacks %q", text)
		}
	}
	a = c.want(http.StatusUnprocessableEntity, c.post("/people", "number", "1", "surname", "Smit", "contract", "40", "from", "2026-01-05"))
	if !strings.Contains(string(a.body), "personnel number is in use") {
		t.Errorf("a number that is taken: %s", a.body)
	}
}

func TestTheLanguageIsKept(t *testing.T) {
	h := newHouse(t)
	h.account(h.tenant("Acme"), "a@example.org", people.Administrator)
	c := h.visit("a@example.org")
	c.see("/people", "New employee")
	c.want(http.StatusSeeOther, c.post("/language", "language", "nl", "back", "/people"))
	c.see("/people", `lang="nl"`)
	if n := pgtest.Exec(t, h.url, "SELECT count(*) FROM account WHERE language = 'nl'"); n != 1 {
		t.Error("the account does not keep it")
	}
}

func TestAnImportIsShownBeforeItIsDone(t *testing.T) {
	h := newHouse(t)
	h.account(h.tenant("Acme"), "a@example.org", people.Administrator)
	c := h.visit("a@example.org")
	file := "personnel number;surname;from\n1;Bakker;2026-01-05\n2;Smit;2026-01-05\n"
	a := c.want(http.StatusOK, c.post("/people/import", "csv", file))
	if !strings.Contains(string(a.body), "Bakker") || pgtest.Exec(t, h.url, "SELECT count(*) FROM employee") != 0 {
		t.Errorf("preview %s", a.body)
	}
	c.want(http.StatusUnprocessableEntity, c.post("/people/import", "csv", file+"3;;x\n", "confirm", "yes"))
	if n := pgtest.Exec(t, h.url, "SELECT count(*) FROM employee"); n != 0 {
		t.Errorf("a file with problems imported %d", n)
	}
	c.want(http.StatusSeeOther, c.post("/people/import", "csv", file, "confirm", "yes"))
	c.see("/people", "2 employees imported", "Bakker", "Smit")
}

func TestPagesCarryTheirPolicy(t *testing.T) {
	h := newHouse(t)
	c := h.stranger()
	a := c.do("GET", "/sign-in", nil)
	for name, want := range map[string]string{
		"Content-Security-Policy": page.Policy, "X-Content-Type-Options": "nosniff", "Cache-Control": "no-store", "Referrer-Policy": "same-origin",
	} {
		if got := a.header.Get(name); got != want {
			t.Errorf("%s: %q", name, got)
		}
	}
	_, rest, _ := strings.Cut(string(a.body), `rel="stylesheet" href="`)
	address, _, _ := strings.Cut(rest, `"`)
	style := c.want(http.StatusOK, c.do("GET", address, nil))
	if got := style.header.Get("Cache-Control"); !strings.Contains(got, "immutable") {
		t.Errorf("%s: Cache-Control %q", address, got)
	}
}

func TestAnErrorPageShowsNothingInternal(t *testing.T) {
	h := newHouse(t)
	h.account(h.tenant("Acme"), "a@example.org", people.Administrator)
	c := h.visit("a@example.org")
	c.want(http.StatusNotFound, c.do("GET", "/people/999", nil))
	c.want(http.StatusNotFound, c.do("GET", "/nowhere", nil))
	pgtest.Exec(t, h.url, "ALTER TABLE employee RENAME COLUMN surname TO gone")
	a := c.want(http.StatusInternalServerError, c.do("GET", "/people", nil))
	if strings.Contains(string(a.body), "SQLSTATE") || !strings.Contains(string(a.body), a.header.Get("X-Request-Id")) {
		t.Errorf("page %s", a.body)
	}
}

func TestALivePageHearsOfChangesUntilTheServerStops(t *testing.T) {
	h := newHouse(t)
	acme := h.tenant("Acme")
	h.account(acme, "a@example.org", people.Administrator)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- h.server.Run(ctx, listener) }()
	h.web.URL = "http://" + listener.Addr().String()
	c := h.visit("a@example.org")
	req, err := http.NewRequestWithContext(t.Context(), "GET", h.web.URL+page.PathTodayEvents, nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := c.http.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if got := res.Header.Get("Content-Type"); got != "text/event-stream" {
		t.Fatalf("content type %q", got)
	}
	lines := make(chan string, 100)
	go func() {
		defer close(lines)
		for in := bufio.NewScanner(res.Body); in.Scan(); {
			lines <- in.Text()
		}
	}()
	notify := func(tenant int64) {
		pgtest.Exec(t, h.url, "SELECT length(pg_notify('tikklok', $1)::text)", itoa(tenant))
	}
	deadline := time.After(20 * time.Second)
	for heard := false; !heard; {
		notify(acme) // until it is heard: the server may not be listening yet
		select {
		case line := <-lines:
			heard = line == "event: change"
		case <-time.After(50 * time.Millisecond):
		case <-deadline:
			t.Fatal("nothing was heard")
		}
	}
	stop()
	if err := <-ended; err != nil {
		t.Errorf("the server ended with %v", err)
	}
}

func TestLiveTellsOneTenantOnly(t *testing.T) {
	l := newLive(nil, nil)
	a, b := l.join(1), l.join(2)
	l.tell(tenantOf("1"))
	l.tell(tenantOf("1 more"))
	if len(a) != 1 || len(b) != 0 {
		t.Errorf("%d and %d events waiting", len(a), len(b))
	}
	l.tell(tenantOf("everybody"))
	if len(b) != 1 {
		t.Error("an unreadable notification wakes all")
	}
	l.stop()
	if l.join(1) != nil {
		t.Error("joined after the end")
	}
}

func formOfValues(pairs ...string) page.Form {
	f := page.Form{Values: map[string]string{}, Problems: map[string]page.Message{}}
	for i := 0; i < len(pairs); i += 2 {
		f.Values[pairs[i]] = pairs[i+1]
	}
	return f
}

func modeOf(text string) hours.Mode { return hours.Mode(text) }
