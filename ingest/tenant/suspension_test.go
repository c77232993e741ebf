package tenant_test

import (
	"errors"
	"testing"
	"time"

	"tikklok/ingest/pg"
	"tikklok/ingest/pg/pgtest"
	"tikklok/ingest/tenant"
)

// suspensionDay is a day of November 2026.
func suspensionDay(n int) time.Time { return time.Date(2026, 11, n, 0, 0, 0, 0, time.UTC) }

func TestAServiceIsSuspendedAfterTheRemindersOfTheContract(t *testing.T) { // OB-H10, W-2.14
	reminded := func(id int64, day int) tenant.SuspensionStep {
		return tenant.SuspensionStep{ID: id, Kind: tenant.Reminded, Told: suspensionDay(day)}
	}
	suspended := tenant.SuspensionStep{ID: 9, Kind: tenant.Suspended, Ground: tenant.Arrears, At: suspensionDay(9)}
	for name, c := range map[string]struct {
		before []tenant.SuspensionStep
		step   tenant.SuspensionStep
		asked  int
		field  string // of the Invalid; "": none
		want   error
	}{
		"two of two":                    {before: []tenant.SuspensionStep{reminded(1, 1), reminded(2, 5)}, step: tenant.SuspensionStep{Kind: tenant.Suspended, Ground: tenant.Arrears}, asked: 2},
		"one of two":                    {before: []tenant.SuspensionStep{reminded(1, 1)}, step: tenant.SuspensionStep{Kind: tenant.Suspended, Ground: tenant.Arrears}, asked: 2, field: "ground"},
		"none is asked for":             {step: tenant.SuspensionStep{Kind: tenant.Suspended, Ground: tenant.Arrears}},
		"misuse waits for none":         {step: tenant.SuspensionStep{Kind: tenant.Suspended, Ground: tenant.Misuse}, asked: 2},
		"a ground nobody knows":         {step: tenant.SuspensionStep{Kind: tenant.Suspended, Ground: "dislike"}, field: "ground"},
		"one was taken back":            {before: []tenant.SuspensionStep{reminded(1, 1), reminded(2, 5), {ID: 3, Kind: tenant.Unsaid, TakesBack: 1}}, step: tenant.SuspensionStep{Kind: tenant.Suspended, Ground: tenant.Arrears}, asked: 2, field: "ground"},
		"reminders before a lift":       {before: []tenant.SuspensionStep{reminded(1, 1), reminded(2, 5), suspended, {ID: 10, Kind: tenant.Lifted}}, step: tenant.SuspensionStep{Kind: tenant.Suspended, Ground: tenant.Arrears}, asked: 2, field: "ground"},
		"suspended already":             {before: []tenant.SuspensionStep{suspended}, step: tenant.SuspensionStep{Kind: tenant.Suspended, Ground: tenant.Misuse}, want: tenant.ErrSuspended},
		"lifting what is suspended":     {before: []tenant.SuspensionStep{suspended}, step: tenant.SuspensionStep{Kind: tenant.Lifted}},
		"lifting what isn't":            {step: tenant.SuspensionStep{Kind: tenant.Lifted}, want: tenant.ErrNotSuspended},
		"the same day twice":            {before: []tenant.SuspensionStep{reminded(1, 5)}, step: tenant.SuspensionStep{Kind: tenant.Reminded, Told: suspensionDay(5).Add(9 * time.Hour)}, field: "told"},
		"told tomorrow":                 {step: tenant.SuspensionStep{Kind: tenant.Reminded, Told: suspensionDay(11)}, field: "told"},
		"taking back what nobody told":  {step: tenant.SuspensionStep{Kind: tenant.Unsaid, TakesBack: 7}, want: tenant.ErrNoEvent},
		"a reminder while it is closed": {before: []tenant.SuspensionStep{suspended}, step: tenant.SuspensionStep{Kind: tenant.Reminded}, want: tenant.ErrSuspended},
	} {
		c.step.Reference = "letter 2026-114"
		err := tenant.SuspensionOf(c.before).MayTake(&c.step, c.asked, suspensionDay(10))
		var wrong *tenant.Invalid
		switch {
		case c.field != "" && (!errors.As(err, &wrong) || wrong.Field != c.field):
			t.Errorf("%s: %v", name, err)
		case c.field == "" && !errors.Is(err, c.want):
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAStepNeedsItsWriting(t *testing.T) {
	var wrong *tenant.Invalid
	e := tenant.SuspensionStep{Kind: tenant.Suspended, Ground: tenant.Misuse, Reference: " \t"}
	if err := (tenant.Suspension{}).MayTake(&e, 0, suspensionDay(10)); !errors.As(err, &wrong) || wrong.Field != "reference" {
		t.Error(err)
	}
}

func TestAReminderIsOfADayOfTheTenant(t *testing.T) { // OB-H10
	db, id := customer(t)
	late := time.Date(2026, 11, 22, 23, 30, 0, 0, time.UTC) // 23 November in Amsterdam
	for told, want := range map[time.Time]int{{}: 23, suspensionDay(22): 22} {
		e, err := take(t, db, id, tenant.SuspensionStep{Kind: tenant.Reminded, Told: told, Reference: "letter"}, late)
		if err != nil || !e.Told.Equal(suspensionDay(want)) {
			t.Errorf("%s: %s, %v", told, e.Told, err)
		}
	}
	if _, err := take(t, db, id, tenant.SuspensionStep{Kind: tenant.Reminded, Told: suspensionDay(24), Reference: "letter"}, late); err == nil {
		t.Error("told tomorrow")
	}
}

func TestTheProbesOwnTenantIsNotSuspended(t *testing.T) { // OB-S1
	db, id := customer(t)
	err := db.InTenant(t.Context(), id, func(tx pg.Tx) error { return tenant.ForProbes(t.Context(), tx, operator) })
	if err != nil {
		t.Fatal(err)
	}
	_, err = take(t, db, id, tenant.SuspensionStep{Kind: tenant.Suspended, Ground: tenant.Misuse, Reference: "letter"}, time.Now())
	if wrong, ok := errors.AsType[*tenant.Invalid](err); !ok || wrong.Field != "tenant" {
		t.Error(err)
	}
}

func customer(t *testing.T) (*pg.DB, int64) {
	t.Helper()
	url := pgtest.URL(t)
	made, err := create(t, url, "Acme", "Europe/Amsterdam")
	if err != nil {
		t.Fatal(err)
	}
	return pgtest.Open(t, url, pg.RoleApp), made.ID
}

func take(t *testing.T, db *pg.DB, of int64, e tenant.SuspensionStep, now time.Time) (taken tenant.SuspensionStep, err error) {
	t.Helper()
	err = db.InTenant(t.Context(), of, func(tx pg.Tx) error {
		taken, err = tenant.TakeStep(t.Context(), tx, operator, e, now)
		return err
	})
	return taken, err
}
