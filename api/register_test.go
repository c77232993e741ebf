package api

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"tikklok/api/page"
	"tikklok/ingest/people"
	"tikklok/ingest/pg"
	"tikklok/ingest/pg/pgtest"
	"tikklok/ingest/privacy/breach"
	"tikklok/ingest/privacy/register"
)

func TestRegistersAndBreachesHaveWordsForAllThatTheyHold(t *testing.T) {
	keys := []string{"register.book.support", "register.text.support"}
	for _, b := range register.Books() {
		f, err := register.FormOf(b)
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, "register.book."+string(b), "register.text."+string(b), "register.add."+string(b))
		for _, field := range f.Fields {
			keys = append(keys, "register.field."+string(b)+"."+field.Name)
			for _, c := range field.Choices {
				keys = append(keys, "register.choice."+c)
			}
		}
		for _, s := range f.Steps {
			keys = append(keys, "register.do."+s.What, "register.step."+s.What)
		}
	}
	for _, k := range []breach.StepKind{breach.Telephone, breach.Email, breach.Other, breach.FollowUp, breach.Closed, breach.Dismissed, breach.Reopened} {
		keys = append(keys, "breach.do."+string(k), "breach.step."+string(k))
	}
	for _, s := range []breach.State{breach.Untold, breach.HalfWay, breach.Told, breach.Shut, breach.None} {
		keys = append(keys, "breach.state."+string(s))
	}
	for _, m := range (breach.Facts{}).Missing() {
		keys = append(keys, "breach.short."+m, "breach.field."+m)
	}
	pages, err := page.Embedded()
	if err != nil {
		t.Fatal(err)
	}
	for _, lang := range page.Languages() {
		for _, key := range keys {
			if _, err := pages.Text(lang, page.Say(key)); err != nil {
				t.Errorf("%s: %v", lang, err)
			}
		}
	}
}

const registers = "/privacy/registers"

func TestASubprocessorIsTakenOnOnThePageAsTheContractSays(t *testing.T) { // OB-P8
	h, _, c, _ := office(t)
	today := h.today()
	host := []string{"book", "subprocessor", "does", "servers", "data", "all", "place", "NL", "jurisdiction", "NL",
		"agreement", "2026-01-05", "start", "2026-12-01", "urgent", "no"}
	c.refused(registers, "Fill this in", append(host, "name", " ")...)
	c.want(http.StatusSeeOther, c.post(registers, append(host, "name", "Hosting BV")...))
	c.see(registers, "Hosting BV", "proposed", "written consent to each sub-processor")
	c.refused(registers+"/step", "written consent beforehand", "book", "subprocessor", "entry", "2", "what", "started", "day", today)
	c.refused(registers+"/step", "Fill this in", "book", "subprocessor", "entry", "2", "what", "consented", "day", today)
	c.want(http.StatusSeeOther, c.post(registers+"/step", "book", "subprocessor", "entry", "2", "what", "consented", "day", today, "note", "letter 8"))
	c.want(http.StatusSeeOther, c.post(registers+"/step", "book", "subprocessor", "entry", "2", "what", "started", "day", today))
	c.see(registers, "in use", "letter 8")
	c.want(http.StatusNotFound, c.do("GET", registers+"?book=people", nil))
	c.want(http.StatusNotFound, c.post(registers+"/step", "book", "audit", "entry", "2", "what", "held", "day", today, "note", "x"))
}

func TestNobodySeesWhoIsInBeforeTheWorksCouncilConsents(t *testing.T) { // WOR 27
	h, api, c, tenant := office(t)
	h.in(tenant, func(ctx context.Context, tx pg.Tx) error {
		return register.Take(ctx, tx, register.Councils, 1, register.Step{What: "withdrawn", Day: time.Now().UTC().Truncate(24 * time.Hour), Note: "x", At: time.Now(), By: operator()}, register.Rules{})
	})
	c.see("/today", "Who is in is switched off", "works council")
	api.want(http.StatusConflict, api.do("GET", "/api/v1/today", nil))
	c.want(http.StatusConflict, c.do("GET", "/today/events", nil))
	c.want(http.StatusSeeOther, c.post(registers, "book", "council", "subject", "wall", "answer", "consent", "body", "OR", "day", "2026-01-05", "reference", "2026/2"))
	if text := c.see("/today", "not an evacuation list"); strings.Contains(text, "switched off") {
		t.Error("off with consent")
	}
	api.want(http.StatusOK, api.do("GET", "/api/v1/today", nil))
}

func TestASupplierLooksOnlyWhileSomebodyAllowsItAndIsThere(t *testing.T) { // OB-P15
	h, _, c, tenant := office(t)
	helper := h.account(tenant, "help@supplier.example", people.Supplier)
	s := h.visit("help@supplier.example")
	shut := func(when string) {
		t.Helper()
		if a := s.do("GET", "/timesheets", nil); a.status != http.StatusForbidden || !strings.Contains(string(a.body), "stay signed in") || !strings.Contains(string(a.body), `action="/sign-out"`) {
			t.Errorf("%s: %d", when, a.status)
		}
	}
	shut("before anybody allowed it")
	allow := []string{"account", strconv.FormatInt(helper, 10), "reason", "a wrong total", "region", "NL", "operator", "EU"}
	c.refused(registers+"/support", "1 to 480 minutes", append(allow, "minutes", "481")...)
	c.want(http.StatusSeeOther, c.post(registers+"/support", append(allow, "minutes", "60")...))
	s.want(http.StatusOK, s.do("GET", "/timesheets", nil))
	if a := s.post("/people", "surname", "X"); a.status != http.StatusForbidden {
		t.Errorf("a supplier changed something: %d", a.status)
	}
	c.see(registers+"?book=support", "a wrong total", "Test")
	if n := pgtest.Exec(t, h.url, "SELECT count(*) FROM audit_entry WHERE action = 'support.look' AND actor_id = $1", helper); n != 1 {
		t.Errorf("%d looks written down", n)
	}
	c.post("/sign-out")
	shut("who allowed it signed out")
	s.want(http.StatusSeeOther, s.post("/sign-out"))
}

func TestASupplierHasNoOtherRole(t *testing.T) { // OB-P15
	h, _, c, tenant := office(t)
	both := people.Account{Email: "help@supplier.example", Name: "Help", Language: "nl", Roles: []people.Role{people.Supplier, people.Administrator}}
	err := h.db.InTenant(t.Context(), tenant, func(tx pg.Tx) error {
		_, err := people.CreateAccount(t.Context(), tx, operator(), both, "")
		return err
	})
	if err == nil || !strings.Contains(err.Error(), "stands alone") {
		t.Errorf("made: %v", err)
	}
	c.see("/people/accounts", "Supplier (looks along)")
}

func TestOnlyAnAccountOfASupplierIsAllowedToLook(t *testing.T) {
	h, _, c, tenant := office(t)
	auditor := h.account(tenant, "auditor@example.org", people.Auditor)
	c.want(http.StatusNotFound, c.post(registers+"/support", "account", strconv.FormatInt(auditor, 10), "minutes", "60", "reason", "x", "region", "NL", "operator", "NL"))
	h.account(tenant, "help@supplier.example", people.Supplier)
	c.refused(registers+"/support", "Choose one of", "account", "", "minutes", "60", "reason", "total is wrong")
}

func TestHelpComesFromWhereTheContractAllowsItOnly(t *testing.T) { // OB-P9
	h, _, c, tenant := office(t)
	helper := h.account(tenant, "help@supplier.example", people.Supplier)
	s := h.visit("help@supplier.example")
	allow := func(region, operator string) []string {
		return []string{"account", itoa(helper), "minutes", "60", "reason", "a wrong total", "region", region, "operator", operator}
	}
	c.refused(registers+"/support", "Choose one of", allow("", "NL")...)
	c.refused(registers+"/support", "does not allow data to be seen from there", allow("EU", "NL")...) // without a contract the strictest
	c.refused(registers+"/support", "does not allow data to be seen from there", allow("NL", "other")...)
	contract := func(region string) answer {
		return c.post(page.PathSupply, "profile", "direct", "reference", "2026-17", "signed", "2026-01-05", "starts", "2026-02-01", "region", region,
			"data_months", "1", "administrator", "2", "fallback", "uren@example.nl", "telephone", "+31 544 471 696")
	}
	c.want(http.StatusSeeOther, contract("EU"))
	c.want(http.StatusSeeOther, c.post(registers+"/support", allow("EU", "NL")...))
	s.want(http.StatusOK, s.do("GET", "/timesheets", nil))
	c.see(registers+"?book=support", "the European Union")
	c.want(http.StatusSeeOther, contract("NL")) // and it is over
	s.want(http.StatusForbidden, s.do("GET", "/timesheets", nil))
}

func TestABreachIsWrittenDownToldAndClosedOnItsPages(t *testing.T) { // OB-P10
	h, _, c, tenant := office(t)
	breaches := "/privacy/breaches"
	known := time.Now().Add(-time.Hour).In(zoneOf("Europe/Amsterdam")).Format(localMoment)
	c.see(breaches, "No breaches", "within 24 hours")
	c.refused(breaches, "Fill this in", "nature", " ", "known", known)
	c.refused(breaches, "Choose a day and time", "nature", "x", "known", "soon")
	c.refused(breaches, "This lies ahead", "nature", "x", "known", "2199-01-01T00:00")
	c.want(http.StatusSeeOther, c.post(breaches, "nature", "A list went to a stranger.", "known", known))
	c.see(breaches, "A list went to a stranger.", "not told", "nothing is removed for good")
	one := breaches + "/1"
	c.see(one, "Draft. Not known yet")
	step := func(what string, more ...string) []string {
		return append([]string{"what", what, "at", time.Now().In(zoneOf("Europe/Amsterdam")).Format(localMoment)}, more...)
	}
	c.refused(one+"/step", "by telephone and by e-mail first", step("closed", "note", "done")...)
	c.want(http.StatusSeeOther, c.post(one+"/step", step("telephone", "whom", "Ilse")...))
	c.want(http.StatusSeeOther, c.post(one+"/step", step("email", "whom", "Ilse")...))
	c.refused(one+"/step", "The notice is not complete yet", step("closed", "note", "done")...)
	c.refused(one, "the largest is not below the smallest", "nature", "x", "known", known, "least", "5", "most", "4")
	if a := c.post(one, "nature", "Typed a moment ago.", "known", known, "kind", "moment", "least", "5", "most", "4"); strings.Contains(string(a.body), "<dd>Typed") || !strings.Contains(string(a.body), "<dd>A list went") || strings.Contains(string(a.body), `<dd><span class="pill">`) {
		t.Error("what was refused stands among the recorded facts")
	}
	c.want(http.StatusSeeOther, c.post(one, "nature", "A list went to a stranger.", "known", known, "from", known, "learned", "a call", "cause", "a typing error", "groups", "the hall",
		"least", "2", "most", "5", "records", "40", "kind", "name", "consequences", "known to one", "taken", "removed there", "contact", "Support"))
	c.see(one, "All prescribed parts are filled in", "Version 2")
	c.see(one+"?count=yes&operation=Nothing", "At least 0, at most 0 data subjects")
	c.see(one+"?count=yes&table=nothing", "This is not known")
	for _, nobody := range []string{"account.abc", "account.99999", "account", "%00"} {
		c.see(one+"?count=yes&who="+nobody, "Nobody, no key and no gateway is called so")
	}
	c.see(one+"/notice?language=nl&as=text", "Kennisgeving van een datalek", "minimaal 2, maximaal 5", "telefonisch")
	if a := c.want(http.StatusOK, c.do("GET", one+"/notice?language=en", nil)); !strings.HasPrefix(string(a.body), "%PDF") {
		t.Errorf("%.20q is no PDF", a.body)
	}
	c.want(http.StatusSeeOther, c.post(one+"/step", step("closed", "note", "followed up")...))
	c.see(breaches, "closed")
	c.want(http.StatusNotFound, c.do("GET", breaches+"/99", nil))
	h.account(tenant, "auditor@example.org", people.Auditor)
	auditor := h.visit("auditor@example.org")
	auditor.see(one, "A list went to a stranger.")
	auditor.want(http.StatusForbidden, auditor.post(one+"/step", step("reopened", "note", "x")...))
}

func TestWhatIsLateIsToDoAndCountedInTheMenu(t *testing.T) {
	_, _, c, _ := office(t)
	c.want(http.StatusSeeOther, c.post(registers, "book", "measure", "version", "2026-2", "day", "2026-01-05", "text", "disks are encrypted"))
	c.see("/privacy", "Changed measures were not told", "late: by 5 Jan 2026", `<b class="count">1<`)
	known := time.Now().Add(-time.Hour).In(zoneOf("Europe/Amsterdam")).Format(localMoment)
	c.want(http.StatusSeeOther, c.post("/privacy/breaches", "nature", "A list went to a stranger.", "known", known))
	c.see("/privacy", "A breach is open", `<b class="count">2<`)
}
