package hours

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/hours/rule"
	"tikklok/ingest/pg"
	"tikklok/ingest/pg/pgtest"
)

// put puts rules in force.
func (w *world) put(s rule.Set, confirm bool) (set rule.Set, err error) {
	w.t.Helper()
	err = w.db.InTenant(context.Background(), w.tenant, func(tx pg.Tx) error {
		set, err = PutRules(context.Background(), tx, RuleChange{s, confirm}, w.by, w.now)
		return err
	})
	return set, err
}

func layer(kind rule.ScopeKind, id int64, from calendar.Date, patch string) rule.Set {
	return rule.Set{From: from, Scope: rule.Scope{Kind: kind, ID: id}, Patch: []byte(patch)}
}

// dueOf gives the employees that something is due of.
func (w *world) dueOf() (ids []int64) {
	w.t.Helper()
	w.in(func(ctx context.Context, tx pg.Tx) error {
		return tx.QueryRow(ctx, `SELECT COALESCE(array_agg(DISTINCT employee_id ORDER BY employee_id), '{}') FROM hours_due
			WHERE tenant_id = current_tenant() AND employee_id IS NOT NULL`).Scan(&ids)
	})
	return ids
}

func TestRulesOfAScopeAreDueOfThoseTheyConcern(t *testing.T) {
	w := newWorld(t)
	here, _ := w.employee("Bakker", 1, "2026-11-01 00:00")
	elsewhere, _ := w.employee("Smit", 0, "")
	w.tap("2026-11-10 08:00", 1)
	w.tap("2026-11-10 16:08", 1)
	hirer := pgtest.Exec(t, w.url, "INSERT INTO hirer (tenant_id, name) VALUES ($1, 'Jansen') RETURNING hirer_id", w.tenant)
	pgtest.Exec(t, w.url, "UPDATE site SET hirer_id = $2 WHERE tenant_id = $1", w.tenant, hirer)
	contract := pgtest.Exec(t, w.url, "INSERT INTO contract (tenant_id, name) VALUES ($1, 'Oproep') RETURNING contract_id", w.tenant)
	pgtest.Exec(t, w.url, "INSERT INTO employee_terms (tenant_id, employee_id, from_day, contract_id, minutes) VALUES ($1, $2, '2026-11-01', $3, 0)", w.tenant, elsewhere, contract)
	assignment := pgtest.Exec(t, w.url, "INSERT INTO assignment (tenant_id, employee_id, number, from_day) VALUES ($1, $2, 'A1', '2026-11-01') RETURNING assignment_id", w.tenant, elsewhere)
	w.recompute()
	from := calendar.On(2026, 11, 9)
	for _, c := range []struct {
		set  rule.Set
		want []int64
	}{
		{layer(rule.ScopeSite, w.site, from, `{"paid_breaks":5}`), []int64{here}},
		{layer(rule.ScopeHirer, hirer, from, `{"paid_breaks":5}`), []int64{here}},
		{layer(rule.ScopeContract, contract, from, `{"paid_breaks":5}`), []int64{elsewhere}},
		{layer(rule.ScopeAssignment, assignment, from, `{"paid_breaks":5}`), []int64{elsewhere}},
		{layer(rule.ScopeEmployee, here, from, `{"paid_breaks":5}`), []int64{here}},
		{rule.Set{From: from, Rules: rule.Default().Rules}, []int64{here, elsewhere}},
	} {
		set, err := w.put(c.set, false)
		if err != nil {
			t.Fatal(err)
		}
		if got := w.dueOf(); !slices.Equal(got, c.want) {
			t.Errorf("%s, version %d: due of %v, want %v", c.set.Scope, set.Version, got, c.want)
		}
		w.recompute()
	}
}

func TestASitesRulesChangeOnlyItsHours(t *testing.T) {
	w := newWorld(t)
	id, _ := w.employee("Bakker", 1, "2026-11-01 00:00")
	w.tap("2026-11-10 08:00", 1)
	w.tap("2026-11-10 12:08", 1)
	w.recompute()
	if _, err := w.put(layer(rule.ScopeSite, w.site, calendar.On(2026, 11, 9), `{"rounding":{"per":"shift","to":15}}`), false); err != nil {
		t.Fatal(err)
	}
	w.recompute()
	if s := w.sheet(id, week46); s.Days[1].Minutes != 255 {
		t.Errorf("%d minutes", s.Days[1].Minutes)
	}
	if _, err := w.put(layer(rule.ScopeSite, w.site, calendar.On(2026, 11, 9), `{}`), false); err != nil { // ends it
		t.Fatal(err)
	}
	w.recompute()
	if s := w.sheet(id, week46); s.Days[1].Minutes != 248 {
		t.Errorf("%d minutes after the end of the site's rules", s.Days[1].Minutes)
	}
}

func TestRulesAreRefusedWithWhatIsWrong(t *testing.T) {
	w := newWorld(t)
	from := calendar.On(2026, 11, 9)
	bad := rule.Default().Rules
	bad.QuestionedShift = bad.LongestShift + 1
	for _, c := range []struct {
		set  rule.Set
		want error
		text string
	}{
		{rule.Set{From: from, Rules: bad}, ErrInvalid, "questioned_shift and longest_shift"},
		{layer(rule.ScopeSite, w.site, from, `{"questioned_shift":900}`), ErrInvalid, "questioned_shift and longest_shift"},
		{layer(rule.ScopeSite, w.site, from, `{"tea":1}`), ErrInvalid, `unknown field "tea"`},
		{layer(rule.ScopeSite, 99, from, `{}`), ErrNotFound, "site 99"},
		{layer(rule.ScopeHirer, 99, from, `{}`), ErrNotFound, "hirer 99"},
		{layer(rule.ScopeContract, 99, from, `{}`), ErrNotFound, "contract 99"},
		{layer(rule.ScopeAssignment, 99, from, `{}`), ErrNotFound, "assignment 99"},
		{layer(rule.ScopeEmployee, 99, from, `{}`), ErrNotFound, "employee 99"},
		{layer("team", 99, from, `{}`), ErrInvalid, "team"},
	} {
		if _, err := w.put(c.set, true); !errors.Is(err, c.want) || !strings.Contains(fmt.Sprint(err), c.text) {
			t.Errorf("%s: %v", c.text, err)
		}
	}
	w.in(func(ctx context.Context, tx pg.Tx) error {
		sets, err := RuleSets(ctx, tx)
		if len(sets) != 1 {
			t.Errorf("%d sets are kept", len(sets))
		}
		return err
	})
}

func TestATenantsRulesThatContradictASitesAreRefused(t *testing.T) {
	w := newWorld(t)
	from := calendar.On(2026, 11, 9)
	if _, err := w.put(layer(rule.ScopeSite, w.site, from, `{"plan":{"early":5,"late":5,"snap":true,"no_show":0,"notice":0,"late_code":""}}`), false); err != nil {
		t.Fatal(err)
	}
	r := rule.Default().Rules
	r.Rounding = rule.Rounding{Per: rule.RoundTap, To: 5}
	_, err := w.put(rule.Set{From: from, Rules: r}, false)
	if want := fmt.Sprintf("version 2 for site %d: rounding.per and plan.snap contradict", w.site); !errors.Is(err, ErrInvalid) || !strings.Contains(fmt.Sprint(err), want) {
		t.Errorf("%v", err)
	}
}

// meeting has an employee with a contract work at a site.
func meeting(t *testing.T) (w *world, employee, contract int64) {
	w = newWorld(t)
	employee, _ = w.employee("Bakker", 1, "2026-11-01 00:00")
	contract = pgtest.Exec(t, w.url, "INSERT INTO contract (tenant_id, name) VALUES ($1, 'Oproep') RETURNING contract_id", w.tenant)
	w.tap("2026-11-10 08:00", 1)
	w.tap("2026-11-10 12:08", 1)
	w.recompute()
	return w, employee, contract
}

const (
	snaps = `{"plan":{"early":5,"late":5,"snap":true,"no_show":0,"notice":0,"late_code":""}}`
	taps  = `{"rounding":{"per":"tap","to":15}}`
)

func TestLayersThatMeetInSomebodysWorkAreRefusedWhenTheyContradict(t *testing.T) {
	w, employee, contract := meeting(t)
	from := calendar.On(2026, 11, 9)
	pgtest.Exec(t, w.url, "INSERT INTO employee_terms (tenant_id, employee_id, from_day, contract_id, minutes) VALUES ($1, $2, '2026-11-01', $3, 0)", w.tenant, employee, contract)
	if _, err := w.put(layer(rule.ScopeSite, w.site, from, snaps), false); err != nil {
		t.Fatal(err)
	}
	if _, err := w.put(layer(rule.ScopeContract, contract, from, taps), false); !errors.Is(err, ErrInvalid) || !strings.Contains(err.Error(), "rounding.per and plan.snap") {
		t.Errorf("%v", err)
	}
}

func TestLayersThatMeetLaterAreShown(t *testing.T) {
	w, employee, contract := meeting(t)
	from := calendar.On(2026, 11, 9)
	for _, s := range []rule.Set{layer(rule.ScopeSite, w.site, from, snaps), layer(rule.ScopeContract, contract, from, taps)} {
		if _, err := w.put(s, false); err != nil {
			t.Fatal(err)
		}
	}
	refused := func() (r []rule.Refusal) {
		w.in(func(ctx context.Context, tx pg.Tx) (err error) {
			r, err = RefusedLayers(ctx, tx, calendar.On(2026, 11, 16))
			return err
		})
		return r
	}
	if r := refused(); len(r) != 0 {
		t.Errorf("before they meet: %v", r)
	}
	pgtest.Exec(t, w.url, "INSERT INTO employee_terms (tenant_id, employee_id, from_day, contract_id, minutes) VALUES ($1, $2, '2026-11-01', $3, 0)", w.tenant, employee, contract)
	if r := refused(); len(r) != 1 || r[0].Set.Version != 3 {
		t.Errorf("when they meet: %v", r)
	}
}

func TestRulesDatedIntoApprovedWeeksAskFirst(t *testing.T) { // I5
	w := newWorld(t)
	id, _ := w.employee("Bakker", 1, "2026-11-01 00:00")
	other, _ := w.employee("Smit", 0, "")
	w.tap("2026-11-10 08:00", 1)
	w.tap("2026-11-10 12:08", 1)
	w.recompute()
	if err := w.approve(id, "complete"); err != nil {
		t.Fatal(err)
	}
	r := rule.Default().Rules
	r.Rounding = rule.Rounding{Per: rule.RoundShift, To: 15}
	into := rule.Set{From: calendar.On(2026, 11, 11), Rules: r}
	var frozen *FrozenWeeks
	if _, err := w.put(into, false); !errors.As(err, &frozen) || *frozen != (FrozenWeeks{1, 1, week46, week46}) {
		t.Errorf("into the week: %v", err)
	}
	if _, err := w.put(rule.Set{From: calendar.On(2026, 11, 16), Rules: r}, false); err != nil {
		t.Errorf("after the week: %v", err)
	}
	if _, err := w.put(layer(rule.ScopeEmployee, other, calendar.On(2026, 11, 9), `{"paid_breaks":5}`), false); err != nil {
		t.Errorf("for somebody else: %v", err)
	}
	into.From = calendar.On(2026, 11, 9)
	if _, err := w.put(into, true); err != nil {
		t.Fatal(err)
	}
	w.recompute()
	if lines := w.approved(); len(lines) != 1 || lines[0].Minutes != 248 {
		t.Errorf("approved is %+v", lines)
	}
	if s := w.sheet(id, week46); len(s.Pending) != 1 || s.Pending[0].Minutes != 7 {
		t.Errorf("pending is %+v", s.Pending)
	}
}

func TestAPreviewShowsWhatChangesAndWritesNothing(t *testing.T) {
	w := newWorld(t)
	id, _ := w.employee("Bakker", 1, "2026-11-01 00:00")
	w.employee("Smit", 0, "")
	for _, day := range []string{"2026-11-09", "2026-11-10", "2026-11-12"} {
		w.tap(day+" 08:00", 1)
		w.tap(day+" 12:08", 1)
	}
	w.recompute()
	if err := w.approve(id, "complete"); err != nil {
		t.Fatal(err)
	}
	r := rule.Default().Rules
	r.Rounding, r.QuestionedShift = rule.Rounding{Per: rule.RoundShift, To: 15}, 240
	preview := func(from, to calendar.Date) (p Preview, err error) {
		err = w.db.InTenant(context.Background(), w.tenant, func(tx pg.Tx) error {
			p, err = PreviewRules(context.Background(), tx, rule.Set{From: calendar.On(2026, 11, 10), Rules: r}, from, to, w.now)
			return err
		})
		return p, err
	}
	p, err := preview(calendar.On(2026, 11, 1), calendar.On(2026, 11, 11))
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Effects) != 1 || p.Changed != 1 || p.Employees != 2 || p.Concerned != 2 || p.Cut || p.Stopped() {
		t.Fatalf("preview %+v", p)
	}
	if e := p.Effects[0]; e.Who.Surname != "Bakker" || e.Date != calendar.On(2026, 11, 10) || e.Code != "100" || e.Before != 248 || e.After != 255 || !e.Frozen {
		t.Errorf("effect %+v", e)
	}
	if fmt.Sprint(p.Totals) != "[{100  496 503}]" || p.Exceptions != [2]int{0, 1} || p.Frozen == nil || p.Frozen.Weeks != 1 {
		t.Errorf("totals %v, exceptions %v, frozen %v", p.Totals, p.Exceptions, p.Frozen)
	}
	if s := w.sheet(id, week46); s.Minutes != 3*248 || len(s.Pending) != 0 || len(w.dueOf()) != 0 {
		t.Errorf("something was written: %d minutes, pending %v, due %v", s.Minutes, s.Pending, w.dueOf())
	}
	for _, c := range [][2]calendar.Date{{calendar.On(2026, 11, 2), calendar.On(2026, 11, 1)}, {calendar.On(2026, 11, 1), calendar.On(2026, 12, 2)}} {
		if _, err := preview(c[0], c[1]); !errors.Is(err, ErrInvalid) {
			t.Errorf("%v: %v", c, err)
		}
	}
	r.LongestShift = 5
	if _, err := preview(calendar.On(2026, 11, 1), calendar.On(2026, 11, 11)); !errors.Is(err, ErrInvalid) {
		t.Errorf("invalid rules: %v", err)
	}
}

func TestThePreviewIsWhatHappens(t *testing.T) {
	w := newWorld(t)
	id, _ := w.employee("Bakker", 1, "2026-11-01 00:00")
	w.tap("2026-11-09 22:00", 1)
	w.tap("2026-11-10 06:07", 1)
	w.recompute()
	draft := layer(rule.ScopeEmployee, id, calendar.On(2026, 11, 9), `{"bands":[{"code":"N","percent":130,"from":"00:00","to":"06:00"}],"breaks":[]}`)
	var p Preview
	w.in(func(ctx context.Context, tx pg.Tx) (err error) {
		p, err = PreviewRules(ctx, tx, draft, calendar.On(2026, 11, 9), calendar.On(2026, 11, 15), w.now)
		return err
	})
	if _, err := w.put(draft, false); err != nil {
		t.Fatal(err)
	}
	w.recompute()
	after := map[string]int{}
	for _, e := range p.Effects {
		after[e.Code] += e.After
	}
	got := map[string]int{"120": 0, "140": 0}
	for _, c := range w.sheet(id, week46).Codes {
		got[c.Code] = c.Minutes
	}
	if fmt.Sprint(after) != fmt.Sprint(got) {
		t.Errorf("previewed %v, became %v", after, got)
	}
}

func TestTheHistoryNamesWhoPutRules(t *testing.T) {
	w := newWorld(t)
	account := pgtest.Exec(t, w.url, "INSERT INTO account (tenant_id, email, name, roles) VALUES ($1, 'a@b.nl', 'Anna', '{administrator}') RETURNING account_id", w.tenant)
	w.by.ID = account
	if _, err := w.put(layer(rule.ScopeSite, w.site, calendar.On(2026, 12, 1), `{"paid_breaks":5}`), false); err != nil {
		t.Fatal(err)
	}
	w.in(func(ctx context.Context, tx pg.Tx) error {
		all, err := RuleHistory(ctx, tx)
		if len(all) != 2 || all[0].Version != 2 || all[0].ByName != "Anna" || !all[0].Made.Equal(w.now) || all[1].Version != 1 || all[1].ByName != "" {
			t.Errorf("history %+v", all)
		}
		return err
	})
}

func TestOneTenantsRulesAreNotSeenByAnother(t *testing.T) { // I6
	w := newWorld(t)
	other := pgtest.Tenant(t, w.url, "Other")
	err := w.db.InTenant(context.Background(), other, func(tx pg.Tx) error {
		_, err := PutRules(context.Background(), tx, RuleChange{Set: layer(rule.ScopeSite, w.site, calendar.On(2026, 11, 9), `{}`)}, w.by, w.now)
		return err
	})
	if !errors.Is(err, ErrNotFound) {
		t.Errorf("another's site: %v", err)
	}
}
