package approval

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"tikklok/gateway/wire"
	"tikklok/ingest/audit"
	"tikklok/ingest/fleet"
	"tikklok/ingest/hours"
	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/hours/plan"
	"tikklok/ingest/people"
	"tikklok/ingest/pg"
	"tikklok/ingest/pg/pgtest"
)

// world is a tenant with two hirers, a site of each and one of nobody's, each
// with a reader that taps come from.
type world struct {
	t      *testing.T
	url    string
	db     *pg.DB
	tenant int64
	hirers [2]int64
	sites  [3]int64
	seq    int64
	now    time.Time
	zone   *time.Location
	by     audit.Actor // an administrator
}

const testEpoch = 77

func newWorld(t *testing.T) *world {
	t.Helper()
	zone, err := time.LoadLocation("Europe/Amsterdam")
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, url: pgtest.URL(t), zone: zone}
	w.tenant = pgtest.Tenant(t, w.url, "Uitzendbureau")
	w.db = pgtest.Open(t, w.url, pg.RoleApp)
	for i := range w.hirers {
		w.hirers[i] = pgtest.Exec(t, w.url, "INSERT INTO hirer (tenant_id, name) VALUES ($1, $2) RETURNING hirer_id", w.tenant, fmt.Sprintf("Kwekerij %d", i+1))
	}
	for i := range w.sites {
		var hirer *int64
		if i < 2 {
			hirer = &w.hirers[i]
		}
		w.sites[i] = pgtest.Exec(t, w.url, "INSERT INTO site (tenant_id, name, hirer_id) VALUES ($1, $2, $3) RETURNING site_id", w.tenant, fmt.Sprintf("Kas %d", i+1), hirer)
		pgtest.Exec(t, w.url, "INSERT INTO reader (tenant_id, site_id, origin, key, name) VALUES ($1, $2, $3, $4, $4)", w.tenant, w.sites[i], i+1, fmt.Sprintf("R%d", i+1))
	}
	w.now = w.at("2026-11-16 09:00")
	for day := 1; day <= 16; day++ {
		w.pair(w.at(fmt.Sprintf("2026-11-%02d 00:00", day)))
	}
	w.by = audit.Actor{Kind: audit.Account, ID: w.account("Anna", people.Administrator, people.Approver)}
	return w
}

func (w *world) at(text string) time.Time {
	w.t.Helper()
	at, err := time.ParseInLocation("2006-01-02 15:04", text, w.zone)
	if err != nil {
		w.t.Fatal(err)
	}
	return at
}

func (w *world) tick(at time.Time) int64 { return at.Sub(w.at("2026-10-31 00:00")).Milliseconds() }

func (w *world) pair(at time.Time) {
	for origin := 1; origin <= 3; origin++ {
		pgtest.Exec(w.t, w.url, `INSERT INTO time_pair (tenant_id, origin, epoch, tick, instant, bound, source, gateway_id, arrived)
			VALUES ($1, $2, $3, $4, $5, 100, $6, 7, to_timestamp($5::bigint / 1000.0))`, w.tenant, origin, testEpoch, w.tick(at), at.UnixMilli(), int16(wire.SourceDisciplined))
	}
}

// account makes one and gives its id.
func (w *world) account(name string, roles ...people.Role) (id int64) {
	w.t.Helper()
	w.in(func(ctx context.Context, tx pg.Tx) (err error) {
		id, err = people.CreateAccount(ctx, tx, audit.Actor{Kind: audit.Operator}, people.Account{Email: name + "@example.nl", Name: name, Language: "nl", Roles: roles}, "")
		return err
	})
	return id
}

// link says that an account belongs to an employee.
func (w *world) link(account, employee int64) {
	pgtest.Exec(w.t, w.url, "UPDATE account SET employee_id = $3 WHERE tenant_id = $1 AND account_id = $2", w.tenant, account, employee)
}

func (w *world) in(fn func(context.Context, pg.Tx) error) {
	w.t.Helper()
	if err := w.db.InTenant(w.t.Context(), w.tenant, func(tx pg.Tx) error { return fn(w.t.Context(), tx) }); err != nil {
		w.t.Fatal(err)
	}
}

// employee makes one with a fob.
func (w *world) employee(surname string, fob byte) (id int64) {
	w.t.Helper()
	w.in(func(ctx context.Context, tx pg.Tx) (err error) {
		id, err = people.CreateEmployee(ctx, tx, w.by, people.Employee{Number: "1" + surname, Surname: surname, ContractMinutes: 2400, From: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)})
		if err != nil {
			return err
		}
		f, err := fleet.AddFob(ctx, tx, w.by, fmt.Sprintf("F%d", fob), 1, []wire.Token{wire.Token(token(fob))})
		if err != nil {
			return err
		}
		return fleet.Issue(ctx, tx, w.by, f.ID, id, w.at("2026-11-01 00:00"))
	})
	return id
}

func token(fob byte) []byte { return []byte{1, 2, 3, 4, 5, 6, 7, fob} }

// tap stores a tap on a site's reader.
func (w *world) tap(fob byte, site int, times ...string) {
	w.t.Helper()
	for _, at := range times {
		w.seq++
		pgtest.Exec(w.t, w.url, `INSERT INTO registration (tenant_id, origin, epoch, seq, tick, wall, reader_id, key_version, token, arrived)
			SELECT $1, $2, $3, $4, $5, 0, reader_id, 1, $6, $7 FROM reader WHERE tenant_id = $1 AND origin = $2`,
			w.tenant, site+1, testEpoch, w.seq, w.tick(w.at(at)), token(fob), w.at(at).Add(500*time.Millisecond))
	}
}

// works makes an employee who worked 8 to 12 on Monday and Tuesday of week 46
// at a site.
func (w *world) works(surname string, fob byte, site int) int64 {
	w.t.Helper()
	id := w.employee(surname, fob)
	w.tap(fob, site, "2026-11-09 08:00", "2026-11-09 12:00", "2026-11-10 08:00", "2026-11-10 12:00")
	w.recompute()
	return id
}

func (w *world) recompute() {
	w.t.Helper()
	for deadline := time.Now().Add(30 * time.Second); ; {
		c, err := hours.Recompute(w.t.Context(), w.db, w.tenant, w.now)
		if err != nil {
			w.t.Fatal(err)
		}
		if !c.Behind {
			return
		}
		if time.Now().After(deadline) {
			w.t.Fatal("transactions of others never end")
		}
	}
}

func (w *world) policy(p Policy) {
	w.t.Helper()
	if p.From == (calendar.Date{}) {
		p.From = monday("2026-11-02")
	}
	w.in(func(ctx context.Context, tx pg.Tx) error {
		_, err := SetPolicy(ctx, tx, w.by, p, w.now)
		return err
	})
}

func (w *world) give(account, employee int64, seen Seen, reason string) Outcome {
	w.t.Helper()
	var out []Outcome
	w.in(func(ctx context.Context, tx pg.Tx) (err error) {
		out, err = Give(ctx, tx, audit.Actor{Kind: audit.Account, ID: account}, week46, []Ask{{employee, seen}}, reason, w.now)
		return err
	})
	return out[0]
}

func (w *world) stand(employee int64) (s Stand, t hours.Timesheet) {
	w.t.Helper()
	w.in(func(ctx context.Context, tx pg.Tx) error {
		o, err := Open(ctx, tx, week46, w.now)
		if err != nil {
			return err
		}
		t, err = hours.TimesheetOf(ctx, tx, employee, week46)
		s = o.Of(t.Summary())
		return err
	})
	return s, t
}

// sums adds up the frozen lines per day, code and kind.
func (w *world) sums() (sums map[string]int, lines []hours.Line) {
	w.t.Helper()
	w.in(func(ctx context.Context, tx pg.Tx) (err error) {
		everybody, err := people.Employees(ctx, tx)
		if err != nil {
			return err
		}
		var asked []hours.EmployeeDays
		for _, e := range everybody {
			asked = append(asked, hours.EmployeeDays{Employee: e.ID, Days: calendar.Period{From: calendar.On(2026, 11, 1), To: calendar.On(2026, 11, 30)}})
		}
		lines, err = hours.ApprovedOf(ctx, tx, asked)
		return err
	})
	sums = map[string]int{}
	for _, l := range lines {
		if key := fmt.Sprintf("%s %s %s", l.Day, l.Code, l.Kind); sums[key]+l.Minutes == 0 {
			delete(sums, key)
		} else {
			sums[key] += l.Minutes
		}
	}
	return sums, lines
}

func TestThreeLevelsFreezeWithTheLastOne(t *testing.T) {
	w := newWorld(t)
	bakker := w.works("Bakker", 1, 0)
	own, hirer := w.account("Bakker", people.Approver), w.account("Cor", people.Approver)
	w.link(own, bakker)
	w.in(func(ctx context.Context, tx pg.Tx) error {
		return SetHirers(ctx, tx, w.by, hirer, []int64{w.hirers[0]})
	})
	w.policy(Policy{Levels: []Level{ByEmployee, ByHirer, ByAgency}, FourEyes: true})
	for _, step := range []struct {
		account int64
		want    error
		frozen  bool
	}{
		{hirer, ErrStatement, false}, {own, nil, false}, {own, ErrOwnHours, false}, {hirer, nil, false}, {hirer, ErrNotTheirs, false}, {w.by.ID, nil, true}, {w.by.ID, hours.ErrState, false},
	} {
		out := w.give(step.account, bakker, Any, "")
		if !errors.Is(out.Err, step.want) || out.Frozen != step.frozen {
			t.Fatalf("account %d: %+v, want %v", step.account, out, step.want)
		}
		if _, lines := w.sums(); len(lines) > 0 && !step.frozen && step.want == nil {
			t.Errorf("frozen before the last level: %+v", lines)
		}
	}
	var levels string
	w.in(func(ctx context.Context, tx pg.Tx) error {
		return tx.QueryRow(ctx, "SELECT levels::text FROM approval WHERE tenant_id = current_tenant()").Scan(&levels)
	})
	for _, part := range []string{`"employee"`, `"hirer"`, `"agency"`, fmt.Sprintf(`"hirer": %d`, w.hirers[0])} {
		if !strings.Contains(levels, part) {
			t.Errorf("the frozen levels %s lack %s", levels, part)
		}
	}
}

func TestFourEyesAreRefusedByName(t *testing.T) {
	w := newWorld(t)
	bakker := w.works("Bakker", 1, 0)
	w.policy(Policy{Levels: []Level{ByHirer, ByAgency}, FourEyes: true})
	if out := w.give(w.by.ID, bakker, Any, ""); out.Err != nil || out.Frozen {
		t.Fatalf("first level: %+v", out)
	}
	out := w.give(w.by.ID, bakker, Any, "")
	if !errors.Is(out.Err, ErrFourEyes) || !strings.Contains(out.Err.Error(), "Anna") {
		t.Errorf("the same person again: %v", out.Err)
	}
	if out := w.give(w.account("Bram", people.Approver), bakker, Any, ""); !out.Frozen {
		t.Errorf("another person: %+v", out)
	}
}

func TestNobodyApprovesTheirOwnHours(t *testing.T) {
	w := newWorld(t)
	bakker := w.works("Bakker", 1, 2)
	w.link(w.by.ID, bakker)
	if out := w.give(w.by.ID, bakker, Any, ""); !errors.Is(out.Err, ErrOwnHours) {
		t.Errorf("own hours: %+v", out)
	}
	err := w.db.InTenant(t.Context(), w.tenant, func(tx pg.Tx) error { return Reject(t.Context(), tx, w.by, bakker, week46, "no", w.now) })
	if !errors.Is(err, ErrOwnHours) {
		t.Errorf("own hours sent back: %v", err)
	}
}

func TestTwoHirersEachApproveTheirPart(t *testing.T) {
	w := newWorld(t)
	bakker := w.works("Bakker", 1, 0)
	w.tap(1, 1, "2026-11-11 08:00", "2026-11-11 12:00")
	w.recompute()
	w.policy(Policy{Levels: []Level{ByHirer}})
	cor, dora := w.account("Cor", people.Approver), w.account("Dora", people.Approver)
	w.in(func(ctx context.Context, tx pg.Tx) error {
		return errors.Join(SetHirers(ctx, tx, w.by, cor, w.hirers[:1]), SetHirers(ctx, tx, w.by, dora, w.hirers[1:]))
	})
	if out := w.give(cor, bakker, Any, ""); out.Err != nil || out.Frozen {
		t.Fatalf("the first hirer: %+v", out)
	}
	if out := w.give(cor, bakker, Any, ""); !errors.Is(out.Err, ErrNotTheirs) {
		t.Errorf("the first hirer again: %+v", out)
	}
	if out := w.give(dora, bakker, Any, ""); !out.Frozen {
		t.Errorf("the second hirer: %+v", out)
	}
}

func TestAHirersApproverNeitherSeesNorApprovesOthers(t *testing.T) {
	w := newWorld(t)
	w.works("Bakker", 1, 0)
	other := w.works("Aydin", 2, 1)
	cor := w.account("Cor", people.Approver)
	w.in(func(ctx context.Context, tx pg.Tx) error { return SetHirers(ctx, tx, w.by, cor, w.hirers[:1]) })
	w.policy(Policy{Levels: []Level{ByHirer}})
	for _, seen := range []Seen{Any, "", "guessed"} { // a difference would tell the hours
		if out := w.give(cor, other, seen, ""); !errors.Is(out.Err, ErrNotTheirs) {
			t.Errorf("another hirer's: %+v", out)
		}
	}
	w.in(func(ctx context.Context, tx pg.Tx) error {
		o, err := Open(ctx, tx, week46, w.now)
		if err != nil {
			return err
		}
		all, err := hours.Summaries(ctx, tx, week46)
		var sees []string
		for _, s := range all {
			if o.Sees(cor, s) {
				sees = append(sees, s.Who.Surname)
			}
		}
		if !slices.Equal(sees, []string{"Bakker"}) {
			t.Errorf("sees %v", sees)
		}
		return err
	})
}

func TestDeputiesApproveOnTheirDaysOnly(t *testing.T) {
	w := newWorld(t)
	bakker := w.works("Bakker", 1, 0)
	cor, dora := w.account("Cor", people.Approver), w.account("Dora", people.Approver)
	w.in(func(ctx context.Context, tx pg.Tx) error {
		return errors.Join(SetHirers(ctx, tx, w.by, cor, w.hirers[:1]), SetHirers(ctx, tx, w.by, dora, w.hirers[1:]))
	})
	w.policy(Policy{Levels: []Level{ByHirer, ByAgency}})
	name := func(from, until string) (id int64) {
		w.in(func(ctx context.Context, tx pg.Tx) (err error) {
			id, err = Deputise(ctx, tx, w.by, Deputy{Account: dora, For: cor, From: monday(from), Until: monday(until)}, w.now)
			return err
		})
		return id
	}
	name("2026-11-01", "2026-11-15")
	name("2026-11-17", "2026-11-30")
	if out := w.give(dora, bakker, Any, ""); !errors.Is(out.Err, ErrNotTheirs) {
		t.Errorf("between two periods: %+v", out)
	}
	today := name("2026-11-16", "2026-11-16")
	if out := w.give(dora, bakker, Any, ""); out.Err != nil {
		t.Fatalf("on the day: %+v", out)
	}
	s, _ := w.stand(bakker)
	if len(s.Given) != 1 || s.Given[0].ByName != "Dora" || s.Given[0].ForName != "Cor" {
		t.Errorf("recorded %+v", s.Given)
	}
	w.in(func(ctx context.Context, tx pg.Tx) error {
		return errors.Join(EndDeputy(ctx, tx, w.by, today, w.now), Reopen(ctx, tx, w.by, bakker, week46, "look again", w.now))
	})
	if out := w.give(dora, bakker, Any, ""); !errors.Is(out.Err, ErrNotTheirs) {
		t.Errorf("taken back: %+v", out)
	}
}

func TestDeputiesThatMakeNoSenseAreRefused(t *testing.T) {
	w := newWorld(t)
	clerk := w.account("Piet", people.Payroll)
	from := monday("2026-11-16")
	for name, d := range map[string]Deputy{
		"for nobody":        {Account: w.by.ID, For: 999, From: from, Until: from},
		"for themselves":    {Account: w.by.ID, For: w.by.ID, From: from, Until: from},
		"who never approve": {Account: clerk, For: w.by.ID, From: from, Until: from},
		"backwards":         {Account: w.by.ID, For: clerk, From: from, Until: from.AddDays(-1)},
		"for ever":          {Account: w.by.ID, For: clerk, From: from, Until: from.AddDays(400)},
	} {
		err := w.db.InTenant(t.Context(), w.tenant, func(tx pg.Tx) error {
			_, err := Deputise(t.Context(), tx, w.by, d, w.now)
			return err
		})
		if !errors.Is(err, ErrInvalid) && !errors.Is(err, ErrNotFound) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestWhatChangedMeanwhileIsAConflictWithTheDifference(t *testing.T) {
	w := newWorld(t)
	bakker := w.works("Bakker", 1, 2)
	_, sheet := w.stand(bakker)
	seen := SeenOf(sheet.Summary())
	w.tap(1, 2, "2026-11-11 08:00", "2026-11-11 10:00")
	w.recompute()
	var c *Conflict
	if out := w.give(w.by.ID, bakker, seen, "whatever"); !errors.As(out.Err, &c) || len(c.Changes) != 1 || c.Changes[0] != (Change{Day: monday("2026-11-11"), Code: "100", Now: 120}) {
		t.Fatalf("approved: %+v", out)
	}
	if _, lines := w.sums(); len(lines) != 0 {
		t.Errorf("frozen all the same: %+v", lines)
	}
	if out := w.give(w.by.ID, bakker, c.Now, ""); !out.Frozen {
		t.Errorf("as it is now: %+v", out)
	}
}

func TestWhoSendsNothingSawNothing(t *testing.T) {
	w := newWorld(t)
	bakker := w.works("Bakker", 1, 2)
	var c *Conflict
	if out := w.give(w.by.ID, bakker, "", "blindly"); !errors.As(out.Err, &c) || len(c.Changes) != 2 || c.Changes[0].Now != 240 {
		t.Fatalf("approved what was not seen: %+v", out)
	}
	if out := w.give(w.by.ID, bakker, c.Now, ""); !out.Frozen {
		t.Errorf("as it is now: %+v", out)
	}
}

// everyDay makes an employee who worked as planned, but more than 60 hours, which
// the Act forbids, and was not held against it yet.
func (w *world) everyDay() int64 {
	w.t.Helper()
	id := w.employee("Bakker", 1)
	for date := week46.Monday(); !week46.Sunday().Before(date); date = date.AddDays(1) {
		from, to := date.String()+" 08:00", date.String()+" 17:30"
		w.in(func(ctx context.Context, tx pg.Tx) error {
			_, err := plan.Put(ctx, tx, w.by, plan.Shift{Employee: id, Kind: plan.Work, From: w.at(from).Unix() / 60, To: w.at(to).Unix() / 60}, w.now)
			return err
		})
		w.tap(1, 2, from, to)
	}
	w.recompute()
	return id
}

func TestABreachThatNobodyLookedForYetIsNotApproved(t *testing.T) {
	w := newWorld(t)
	bakker := w.everyDay()
	var needs *hours.NeedsReason
	if out := w.give(w.by.ID, bakker, Any, ""); !errors.As(out.Err, &needs) || len(needs.Exceptions) == 0 || needs.Exceptions[0].Kind != hours.Law {
		t.Errorf("approved by a person: %+v", out)
	}
}

func TestABreachThatNobodyLookedForYetIsNotApprovedByTheSystem(t *testing.T) {
	w := newWorld(t)
	bakker := w.everyDay()
	w.policy(Policy{Levels: []Level{ByAgency}, Automatic: &Automatic{Tolerance: 60}})
	if n, err := ApproveAutomatically(t.Context(), w.db, w.tenant, w.now); n != 0 || err != nil {
		_, sheet := w.stand(bakker)
		t.Errorf("approved %d: %v, %+v", n, err, sheet.Reason)
	}
}

func TestABulkRefusesABreachFoundAfterItsSummary(t *testing.T) {
	w := newWorld(t)
	w.everyDay()
	var id int64
	w.in(func(ctx context.Context, tx pg.Tx) error {
		p, err := PreviewBulk(ctx, tx, w.by, week46, nil, w.now)
		if err == nil {
			id, err = StartBulk(ctx, tx, w.by, week46, nil, p.Digest, "all of them", w.now)
		}
		return err
	})
	if err := WorkBulk(t.Context(), w.db, w.tenant, id, 0, w.now); err != nil {
		t.Fatal(err)
	}
	w.in(func(ctx context.Context, tx pg.Tx) error {
		b, err := BulkByID(ctx, tx, id)
		if b.Done != 0 || len(b.Refused) != 1 || b.Refused[0].Why != "changed" {
			t.Errorf("%+v", b)
		}
		return err
	})
}

func TestADecisionNotYetComputedIsAConflictToo(t *testing.T) {
	w := newWorld(t)
	bakker := w.works("Bakker", 1, 2)
	_, sheet := w.stand(bakker)
	w.in(func(ctx context.Context, tx pg.Tx) error {
		for at, mode := range map[string]hours.Mode{"2026-11-12 08:00": hours.In, "2026-11-12 09:00": hours.Out} {
			if _, err := hours.Decide(ctx, tx, hours.Decision{Employee: bakker, Kind: hours.AddPunch, Mode: mode, At: w.at(at), By: w.by, Reason: "forgot"}, w.now); err != nil {
				return err
			}
		}
		return nil
	})
	var c *Conflict
	if out := w.give(w.by.ID, bakker, SeenOf(sheet.Summary()), ""); !errors.As(out.Err, &c) {
		t.Errorf("approved: %+v", out)
	}
}

func TestALevelFallsWhenTheHoursChange(t *testing.T) {
	w := newWorld(t)
	bakker := w.works("Bakker", 1, 0)
	bram := w.account("Bram", people.Approver)
	w.policy(Policy{Levels: []Level{ByHirer, ByAgency}, FourEyes: true})
	w.give(w.by.ID, bakker, Any, "")
	w.tap(1, 0, "2026-11-11 08:00", "2026-11-11 10:00")
	w.recompute()
	if s, _ := w.stand(bakker); !s.Overtaken || len(s.Next) != 1 || s.Next[0].Level != ByHirer {
		t.Errorf("stands %+v", s)
	}
	if out := w.give(bram, bakker, Any, ""); out.Err != nil || out.Frozen {
		t.Errorf("the hirer's level again, by another: %+v", out)
	}
}

func TestAnIncompleteWeekAsksForAReasonAtEachLevel(t *testing.T) { // I2
	w := newWorld(t)
	bakker := w.works("Bakker", 1, 0)
	w.tap(1, 0, "2026-11-11 08:00")
	w.recompute()
	w.policy(Policy{Levels: []Level{ByHirer, ByAgency}})
	var needs *hours.NeedsReason
	for range 2 {
		if out := w.give(w.by.ID, bakker, Any, ""); !errors.As(out.Err, &needs) {
			t.Fatalf("without a reason: %+v", out)
		}
		if out := w.give(w.by.ID, bakker, Any, "he went home ill"); out.Err != nil {
			t.Fatalf("with a reason: %+v", out)
		}
	}
}

func TestReopeningIsAStepAndLevelsAreGivenAnew(t *testing.T) { // I5
	w := newWorld(t)
	bakker := w.works("Bakker", 1, 0)
	w.policy(Policy{Levels: []Level{ByHirer, ByAgency}})
	w.give(w.by.ID, bakker, Any, "")
	w.give(w.by.ID, bakker, Any, "")
	before, _ := w.sums()
	w.in(func(ctx context.Context, tx pg.Tx) error {
		return Reopen(ctx, tx, w.by, bakker, week46, "a mistake", w.now)
	})
	s, sheet := w.stand(bakker)
	if sheet.State != hours.StateOpen || len(s.Given) != 0 || s.Next[0].Level != ByHirer {
		t.Errorf("reopened: %s, %+v", sheet.State, s)
	}
	if out := w.give(w.by.ID, bakker, Any, ""); out.Frozen || out.Err != nil {
		t.Fatalf("one level: %+v", out)
	}
	if out := w.give(w.by.ID, bakker, Any, ""); !out.Frozen {
		t.Fatalf("both: %+v", out)
	}
	if after, _ := w.sums(); fmt.Sprint(after) != fmt.Sprint(before) {
		t.Errorf("sums %v, were %v", after, before)
	}
	var acts []string
	s, _ = w.stand(bakker)
	for _, step := range s.Steps {
		acts = append(acts, string(step.Act))
	}
	if got := strings.Join(acts, " "); got != "given given frozen reopened given given frozen" {
		t.Errorf("steps %s", got)
	}
}

func TestCorrectionsAddUpToNothingWhenTakenBack(t *testing.T) { // I5, I8
	w := newWorld(t)
	bakker := w.works("Bakker", 1, 2)
	approve := func(reason string) {
		t.Helper()
		if out := w.give(w.by.ID, bakker, Any, reason); !out.Frozen {
			t.Fatalf("%s: %+v", reason, out)
		}
	}
	approve("")
	before, first := w.sums()
	w.tap(1, 2, "2026-11-13 13:00", "2026-11-13 17:00") // late
	w.recompute()
	if s, sheet := w.stand(bakker); !s.Waits() || len(sheet.Pending) != 1 {
		t.Fatalf("a late tap leaves nothing pending: %+v", sheet.Pending)
	}
	if out := w.give(w.by.ID, bakker, Any, ""); !errors.Is(out.Err, hours.ErrNoReason) {
		t.Errorf("a correction without a reason: %+v", out)
	}
	approve("a late tap")
	var undo []int64
	w.in(func(ctx context.Context, tx pg.Tx) error {
		for seq := w.seq - 1; seq <= w.seq; seq++ {
			id, err := hours.Decide(ctx, tx, hours.Decision{Employee: bakker, Kind: hours.IgnoreTap, Tap: hours.TapID(fmt.Sprintf("%016x/%016x/%d", 3, testEpoch, seq)), By: w.by, Reason: "not his"}, w.now)
			if err != nil {
				return err
			}
			undo = append(undo, id)
		}
		return nil
	})
	approve("not his fob")
	if after, _ := w.sums(); fmt.Sprint(after) != fmt.Sprint(before) {
		t.Errorf("taken back: %v, were %v", after, before)
	}
	w.in(func(ctx context.Context, tx pg.Tx) error {
		for _, id := range undo {
			if _, err := hours.Undo(ctx, tx, id, w.by, "it was his", w.now); err != nil {
				return err
			}
		}
		return nil
	})
	approve("it was his")
	after, lines := w.sums()
	if after["2026-11-13 100 "] != 240 || len(after) != len(before)+1 {
		t.Errorf("and back: %v", after)
	}
	for i, l := range first {
		if lines[slices.IndexFunc(lines, func(x hours.Line) bool { return x.ID == l.ID })] != first[i] {
			t.Errorf("a frozen line changed: %+v", l)
		}
	}
	for _, l := range lines[:] {
		if l.Approval != first[0].Approval && (l.Corrects != first[0].Approval || l.Reason == "") {
			t.Errorf("a correction that says neither what nor why: %+v", l)
		}
	}
}

func TestTwoApproversAtOnceFreezeOnce(t *testing.T) {
	w := newWorld(t)
	bakker := w.works("Bakker", 1, 2)
	others := []int64{w.by.ID, w.account("Bram", people.Approver), w.account("Cor", people.Approver)}
	outcomes := make([]Outcome, len(others))
	var all sync.WaitGroup
	for i, account := range others {
		all.Go(func() {
			err := w.db.InTenant(context.Background(), w.tenant, func(tx pg.Tx) error {
				out, err := Give(context.Background(), tx, audit.Actor{Kind: audit.Account, ID: account}, week46, []Ask{{bakker, Any}}, "", w.now)
				if err == nil {
					outcomes[i] = out[0]
				}
				return err
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	frozen := 0
	for _, o := range outcomes {
		if o.Frozen {
			frozen++
		} else if !errors.Is(o.Err, hours.ErrState) {
			t.Errorf("outcome %+v", o)
		}
	}
	if _, lines := w.sums(); frozen != 1 || len(lines) != 2 {
		t.Errorf("frozen %d times, %d lines", frozen, len(lines))
	}
}

func TestApprovingWhileHoursAreComputedFreezesAWholeState(t *testing.T) {
	w := newWorld(t)
	bakker := w.works("Bakker", 1, 2)
	w.tap(1, 2, "2026-11-13 13:00", "2026-11-13 17:00")
	var all sync.WaitGroup
	all.Go(func() {
		if _, err := hours.Recompute(context.Background(), w.db, w.tenant, w.now); err != nil {
			t.Error(err)
		}
	})
	all.Go(func() {
		err := w.db.InTenant(context.Background(), w.tenant, func(tx pg.Tx) error {
			_, err := Give(context.Background(), tx, w.by, week46, []Ask{{bakker, Any}}, "", w.now)
			return err
		})
		if err != nil {
			t.Error(err)
		}
	})
	all.Wait()
	w.recompute()
	sums, _ := w.sums()
	_, sheet := w.stand(bakker)
	pending := 0
	for _, d := range sheet.Pending {
		pending += d.Minutes
	}
	frozen := 0
	for _, n := range sums {
		frozen += n
	}
	if frozen != 480 && frozen != 720 || frozen+pending != 720 {
		t.Errorf("frozen %d, pending %d", frozen, pending)
	}
}

func TestACrashBeforeTheCommitLeavesNothingGiven(t *testing.T) {
	w := newWorld(t)
	bakker := w.works("Bakker", 1, 2)
	crash := errors.New("pulled the plug")
	err := w.db.InTenant(t.Context(), w.tenant, func(tx pg.Tx) error {
		out, err := Give(t.Context(), tx, w.by, week46, []Ask{{bakker, Any}}, "", w.now)
		if err != nil || !out[0].Frozen {
			t.Errorf("%+v: %v", out, err)
		}
		return crash
	})
	if !errors.Is(err, crash) {
		t.Fatal(err)
	}
	s, sheet := w.stand(bakker)
	if _, lines := w.sums(); len(lines) != 0 || len(s.Steps) != 0 || sheet.State != hours.StateOpen {
		t.Errorf("%d lines, %d steps, %s", len(lines), len(s.Steps), sheet.State)
	}
}

func TestManyAreApprovedInPiecesAndSomeConflict(t *testing.T) {
	w := newWorld(t)
	var ids []int64
	for i := range 5 {
		ids = append(ids, w.works(fmt.Sprintf("Bakker%d", i), byte(i+1), 2))
	}
	w.tap(5, 2, "2026-11-11 08:00") // an exception
	w.employee("Zonder", 9)
	w.recompute()
	var p Preview
	look := func() {
		w.in(func(ctx context.Context, tx pg.Tx) (err error) {
			p, err = PreviewBulk(ctx, tx, w.by, week46, nil, w.now)
			return err
		})
	}
	look()
	if len(p.Asks) != 4 || p.Minutes != 4*480 || fmt.Sprint(p.Left) != "[{exceptions 1} {empty 1}]" {
		t.Fatalf("preview %+v", p)
	}
	start := func() (id int64, err error) {
		return id, w.db.InTenant(t.Context(), w.tenant, func(tx pg.Tx) error {
			id, err = StartBulk(t.Context(), tx, w.by, week46, nil, p.Digest, "", w.now)
			return err
		})
	}
	w.tap(1, 2, "2026-11-12 08:00", "2026-11-12 09:00")
	w.recompute()
	if _, err := start(); !errors.Is(err, ErrChanged) {
		t.Fatalf("started what was not seen: %v", err)
	}
	look()
	id, err := start()
	if err != nil {
		t.Fatal(err)
	}
	w.tap(2, 2, "2026-11-12 08:00", "2026-11-12 09:00") // between the summary and the work
	w.recompute()
	for range 2 { // again: nothing is done twice
		if err := WorkBulk(t.Context(), w.db, w.tenant, id, 0, w.now); err != nil {
			t.Fatal(err)
		}
	}
	var b Bulk
	w.in(func(ctx context.Context, tx pg.Tx) (err error) {
		b, err = BulkByID(ctx, tx, id)
		return err
	})
	if !b.Finished() || b.Done != 3 || len(b.Refused) != 1 || b.Refused[0].Employee != ids[1] || !strings.Contains(b.Refused[0].Problem, "changed since") {
		t.Errorf("bulk %+v", b)
	}
	if _, lines := w.sums(); len(lines) != 3*2+1 {
		t.Errorf("%d lines", len(lines))
	}
}

func TestABulkGoesOnWhereItStopped(t *testing.T) {
	w := newWorld(t)
	var employees []int64
	for i := range 3 {
		employees = append(employees, w.works(fmt.Sprintf("Bakker%d", i), byte(i+1), 2))
	}
	var id int64
	w.in(func(ctx context.Context, tx pg.Tx) error {
		p, err := PreviewBulk(ctx, tx, w.by, week46, employees[:2], w.now)
		if err != nil {
			return err
		}
		id, err = StartBulk(ctx, tx, w.by, week46, employees[:2], p.Digest, "", w.now)
		return err
	})
	err := w.db.InTenant(t.Context(), w.tenant, func(tx pg.Tx) error {
		if _, err := workPiece(t.Context(), tx, id, w.now); err != nil {
			t.Error(err)
		}
		return errors.New("pulled the plug")
	})
	if err == nil {
		t.Fatal("no crash")
	}
	var waits []int64
	w.in(func(ctx context.Context, tx pg.Tx) (err error) {
		waits, err = Unfinished(ctx, tx)
		return err
	})
	if !slices.Equal(waits, []int64{id}) {
		t.Fatalf("unfinished %v", waits)
	}
	if err := WorkBulk(t.Context(), w.db, w.tenant, id, 0, w.now); err != nil {
		t.Fatal(err)
	}
	if _, lines := w.sums(); len(lines) != 4 {
		t.Errorf("%d lines of the two picked", len(lines))
	}
}

func TestTheSystemApprovesByItsOwnName(t *testing.T) {
	w := newWorld(t)
	asPlanned, tooLong, unplanned := w.works("Bakker", 1, 2), w.works("Aydin", 2, 2), w.works("Cohen", 3, 2)
	w.in(func(ctx context.Context, tx pg.Tx) error {
		for employee, until := range map[int64]string{asPlanned: "12:10", tooLong: "12:11"} {
			for _, day := range []string{"2026-11-09", "2026-11-10"} {
				s := plan.Shift{Employee: employee, Kind: plan.Work, From: w.at(day+" 08:00").Unix() / 60, To: w.at(day+" "+until).Unix() / 60}
				if _, err := plan.Put(ctx, tx, w.by, s, w.now); err != nil {
					return err
				}
			}
		}
		return nil
	})
	w.recompute()
	w.policy(Policy{Levels: []Level{ByHirer, ByAgency}, Automatic: &Automatic{Tolerance: 10}})
	for want := 1; want >= 0; want-- { // the second time there is nothing left to do
		if n, err := ApproveAutomatically(t.Context(), w.db, w.tenant, w.now); err != nil || n != want {
			t.Errorf("approved %d: %v, want %d", n, err, want)
		}
	}
	s, sheet := w.stand(asPlanned)
	if sheet.State != hours.StateApproved || sheet.By.Kind != audit.System || sheet.Reason != "within 10 minutes of the plan, by policy 2" || s.Waits() {
		t.Errorf("as planned: %s by %v, %q", sheet.State, sheet.By, sheet.Reason)
	}
	for _, employee := range []int64{tooLong, unplanned} {
		if _, sheet := w.stand(employee); sheet.State != hours.StateOpen {
			t.Errorf("employee %d: %s", employee, sheet.State)
		}
	}
}

func TestTheSystemStatesNothingInAnEmployeesPlace(t *testing.T) {
	w := newWorld(t)
	bakker := w.works("Bakker", 1, 2)
	w.in(func(ctx context.Context, tx pg.Tx) error {
		for _, day := range []string{"2026-11-09", "2026-11-10"} {
			s := plan.Shift{Employee: bakker, Kind: plan.Work, From: w.at(day+" 08:00").Unix() / 60, To: w.at(day+" 12:00").Unix() / 60}
			if _, err := plan.Put(ctx, tx, w.by, s, w.now); err != nil {
				return err
			}
		}
		return nil
	})
	w.policy(Policy{Levels: []Level{ByEmployee, ByAgency}, Automatic: &Automatic{}})
	if n, err := ApproveAutomatically(t.Context(), w.db, w.tenant, w.now); n != 0 || err != nil {
		t.Errorf("approved %d: %v", n, err)
	}
	own := pgtest.Exec(t, w.url, `INSERT INTO account (tenant_id, email, name, roles, employee_id) VALUES ($1, 'b@example.nl', 'Bakker', ARRAY['employee'], $2)
		RETURNING account_id`, w.tenant, bakker)
	if out := w.give(own, bakker, Any, ""); out.Err != nil {
		t.Fatal(out.Err)
	}
	if n, err := ApproveAutomatically(t.Context(), w.db, w.tenant, w.now); n != 1 || err != nil {
		t.Errorf("after the statement: approved %d: %v", n, err)
	}
}

// TestTheSystemApprovesNobodyWhoDecides: an approver could plan their own
// shifts, or add their own taps, until these are the same.
func TestTheSystemApprovesNobodyWhoDecides(t *testing.T) {
	w := newWorld(t)
	bakker := w.works("Bakker", 1, 2)
	own := w.account("Bakker", people.Approver)
	w.link(own, bakker)
	w.in(func(ctx context.Context, tx pg.Tx) error {
		for _, day := range []string{"2026-11-09", "2026-11-10"} {
			s := plan.Shift{Employee: bakker, Kind: plan.Work, From: w.at(day+" 08:00").Unix() / 60, To: w.at(day+" 12:00").Unix() / 60}
			if _, err := plan.Put(ctx, tx, audit.Actor{Kind: audit.Account, ID: own}, s, w.now); err != nil {
				return err
			}
		}
		return nil
	})
	w.policy(Policy{Levels: []Level{ByAgency}, Automatic: &Automatic{}})
	if n, err := ApproveAutomatically(t.Context(), w.db, w.tenant, w.now); n != 0 || err != nil {
		t.Errorf("approved %d: %v", n, err)
	}
	w.in(func(ctx context.Context, tx pg.Tx) error { return people.CloseAccount(ctx, tx, w.by, own, w.now) })
	if n, err := ApproveAutomatically(t.Context(), w.db, w.tenant, w.now); n != 1 || err != nil {
		t.Errorf("without the account: approved %d: %v", n, err)
	}
}

func TestWhatIsReadOfOneEmployeeIsWhatIsReadOfAll(t *testing.T) {
	w := newWorld(t)
	bakker, aydin := w.works("Bakker", 1, 2), w.works("Aydin", 2, 0)
	w.policy(Policy{Levels: []Level{ByHirer, ByAgency}})
	for _, id := range []int64{bakker, aydin} {
		if out := w.give(w.by.ID, id, Any, ""); out.Err != nil {
			t.Fatal(out.Err)
		}
	}
	w.in(func(ctx context.Context, tx pg.Tx) error {
		all, err := Open(ctx, tx, week46, w.now)
		if err != nil {
			return err
		}
		one, err := Open(ctx, tx, week46, w.now, bakker)
		if err != nil {
			return err
		}
		sheet, err := hours.TimesheetOf(ctx, tx, bakker, week46)
		if got, want := one.Of(sheet.Summary()), all.Of(sheet.Summary()); !reflect.DeepEqual(got, want) || len(got.Steps) == 0 {
			t.Errorf("of one %+v, of all %+v", got, want)
		}
		if len(one.steps[aydin]) > 0 || len(all.steps[aydin]) == 0 {
			t.Errorf("of one it read %d steps of another", len(one.steps[aydin]))
		}
		return err
	})
}

func TestRemindersComeOnceAndLateWhenTheMachineSlept(t *testing.T) {
	w := newWorld(t)
	w.works("Bakker", 1, 2)
	w.policy(Policy{Levels: []Level{ByAgency}, From: week46.Monday(), Deadline: &Deadline{Days: 2, At: "12:00", Remind: 24}})
	at := func(text string) string {
		now := w.at(text)
		var made []string
		w.in(func(ctx context.Context, tx pg.Tx) error {
			if err := Remind(ctx, tx, now); err != nil {
				return err
			}
			all, err := Reminders(ctx, tx, now)
			for _, r := range all {
				made = append(made, fmt.Sprintf("%s %s %d %s", r.Week, r.Kind, r.Waiting, r.Mail))
			}
			return err
		})
		return strings.Join(made, ", ")
	}
	for _, c := range []struct{ now, want string }{
		{"2026-11-15 23:59", ""}, // Sunday
		{"2026-11-16 11:59", ""},
		{"2026-11-16 12:00", "2026-W46 before 1 not_yet"},
		{"2026-11-17 11:59", "2026-W46 before 1 not_yet"},
		{"2026-11-19 08:00", "2026-W46 passed 1 not_yet, 2026-W46 before 1 not_yet"}, // it slept over the deadline
		{"2026-11-19 08:01", "2026-W46 passed 1 not_yet, 2026-W46 before 1 not_yet"},
	} {
		if got := at(c.now); got != c.want {
			t.Errorf("%s: %q, want %q", c.now, got, c.want)
		}
	}
}

func TestAReminderGoesByTheTenantsMonday(t *testing.T) {
	w := newWorld(t)
	w.works("Bakker", 1, 2)
	w.policy(Policy{Levels: []Level{ByAgency}, From: week46.Monday(), Deadline: &Deadline{Days: 1, At: "00:15", Remind: 168}})
	for _, c := range []struct {
		now  string
		want int
	}{{"2026-11-15 23:59", 0}, {"2026-11-16 00:00", 1}, {"2026-11-16 00:15", 2}} { // in UTC it is Sunday
		var made []Reminder
		w.in(func(ctx context.Context, tx pg.Tx) error {
			err := Remind(ctx, tx, w.at(c.now).UTC())
			if err == nil {
				made, err = Reminders(ctx, tx, w.at(c.now))
			}
			return err
		})
		if len(made) != c.want {
			t.Errorf("%s: %+v", c.now, made)
		}
	}
}

func TestWhatWasSentBackIsNotAmongAllCompleteOnes(t *testing.T) {
	w := newWorld(t)
	bakker := w.works("Bakker", 1, 2)
	w.in(func(ctx context.Context, tx pg.Tx) error {
		if err := Reject(ctx, tx, w.by, bakker, week46, "Tuesday is not right", w.now); err != nil {
			return err
		}
		p, err := PreviewBulk(ctx, tx, w.by, week46, nil, w.now)
		if len(p.Asks) != 0 || fmt.Sprint(p.Left) != "[{rejected 1}]" {
			t.Errorf("preview %+v", p)
		}
		return err
	})
}

func TestWhoMayGiveOneOfTheLastLevelMayReopen(t *testing.T) {
	w := newWorld(t)
	bakker := w.works("Bakker", 1, 0)
	w.tap(1, 1, "2026-11-11 08:00", "2026-11-11 12:00")
	w.recompute()
	w.policy(Policy{Levels: []Level{ByHirer}})
	w.give(w.by.ID, bakker, Any, "")
	for i, hirer := range w.hirers {
		account := w.account(fmt.Sprintf("Cor%d", i), people.Approver)
		w.in(func(ctx context.Context, tx pg.Tx) error {
			if err := SetHirers(ctx, tx, w.by, account, []int64{hirer}); err != nil {
				return err
			}
			return Reopen(ctx, tx, audit.Actor{Kind: audit.Account, ID: account}, bakker, week46, "look again", w.now)
		})
		w.give(w.by.ID, bakker, Any, "again")
	}
}

func TestASummarySaysWhatTheTimesheetSays(t *testing.T) {
	w := newWorld(t)
	w.works("Bakker", 1, 0)
	w.works("Aydin", 2, 1)
	w.tap(2, 1, "2026-11-11 08:00")
	w.recompute()
	w.in(func(ctx context.Context, tx pg.Tx) error {
		sums, err := hours.Summaries(ctx, tx, week46)
		if err != nil {
			return err
		}
		sheets, err := hours.Timesheets(ctx, tx, week46)
		if len(sums) != 2 || len(sheets) != 2 {
			t.Fatalf("%d summaries, %d timesheets", len(sums), len(sheets))
		}
		for i := range sums {
			if a, b := SeenOf(sums[i]), SeenOf(sheets[i].Summary()); a != b || sums[i].Exceptions() != sheets[i].Exceptions {
				t.Errorf("%s: summary %s, timesheet %s", sums[i].Who.Surname, a, b)
			}
		}
		return err
	})
}
