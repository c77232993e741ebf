package hours

import (
	"maps"
	"testing"

	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/pg/pgtest"
)

var november = calendar.Period{From: calendar.On(2026, 11, 1), To: calendar.On(2026, 11, 30)}

func (w *world) verify(only ...int64) Verification {
	w.t.Helper()
	v, err := Verify(w.t.Context(), w.db, w.tenant, november, only, w.now, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	return v
}

// verifyWorld is two employees with a few days, a night, a tap of an uncertain
// time, a tap that somebody set, and one who has nothing.
func verifyWorld(t *testing.T) (w *world, bakker, aydin int64) {
	w = newWorld(t)
	bakker, _ = w.employee("Bakker", 1, "2026-10-01 00:00")
	aydin, _ = w.employee("Aydin", 2, "2026-10-01 00:00")
	w.employee("Visser", 0, "")
	for _, day := range []string{"2026-11-02", "2026-11-03", "2026-11-10"} {
		w.tap(day+" 08:00", 1)
		w.tap(day+" 16:30", 1)
	}
	w.tap("2026-11-04 22:00", 2)
	w.tap("2026-11-05 06:00", 2)
	wrong := w.tap("2026-11-11 09:00", 2)
	w.tap("2026-11-11 12:00", 2)
	w.recompute()
	w.decide(Decision{Employee: aydin, Kind: SetTime, Tap: wrong, At: w.at("2026-11-11 07:30")})
	w.recompute()
	return w, bakker, aydin
}

func TestWhatIsStoredIsWhatRegistrationsGive(t *testing.T) { // I3
	w, _, _ := verifyWorld(t)
	if v := w.verify(); len(v.Differences) != 0 || v.Days != 5 || v.Employees != 3 || v.Explained != 0 || v.Waiting != 0 {
		t.Errorf("%+v", v)
	}
}

func TestABreachOfTheActIsNoOtherExplanation(t *testing.T) {
	w := newWorld(t)
	w.employee("Bakker", 1, "2026-11-01 00:00")
	w.tap("2026-11-09 08:00", 1)
	w.tap("2026-11-09 20:31", 1)
	w.checked()
	if v := w.verify(); len(v.Differences)+v.Explained != 0 || v.Days != 1 {
		t.Errorf("%+v", v)
	}
}

func TestAVerificationListsWhatDiffersAndWritesNothing(t *testing.T) { // I5
	for _, c := range []struct{ name, sql, day, stored, computed string }{
		{"minutes", "UPDATE worked_day SET minutes = minutes + 5 WHERE day = '2026-11-02' RETURNING 1", "2026-11-02", "8:05 (100 8:00)", "8:00 (100 8:00)"},
		{"a line", "UPDATE hour_line SET minutes = 1 WHERE day = '2026-11-03' RETURNING 1", "2026-11-03", "8:00 (100 0:01)", "8:00 (100 8:00)"},
		{"a day that is not there", "DELETE FROM worked_day WHERE day = '2026-11-10' RETURNING 1", "2026-11-10", "no such day", "8:00 (100 8:00)"},
		{"a day too many", `INSERT INTO worked_day (tenant_id, employee_id, day, minutes, running, detail) SELECT tenant_id, employee_id, '2026-11-20', 60, false,
			jsonb_set(detail, '{date}', '"2026-11-20"') FROM worked_day WHERE day = '2026-11-10' RETURNING 1`, "2026-11-20", "1:00", "no such day"},
		{"an instant", "UPDATE punch SET at = at + 600000 WHERE seq = 1 RETURNING 1", "", "", ""}, // what is computed again does not rest on it
	} {
		t.Run(c.name, func(t *testing.T) {
			w, bakker, _ := verifyWorld(t)
			pgtest.Exec(t, w.url, c.sql)
			before := w.details(bakker)
			v := w.verify(bakker)
			if after := w.details(bakker); !maps.Equal(before, after) {
				t.Errorf("stored are now %v", after)
			}
			switch {
			case c.day == "" && len(v.Differences) == 0:
			case c.day == "" || len(v.Differences) != 1:
				t.Errorf("differences %+v", v.Differences)
			default:
				d := v.Differences[0]
				if d.Day.String() != c.day || d.Number != "1Bakker" || d.Stored.String() != c.stored || d.Computed.String() != c.computed {
					t.Errorf("%s %s: stored %s, computed %s", d.Number, d.Day, d.Stored, d.Computed)
				}
			}
		})
	}
}

func TestAVerificationLeavesOutSealedDaysAndWhatIsStillDue(t *testing.T) { // I5
	w, bakker := sealedWorld(t)
	if _, err := RemoveSealed(t.Context(), w.db, w.tenant, w.by); err != nil {
		t.Fatal(err)
	}
	if v := w.verify(); len(v.Differences) != 0 || v.Sealed != 2 || v.Days != 1 {
		t.Errorf("%+v", v)
	}
	pgtest.Exec(t, w.url, "INSERT INTO hours_due (tenant_id, employee_id) VALUES ($1, $2) RETURNING 1", w.tenant, bakker)
	if v := w.verify(); v.Waiting != 1 || v.Days != 0 {
		t.Errorf("%+v", v)
	}
}
