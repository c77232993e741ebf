package api

import (
	"bytes"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"tikklok/api/openapi"
	"tikklok/ingest/people"
	"tikklok/ingest/pg/pgtest"
)

// fivePeople approves a day of eight hours of each.
func fivePeople(c *client) {
	c.h.t.Helper()
	var all []int64
	for i := range 5 {
		all = append(all, worked(c, fmt.Sprint(10458+i)))
	}
	for _, done := range c.approve(all...) {
		if !done.Done {
			c.h.t.Fatalf("not approved: %s", or(done.Problem))
		}
	}
}

const november = "?from=2026-11-01&to=2026-11-30"

func TestHoursArePublishedOnceAPersonAllowsIt(t *testing.T) { // OB-P13
	h := newHouse(t)
	c, tenant := h.administrator("Acme")
	fivePeople(c)
	month := object{"month": "2026-11-01"}
	for path, body := range map[string]any{"/api/v1/analysis/publications": month, "/api/v1/analysis/hours" + november: nil} {
		method := map[bool]string{true: "GET", false: "POST"}[body == nil]
		if a := c.want(http.StatusConflict, c.do(method, path, body)); !strings.Contains(string(a.body), "clause of the contract") {
			t.Errorf("%s", a.body)
		}
	}
	allow := object{"allowed": true, "basis": "clause 4.2"}
	if a := c.want(http.StatusConflict, c.do("PUT", "/api/v1/analysis/permission", allow)); !strings.Contains(string(a.body), "the contract allows no statistics") {
		t.Errorf("%s", a.body)
	}
	pgtest.Contract(t, h.url, tenant, "winbase")
	var v openapi.Analysis
	c.want(http.StatusOK, c.do("PUT", "/api/v1/analysis/permission", allow)).into(t, &v)
	if !v.Allowed || or(v.Basis) != "clause 4.2" || or(v.DecidedBy) == 0 || len(v.Publications) != 0 {
		t.Errorf("%+v", v)
	}
	c.make("/api/v1/analysis/publications", month)
	if a := c.want(http.StatusConflict, c.do("POST", "/api/v1/analysis/publications", month)); !strings.Contains(string(a.body), "nothing to publish") {
		t.Errorf("%s", a.body)
	}
	c.want(http.StatusUnprocessableEntity, c.do("POST", "/api/v1/analysis/publications", object{"month": "2026-11-02"}))
	program := h.stranger()
	program.key = h.key(tenant, people.ScopeRead)
	a := program.want(http.StatusOK, program.do("GET", "/api/v1/analysis/hours"+november, nil))
	if !bytes.HasPrefix(a.body, []byte("PAR1")) || !bytes.HasSuffix(a.body, []byte("PAR1")) || bytes.Contains(a.body, []byte("10458")) ||
		a.header.Get("Content-Disposition") != `attachment; filename="hours-2026-11-2026-11.parquet"` {
		t.Errorf("%d bytes, %v", len(a.body), a.header)
	}
	if again := program.do("GET", "/api/v1/analysis/hours"+november, nil); !bytes.Equal(again.body, a.body) {
		t.Error("other bytes")
	}
	program.want(http.StatusForbidden, program.do("PUT", "/api/v1/analysis/permission", object{"allowed": false, "basis": "x"}))
	c.want(http.StatusOK, c.do("PUT", "/api/v1/analysis/permission", object{"allowed": false, "basis": "it ended"}))
	c.want(http.StatusConflict, c.do("GET", "/api/v1/analysis/hours"+november, nil))
	if n := pgtest.Exec(t, h.url, "SELECT count(*) FROM audit_entry WHERE action = 'analysis.download'"); n != 2 {
		t.Errorf("%d lines about who took it (OB-C4)", n)
	}
}

func TestTheWorkbookIsForWhoPays(t *testing.T) {
	h := newHouse(t)
	c, tenant := h.administrator("Acme")
	fivePeople(c)
	a := c.want(http.StatusOK, c.do("GET", "/api/v1/analysis/workbook"+november+"&language=en", nil))
	f, err := excelize.OpenReader(bytes.NewReader(a.body))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := f.GetRows("Totals")
	if want := []string{"100", "Worked", "2400", "40.00"}; err != nil || len(rows) < 5 || !slices.Equal(rows[4], want) {
		t.Errorf("%q, %v", rows, err)
	}
	c.want(http.StatusUnprocessableEntity, c.do("GET", "/api/v1/analysis/workbook?from=2026-11-30&to=2026-11-01", nil))
	for _, role := range []people.Role{people.Approver, people.Auditor} {
		h.account(tenant, string(role)+"@example.org", role)
		other := h.person(string(role) + "@example.org")
		other.want(http.StatusForbidden, other.do("GET", "/api/v1/analysis/workbook"+november, nil))
	}
	program := h.stranger()
	program.key = h.key(tenant, people.ScopePayroll)
	program.want(http.StatusForbidden, program.do("GET", "/api/v1/analysis/workbook"+november, nil))
}

func TestAnalysisIsDoneOnItsPage(t *testing.T) {
	h, api, c, tenant := office(t)
	fivePeople(api)
	c.see("/exports/analysis", "Publishing is off", "Workbook (XLSX)", "The contract allows no statistics")
	pgtest.Contract(t, h.url, tenant, "winbase")
	c.refused("/exports/analysis/permission", "1 to 200 characters", "basis", " ", "allowed", "yes")
	c.want(http.StatusSeeOther, c.post("/exports/analysis/publish", "month", "2026-11"))
	c.see("/exports/analysis", "an administrator can allow it")
	c.want(http.StatusSeeOther, c.post("/exports/analysis/permission", "basis", "clause 4.2", "allowed", "yes"))
	c.see("/exports/analysis", "The contract allows publishing", "clause 4.2", "Nothing published yet")
	c.refused("/exports/analysis/publish", "such as 2026-07", "month", "soon")
	c.want(http.StatusSeeOther, c.post("/exports/analysis/publish", "month", "2026-11"))
	c.see("/exports/analysis", "November 2026", "/exports/analysis/hours?month=2026-11")
	if a := c.want(http.StatusConflict, c.post("/exports/analysis/publish", "month", "2026-11")); !strings.Contains(string(a.body), "Nothing to publish of this month") {
		t.Error("published twice")
	}
	c.want(http.StatusOK, c.do("GET", "/exports/analysis/hours?month=2026-11", nil))
	c.want(http.StatusOK, c.do("GET", "/exports/analysis/workbook"+november, nil))
	if a := c.want(http.StatusUnprocessableEntity, c.do("GET", "/exports/analysis/workbook?from=2026-11-01&to=2028-01-01", nil)); !strings.Contains(string(a.body), "1 to 366 days") {
		t.Errorf("%.300s", a.body)
	}
	c.want(http.StatusSeeOther, c.post("/exports/analysis/permission", "basis", "it ended"))
	c.see("/exports/analysis", "Publishing is off", "it ended")
}
