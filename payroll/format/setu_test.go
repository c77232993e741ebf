package format

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// The cards that both versions write.

func TestNegativeHoursAreRefusedNamingTheDay(t *testing.T) {
	for _, s := range setuSuites() {
		_, err := s.try(t, run{lines: []Line{line(1, "17", at(4), "N", -30)}})
		if err == nil || !strings.Contains(err.Error(), "employee number 17 has -0:30 hours of code N on 2026-07-04") {
			t.Errorf("%s: %v", s.format.Name(), err)
		}
	}
}

func TestACardWithoutNumberNameOrAssignmentIsRefusedNamingIt(t *testing.T) {
	blank := line(1, "17", at(1), "N", 60)
	blank.Assignment = " \t"
	for want, r := range map[string]run{
		"has no employee number":                   {lines: []Line{line(1, " ", at(1), "N", 60)}},
		"employee number 17 has no name":           {lines: []Line{line(1, "17", at(1), "N", 60)}, names: map[string]name{"17": {" ", ""}}},
		"employee number 17 has an assignment who": {lines: []Line{blank}},
	} {
		for _, s := range setuSuites() {
			if _, err := s.try(t, r); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v, not %q", s.format.Name(), err, want)
			}
		}
	}
}

func setuSuites() []suiteFormat { return []suiteFormat{setuSuite(), setu20Suite()} }

func TestEachAssignmentHasItsCardAndCardsShareTheTotal(t *testing.T) {
	a, b, c := line(1, "17", at(1), "N", 20), line(2, "17", at(1), "N", 20), line(3, "17", at(2), "N", 20)
	b.Assignment, c.Assignment = "1234/1", "1234/2"
	for _, s := range setuSuites() {
		doc := s.write(t, run{lines: []Line{a, b, c}})
		sum := 0
		for _, r := range s.read(t, s.settings, doc) {
			sum += r.times
		}
		if files := unzip(t, doc.body); len(files) != 3 || sum != 100 {
			t.Errorf("%s: %d cards of %d hundredths together", s.format.Name(), len(files), sum)
		}
	}
}

func TestNoAssignmentLeadsOutOfTheArchive(t *testing.T) {
	var lines []Line
	for i, assignment := range []string{"../../x", "..", "/x", `\x`, "a/b", "a%2Fb", "a_b", "C:x", "é"} {
		l := line(int64(i+1), "17", at(1), "N", 60)
		l.Assignment = assignment
		lines = append(lines, l)
	}
	for _, s := range setuSuites() {
		files := unzip(t, s.write(t, run{lines: lines}).body)
		if len(files) != len(lines) {
			t.Errorf("%s: %d files of %d cards", s.format.Name(), len(files), len(lines))
		}
		for name := range files {
			if rest := strings.TrimPrefix(name, timecardsNew); strings.Contains(rest, "..") || strings.ContainsAny(rest, `/\:`) {
				t.Errorf("%s: file %q", s.format.Name(), name)
			}
		}
	}
}

// standing is what a receiver has after files: cards replace those of their id.
func standing(t testing.TB, s suiteFormat, cards map[string]map[string]int, doc document) {
	t.Helper()
	for _, body := range unzip(t, doc.body) {
		id, intervals := s.card(t, body)
		cards[id] = intervals
	}
}

func TestCardsThatStandAddUpToWhatWasSentRunAfterRun(t *testing.T) { // I8
	for _, s := range setuSuites() {
		rapid.Check(t, func(r *rapid.T) {
			cards, id := map[string]map[string]int{}, int64(0)
			var sent []Line
			day := map[string]int{}
			for range rapid.IntRange(1, 5).Draw(r, "runs") {
				var lines []Line
				for range rapid.IntRange(1, 8).Draw(r, "lines") {
					id++
					l := line(id, "17", at(rapid.IntRange(1, 3).Draw(r, "day")), rapid.SampledFrom([]string{"N", "EVE"}).Draw(r, "code"), 0)
					l.Assignment = rapid.SampledFrom([]string{"", "A", "B"}).Draw(r, "assignment")
					where := fmt.Sprint(l.Day, l.Code, l.Assignment)
					l.Minutes = rapid.IntRange(-day[where], 100).Draw(r, "minutes")
					day[where] += l.Minutes
					lines = append(lines, l)
				}
				standing(t, s, cards, s.write(t, run{lines: lines, sent: sent}))
				sent = append(sent, lines...)
				got, want := map[string]int{}, map[string]int{}
				for _, intervals := range cards {
					for component, h := range intervals {
						got[component] += h
					}
				}
				for _, l := range sent {
					want[s.codes[l.Code]] += l.Hundredths
				}
				maps.DeleteFunc(got, func(_ string, v int) bool { return v == 0 })
				maps.DeleteFunc(want, func(_ string, v int) bool { return v == 0 })
				if !maps.Equal(got, want) {
					r.Fatalf("%s: the receiver has %v, sent were %v", s.format.Name(), got, want)
				}
			}
		})
	}
}

// card reads one document with the suite's reader, as what the receiver keeps:
// hundredths by component.
func (s suiteFormat) card(t testing.TB, body []byte) (id string, hundredths map[string]int) {
	t.Helper()
	hundredths = map[string]int{}
	if s.format.Name() == "setu-1.4" {
		c := received(t.(*testing.T), body)
		id = c.ID
		for _, r := range setuRows(t.(*testing.T), c) {
			hundredths[r.component] += r.times
		}
		return id, hundredths
	}
	c := received20(t, body)
	for _, r := range c.rows(t) {
		hundredths[r.component] += r.times
	}
	return c.DocumentID.Value, hundredths
}

func TestAnEmployeeWhoseNumberChangedKeepsTheCard(t *testing.T) { // I8
	sent, more := []Line{line(1, "17", at(1), "N", 20), line(2, "17", at(2), "N", 20)}, line(3, "17", at(1), "N", 20)
	for i := range sent {
		sent[i].Number = "9"
	}
	for _, s := range setuSuites() {
		doc := s.write(t, run{sent: sent, lines: []Line{more}})
		rows := s.read(t, s.settings, doc)
		if len(rows) != 2 || rows[0].times+rows[1].times != 100 || rows[0].number != "17" {
			t.Errorf("%s: %+v", s.format.Name(), rows)
		}
	}
}

func TestCostCentresPartTheHoursOfADayWhereAsked(t *testing.T) {
	a, b, c := line(1, "17", at(1), "N", 60), line(2, "17", at(1), "N", 30), line(3, "17", at(1), "N", 15)
	a.CostCentre, b.CostCentre = "K1", "<K2>"
	var ids []string
	s := setuSuite()
	for _, asked := range []string{"no", "yes"} {
		s.settings["cost_centres"] = asked
		for _, body := range unzip(t, s.write(t, run{lines: []Line{a, b, c}}).body) {
			for _, i := range received(t, body).Times[0].Intervals {
				ids = append(ids, strings.TrimPrefix(i.ID, "TK-3-12599-20260701-20260731-20260701-")+" "+i.CostCentre+" "+i.Duration)
			}
		}
	}
	if want := []string{"N  1.75", "N  0.25", "N~<K2> <K2> 0.50", "N~K1 K1 1.00"}; !slices.Equal(ids, want) {
		t.Errorf("got  %q\nwant %q", ids, want)
	}
	c.Code = "N~K1"
	s.codes["N~K1"] = "Regular"
	if _, err := s.try(t, run{lines: []Line{a, c}}); err == nil || !strings.Contains(err.Error(), "two kinds of hours on 2026-07-01") {
		t.Errorf("hours of one id: %v", err)
	}
	c.Code = "N"
	s = setu20Suite()
	s.settings["cost_centres"] = "yes"
	for _, body := range unzip(t, s.write(t, run{lines: []Line{a, b, c}}).body) {
		if i := received20(t, body).TimeInterval; len(i) != 3 || i[0].CostCenter != nil || i[1].CostCenter.Code != "<K2>" || i[2].CostCenter.Code != "K1" {
			t.Errorf("%s", body)
		}
	}
}

// setuFuzz holds a version to what a receiver reads of hostile texts and hours.
func setuFuzz(f *testing.F, suite func() suiteFormat) {
	f.Add("17", "de <Vries> & Zn", "1234/1", 480, 20)
	f.Add("\"'", "\ttab", "]]>", 1, 0)
	f.Add(" 1", "a\nb", "../x", 59, 1440)
	f.Fuzz(func(t *testing.T, number, surname, assignment string, first, second int) {
		first, second = first%10_000_000, second%10_000_000
		a, b := line(1, number, at(1), "N", first), line(2, number, at(9), "N", second)
		a.Assignment, b.Assignment = assignment, assignment
		s := suite()
		doc, err := s.try(t, run{lines: []Line{a, b}, names: map[string]name{number: {"", surname}}})
		writable := strings.TrimSpace(number) != "" && strings.TrimSpace(surname) != "" && (assignment == "" || strings.TrimSpace(assignment) != "") &&
			checkText(number) == nil && checkText(surname) == nil && checkText(assignment) == nil
		switch fine := first >= 0 && second >= 0 && (writable || first == 0 && second == 0); {
		case fine != (err == nil):
			t.Fatalf("number %q, name %q, assignment %q, %d and %d minutes: %v", number, surname, assignment, first, second, err)
		case err != nil:
			return
		}
		sum := 0
		for _, r := range s.read(t, s.settings, doc) {
			if r.number != number || r.name != strings.TrimSpace(surname) {
				t.Fatalf("number %q, name %q were read as %+v", number, surname, r)
			}
			sum += r.times
		}
		if sum != hundredthsOf(first+second) {
			t.Errorf("%d minutes were read as %d hundredths", first+second, sum)
		}
	})
}
