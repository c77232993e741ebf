package api

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"tikklok/ingest/people"
)

func TestEveryOperationHasAGrant(t *testing.T) {
	doc, err := loadDocument()
	if err != nil {
		t.Fatal(err)
	}
	table, known := grants(), map[string]bool{}
	for at, route := range doc.routes {
		id := route.Operation.OperationID
		known[id] = true
		may, ok := table[id]
		if !ok {
			t.Errorf("%s (%s): no entry in grants", id, at)
		}
		open := route.Operation.Security != nil && len(*route.Operation.Security) == 0
		if open != may.open {
			t.Errorf("%s: open in the document %t, in grants %t", id, open, may.open)
		}
	}
	for id := range table {
		if !known[id] && !strings.HasPrefix(id, "page.") {
			t.Errorf("%s has a grant and is not in the document", id)
		}
	}
}

func TestAnAuditorChangesNothing(t *testing.T) {
	doc, err := loadDocument()
	if err != nil {
		t.Fatal(err)
	}
	for at, route := range doc.routes {
		id := route.Operation.OperationID
		if id != "SignOut" && !strings.HasPrefix(at, "GET ") && slices.Contains(grants()[id].roles, people.Auditor) {
			t.Errorf("an auditor may %s", id)
		}
	}
}

func TestDecisionsTakeAPerson(t *testing.T) {
	for _, id := range []string{"ApproveTimesheets", "RejectTimesheets", "ReopenTimesheets", "StateTimesheet", "StartBulkApproval",
		"CreateDecision", "UndoDecision", "DecideFobTaps", "DecideUncertainTaps", "AnswerRequest", "SetApprovalPolicy", "CreateDeputy", "PutApproverHirers", "GiveUpHole", "CreateAccount", "CreateKey", "RotateKey", "SetKeyNetworks",
		"PutChannel", "DropChannel", "TryChannel", "RotateSigning", "SetAnalysisPermission", "SendAgain", "GiveUpDelivery", "DeliveryArrived"} {
		if len(grants()[id].scopes) > 0 {
			t.Errorf("a key may %s", id)
		}
	}
}

func TestRolesAndScopesAreHeld(t *testing.T) {
	h := newHouse(t)
	id := h.tenant("Acme")
	for _, role := range []people.Role{people.Administrator, people.Approver, people.Payroll, people.Auditor} {
		h.account(id, string(role)+"@example.org", role)
	}
	who := map[string]*client{"nobody": h.stranger()}
	for _, role := range []string{"administrator", "approver", "payroll", "auditor"} {
		who[role] = h.person(role + "@example.org")
	}
	for _, scope := range []people.Scope{people.ScopePayroll, people.ScopeManage, people.ScopeRead} {
		who["key "+string(scope)] = &client{h: h, http: h.web.Client(), key: h.key(id, scope)}
	}
	who["key wrong"] = &client{h: h, http: h.web.Client(), key: "tk_wrong"}
	site := func() any { return object{"name": "S" + itoa(int64(len(h.log.Bytes())))} }
	for _, test := range []struct {
		method, path string
		body         func() any
		may          []string
	}{
		{"GET", "/api/v1/sites", nil, []string{"administrator", "approver", "payroll", "auditor", "key manage", "key read"}},
		{"POST", "/api/v1/sites", site, []string{"administrator", "key manage"}},
		{"GET", "/api/v1/audit", nil, []string{"administrator", "auditor"}},
		{"GET", "/api/v1/accounts", nil, []string{"administrator", "auditor"}},
		{"GET", "/api/v1/session", nil, []string{"administrator", "approver", "payroll", "auditor"}},
		{"GET", "/api/v1/runs/9/file", nil, []string{"payroll", "key payroll"}},
		{"POST", "/api/v1/timesheets/approve", func() any { return object{"week": "2026-W46", "employee_ids": []int{9}} }, []string{"administrator", "approver"}},
	} {
		for name, c := range who {
			var body any
			if test.body != nil {
				body = test.body()
			}
			got := c.do(test.method, test.path, body).status
			refused := got == http.StatusUnauthorized || got == http.StatusForbidden
			if may := slices.Contains(test.may, name); may == refused {
				t.Errorf("%s %s by %s: %d", test.method, test.path, name, got)
			}
			if (name == "nobody" || name == "key wrong") && got != http.StatusUnauthorized {
				t.Errorf("%s %s by %s: %d, want 401", test.method, test.path, name, got)
			}
		}
	}
}
