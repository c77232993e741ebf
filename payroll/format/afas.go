package format

import (
	"encoding/json"
	"fmt"
	"io"
	"strconv"
)

// afasSettings are those of both ways into AFAS Profit.
func afasSettings() []Setting {
	return append([]Setting{
		{Key: "employer", Required: true, Example: "1"},     // Werkgever
		{Key: "period_table", Default: "5", Required: true}, // Periodetabel, as the employer has it
	}, periodSettings()...)
}

func checkAFAS(s Settings) error {
	if err := checkField(s["employer"]); err != nil {
		return &BadSetting{"employer", fmt.Errorf("setting employer: %w", err)}
	}
	if err := checkDigits(s["period_table"], 9); err != nil {
		return &BadSetting{"period_table", fmt.Errorf("setting period_table: %w", err)}
	}
	return nil
}

func checkAFASComponent(c string) error {
	if err := checkCode(c, 9); err != nil {
		return fmt.Errorf("%w: an AFAS component is the number of a looncomponent, like 1010", err)
	}
	return nil
}

func afasComponents() []string {
	return []string{"1000", "1010", "1020", "1030", "1040", "1050", "1060", "1070"}
}

// afasUpdate writes wage mutations for the UpdateConnector HrCompMut of AFAS
// Profit: an element per employee, period and component, whose VaD1 is the
// hours. A correction is an element with the difference.
type afasUpdate struct{}

func (afasUpdate) Name() string { return "afas-hrcompmut" }

func (afasUpdate) Schema() []Setting {
	return append(afasSettings(), Setting{Key: "bodies", Default: "one", Choices: []string{"one", "each"}}) // each: a body a line, one element in each
}

func (afasUpdate) CheckSettings(s Settings) error { return checkAFAS(s) }
func (afasUpdate) CheckComponent(c string) error  { return checkAFASComponent(c) }
func (afasUpdate) NeedsNames(Settings) bool       { return false }

func (afasUpdate) About() About {
	return About{Title: "AFAS Profit HrCompMut (JSON)", For: "Dutch employers that send to AFAS Profit by its UpdateConnector",
		Source: "the body that third-party connectors post to HrCompMut (brynq_sdk_afas, salure_helpers)", Proof: ProofLayout, Components: afasComponents()}
}

func (afasUpdate) FileType(s Settings) FileType { return jsonType(s) }

// afasElement is an element of HrCompMut. Its keys have an @, its fields none.
type afasElement struct {
	Year        int         `json:"@Year"`
	Period      int         `json:"@PeId"`
	Employee    string      `json:"@EmId"`
	Employer    string      `json:"@ErId"`
	Component   json.Number `json:"@Sc02"`
	PeriodTable json.Number `json:"@PtId"`
	Fields      afasFields  `json:"Fields"`
}

type afasFields struct {
	Hours json.Number `json:"VaD1"`
}

func (afasUpdate) Write(out io.Writer, c Content) error {
	list := newJSONList(out, `{"HrCompMut":{"Element":[`, `]}}`, false)
	if c.Settings["bodies"] == "each" {
		list = newJSONList(out, `{"HrCompMut":{"Element":`, `}}`, true)
	}
	for v, err := range periodValues(texted(c.Employees), c) {
		if err != nil {
			return err
		}
		err := list.add(afasElement{v.period.year, v.period.number, v.number, c.Settings["employer"], bareNumber(v.component), bareNumber(c.Settings["period_table"]),
			afasFields{json.Number(DecimalText(v.hundredths, "."))}})
		if err != nil {
			return fmt.Errorf("employee number %s: %w", v.number, err)
		}
	}
	return list.end()
}

// afasFile writes wage mutations as a file for the import of AFAS Profit, which
// maps the columns: UTF-8, semicolons, a line per employee, period and
// component.
type afasFile struct{}

func (afasFile) Name() string { return "afas-file" }

func (afasFile) Schema() []Setting {
	return append(afasSettings(), Setting{Key: "header", Default: "yes", Choices: []string{"yes", "no"}},
		Setting{Key: "decimal", Default: "comma", Choices: []string{"comma", "point"}})
}

func (afasFile) CheckSettings(s Settings) error { return checkAFAS(s) }
func (afasFile) CheckComponent(c string) error  { return checkAFASComponent(c) }
func (afasFile) NeedsNames(Settings) bool       { return false }

func (afasFile) About() About {
	return About{Title: "AFAS Profit file import (CSV)", For: "Dutch employers that import wage mutations into AFAS Profit",
		Source: "Importeren, https://help.afas.nl/help/nl/se/App_Import.htm: the file's shape; its columns are mapped there", Proof: ProofDocument, Components: afasComponents()}
}

func (afasFile) FileType(Settings) FileType { return FileType{"text/csv; charset=utf-8", "csv"} }

func (afasFile) Write(out io.Writer, c Content) error {
	w := newCSVWriter(out, packageCSV("utf-8"))
	if c.Settings["header"] == "yes" {
		w.write(ownCells("Medewerker", "Werkgever", "Jaar", "Periodetabel", "Periode", "Looncomponent", "Waarde"))
	}
	point := decimalPoint(c.Settings)
	for v, err := range periodValues(texted(c.Employees), c) {
		if err != nil {
			return err
		}
		w.write(ownCells(v.number, c.Settings["employer"], strconv.Itoa(v.period.year), c.Settings["period_table"], strconv.Itoa(v.period.number),
			v.component, DecimalText(v.hundredths, point)))
		if w.err != nil {
			return fmt.Errorf("employee number %s: %w", v.number, w.err)
		}
	}
	return w.close()
}
