package tenant_test

import (
	"errors"
	"testing"
	"time"

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
