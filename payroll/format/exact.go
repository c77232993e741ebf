package format

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
)

// exactMutations writes variable mutations for the payroll of Exact Online: the
// bodies to post to payroll/VariableMutations one by one, an entry per employee,
// period and component. A correction is an entry with the difference.
type exactMutations struct{}

func (exactMutations) Name() string { return "exact" }

func (exactMutations) Schema() []Setting {
	return append(periodSettings(), Setting{Key: "bodies", Default: "one", Choices: []string{"one", "each"}}) // one: a list of bodies; each: a body a line
}

func (exactMutations) CheckSettings(Settings) error { return nil }

// The entry types of hours that have no kind of absence (OB-P2): Exact's others
// are kinds of leave and illness, and counts of days.
const (
	exactHoursWorked = 2
	exactComponent   = 7
)

// CheckComponent takes "worked", the hours worked, or the code of a payroll
// component.
func (exactMutations) CheckComponent(c string) error {
	if strings.TrimSpace(c) == "" || strings.TrimSpace(c) != c {
		return fmt.Errorf("%q: an Exact component is the code of a payroll component, or worked for the hours worked", c)
	}
	return checkText(c)
}

func (exactMutations) NeedsNames(Settings) bool { return false }

func (exactMutations) About() About {
	return About{Title: "Exact Online variable mutations (JSON)", For: "Dutch employers and accountants with Exact Online Salaris",
		Source: "the entity of third-party clients made from https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=PayrollVariableMutations (picqer/exact-php-client)", Proof: ProofLayout,
		Components: []string{"worked", "1010", "1020", "1030", "1040", "1050", "1060", "1070"}}
}

func (exactMutations) FileType(s Settings) FileType { return jsonType(s) }

// exactMutation is the body of one entry. EntryFieldType 1 is a quantity.
type exactMutation struct {
	Employee  json.Number `json:"EmployeeHID"`
	Year      int         `json:"PayrollYear"`
	Period    int         `json:"PayrollPeriod"`
	Type      int         `json:"Type"`
	EntryType int         `json:"EntryFieldType"`
	Component string      `json:"PayrollComponent,omitempty"`
	Value     json.Number `json:"Value"`
}

func (exactMutations) Write(out io.Writer, c Content) error {
	list := newJSONList(out, "[", "]", false)
	if c.Settings["bodies"] == "each" {
		list = newJSONList(out, "", "", true)
	}
	for v, err := range periodValues(numbered(c.Employees, 9), c) { // EmployeeHID is an Int32
		if err != nil {
			return err
		}
		m := exactMutation{Employee: bareNumber(v.number), Year: v.period.year, Period: v.period.number, Type: exactHoursWorked, EntryType: 1, Value: json.Number(DecimalText(v.hundredths, "."))}
		if v.component != "worked" {
			m.Type, m.Component = exactComponent, v.component
		}
		if err := list.add(m); err != nil {
			return fmt.Errorf("employee number %s: %w", v.number, err)
		}
	}
	return list.end()
}
