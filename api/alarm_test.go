package api

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"tikklok/api/sla/alarm"
	"tikklok/ingest/mail"
	"tikklok/ingest/people"
	"tikklok/ingest/pg"
	"tikklok/ingest/pg/pgtest"
)

const alarms = "/service/alarms"

// looked brings a customer's list to what is wrong at a moment.
func (h *house) looked(tenant int64, at time.Time, wrong ...alarm.Signal) {
	h.t.Helper()
	h.in(tenant, func(ctx context.Context, tx pg.Tx) error {
		_, err := alarm.Note(ctx, tx, alarm.Look{Signals: wrong}, at)
		return err
	})
}

func TestThePageOfAlarmsSaysWhatIsWrongAndWas(t *testing.T) {
	h, _, c, tenant := office(t)
	c.see(alarms, "Nothing is wrong.")
	now := time.Now()
	h.looked(tenant, now.Add(-3*time.Hour), alarm.Signal{Key: "probe a", NL: "Stil.", EN: "Probe a fell silent."})
	h.looked(tenant, now.Add(-2*time.Hour))
	h.looked(tenant, now.Add(-time.Hour), alarm.Signal{Key: "backup near full", NL: "Vol.", EN: "Place near is full.", Quiet: true})
	text := c.see(alarms, "Place near is full.", "on this page", "Probe a fell silent.", "by e-mail")
	if strings.Index(text, "Place near") > strings.Index(text, "Probe a") || strings.Contains(text, "Nothing is wrong") {
		t.Error("what is over stands before what lasts")
	}
	if !strings.Contains(text, `Alarms <b class="count">1`) {
		t.Error("no page says that an alarm lasts")
	}
	other, _ := h.administrator("Other")
	other.see(alarms, "Nothing is wrong.")
}

func TestThePageOfAlarmsNamesUsersWhoseAddressIsRefused(t *testing.T) {
	h, _, c, tenant := office(t)
	id := h.account(tenant, "gone@example.org", people.Payroll)
	h.in(tenant, func(ctx context.Context, tx pg.Tx) error {
		_, err := mail.Spool(ctx, tx, []mail.Letter{{About: "x", Account: id, To: "gone@example.org", Language: "nl", Subject: "s", Body: "b"}}, time.Now())
		return err
	})
	pgtest.Exec(t, h.url, "UPDATE mail SET state = 'refused', ended_at = now(), answer = 'address refused: 550 5.1.1'")
	c.see(alarms, "gone@example.org", "the mail server said 550 5.1.1")
}

func TestThePageOfAlarmsIsForAdministratorsAndAuditors(t *testing.T) {
	h, _, _, tenant := office(t)
	h.account(tenant, "approver@example.org", people.Approver)
	approver := h.visit("approver@example.org")
	approver.want(http.StatusForbidden, approver.do("GET", alarms, nil))
	h.account(tenant, "auditor@example.org", people.Auditor)
	h.visit("auditor@example.org").see(alarms, "Nothing is wrong.")
}
