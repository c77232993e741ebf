package evidence

import (
	"regexp"
	"strings"
	"testing"
	"time"
)

func day(n int) time.Time { return time.Date(2026, 10, n, 12, 0, 0, 0, time.UTC) }

func TestNothingIsMetWithoutAFreshProofThatHolds(t *testing.T) {
	end := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	two := []Control{{Proofs: []string{"a"}, Days: 10}, {Proofs: []string{"b"}, Days: 10}}
	either := []Control{{Proofs: []string{"a", "b"}, Days: 10}}
	for name, c := range map[string]struct {
		controls []Control
		gap      string
		found    []Finding
		state    State
		why      Why // of the first control
	}{
		"a fresh one":                                    {two[:1], "", []Finding{{Proof: "a", At: day(31), Holds: true}}, Met, ""},
		"on the last fresh moment":                       {two[:1], "", []Finding{{Proof: "a", At: day(22), Holds: true}}, Met, ""},
		"just before it":                                 {two[:1], "", []Finding{{Proof: "a", At: day(22).Add(-time.Nanosecond), Holds: true}}, Missing, Stale},
		"too long after the month":                       {two[:1], "", []Finding{{Proof: "a", At: end.AddDate(0, 0, 11), Holds: true}}, Missing, Stale},
		"one that fails":                                 {two[:1], "", []Finding{{Proof: "a", At: day(31)}}, Missing, Fails},
		"none":                                           {two[:1], "", nil, Missing, NoProof},
		"one that nothing proves":                        {[]Control{{Days: 10}}, "", []Finding{{Proof: "", At: day(31), Holds: true}}, Missing, Unproved},
		"a test of this version":                         {two[:1], "", []Finding{{Proof: "a", At: day(31), Holds: true, Version: "v2"}}, Met, ""},
		"a test while its version runs":                  {two[:1], "", []Finding{{Proof: "a", At: end.AddDate(0, 0, -400), Holds: true, Version: "v2"}}, Met, ""},
		"a test of long ago":                             {two[:1], "", []Finding{{Proof: "a", At: end.AddDate(0, 0, -401), Holds: true, Version: "v2"}}, Missing, Stale},
		"a test of another":                              {two[:1], "", []Finding{{Proof: "a", At: day(31), Holds: true, Version: "v1"}}, Missing, Other},
		"the second of two proofs":                       {either, "", []Finding{{Proof: "b", At: day(31), Holds: true}}, Met, ""},
		"a fresh one beside a stale":                     {either, "", []Finding{{Proof: "a", At: day(1), Holds: true}, {Proof: "b", At: day(31), Holds: true}}, Met, ""},
		"one that fails beside one that holds":           {either, "", []Finding{{Proof: "a", At: day(31), Holds: true}, {Proof: "b", At: day(31)}}, Missing, Fails},
		"one that failed long ago beside one that holds": {either, "", []Finding{{Proof: "a", At: day(1)}, {Proof: "b", At: day(31), Holds: true}}, Met, ""},
		"a stale one of two":                             {either, "", []Finding{{Proof: "a", At: day(1), Holds: true}}, Missing, Stale},
		"one of two":                                     {two, "", []Finding{{Proof: "a", At: day(31), Holds: true}}, Partly, ""},
		"something left to build":                        {two[:1], "later", []Finding{{Proof: "a", At: day(31), Holds: true}}, Partly, ""},
		"no control":                                     {nil, "later", nil, Missing, ""},
	} {
		r := Register{Obligations: []Obligation{{ID: "OB-H1", Controls: c.controls, Gap: Text{EN: c.gap}}}}
		row := r.Judge(c.found, Moment{end, "v2"})[0]
		if row.State != c.state || len(row.Controls) > 0 && row.Controls[0].Why != c.why {
			t.Errorf("%s: %+v", name, row)
		}
	}
}

func TestATestOfAVersionThatNamesNoCommitProvesNoLongerThanOthers(t *testing.T) {
	r := Register{Obligations: []Obligation{{ID: "OB-H1", Controls: []Control{{Proofs: []string{"a"}, Days: 10}}}}}
	for _, version := range []string{"unknown", "v2-dirty"} {
		row := r.Judge([]Finding{{Proof: "a", At: day(1), Holds: true, Version: version}}, Moment{day(31), version})[0]
		if row.Controls[0].Why != Stale || row.Controls[0].Days != 10 {
			t.Errorf("%s: %+v", version, row.Controls[0])
		}
	}
}

func TestARecordProvesItsOwnObligationOnly(t *testing.T) {
	people := []Control{{Kind: Organisational, Proofs: []string{recordProof}, Days: 10}}
	r := Register{Obligations: []Obligation{{ID: "OB-S9", Controls: people}, {ID: "OB-C1", Controls: people}}}
	rows := r.Judge([]Finding{{Proof: "record:OB-S9", At: day(31), Holds: true, Value: "the roster hangs there"}}, Moment{At: day(31)})
	if rows[0].State != Met || rows[1].State != Missing || rows[0].Controls[0].Proof.Says.EN != "the roster hangs there" {
		t.Errorf("%+v", rows)
	}
}

func TestWhatFailsIsNotToldAsIfItHeld(t *testing.T) {
	r := loaded(t)
	for proof, says := range map[string]string{
		"fobs-out": "Not all is as it has to be",
		"test:api.TestWhatIsCutOffIsOutAtItsNextRequest": "Failed in version v1",
	} {
		if got := r.shown(Finding{Proof: proof, At: day(1), Value: "v1"}).Says.EN; !strings.Contains(got, says) {
			t.Errorf("%s: %q", proof, got)
		}
	}
	claims := regexp.MustCompile(`\b(each|none|never|all|no)\b`)
	for name, p := range r.Proofs {
		if !p.Claims && claims.MatchString(strings.ReplaceAll(p.EN, "no second", "")) {
			t.Errorf("%s says that it holds, also where it doesn't: %q", name, p.EN)
		}
	}
}

func TestAMonthIsJudgedAtItsEndInItsZone(t *testing.T) {
	zone, err := time.LoadLocation("Europe/Amsterdam")
	if err != nil {
		t.Fatal(err)
	}
	m, err := MonthOf("2026-10", zone, day(31).AddDate(0, 2, 0))
	if err != nil {
		t.Fatal(err)
	}
	if got := m.moment(day(31).AddDate(0, 2, 0)); !got.Equal(time.Date(2026, 10, 31, 23, 0, 0, 0, time.UTC)) {
		t.Errorf("October ends at %s", got)
	}
	if got := m.moment(day(5)); !got.Equal(day(5)) {
		t.Errorf("a month that runs is judged at %s", got)
	}
	for _, name := range []string{"", "2026", "2026-13", "2026-10-01", "oktober"} {
		if _, err := MonthOf(name, zone, day(31)); err == nil {
			t.Errorf("%q was not refused", name)
		}
	}
	if _, err := MonthOf("2026-12", zone, day(31)); err == nil {
		t.Error("a month that has not begun was not refused")
	}
}
