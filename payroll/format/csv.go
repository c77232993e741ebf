package format

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// lineCSV writes a line of text per neutral line. What a package's own import
// screen can map, this can be set to.
type lineCSV struct{}

func (lineCSV) Name() string { return "csv" }

func (lineCSV) Schema() []Setting {
	return []Setting{
		{Key: "columns", Default: "employee_number,date,component,hours", Required: true}, // name or name:header, in order
		{Key: "lines", Default: "each", Choices: []string{"each", "total"}},               // total: one per employee, period and component
		{Key: "hours", Default: "decimal", Choices: []string{"decimal", "clock", "minutes"}},
		{Key: "decimal", Default: "comma", Choices: []string{"comma", "point"}},
		{Key: "delimiter", Default: "semicolon", Choices: []string{"semicolon", "comma", "tab", "pipe"}},
		{Key: "header", Default: "yes", Choices: []string{"yes", "no"}},
		{Key: "date", Default: "yyyy-mm-dd", Choices: []string{"yyyy-mm-dd", "dd-mm-yyyy", "dd/mm/yyyy", "dd.mm.yyyy", "mm/dd/yyyy", "yyyymmdd"}},
		{Key: "encoding", Default: "utf-8", Choices: []string{"utf-8", "utf-8-bom", "windows-1252"}},
		{Key: "unmappable", Default: "refuse", Choices: []string{"refuse", "transliterate"}}, // letters that windows-1252 lacks
		{Key: "quotes", Default: "needed", Choices: []string{"needed", "always", "never"}},
		{Key: "formulas", Default: "defuse", Choices: []string{"defuse", "keep"}}, // text that a spreadsheet would run
		{Key: "newline", Default: "crlf", Choices: []string{"crlf", "lf"}},
	}
}

func (lineCSV) CheckSettings(s Settings) error {
	columns, err := parseColumns(s["columns"])
	if err != nil {
		return &BadSetting{"columns", err}
	}
	if s["lines"] == "total" {
		for _, c := range columns {
			if !slices.Contains(totalColumns[:], c.name) {
				return &BadSetting{"columns", fmt.Errorf("setting columns names %q, which a total has not; there are %s", c.name, strings.Join(totalColumns[:], ", "))}
			}
		}
	}
	decimals := slices.ContainsFunc(columns, func(c column) bool { return c.name == "hours" }) && s["hours"] == "decimal"
	if decimals && s["delimiter"] == "comma" && s["decimal"] == "comma" && s["quotes"] == "never" {
		return &BadSetting{"delimiter", fmt.Errorf("settings delimiter and decimal are both comma while quotes is never: choose another delimiter or decimal point")}
	}
	for _, c := range columns {
		w := newCSVWriter(io.Discard, s)
		if w.write([]cell{{text: c.header}}); w.err != nil {
			return &BadSetting{"columns", fmt.Errorf("setting columns: header %q: %w", c.header, w.err)}
		}
	}
	return nil
}

func (lineCSV) CheckComponent(c string) error { return checkText(c) }

func (lineCSV) NeedsNames(s Settings) bool { // OB-P1
	columns, err := parseColumns(s["columns"])
	return err == nil && slices.ContainsFunc(columns, func(c column) bool {
		return c.name == "name" || c.name == "surname" || c.name == "first_name"
	})
}

func (lineCSV) About() About {
	return About{Title: "CSV, a line each", For: "any package with an import screen", Source: "RFC 4180, with the columns that you choose", Proof: ProofDocument,
		Components: []string{"1000", "1010", "1020", "1030", "1040", "1050", "1060", "1070"}}
}

func (lineCSV) FileType(s Settings) FileType {
	return FileType{"text/csv; charset=" + strings.TrimSuffix(s["encoding"], "-bom"), "csv"}
}

func (lineCSV) Write(out io.Writer, c Content) error {
	columns, err := parseColumns(c.Settings["columns"])
	if err != nil {
		return err
	}
	w := newCSVWriter(out, c.Settings)
	if c.Settings["header"] == "yes" {
		header := make([]cell, len(columns))
		for i, col := range columns {
			header[i].text = col.header
		}
		w.write(header)
	}
	asked := slices.ContainsFunc(columns, func(c column) bool { return c.name == "employee_number" })
	row := make([]cell, len(columns))
	for e, err := range c.Employees {
		if err != nil {
			return err
		}
		if asked {
			if err := needNumber(e); err != nil {
				return err
			}
		}
		lines := e.Lines
		if c.Settings["lines"] == "total" {
			lines = totalLines(lines)
		}
		for n := range lines {
			l := &lines[n]
			for i, col := range columns {
				row[i] = csvCell(col.name, &e, l, c.Settings)
			}
			if w.write(row); w.err != nil {
				return fmt.Errorf("employee number %s, %s: %w", l.Number, l.Day, w.err)
			}
		}
	}
	return w.close()
}

// column is one column with its header.
type column struct{ name, header string }

var csvColumns = [...]string{"employee_number", "name", "surname", "first_name", "date", "period_from", "period_to", "code",
	"kind", "component", "hours", "minutes", "site", "cost_centre", "assignment", "correction", "line_id"}

// totalColumns are those that mean something of a total.
var totalColumns = [...]string{"employee_number", "name", "surname", "first_name", "period_from", "period_to", "component", "hours", "minutes"}

// totalLines makes one line of an employee's lines of a period and component;
// what comes to nothing is left out.
func totalLines(lines []Line) []Line {
	var sums []Line
	for _, t := range totals(lines, func(l Line) periodComponent { return periodComponent{l.Period, l.Component} }) {
		if t.Amount == (Amount{}) {
			continue
		}
		t.line.Minutes, t.line.Hundredths = t.Minutes, t.Hundredths
		sums = append(sums, t.line)
	}
	return sums
}

func parseColumns(setting string) ([]column, error) {
	var columns []column
	for _, part := range strings.Split(setting, ",") {
		name, header, own := strings.Cut(strings.TrimSpace(part), ":")
		if !own {
			header = name
		}
		if !slices.Contains(csvColumns[:], name) {
			return nil, fmt.Errorf("setting columns names %q; there are %s", name, strings.Join(csvColumns[:], ", "))
		}
		if slices.ContainsFunc(columns, func(c column) bool { return c.header == header }) {
			return nil, fmt.Errorf("setting columns has the header %q twice: name one of them anew, like %s:%s2", header, name, header)
		}
		columns = append(columns, column{name, header})
	}
	return columns, nil
}

// cell is a field; ours holds nothing that people typed.
type cell struct {
	text string
	ours bool
}

func csvCell(name string, e *Employee, l *Line, s Settings) cell {
	switch name {
	case "employee_number":
		return cell{text: l.Number}
	case "name":
		return cell{text: strings.TrimSpace(e.FirstName + " " + e.Surname)}
	case "surname":
		return cell{text: e.Surname}
	case "first_name":
		return cell{text: e.FirstName}
	case "date":
		return cell{dateText(l.Day, s["date"]), true}
	case "period_from":
		return cell{dateText(l.Period.From, s["date"]), true}
	case "period_to":
		return cell{dateText(l.Period.To, s["date"]), true}
	case "code":
		return cell{text: l.Code}
	case "component":
		return cell{text: l.Component}
	case "hours":
		return cell{hoursText(l, s), true}
	case "minutes":
		return cell{strconv.Itoa(l.Minutes), true}
	case "kind":
		return cell{cmp.Or(string(l.Kind), "worked"), true}
	case "site":
		return cell{text: l.Site}
	case "cost_centre":
		return cell{text: l.CostCentre}
	case "assignment":
		return cell{text: l.Assignment}
	case "correction":
		return cell{strconv.Itoa(int(min(l.Corrects, 1))), true}
	default: // line_id
		return cell{strconv.FormatInt(l.ID, 10), true}
	}
}

func hoursText(l *Line, s Settings) string {
	switch s["hours"] {
	case "clock":
		return ClockText(l.Minutes)
	case "minutes":
		return strconv.Itoa(l.Minutes)
	}
	return DecimalText(l.Hundredths, decimalPoint(s))
}

func decimalPoint(s Settings) string {
	if s["decimal"] == "point" {
		return "."
	}
	return ","
}

// csvWriter writes rows; after its first error it writes nothing more.
type csvWriter struct {
	b         *bufio.Writer
	err       error
	delimiter rune
	quotes    string
	defuse    bool
	newline   string
	encode    encoder
}

func newCSVWriter(out io.Writer, s Settings) *csvWriter {
	w := &csvWriter{b: bufio.NewWriterSize(out, 64<<10), quotes: s["quotes"], defuse: s["formulas"] == "defuse", newline: "\r\n", encode: encodeUTF8}
	w.delimiter = map[string]rune{"semicolon": ';', "comma": ',', "tab": '\t', "pipe": '|'}[s["delimiter"]]
	if s["newline"] == "lf" {
		w.newline = "\n"
	}
	switch s["encoding"] {
	case "utf-8-bom":
		w.b.WriteString("\uFEFF")
	case "windows-1252":
		w.encode = encode1252(s["unmappable"] == "transliterate")
	}
	return w
}

func (w *csvWriter) write(row []cell) {
	for i, c := range row {
		if w.err != nil {
			return
		}
		if i > 0 {
			w.b.WriteRune(w.delimiter)
		}
		w.err = w.field(c)
	}
	w.b.WriteString(w.newline)
}

// close writes out what is left.
func (w *csvWriter) close() error {
	return cmp.Or(w.err, w.b.Flush())
}

func (w *csvWriter) field(c cell) error {
	text := c.text
	if w.defuse && !c.ours && isFormula(text) {
		text = "'" + text
	}
	special := w.isSpecial(text)
	switch {
	case special && w.quotes == "never":
		return fmt.Errorf("%q holds a delimiter, quote or line end while setting quotes is never: change the text or the setting", text)
	case w.quotes == "always" || w.quotes == "needed" && (special || strings.TrimSpace(text) != text):
		text = `"` + strings.ReplaceAll(text, `"`, `""`) + `"`
	}
	return w.encode(w.b, text)
}

// isSpecial says whether a field needs quotes: delimiters are ASCII.
func (w *csvWriter) isSpecial(text string) bool {
	for i := range len(text) {
		if c := text[i]; c == byte(w.delimiter) || c == '"' || c == '\r' || c == '\n' {
			return true
		}
	}
	return false
}

// isFormula says whether a spreadsheet could take the text for a formula
// (OWASP, CSV injection: = + - @, tab and carriage return in front; their
// full-width forms too, which Excel in some languages takes as well).
func isFormula(text string) bool {
	first, _ := utf8.DecodeRuneInString(text)
	return text != "" && strings.ContainsRune("=+-@\t\r\n＝＋－＠", first)
}

// packageCSV are the settings of a CSV that a package reads: nothing in it is
// changed, so what a spreadsheet would run has to be refused before.
func packageCSV(encoding string) Settings {
	return Settings{"delimiter": "semicolon", "quotes": "needed", "formulas": "keep", "newline": "crlf", "unmappable": "refuse", "encoding": encoding}
}

// checkField refuses text for such a CSV.
func checkField(s string) error {
	if isFormula(s) {
		return fmt.Errorf("%q is a formula to a spreadsheet: change the text", s)
	}
	return checkText(s)
}

func ownCells(texts ...string) []cell {
	row := make([]cell, len(texts))
	for i, text := range texts {
		row[i] = cell{text, true}
	}
	return row
}
