package hours

import (
	"context"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/hours/rule"
	"tikklok/ingest/people"
	"tikklok/ingest/pg"
	"tikklok/ingest/pg/pgtest"
)

func TestWhatIsAgreedComputesItsDaysAgain(t *testing.T) {
	w := newWorld(t)
	id, _ := w.employee("Bakker", 1, "2026-11-01 00:00")
	other, _ := w.employee("Visser", 2, "2026-11-01 00:00")
	for _, tap := range []string{"2026-11-04 08:00", "2026-11-04 16:00", "2026-11-11 08:00", "2026-11-11 16:00"} {
		w.tap(tap, 1)
		w.tap(tap, 2)
	}
	w.recompute()
	day := func(text string) time.Time { return w.at(text + " 00:00") }
	var assignment, hirer int64
	for _, c := range []struct {
		name      string
		change    func(context.Context, pg.Tx) error
		employees int
		days      int
	}{
		{"terms from the second week on", func(ctx context.Context, tx pg.Tx) error {
			return people.SaveTerms(ctx, tx, w.by, people.Terms{Employee: id, From: day("2026-11-11"), Minutes: 1200})
		}, 1, 1},
		{"the same without them", func(ctx context.Context, tx pg.Tx) error {
			return people.DropTerms(ctx, tx, w.by, id, day("2026-11-11"))
		}, 1, 1},
		{"the contract from the beginning", func(ctx context.Context, tx pg.Tx) error {
			e, err := people.EmployeeByID(ctx, tx, other)
			e.ContractMinutes = 600
			return errors.Join(err, people.UpdateEmployee(ctx, tx, w.by, e))
		}, 1, 2},
		{"an assignment of the first week", func(ctx context.Context, tx pg.Tx) (err error) {
			until := day("2026-11-05")
			assignment, err = people.SaveAssignment(ctx, tx, w.by, people.Assignment{Employee: id, Number: "A-1", From: day("2026-11-02"), Until: &until})
			return err
		}, 1, 1},
		{"the assignment moved to the second", func(ctx context.Context, tx pg.Tx) error {
			_, err := people.SaveAssignment(ctx, tx, w.by, people.Assignment{ID: assignment, Employee: id, Number: "A-1", From: day("2026-11-10")})
			return err
		}, 1, 2},
		{"the hirer of the site", func(ctx context.Context, tx pg.Tx) (err error) {
			hirer, err = people.SaveHirer(ctx, tx, w.by, people.Hirer{Name: "Bolt", Sites: []int64{w.site}})
			return err
		}, 2, 4},
		{"the hirer's name", func(ctx context.Context, tx pg.Tx) error {
			_, err := people.SaveHirer(ctx, tx, w.by, people.Hirer{ID: hirer, Name: "Bolt BV", Sites: []int64{w.site}})
			return err
		}, 0, 0},
	} {
		w.in(c.change)
		if got := w.recompute(); got.Employees != c.employees || got.Days != c.days {
			t.Errorf("%s: %d employees and %d days are computed again, want %d and %d", c.name, got.Employees, got.Days, c.employees, c.days)
		}
	}
}

func TestTheAssignmentOfASiteComesBeforeThatOfItsHirer(t *testing.T) {
	on := func(day int) calendar.Date { return calendar.On(2026, 3, day) }
	p := Person{Work: []Assignment{
		{ID: 1, From: on(1)},
		{ID: 2, From: on(1), Hirer: 7},
		{ID: 3, From: on(1), Site: 5, Until: on(10)},
		{ID: 4, From: on(3), Hirer: 7},
		{ID: 5, From: on(4), Hirer: 8, Site: 6},
	}}
	for _, c := range []struct {
		day         int
		site, hirer int64
		want        int64
	}{
		{2, 5, 7, 3}, {2, 9, 7, 2}, {3, 9, 7, 4}, {2, 9, 0, 1}, {2, 0, 0, 1}, {10, 5, 7, 3}, {11, 5, 7, 4}, {5, 6, 7, 4}, {5, 6, 8, 5},
	} {
		if got := p.AssignmentOn(on(c.day), c.site, c.hirer).ID; got != c.want {
			t.Errorf("on %d at site %d of hirer %d: assignment %d, want %d", c.day, c.site, c.hirer, got, c.want)
		}
	}
	if got := (Person{Work: p.Work}).AssignmentOn(calendar.On(2026, 2, 28), 5, 7); got.ID != 0 {
		t.Errorf("before all of them: %+v", got)
	}
}

func TestASiteThatMovesToAnotherHirerLeavesTheDaysBeforeAsTheyWere(t *testing.T) {
	w := newWorld(t)
	id, _ := w.employee("Bakker", 1, "2026-11-01 00:00")
	w.tap("2026-11-09 08:00", 1)
	w.tap("2026-11-09 17:00", 1)
	w.recompute()
	minutes := func() int {
		w.recompute()
		return int(pgtest.Exec(t, w.url, "SELECT minutes FROM worked_day WHERE tenant_id = $1 AND employee_id = $2 AND day = '2026-11-09'", w.tenant, id))
	}
	before := minutes()
	hirer := func(name, patch string, sites ...int64) (id int64) {
		w.in(func(ctx context.Context, tx pg.Tx) (err error) {
			if id, err = people.SaveHirer(ctx, tx, w.by, people.Hirer{Name: name}); err != nil {
				return err
			}
			_, err = PutRules(ctx, tx, RuleChange{Set: rule.Set{Scope: rule.Scope{Kind: rule.ScopeHirer, ID: id}, From: calendar.On(2026, 1, 1), Patch: json.RawMessage(patch)}}, w.by, w.now)
			return err
		})
		return id
	}
	move := func(id int64, name string) {
		w.in(func(ctx context.Context, tx pg.Tx) error {
			_, err := people.SaveHirer(ctx, tx, w.by, people.Hirer{ID: id, Name: name, Sites: []int64{w.site}})
			return err
		})
	}
	bolt, jansen := hirer("Bolt", `{"breaks":[{"above":60,"minutes":50}]}`), hirer("Jansen", `{"breaks":[{"above":60,"minutes":90}]}`)
	move(bolt, "Bolt")
	if got := minutes(); got != 540-50 || got == before {
		t.Fatalf("of the first hirer, from the beginning: %d, without %d", got, before)
	}
	move(jansen, "Jansen")
	if got := minutes(); got != 540-90 {
		t.Fatalf("put right at once: %d", got)
	}
	move(bolt, "Bolt")
	pgtest.Exec(t, w.url, "UPDATE site_hirer SET set_at = set_at - interval '2 days' WHERE tenant_id = $1 RETURNING 1", w.tenant)
	move(jansen, "Jansen")
	if got := minutes(); got != 540-50 {
		t.Errorf("after a move: %d", got)
	}
	w.in(func(ctx context.Context, tx pg.Tx) error {
		devices, err := readDevices(ctx, tx)
		if now := calendar.DateOf(time.Now().AddDate(0, 0, 2)); devices.hirers.On(w.site, now) != jansen {
			t.Errorf("from now on it is of hirer %d", devices.hirers.On(w.site, now))
		}
		return err
	})
}
