package evidence_test

import (
	"strings"
	"testing"
	"time"

	"tikklok/api/continuity/evidence"
	"tikklok/api/sla"
	"tikklok/api/sla/window"
	"tikklok/ingest/audit"
	"tikklok/ingest/pg"
)

// november gives a house on 8 December, and November, of which all was measured
// and the third was down all day.
func november(t *testing.T) (h house, m evidence.Month, third time.Time) {
	t.Helper()
	h, before, first := october(t)
	third = first.AddDate(0, 0, 2)
	var all []sla.Minute
	for at := first; at.Before(before.First.AddDate(0, 2, 0)); at = at.Add(time.Minute) {
		one := sla.Minute{At: at.UTC(), State: sla.Up}
		if !at.Before(third) && at.Before(third.AddDate(0, 0, 1)) {
			one.State = sla.Down
		}
		all = append(all, one)
	}
	if err := h.in(func(tx pg.Tx) error { _, err := sla.Record(t.Context(), tx, "north", all, h.now); return err }); err != nil {
		t.Fatal(err)
	}
	return h, evidence.Month{First: first}, third
}

func TestBothTablesCountTheDaysOfEveryVersionOfTheContract(t *testing.T) { // OB-S1, OB-S2
	h, m, _ := november(t)
	h.agree(1, "winbase", "2026-01-01", "2026-11-14")
	h.agree(2, "nedap", "2026-11-15", "")
	p := h.madeOf(m)
	for _, c := range []struct{ id, minutes, outcome, measured string }{
		{"OB-S1", "service-minutes", "availability", "43200 / 43200"},
		{"OB-S2", "office-minutes", "office-availability", "10710 / 10710"}, // 21 days of 8½ hours
	} {
		if got := control(t, p, c.id, c.outcome); got.Why != evidence.Fails {
			t.Errorf("%s, with the third down: %+v %+v", c.id, got, got.Proof)
		}
		if got := control(t, p, c.id, c.minutes); got.Proof == nil || !strings.Contains(got.Proof.Says.EN, c.measured) {
			t.Errorf("%s: not all days count: %+v", c.id, got.Proof)
		}
	}
}

func TestTheSuppliersWordAloneMakesNoMonthMet(t *testing.T) { // OB-S1, OB-S2
	h, m, third := november(t)
	h.agree(1, "nedap", "2026-01-01", "")
	says := func(by audit.Actor) {
		t.Helper()
		err := h.in(func(tx pg.Tx) error {
			_, err := sla.Decide(t.Context(), tx, sla.Decision{From: third, To: third.AddDate(0, 0, 1), Cause: sla.Customer, Reason: "het netwerk van de klant", By: by}, h.now)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		by    audit.Actor
		state evidence.State
		of    map[string]string // of OB-S1 and OB-S2
	}{
		{audit.Actor{Kind: "operator"}, evidence.Missing, map[string]string{"availability": "100.000 % / 1440", "office-availability": "100.000 % / 510"}},
		{person, evidence.Met, map[string]string{"availability": "100.000 % / 0", "office-availability": "100.000 % / 0"}},
	} {
		says(c.by)
		p := h.madeOf(m)
		for id, proof := range map[string]string{"OB-S1": "availability", "OB-S2": "office-availability"} {
			got := control(t, p, id, proof)
			if got.State != c.state || !strings.HasSuffix(got.Proof.Says.NL, c.of[proof]) || !strings.HasSuffix(got.Proof.Says.EN, c.of[proof]) {
				t.Errorf("%s on the word of %s: %+v %+v", id, c.by.Kind, got, got.Proof)
			}
		}
	}
}

func TestOfficeHoursThatAreStillToComeProveNothing(t *testing.T) { // OB-S2
	h := aHouse(t)
	for _, c := range []struct {
		ahead int // months
		state evidence.State
	}{{2, evidence.Missing}, {0, evidence.Met}} {
		err := h.in(func(tx pg.Tx) error {
			office := sla.Office{Month: sla.MonthOf(h.now.UTC().AddDate(0, c.ahead, 1-h.now.UTC().Day())), Window: window.Service(time.UTC), By: person}
			return sla.PutOffice(t.Context(), tx, office, h.now)
		})
		if err != nil {
			t.Fatal(err)
		}
		state := evidence.Missing
		if got := control(t, h.made(), "OB-S2", "office-hours"); got.Proof != nil {
			state = got.State
		}
		if state != c.state {
			t.Errorf("from %d months ahead on: %s", c.ahead, state)
		}
	}
}
