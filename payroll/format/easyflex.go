package format

import (
	"fmt"
	"io"
	"strings"

	"tikklok/ingest/hours/calendar"
)

// easyflexHours writes a file of hours (urenbestand) for Easyflex: a line per
// worker, client, date and wage component. Easyflex reads its columns as the
// agency's own definition of the file maps them.
//
// What it has paid it corrects by the hours declaration, so less hours than
// were sent are refused unless the agency takes them in a file.
type easyflexHours struct{}

func (easyflexHours) Name() string { return "easyflex" }

func (easyflexHours) Schema() []Setting {
	from := []string{"setting", "site", "assignment", "cost_centre"}
	return []Setting{
		{Key: "client_from", Default: from[0], Choices: from}, // where the client's (relatie) number stands
		{Key: "client", Example: "1001"},                      // with client_from setting; "": the default of the definition
		{Key: "negative", Default: "refuse", Choices: []string{"refuse", "write"}},
		{Key: "header", Default: "yes", Choices: []string{"yes", "no"}},
		{Key: "decimal", Default: "comma", Choices: []string{"comma", "point"}},
		{Key: "date", Default: "dd-mm-yyyy", Choices: []string{"dd-mm-yyyy", "dd/mm/yyyy", "yyyy-mm-dd", "yyyymmdd"}},
		{Key: "encoding", Default: "utf-8", Choices: []string{"utf-8", "utf-8-bom", "windows-1252"}},
	}
}

func (easyflexHours) CheckSettings(s Settings) error {
	if err := checkField(s["client"]); err != nil {
		return &BadSetting{"client", fmt.Errorf("setting client: %w", err)}
	}
	return nil
}

// CheckComponent takes the code of a wage component (looncomponentcode), which
// the agency gives.
func (easyflexHours) CheckComponent(c string) error {
	if strings.TrimSpace(c) == "" {
		return fmt.Errorf("%q: an Easyflex component is the code of a wage component", c)
	}
	return checkField(c)
}

func (easyflexHours) NeedsNames(Settings) bool { return false }

func (easyflexHours) About() About {
	return About{Title: "Easyflex hours file (CSV)", For: "Dutch employment agencies with Easyflex",
		Source: "FAQ Urenbestanden and Urenbestand-definities, https://handboek.easyflex.net/handboek/latest/faq-urenbestanden", Proof: ProofDocument,
		Components: []string{"1000", "1010", "1020", "1030", "1040", "1050", "1060", "1070"}}
}

func (easyflexHours) FileType(s Settings) FileType { return lineCSV{}.FileType(s) }

// easyflexLine is what Easyflex has one line of.
type easyflexLine struct {
	client    string
	day       calendar.Date
	component string
}

func (f easyflexHours) Write(out io.Writer, c Content) error {
	w := newCSVWriter(out, packageCSV(c.Settings["encoding"]))
	if c.Settings["header"] == "yes" {
		w.write(ownCells("Flexwerker", "Relatie", "Datum", "Looncomponentcode", "Uren"))
	}
	point := decimalPoint(c.Settings)
	for e, err := range texted(c.Employees) {
		if err != nil {
			return err
		}
		for _, t := range totals(e.Lines, func(l Line) easyflexLine { return easyflexLine{f.client(l, c.Settings), l.Day, l.Component} }) {
			if t.Hundredths == 0 {
				continue
			}
			if err := f.check(e, t, c.Settings); err != nil {
				return err
			}
			w.write(ownCells(e.Number, t.key.client, dateText(t.key.day, c.Settings["date"]), t.key.component, DecimalText(t.Hundredths, point)))
			if w.err != nil {
				return fmt.Errorf("employee number %s, %s: %w", e.Number, t.key.day, w.err)
			}
		}
	}
	return w.close()
}

func (easyflexHours) client(l Line, s Settings) string {
	switch s["client_from"] {
	case "site":
		return l.Site
	case "assignment":
		return l.Assignment
	case "cost_centre":
		return l.CostCentre
	}
	return s["client"]
}

func (easyflexHours) check(e Employee, t total[easyflexLine], s Settings) error {
	switch {
	case t.Hundredths < 0 && s["negative"] == "refuse":
		return fmt.Errorf("employee number %s has %s hours of component %s on %s: Easyflex corrects what it paid by the hours declaration; choose negative write, and correct it there only if the line was not taken, since both would take it back twice",
			e.Number, DecimalText(t.Hundredths, "."), t.key.component, t.key.day)
	case s["client_from"] != "setting" && strings.TrimSpace(t.key.client) == "":
		return fmt.Errorf("employee number %s has no %s on %s, which setting client_from takes the client from: give one, or name the client in the settings",
			e.Number, strings.ReplaceAll(s["client_from"], "_", " "), t.key.day)
	}
	if err := checkField(t.key.client); err != nil {
		return fmt.Errorf("employee number %s, client on %s: %w", e.Number, t.key.day, err)
	}
	return nil
}
