package format

import (
	"bytes"
	"strconv"
	"strings"
	"testing"
)

// readLoket reads a file as the article of Loket.nl describes it.
func readLoket(t *testing.T, s Settings, doc document) (rows []read) {
	t.Helper()
	lines := strings.Split(strings.TrimSuffix(string(doc.body), "\r\n"), "\r\n")
	head := strings.Split(lines[0], ";")
	if len(head) < 3 || strings.Join(head[:3], ";") != "aanslnr;persnr;ploeg" {
		t.Fatalf("header %q", lines[0])
	}
	for i, component := range head[3:] {
		if n, err := strconv.Atoi(component); err != nil || i > 0 && n <= atoi(t, head[2+i]) {
			t.Errorf("component %q is no number, stands twice or out of order", component)
		}
	}
	for _, line := range lines[1:] {
		fields := strings.Split(line, ";")
		if len(fields) != len(head) || fields[0] != s["employer"] || fields[2] != s["shift"] {
			t.Fatalf("row %q under %q", line, lines[0])
		}
		for i, v := range fields[3:] {
			if v == "" {
				continue
			}
			whole, part, ok := strings.Cut(v, ",")
			if !ok || len(part) != 2 {
				t.Errorf("%q is not hours with two decimals after a comma", v)
			}
			rows = append(rows, read{number: fields[1], component: head[3+i], times: atoi(t, whole+part)})
		}
	}
	return rows
}

func atoi(t *testing.T, s string) int {
	t.Helper()
	n, err := strconv.Atoi(s)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func loketSuite() suiteFormat {
	return suiteFormat{format: loketCSV{}, settings: Settings{"employer": "5555", "shift": "1"}, refuses: notDigits(),
		codes: map[string]string{"N": "1", "EVE": "28", "NGT": "86"}, read: readLoket}
}

func TestLoketGetsTheFileOfItsExample(t *testing.T) {
	doc, err := loketSuite().try(t, run{lines: []Line{line(1, "1", at(1), "N", 88*60), line(2, "1", at(2), "EVE", 12*60), line(3, "120", at(1), "N", 120*60), line(4, "120", at(2), "NGT", 1200*60)}})
	if want := "aanslnr;persnr;ploeg;1;28;86\r\n5555;1;1;88,00;12,00;\r\n5555;120;1;120,00;;1200,00\r\n"; err != nil || string(doc.body) != want {
		t.Errorf("%q, %v", doc.body, err)
	}
}

func TestCodesOfOneLoketComponentAreOneColumn(t *testing.T) {
	s := loketSuite()
	s.codes = map[string]string{"N": "1", "EVE": "1"}
	doc := s.write(t, run{lines: []Line{line(1, "7", at(1), "N", 61), line(2, "7", at(1), "EVE", 62)}})
	if want := "aanslnr;persnr;ploeg;1\r\n5555;7;1;2,05\r\n"; string(doc.body) != want { // 1.02 + 1.03
		t.Errorf("%q", doc.body)
	}
}

func TestALoketComponentThatOnlyACorrectionGoesToHasItsColumn(t *testing.T) { // I8
	s := loketSuite()
	c := s.content(t, run{lines: []Line{line(1, "7", at(1), "N", -60), line(2, "7", at(1), "EVE", 60)}})
	c.Components = []string{"28", "9"}
	var b bytes.Buffer
	if err := s.format.Write(&b, c); err != nil || b.String() != "aanslnr;persnr;ploeg;1;9;28\r\n5555;7;1;-1,00;;1,00\r\n" {
		t.Errorf("%q, %v", b.String(), err)
	}
}

func TestLoketSettingsAndComponentsAreNumbers(t *testing.T) {
	for component, want := range map[string]bool{"1": true, "86": true, "0": false, "01": false, "U1": false, "": false, "1 ": false, "1234567890": false} {
		if err := (loketCSV{}).CheckComponent(component); (err == nil) != want {
			t.Errorf("%q: %v", component, err)
		}
	}
	for want, s := range map[string]Settings{"setting employer is needed": {}, "setting employer: \"5a\"": {"employer": "5a"}, "setting shift: \"=1\"": {"employer": "5", "shift": "=1"}} {
		if _, err := CheckSettings(loketCSV{}, s); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: %v", s, err)
		}
	}
}

func FuzzLoketReadsBackWhatWasWritten(f *testing.F) {
	f.Add("17", "18", 90, 61)
	f.Add("0", "1", -90, 1)
	f.Add("007", "7", 60, 60)
	f.Add("1;2", "=3", 0, 0)
	f.Fuzz(func(t *testing.T, one, other string, worked, evening int) {
		s, good := loketSuite(), true
		worked, evening = worked%10_000_000, evening%10_000_000
		for _, n := range []string{one, other} {
			good = good && len(n) < 10 && strings.Trim(n, "0123456789") == "" && strings.Trim(n, "0") != ""
		}
		good = good && (one == other || strings.TrimLeft(one, "0") != strings.TrimLeft(other, "0"))
		r := run{lines: []Line{line(1, one, at(1), "N", worked), line(2, other, at(2), "EVE", evening)}}
		doc, err := s.try(t, r)
		if (err == nil) != good {
			t.Fatalf("numbers %q and %q: %v", one, other, err)
		}
		if good {
			s.compare(t, r, doc)
		}
	})
}
