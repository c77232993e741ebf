package format

import (
	"encoding/csv"
	"fmt"
	"strconv"
	"strings"
	"testing"
)

// adpBatch reads a batch by its column headers: hours by number and component.
func adpBatch(body string) (map[string]map[string]int, int, error) {
	r := csv.NewReader(strings.NewReader(body))
	r.FieldsPerRecord = 8
	rows, err := r.ReadAll()
	if err != nil || len(rows) == 0 {
		return nil, 0, fmt.Errorf("%q: %w", body, err)
	}
	hours, cells := map[string]map[string]int{}, 0
	for _, row := range rows[1:] {
		field := map[string]string{}
		for i, name := range rows[0] {
			field[name] = row[i]
		}
		number := strings.TrimLeft(field["File #"], "0")
		if hours[number] == nil {
			hours[number] = map[string]int{}
		}
		for kind, value := range map[string]string{"REG": field["Reg Hours"], "OT": field["O/T Hours"], field["Hours 3 Code"]: field["Hours 3 Amount"]} {
			if value == "" {
				continue
			}
			n, err := strconv.Atoi(strings.Replace(value, ".", "", 1))
			if err != nil || n == 0 || len(field["Co Code"]) != 3 || len(field["File #"]) != 6 {
				return nil, 0, fmt.Errorf("row %v: %w", row, err)
			}
			if field["Rate Code"] != "" {
				kind += "/" + field["Rate Code"]
			}
			hours[number][kind] += n
			cells++
		}
	}
	return hours, cells, nil
}

func readADP(t *testing.T, _ Settings, doc document) (rows []read) {
	t.Helper()
	hours, _, err := adpBatch(string(doc.body))
	if err != nil {
		t.Fatal(err)
	}
	for number, kinds := range hours {
		for kind, n := range kinds {
			rows = append(rows, read{number: number, component: kind, times: n})
		}
	}
	return rows
}

func adpSuite() suiteFormat {
	return suiteFormat{format: adpEPI{}, settings: Settings{"company": "AB"},
		codes: map[string]string{"N": "REG", "EVE": "E", "NGT": "OT/2"}, refuses: numbersAreDigits(), read: readADP}
}

func TestADPPutsTotalsOnAsFewRowsAsTheyFit(t *testing.T) {
	s := adpSuite()
	s.codes = map[string]string{"N": "REG", "OT": "OT", "EVE": "E", "NGT": "N", "R2": "REG/2"}
	got, err := s.written(t, Settings{"company": "AB", "batch": "TK1"},
		line(1, "17", at(1), "N", 480), line(2, "17", at(2), "N", 480), line(3, "17", at(2), "OT", 90), line(4, "17", at(3), "EVE", 60), line(5, "17", at(4), "NGT", 20), line(6, "17", at(5), "R2", 30))
	want := "Co Code,Batch ID,File #,Rate Code,Reg Hours,O/T Hours,Hours 3 Code,Hours 3 Amount\r\n" +
		"AB_,TK1,000017,,16.00,1.50,E,1.00\r\nAB_,TK1,000017,,,,N,0.33\r\nAB_,TK1,000017,2,0.50,,,\r\n"
	if err != nil || got != want {
		t.Errorf("%q, %v", got, err)
	}
}

func TestRunsOfOnePeriodAreBatchesOfTheirOwn(t *testing.T) { // a batch that ADP has could be replaced, or added to twice
	batches := map[string]bool{}
	for day := range 2 {
		s, b := adpSuite(), new(strings.Builder)
		c := s.content(t, run{lines: []Line{line(1, "17", at(1), "N", 480)}})
		c.At = c.At.AddDate(0, 0, day)
		if err := s.format.Write(b, c); err != nil {
			t.Fatal(err)
		}
		batches[strings.Split(strings.Split(b.String(), "\r\n")[1], ",")[1]] = true
	}
	if len(batches) != 2 {
		t.Errorf("two runs are batch %v", batches)
	}
}

func TestADPRefusesByNameWhatItCannotTake(t *testing.T) {
	for key, settings := range map[string]Settings{"company": {"company": "A"}, "batch": {"company": "ABC", "batch": "123456789"}} {
		if _, err := CheckSettings(adpEPI{}, settings); err == nil || !strings.Contains(err.Error(), "setting "+key) {
			t.Errorf("%v: %v", settings, err)
		}
	}
	for _, c := range []string{"", "/2", "REG/", "REG/12", "LONG", "É", "A,B", "reg", "Ot", "e"} {
		if err := (adpEPI{}).CheckComponent(c); err == nil {
			t.Errorf("component %q was taken", c)
		}
	}
}

func FuzzADPReadsBackWhatWasWritten(f *testing.F) {
	f.Add("17", "REG", "OT", 90, -30)
	f.Add("1", "E", "F", 1, 1)
	f.Add("x", "REG/2", "REG", 1, 0)
	f.Fuzz(func(t *testing.T, number, one, two string, first, second int) {
		if (adpEPI{}).CheckComponent(one) != nil || (adpEPI{}).CheckComponent(two) != nil || one == two {
			return
		}
		first, second = first%1_000_000, second%1_000_000
		s := adpSuite()
		s.codes = map[string]string{"A": one, "B": two}
		got, err := s.written(t, Settings{"company": "ABC"}, line(1, number, at(1), "A", first), line(2, number, at(2), "B", second))
		if fine := checkDigits(number, 6) == nil; fine != (err == nil) {
			t.Fatalf("number %q: %v", number, err)
		}
		if err != nil {
			return
		}
		hours, _, err := adpBatch(got)
		have := hours[strings.TrimLeft(number, "0")]
		if err != nil || have[one] != hundredthsOf(first) || have[two] != hundredthsOf(second) {
			t.Errorf("%s %d, %s %d minutes were read as %v of %q, %v", one, first, two, second, have, got, err)
		}
	})
}
