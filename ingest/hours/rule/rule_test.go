package rule

import (
	"encoding/json"
	"strings"
	"testing"

	"tikklok/ingest/hours/calendar"
)

func TestRulesAreCheckedByName(t *testing.T) {
	good, err := json.Marshal(Default().Rules)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Parse(good); err != nil {
		t.Errorf("the default rules: %v", err)
	}
	for _, c := range []struct{ old, new, want string }{
		{`"breaks"`, `"tea":true,"breaks"`, `unknown field "tea"`},
		{`"breaks"`, `"rounding":7,"breaks"`, "rounding is to 7"},
		{`"breaks"`, `"rounding":"no","breaks"`, "rounding"},
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
		if _, err := Parse([]byte(document)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", c.new, err)
		}
	}
	if _, err := Parse(append(good, "{}"...)); err == nil {
		t.Error("a second document is taken")
	}
}

func FuzzRules(f *testing.F) {
	f.Add([]byte(`{"rounding":5,"longest_shift":840,"bands":[{"from":"20:00","to":"24:00"}]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := Parse(b)
		if err != nil {
			return
		}
		if _, err := NewBook([]Set{{Version: 1, Rules: r}}); err != nil {
			t.Errorf("checked rules make no book: %v", err)
		}
	})
}

func FuzzPatch(f *testing.F) {
	f.Add([]byte(`{"rounding":{"per":"tap","to":5},"plan":{"snap":true,"late":5}}`))
	f.Add([]byte(`{"windows":[{"mode":"in","from":"05:00","to":"09:00"}],"pairing":"windows"}`))
	f.Fuzz(func(t *testing.T, patch []byte) {
		if _, err := Default().Rules.Merge(patch); err != nil {
			return
		}
		book, err := NewBook([]Set{Default(), {Version: 2, Scope: Scope{ScopeSite, 1}, Patch: patch}})
		if err != nil {
			t.Fatalf("a checked patch makes no book: %v", err)
		}
		if p := book.For(calendar.On(2026, 1, 1), Of{Site: 1}); len(p.Refused) != 0 {
			t.Errorf("a checked patch is refused: %v", p.Refused)
		}
	})
}
