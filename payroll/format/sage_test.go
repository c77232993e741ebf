package format

import (
	"encoding/csv"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// sageLines reads columns A to G.
func sageLines(t testing.TB, body string) [][]string {
	t.Helper()
	r := csv.NewReader(strings.NewReader(body))
	r.FieldsPerRecord = 7
	lines, err := r.ReadAll()
	if err != nil {
		t.Fatalf("%q: %v", body, err)
	}
	return lines
}

func readSage(t *testing.T, _ Settings, doc document) (rows []read) {
	t.Helper()
	for _, l := range sageLines(t, string(doc.body)) {
		hours, err := strconv.Atoi(strings.Replace(l[5], ".", "", 1))
		if err != nil || l[0] != "2" || l[6] != "" {
			t.Fatalf("%v, %v", l, err)
		}
		rows = append(rows, read{number: l[1], component: l[2], times: hours})
	}
	return rows
}

func sageSuite() suiteFormat {
	return suiteFormat{format: sagePayroll{}, settings: Settings{}, codes: map[string]string{"N": "1", "EVE": "2", "NGT": "3"},
		refuses: map[string]string{"numbers that are text": "is not a code of letters", "numbers that are formulas": "is not a code of letters"}, read: readSage}
}

func TestSageGetsALinePerPaymentAndCostCentre(t *testing.T) {
	lines := []Line{line(1, "A-17", at(1), "N", 20), line(2, "A-17", at(2), "N", 40), line(3, "A-17", at(2), "EVE", -30)}
	for i, c := range []string{"C1", "C2", "C1"} {
		lines[i].CostCentre = c
	}
	for _, c := range []struct {
		settings Settings
		want     string
	}{
		{Settings{}, "2,A-17,1,,,1.00,\r\n2,A-17,2,,,-0.50,\r\n"},
		{Settings{"department": "D 1", "cost_centre": "yes"}, "2,A-17,1,D 1,C1,0.33,\r\n2,A-17,2,D 1,C1,-0.50,\r\n2,A-17,1,D 1,C2,0.67,\r\n"},
	} {
		got, err := sageSuite().written(t, c.settings, slices.Clone(lines)...)
		if err != nil || got != c.want {
			t.Errorf("%v: %q, %v", c.settings, got, err)
		}
	}
}

func TestSageRefusesByNameWhatItCannotTake(t *testing.T) {
	if _, err := CheckSettings(sagePayroll{}, Settings{"department": "a,b"}); err == nil || !strings.Contains(err.Error(), "setting department") {
		t.Errorf("%v", err)
	}
	for _, c := range []string{"", "0", "x", "12345"} {
		if err := (sagePayroll{}).CheckComponent(c); err == nil {
			t.Errorf("payment %q was taken", c)
		}
	}
	cost, nobody := line(1, "17", at(1), "N", 60), line(1, "", at(1), "N", 60)
	cost.CostCentre, nobody.Employee = "=1+1", 42
	for want, l := range map[string]Line{"employee number 17, 2026-07-01, cost centre": cost, "employee id 42 has no personnel number": nobody} {
		if _, err := sageSuite().written(t, Settings{"cost_centre": "yes"}, l); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

func FuzzSageReadsBackWhatWasWritten(f *testing.F) {
	f.Add("17", "C 1", 90)
	f.Add("-1", "a,b", 1)
	f.Add("A/1", "", 0)
	f.Fuzz(func(t *testing.T, number, cost string, minutes int) {
		minutes %= 1_000_000
		l := line(1, number, at(1), "N", minutes)
		l.CostCentre = cost
		got, err := sageSuite().written(t, Settings{"cost_centre": "yes"}, l)
		fine := checkSage(number) == nil && (minutes == 0 || cost == "" || checkSage(cost) == nil)
		if fine != (err == nil) {
			t.Fatalf("number %q, cost centre %q: %v", number, cost, err)
		}
		if err != nil || minutes == 0 {
			return
		}
		if got := sageLines(t, got)[0]; !slices.Equal(got, []string{"2", number, "1", "", cost, DecimalText(hundredthsOf(minutes), "."), ""}) {
			t.Errorf("%q", got)
		}
	})
}
