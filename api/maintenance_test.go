package api

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	maintenance "tikklok/api/sla/notice"
	"tikklok/ingest/audit"
	"tikklok/ingest/people"
	"tikklok/ingest/pg"
)

const upkeep = "/service/maintenance"

// announce has work announced a while before it begins.
func (h *house) announce(tenant int64, ahead time.Duration) {
	h.t.Helper()
	now := time.Now()
	h.in(tenant, func(ctx context.Context, tx pg.Tx) error {
		_, err := maintenance.Announce(ctx, tx, audit.Actor{Kind: audit.Operator}, maintenance.Maintenance{Reference: "db-16", From: now.Add(ahead), Until: now.Add(ahead + time.Hour),
			NL: maintenance.Words{Title: "Nieuwe <database>"}, EN: maintenance.Words{Title: "New <database>", Changes: "Faster."}}, now)
		return err
	})
}

func TestEverybodyWhoSignsInIsToldOfMaintenance(t *testing.T) { // OB-S3
	h, _, c, tenant := office(t)
	c.see("/people")
	h.announce(tenant, 72*time.Hour)
	h.account(tenant, "payroll@example.org", people.Payroll)
	for path, who := range map[string]*client{"/people": c, "/exports": h.visit("payroll@example.org")} {
		who.see(path, "New &lt;database&gt;", "Faster.")
	}
	other, _ := h.administrator("Other")
	if text := string(other.do("GET", "/people", nil).body); strings.Contains(text, "database") {
		t.Error("another tenant is told")
	}
}

func TestThePageOfMaintenanceSaysWhatWasLate(t *testing.T) {
	h, _, c, tenant := office(t)
	c.see(upkeep, "No maintenance announced", "Version 0.7")
	h.announce(tenant, 47*time.Hour)
	c.see(upkeep, "db-16", "late (promised: 48 hours)", "still wait")
}

func TestAWebhookOfAnnouncementsIsSetByAnAdministratorOnly(t *testing.T) {
	h, _, c, tenant := office(t)
	h.courier()
	a := c.want(http.StatusOK, c.post(upkeep+"/hook", "url", "https://systems.example.org/told"))
	if !strings.Contains(string(a.body), "whsec_") {
		t.Error("its secret is not shown")
	}
	if text := c.see(upkeep, "https://systems.example.org/told"); strings.Contains(text, "whsec_") {
		t.Error("its secret is shown again")
	}
	c.refused(upkeep+"/hook", "be used", "url", "https://user:secret@example.org")
	h.account(tenant, "auditor@example.org", people.Auditor)
	auditor := h.visit("auditor@example.org")
	auditor.see(upkeep, "https://systems.example.org/told")
	auditor.want(http.StatusForbidden, auditor.post(upkeep+"/hook", "url", "https://example.org"))
	c.want(http.StatusSeeOther, c.post(upkeep+"/hook/off"))
	c.see(upkeep, "There is no address yet")
}

func TestThePageOfMaintenanceIsForAdministratorsAndAuditors(t *testing.T) {
	h, _, _, tenant := office(t)
	h.account(tenant, "approver@example.org", people.Approver)
	approver := h.visit("approver@example.org")
	approver.want(http.StatusForbidden, approver.do("GET", upkeep, nil))
}
