package api

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"tikklok/ingest/people"
	"tikklok/ingest/pg"
	"tikklok/ingest/pg/pgtest"
	"tikklok/ingest/privacy/register"
	"tikklok/ingest/tenant"
)

// instructed writes down an instruction and gives its number.
func (h *house) instructed(of int64) (number string) {
	h.t.Helper()
	h.in(of, func(ctx context.Context, tx pg.Tx) error {
		id, err := register.Add(ctx, tx, register.Entry{Book: register.Instructions, At: time.Now(), By: operator(),
			Values: map[string]string{"reference": "Brief 12", "by": "Post", "day": "2026-01-05", "text": "keep"}})
		number = itoa(id)
		return err
	})
	return number
}

func TestATermOutsideOfLawAndContractIsRefusedOnThePage(t *testing.T) { // OB-P3, OB-P16
	h, _, c, of := office(t)
	boss := h.account(of, "trained@example.org", people.Administrator)
	today := time.Now().UTC().Truncate(24 * time.Hour)
	h.in(of, func(ctx context.Context, tx pg.Tx) error {
		_, err := tenant.Agree(ctx, tx, operator(), tenant.Agreement{Profile: tenant.WinBase, Reference: "2026/17", Signed: today, Starts: today,
			Contact: tenant.Contact{Administrator: boss, Telephone: "+31 10 1234567", Fallback: "info@example.org"}}, time.Now())
		return err
	})
	letter := h.instructed(of)
	for name, tt := range map[string]struct{ class, count, unit, letter, says string }{
		"shorter than the law":       {"record", "51", "W", letter, "Shorter than is allowed"},
		"longer than the contract":   {"taps", "4", "M", letter, "Longer than the law or the contract allows"},
		"longer than a purpose":      {"hours", "11", "Y", letter, "Longer than the law or the contract allows"},
		"of nothing":                 {"record", "0", "W", letter, "A whole number from 1"},
		"below nothing":              {"record", "-1", "W", letter, "A whole number from 1"},
		"of no unit":                 {"record", "60", "", letter, "A whole number from 1"},
		"without an instruction":     {"record", "60", "W", "", "Choose one"},
		"by one that is not there":   {"record", "60", "W", "999999", "not in force"},
		"of no class":                {"photos", "60", "W", letter, "Choose one"},
		"of what lasts as contracts": {"contract", "60", "W", letter, "Choose one"},
	} {
		t.Run(name, func(t *testing.T) {
			c.refused("/privacy/retention", tt.says, "class", tt.class, "count", tt.count, "unit", tt.unit, "instruction", tt.letter)
		})
	}
	if n := pgtest.Exec(t, h.url, "SELECT count(*) FROM retention_term"); n != 0 {
		t.Errorf("%d terms were changed", n)
	}
}

func TestALegalHoldIsOfTheTenantsOwnPeopleAndEndsInTheFuture(t *testing.T) { // I6
	h, _, c, _ := office(t)
	other, _ := h.administrator("Other")
	other.make("/api/v1/employees", object{"number": "999", "surname": "Visser", "employed_from": "2026-01-01"})
	soon := time.Now().AddDate(0, 1, 0).Format(time.DateOnly)
	c.refused("/privacy/retention/holds", "no such personnel number", "number", "999", "until", soon, "reason", "dispute")
	c.refused("/privacy/retention/holds", "a day in the next five years", "number", "", "until", "2020-01-01", "reason", "dispute")
	c.refused("/privacy/retention/holds", "a day in the next five years", "number", "", "until", "", "reason", "dispute")
	c.refused("/privacy/retention/holds", "a day in the next five years", "number", "", "until", time.Now().AddDate(6, 0, 0).Format(time.DateOnly), "reason", "dispute")
	c.refused("/privacy/retention/holds", "A reason of 1 to 300", "number", "", "until", soon, "reason", " ")
	if n := pgtest.Exec(t, h.url, "SELECT count(*) FROM retention_hold"); n != 0 {
		t.Errorf("%d legal holds were laid", n)
	}
	c.want(http.StatusSeeOther, c.post("/privacy/retention/holds", "number", "", "until", soon, "reason", "dispute"))
	c.see("/privacy/retention", `<div id="notice" role="status"><div class="notice"><p>Saved`)
}

func TestApprovedHoursThatWereNeverPaidAreAnAlarm(t *testing.T) { // I8
	h, api, c, of := office(t)
	employee := api.make("/api/v1/employees", object{"number": "10458", "surname": "Visser", "employed_from": "2018-01-01"})
	alarms := func() string { return string(api.want(http.StatusOK, api.do("GET", "/api/v1/alarms", nil)).body) }
	api.make("/api/v1/destinations", object{"name": "Loket", "format": "csv"})
	if a := alarms(); strings.Contains(a, `"unpaid"`) {
		t.Errorf("an alarm of nothing: %s", a)
	}
	pgtest.Exec(t, h.url, "INSERT INTO timesheet (tenant_id, employee_id, monday, state, by_kind, by_id, at, reason) VALUES ($1, $2, '2019-08-05', 'approved', 'account', 1, '2019-08-12', '')", of, employee)
	id := pgtest.Exec(t, h.url, `INSERT INTO approval (tenant_id, employee_id, monday, by_kind, by_id, at, reason, rules, snapshot, hash)
		VALUES ($1, $2, '2019-08-05', 'account', 1, '2019-08-12', '', '{1}', '{}', sha256('{}')) RETURNING approval_id`, of, employee)
	pgtest.Exec(t, h.url, "INSERT INTO approved_line (tenant_id, approval_id, employee_id, day, site_id, code, minutes) VALUES ($1, $2, $3, '2019-08-05', 1, '100', 480)", of, id, employee)
	if a := alarms(); !strings.Contains(a, `"kind":"unpaid"`) || !strings.Contains(a, "2019-08-05") {
		t.Errorf("no alarm: %s", a)
	}
	c.see("/privacy/retention", "1 approved lines from", "so that nobody goes unpaid")
	c.see("/privacy", "Approved hours were never paid")
}
