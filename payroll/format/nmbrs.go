package format

import (
	"archive/zip"
	"cmp"
	"errors"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/xuri/excelize/v2"

	"tikklok/ingest/hours/calendar"
)

// nmbrsSheet writes the import sheet of variable wage components of Visma
// Nmbrs: a row per employee and period, a column per component. Values are
// numbers, everything else is text; there are no formulas, which Nmbrs takes
// for 0, and no zeroes, each of which would be an entry of its own.
//
// A correction is the difference, imported beside what is there: Nmbrs is to
// *import* the sheet, never to *update* by it.
type nmbrsSheet struct{}

func (nmbrsSheet) Name() string { return "nmbrs" }

func (nmbrsSheet) Schema() []Setting {
	return append([]Setting{
		{Key: "debtor", Required: true, Example: "1"},                 // Debiteurnr
		{Key: "company", Required: true, Example: "1"},                // Bedrijfnr
		{Key: "names", Default: "no", Choices: []string{"yes", "no"}}, // Naam, "for information" (OB-P1)
		{Key: "rows", Default: "500", Choices: []string{"500", "1000"}},
		{Key: "files", Default: "zip", Choices: []string{"zip", "one"}}, // one: a sheet that needs no unpacking, for a run that fits in it
	}, periodSettings()...)
}

func (nmbrsSheet) CheckSettings(s Settings) error {
	for _, key := range []string{"debtor", "company"} {
		if err := checkDigits(s[key], 9); err != nil {
			return &BadSetting{key, fmt.Errorf("setting %s: %w", key, err)}
		}
	}
	return nil
}

// CheckComponent takes an hour code (U2100) or a wage code (L5100).
func (nmbrsSheet) CheckComponent(c string) error {
	err := errors.New("it begins with neither")
	if strings.HasPrefix(c, "U") || strings.HasPrefix(c, "L") {
		err = checkCode(c[1:], 9)
	}
	if err != nil {
		return fmt.Errorf("%q: a Nmbrs component is U and the number of an hour code, or L and that of a wage code, like U2100: %w", c, err)
	}
	return nil
}

func (nmbrsSheet) NeedsNames(s Settings) bool { return s["names"] == "yes" }

func (nmbrsSheet) About() About {
	return About{Title: "Nmbrs import sheet (XLSX)", For: "Dutch employers and accountants with Visma Nmbrs",
		Source: "Importsheet tab: Variabele Looncomponenten, https://support.nmbrs.nl/hc/nl/articles/204052946", Proof: ProofDocument,
		Components: []string{"U2100", "U2101", "U2102", "U2103", "U2104", "U2105", "U2106", "U2107"}}
}

const xlsxType = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

func (nmbrsSheet) FileType(s Settings) FileType {
	if s["files"] == "one" {
		return FileType{xlsxType, "xlsx"}
	}
	return FileType{"application/zip", "zip"}
}

func (f nmbrsSheet) Write(out io.Writer, c Content) error {
	if c.Settings["files"] == "one" {
		return f.one(out, c)
	}
	a, n := newArchive(out, c.At), 0
	for rows, err := range nmbrsRows(c) {
		if err != nil {
			return err
		}
		n++
		w, err := a.create(fmt.Sprintf("nmbrs-%03d.xlsx", n), zip.Store)
		if err != nil {
			return err
		}
		if err := writeNmbrs(w, rows, c); err != nil {
			return fmt.Errorf("writing sheet %d: %w", n, err)
		}
	}
	return a.Close()
}

// one writes a run that fits in one sheet. It waits with the first until it
// knows that there is no second.
func (nmbrsSheet) one(out io.Writer, c Content) error {
	var only []nmbrsRow
	for rows, err := range nmbrsRows(c) {
		if err != nil {
			return err
		}
		if only != nil {
			return fmt.Errorf("the run has more than the %s rows that Nmbrs takes at once: choose files zip", c.Settings["rows"])
		}
		only = rows
	}
	return writeNmbrs(out, only, c)
}

// nmbrsRow is what one employee has in one period, in hundredths of an hour
// per component.
type nmbrsRow struct {
	number, name string
	period       payPeriod
	values       map[string]int
}

// nmbrsRows gives the rows of one sheet after the other; a run that comes to
// nothing has one without rows.
func nmbrsRows(c Content) func(yield func([]nmbrsRow, error) bool) {
	return func(yield func([]nmbrsRow, error) bool) {
		most, err := strconv.Atoi(c.Settings["rows"])
		if err != nil {
			yield(nil, err)
			return
		}
		var rows []nmbrsRow
		for e, err := range numbered(c.Employees, 9) {
			var more []nmbrsRow
			if err == nil {
				more, err = nmbrsOf(e, c)
			}
			if err != nil {
				yield(nil, err)
				return
			}
			for rows = append(rows, more...); len(rows) > most; rows = slices.Clone(rows[most:]) {
				if !yield(rows[:most], nil) {
					return
				}
			}
		}
		yield(rows, nil) // the last one is never empty unless it is the first
	}
}

// nmbrsOf gives an employee's rows, in order of period.
func nmbrsOf(e Employee, c Content) ([]nmbrsRow, error) {
	name := e.FirstName + " " + e.Surname
	if err := checkCell(name); err != nil {
		return nil, fmt.Errorf("employee number %s: %w", e.Number, err)
	}
	values := map[calendar.Period]map[string]int{}
	for _, t := range perPeriod(e, c) {
		if values[t.key.period] == nil {
			values[t.key.period] = map[string]int{}
		}
		values[t.key.period][t.key.component] = t.Hundredths
	}
	var rows []nmbrsRow
	for p, v := range values {
		number, err := payPeriodOf(p, c.Settings)
		if err != nil {
			return nil, err
		}
		rows = append(rows, nmbrsRow{e.Number, strings.TrimSpace(name), number, v})
	}
	slices.SortFunc(rows, func(a, b nmbrsRow) int {
		return cmp.Or(cmp.Compare(a.period.year, b.period.year), cmp.Compare(a.period.number, b.period.number))
	})
	return rows, nil
}

// checkCell refuses what a cell can't hold: besides what no file can, text that
// sheets read as another character (ECMA-376, ST_Xstring; excelize 2.10.1 does
// not escape it in shared strings).
func checkCell(s string) error {
	if !strings.Contains(s, "_x") {
		return checkText(s)
	}
	if code := regexp.MustCompile(`_x[0-9A-Fa-f]{4}_`).FindString(s); code != "" {
		return fmt.Errorf("%q holds %s, which a sheet reads as one character: change the text", s, code)
	}
	return checkText(s)
}

// writeNmbrs writes a sheet: names of columns in row 1, components in row 2
// from column H, values from row 3.
func writeNmbrs(out io.Writer, rows []nmbrsRow, c Content) error {
	const sheet = "Variabele Looncomponenten"
	f := excelize.NewFile()
	defer f.Close()
	f.ZipWriter = func(w io.Writer) excelize.ZipWriter { return newArchive(w, c.At) }
	if err := f.SetSheetName("Sheet1", sheet); err != nil {
		return err
	}
	components := nmbrsColumns(rows, c)
	table := [][]any{{"Debiteurnr", "Bedrijfnr", "Persnr", "Naam", "Periode", "Dagen", "DagenVoorLC"}, make([]any, 7, 7+len(components))}
	for _, component := range components {
		table[1] = append(table[1], component)
	}
	for _, r := range rows {
		table = append(table, r.cells(components, c.Settings))
	}
	for i, row := range table {
		if err := f.SetSheetRow(sheet, "A"+strconv.Itoa(i+1), &row); err != nil {
			return err
		}
	}
	last, err := excelize.CoordinatesToCellName(len(table[1]), len(table))
	if err != nil {
		return err
	}
	if err := f.SetSheetDimension(sheet, "A1:"+last); err != nil { // some readers look no further than it says
		return err
	}
	return f.Write(out)
}

// nmbrsColumns gives the components of the code map, and those that only
// corrections of what was mapped otherwise go to (I8).
func nmbrsColumns(rows []nmbrsRow, c Content) []string {
	all := map[string]bool{}
	for _, component := range c.Components {
		all[component] = true
	}
	for _, r := range rows {
		for component := range r.values {
			all[component] = true
		}
	}
	return slices.Sorted(maps.Keys(all))
}

// cells gives a row; nil is a cell that is left out.
func (r nmbrsRow) cells(components []string, s Settings) []any {
	row := []any{s["debtor"], s["company"], r.number, nil, fmt.Sprintf("%04d-%02d", r.period.year, r.period.number), nil, nil}
	if s["names"] == "yes" {
		row[3] = r.name
	}
	for _, component := range components {
		if h, ok := r.values[component]; ok {
			row = append(row, float64(h)/100) // the shortest decimal that reads back as it: exact
		} else {
			row = append(row, nil)
		}
	}
	return row
}
