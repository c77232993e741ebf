package hours

import "testing"

func TestWhatIsDueForYearsIsComputedInPieces(t *testing.T) {
	year := due{from: 0, to: 364 * dayMillis}
	for _, c := range []struct {
		name  string
		list  []due
		now   int
		later int
	}{
		{"nothing", nil, 0, 0},
		{"a week of each", make([]due, 500), 500, 0},
		{"years of one", []due{{to: 100_000 * dayMillis}}, 1, 0},
		{"years of one, and others", []due{{to: 100_000 * dayMillis}, year}, 1, 1},
		{"a year of many", []due{year, year, year}, 3, 0},
	} {
		if now, later := boundDue(c.list); len(now) != c.now || len(later.employees) != c.later {
			t.Errorf("%s: %d now, %d later", c.name, len(now), len(later.employees))
		}
	}
	many := make([]due, 100)
	for i := range many {
		many[i] = due{int64(i + 1), 0, 364 * dayMillis}
	}
	now, later := boundDue(many)
	if len(now) != daysAtOnce/365 || len(later.employees) != 100-len(now) || later.employees[0] != int64(len(now)+1) || later.to[0] != many[0].to {
		t.Errorf("%d now, %d later", len(now), len(later.employees))
	}
}
