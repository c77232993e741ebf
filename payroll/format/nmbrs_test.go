package format

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"tikklok/ingest/hours/calendar"
)

// sheetText reads a sheet as ECMA-376 says it is laid out: the text of each
// cell by its name, and which of them are numbers.
func sheetText(t testing.TB, workbook []byte) (cells map[string]string, isNumber map[string]bool) {
	t.Helper()
	parts := unzip(t, workbook)
	var shared struct {
		Items []struct {
			Text string `xml:"t"`
		} `xml:"si"`
	}
	var sheet struct {
		Cells []struct {
			Name    string  `xml:"r,attr"`
			Type    string  `xml:"t,attr"`
			Value   string  `xml:"v"`
			Formula *string `xml:"f"`
		} `xml:"sheetData>row>c"`
	}
	if err := xml.Unmarshal(parts["xl/sharedStrings.xml"], &shared); err != nil {
		t.Fatal(err)
	}
	if err := xml.Unmarshal(parts["xl/worksheets/sheet1.xml"], &sheet); err != nil {
		t.Fatal(err)
	}
	cells, isNumber = map[string]string{}, map[string]bool{}
	for _, c := range sheet.Cells {
		if c.Formula != nil {
			t.Errorf("cell %s is a formula", c.Name)
		}
		switch c.Type {
		case "s":
			i, err := strconv.Atoi(c.Value)
			if err != nil {
				t.Fatal(err)
			}
			cells[c.Name] = escaped(shared.Items[i].Text)
		case "", "n":
			if c.Value != "" {
				cells[c.Name], isNumber[c.Name] = c.Value, true
			}
		default:
			t.Fatalf("cell %s has type %q", c.Name, c.Type)
		}
	}
	return cells, isNumber
}

// escaped reads the _xHHHH_ of ECMA-376 (ST_Xstring).
func escaped(s string) string {
	return regexp.MustCompile(`_x([0-9A-Fa-f]{4})_`).ReplaceAllStringFunc(s, func(e string) string {
		n, _ := strconv.ParseUint(e[2:6], 16, 32)
		return string(rune(n))
	})
}

// readNmbrs reads sheets as the article of Nmbrs describes them.
func readNmbrs(t *testing.T, s Settings, doc document) (rows []read) {
	t.Helper()
	files := map[string][]byte{"one": doc.body}
	if doc.extension == "zip" {
		files = unzip(t, doc.body)
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		rows = append(rows, readNmbrsSheet(t, s, files[name])...)
	}
	return rows
}

func readNmbrsSheet(t *testing.T, s Settings, workbook []byte) (rows []read) {
	t.Helper()
	cells, isNumber := sheetText(t, workbook)
	for i, head := range []string{"Debiteurnr", "Bedrijfnr", "Persnr", "Naam", "Periode", "Dagen", "DagenVoorLC"} {
		if at := string(rune('A'+i)) + "1"; cells[at] != head || cells[at[:1]+"2"] != "" {
			t.Errorf("cell %s is %q, not %q; below it %q", at, cells[at], head, cells[at[:1]+"2"])
		}
	}
	for n := 3; cells[fmt.Sprint("A", n)] != ""; n++ {
		at := func(column string) string { return fmt.Sprint(column, n) }
		if cells[at("A")] != s["debtor"] || cells[at("B")] != s["company"] || cells[at("E")] != "2026-07" || isNumber[at("C")] {
			t.Errorf("row %d: %q %q %q %q", n, cells[at("A")], cells[at("B")], cells[at("C")], cells[at("E")])
		}
		for column := 'H'; cells[string(column)+"2"] != ""; column++ {
			if hours, ok := cells[at(string(column))]; ok {
				v, err := strconv.ParseFloat(hours, 64)
				if err != nil || v == 0 || !isNumber[at(string(column))] {
					t.Errorf("row %d: %q is no number of hours", n, hours)
				}
				rows = append(rows, read{cells[at("C")], cells[at("D")], cells[string(column)+"2"], int(math.Round(v * 100))})
			}
		}
	}
	return rows
}

// notDigits are the cases that packages refuse that know numbers only.
func notDigits() map[string]string {
	return map[string]string{"numbers that are text": "is not a number", "numbers that are formulas": "is not a number"}
}

func nmbrsSuite() suiteFormat {
	return suiteFormat{format: nmbrsSheet{}, settings: Settings{"debtor": "12", "company": "7", "names": "yes"}, named: true, refuses: notDigits(),
		codes: map[string]string{"N": "U2100", "EVE": "U2110", "NGT": "L5100"}, read: readNmbrs}
}

func nmbrs(t *testing.T, settings Settings, lines ...Line) (document, error) {
	t.Helper()
	s := nmbrsSuite()
	maps.Copy(s.settings, settings)
	return s.try(t, run{lines: lines})
}

func TestNmbrsGetsSeveralSheetsOfSoManyRows(t *testing.T) {
	r := many(1201)
	s := nmbrsSuite()
	for _, c := range []struct {
		rows  string
		files int
	}{{"500", 3}, {"1000", 2}} {
		s.settings["rows"] = c.rows
		doc := s.write(t, r)
		files := unzip(t, doc.body)
		if len(files) != c.files || files["nmbrs-001.xlsx"] == nil {
			t.Errorf("%s rows: %v", c.rows, slices.Sorted(maps.Keys(files)))
		}
		for name, body := range files {
			cells, _ := sheetText(t, body)
			if most, _ := strconv.Atoi(c.rows); cells[fmt.Sprint("A", most+3)] != "" {
				t.Errorf("%s has more than %d rows", name, most)
			}
		}
		if rows := readNmbrs(t, s.settings, doc); len(rows) != len(r.lines) {
			t.Errorf("read %d of %d values", len(rows), len(r.lines))
		}
	}
}

func TestNmbrsGetsOneSheetWithoutAZIPWhereItFits(t *testing.T) {
	doc, err := nmbrs(t, Settings{"files": "one"}, line(1, "17", at(1), "N", 90))
	if got := readNmbrs(t, nmbrsSuite().settings, doc); err != nil || doc.extension != "xlsx" || !slices.Equal(got, []read{{"17", "Jan Jansen", "U2100", 150}}) {
		t.Errorf("%s %v, %v", doc.extension, got, err)
	}
	if _, err := nmbrs(t, Settings{"files": "one"}, many(501).lines...); err == nil || !strings.Contains(err.Error(), "choose files zip") {
		t.Errorf("501 rows in one sheet of 500: %v", err)
	}
}

func TestARunThatComesToNothingIsASheetWithoutRows(t *testing.T) {
	for _, files := range []string{"zip", "one"} {
		doc, err := nmbrs(t, Settings{"files": files}, line(1, "17", at(1), "N", 60), line(2, "17", at(2), "N", -60))
		if got := readNmbrs(t, nmbrsSuite().settings, doc); err != nil || len(got) > 0 {
			t.Errorf("%s: %v, %v", files, got, err)
		}
		if files == "zip" && len(unzip(t, doc.body)) != 1 {
			t.Error("a ZIP without a sheet")
		}
	}
}

func TestNmbrsNamesStayOutUntilAskedFor(t *testing.T) { // OB-P1
	doc, err := nmbrs(t, Settings{"names": "no"}, line(1, "17", at(1), "N", 90))
	if err != nil {
		t.Fatal(err)
	}
	for name, part := range unzip(t, unzip(t, doc.body)["nmbrs-001.xlsx"]) {
		if bytes.Contains(part, []byte("Jansen")) {
			t.Errorf("%s names the employee", name)
		}
	}
}

// periodsOf gives the values of a sheet by number, period and component.
func periodsOf(t *testing.T, doc document) map[string]string {
	t.Helper()
	cells, _ := sheetText(t, unzip(t, doc.body)["nmbrs-001.xlsx"])
	got := map[string]string{}
	for name, v := range cells {
		if row := name[1:]; name[0] >= 'H' && row > "2" {
			got[cells["C"+row]+" "+cells["E"+row]+" "+cells[name[:1]+"2"]] = v
		}
	}
	return got
}

func TestNmbrsPaysACorrectionInItsOwnPeriodOrInTheRuns(t *testing.T) {
	june := calendar.Period{From: calendar.On(2026, 6, 1), To: calendar.On(2026, 6, 30)}
	late := line(1, "17", calendar.On(2026, 6, 9), "N", -60)
	late.Period = june
	for setting, want := range map[string]map[string]string{
		"paid":   {"17 2026-07 U2100": "7"},
		"worked": {"17 2026-06 U2100": "-1", "17 2026-07 U2100": "8"},
	} {
		doc, err := nmbrs(t, Settings{"corrections": setting}, late, line(2, "17", at(1), "N", 480))
		if err != nil {
			t.Fatal(err)
		}
		if got := periodsOf(t, doc); !maps.Equal(got, want) {
			t.Errorf("%s: %v, want %v", setting, got, want)
		}
	}
}

func TestAComponentThatOnlyACorrectionGoesToHasItsColumn(t *testing.T) { // I8
	s := nmbrsSuite()
	c := s.content(t, run{lines: []Line{line(1, "17", at(1), "N", 60), line(2, "17", at(2), "EVE", 60)}})
	c.Components = []string{"U2110"} // N was U2100 once, and is no longer
	var b bytes.Buffer
	if err := s.format.Write(&b, c); err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"17 2026-07 U2100": "1", "17 2026-07 U2110": "1"}
	if got := periodsOf(t, document{b.Bytes(), "zip"}); !maps.Equal(got, want) {
		t.Errorf("%v", got)
	}
}

func TestARunThatIsNoPayPeriodIsRefusedNamingTheNearest(t *testing.T) {
	for setting, want := range map[string]string{"four_weeks": "2026-P07 is 2026-06-15 to 2026-07-12", "week": "2026-W27 is 2026-06-29 to 2026-07-05"} {
		if _, err := nmbrs(t, Settings{"period": setting}, line(1, "17", at(1), "N", 60)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", setting, err)
		}
	}
}

func TestNumbersThatAPackageReadsAsOneAreRefused(t *testing.T) {
	if _, err := nmbrs(t, nil, line(1, "007", at(1), "N", 60), line(2, "7", at(1), "N", 60)); err == nil || !strings.Contains(err.Error(), "007 and 7 are one number") {
		t.Errorf("%v", err)
	}
}

func TestNmbrsComponentsAndNumbersAreChecked(t *testing.T) {
	for component, want := range map[string]bool{"U2100": true, "L5100": true, "2100": false, "u2100": false, "U": false, "U2100 ": false, "OpmerkingenU2100": false, "": false} {
		if err := (nmbrsSheet{}).CheckComponent(component); (err == nil) != want {
			t.Errorf("%q: %v", component, err)
		}
	}
	for key, v := range map[string]string{"debtor": "D1", "company": "1,5"} {
		settings := maps.Clone(nmbrsSuite().settings)
		settings[key] = v
		if _, err := CheckSettings(nmbrsSheet{}, settings); err == nil || !strings.Contains(err.Error(), key) {
			t.Errorf("%s %q: %v", key, v, err)
		}
	}
}

func FuzzNmbrsReadsBackWhatWasWritten(f *testing.F) {
	f.Add("17", "Vries", 90, 61)
	f.Add("0", "=1+1", -90, 1)
	f.Add("9", "_x0041_ \r\n", 0, 0)
	f.Add("8", " <&>\t", 1_000_000, -1)
	f.Fuzz(func(t *testing.T, number, surname string, worked, evening int) {
		s := nmbrsSuite()
		worked, evening = worked%10_000_000, evening%10_000_000
		r := run{lines: []Line{line(1, number, at(1), "N", worked), line(2, number, at(2), "EVE", evening)}, names: map[string]name{number: {"", surname}}}
		good := checkText(surname) == nil && escaped(surname) == surname && len(number) > 0 && len(number) < 10 && strings.Trim(number, "0123456789") == "" && strings.Trim(number, "0") != ""
		doc, err := s.try(t, r)
		if (err == nil) != good {
			t.Fatalf("number %q, name %q: %v", number, surname, err)
		}
		if good {
			s.compare(t, r, doc)
		}
	})
}
