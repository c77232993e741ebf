package evidence

import (
	"slices"
	"strings"
	"testing"
	"time"
)

func TestEachHostAndPlaceHasAFreshProofOfItsOwn(t *testing.T) { // OB-C8, OB-C16
	end := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	october := Month{end.AddDate(0, -1, 0)}
	at := func(days float64, holds bool) check {
		return check{end.Add(time.Duration(days * 24 * float64(time.Hour))), holds, ""}
	}
	// daily are checks of each day up to some days before the end.
	daily := func(until int) (all []check) {
		for d := -31; d <= -until; d++ {
			all = append(all, at(float64(d)+0.5, true))
		}
		return all
	}
	for name, c := range map[string]struct {
		all   []series
		why   Why
		lacks string
	}{
		"both each day":  {[]series{{"a", time.Time{}, daily(1)}, {"b", time.Time{}, daily(1)}}, "", ""},
		"one went stale": {[]series{{"a", time.Time{}, daily(1)}, {"b", time.Time{}, daily(6)}}, Stale, "b"},
		"nor does another's later check stand in":   {[]series{{"a", time.Time{}, append(daily(1), at(1, true))}, {"b", time.Time{}, daily(6)}}, Stale, "b"},
		"nor does it hide what failed":              {[]series{{"a", time.Time{}, append(daily(2), at(-0.5, false), at(1, true))}, {"b", time.Time{}, daily(6)}}, Fails, "b"},
		"one that failed beside one that is sound":  {[]series{{"a", time.Time{}, daily(1)}, {"b", time.Time{}, append(daily(2), at(-0.5, false))}}, Fails, ""},
		"one that was never checked":                {[]series{{"a", time.Time{}, daily(1)}, {"b", end.AddDate(0, 0, -9), nil}}, Stale, "b"},
		"checked after the month only":              {[]series{{"a", time.Time{}, []check{at(1, true)}}}, "", ""},
		"its own later check, where none is fresh":  {[]series{{"a", time.Time{}, daily(1)}, {"b", end.AddDate(0, 0, -2), []check{at(0.5, true)}}}, "", ""},
		"one that came after the month":             {[]series{{"a", time.Time{}, daily(1)}, {"b", time.Time{}, []check{at(1, false)}}}, "", ""},
		"a place that came after the month":         {[]series{{"a", time.Time{}, daily(1)}, {"b", end.AddDate(0, 0, 1), []check{at(2, false)}}}, "", ""},
		"a hole of three days, long before the end": {[]series{{"a", time.Time{}, slices.Delete(daily(1), 10, 13)}}, Fails, ""},
		"a day left out, as each comes later":       {[]series{{"a", time.Time{}, slices.Delete(daily(1), 10, 11)}}, "", ""},
		"it began in the month":                     {[]series{{"a", time.Time{}, daily(1)[20:]}}, "", ""},
		"it was due before it began":                {[]series{{"a", end.AddDate(0, 0, -31), daily(1)[20:]}}, Fails, ""},
	} {
		f, ok := together("ports", c.all, 3, october, end)
		if why := f.why(3, Moment{At: end}); !ok || why != c.why || strings.Join(f.Lacks, " ") != c.lacks {
			t.Errorf("%s: %q, %+v", name, why, f)
		}
	}
	if f, ok := together("ports", []series{{name: "a", since: october.First}}, 3, october, end); ok {
		t.Errorf("nobody ever looked: %+v", f)
	}
}

func TestThePackNamesTheHostWithoutAProof(t *testing.T) { // OB-C14
	r := loaded(t)
	says := r.shown(Finding{Proof: "ports", At: day(1), Holds: true, Value: "inside a 443, outside b 443", Lacks: []string{"outside b"}, Holes: []string{"inside a 2026-10-03 – 2026-10-09"}}).Says
	for _, want := range []string{"own: outside b.", "every day: inside a 2026-10-03"} {
		if !strings.Contains(says.EN+".", want) {
			t.Errorf("%q doesn't say %q", says.EN, want)
		}
	}
	if !strings.Contains(says.NL, "Zonder verse controle van zichzelf: outside b. Niet elke dag bekeken: inside a") {
		t.Errorf("%q", says.NL)
	}
}

func TestDaysOnWhichSomethingWasWrongAreCounted(t *testing.T) {
	month := Month{time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC)}
	all := []series{{"a", time.Time{}, []check{{day(1), true, ""}, {day(2), true, ""}, {day(3), true, ""}}}, {"b", time.Time{}, []check{{day(2), false, ""}, {day(2).Add(time.Hour), true, ""}}}}
	if got := looksOf(all, month, day(31)); got != (Looks{Seen: 3, Held: 2}) {
		t.Errorf("%+v", got)
	}
}
