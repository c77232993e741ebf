package api

import (
	"bytes"
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"tikklok/ingest/people"
	"tikklok/ingest/pg"
	"tikklok/ingest/pg/pgtest"
	"tikklok/ingest/tenant"
)

// suspend closes the service of a tenant at once, or opens it again.
func (h *house) suspend(of int64, kind tenant.SuspensionKind) {
	h.t.Helper()
	h.in(of, func(ctx context.Context, tx pg.Tx) error {
		_, err := tenant.TakeStep(ctx, tx, operator(), tenant.SuspensionStep{Kind: kind, Ground: tenant.Misuse, Told: time.Now(), Reference: "letter 2026-150"}, time.Now())
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

func TestNothingThatStaysOpenMakesHoursPeopleOrPay(t *testing.T) { // OB-H10
	open := []string{"SignOut", "GetSession", pageRequests, pageRequest, pageOwnPrivacy, pageOwnData, pageBreaches, pageBreach, pageEndings, pageEnding, pagePrivacy, pageAccess, pageCutOff}
	made := []string{"ListDestinations", "ListRuns", "GetRun", "GetRunFile", "MarkRun"}
	for operation, may := range grants() {
		if may.stays != slices.Contains(open, operation) || may.made != slices.Contains(made, operation) {
			t.Errorf("%s: open to people %v, to keys %v", operation, may.stays, may.made)
		}
	}
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
