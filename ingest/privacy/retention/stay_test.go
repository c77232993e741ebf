package retention_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"tikklok/ingest/hours"
	"tikklok/ingest/privacy/retention"
)

// run makes a run of January 2026 with a file, in a state that it came to by
// steps on the days named.
func (w *world) run(state string, steps map[string]string) int64 {
	w.t.Helper()
	to := w.exec("INSERT INTO payroll_destination (tenant_id, name, format) VALUES ($1, $2, 'csv') RETURNING destination_id", w.tenant, fmt.Sprint("Loket ", w.count("payroll_destination")))
	w.exec("INSERT INTO payroll_code_map (tenant_id, destination_id, version, codes, by_kind, by_id, at) VALUES ($1, $2, 1, '{}', 'account', 1, now())", w.tenant, to)
	id := w.exec(`INSERT INTO payroll_run (tenant_id, key, destination_id, format, period_from, period_to, map_version, state, by_kind, by_id, at, extension, media_type, sha256, bytes, people, lines, totals,
			void_kind, void_id, void_at, void_reason)
		VALUES ($1, repeat('k', 20) || $2::bigint::text, $2::bigint, 'csv', '2026-01-01', '2026-01-31', 1, $3, 'account', 1, '2026-02-01', 'csv', 'text/csv', sha256('x'), 1, 1, 1, '[]',
			CASE $3 WHEN 'void' THEN 'account' END, CASE $3 WHEN 'void' THEN 1 END, $4::text::timestamptz, CASE $3 WHEN 'void' THEN 'twice' END) RETURNING run_id`,
		w.tenant, to, state, day(steps["void"]))
	for step, on := range steps {
		if step == "pulled" {
			w.exec("UPDATE payroll_run SET pulled_at = $2::text::timestamptz WHERE run_id = $1", id, on)
			continue
		}
		w.exec("INSERT INTO payroll_step (tenant_id, run_id, state, by_kind, by_id, at, reason) VALUES ($1, $2, $3, 'account', 1, $4::text::timestamptz, 'x')", w.tenant, id, step, on)
	}
	w.exec("INSERT INTO payroll_part (tenant_id, run_id, part, body) VALUES ($1, $2, 0, 'x')", w.tenant, id)
	return id
}

func day(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// The term of three months ends on 21 August.
func TestTheTermOfAFileCountsFromWhenItLeft(t *testing.T) { // OB-P3, I8
	w := newWorld(t)
	cases := map[string]struct {
		state string
		steps map[string]string
		goes  bool
	}{
		"pulled long ago":                          {"created", map[string]string{"pulled": "2026-02-02"}, true},
		"pulled last week":                         {"created", map[string]string{"pulled": "2026-11-14"}, false},
		"never pulled":                             {"created", nil, false},
		"delivered long ago":                       {"delivered", map[string]string{"delivered": "2026-02-02"}, true},
		"delivered last week":                      {"delivered", map[string]string{"delivered": "2026-11-14"}, false},
		"pulled long ago, taken in last week":      {"acknowledged", map[string]string{"pulled": "2026-02-02", "acknowledged": "2026-11-14"}, false},
		"pulled late and taken in long ago":        {"acknowledged", map[string]string{"pulled": "2026-11-14", "acknowledged": "2026-03-01"}, false},
		"taken in long ago":                        {"acknowledged", map[string]string{"delivered": "2026-02-02", "acknowledged": "2026-02-03"}, true},
		"refused, and taken in after all":          {"acknowledged", map[string]string{"rejected": "2026-03-01", "acknowledged": "2026-10-30"}, false},
		"refused":                                  {"rejected", map[string]string{"delivered": "2026-02-02", "rejected": "2026-02-03"}, false},
		"declared void last week":                  {"void", map[string]string{"void": "2026-11-14"}, false},
		"declared void long ago and never pulled":  {"void", map[string]string{"void": "2026-02-02"}, true},
		"prepared, of which no manifest was found": {"prepared", map[string]string{"prepared": "2026-02-02"}, false},
	}
	runs := map[string]int64{}
	for name, tt := range cases {
		runs[name] = w.run(tt.state, tt.steps)
	}
	w.purge()
	for name, tt := range cases {
		if gone := w.exec("SELECT count(*) FROM payroll_part WHERE run_id = $1", runs[name]) == 0; gone != tt.goes {
			t.Errorf("%s: gone is %t", name, gone)
		}
	}
}

// plan has an employee planned on a day.
func (w *world) plan(employee int64, date string) {
	w.t.Helper()
	at, err := time.Parse(time.DateOnly, date)
	if err != nil {
		w.t.Fatal(err)
	}
	from := at.Unix()/60 + 8*60
	shift := w.exec("INSERT INTO plan_shift (tenant_id, employee_id, kind, from_at, to_at, break, version) VALUES ($1, $2, 'work', $3, $4, 0, 1) RETURNING shift_id", w.tenant, employee, from, from+480)
	w.exec(`INSERT INTO plan_version (tenant_id, shift_id, version, employee_id, kind, from_at, to_at, break, withdrawn, by_kind, by_id, made_at)
		SELECT tenant_id, shift_id, 1, employee_id, kind, from_at, to_at, break, false, 'account', 1, 0 FROM plan_shift WHERE shift_id = $1`, shift)
}

func (w *world) finding(employee int64, date string) {
	w.exec(`INSERT INTO law_finding (tenant_id, employee_id, day, rule, at, severity, over_from, over_to, allowed, found, shifts)
		VALUES ($1, $2, $3::text::date, 'day', 0, 'breach', 0, 1, 1, 2, '{}')`, w.tenant, employee, date)
}

// Of a day that can still change stays what it is computed and judged by.
func TestPlansAndFindingsStayAsLongAsTheirDayCanChange(t *testing.T) { // I5
	w := newWorld(t)
	chained, unapproved, never := w.add("Visser"), w.add("Jansen"), w.add("Smit")
	for _, e := range []int64{w.employee, chained, unapproved, never} {
		w.plan(e, "2025-09-01")
		if e != never {
			w.work(e, "2025-09-01")
			w.finding(e, "2025-09-01")
		}
	}
	if _, err := hours.Recompute(t.Context(), w.app, w.tenant, now); err != nil {
		t.Fatal(err)
	}
	w.approve("2025-09-01")
	seal := w.purger.Seal
	w.purger.Seal = func(ctx context.Context, tenant int64, before time.Time, dry bool, now time.Time) (retention.Sealed, error) {
		s, err := seal(ctx, tenant, before, dry, now)
		w.exec("ALTER TABLE seal DISABLE TRIGGER append_only")
		w.exec("DELETE FROM seal WHERE employee_id = $1", chained)
		return s, err
	}
	w.purge()
	for name, tt := range map[string]struct {
		employee    int64
		plan, found int64
	}{"sealed and approved": {w.employee, 0, 0}, "that can't be sealed": {chained, 1, 1}, "that nobody approved": {unapproved, 1, 1}, "of who never came": {never, 0, 0}} {
		if n := w.exec("SELECT count(*) FROM plan_shift WHERE employee_id = $1", tt.employee); n != tt.plan {
			t.Errorf("%s: %d planned shifts", name, n)
		}
		if n := w.exec("SELECT count(*) FROM plan_version WHERE employee_id = $1", tt.employee); n != tt.plan {
			t.Errorf("%s: %d versions of them", name, n)
		}
		if n := w.exec("SELECT count(*) FROM law_finding WHERE employee_id = $1", tt.employee); n != tt.found {
			t.Errorf("%s: %d findings", name, n)
		}
	}
}

// line puts what was approved of a day into a run.
func (w *world) line(run int64, day string) {
	w.exec(`INSERT INTO payroll_line (tenant_id, run_id, destination_id, line_id, employee_id, period_from, period_to, day, code, component, minutes, hundredths)
		SELECT l.tenant_id, $1, r.destination_id, l.line_id, l.employee_id, date_trunc('month', l.day)::date, (date_trunc('month', l.day) + interval '1 month - 1 day')::date, l.day, l.code, '1', l.minutes, 0
		FROM approved_line l JOIN payroll_run r ON r.run_id = $1 WHERE l.day = $2::text::date`, run, day)
}

// Nobody's pay vanishes: what was approved and never left stays, and is told.
func TestApprovedHoursThatNobodyWasPaidForStayPastTheirTerm(t *testing.T) { // I8
	w := newWorld(t)
	left := map[string]string{"pulled": "2019-10-05"}
	paid, refused, waits := w.run("created", left), w.run("rejected", map[string]string{"rejected": "2019-10-05"}), w.run("created", nil)
	for _, monday := range []string{"2019-08-05", "2019-08-12", "2019-08-19", "2019-08-26", "2019-11-18"} {
		w.approve(monday)
	}
	w.line(paid, "2019-08-05")
	w.line(refused, "2019-08-12")
	w.line(waits, "2019-08-19") // that of the 26th is in no run
	w.line(paid, "2019-11-18")  // its period ends after the term
	r := w.purge()
	if n := w.exec("SELECT count(*) FROM approved_line WHERE day = '2019-08-05'") + w.exec("SELECT count(*) FROM payroll_line WHERE day = '2019-08-05'") + w.exec("SELECT count(*) FROM approval WHERE monday = '2019-08-05'"); n != 0 {
		t.Errorf("%d rows are left of what was paid", n)
	}
	if lines, sent, weeks := w.count("approved_line"), w.count("payroll_line"), w.count("timesheet"); lines != 4 || sent != 3 || weeks != 4 {
		t.Errorf("left are %d approved lines, %d lines of runs, %d weeks", lines, sent, weeks)
	}
	if r.Unpaid != 3 {
		t.Errorf("it tells %d lines that nobody was paid for", r.Unpaid)
	}
}

func TestApprovedHoursGoAfterTheirTermWhereNothingLeavesByRuns(t *testing.T) { // OB-P3
	w := newWorld(t)
	w.approve("2019-08-05")
	if r := w.purge(); w.count("approved_line")+w.count("approval")+w.count("timesheet") != 0 || r.Unpaid != 0 {
		t.Errorf("left are %d approved lines; %d unpaid", w.count("approved_line"), r.Unpaid)
	}
}
