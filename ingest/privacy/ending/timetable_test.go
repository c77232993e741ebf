package ending

import (
	"errors"
	"testing"
	"time"
)

func on(t *testing.T, text string) time.Time {
	t.Helper()
	day, err := time.Parse(time.DateOnly, text)
	if err != nil {
		t.Fatal(err)
	}
	return day
}

var (
	planning = Terms{Profile: "planning", Access: Span{Months: 1}, Data: Span{Months: 1}, BackupDays: 14}
	winBase  = Terms{Profile: "winbase", Access: Span{Months: 3}, Data: Span{Months: 3}, BackupDays: 14}
)

func TestATimetableFollowsFromTheContractsTerms(t *testing.T) { // OB-P4, OB-P5
	zone, err := time.LoadLocation("Europe/Amsterdam")
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		lastDay                            string
		terms                              Terms
		readOnly, access, destroy, backups string
	}{
		"Planning.nl: a month, backups two weeks": {"2026-11-30", planning, "2026-12-01", "2026-12-31", "2026-12-31", "2027-01-14"},
		"WinBase: three months' access":           {"2026-10-31", winBase, "2026-11-01", "2027-02-01", "2027-02-01", "2027-02-15"},
		"a day that the month lacks":              {"2027-01-31", planning, "2027-02-01", "2027-03-01", "2027-03-01", "2027-03-15"},
		"over the change of the clock":            {"2026-10-24", planning, "2026-10-25", "2026-11-25", "2026-11-25", "2026-12-09"},
		"less access than data":                   {"2026-06-30", Terms{Access: Span{Days: 7}, Data: Span{Months: 2}}, "2026-07-01", "2026-07-08", "2026-08-31", "2026-08-31"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := NewTimetable(on(t, c.lastDay), c.terms, zone)
			if err != nil {
				t.Fatal(err)
			}
			for what, pair := range map[string]struct {
				got  time.Time
				want string
			}{"read-only": {got.ReadOnly, c.readOnly}, "access": {got.AccessUntil, c.access}, "destruction": {got.Destroy, c.destroy}, "backups": {got.BackupsGone, c.backups}} {
				if text := pair.got.In(zone).Format("2006-01-02 15:04"); text != pair.want+" 00:00" {
					t.Errorf("%s is %s, want %s 00:00", what, text, pair.want)
				}
			}
		})
	}
}

func TestATimetableThatCantBeIsRefused(t *testing.T) {
	for name, c := range map[string]struct {
		lastDay string
		terms   Terms
		want    error
	}{
		"nobody chose":                    {"2026-11-30", Terms{}, ErrNoTerms},
		"nobody chose how long data stay": {"2026-11-30", Terms{Access: Span{Months: 1}, BackupDays: 14}, ErrNoTerms},
		"access after the data is gone":   {"2026-11-30", Terms{Access: Span{Months: 3}, Data: Span{Months: 1}}, ErrInvalid},
		"data for ever":                   {"2026-11-30", Terms{Data: Span{Months: 120}}, ErrInvalid},
		"a day long ago":                  {"1026-11-30", planning, ErrInvalid},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := NewTimetable(on(t, c.lastDay), c.terms, time.UTC); !errors.Is(err, c.want) {
				t.Errorf("it says %v", err)
			}
		})
	}
}

func TestNothingIsDestroyedBeforeItsTimeOrWithoutAnExport(t *testing.T) { // OB-P4, OB-P6
	table, err := NewTimetable(on(t, "2026-11-30"), planning, time.UTC)
	if err != nil {
		t.Fatal(err)
	}
	exported, before, due := on(t, "2026-12-20"), on(t, "2026-11-30"), table.Destroy
	for name, c := range map[string]struct {
		state State
		since int64
		now   time.Time
		may   bool
	}{
		"in its time, exported, accepted":  {State{Timetable: &table, Exported: &exported, Accepted: &exported}, 0, due, true},
		"a moment too early":               {State{Timetable: &table, Exported: &exported, Accepted: &exported}, 0, due.Add(-time.Second), false},
		"no end planned":                   {State{Exported: &exported, Accepted: &exported}, 0, due, false},
		"no export":                        {State{Timetable: &table}, 0, due, false},
		"an export of the last day":        {State{Timetable: &table, Exported: &before, Accepted: &before}, 0, due, false},
		"an export that nobody looked at":  {State{Timetable: &table, Exported: &exported}, 0, due, false},
		"a tap that came after the export": {State{Timetable: &table, Exported: &exported, Accepted: &exported}, 1, due, false},
	} {
		t.Run(name, func(t *testing.T) {
			if err := c.state.destroyable(c.since, c.now); (err == nil) != c.may || err != nil && !errors.Is(err, ErrNotYet) {
				t.Errorf("it says %v", err)
			}
		})
	}
}

func TestReadOnlyBeginsAfterTheLastDayAndWithDestruction(t *testing.T) {
	table, err := NewTimetable(on(t, "2026-11-30"), planning, time.UTC)
	if err != nil {
		t.Fatal(err)
	}
	begun := on(t, "2026-11-02")
	for name, c := range map[string]struct {
		state State
		now   string
		want  bool
	}{
		"nothing planned":       {State{}, "2026-12-01", false},
		"on the last day":       {State{Timetable: &table}, "2026-11-30", false},
		"the day after":         {State{Timetable: &table}, "2026-12-01", true},
		"destroyed before then": {State{Begun: &begun}, "2026-11-02", true},
	} {
		if got := c.state.ReadOnly(on(t, c.now)); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestAnEndThatNobodyPlannedOrThatIsOverdueIsAskedFor(t *testing.T) { // OB-P4
	table, err := NewTimetable(on(t, "2026-11-30"), planning, time.UTC)
	if err != nil {
		t.Fatal(err)
	}
	ends, later, begun := on(t, "2026-11-30"), on(t, "2026-12-15"), on(t, "2026-12-31")
	for name, c := range map[string]struct {
		state State
		ends  *time.Time
		now   string
		want  Ask
	}{
		"a contract without an end":     {State{}, nil, "2026-11-30", ""},
		"an end that is far":            {State{}, &ends, "2026-10-29", ""},
		"an end that is near":           {State{}, &ends, "2026-10-30", AskPlan},
		"an end that was passed over":   {State{}, &ends, "2027-02-01", AskPlan},
		"planned":                       {State{Timetable: &table}, &ends, "2026-11-20", ""},
		"planned for another day":       {State{Timetable: &table}, &later, "2026-11-20", AskPlan},
		"data that should be gone":      {State{Timetable: &table}, &ends, "2026-12-31", AskDestroy},
		"a destruction that was cut":    {State{Timetable: &table, Begun: &begun}, &ends, "2027-01-01", AskDestroy},
		"data that is gone":             {State{Timetable: &table, Begun: &begun, Destroyed: &begun}, &ends, "2027-01-01", ""},
		"a plan without a contract end": {State{Timetable: &table}, nil, "2026-12-01", ""},
	} {
		if got, _ := c.state.Asks(c.ends, on(t, c.now)); got != c.want {
			t.Errorf("%s: %q, not %q", name, got, c.want)
		}
	}
}
