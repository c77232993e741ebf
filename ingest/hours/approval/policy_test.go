package approval

import (
	"errors"
	"strings"
	"testing"
	"time"

	"tikklok/ingest/audit"
	"tikklok/ingest/hours"
	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/hours/plan"
)

var week46 = calendar.Week{Year: 2026, Week: 46}

func monday(text string) calendar.Date {
	d, err := calendar.ParseDate(text)
	if err != nil {
		panic(err)
	}
	return d
}

func TestPoliciesThatMakeNoSenseAreRefusedWithTheReason(t *testing.T) {
	from := monday("2026-11-09")
	for name, c := range map[string]struct {
		policy Policy
		says   string
	}{
		"no level":                     {Policy{From: from}, "a statement is no approval"},
		"a statement alone":            {Policy{From: from, Levels: []Level{ByEmployee}}, "a statement is no approval"},
		"an unknown level":             {Policy{From: from, Levels: []Level{"boss", ByAgency}}, `level "boss" is unknown`},
		"the wrong order":              {Policy{From: from, Levels: []Level{ByAgency, ByHirer}}, "level hirer comes after agency"},
		"a level twice":                {Policy{From: from, Levels: []Level{ByAgency, ByAgency}}, "level agency comes after agency"},
		"four eyes of one level":       {Policy{From: from, Levels: []Level{ByAgency}, FourEyes: true}, "four eyes need two levels"},
		"four eyes, none of a person":  {Policy{From: from, Levels: []Level{ByHirer, ByAgency}, FourEyes: true, Automatic: &Automatic{10}}, "contradict each other"},
		"an optional level not there":  {Policy{From: from, Levels: []Level{ByAgency}, Optional: true}, "not among the levels"},
		"a start on a Tuesday":         {Policy{From: from.AddDays(1), Levels: []Level{ByAgency}}, "no Monday"},
		"a tolerance below nothing":    {Policy{From: from, Levels: []Level{ByAgency}, Automatic: &Automatic{-1}}, "0 to 120"},
		"a deadline within the week":   {Policy{From: from, Levels: []Level{ByAgency}, Deadline: &Deadline{0, "12:00", 0}}, "1 to 28"},
		"a deadline at no time":        {Policy{From: from, Levels: []Level{ByAgency}, Deadline: &Deadline{2, "25:00", 0}}, "not of the form 12:00"},
		"a reminder weeks before":      {Policy{From: from, Levels: []Level{ByAgency}, Deadline: &Deadline{2, "12:00", 169}}, "0 to 168"},
		"a deadline of one hirer only": {Policy{From: from, Hirer: 3, Levels: []Level{ByAgency}, Deadline: &Deadline{2, "12:00", 0}}, "the tenant's holds"},
	} {
		if err := c.policy.Check(); !errors.Is(err, ErrInvalid) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := Default().Check(); err != nil {
		t.Errorf("the program's own policy: %v", err)
	}
}

func TestThePolicyOfAWeekIsTheLatestThatBegan(t *testing.T) {
	all := Policies{Default(),
		{Version: 2, From: monday("2026-11-09"), Levels: []Level{ByAgency}},
		{Version: 3, From: monday("2026-11-16"), Levels: []Level{ByAgency}},
		{Version: 4, From: monday("2026-11-09"), Levels: []Level{ByAgency}},
		{Version: 5, From: monday("2026-11-09"), Hirer: 7, Levels: []Level{ByAgency}},
	}
	for name, c := range map[string]struct {
		week   calendar.Week
		hirers []int64
		want   int
	}{
		"before all":                    {week46.Add(-1), nil, 1},
		"two of one day: the newer":     {week46, nil, 4},
		"a later one":                   {week46.Add(1), nil, 3},
		"one hirer with its own":        {week46.Add(1), []int64{7}, 5},
		"one hirer without its own":     {week46, []int64{8}, 4},
		"two hirers: everybody's":       {week46, []int64{7, 8}, 4},
		"a hirer's before it has begun": {week46.Add(-1), []int64{7}, 1},
	} {
		if got := all.Of(c.week, c.hirers).Version; got != c.want {
			t.Errorf("%s: version %d, want %d", name, got, c.want)
		}
	}
}

func TestADeadlineIsLocalTimeAfterTheWeek(t *testing.T) {
	zone, err := time.LoadLocation("Europe/Amsterdam")
	if err != nil {
		t.Fatal(err)
	}
	for want, c := range map[string]struct {
		d    Deadline
		week calendar.Week
	}{
		"2026-11-17T12:00:00+01:00": {Deadline{2, "12:00", 0}, week46},
		"2027-01-05T12:00:00+01:00": {Deadline{2, "12:00", 0}, calendar.Week{Year: 2026, Week: 53}},
		"2026-03-29T03:30:00+02:00": {Deadline{7, "02:30", 0}, calendar.Week{Year: 2026, Week: 12}}, // the clock skips it
	} {
		if got := c.d.Of(c.week, zone).Format(time.RFC3339); got != want {
			t.Errorf("%s: %s, want %s", c.week, got, want)
		}
	}
}

func given(level Level, hirer, account int64, lines byte) Step {
	return Step{Act: Given, Need: Need{level, hirer}, By: audit.Actor{Kind: audit.Account, ID: account}, ByName: "Anna", Lines: [32]byte{lines}}
}

func TestALevelCountsUntilTheWeekIsFrozenOrTheLinesChange(t *testing.T) {
	now := [32]byte{1}
	for name, c := range map[string]struct {
		steps []Step
		want  int
	}{
		"given":                {[]Step{given(ByHirer, 0, 1, 1)}, 1},
		"of other lines":       {[]Step{given(ByHirer, 0, 1, 2)}, 0},
		"given again":          {[]Step{given(ByHirer, 0, 1, 2), given(ByHirer, 0, 1, 1)}, 1},
		"frozen since":         {[]Step{given(ByHirer, 0, 1, 1), {Act: Frozen}}, 0},
		"reopened since":       {[]Step{given(ByHirer, 0, 1, 1), {Act: Reopened}}, 0},
		"rejected since":       {[]Step{given(ByHirer, 0, 1, 1), {Act: Rejected}}, 0},
		"given after it froze": {[]Step{{Act: Frozen}, given(ByHirer, 0, 1, 1)}, 1},
	} {
		if got := len(Standing(c.steps, now)); got != c.want {
			t.Errorf("%s: %d levels, want %d", name, got, c.want)
		}
	}
}

func TestWhoMaySignWhat(t *testing.T) {
	three := Policy{Levels: []Level{ByEmployee, ByHirer, ByAgency}, FourEyes: true}
	two := Policy{Levels: []Level{ByHirer, ByAgency}}
	optional := Policy{Levels: []Level{ByEmployee, ByAgency}, Optional: true}
	agency := Person{Account: 1, Name: "Anna", Approves: true}
	other := Person{Account: 2, Name: "Bram", Approves: true}
	hirer := Person{Account: 3, Name: "Cor", Approves: true, Hirers: []int64{7}}
	worker := Person{Account: 4, Name: "Dirk", Employee: 50}
	twin := Person{Account: 5, Name: "Anna at home", Approves: true, Employee: 60}
	annaToo := Person{Account: 1, Name: "Anna", Approves: true, Employee: 60}
	foreman := Person{Account: 6, Name: "Els", Approves: true, Employee: 50}
	standsIn := Person{Account: 7, Name: "Fer", Approves: true, Hirers: []int64{8}, For: []Person{hirer}}
	forAnna := Person{Account: 8, Name: "Gea", Approves: true, Hirers: []int64{8}, For: []Person{agency}}
	outsider := Person{Account: 9, Name: "Hans"}
	for name, c := range map[string]struct {
		policy Policy
		who    Person
		hirers []int64
		given  []Step
		want   string // levels, or the refusal
	}{
		"an agency's approver gives the agency's level":        {Default(), agency, nil, nil, "agency"},
		"who approves nothing":                                 {Default(), outsider, nil, nil, ErrNotTheirs.Error()},
		"the statement comes first":                            {three, agency, nil, nil, ErrStatement.Error()},
		"the employee states":                                  {three, worker, nil, nil, "employee"},
		"an approver states their own hours":                   {three, foreman, nil, nil, "employee"},
		"and approves them no further":                         {three, foreman, nil, []Step{given(ByEmployee, 0, 6, 0)}, ErrOwnHours.Error()},
		"own hours where no statement is asked for":            {two, foreman, nil, nil, ErrOwnHours.Error()},
		"the hirer's approver after the statement":             {three, hirer, []int64{7}, []Step{given(ByEmployee, 0, 4, 0)}, "hirer 7"},
		"an optional statement is not waited for":              {optional, agency, nil, nil, "agency"},
		"an optional statement can be given":                   {optional, worker, nil, nil, "employee"},
		"a hirer's approver of their hirer":                    {two, hirer, []int64{7}, nil, "hirer 7"},
		"a hirer's approver of another's hours":                {two, hirer, []int64{8}, nil, ErrNotTheirs.Error()},
		"a hirer's approver of two hirers' hours gives theirs": {two, hirer, []int64{7, 8}, nil, "hirer 7"},
		"the agency's approver may give all hirers'":           {two, agency, []int64{7, 8}, nil, "hirer 7, hirer 8"},
		"one hirer is left":                                    {two, agency, []int64{7, 8}, []Step{given(ByHirer, 7, 3, 0)}, "hirer 8"},
		"a hirer's approver gives no agency's level":           {two, hirer, []int64{7}, []Step{given(ByHirer, 7, 1, 0)}, ErrNotTheirs.Error()},
		"without four eyes one gives both":                     {two, agency, []int64{7}, []Step{given(ByHirer, 7, 1, 0)}, "agency"},
		"with four eyes another does":                          {fourEyes(two), other, []int64{7}, []Step{given(ByHirer, 7, 1, 0)}, "agency"},
		"with four eyes the same may not":                      {fourEyes(two), agency, []int64{7}, []Step{given(ByHirer, 7, 1, 0)}, ErrFourEyes.Error() + "; Anna gave"},
		"nor from a second account of the same employee":       {fourEyes(two), twin, []int64{7}, []Step{given(ByHirer, 7, 1, 0)}, ErrFourEyes.Error() + "; Anna gave"},
		"nor a deputy by the authority that was used":          {fourEyes(two), forAnna, []int64{7}, []Step{given(ByHirer, 7, 1, 0)}, ErrFourEyes.Error() + "; Anna gave"},
		"a deputy gives what they stand in for":                {two, standsIn, []int64{7}, nil, "hirer 7 for 3"},
		"a deputy's own authority goes first":                  {two, standsIn, []int64{7, 8}, nil, "hirer 8"},
		"a deputy of the agency":                               {two, forAnna, []int64{7}, []Step{given(ByHirer, 7, 3, 0)}, "agency for 1"},
		"all given":                                            {two, agency, []int64{7}, []Step{given(ByHirer, 7, 1, 0), given(ByAgency, 0, 1, 0)}, ""},
	} {
		people := map[int64]Person{1: annaToo, 2: other, 3: hirer, 4: worker, 5: twin, 6: foreman, 7: standsIn, 8: forAnna}
		needs, stands, err := c.policy.sign(c.who, 50, c.policy.Next(c.hirers, c.given), c.given, people)
		got := signed(needs, stands)
		if err != nil {
			got = err.Error()
		}
		if c.want == "" && got != "" || !strings.Contains(got, c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func fourEyes(p Policy) Policy { p.FourEyes = true; return p }

func signed(needs []Need, stands int64) string {
	var parts []string
	for _, n := range needs {
		part := string(n.Level)
		if n.Hirer != 0 {
			part += " " + string(rune('0'+n.Hirer))
		}
		if stands != 0 {
			part += " for " + string(rune('0'+stands))
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, ", ")
}

// full is a week with 8 hours worked on Monday and Tuesday.
func full() hours.Timesheet {
	t := hours.Timesheet{Week: week46, State: hours.StateOpen}
	for i := range t.Days {
		t.Days[i].Date = week46.Monday().AddDays(i)
	}
	for i := range 2 {
		t.Days[i].Minutes, t.Days[i].Worked = 480, true
		t.Days[i].Lines = []hours.DayLine{{Site: 1, Code: "100", Minutes: 480}}
	}
	return t
}

func TestTheSystemApprovesOnlyWhatIsCompleteAndAsPlanned(t *testing.T) {
	asPlanned := func(minutes ...int) map[calendar.Date]int {
		out := map[calendar.Date]int{}
		for i, m := range minutes {
			out[week46.Monday().AddDays(i)] = m
		}
		return out
	}
	for name, c := range map[string]struct {
		change  func(*hours.Timesheet)
		planned map[calendar.Date]int
		running bool
		steps   []Step
		want    Hold
	}{
		"as planned":                      {planned: asPlanned(480, 480)},
		"exactly at the tolerance":        {planned: asPlanned(470, 490)},
		"one minute more than planned":    {planned: asPlanned(469, 480), want: HoldDifference},
		"one minute less than planned":    {planned: asPlanned(480, 491), want: HoldDifference},
		"no plan":                         {planned: nil, want: HoldPlan},
		"a day without a plan":            {planned: asPlanned(480), want: HoldPlan},
		"a plan without a day":            {planned: asPlanned(480, 480, 480), want: HoldPlan},
		"an exception":                    {change: func(t *hours.Timesheet) { t.Days[0].Exceptions = make([]hours.Exception, 1) }, planned: asPlanned(480, 480), want: HoldExceptions},
		"data missing":                    {change: func(t *hours.Timesheet) { t.Missing = make([]hours.MissingData, 1) }, planned: asPlanned(480, 480), want: HoldMissing},
		"the law":                         {change: func(t *hours.Timesheet) { t.Warnings = []hours.Warning{{Kind: hours.WarnLaw}} }, planned: asPlanned(480, 480), want: HoldLaw},
		"above contract, which is no law": {change: func(t *hours.Timesheet) { t.Warnings = []hours.Warning{{Kind: hours.WarnContract}} }, planned: asPlanned(480, 480)},
		"somebody is in":                  {change: func(t *hours.Timesheet) { t.Days[1].Running = true }, planned: asPlanned(480, 480), want: HoldRunning},
		"the week is not over":            {running: true, planned: asPlanned(480, 480), want: HoldRunning},
		"a correction":                    {change: func(t *hours.Timesheet) { t.State = hours.StateApproved }, planned: asPlanned(480, 480), want: HoldState},
		"rejected":                        {change: func(t *hours.Timesheet) { t.State = hours.StateRejected }, planned: asPlanned(480, 480), want: HoldState},
		"a person reopened it":            {steps: []Step{{Act: Reopened}}, planned: asPlanned(480, 480), want: HoldState},
		"minutes of another kind, no plan": {change: func(t *hours.Timesheet) {
			t.Days[4].Lines = []hours.DayLine{{Code: "ABS", Kind: hours.LineAbsent, Minutes: 480}}
		}, planned: asPlanned(480, 480), want: HoldPlan},
	} {
		sheet := full()
		if c.change != nil {
			c.change(&sheet)
		}
		if got := (&Automatic{Tolerance: 10}).holds(sheet, !c.running, c.steps, c.planned); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
	var off *Automatic
	if got := off.holds(full(), true, nil, asPlanned(480, 480)); got != HoldPolicy {
		t.Errorf("not asked for: %q", got)
	}
}

func TestAPlanCountsOnTheLocalDayItBeginsOn(t *testing.T) {
	zone, err := time.LoadLocation("Europe/Amsterdam")
	if err != nil {
		t.Fatal(err)
	}
	at := func(day, hour int) int64 { return time.Date(2026, 11, day, hour, 0, 0, 0, zone).Unix() / 60 }
	planned := plannedDays([]plan.Shift{
		{Kind: plan.Work, From: at(9, 0), To: at(9, 8), Break: 30},
		{Kind: plan.Call, From: at(9, 12), To: at(9, 14)},
		{Kind: plan.Standby, From: at(10, 0), To: at(10, 8)},
		{Kind: plan.Work, From: at(11, 0), To: at(11, 8), Withdrawn: 1},
		{Kind: plan.Work, From: at(15, 22), To: at(16, 6)},
		{Kind: plan.Work, From: at(16, 0), To: at(16, 8)},
	}, week46, zone)
	if len(planned) != 2 || planned[monday("2026-11-09")] != 570 || planned[monday("2026-11-15")] != 480 {
		t.Errorf("planned %v", planned)
	}
}

func TestWhatWasSeenShowsWhatChanged(t *testing.T) {
	before := full()
	seen := SeenOf(before.Summary())
	if err := seen.changed(before.Summary()); err != nil {
		t.Fatalf("nothing changed: %v", err)
	}
	after := full()
	after.Days[1].Lines = []hours.DayLine{{Site: 1, Code: "100", Minutes: 420}, {Site: 1, Code: "120", Minutes: 60}, {Site: 1, Code: "W", Kind: hours.LineAdded, Minutes: 5}}
	after.Days[2].Exceptions = []hours.Exception{{Kind: hours.MissingOut, At: 1}}
	after.Missing = []hours.MissingData{{Kind: hours.MissingHole, Device: "R", From: 1, To: 2}}
	var c *Conflict
	if err := seen.changed(after.Summary()); !errors.As(err, &c) {
		t.Fatalf("not refused: %v", err)
	}
	tuesday, wednesday := week46.Monday().AddDays(1), week46.Monday().AddDays(2)
	want := []Change{
		{Day: week46.Monday(), Gaps: true, Now: 1},
		{Day: tuesday, Code: "100", Seen: 480, Now: 420},
		{Day: tuesday, Code: "120", Now: 60},
		{Day: tuesday, Code: "W", Kind: hours.LineAdded, Now: 5},
		{Day: wednesday, Now: 1},
	}
	if len(c.Changes) != len(want) {
		t.Fatalf("changes %+v", c.Changes)
	}
	for i := range want {
		if c.Changes[i] != want[i] {
			t.Errorf("change %+v, want %+v", c.Changes[i], want[i])
		}
	}
	if err := c.Now.changed(after.Summary()); err != nil {
		t.Errorf("what the conflict offers is refused: %v", err)
	}
}

func TestAChangeWithoutMinutesIsAChange(t *testing.T) {
	before, after := full(), full()
	after.Days[0].Lines = []hours.DayLine{{Site: 2, Code: "100", Minutes: 480}}
	var c *Conflict
	if err := SeenOf(before.Summary()).changed(after.Summary()); !errors.As(err, &c) || len(c.Changes) != 0 {
		t.Errorf("another site: %v", err)
	}
}

func FuzzWhatWasSeenCanBeAnything(f *testing.F) {
	f.Add(string(SeenOf(full().Summary())))
	f.Add("x.1:100=480")
	f.Add("x.9:100=480.1:=3")
	f.Fuzz(func(t *testing.T, text string) {
		sheet := full()
		err := Seen(text).changed(sheet.Summary())
		if digest := SeenOf(sheet.Summary()).digest(); (err == nil) != (Seen(text).digest() == digest) {
			t.Errorf("%q: %v", text, err)
		}
	})
}
