package format

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// loketCSV writes the import file of variable data of Loket.nl: a row per
// employee, a column per component, numbers only. The period is chosen when
// the file is imported, so all hours of a run are of the period it is paid in,
// corrections of earlier ones too: those are differences, negative where need
// be.
type loketCSV struct{}

func (loketCSV) Name() string { return "loket" }

func (loketCSV) Schema() []Setting {
	return []Setting{
		{Key: "employer", Required: true, Example: "5555"}, // aanslnr
		{Key: "shift", Example: "1"},                       // ploeg; "": as Loket has it
	}
}

func (loketCSV) CheckSettings(s Settings) error {
	if err := checkDigits(s["employer"], 9); err != nil {
		return &BadSetting{"employer", fmt.Errorf("setting employer: %w", err)}
	}
	if s["shift"] == "" {
		return nil
	}
	if err := checkDigits(s["shift"], 4); err != nil {
		return &BadSetting{"shift", fmt.Errorf("setting shift: %w", err)}
	}
	return nil
}

// CheckComponent takes a component's number. With zeroes in front it would be
// the same component under two names, which Loket refuses.
func (loketCSV) CheckComponent(c string) error {
	if err := checkCode(c, 9); err != nil {
		return fmt.Errorf("%w: a Loket component is its number, like 28", err)
	}
	return nil
}

func (loketCSV) NeedsNames(Settings) bool { return false }

func (loketCSV) About() About {
	return About{Title: "Loket.nl variable data (CSV)", For: "Dutch employers and accountants with Loket.nl",
		Source: "Import variabele gegevens: Het maken van het bestand, https://helpdesk.loket.nl/hc/nl/articles/205729448", Proof: ProofDocument,
		Components: []string{"1", "28", "29", "30", "31", "32", "33", "34"}}
}

func (loketCSV) FileType(Settings) FileType { return FileType{"text/csv; charset=us-ascii", "csv"} }

// loketRow is an employee's row: few bytes, as all wait for the last one, which
// may bring another column.
type loketRow struct {
	number string
	values []loketValue
}

type loketValue struct {
	component  string
	hundredths int
}

func (f loketCSV) Write(out io.Writer, c Content) error {
	var rows []loketRow
	columns := map[string]bool{}
	for _, component := range c.Components {
		columns[component] = true
	}
	for e, err := range numbered(c.Employees, 9) {
		if err != nil {
			return err
		}
		row := loketRow{number: e.Number}
		for _, t := range totals(e.Lines, func(l Line) string { return l.Component }) {
			if t.Hundredths != 0 {
				columns[t.key] = true
				row.values = append(row.values, loketValue{t.key, t.Hundredths})
			}
		}
		if len(row.values) > 0 {
			rows = append(rows, row)
		}
	}
	return f.table(out, rows, columns, c.Settings)
}

func (loketCSV) table(out io.Writer, rows []loketRow, columns map[string]bool, s Settings) error {
	order := slices.SortedFunc(maps.Keys(columns), func(a, b string) int {
		return cmp.Or(cmp.Compare(len(a), len(b)), strings.Compare(a, b)) // by number
	})
	place := map[string]int{}
	for i, component := range order {
		place[component] = 3 + i
	}
	w := newPlainWriter(out, ";")
	if err := w.write(append([]string{"aanslnr", "persnr", "ploeg"}, order...)...); err != nil {
		return err
	}
	fields := make([]string, 3+len(order))
	for _, row := range rows {
		clear(fields)
		fields[0], fields[1], fields[2] = s["employer"], row.number, s["shift"]
		for _, v := range row.values {
			fields[place[v.component]] = DecimalText(v.hundredths, ",")
		}
		if err := w.write(fields...); err != nil {
			return fmt.Errorf("employee number %s: %w", row.number, err)
		}
	}
	return w.flush()
}
