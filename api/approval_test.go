package api

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"tikklok/api/openapi"
	"tikklok/ingest/hours"
	"tikklok/ingest/people"
	"tikklok/ingest/pg"
	"tikklok/ingest/pg/pgtest"
)

// computed takes up what was decided, as the server does by itself.
func (h *house) computed(tenant int64) {
	h.t.Helper()
	if _, err := hours.Recompute(h.t.Context(), h.db, tenant, time.Now()); err != nil {
		h.t.Fatal(err)
	}
}

func (c *client) sheet(employee int64) (t openapi.Timesheet) {
	c.h.t.Helper()
	c.want(http.StatusOK, c.do("GET", "/api/v1/timesheets/"+itoa(employee)+"/"+week, nil)).into(c.h.t, &t)
	return t
}

func TestAnApprovalOfWhatChangedMeanwhileIsAConflict(t *testing.T) {
	h := newHouse(t)
	c, id := h.administrator("Acme")
	employee := worked(c, "10458")
	h.computed(id)
	seen := *c.sheet(employee).Seen
	c.make("/api/v1/decisions", object{"kind": "add_punch", "employee_id": employee, "at": "2026-11-11T08:00:00+01:00", "mode": "in", "reason": "no fob"})
	c.make("/api/v1/decisions", object{"kind": "add_punch", "employee_id": employee, "at": "2026-11-11T10:00:00+01:00", "mode": "out", "reason": "no fob"})
	var done openapi.ActionResults
	ask := object{"week": week, "employee_ids": []int64{employee}, "seen": object{itoa(employee): seen}}
	c.want(http.StatusOK, c.do("POST", "/api/v1/timesheets/approve", ask)).into(t, &done)
	conflict := done.Items[0].Conflict
	if done.Items[0].Done || conflict == nil || len(conflict.Changes) != 1 || conflict.Changes[0].Now != 120 || conflict.Changes[0].Seen != 0 {
		t.Fatalf("outcome %+v", done.Items[0])
	}
	if s := c.sheet(employee); s.State != "open" {
		t.Errorf("state %s", s.State)
	}
	ask["seen"] = object{itoa(employee): conflict.Seen}
	c.want(http.StatusOK, c.do("POST", "/api/v1/timesheets/approve", ask)).into(t, &done)
	if !done.Items[0].Done || !or(done.Items[0].Frozen) {
		t.Errorf("as it is now: %+v", done.Items[0])
	}
}

func TestThePageShowsTheDifferenceAndApprovesIt(t *testing.T) {
	h := newHouse(t)
	api, id := h.administrator("Acme")
	h.account(id, "boss@example.org", people.Administrator, people.Approver)
	employee := worked(api, "10458")
	h.computed(id)
	seen, back := *api.sheet(employee).Seen, "/timesheets?week="+week
	api.make("/api/v1/decisions", object{"kind": "add_punch", "employee_id": employee, "at": "2026-11-10T17:00:00+01:00", "mode": "in", "reason": "no fob"})
	api.make("/api/v1/decisions", object{"kind": "add_punch", "employee_id": employee, "at": "2026-11-10T18:00:00+01:00", "mode": "out", "reason": "no fob"})
	c := h.visit("boss@example.org")
	a := c.want(http.StatusConflict, c.post("/timesheets/approve", "week", week, "employee", itoa(employee), "seen."+itoa(employee), seen, "back", back))
	for _, text := range []string{"changed since you saw it", "8:00", "Approve this instead"} {
		if !strings.Contains(string(a.body), text) {
			t.Errorf("the page lacks %q", text)
		}
	}
	now := *api.sheet(employee).Seen
	c.want(http.StatusSeeOther, c.post("/timesheets/approve", "week", week, "employee", itoa(employee), "seen."+itoa(employee), now, "back", back))
	c.see(back, "1 timesheet approved")
}

func TestAPolicyDeputiesAndApproversAreSetOnThePage(t *testing.T) {
	h := newHouse(t)
	api, id := h.administrator("Acme")
	anna, bram := h.account(id, "anna@example.org", people.Administrator), h.account(id, "bram@example.org", people.Approver)
	hirer := pgtest.Exec(t, h.url, "INSERT INTO hirer (tenant_id, name) VALUES ($1, 'Kwekerij') RETURNING hirer_id", id)
	c := h.visit("anna@example.org")
	a := c.want(http.StatusUnprocessableEntity, c.post("/approval", "from", "2026-11-10", "level", "agency", "four", "yes", "tolerance", "many"))
	if !strings.Contains(string(a.body), "whole number") {
		t.Error("does not say what is wrong")
	}
	a = c.want(http.StatusUnprocessableEntity, c.post("/approval", "from", "2026-11-10", "level", "agency"))
	if !strings.Contains(string(a.body), "no Monday") {
		t.Error("does not say that it is no Monday")
	}
	both := []string{"from", "2026-11-09", "level", "hirer", "level", "agency", "tolerance", "10", "days", "2", "at", "12:00", "remind", "24"}
	a = c.want(http.StatusUnprocessableEntity, c.post("/approval", append(both, "four", "yes")...))
	if !strings.Contains(string(a.body), "contradict each other") {
		t.Error("takes four eyes that are nobody's")
	}
	c.want(http.StatusSeeOther, c.post("/approval", both...))
	c.want(http.StatusSeeOther, c.post("/approval/deputies", "account", itoa(bram), "for", itoa(anna), "from", h.today(), "until", h.day(30)))
	c.want(http.StatusUnprocessableEntity, c.post("/approval/deputies", "account", itoa(bram), "for", itoa(anna), "from", "2026-12-01", "until", "2026-11-01"))
	c.want(http.StatusSeeOther, c.post("/approval/approvers", "account", itoa(bram), "hirer", itoa(hirer)))
	c.see("/approval", "Hirer → Agency", "within 10 minutes", "day 2 after the week", "Kwekerij")
	var deputies openapi.Deputies
	api.want(http.StatusOK, api.do("GET", "/api/v1/approval/deputies", nil)).into(t, &deputies)
	if len(deputies.Items) != 1 || deputies.Items[0].AccountId != bram || deputies.Items[0].ForId != anna {
		t.Fatalf("deputies %+v", deputies)
	}
	c.want(http.StatusSeeOther, c.post("/approval/deputies/end", "deputy", itoa(deputies.Items[0].Id)))
	var approvers openapi.Approvers
	api.want(http.StatusOK, api.do("GET", "/api/v1/approval/approvers", nil)).into(t, &approvers)
	limited := 0
	for _, x := range approvers.Items {
		limited += len(x.HirerIds)
	}
	if limited != 1 {
		t.Errorf("approvers %+v", approvers)
	}
}

func TestAHirersApproverSeesOnlyTheirPeople(t *testing.T) {
	h := newHouse(t)
	api, id := h.administrator("Acme")
	bram := h.account(id, "bram@example.org", people.Approver)
	hirer := pgtest.Exec(t, h.url, "INSERT INTO hirer (tenant_id, name) VALUES ($1, 'Kwekerij') RETURNING hirer_id", id)
	employee := worked(api, "10458")
	h.computed(id)
	api.want(http.StatusNoContent, api.do("PUT", "/api/v1/approval/approvers/"+itoa(bram)+"/hirers", object{"hirer_ids": []int64{hirer}}))
	c := h.person("bram@example.org")
	var list openapi.Timesheets
	c.want(http.StatusOK, c.do("GET", "/api/v1/timesheets?week="+week, nil)).into(t, &list)
	if len(list.Items) != 0 || or(list.Total) != 0 {
		t.Errorf("sees %+v", list)
	}
	c.want(http.StatusNotFound, c.do("GET", "/api/v1/timesheets/"+itoa(employee)+"/"+week, nil))
	c.want(http.StatusNotFound, h.visit("bram@example.org").do("GET", "/timesheets?week="+week+"&employee="+itoa(employee)+"&day=2026-11-10", nil))
	if done := c.approve(employee); done[0].Done {
		t.Error("approved another's people")
	}
}

func TestAllCompleteOnesAreApprovedAfterASummary(t *testing.T) {
	h := newHouse(t)
	api, id := h.administrator("Acme")
	h.account(id, "boss@example.org", people.Administrator, people.Approver)
	worked(api, "1")
	worked(api, "2")
	h.computed(id)
	c := h.visit("boss@example.org")
	body := c.see("/timesheets/bulk?week="+week, "Approve 2 timesheets", "16:00")
	_, digest, _ := strings.Cut(body, `name="digest" value="`)
	digest, _, _ = strings.Cut(digest, `"`)
	c.want(http.StatusConflict, c.post("/timesheets/bulk", "week", week, "digest", "other"))
	a := c.want(http.StatusSeeOther, c.post("/timesheets/bulk", "week", week, "digest", digest))
	c.see(a.header.Get("Location"), "Done: 2 of 2 approved")
	c.see("/timesheets/period?day=2026-11-10", "2026-11", "Approved")
	var lines int
	h.in(id, func(ctx context.Context, tx pg.Tx) error {
		return tx.QueryRow(ctx, "SELECT count(*) FROM approved_line").Scan(&lines)
	})
	if lines != 2 {
		t.Errorf("%d lines", lines)
	}
}
