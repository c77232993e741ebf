package incident

import (
	"errors"
	"strings"
	"testing"
	"time"

	"tikklok/api/sla"
	"tikklok/api/sla/window"
	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/privacy"
	"tikklok/ingest/tenant"
)

func at(day, hour, minute int) time.Time {
	return time.Date(2026, 11, day, hour, minute, 0, 0, time.UTC)
}

// monday is a fault of Monday 16 November, under the terms of N.
func monday() Incident {
	profile, _ := tenant.ProfileOf(tenant.Nedap)
	i := Incident{ID: 1, Channel: ByTelephone, Kind: Fault, AroseAt: at(16, 9, 0), Reported: at(16, 9, 30), At: at(16, 9, 40), Terms: TermsOf(profile),
		Report: Report{Message: "The sheet doesn't open.", Steps: "Timesheets, week 46.", Computer: "Windows 11, Edge 131"},
		Impact: Impact{Disturbance: Serious, Hit: 10, Users: 100}}
	i.Category, i.Priority = Propose(i.Kind, i.Impact, i.Terms)
	return i
}

func TestExactlyTenPercentOfUsersIsAGroup(t *testing.T) { // N-B8 says < 10 and > 10: the higher
	for _, c := range []struct {
		hit, users int
		want       Extent
	}{{0, 1, Some}, {9, 100, Some}, {10, 100, Group}, {11, 100, Group}, {99, 100, Group}, {100, 100, All}, {1, 10, Group}, {1, 11, Some}, {999_999, 10_000_000, Some}, {1_000_000, 10_000_000, Group}, {1, 1, All}} {
		if got := (Impact{Hit: c.hit, Users: c.users}).Extent(); got != c.want {
			t.Errorf("%d of %d is %s, want %s", c.hit, c.users, got, c.want)
		}
	}
}

func refusal(err error) string {
	var no *privacy.Refused
	if !errors.As(err, &no) {
		return ""
	}
	return no.Field + " " + no.Why
}

func TestAReportHoldsWhatHelpsToFindTheCause(t *testing.T) { // OB-S7, W-3.9
	now := at(16, 10, 0)
	if err := monday().check(now); err != nil {
		t.Fatal(err)
	}
	for want, change := range map[string]func(*Incident){
		"message empty":    func(i *Incident) { i.Report.Message = " " },
		"steps empty":      func(i *Incident) { i.Report.Steps = "" },
		"computer empty":   func(i *Incident) { i.Report.Computer = "" },
		"message long":     func(i *Incident) { i.Report.Message = strings.Repeat("é", 2001) },
		"screenshot long":  func(i *Incident) { i.Report.Screenshot = strings.Repeat("x", 201) },
		"steps long":       func(i *Incident) { i.Report.Steps = "a\x00b" },
		"kind unknown":     func(i *Incident) { i.Kind = "fire" },
		"channel unknown":  func(i *Incident) { i.Channel = "fax" },
		"arose ahead":      func(i *Incident) { i.AroseAt = now.Add(time.Minute) },
		"arose old":        func(i *Incident) { i.AroseAt = now.AddDate(-1, 0, -1) },
		"reported order":   func(i *Incident) { i.Reported = i.AroseAt.Add(-time.Second) },
		"priority unknown": func(i *Incident) { i.Priority = tenant.Login },
		"why empty":        func(i *Incident) { i.Priority = tenant.Low },
		"users number":     func(i *Incident) { i.Impact.Users = 0; i.Why = "agreed" },
		"hit number":       func(i *Incident) { i.Impact.Hit = 101; i.Impact.Users = 100; i.Why, i.Priority = "agreed", tenant.Low },
		"disturbance unknown": func(i *Incident) {
			i.Impact.Disturbance, i.Priority = "some", tenant.Low
		},
	} {
		i := monday()
		change(&i)
		if got := refusal(i.check(now)); got != want {
			t.Errorf("refused as %q, want %q", got, want)
		}
	}
}

func TestStepsFitWhatWasDoneBefore(t *testing.T) {
	now := at(17, 9, 0)
	solved := monday()
	solved.Steps = []Step{{What: Solved, DoneAt: at(16, 12, 0)}}
	reopened := monday()
	reopened.Steps = []Step{{What: Solved, DoneAt: at(16, 12, 0)}, {What: Reopened, DoneAt: at(16, 13, 0)}}
	for _, c := range []struct {
		i    Incident
		s    Step
		want string
	}{
		{monday(), Step{What: Answered, DoneAt: at(16, 10, 0), Note: "a disk"}, ""},
		{monday(), Step{What: Confirmed, DoneAt: at(16, 10, 0)}, ""},
		{monday(), Step{What: Answered, DoneAt: at(16, 10, 0), Note: " "}, "note empty"},
		{monday(), Step{What: Answered, DoneAt: at(17, 9, 1), Note: "x"}, "at ahead"},
		{monday(), Step{What: Answered, DoneAt: at(16, 8, 59), Note: "x"}, "at before"},
		{monday(), Step{What: Answered, DoneAt: at(16, 10, 0), Note: strings.Repeat("x", 1001)}, "note long"},
		{monday(), Step{What: Reopened, DoneAt: at(16, 10, 0), Note: "x"}, "what not-now"},
		{monday(), Step{What: UpAgain, DoneAt: at(16, 10, 0)}, "what not-now"}, // only the probe's
		{monday(), Step{What: "eaten", DoneAt: at(16, 10, 0), Note: "x"}, "what not-now"},
		{monday(), Step{What: Earlier, DoneAt: at(16, 9, 0), Note: "x"}, "at later"},
		{monday(), Step{What: Earlier, DoneAt: at(16, 8, 0), Note: "x"}, ""},
		{monday(), Step{What: Earlier, DoneAt: at(16, 8, 0).AddDate(-2, 0, 0), Note: "x"}, "at old"},
		{monday(), Step{What: Weighed, DoneAt: at(16, 10, 0), Note: "x"}, "priority unknown"},
		{monday(), Step{What: Weighed, DoneAt: at(16, 10, 0), Note: "x", Priority: tenant.Medium}, "priority same"},
		{monday(), Step{What: Weighed, DoneAt: at(16, 10, 0), Note: "x", Priority: tenant.High}, ""},
		{monday(), Step{What: Duplicate, DoneAt: at(16, 10, 0), Note: "x"}, "of unknown"},
		{monday(), Step{What: Duplicate, DoneAt: at(16, 10, 0), Note: "x", Of: 1}, "of unknown"}, // of itself
		{solved, Step{What: Contact, DoneAt: at(16, 13, 0), Note: "x"}, "what not-now"},
		{solved, Step{What: Reopened, DoneAt: at(16, 11, 0), Note: "x"}, "at before"},
		{solved, Step{What: Reopened, DoneAt: at(16, 13, 0), Note: "x"}, ""},
		{reopened, Step{What: Solved, DoneAt: at(16, 12, 30), Note: "x"}, "at before"}, // it wasn't solved then
		{reopened, Step{What: Solved, DoneAt: at(16, 13, 0), Note: "x"}, ""},
	} {
		if got := refusal(c.i.may(c.s, now)); got != c.want {
			t.Errorf("%s of an incident that is %s: refused as %q, want %q", c.s.What, c.i.State(), got, c.want)
		}
	}
}

func TestADuplicateLosesNoMinuteOfWaiting(t *testing.T) {
	early, late := monday(), monday()
	early.AroseAt = at(16, 8, 0)
	if err := late.mayFollow(early); err != nil {
		t.Error(err)
	}
	if got := refusal(early.mayFollow(late)); got != "of later" {
		t.Errorf("refused as %q", got)
	}
	late.Steps = []Step{{What: Earlier, DoneAt: at(16, 8, 0)}}
	if err := early.mayFollow(late); err != nil {
		t.Error(err)
	}
	late.Steps = append(late.Steps, Step{What: Dismissed})
	if got := refusal(early.mayFollow(late)); got != "of closed" {
		t.Errorf("refused as %q", got)
	}
}

func TestAMonthIsMetByNinetyPercentOfMediumAndLowAndByAllOfHigh(t *testing.T) { // N-B8
	zone, _ := time.LoadLocation("Europe/Amsterdam")
	service := window.Service(zone)
	solved := func(p tenant.Priority, when time.Time) Incident {
		i := monday()
		i.Priority = p
		i.Steps = []Step{{What: Solved, DoneAt: when}}
		return i
	}
	var all []Incident
	for range 8 {
		all = append(all, solved(tenant.Medium, at(16, 10, 0)))
	}
	all = append(all, solved(tenant.Low, at(16, 10, 0)), solved(tenant.Low, at(27, 10, 0)), solved(tenant.High, at(16, 10, 0)))
	month := func() []Attainment { return Month(all, 2026, time.November, service, at(28, 0, 0)) }
	if got := month(); len(got) != 2 || !got[0].Met() || !got[1].Met() || got[1].Solved != (Tally{InTime: 9, Late: 1}) || len(got[1].Priorities) != 2 {
		t.Fatalf("%+v", got) // 9 of 10 is 90 %
	}
	all = append(all, solved(tenant.Medium, at(27, 10, 0)))
	if got := month(); got[1].Met() {
		t.Error("9 of 11 is met")
	}
	all = append(all, solved(tenant.High, at(16, 17, 1)))
	if got := month(); got[0].Met() || got[0].Solved != (Tally{InTime: 1, Late: 1}) {
		t.Errorf("one of high was a minute late, and %+v is met", got[0])
	}
	double, other := solved(tenant.High, at(27, 10, 0)), monday()
	double.Steps = append(double.Steps, Step{What: Duplicate})
	other.AroseAt = time.Date(2026, 10, 31, 22, 59, 0, 0, time.UTC) // 23:59 in Amsterdam
	if got := Month([]Incident{double, other}, 2026, time.November, service, at(28, 0, 0)); len(got) > 0 {
		t.Errorf("a duplicate, or one of October, counts: %+v", got)
	}
	open := monday()
	if got := Month([]Incident{open}, 2026, time.November, service, at(16, 10, 0)); !got[0].Met() || got[0].Solved != (Tally{Waiting: 1}) {
		t.Errorf("%+v", got)
	}
	if got := Month([]Incident{open}, 2026, time.November, service, at(28, 0, 0)); got[0].Met() {
		t.Error("one that is open past its deadline is met")
	}
}

func TestWhatWasMissedCountsUnderThePriorityThatWasMissed(t *testing.T) { // N-B8: all of high
	zone, _ := time.LoadLocation("Europe/Amsterdam")
	i := monday()
	i.Priority = tenant.High // solved by 17:00 UTC
	i.Steps = []Step{{What: Weighed, DoneAt: at(16, 16, 0), At: at(16, 18, 0), Priority: tenant.Low}, {What: Solved, DoneAt: at(16, 18, 30)}}
	got := Month([]Incident{i}, 2026, time.November, window.Service(zone), at(17, 0, 0))
	if len(got) != 1 || got[0].Priorities[0] != tenant.High || got[0].Met() {
		t.Errorf("high was missed before low was agreed on, and the month is %+v", got)
	}
	i.Steps[0].At = at(16, 16, 30) // before the solution was due, though not before the response
	got = Month([]Incident{i}, 2026, time.November, window.Service(zone), at(17, 0, 0))
	if len(got) != 2 || got[0].Answered != (Tally{Late: 1}) || got[1].Priorities[0] != tenant.Low || got[1].Solved != (Tally{InTime: 1}) {
		t.Errorf("the response was missed, the solution wasn't: %+v", got)
	}
}

func TestPayrollClosesFromTheLastWorkingDayUntilAfterTheCutOff(t *testing.T) { // OB-S6
	day := func(month time.Month, n int) calendar.Date { return calendar.On(2026, month, n) }
	november := calendar.Period{From: day(11, 1), To: day(11, 30)}
	for name, c := range map[string]struct {
		period calendar.Period
		cutOff calendar.Date
		want   calendar.Period
	}{
		"no cut-off":            {november, calendar.Date{}, calendar.Period{From: day(11, 30), To: day(12, 7)}},
		"a cut-off on Thursday": {november, day(12, 3), calendar.Period{From: day(11, 30), To: day(12, 4)}},
		"ends on a weekend":     {calendar.Period{From: day(10, 1), To: day(10, 31)}, calendar.Date{}, calendar.Period{From: day(10, 30), To: day(11, 6)}},
		"before Christmas":      {calendar.Period{From: day(11, 23), To: day(12, 20)}, calendar.Date{}, calendar.Period{From: day(12, 18), To: day(12, 28)}},
		"a week":                {calendar.Period{From: day(11, 16), To: day(11, 22)}, calendar.Date{}, calendar.Period{From: day(11, 20), To: day(11, 23)}},
		"a holiday at its end":  {calendar.Period{From: day(12, 1), To: day(12, 25)}, calendar.Date{}, calendar.Period{From: day(12, 24), To: calendar.On(2027, 1, 4)}},
	} {
		if got := Closing(c.period, c.cutOff); got != c.want {
			t.Errorf("%s: %s to %s, want %s to %s", name, got.From, got.To, c.want.From, c.want.To)
		}
	}
}

func TestTheRosterNamesItsGaps(t *testing.T) { // OB-S9
	roster := []Duty{
		{ID: 1, From: at(16, 8, 0), Until: at(17, 8, 0), Step: 1}, {ID: 2, From: at(17, 7, 0), Until: at(18, 8, 0), Step: 1},
		{ID: 3, From: at(18, 8, 0), Until: at(19, 8, 0), Step: 2}, {ID: 4, From: at(19, 8, 0), Until: at(20, 8, 0), Step: 1},
	}
	gaps := Gaps(roster, at(16, 0, 0), at(21, 0, 0))
	want := []Gap{{at(16, 0, 0), at(16, 8, 0)}, {at(18, 8, 0), at(19, 8, 0)}, {at(20, 8, 0), at(21, 0, 0)}}
	if len(gaps) != len(want) {
		t.Fatalf("%v", gaps)
	}
	for n := range want {
		if gaps[n] != want[n] {
			t.Errorf("gap %v, want %v", gaps[n], want[n])
		}
	}
	if got := Gaps(roster, at(16, 9, 0), at(18, 8, 0)); len(got) > 0 {
		t.Errorf("gaps %v in time that is covered", got)
	}
	if got := Gaps(roster, at(18, 9, 0), at(18, 10, 0)); len(got) != 1 || got[0] != (Gap{at(18, 9, 0), at(18, 10, 0)}) {
		t.Errorf("%v", got)
	}
	if on := OnDuty(roster, at(17, 7, 30)); len(on) != 2 || on[0].ID != 1 {
		t.Errorf("%v", on)
	}
	if on := OnDuty(roster, at(20, 8, 0)); len(on) > 0 {
		t.Errorf("on duty at its end: %v", on)
	}
}

func TestWhoDoesntAnswerInTenMinutesIsPassedOver(t *testing.T) {
	on := []Duty{{Step: 1}, {Step: 2}, {Step: 3}}
	for name, c := range map[string]struct {
		calls []Call
		on    []Duty
		want  int
	}{
		"nobody was called":    {nil, on, 1},
		"just called":          {[]Call{{Step: 1, CalledAt: at(16, 9, 51)}}, on, 0},
		"ten minutes ago":      {[]Call{{Step: 1, CalledAt: at(16, 9, 50)}}, on, 2},
		"the second, too":      {[]Call{{Step: 2, CalledAt: at(16, 9, 45)}, {Step: 1, CalledAt: at(16, 9, 30)}}, on, 3},
		"the last again":       {[]Call{{Step: 3, CalledAt: at(16, 9, 45)}}, on, 3},
		"somebody answered":    {[]Call{{Step: 1, CalledAt: at(16, 9, 30)}, {Step: 2, CalledAt: at(16, 9, 40), Answered: at(16, 9, 41)}}, on, 0},
		"of an earlier answer": {[]Call{{Step: 1, CalledAt: at(16, 9, 30), Answered: at(16, 9, 31)}, {Step: 1, CalledAt: at(16, 9, 45)}}, on, 2},
		"before it waited":     {[]Call{{Step: 1, CalledAt: at(16, 8, 59), Answered: at(16, 8, 59)}}, on, 1},
		"nobody is on duty":    {nil, nil, 0},
		"nobody at step 2":     {[]Call{{Step: 1, CalledAt: at(16, 9, 45)}}, []Duty{{Step: 1}, {Step: 3}}, 3},
		"nobody at step 1":     {nil, []Duty{{Step: 2}}, 2},
	} {
		if got := Escalate(c.calls, at(16, 9, 0), c.on, at(16, 10, 0)); got != c.want {
			t.Errorf("%s: step %d, want %d", name, got, c.want)
		}
	}
	if got := Escalate(nil, time.Time{}, on, at(16, 10, 0)); got != 0 {
		t.Errorf("step %d is called for what doesn't wait", got)
	}
}

func TestWhatIsGraveWaitsUntilItIsInHand(t *testing.T) { // OB-S9
	for name, c := range map[string]struct {
		first tenant.Priority
		steps []Step
		want  time.Time
	}{
		"reported":             {tenant.High, nil, at(16, 9, 0)},
		"not so grave":         {tenant.Medium, nil, time.Time{}},
		"confirmed":            {tenant.High, []Step{{What: Confirmed, DoneAt: at(16, 10, 0)}}, time.Time{}},
		"solved":               {tenant.High, []Step{{What: Solved, DoneAt: at(16, 10, 0)}}, time.Time{}},
		"up again by itself":   {tenant.High, []Step{{What: UpAgain, DoneAt: at(16, 10, 0)}}, at(16, 9, 0)},
		"reopened":             {tenant.High, []Step{{What: Answered, DoneAt: at(16, 10, 0)}, {What: Solved, DoneAt: at(16, 11, 0)}, {What: Reopened, DoneAt: at(16, 12, 0)}}, at(16, 12, 0)},
		"made grave":           {tenant.Low, []Step{{What: Confirmed, DoneAt: at(16, 10, 0)}, {What: Weighed, DoneAt: at(16, 11, 0), Priority: tenant.High}}, at(16, 11, 0)},
		"not grave any more":   {tenant.High, []Step{{What: Weighed, DoneAt: at(16, 11, 0), Priority: tenant.Low}}, time.Time{}},
		"arose before, it was": {tenant.High, []Step{{What: Earlier, DoneAt: at(16, 8, 0)}}, at(16, 9, 0)},
	} {
		i := monday()
		i.Priority, i.Steps = c.first, c.steps
		if got := i.Waiting(); !got.Equal(c.want) {
			t.Errorf("%s: waits since %v, want %v", name, got, c.want)
		}
	}
}

func TestDutyNamesWhomToCall(t *testing.T) {
	good := Duty{From: at(16, 8, 0), Until: at(17, 8, 0), Step: 1, Name: "Duty team", Telephone: "+31 (88) 000-0001"}
	if err := good.check(); err != nil {
		t.Fatal(err)
	}
	for want, change := range map[string]func(*Duty){
		"until order":      func(d *Duty) { d.Until = d.From },
		"step number":      func(d *Duty) { d.Step = 4 },
		"name empty":       func(d *Duty) { d.Name = "  " },
		"telephone number": func(d *Duty) { d.Telephone = "javascript:1" },
		"email address":    func(d *Duty) { d.Email = "Duty team <duty@example.com>" },
	} {
		d := good
		change(&d)
		if got := refusal(d.check()); got != want {
			t.Errorf("refused as %q, want %q", got, want)
		}
	}
}

func TestDowntimesAreRunsThatUnmeasuredMinutesDontPart(t *testing.T) {
	minute := func(n int, state sla.State) sla.Minute { return sla.Minute{At: at(16, 9, n), State: state} }
	got := Downtimes([]sla.Minute{minute(0, sla.Up), minute(1, sla.Down), minute(4, sla.Down), {At: at(16, 9, 5), Tap: sla.Up}, minute(6, sla.Up), minute(7, sla.Up), minute(9, sla.Down)})
	want := []Downtime{{at(16, 9, 1), at(16, 9, 5), true}, {at(16, 9, 9), at(16, 9, 10), false}}
	if len(got) != 2 || got[0] != want[0] || got[1] != want[1] {
		t.Errorf("%v, want %v", got, want)
	}
}
