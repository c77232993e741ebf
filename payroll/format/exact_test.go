package format

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// readExact reads bodies as payroll/VariableMutations has them: the names and
// types of its entity, whose types 2 and 7 are the only ones that we may send.
func readExact(t *testing.T, s Settings, doc document) (rows []read) {
	t.Helper()
	bodies := jsonBodies(t, s, doc)
	if s["bodies"] != "each" {
		bodies = nil
		strict(t, doc.body, &bodies)
	}
	for _, body := range bodies {
		var m struct {
			EmployeeHID      int32
			PayrollYear      int16
			PayrollPeriod    int16
			Type             int32
			EntryFieldType   int32
			PayrollComponent string
			Value            json.Number
		}
		strict(t, body, &m)
		component := m.PayrollComponent
		if m.Type == 2 && component == "" {
			component = "worked"
		} else if m.Type != 7 || component == "" {
			t.Errorf("type %d with component %q", m.Type, component)
		}
		if m.PayrollYear != 2026 || m.PayrollPeriod != 7 || m.EntryFieldType != 1 {
			t.Errorf("body %s", body)
		}
		rows = append(rows, read{number: fmt.Sprint(m.EmployeeHID), component: component, times: jsonHours(t, m.Value)})
	}
	return rows
}

func exactSuite() suiteFormat {
	return suiteFormat{format: exactMutations{}, settings: Settings{}, refuses: notDigits(),
		codes: map[string]string{"N": "worked", "EVE": "1010", "NGT": `T"<1>`}, read: readExact}
}

func exactEachSuite() suiteFormat {
	s := exactSuite()
	s.variant, s.settings["bodies"] = "-each", "each"
	return s
}

func TestExactEntriesAreHoursWorkedOrAComponent(t *testing.T) {
	doc := exactSuite().write(t, run{lines: []Line{line(1, "17", at(1), "N", 480), line(2, "17", at(2), "EVE", -61)}})
	want := `[
{"EmployeeHID":17,"PayrollYear":2026,"PayrollPeriod":7,"Type":2,"EntryFieldType":1,"Value":8.00},
{"EmployeeHID":17,"PayrollYear":2026,"PayrollPeriod":7,"Type":7,"EntryFieldType":1,"PayrollComponent":"1010","Value":-1.02}
]
`
	if string(doc.body) != want {
		t.Errorf("%s", doc.body)
	}
}

func TestExactComponentsAreTextAsItIs(t *testing.T) {
	for component, want := range map[string]bool{"worked": true, "1010": true, " 1": false, "": false, "a\x00": false} {
		if err := (exactMutations{}).CheckComponent(component); (err == nil) != want {
			t.Errorf("%q: %v", component, err)
		}
	}
}

func FuzzExactReadsBackWhatWasWritten(f *testing.F) {
	f.Add("17", 90, 61, false)
	f.Add("0", -90, 1, true)
	f.Add("1e3", 0, 0, false)
	f.Fuzz(func(t *testing.T, number string, worked, night int, each bool) {
		s := exactSuite()
		if each {
			s = exactEachSuite()
		}
		good := len(number) < 10 && strings.Trim(number, "0123456789") == "" && strings.Trim(number, "0") != ""
		r := run{lines: []Line{line(1, number, at(1), "N", worked%10_000_000), line(2, number, at(2), "NGT", night%10_000_000)}}
		doc, err := s.try(t, r)
		if (err == nil) != good {
			t.Fatalf("number %q: %v", number, err)
		}
		if !good {
			return
		}
		for i := range r.lines { // Exact's numbers have no zeroes in front
			r.lines[i].Number = strings.TrimLeft(number, "0")
		}
		s.compare(t, r, doc)
	})
}
