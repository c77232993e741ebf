package register

import "testing"

func TestTheFirstRestoreOfACalendarYearIsFree(t *testing.T) { // OB-C18, W-3.25
	asked := func(id int64, done ...string) Entry {
		return Entry{ID: id, Book: Restores, Values: map[string]string{"day": "2026-03-01"}, Steps: steps(done...)}
	}
	earlier := asked(1, "checked", "2026-03-01", "restored", "2026-03-02")
	cases := map[string]struct {
		others []Entry
		e      Entry
		word   string
	}{
		"not looked at yet":                  {nil, asked(2), "asked"},
		"refused":                            {nil, asked(2, "refused", "2026-03-02"), "refused"},
		"whoever asks may":                   {nil, asked(2, "checked", "2026-03-02"), "authorised"},
		"the first":                          {nil, asked(2, "checked", "2026-03-02", "restored", "2026-12-31"), "restored-free"},
		"the second of the year":             {[]Entry{earlier}, asked(2, "checked", "2026-03-02", "restored", "2026-12-31"), "restored-charged"},
		"the first of the next year":         {[]Entry{earlier}, asked(2, "checked", "2026-12-31", "restored", "2027-01-01"), "restored-free"},
		"written down later, restored first": {[]Entry{earlier}, asked(2, "checked", "2026-03-01", "restored", "2026-03-01"), "restored-free"},
		"on the same day, written later":     {[]Entry{earlier}, asked(2, "checked", "2026-03-02", "restored", "2026-03-02"), "restored-charged"},
		"after one that was refused":         {[]Entry{asked(1, "refused", "2026-03-02")}, asked(2, "checked", "2026-03-02", "restored", "2026-03-03"), "restored-free"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			r := Rules{Restores: append(c.others, c.e)}
			if got := r.Status(c.e, day("2027-02-01")).Word; got != c.word {
				t.Errorf("%s, not %s", got, c.word)
			}
		})
	}
}

func TestNothingIsRestoredBeforeTheRequesterIsCheckedOrTwice(t *testing.T) { // OB-C18, P-A7
	e := Entry{ID: 1, Book: Restores, Values: map[string]string{"day": "2026-03-01"}}
	step := Step{What: stepRestored, Day: day("2026-03-02"), Note: "set 20260301T010000Z"}
	if (Rules{}).may(e, step, day("2026-03-03")) == nil {
		t.Error("restored before anybody looked who asks")
	}
	e.Steps = steps("checked", "2026-03-01")
	if err := (Rules{}).may(e, step, day("2026-03-03")); err != nil {
		t.Errorf("refused after the check: %v", err)
	}
	e.Steps = steps("checked", "2026-03-01", "restored", "2026-03-02")
	if (Rules{}).may(e, step, day("2026-03-03")) == nil {
		t.Error("restored twice")
	}
}
