package rule

import (
	"slices"
	"strings"
	"testing"

	"tikklok/ingest/hours/calendar"
)

func book(t testing.TB, sets ...Set) *Book {
	t.Helper()
	b, err := NewBook(sets)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func patch(version int, kind ScopeKind, id int64, from calendar.Date, document string) Set {
	return Set{Version: version, From: from, Scope: Scope{kind, id}, Patch: []byte(document)}
}

func TestTheNarrowestLayerThatNamesAFieldHolds(t *testing.T) {
	may, june := calendar.On(2026, 5, 1), calendar.On(2026, 6, 1)
	b := book(t, Default(),
		patch(2, ScopeSite, 7, may, `{"longest_shift":600,"questioned_shift":600}`),
		patch(3, ScopeContract, 4, may, `{"questioned_shift":540,"paid_breaks":15}`),
		patch(4, ScopeEmployee, 9, may, `{"paid_breaks":30}`),
		patch(5, ScopeHirer, 2, may, `{"longest_shift":730,"shortest_shift":20}`),
		patch(6, ScopeAssignment, 3, may, `{"shortest_shift":25}`),
		patch(7, ScopeSite, 7, june, `{}`),
		patch(8, ScopeEmployee, 1, may, `{"paid_breaks":1}`), patch(9, ScopeEmployee, 1, may, `{"paid_breaks":2}`))
	for _, c := range []struct {
		what                             string
		day                              calendar.Date
		of                               Of
		longest, questioned, paid, short int
		versions                         []int
	}{
		{"nobody in particular", may, Of{}, 840, 720, 0, 0, []int{1}},
		{"another site and contract", may, Of{Site: 8, Contract: 5, Employee: 8}, 840, 720, 0, 0, []int{1}},
		{"the day before", may.AddDays(-1), Of{Site: 7, Contract: 4, Employee: 9}, 840, 720, 0, 0, []int{1}},
		{"the site", may, Of{Site: 7}, 600, 600, 0, 0, []int{1, 2}},
		{"the site above its hirer", may, Of{Hirer: 2, Site: 7}, 600, 600, 0, 20, []int{1, 5, 2}},
		{"the contract above the site", may, Of{Site: 7, Contract: 4}, 600, 540, 15, 0, []int{1, 2, 3}},
		{"the employee above all", may, Of{9, 4, 3, 2, 7}, 600, 540, 30, 25, []int{1, 5, 2, 3, 6, 4}},
		{"a layer that ended", june, Of{Site: 7, Contract: 4}, 840, 540, 15, 0, []int{1, 7, 3}},
		{"the later version of two of a day", june, Of{Employee: 1}, 840, 720, 2, 0, []int{1, 9}},
	} {
		p := b.For(c.day, c.of)
		r := p.Set.Rules
		if r.LongestShift != c.longest || r.QuestionedShift != c.questioned || r.PaidBreaks != c.paid || r.ShortestShift != c.short || !slices.Equal(p.Versions(), c.versions) {
			t.Errorf("%s: %d, %d, %d, %d of versions %v", c.what, r.LongestShift, r.QuestionedShift, r.PaidBreaks, r.ShortestShift, p.Versions())
		}
		if len(r.Bands) != 4 || len(p.Refused) != 0 {
			t.Errorf("%s: %d bands, refused %v", c.what, len(r.Bands), p.Refused)
		}
	}
	if at := b.At(june); !slices.Equal(at.Versions(), []int{1}) {
		t.Errorf("the tenant's rules rest on %v", at.Versions())
	}
	if b.Longest() != 840*60_000 {
		t.Errorf("chains are cut at %d ms", b.Longest())
	}
}

func TestALayerMayCutChainsLater(t *testing.T) {
	b := book(t, Default(), patch(2, ScopeEmployee, 1, calendar.On(2026, 1, 1), `{"longest_shift":1200}`))
	if b.Longest() != 1200*60_000 {
		t.Errorf("chains are cut at %d ms", b.Longest())
	}
}

func TestLayersThatCameTogetherLaterAndContradictAreNamed(t *testing.T) {
	may := calendar.On(2026, 5, 1)
	b := book(t, Default(), patch(2, ScopeSite, 7, may, `{"plan":{"early":5,"late":5,"snap":true,"no_show":0,"notice":0,"late_code":""}}`),
		patch(3, ScopeContract, 4, may, `{"rounding":{"per":"tap","to":15}}`))
	for _, of := range []Of{{Site: 7}, {Contract: 4}} {
		if p := b.For(may, of); len(p.Refused) != 0 || len(p.Versions()) != 2 {
			t.Errorf("%v alone: refused %v", of, p.Refused)
		}
	}
	p := b.For(may, Of{Site: 7, Contract: 4})
	if !p.Set.Rules.Plan.Snap || p.Set.Rules.Rounding.Per != RoundNothing || !slices.Equal(p.Versions(), []int{1, 2}) {
		t.Errorf("together: %+v of versions %v", p.Set.Rules.Rounding, p.Versions())
	}
	if len(p.Refused) != 1 || p.Refused[0].Set.Version != 3 || !strings.Contains(p.Refused[0].Err.Error(), "rounding.per and plan.snap") {
		t.Errorf("refused is %v", p.Refused)
	}
}

func TestAPatchIsRefusedByName(t *testing.T) {
	for document, want := range map[string]string{
		`{"tea":true}`:                   `unknown field "tea"`,
		`{"Longest_Shift":600}`:          `unknown field "Longest_Shift"`,
		`{"longest_shift":2000}`:         "longest_shift is 2000",
		`{"plan":{"sooner":5}}`:          `unknown field "sooner"`,
		`[]`:                             "reading rules",
		`null`:                           "must be an object",
		``:                               "reading rules",
		`{} {}`:                          "reading rules",
		`{"rounding":{"per":"shift"}}`:   "divisor of 60",
		`{"day_start":"13:00"}`:          "day_start is 13:00",
		`{"windows":[{"mode":"lunch"}]}`: `mode is "lunch"`,
		`{"breaks":[{"above":1,"minutes":5,"at":"25:00"}]}`:                `breaks[0].at`,
		`{"holiday_table":[{"day":"2026-02-30","name":"x","paid":false}]}`: "2026-02-30",
		`{"holiday_table":[{"day":"1999-02-03","name":"x","paid":false}]}`: "year is 1999",
		`{"overtime":[{"per":"month","above":1,"code":"O"}]}`:              `overtime[0].per is "month"`,
		`{"overtime":[{"per":"day","above":1,"code":"O","percent":99}]}`:   "overtime[0].percent is 99",
		`{"travel":{"minutes":5,"code":"a b","per":"day"}}`:                `code "a b"`,
	} {
		if err := CheckPatch([]byte(document)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", document, err)
		}
	}
	if _, err := Default().Rules.Merge([]byte(`{"questioned_shift":900}`)); err == nil || !strings.Contains(err.Error(), "questioned_shift and longest_shift") {
		t.Errorf("a patch that contradicts: %v", err)
	}
}

func TestAPatchNeverReachesIntoTheWiderRules(t *testing.T) {
	wide := Default().Rules
	narrow, err := wide.Merge([]byte(`{"bands":[{"code":"X","percent":110,"from":"00:00","to":"01:00"}],"breaks":null}`))
	if err != nil {
		t.Fatal(err)
	}
	if wide.Bands[0].Code != "120" || len(wide.Breaks) != 1 || len(narrow.Bands) != 1 || narrow.Bands[0].Days != nil || len(narrow.Breaks) != 0 {
		t.Errorf("wide %+v, narrow %+v", wide.Bands, narrow.Bands)
	}
}

func TestTheTenantsTableStandsForTheNamedHolidaysOfItsYears(t *testing.T) {
	r := Default().Rules
	r.HolidayCode = "F"
	r.HolidayTable = []Holiday{{Day: calendar.On(2026, 12, 24), Name: "Kerstavond", Paid: true}}
	p := book(t, Set{Version: 1, Rules: r}).At(calendar.On(2026, 1, 1))
	for day, want := range map[calendar.Date]string{
		calendar.On(2026, 12, 24): "Kerstavond", calendar.On(2026, 12, 25): "", calendar.On(2027, 12, 25): "christmas", calendar.On(2027, 12, 24): "",
	} {
		if h, ok := p.Holiday(day); h.Name != want || ok != (want != "") || h.Paid != (want == "Kerstavond") {
			t.Errorf("%s is %+v", day, h)
		}
	}
}

func TestStackedBandsAllHold(t *testing.T) {
	r := Default().Rules
	r.Premiums = PremiumStack
	p := book(t, Set{Version: 1, Rules: r}).At(calendar.On(2026, 1, 1))
	sunday := calendar.On(2026, 12, 27)
	if code, until := p.CodeAt(sunday, 60); code != "100" || until != 1440 {
		t.Errorf("the code is %s until %d", code, until)
	}
	for minute, want := range map[int]struct {
		bands []int
		until int
	}{60: {[]int{1, 2}, 360}, 720: {[]int{2}, 1200}, 1300: {[]int{0, 2}, 1440}} {
		if bands, until := p.Supplements(nil, sunday, minute); !slices.Equal(bands, want.bands) || until != want.until {
			t.Errorf("minute %d: %v until %d", minute, bands, until)
		}
	}
}

func TestWindowsAndBreaksAreReady(t *testing.T) {
	r := Default().Rules
	r.Pairing, r.DayStart = PairWindows, "05:00"
	r.Windows = []Window{{Mode: "in", From: "05:00", To: "09:00"}, {Mode: "out", From: "15:00", To: "24:00", Days: []string{"fri", "holiday"}}}
	r.Breaks = []AutoBreak{{Above: 330, Minutes: 30}, {Above: 600, Minutes: 45, At: "12:30"}}
	p := book(t, Set{Version: 1, Rules: r}).At(calendar.On(2026, 1, 1))
	friday, saturday := calendar.On(2026, 11, 27), calendar.On(2026, 12, 26) // Boxing Day
	for _, c := range []struct {
		day    calendar.Date
		minute int
		want   string
	}{{friday, 300, "in"}, {friday, 540, ""}, {friday, 900, "out"}, {friday.AddDays(1), 900, ""}, {saturday, 1439, "out"}} {
		if got := p.WindowAt(c.day, c.minute); got != c.want {
			t.Errorf("%s at %d means %q", c.day, c.minute, got)
		}
	}
	if _, fixed := p.BreakAt(0); fixed {
		t.Error("the first break is fixed")
	}
	if at, fixed := p.BreakAt(1); at != 750 || !fixed || p.DayStart() != 300 {
		t.Errorf("the second break is at %d, the day starts at %d", at, p.DayStart())
	}
}

func TestFindingAPageAgainAllocatesNothing(t *testing.T) {
	may := calendar.On(2026, 5, 1)
	b := book(t, Default(), patch(2, ScopeSite, 7, may, `{"paid_breaks":15}`), patch(3, ScopeEmployee, 9, may, `{"shortest_shift":15}`))
	of := Of{Employee: 9, Site: 7, Contract: 3}
	first := b.For(may, of)
	if n := testing.AllocsPerRun(100, func() {
		if b.For(may, of) != first {
			t.Error("another page")
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkBookFor(b *testing.B) {
	may := calendar.On(2026, 5, 1)
	ready := book(b, Default(), patch(2, ScopeSite, 7, may, `{"paid_breaks":15}`), patch(3, ScopeEmployee, 9, may, `{"shortest_shift":15}`))
	of := Of{Employee: 9, Site: 7, Contract: 3}
	for b.Loop() {
		ready.For(may, of)
	}
}

func TestWhatADraftContradictsIsNamedWithTheLayer(t *testing.T) {
	may, june := calendar.On(2026, 5, 1), calendar.On(2026, 6, 1)
	snap := `{"plan":{"early":5,"late":5,"snap":true,"no_show":0,"notice":0,"late_code":""}}`
	tap := `{"rounding":{"per":"tap","to":15}}`
	sets := []Set{Default(), patch(2, ScopeSite, 7, june, snap)}
	tapping := Default()
	tapping.Version, tapping.From, tapping.Rules.Rounding = 3, may, Rounding{Per: RoundTap, To: 5}
	for _, c := range []struct {
		what     string
		sets     []Set
		draft    Set
		together []Of
		want     string
	}{
		{"the tenant against a later layer", sets, tapping, nil, "on 2026-06-01, with version 2 for site 7: rounding.per and plan.snap"},
		{"a layer against another that it meets", sets, patch(3, ScopeContract, 4, may, tap), []Of{{Site: 7, Contract: 4}}, "with version 3 for contract 4: rounding.per and plan.snap"},
		{"a layer against another that it never meets", sets, patch(3, ScopeContract, 4, may, tap), nil, ""},
		{"what contradicted before", append(sets, patch(3, ScopeContract, 4, may, tap)), patch(4, ScopeEmployee, 1, may, `{"paid_breaks":5}`), []Of{{Site: 7, Contract: 4, Employee: 1}}, ""},
		{"no scope of ours", sets, patch(3, "team", 1, may, `{}`), nil, `scope "team" is unknown`},
		{"nobody's scope", sets, patch(3, ScopeSite, 0, may, `{}`), nil, "site needs an id"},
		{"a tenant with an id", sets, Set{Version: 3, From: may, Scope: Scope{ScopeTenant, 5}, Rules: Default().Rules}, nil, "has no id"},
		{"a day before time", sets, patch(3, ScopeSite, 7, calendar.On(1999, 1, 1), `{}`), nil, "2015 to 2100"},
		{"a period of its own", sets, patch(3, ScopeSite, 7, may, `{"pay_period":"week"}`), nil, "pay_period is for the whole tenant"},
	} {
		err := CheckWith(c.sets, c.draft, c.together)
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", c.what, err)
		}
	}
}

func TestPayPeriodsMeetWhereTheTableChanges(t *testing.T) {
	changed, again := Default(), Default()
	changed.Version, changed.From, changed.Rules.PayPeriod = 2, calendar.On(2026, 11, 16), calendar.FourWeeks
	again.Version, again.From, again.Rules.PayPeriod = 3, calendar.On(2026, 11, 20), calendar.FourWeeks
	b := book(t, Default(), changed, again)
	for day, want := range map[calendar.Date]calendar.Period{
		calendar.On(2026, 10, 31): {From: calendar.On(2026, 10, 1), To: calendar.On(2026, 10, 31)},
		calendar.On(2026, 11, 15): {From: calendar.On(2026, 11, 1), To: calendar.On(2026, 11, 15)},
		calendar.On(2026, 11, 16): {From: calendar.On(2026, 11, 16), To: calendar.On(2026, 11, 29)},
		calendar.On(2026, 11, 25): {From: calendar.On(2026, 11, 16), To: calendar.On(2026, 11, 29)},
		calendar.On(2026, 11, 30): {From: calendar.On(2026, 11, 30), To: calendar.On(2027, 1, 3)},
	} {
		if got := b.Period(day); got != want {
			t.Errorf("%s is in %v", day, got)
		}
	}
}

func TestTheCodesOfADayAreThoseOfEveryLayer(t *testing.T) {
	may := calendar.On(2026, 5, 1)
	b := book(t, Default(),
		patch(2, ScopeContract, 4, may, `{"overtime":[{"per":"week","base":"contract","above":0,"code":"MORE"}]}`),
		patch(3, ScopeSite, 7, may, `{"travel":{"minutes":20,"code":"TRAVEL","per":"day"}}`))
	uses := func(d calendar.Date) (text string) {
		for _, u := range b.Codes(d) {
			text += u.Code + "=" + u.Field + " "
		}
		return text
	}
	before := "100=normal_code 120=bands 140=bands 200=bands 200F=bands absent=absent_code "
	if got := uses(may.AddDays(-1)); got != before {
		t.Errorf("before the layers: %s", got)
	}
	want := "100=normal_code 120=bands 140=bands 200=bands 200F=bands MORE=overtime TRAVEL=travel absent=absent_code "
	if got := uses(may); got != want {
		t.Errorf("with them: %s", got)
	}
}
