package retention_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"testing"
	"time"

	"tikklok/ingest/audit"
	"tikklok/ingest/hours"
	"tikklok/ingest/hours/approval"
	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/people"
	"tikklok/ingest/pg"
	"tikklok/ingest/pg/pgtest"
	"tikklok/ingest/privacy"
	"tikklok/ingest/privacy/retention"
	"tikklok/payroll"
)

var (
	now  = time.Date(2026, 11, 21, 2, 30, 0, 0, time.UTC)
	boss = audit.Actor{Kind: audit.Account, ID: 1}
	auto = audit.Actor{Kind: audit.System}
)

// world is a tenant with an employee and a fob, under a contract that allows
// three months.
type world struct {
	t        *testing.T
	url      string
	app      *pg.DB
	purger   retention.Purger
	tenant   int64
	employee int64
	seq      int
}

func newWorld(t *testing.T) *world {
	w := &world{t: t, url: pgtest.URL(t)}
	w.app = pgtest.Open(t, w.url, pg.RoleApp)
	w.tenant = pgtest.Tenant(t, w.url, "Kwekerij")
	w.purger = retention.Purger{DB: pgtest.Open(t, w.url, pg.RolePrivacy), Catalogue: catalogue(), Limits: contract, Seal: w.seal}
	w.employee = w.add("Bakker")
	return w
}

// catalogue is what the rooms of these tests declare.
func catalogue() privacy.Catalogue {
	return slices.Concat(privacy.Tables(), retention.Tables(), people.Tables(), hours.Tables(), approval.Tables(), payroll.Tables())
}

func contract(context.Context, pg.Tx) (retention.Limits, error) {
	return retention.Limits{Contract: "DIRECT", Longest: retention.Period{N: 3, Unit: retention.Month}, Since: now.AddDate(-1, 0, 0)}, nil
}

func (w *world) seal(ctx context.Context, tenant int64, before time.Time, dry bool, now time.Time) (retention.Sealed, error) {
	if !dry {
		if _, err := hours.Recompute(ctx, w.app, tenant, now); err != nil {
			return retention.Sealed{}, err
		}
	}
	s, err := hours.Seal(ctx, w.app, tenant, calendar.DateOf(before.UTC()), true, dry, auto, now)
	out := retention.Sealed{Days: s.Days, Taps: s.Taps, Unapproved: len(s.Unapproved), Held: len(s.Held)}
	for _, one := range s.People {
		out.People = append(out.People, retention.SealedPerson{Employee: one.Employee, Until: one.Before.In(time.UTC), Taps: one.Taps})
	}
	return out, err
}

func (w *world) exec(sql string, args ...any) int64 {
	w.t.Helper()
	return pgtest.Exec(w.t, w.url, sql, args...)
}

// add gives an employee with a fob of the same number.
func (w *world) add(name string) int64 {
	id := w.exec("INSERT INTO employee (tenant_id, number, surname, employed_from, email) VALUES ($1, $2, $2, '2020-01-01', 'a@b.example') RETURNING employee_id", w.tenant, name)
	fob := w.exec("INSERT INTO fob (tenant_id, label) VALUES ($1, $2) RETURNING fob_id", w.tenant, name)
	w.exec("INSERT INTO fob_token (tenant_id, key_version, token, fob_id) VALUES ($1, 1, int8send($2), $2)", w.tenant, fob)
	w.exec("INSERT INTO fob_issue (tenant_id, fob_id, employee_id, issued_at) VALUES ($1, $2, $3, '2020-01-01')", w.tenant, fob, id)
	return id
}

// work has an employee work eight hours on a day, as taps that arrived at once.
func (w *world) work(employee int64, date string) {
	fob := w.exec("SELECT fob_id FROM fob_issue WHERE employee_id = $1", employee)
	for _, hour := range []int{8, 16} {
		w.tap(fob, date, hour)
	}
}

func (w *world) tap(fob int64, date string, hour int) {
	w.t.Helper()
	at, err := time.Parse(time.DateOnly, date)
	if err != nil {
		w.t.Fatal(err)
	}
	at = at.Add(time.Duration(hour) * time.Hour)
	w.seq++
	w.exec(`INSERT INTO time_pair (tenant_id, origin, epoch, tick, instant, bound, source, gateway_id) VALUES ($1, 5, 6, $2, $2, 10, 1, 1) ON CONFLICT DO NOTHING`, w.tenant, at.UnixMilli())
	w.exec(`INSERT INTO registration (tenant_id, origin, epoch, seq, tick, wall, reader_id, key_version, token, arrived)
		VALUES ($1, 5, 6, $2, $3, $3, 1, 1, int8send($4), to_timestamp($3::bigint / 1000.0))`, w.tenant, w.seq, at.UnixMilli(), fob)
}

func (w *world) purge() retention.Report {
	w.t.Helper()
	return w.purgeAt(now)
}

func (w *world) purgeAt(now time.Time) (r retention.Report) {
	w.t.Helper()
	c, err := w.purger.Run(w.t.Context(), w.tenant, auto, now)
	if err != nil {
		w.t.Fatal(err)
	}
	if err := json.Unmarshal(c.Content, &r); err != nil {
		w.t.Fatal(err)
	}
	return r
}

// approve freezes eight hours of a Monday, as approving its week does.
func (w *world) approve(monday string) {
	w.exec("INSERT INTO timesheet (tenant_id, employee_id, monday, state, by_kind, by_id, at, reason) VALUES ($1, $2, $3::text::date, 'approved', 'account', 1, $3::text::date, '') ON CONFLICT DO NOTHING", w.tenant, w.employee, monday)
	id := w.exec("INSERT INTO approval (tenant_id, employee_id, monday, by_kind, by_id, at, reason, rules, snapshot, hash) VALUES ($1, $2, $3::text::date, 'account', 1, $3::text::date, '', '{1}', '{}', sha256('{}')) RETURNING approval_id", w.tenant, w.employee, monday)
	w.exec("INSERT INTO approved_line (tenant_id, approval_id, employee_id, day, site_id, code, minutes) VALUES ($1, $2, $3, $4::text::date, 1, '100', 480)", w.tenant, id, w.employee, monday)
}

func (w *world) count(table string) int64 { return w.exec("SELECT count(*) FROM " + table) }

func (w *world) in(fn func(ctx context.Context, tx pg.Tx) error) error {
	return w.app.InTenant(w.t.Context(), w.tenant, func(tx pg.Tx) error { return fn(w.t.Context(), tx) })
}

func item(r retention.Report, step string) retention.Item {
	i := slices.IndexFunc(r.Items, func(i retention.Item) bool { return i.Step == step })
	if i < 0 {
		return retention.Item{}
	}
	return r.Items[i]
}

func TestANightSealsTheDaysItEmptiesAndCertifiesWhatWent(t *testing.T) { // I3, I5, OB-P3
	w := newWorld(t)
	w.work(w.employee, "2026-08-03")
	w.work(w.employee, "2026-11-02")
	r := w.purge()
	if got := item(r, "registration"); got.Removed != 2 || got.Left.Format(time.DateOnly) != "2026-11-02" || len(got.Hash) != 64 || got.Keep.String() != "P3M" {
		t.Errorf("of registrations it says %+v", got)
	}
	if r.Sealed.Days != 1 || w.count("registration") != 2 || w.count("punch") != 2 || w.count("sealed_day") != 1 || w.count("worked_day") != 2 {
		t.Errorf("sealed %+v; left %d registrations, %d punches, %d sealed days, %d days", r.Sealed, w.count("registration"), w.count("punch"), w.count("sealed_day"), w.count("worked_day"))
	}
	if n := w.exec("SELECT count(*) FROM removal JOIN removed_name USING (tenant_id, removal_id) WHERE registrations = 2 AND punches = 2 AND seqs = '{[1,3)}' AND length(hash) = 32"); n != 1 {
		t.Error("the removal is not on record")
	}
	if w.count("retention_progress") != 0 {
		t.Error("notes of the night are left")
	}
	if r := w.purge(); r.Total != 0 {
		t.Errorf("the next night removes %+v", r)
	}
}

func TestADryRunCountsWhatTheNightRemoves(t *testing.T) { // OB-P3
	w := newWorld(t)
	w.work(w.employee, "2026-08-03")
	w.exec("INSERT INTO quarantine (tenant_id, gateway_id, crc, payload, reason, at) VALUES ($1, 1, 1, 'x', 'odd', '2026-01-01')", w.tenant)
	w.exec("INSERT INTO account (tenant_id, email, name, password_hash, roles, closed_at) VALUES ($1, 'x@y.example', 'Jansen', 'x', '{approver}', '2026-01-01')", w.tenant)
	if _, err := hours.Recompute(t.Context(), w.app, w.tenant, now); err != nil {
		t.Fatal(err)
	}
	dry, err := w.purger.DryRun(t.Context(), w.tenant, now)
	if err != nil {
		t.Fatal(err)
	}
	if w.count("registration") != 2 || w.count("quarantine") != 1 {
		t.Fatal("a dry run removed something")
	}
	real := w.purge()
	for _, d := range dry.Items {
		if r := item(real, d.Step); r.Removed != d.Removed && d.Step != "time_pair" { // pairs go when their taps are gone
			t.Errorf("%s: said %d, removed %d", d.Step, d.Removed, r.Removed)
		}
	}
	if got := item(real, "account (values)"); got.Removed != 1 || w.exec("SELECT count(*) FROM account WHERE name = 'Jansen'") != 0 {
		t.Errorf("of closed accounts: %+v", got)
	}
}

func TestALegalHoldOfSomebodyKeepsWhatIsTheirs(t *testing.T) { // OB-P3
	w := newWorld(t)
	other := w.add("Visser")
	w.work(w.employee, "2026-08-03")
	w.work(other, "2026-08-03")
	if err := w.in(func(ctx context.Context, tx pg.Tx) error {
		_, err := retention.PutHold(ctx, tx, retention.Hold{Employee: other, Reason: "accident of 3 August", Until: now.AddDate(0, 6, 0), By: boss}, now)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	r := w.purge()
	if r.Holds != 1 || w.count("registration") != 2 || w.exec("SELECT count(*) FROM punch WHERE employee_id = $1", other) != 2 {
		t.Errorf("of %d registrations are left; %+v", w.count("registration"), r)
	}
	if err := w.in(func(ctx context.Context, tx pg.Tx) error { return retention.LiftHold(ctx, tx, 1, boss, now) }); err != nil {
		t.Fatal(err)
	}
	if w.purge(); w.count("registration") != 0 {
		t.Error("after the hold was lifted they stay")
	}
	if err := w.in(func(ctx context.Context, tx pg.Tx) error { return retention.LiftHold(ctx, tx, 1, boss, now) }); !errors.Is(err, retention.ErrNoHold) {
		t.Errorf("lifted again: %v", err)
	}
}

func TestNothingGoesWhileABreachIsOpenOrEverybodyIsHeld(t *testing.T) { // OB-P10
	w := newWorld(t)
	w.work(w.employee, "2026-08-03")
	if err := w.in(func(ctx context.Context, tx pg.Tx) error {
		_, err := retention.PutHold(ctx, tx, retention.Hold{Reason: "inquiry", Until: now.AddDate(0, 1, 0), By: boss}, now)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.purger.Run(t.Context(), w.tenant, auto, now); !errors.Is(err, retention.ErrHeld) {
		t.Errorf("under a hold of everybody: %v", err)
	}
	w.exec("UPDATE retention_hold SET until = $1", now.Add(-time.Minute))
	w.exec("INSERT INTO breach (tenant_id, known_at, hours, at, by_kind, by_id) VALUES ($1, $2, 24, $2, 'account', 1)", w.tenant, now)
	if _, err := w.purger.Run(t.Context(), w.tenant, auto, now); !errors.Is(err, retention.ErrFrozen) {
		t.Errorf("while a breach is open: %v", err)
	}
	if w.count("registration") != 2 {
		t.Error("something went")
	}
}

func TestTapsThatWereLeftOutGoAndThoseNotYetSealedStay(t *testing.T) { // I5, OB-H1
	w := newWorld(t)
	w.tap(999, "2026-08-03", 9)
	w.leaveOut(1)
	w.work(w.employee, "2026-08-19") // the term begins on the 21st: this day is sealed, that one not yet
	w.tap(w.exec("SELECT fob_id FROM fob_issue WHERE employee_id = $1", w.employee), "2026-08-21", 1)
	w.purge()
	if got := w.exec("SELECT count(*) FROM registration"); got != 1 {
		t.Errorf("%d registrations are left: that of the day that is not sealed stays", got)
	}
}

func TestABrokenOffNightGoesOnAndCountsBothHalves(t *testing.T) { // OB-P3
	w := newWorld(t)
	w.work(w.employee, "2026-08-03")
	broken := w.purger
	broken.Catalogue = nil
	ctx, stop := context.WithCancel(t.Context())
	broken.Seal = func(ctx context.Context, tenant int64, before time.Time, dry bool, now time.Time) (retention.Sealed, error) {
		s, err := w.seal(ctx, tenant, before, dry, now)
		w.exec("INSERT INTO retention_progress (tenant_id, step, removed, hash, began) VALUES ($1, '', 0, sha256(''), $2), ($1, 'registration', 7, sha256(''), $2)", tenant, now.AddDate(0, 0, -1))
		stop()
		return s, err
	}
	if _, err := broken.Run(ctx, w.tenant, auto, now); !errors.Is(err, context.Canceled) {
		t.Fatalf("broken off: %v", err)
	}
	r := w.purge()
	if got := item(r, "registration"); got.Removed != 9 || !r.Began.Equal(now.AddDate(0, 0, -1)) {
		t.Errorf("the certificate says %+v, began %s", got, r.Began)
	}
}

func TestTheRecordOfWorkingTimeGoesAfterItsTermAndApprovedHoursStay(t *testing.T) { // OB-P3
	w := newWorld(t)
	w.work(w.employee, "2025-09-01")
	if _, err := hours.Recompute(t.Context(), w.app, w.tenant, now); err != nil {
		t.Fatal(err)
	}
	w.approve("2025-09-01")
	w.purge()
	if w.count("worked_day")+w.count("hour_line")+w.count("sealed_day")+w.count("law_due") != 0 || w.count("approved_line") != 1 || w.count("approval") != 1 {
		t.Errorf("left: %d days, %d sealed days, %d approved lines", w.count("worked_day"), w.count("sealed_day"), w.count("approved_line"))
	}
	if _, err := hours.Recompute(t.Context(), w.app, w.tenant, now); err != nil || w.count("worked_day") != 0 {
		t.Errorf("computed again there are %d days, %v", w.count("worked_day"), err)
	}
}

func TestWhoLeftLosesWhatIsNotNeededAndGoesWithTheLastHours(t *testing.T) { // OB-P3
	w := newWorld(t)
	w.exec("UPDATE employee SET employed_until = '2024-01-31' WHERE employee_id = $1", w.employee)
	w.exec("UPDATE fob_issue SET returned_at = '2024-02-01'")
	other := w.add("Visser")
	w.exec("UPDATE employee SET employed_until = '2024-01-31' WHERE employee_id = $1", other)
	w.exec("INSERT INTO timesheet (tenant_id, employee_id, monday, state, by_kind, by_id, at, reason) VALUES ($1, $2, '2024-01-29', 'approved', 'account', 1, '2024-02-01', '')", w.tenant, other)
	w.purge()
	if w.exec("SELECT count(*) FROM employee WHERE employee_id = $1", w.employee) != 0 {
		t.Error("somebody of whom nothing is left stays")
	}
	if w.exec("SELECT count(*) FROM employee WHERE employee_id = $1 AND email = '' AND surname = 'Visser'", other) != 1 {
		t.Error("somebody with approved hours did not keep the name alone")
	}
}

func TestEveryStepCanBeAskedOfTheDatabase(t *testing.T) {
	w := newWorld(t)
	w.exec("INSERT INTO retention_hold (tenant_id, employee_id, reason, until, by_kind, by_id, at) VALUES ($1, $2, 'x', $3, 'account', 1, $4)", w.tenant, w.employee, now.AddDate(1, 0, 0), now)
	if r := w.purge(); len(r.Items) < 30 || item(r, "quarantine").Stays != "" {
		t.Errorf("%d steps: %+v", len(r.Items), item(r, "quarantine"))
	}
}

func TestTheBytesOfARunThatWasTakenInGoAndPullingSaysWhy(t *testing.T) { // OB-P3, I8
	w := newWorld(t)
	to := w.exec("INSERT INTO payroll_destination (tenant_id, name, format) VALUES ($1, 'Loket', 'csv') RETURNING destination_id", w.tenant)
	w.exec("INSERT INTO payroll_code_map (tenant_id, destination_id, version, codes, by_kind, by_id, at) VALUES ($1, $2, 1, '{}', 'account', 1, now())", w.tenant, to)
	run := func(key, state string) int64 {
		id := w.exec(`INSERT INTO payroll_run (tenant_id, key, destination_id, format, period_from, period_to, map_version, state, by_kind, by_id, at, extension, media_type, sha256, bytes, people, lines, totals)
			VALUES ($1, $2, $3, 'csv', '2026-01-01', '2026-01-31', 1, $4, 'account', 1, '2026-02-01', 'csv', 'text/csv', sha256('x'), 1, 1, 1, '[]') RETURNING run_id`, w.tenant, key, to, state)
		w.exec("INSERT INTO payroll_part (tenant_id, run_id, part, body) VALUES ($1, $2, 0, 'x')", w.tenant, id)
		return id
	}
	taken, open := run("taken-taken-taken-taken", "acknowledged"), run("open-open-open-open-open", "created")
	if r := w.purge(); item(r, "payroll_part").Removed != 1 || w.exec("SELECT count(*) FROM payroll_part WHERE run_id = $1", open) != 1 || w.count("payroll_run") != 2 {
		t.Errorf("of files it says %+v", item(r, "payroll_part"))
	}
	if err := w.in(func(ctx context.Context, tx pg.Tx) error {
		_, err := payroll.Office{}.File(ctx, tx, taken)
		return err
	}); !errors.Is(err, payroll.ErrPurged) {
		t.Errorf("pulling it: %v", err)
	}
}
