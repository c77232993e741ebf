package api

import (
	"bytes"
	"context"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/labstack/echo/v4"

	"tikklok/api/page"
	"tikklok/ingest/people"
	"tikklok/ingest/pg"
	"tikklok/ingest/pg/pgtest"
	"tikklok/ingest/tenant"
)

// suspend closes the service of a tenant at once, or opens it again.
func (h *house) suspend(of int64, kind tenant.SuspensionKind) {
	h.t.Helper()
	h.in(of, func(ctx context.Context, tx pg.Tx) error {
		_, err := tenant.TakeStep(ctx, tx, operator(), tenant.SuspensionStep{Kind: kind, Ground: tenant.Misuse, Reference: "letter 2026-150"}, time.Now())
		return err
	})
}

func TestASuspendedServiceIsClosedButForTheDataAndItsSubjects(t *testing.T) { // OB-H10
	h, api, c, of := office(t)
	h.server.cfg.Privacy, h.server.cfg.Catalogue = pgtest.Open(t, h.url, pg.RolePrivacy), tenant.Tables()
	h.suspend(of, tenant.Suspended)
	for _, path := range []string{"/", "/today", "/people", "/exports", "/timesheets", "/devices", "/rules"} {
		if a := c.want(http.StatusForbidden, c.do("GET", path, nil)); !strings.Contains(string(a.body), "Service suspended") || !strings.Contains(string(a.body), `href="/privacy/ending"`) {
			t.Errorf("%s doesn't say what is closed and what isn't: %s", path, a.body)
		}
	}
	for _, path := range []string{"/privacy/ending", "/privacy/requests", "/privacy/breaches", "/service/access"} {
		c.want(http.StatusOK, c.do("GET", path, nil))
	}
	for path, closed := range map[string]string{"/privacy": "/privacy/optional", "/privacy/documents": "/privacy/documents", "/service/incidents": "/service/incidents"} {
		if strings.Contains(c.see(path), `action="`+closed+`"`) {
			t.Errorf("%s draws a form that is refused", path)
		}
	}
	if zip := c.want(http.StatusOK, c.post("/privacy/ending/export")); !bytes.HasPrefix(zip.body, []byte("PK")) {
		t.Errorf("the data is not returned: %q", zip.body[:min(len(zip.body), 40)])
	}
	a := api.want(http.StatusForbidden, api.do("GET", "/api/v1/employees", nil))
	if !strings.Contains(string(a.body), "the service is suspended") {
		t.Errorf("a program isn't told why: %s", a.body)
	}
	h.suspend(of, tenant.Lifted)
	c.want(http.StatusOK, c.do("GET", "/people", nil))
	api.want(http.StatusOK, api.do("GET", "/api/v1/employees", nil))
}

func TestTheMenuOfASuspendedServiceCountsOnlyWhatCanBeAnswered(t *testing.T) { // OB-H10
	h, _, c, of := office(t)
	h.server.cfg.Catalogue = tenant.Tables()
	late := []string{"book", "subprocessor", "name", "Hosting BV", "does", "servers", "data", "all", "place", "NL", "jurisdiction", "NL", "agreement", "2026-01-05", "start", "2026-01-06", "urgent", "no"}
	c.want(http.StatusSeeOther, c.post(registers, late...))
	known := time.Now().Add(-time.Hour).In(zoneOf("Europe/Amsterdam")).Format(localMoment)
	c.want(http.StatusSeeOther, c.post("/privacy/breaches", "nature", "A list went to a stranger.", "known", known))
	c.see("/privacy", `<b class="count">2<`)
	h.suspend(of, tenant.Suspended)
	c.see("/privacy", `<b class="count">1<`)
}

func TestWhileSuspendedOnlyThoseSignInForWhomSomethingStaysOpen(t *testing.T) { // OB-H10
	h, _, _, of := office(t)
	h.account(of, "approver@example.org", people.Approver)
	h.account(of, "auditor@example.org", people.Auditor)
	h.suspend(of, tenant.Suspended)
	for email, want := range map[string]int{"approver@example.org": http.StatusForbidden, "auditor@example.org": http.StatusCreated} {
		stranger := h.stranger()
		stranger.want(want, stranger.do("POST", "/api/v1/session", object{"email": email, "password": password}))
	}
	stranger := h.stranger()
	a := stranger.want(http.StatusForbidden, stranger.post("/sign-in", "email", "approver@example.org", "password", password))
	if !strings.Contains(string(a.body), "Dienst opgeschort") {
		t.Errorf("the door doesn't say why: %s", a.body)
	}
	a = stranger.want(http.StatusUnprocessableEntity, stranger.post("/sign-in", "email", "approver@example.org", "password", "guessed at random"))
	if strings.Contains(string(a.body), "opgeschort") {
		t.Error("whoever has no password learns that the service is suspended")
	}
}

// openWhileSuspended is every route that answers while the service is suspended,
// to whom: n nobody in particular, o the office (all its roles), e an employee,
// k a key of all scopes. A new route is closed until it is named here and in
// the grants.
const openWhileSuspended = `
GET /.well-known/security.txt noek
GET /api/v1/destinations k
GET /api/v1/openapi.yaml noek
GET /api/v1/runs k
GET /api/v1/runs/:id k
GET /api/v1/runs/:id/file k
GET /exports k
GET /exports/runs/:id k
GET /exports/runs/:id/file k
GET /healthz noek
GET /me/data e
GET /me/privacy e
GET /me/privacy/file e
GET /privacy o
GET /privacy/breaches o
GET /privacy/breaches/:id o
GET /privacy/breaches/:id/notice o
GET /privacy/documents o
GET /privacy/documents/:kind o
GET /privacy/documents/:kind/file o
GET /privacy/ending o
GET /privacy/requests o
GET /readyz noek
GET /security noek
GET /service/access o
GET /service/attained o
GET /service/incidents o
GET /service/incidents/:id o
GET /sign-in noek
POST /api/v1/runs/:id/mark k
POST /exports/runs/:id/mark k
POST /language noek
POST /me/data e
POST /privacy/breaches o
POST /privacy/breaches/:id o
POST /privacy/breaches/:id/step o
POST /privacy/ending o
POST /privacy/ending/accept o
POST /privacy/ending/cancel o
POST /privacy/ending/export o
POST /privacy/requests o
POST /privacy/requests/:id/do o
POST /privacy/requests/:id/step o
POST /service/access o
POST /sign-in noek
`

func TestEveryRouteIsClosedWhileSuspendedButThese(t *testing.T) { // OB-H10
	h, api, office, of := office(t)
	h.server.cfg.Privacy, h.server.cfg.Catalogue = pgtest.Open(t, h.url, pg.RolePrivacy), tenant.Tables()
	employee := api.make("/api/v1/employees", object{"number": "10458", "surname": "Bakker", "first_name": "Joris", "employed_from": "2026-01-01"})
	h.in(of, func(ctx context.Context, tx pg.Tx) error {
		_, err := people.CreateAccount(ctx, tx, operator(), people.Account{Email: "joris@example.org", Name: "Joris", Language: "nl", Roles: []people.Role{people.OwnHours}, Employee: employee}, password)
		return err
	})
	own, program := h.person("joris@example.org"), h.stranger()
	program.key = h.key(of, people.ScopeRead, people.ScopeManage, people.ScopePayroll)
	h.suspend(of, tenant.Suspended)
	var open []string
	callers := []struct {
		name string
		*client
	}{{"n", h.stranger()}, {"o", office}, {"e", own}, {"k", program}}
	for _, r := range h.server.routes().(*echo.Echo).Routes() {
		if r.Path == page.PathSignOut || r.Path == "/api/v1/session" {
			continue // so that those who are signed in stay so
		}
		to := ""
		for _, who := range callers {
			if !shut(who.do(r.Method, regexp.MustCompile(":[a-z_]+").ReplaceAllString(r.Path, "1"), nil, "Content-Type", "application/json")) {
				to += who.name
			}
		}
		if to != "" {
			open = append(open, r.Method+" "+r.Path+" "+to)
		}
	}
	slices.Sort(open)
	if got := "\n" + strings.Join(open, "\n") + "\n"; got != openWhileSuspended {
		t.Errorf("open are\n%s", got)
	}
}

// shut says whether somebody was refused for who they are.
func shut(a answer) bool {
	return a.status == http.StatusForbidden || a.status == http.StatusUnauthorized || strings.HasPrefix(a.header.Get("Location"), page.PathSignIn+"?")
}

func TestWhatIsCutOffIsOutAtItsNextRequest(t *testing.T) { // OB-C11
	h, _, c, of := office(t)
	h.account(of, "eva@example.org", people.Approver)
	eva := h.person("eva@example.org")
	program := h.stranger()
	program.key = h.key(of, people.ScopeRead)
	eva.want(http.StatusOK, eva.do("GET", "/timesheets", nil))
	program.want(http.StatusOK, program.do("GET", "/api/v1/employees", nil))
	c.refused("/service/access", "Give a reason", "whom", "account-1")
	c.refused("/service/access", "Choose an account", "whom", "account-999999", "reason", "shared password")
	ways := map[string]string{}
	h.in(of, func(ctx context.Context, tx pg.Tx) error {
		all, err := Accesses(ctx, tx, time.Now())
		for _, a := range all {
			ways[a.Name] = a.Kind + "-" + positive(a.ID)
		}
		return err
	})
	for _, name := range []string{"eva@example.org", "test"} {
		c.want(http.StatusSeeOther, c.post("/service/access", "whom", ways[name], "reason", "shared password"))
	}
	eva.want(http.StatusSeeOther, eva.do("GET", "/timesheets", nil))
	program.want(http.StatusUnauthorized, program.do("GET", "/api/v1/employees", nil))
	c.see("/log", "access cut off")
}

func TestNobodyCutsOffTheirOwnAccount(t *testing.T) {
	h, _, c, of := office(t)
	h.in(of, func(ctx context.Context, tx pg.Tx) error {
		all, err := people.Accounts(ctx, tx)
		for _, a := range all {
			c.want(http.StatusSeeOther, c.post("/service/access", "whom", "account-"+positive(a.ID), "reason", "by mistake"))
		}
		return err
	})
	c.want(http.StatusOK, c.do("GET", "/service/access", nil))
}
