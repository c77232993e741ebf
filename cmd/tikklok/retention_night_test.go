package main

import (
	"encoding/json"
	"testing"

	"tikklok/api"
	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/hours/plan"
	"tikklok/ingest/pg"
	"tikklok/ingest/pg/pgtest"
	"tikklok/ingest/privacy/retention"
)

// All that a company just wrote is far from its term, whatever unit a table
// counts time in.
func TestANightAfterAMonthRemovesNothing(t *testing.T) { // OB-P3
	url := pgtest.URL(t)
	err := demo(t.Context(), url, calendar.Period{From: calendar.On(2026, 9, 1), To: calendar.On(2026, 9, 30)}, func(m *demoMonth) error {
		for _, day := range []int{0, 7} { // planned before and after the night
			at := m.now.AddDate(0, 0, day-3).Unix() / 60
			err := m.db.InTenant(t.Context(), m.tenant.ID, func(tx pg.Tx) error {
				_, err := plan.Put(t.Context(), tx, m.boss, plan.Shift{Employee: m.ids[0], Kind: plan.Work, From: at, To: at + 480}, m.now)
				return err
			})
			if err != nil {
				return err
			}
		}
		if err := m.db.InTenant(t.Context(), m.tenant.ID, func(tx pg.Tx) error { return m.agree(t.Context(), tx) }); err != nil {
			return err
		}
		private, err := pg.Open(t.Context(), url, pg.RolePrivacy, m.keys)
		if err != nil {
			return err
		}
		defer private.Close()
		c, err := api.Purger(private, m.db, catalogue()).Run(t.Context(), m.tenant.ID, operator, m.now)
		if err != nil {
			return err
		}
		var r retention.Report
		if err := json.Unmarshal(c.Content, &r); err != nil {
			return err
		}
		for _, item := range r.Items {
			if item.Removed != 0 {
				t.Errorf("%s: %d rows that are not past their term", item.Step, item.Removed)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
