package retention_test

import (
	"maps"
	"reflect"
	"slices"
	"testing"
	"time"

	"tikklok/ingest/hours"
	"tikklok/ingest/privacy/retention"
)

// past fills many tables with what is past its term: a week without approval,
// one that was approved and paid, a run, plans, findings, accounts, registers.
func (w *world) past() {
	w.work(w.employee, "2025-09-01")
	w.work(w.employee, "2026-08-03")
	w.plan(w.employee, "2025-09-01")
	w.finding(w.employee, "2025-09-01")
	if _, err := hours.Recompute(w.t.Context(), w.app, w.tenant, now); err != nil {
		w.t.Fatal(err)
	}
	w.approve("2025-09-01")
	w.approve("2019-08-05")
	w.line(w.run("created", map[string]string{"pulled": "2019-10-05"}), "2019-08-05")
	w.exec("INSERT INTO quarantine (tenant_id, gateway_id, crc, payload, reason, at) VALUES ($1, 1, 1, 'x', 'odd', '2026-01-01')", w.tenant)
	w.exec("INSERT INTO account (tenant_id, email, name, password_hash, roles, closed_at) VALUES ($1, 'x@y.example', 'Jansen', 'x', '{approver}', '2026-01-01')", w.tenant)
	w.exec("INSERT INTO account (tenant_id, email, name, password_hash, roles, closed_at, employee_id) VALUES ($1, 'z@y.example', 'Visser', 'x', '{employee}', '2026-01-01', $2)", w.tenant, w.employee)
	w.exec("INSERT INTO retention_hold (tenant_id, reason, until, by_kind, by_id, at) VALUES ($1, 'x', '2020-01-01', 'account', 1, '2019-01-01')", w.tenant)
	gone := w.add("Smit")
	w.exec("UPDATE employee SET employed_until = '2022-01-31' WHERE employee_id = $1", gone)
	w.exec("UPDATE fob_issue SET returned_at = '2022-02-01' WHERE employee_id = $1", gone)
}

// removed gives what a report says of each step.
func removed(r retention.Report) map[string]int64 {
	out := map[string]int64{}
	for _, i := range r.Items {
		if i.Removed > 0 {
			out[i.Step] = i.Removed
		}
	}
	return out
}

// A night that is killed anywhere goes on where it was: whether before what a
// piece did is kept, or after it, before the next.
func TestANightThatBreaksOffAtAnyStepGoesOn(t *testing.T) { // OB-P3
	whole := newWorld(t)
	whole.past()
	want := whole.purge()
	if len(removed(want)) < 15 {
		t.Fatalf("only %d steps have something to do: %v", len(removed(want)), removed(want))
	}
	w := newWorld(t)
	w.past()
	w.exec(`CREATE TABLE broken (step text)`)
	w.exec(`GRANT SELECT ON broken TO PUBLIC`)
	w.exec(`CREATE FUNCTION break_off() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
		IF EXISTS (SELECT FROM broken WHERE step = to_jsonb(NEW) ->> 'step' OR step = to_jsonb(NEW) ->> 'kind') THEN RAISE EXCEPTION 'killed'; END IF; RETURN NEW; END $$`)
	for _, table := range []string{"retention_progress", "privacy_certificate"} {
		w.exec(`CREATE TRIGGER break_off BEFORE INSERT OR UPDATE ON ` + table + ` FOR EACH ROW EXECUTE FUNCTION break_off()`)
	}
	for _, step := range append(append([]string{""}, steps(want)...), "purge") {
		w.exec("INSERT INTO broken VALUES ($1)", step)
		if _, err := w.purger.Run(t.Context(), w.tenant, auto, now); err == nil {
			t.Errorf("nothing broke off at %q", step)
		}
		w.exec("DELETE FROM broken")
	}
	got := w.purgeAt(now.AddDate(0, 0, 1))
	if !maps.Equal(removed(got), removed(want)) {
		t.Errorf("the certificate says\n%v\nwant\n%v", removed(got), removed(want))
	}
	if !reflect.DeepEqual(got.Sealed, want.Sealed) || !got.Began.Equal(now) {
		t.Errorf("it says that %+v was sealed, want %+v; began %s", got.Sealed, want.Sealed, got.Began.Format(time.DateTime))
	}
	if n := w.exec("SELECT count(*) FROM privacy_certificate"); n != 1 || w.count("retention_progress") != 0 {
		t.Errorf("%d certificates, %d notes", n, w.count("retention_progress"))
	}
	if n := w.exec("SELECT sum(upper(s) - lower(s))::bigint FROM removed_name, unnest(seqs) s"); n != 4 {
		t.Errorf("%d names are on record as removed", n)
	}
}

// steps gives the steps that removed something, in the order in which they are
// taken.
func steps(r retention.Report) (all []string) {
	for _, i := range r.Items {
		if i.Removed > 0 {
			all = append(all, i.Step)
		}
	}
	return slices.Compact(all)
}
