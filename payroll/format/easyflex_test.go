package format

import (
	"encoding/csv"
	"maps"
	"slices"
	"strings"
	"testing"

	"tikklok/ingest/hours/calendar"
)

// readEasyflex reads a file as Easyflex's handbook describes it: a line per
// worker, client, date and component.
func readEasyflex(t *testing.T, s Settings, doc document) (rows []read) {
	t.Helper()
	for _, line := range easyflexLines(t, doc) {
		rows = append(rows, read{number: line[0], component: line[3], times: atoi(t, strings.Replace(line[4], ",", "", 1))})
	}
	return rows
}

func easyflexLines(t *testing.T, doc document) [][]string {
	t.Helper()
	r := csv.NewReader(strings.NewReader(string(doc.body)))
	r.Comma = ';'
	lines, err := r.ReadAll()
	if err != nil || !slices.Equal(lines[0], []string{"Flexwerker", "Relatie", "Datum", "Looncomponentcode", "Uren"}) {
		t.Fatalf("%v, header %q", err, lines)
	}
	seen := map[string]bool{}
	for _, line := range lines[1:] {
		key := strings.Join(line[:4], "\x00")
		if _, err := calendar.ParseDate(line[2][6:] + "-" + line[2][3:5] + "-" + line[2][:2]); err != nil || seen[key] {
			t.Errorf("line %q: %v, or it stands twice", line, err)
		}
		seen[key] = true
	}
	return lines[1:]
}

func easyflexSuite() suiteFormat {
	return suiteFormat{format: easyflexHours{}, settings: Settings{"client": "1001", "negative": "write"}, codes: map[string]string{"N": "100", "EVE": "125", "NGT": "150"},
		refuses: map[string]string{"numbers that are formulas": `"=1+1" is a formula`}, read: readEasyflex}
}

func easyflex(t *testing.T, settings Settings, lines ...Line) ([][]string, error) {
	t.Helper()
	s := easyflexSuite()
	maps.Copy(s.settings, settings)
	doc, err := s.try(t, run{lines: lines})
	if err != nil {
		return nil, err
	}
	return easyflexLines(t, doc), nil
}

func TestEasyflexHasALineAWorkerClientDateAndComponent(t *testing.T) {
	a, b, c, d := line(1, "17", at(1), "N", 61), line(2, "17", at(1), "N", 62), line(3, "17", at(1), "EVE", 60), line(4, "17", at(1), "N", 60)
	a.Assignment, b.Assignment, c.Assignment, d.Assignment = "A1", "A1", "A1", "A2"
	got, err := easyflex(t, Settings{"client_from": "assignment"}, a, b, c, d)
	want := [][]string{{"17", "A1", "01-07-2026", "125", "1,00"}, {"17", "A1", "01-07-2026", "100", "2,05"}, {"17", "A2", "01-07-2026", "100", "1,00"}}
	if err != nil || !slices.EqualFunc(got, want, slices.Equal[[]string]) {
		t.Errorf("%v, %v", got, err)
	}
}

func TestEasyflexIsToldWhereTheClientStands(t *testing.T) {
	l := line(1, "17", at(1), "N", 60)
	l.Assignment, l.CostCentre = "A1", "K1"
	for from, want := range map[string]string{"setting": "1001", "site": "Hal 2", "assignment": "A1", "cost_centre": "K1"} {
		if got, err := easyflex(t, Settings{"client_from": from}, l); err != nil || got[0][1] != want {
			t.Errorf("%s: %v, %v", from, got, err)
		}
	}
	l.CostCentre = ""
	if _, err := easyflex(t, Settings{"client_from": "cost_centre"}, l); err == nil || !strings.Contains(err.Error(), "number 17 has no cost centre on 2026-07-01") {
		t.Errorf("no client: %v", err)
	}
	l.Site = "=1+1"
	if _, err := easyflex(t, Settings{"client_from": "site"}, l); err == nil || !strings.Contains(err.Error(), `"=1+1" is a formula`) {
		t.Errorf("a client that is a formula: %v", err)
	}
}

func TestEasyflexIsNotTakenHoursFromUnlessItReadsThem(t *testing.T) {
	l := line(1, "17", at(4), "N", -30)
	if _, err := easyflex(t, Settings{"negative": "refuse"}, l); err == nil || !strings.Contains(err.Error(), "number 17 has -0.50 hours of component 100 on 2026-07-04") || !strings.Contains(err.Error(), "negative write") {
		t.Errorf("%v", err)
	}
	if got, err := easyflex(t, nil, l); err != nil || got[0][4] != "-0,50" {
		t.Errorf("%v, %v", got, err)
	}
}

func FuzzEasyflexReadsBackWhatWasWritten(f *testing.F) {
	f.Add("17", "Hal 2", 90, 61)
	f.Add("a;1", `"`, -90, 1)
	f.Add("=1", "x\ny", 0, 0)
	f.Fuzz(func(t *testing.T, number, site string, worked, evening int) {
		s := easyflexSuite()
		s.settings["client_from"] = "site"
		lines := []Line{line(1, number, at(1), "N", worked%10_000_000), line(2, number, at(2), "EVE", evening%10_000_000)}
		lines[0].Site, lines[1].Site = site, site
		r := run{lines: lines}
		MakeDecimals(r.lines, nil)
		some := lines[0].Hundredths != 0 || lines[1].Hundredths != 0
		good := checkText(number) == nil && strings.TrimSpace(number) != "" && !isFormula(number) &&
			(!some || checkText(site) == nil && !isFormula(site) && strings.TrimSpace(site) != "")
		doc, err := s.try(t, r)
		if (err == nil) != good {
			t.Fatalf("number %q, client %q: %v", number, site, err)
		}
		if good && !strings.Contains(number, "\r\n") { // encoding/csv joins \r\n in a field to \n
			s.compare(t, r, doc)
		}
	})
}
