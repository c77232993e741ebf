package hours

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/hours/rule"
	"tikklok/ingest/pg"
	"tikklok/ingest/pg/pgtest"
)

// lines gives the stored lines of an employee, day by day.
func (w *world) lines(employee int64) string {
	w.t.Helper()
	var out string
	w.in(func(ctx context.Context, tx pg.Tx) error {
		return tx.QueryRow(ctx, `SELECT COALESCE(string_agg(to_char(day, 'MM-DD') || ' ' || code || CASE kind WHEN '' THEN '' ELSE ' ' || kind END || ' ' || minutes, ', '
			ORDER BY day, kind, code), '') FROM hour_line WHERE tenant_id = current_tenant() AND employee_id = $1`, employee).Scan(&out)
	})
	return out
}

// written gives when the stored days of an employee were written: the
// transaction of each.
func (w *world) written(employee int64) map[string]string {
	w.t.Helper()
	out := map[string]string{}
	w.in(func(ctx context.Context, tx pg.Tx) error {
		var text string
		err := tx.QueryRow(ctx, `SELECT COALESCE(json_object_agg(day::text, xmin::text)::text, '{}') FROM worked_day
			WHERE tenant_id = current_tenant() AND employee_id = $1`, employee).Scan(&text)
		if err != nil {
			return err
		}
		return json.Unmarshal([]byte(text), &out)
	})
	return out
}

func (w *world) rules(document string) {
	w.t.Helper()
	r := rule.Default().Rules
	r.Breaks = nil
	if err := json.Unmarshal([]byte(document), &r); err != nil {
		w.t.Fatal(err)
	}
	if _, err := w.put(rule.Set{From: calendar.On(2026, 1, 1), Rules: r}, true); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) shift(day string, from, to int, fob byte) {
	w.tap(fmt.Sprintf("%s %02d:00", day, from), fob)
	w.tap(fmt.Sprintf("%s %02d:00", day, to), fob)
}

func TestAChangeOnMondayMovesFridaysOvertimeOfThatEmployeeOnly(t *testing.T) { // I5
	w := newWorld(t)
	w.rules(`{"overtime": [{"per": "week", "above": 1200, "code": "OVER", "percent": 150}]}`)
	a, _ := w.employee("Aydin", 1, "2026-11-01 00:00")
	b, _ := w.employee("Bakker", 2, "2026-11-01 00:00")
	for _, fob := range []byte{1, 2} {
		w.shift("2026-11-03", 8, 18, fob)
		w.shift("2026-11-10", 8, 18, fob)
		w.shift("2026-11-13", 8, 18, fob)
	}
	w.recompute()
	before := "11-03 100 600, 11-10 100 600, 11-13 100 600"
	if got := w.lines(a); got != before {
		t.Fatalf("without overtime: %s", got)
	}
	others, mine := w.written(b), w.written(a)
	w.shift("2026-11-09", 8, 14, 1)
	w.recompute()
	if got, want := w.lines(a), "11-03 100 600, 11-09 100 360, 11-10 100 600, 11-13 100 240, 11-13 OVER 360"; got != want {
		t.Errorf("six hours more on Monday: %s, want %s", got, want)
	}
	now := w.written(a)
	if now["2026-11-03"] != mine["2026-11-03"] || now["2026-11-10"] != mine["2026-11-10"] || now["2026-11-13"] == mine["2026-11-13"] {
		t.Errorf("written anew: %v, before %v", now, mine)
	}
	if got := w.lines(b); got != before || fmt.Sprint(w.written(b)) != fmt.Sprint(others) {
		t.Errorf("somebody else's days changed: %s", got)
	}
}

func TestAFractionOfAWeekComputedAloneCountsTheRest(t *testing.T) {
	w := newWorld(t)
	w.rules(`{"pay_period": "month", "overtime": [{"per": "period", "above": 1200, "code": "OVER"}]}`)
	a, _ := w.employee("Aydin", 1, "2026-11-01 00:00")
	for _, day := range []string{"2026-11-12", "2026-11-02", "2026-11-07"} { // in this order: each alone
		w.shift(day, 8, 18, 1)
		w.recompute()
	}
	if got, want := w.lines(a), "11-02 100 600, 11-07 100 600, 11-12 OVER 600"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func TestAPaidHolidayIsThereWithoutATap(t *testing.T) {
	w := newWorld(t)
	a, _ := w.employee("Aydin", 1, "2026-11-01 00:00")
	w.shift("2026-11-09", 8, 16, 1)
	w.now = w.at("2026-11-10 23:00")
	w.rules(`{"holiday_code": "FEEST", "holiday_table": [{"day": "2026-11-04", "name": "Dies", "paid": true}, {"day": "2026-11-11", "name": "Sint-Maarten", "paid": true}]}`)
	w.recompute()
	if got, want := w.lines(a), "11-04 FEEST holiday 480, 11-09 100 480"; got != want {
		t.Errorf("new rules, the day before: %s, want %s", got, want)
	}
	w.now = w.at("2026-11-11 06:00")
	w.recompute()
	holiday := "11-04 FEEST holiday 480, 11-09 100 480, 11-11 FEEST holiday 480"
	if got := w.lines(a); got != holiday {
		t.Errorf("that morning: %s, want %s", got, holiday)
	}
	before := w.written(a)
	w.recompute()
	if fmt.Sprint(w.written(a)) != fmt.Sprint(before) {
		t.Error("what is known is computed again")
	}
	w.shift("2026-11-11", 8, 12, 1)
	w.now = w.at("2026-11-11 13:00")
	w.recompute()
	if got, want := w.lines(a), "11-04 FEEST holiday 480, 11-09 100 480, 11-11 200F 240"; got != want {
		t.Errorf("worked: %s, want %s", got, want)
	}
}

func TestLinesOfAllKindsAreStored(t *testing.T) {
	w := newWorld(t)
	w.rules(`{"premiums": "stack", "travel": {"minutes": 30, "code": "REIS", "per": "day"}}`)
	a, _ := w.employee("Aydin", 1, "2026-11-01 00:00")
	w.shift("2026-11-10", 18, 22, 1)
	w.decide(Decision{Employee: a, Kind: Absent, Day: calendar.On(2026, 11, 11), Minutes: 480, Reason: "afwezig", By: w.by})
	w.decide(Decision{Employee: a, Kind: AddMinutes, Day: calendar.On(2026, 11, 12), Minutes: 60, Code: "100", Reason: "poort was stuk", By: w.by})
	w.recompute()
	if got, want := w.lines(a), "11-10 100 240, 11-10 REIS added 30, 11-10 120 supplement 120, 11-11 absent absent 480, 11-12 100 60"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	detail := pgtest.Exec(t, w.url, "SELECT count(*) FROM worked_day WHERE tenant_id = $1 AND minutes = 60 AND detail->>'corrected' = '60'", w.tenant)
	if detail != 1 || strings.Contains(w.lines(a), "11-11 100") {
		t.Errorf("%d days are put right by hand", detail)
	}
}
