package format

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
)

// readAFASUpdate reads bodies as HrCompMut is posted: by their keys, and
// nothing else in them.
func readAFASUpdate(t *testing.T, s Settings, doc document) (rows []read) {
	t.Helper()
	for _, body := range jsonBodies(t, s, doc) {
		var update struct {
			HrCompMut struct {
				Element json.RawMessage
			}
		}
		strict(t, body, &update)
		elements := []json.RawMessage{update.HrCompMut.Element}
		if s["bodies"] != "each" {
			strict(t, update.HrCompMut.Element, &elements)
		}
		for _, raw := range elements {
			var e map[string]any
			strict(t, raw, &e)
			fields, ok := e["Fields"].(map[string]any)
			if !ok || len(e) != 7 || len(fields) != 1 || fmt.Sprintf("%v %v %v", e["@Year"], e["@PeId"], e["@PtId"]) != "2026 7 5" || e["@ErId"] != s["employer"] {
				t.Fatalf("element %s", raw)
			}
			rows = append(rows, read{number: e["@EmId"].(string), component: fmt.Sprint(e["@Sc02"]), times: jsonHours(t, fields["VaD1"])})
		}
	}
	return rows
}

// jsonBodies cuts a file in what is posted.
func jsonBodies(t *testing.T, s Settings, doc document) (bodies []json.RawMessage) {
	t.Helper()
	if s["bodies"] != "each" {
		return []json.RawMessage{doc.body}
	}
	for line := range bytes.Lines(doc.body) {
		bodies = append(bodies, line)
	}
	return bodies
}

func strict(t *testing.T, body []byte, into any) {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	d.UseNumber()
	if err := d.Decode(into); err != nil || d.More() {
		t.Fatalf("%v, or more than one body\n%s", err, body)
	}
}

// jsonHours gives hundredths of a number with two decimals.
func jsonHours(t *testing.T, v any) int {
	t.Helper()
	n, ok := v.(json.Number)
	if at := strings.IndexByte(n.String(), '.'); !ok || at != len(n)-3 {
		t.Fatalf("%v is not a number with two decimals", v)
	}
	return atoi(t, strings.Replace(n.String(), ".", "", 1))
}

func afasUpdateSuite() suiteFormat {
	return suiteFormat{format: afasUpdate{}, settings: Settings{"employer": "W1"}, codes: map[string]string{"N": "1000", "EVE": "1010", "NGT": "1020"},
		refuses: map[string]string{"numbers that are formulas": "is a formula"}, read: readAFASUpdate}
}

func afasEachSuite() suiteFormat {
	s := afasUpdateSuite()
	s.variant, s.settings["bodies"] = "-each", "each"
	return s
}

// readAFASFile reads a CSV whose columns are mapped by their headers.
func readAFASFile(t *testing.T, s Settings, doc document) (rows []read) {
	t.Helper()
	r := csv.NewReader(bytes.NewReader(doc.body))
	r.Comma = ';'
	lines, err := r.ReadAll()
	if err != nil || !slices.Equal(lines[0], []string{"Medewerker", "Werkgever", "Jaar", "Periodetabel", "Periode", "Looncomponent", "Waarde"}) {
		t.Fatalf("%v, %q", err, lines)
	}
	for _, line := range lines[1:] {
		if !slices.Equal(line[1:5], []string{s["employer"], "2026", "5", "7"}) {
			t.Errorf("line %q", line)
		}
		rows = append(rows, read{number: line[0], component: line[5], times: atoi(t, strings.Replace(line[6], ",", "", 1))})
	}
	return rows
}

func afasFileSuite() suiteFormat {
	s := afasUpdateSuite()
	s.format, s.read = afasFile{}, readAFASFile
	return s
}

func TestAFASElementsAreAsConnectorsPostThem(t *testing.T) {
	lines := []Line{line(1, "17", at(1), "N", 480), line(2, "17", at(2), "EVE", 61), line(3, "18", at(2), "N", 1)}
	doc := afasUpdateSuite().write(t, run{lines: lines})
	want := `{"HrCompMut":{"Element":[
{"@Year":2026,"@PeId":7,"@EmId":"17","@ErId":"W1","@Sc02":1000,"@PtId":5,"Fields":{"VaD1":8.00}},
{"@Year":2026,"@PeId":7,"@EmId":"17","@ErId":"W1","@Sc02":1010,"@PtId":5,"Fields":{"VaD1":1.02}},
{"@Year":2026,"@PeId":7,"@EmId":"18","@ErId":"W1","@Sc02":1000,"@PtId":5,"Fields":{"VaD1":0.02}}
]}}
`
	if string(doc.body) != want {
		t.Errorf("%s", doc.body)
	}
	doc = afasEachSuite().write(t, run{lines: lines[:1]})
	if want := `{"HrCompMut":{"Element":{"@Year":2026,"@PeId":7,"@EmId":"17","@ErId":"W1","@Sc02":1000,"@PtId":5,"Fields":{"VaD1":8.00}}}}` + "\n"; string(doc.body) != want || doc.extension != "jsonl" {
		t.Errorf("%s: %s", doc.extension, doc.body)
	}
}

func TestARunThatComesToNothingIsABodyWithoutElements(t *testing.T) {
	r := run{lines: []Line{line(1, "17", at(1), "N", 60), line(2, "17", at(2), "N", -60)}}
	if doc := afasUpdateSuite().write(t, r); string(doc.body) != "{\"HrCompMut\":{\"Element\":[\n]}}\n" {
		t.Errorf("%q", doc.body)
	}
	if doc := afasEachSuite().write(t, r); len(doc.body) > 0 {
		t.Errorf("%q", doc.body)
	}
}

func TestAFASSettingsAreChecked(t *testing.T) {
	for want, given := range map[string]Settings{
		"setting employer is needed":             {},
		`setting employer: "=W" is a formula`:    {"employer": "=W"},
		`setting period_table: "maand" is not a`: {"employer": "1", "period_table": "maand"},
		"setting period is \"year\"":             {"employer": "1", "period": "year"},
	} {
		for _, f := range []Format{afasUpdate{}, afasFile{}} {
			if _, err := CheckSettings(f, given); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s, %v: %v", f.Name(), given, err)
			}
		}
	}
	for component, want := range map[string]bool{"1": true, "1010": true, "U1": false, "": false, "-1": false, "1.0": false} {
		if err := (afasFile{}).CheckComponent(component); (err == nil) != want {
			t.Errorf("%q: %v", component, err)
		}
	}
}

func FuzzAFASReadsBackWhatWasWritten(f *testing.F) {
	f.Add("17", 90, 61)
	f.Add("<\"\\;>", -90, 1)
	f.Add("\u2028é", 0, 0)
	f.Add("=1", 1, 1)
	f.Fuzz(func(t *testing.T, number string, worked, evening int) {
		good := checkText(number) == nil && strings.TrimSpace(number) != "" && !isFormula(number)
		for _, s := range []suiteFormat{afasUpdateSuite(), afasEachSuite(), afasFileSuite()} {
			r := run{lines: []Line{line(1, number, at(1), "N", worked%10_000_000), line(2, number, at(2), "EVE", evening%10_000_000)}}
			doc, err := s.try(t, r)
			if (err == nil) != good {
				t.Fatalf("%s: number %q: %v", s.format.Name(), number, err)
			}
			if good && !strings.Contains(number, "\r\n") { // encoding/csv joins \r\n in a field to \n
				s.settings = maps.Clone(s.settings)
				s.compare(t, r, doc)
			}
		}
	})
}
