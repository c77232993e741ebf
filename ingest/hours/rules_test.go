package hours

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
)

func TestRulesAreCheckedByName(t *testing.T) {
	good, err := json.Marshal(Default().Rules)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ParseRules(good); err != nil {
		t.Errorf("the default rules: %v", err)
	}
	for _, c := range []struct{ old, new, want string }{
		{`"rounding":0`, `"rounding":0,"overtime":true`, `unknown field "overtime"`},
		{`"rounding":0`, `"rounding":7`, "rounding is 7"},
		{`"rounding":0`, `"rounding":"no"`, "rounding"},
		{`"longest_shift":840`, `"longest_shift":2000`, "longest_shift is 2000"},
		{`"double_tap_seconds":90`, `"double_tap_seconds":-1`, "double_tap_seconds is -1"},
		{`"from":"20:00"`, `"from":"8pm"`, `"8pm" is not of the form`},
		{`"from":"20:00"`, `"from":"24:00"`, "does not come after"},
		{`"sun"`, `"sunday"`, `day "sunday" is unknown`},
		{`"kings_day"`, `"queens_day"`, `holiday "queens_day" is unknown`},
		{`"normal_code":"100"`, `"normal_code":""`, "normal_code"},
		{`"code":"120"`, `"code":"a b"`, `code "a b"`},
		{`"above":330`, `"above":-5`, "breaks[0].above"},
	} {
		document := strings.Replace(string(good), c.old, c.new, 1)
		if document == string(good) {
			t.Fatalf("%s is not in the document", c.old)
		}
		if _, err := ParseRules([]byte(document)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", c.new, err)
		}
	}
	if _, err := ParseRules(append(good, "{}"...)); err == nil {
		t.Error("a second document is taken")
	}
}

func FuzzRules(f *testing.F) {
	f.Add([]byte(`{"rounding":5,"longest_shift":840,"bands":[{"from":"20:00","to":"24:00"}]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := ParseRules(b)
		if err != nil {
			return
		}
		if _, err := NewBook([]RuleSet{{Version: 1, Rules: r}}); err != nil {
			t.Errorf("checked rules make no book: %v", err)
		}
	})
}

func TestWeeksAreISO(t *testing.T) {
	for day, want := range map[Date]string{
		{2026, time.November, 9}:  "2026-W46",
		{2026, time.December, 31}: "2026-W53",
		{2027, time.January, 3}:   "2026-W53",
		{2027, time.January, 4}:   "2027-W01",
		{2024, time.December, 30}: "2025-W01",
	} {
		if got := day.Week(); got.String() != want {
			t.Errorf("%s is in %s, want %s", day, got, want)
		}
		if w := day.Week(); day.Before(w.Monday()) || w.Sunday().Before(day) {
			t.Errorf("%s lies outside %s", day, w)
		}
		if w, err := ParseWeek(want); err != nil || w != day.Week() {
			t.Errorf("%s: %v, %v", want, w, err)
		}
	}
	for _, bad := range []string{"2026-W54", "2025-W53", "2026-W00", "2026-46", "2026-W7", "", "2026-W46x"} {
		if w, err := ParseWeek(bad); err == nil {
			t.Errorf("%q is taken as %s", bad, w)
		}
	}
	if got := (Week{2026, 53}).Add(1); got != (Week{2027, 1}) {
		t.Errorf("after week 53 comes %s", got)
	}
}

func TestTapNamesGoBothWays(t *testing.T) {
	id := tapID(7, -5, 12)
	if id != "7/fffffffffffffffb/12" {
		t.Errorf("name %s", id)
	}
	if n, err := id.Name(); err != nil || IDOf(n) != id {
		t.Errorf("%v, %v", n, err)
	}
	for _, bad := range []TapID{"", "7/5", "x/1/1", "7/1/-1", "ffffffffffffffff/1/1"} {
		if n, err := bad.Name(); err == nil {
			t.Errorf("%q is taken as %v", bad, n)
		}
	}
}
