package api

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"tikklok/ingest/fleet"
	"tikklok/ingest/people"
	"tikklok/ingest/pg"
)

func TestANewOrganisationIsToldItsFirstStepsUntilTapsCanBecomeHours(t *testing.T) {
	h := newHouse(t)
	id := h.tenant("Acme")
	h.account(id, "boss@example.org", people.Administrator)
	h.account(id, "auditor@example.org", people.Auditor)
	c, looks := h.visit("boss@example.org"), h.visit("auditor@example.org")
	if before := c.see("/today", "First steps", "/people/import"); strings.Contains(before, ">done<") {
		t.Error("something counts as done where nothing was")
	}
	if strings.Contains(looks.see("/today"), "First steps") {
		t.Error("they are told to somebody who can't take them")
	}
	employee := c.make("/api/v1/employees", object{"number": "1", "surname": "Ann", "employed_from": "2020-01-01"})
	h.in(id, func(ctx context.Context, tx pg.Tx) error {
		s, err := fleet.AddSite(ctx, tx, operator(), "Hal 1")
		if err != nil {
			return err
		}
		_, err = fleet.AddGateway(ctx, tx, operator(), s.ID, "Gateway Hal")
		return err
	})
	c.see("/today", "First steps", "done")
	fob := c.make("/api/v1/fobs", object{"label": "F1", "number": object{"technology": "em4100", "value": "62E3086CED"}})
	c.want(http.StatusOK, c.do("POST", "/api/v1/fobs/"+itoa(fob)+"/issue", object{"employee_id": employee, "from": "2020-01-01T08:00:00Z"}))
	if strings.Contains(c.see("/today"), "First steps") {
		t.Error("they are still told where somebody can tap")
	}
	h.in(id, func(ctx context.Context, tx pg.Tx) error {
		all, err := fleet.Gateways(ctx, tx)
		if err != nil {
			return err
		}
		return fleet.RevokeGateway(ctx, tx, operator(), all[0].ID, time.Now())
	})
	if strings.Contains(c.see("/today"), "First steps") {
		t.Error("they come back where the only gateway was cut off")
	}
}
