package bi

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"tikklok/ingest/hours"
	"tikklok/ingest/hours/calendar"
	"tikklok/payroll/format"
)

func day(n int) calendar.Date { return calendar.On(2026, 7, n) }

// at gives a line of each of the people, counted from 1.
func at(c cell, from, to int64) (lines []format.Line) {
	for p := from; p <= to; p++ {
		lines = append(lines, format.Line{Employee: p, Day: c.day, Site: c.site, CostCentre: c.centre, Code: c.code, Kind: c.kind})
	}
	return lines
}

func counted(groups ...[]format.Line) crowds {
	cs := crowds{}
	for _, g := range groups {
		for _, l := range g {
			cs.count(l)
		}
	}
	return cs
}

func TestACellOfFivePeopleIsPublishedWhole(t *testing.T) { // OB-P13
	c := cell{day(1), "Amsterdam", "100", "N", ""}
	if got := counted(at(c, 1, 5)).part(); !maps.Equal(got, levels{c: 0}) {
		t.Error(got)
	}
}

func TestTheSamePersonTwiceIsOnePerson(t *testing.T) { // OB-P13
	c := cell{day(1), "Amsterdam", "100", "N", ""}
	if got := counted(at(c, 1, 4), at(c, 1, 4)).part(); len(got) != 0 {
		t.Error("four people were published:", got)
	}
}

func TestFewPeopleAreBlankedPartByPart(t *testing.T) { // OB-P13
	many, few := cell{day(1), "Amsterdam", "100", "N", ""}, func(change func(*cell)) cell {
		c := cell{day(1), "Amsterdam", "100", "N", ""}
		change(&c)
		return c
	}
	for name, c := range map[string]struct {
		few   cell
		level int
	}{
		"their cost centre": {few(func(c *cell) { c.centre = "200" }), 1},
		"and their site":    {few(func(c *cell) { c.site = "Breda" }), 2},
		"and the day":       {few(func(c *cell) { c.day = day(2) }), 3},
		"and the code":      {few(func(c *cell) { c.code = "EVE" }), 4},
	} {
		// Alone they are not enough: the only other cell beneath goes with them.
		got := counted(at(many, 1, 9), at(c.few, 10, 11)).part()
		if want := (levels{many: c.level, c.few: c.level}); !maps.Equal(got, want) {
			t.Errorf("%s: %v, not %v", name, got, want)
		}
	}
}

func TestWhatIsBlankCannotBeToldBySubtracting(t *testing.T) { // OB-P13
	a, b, few := cell{day(1), "Amsterdam", "", "N", ""}, cell{day(1), "Breda", "", "N", ""}, cell{day(1), "Cuijk", "", "N", ""}
	got := counted(at(a, 1, 20), at(b, 21, 26), at(few, 27, 27)).part()
	if want := (levels{a: 0, b: 2, few: 2}); !maps.Equal(got, want) {
		t.Errorf("%v, not %v: Cuijk's one person is all minus Amsterdam minus Breda", got, want)
	}
}

func TestFewInAllAreHeldBackAndKindsAreNotMixed(t *testing.T) { // OB-P13, OB-P2
	worked, absent := cell{day(1), "Amsterdam", "", "N", ""}, cell{day(1), "Amsterdam", "", "ABS", hours.LineAbsent}
	if got := counted(at(worked, 1, 9), at(absent, 1, 3)).part(); !maps.Equal(got, levels{worked: 0}) {
		t.Error(got)
	}
}

func TestNoPublishedGroupHasFewerThanFivePeopleWhateverTheLines(t *testing.T) { // OB-P13
	rapid.Check(t, func(t *rapid.T) {
		text := func(label string, n int) string { return fmt.Sprint(rapid.IntRange(0, n).Draw(t, label)) }
		var lines []format.Line
		for range rapid.IntRange(0, 60).Draw(t, "lines") {
			lines = append(lines, format.Line{Employee: rapid.Int64Range(1, 14).Draw(t, "person"), Day: day(rapid.IntRange(1, 3).Draw(t, "day")),
				Site: text("site", 2), CostCentre: text("centre", 1), Code: text("code", 2), Kind: rapid.SampledFrom([]hours.LineKind{"", "absent"}).Draw(t, "kind")})
		}
		found := counted(lines).part()
		shown, all, held := map[Row]map[int64]bool{}, map[hours.LineKind]map[int64]bool{}, map[hours.LineKind]bool{}
		for _, l := range lines {
			level, ok := found[cellOf(l)]
			if all[l.Kind] == nil {
				all[l.Kind] = map[int64]bool{}
			}
			all[l.Kind][l.Employee] = true
			if !ok {
				held[l.Kind] = true
				continue
			}
			row := Key.Row(NewKey([32]byte{}), l).hide(level)
			if level > 0 && !row.Employee.Blank() {
				t.Fatal("a blanked row names its employee")
			}
			row.Line, row.Employee = Surrogate{}, Surrogate{}
			if shown[row] == nil {
				shown[row] = map[int64]bool{}
			}
			shown[row][l.Employee] = true
		}
		for row, people := range shown {
			if len(people) < Least {
				t.Fatalf("%+v is of %d people", row, len(people))
			}
		}
		for kind := range held { // held back: there were too few in all, so nothing is left to subtract from
			if len(all[kind]) >= Least && slices.ContainsFunc(slices.Collect(maps.Keys(shown)), func(r Row) bool { return r.Kind == kind }) {
				t.Fatalf("lines of %q are held back beside others", kind)
			}
		}
	})
}

func TestTheSameCellsArePartedTheSameWay(t *testing.T) {
	cs := crowds{}
	for i := range int64(200) {
		cs.count(format.Line{Employee: i % 40, Day: day(int(i%7) + 1), Site: fmt.Sprint(i % 5), CostCentre: fmt.Sprint(i % 9), Code: fmt.Sprint(i % 3)})
	}
	want := cs.part()
	for range 5 {
		if !maps.Equal(cs.part(), want) {
			t.Fatal("another way")
		}
	}
}
