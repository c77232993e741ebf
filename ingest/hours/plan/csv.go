package plan

import (
	"encoding/csv"
	"errors"
	"io"
	"strconv"
	"strings"
	"time"

	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/privacy/refusal"
)

// columns are those of a table, by the names that a header may give them.
var columns = map[string]string{
	"number": "number", "personnel number": "number", "nummer": "number", "personeelsnummer": "number",
	"date": "date", "datum": "date",
	"from": "from", "van": "from",
	"to": "to", "tot": "to",
	"break": "break", "pauze": "break",
	"site": "site", "vestiging": "site", "locatie": "site",
	"kind": "kind", "soort": "kind",
}

// kinds are the words for what is planned.
var kinds = map[string]Kind{
	"": Work, "work": Work, "werk": Work,
	"call": Call, "oproep": Call,
	"standby": Standby, "consignatie": Standby, "bereikbaar": Standby,
}

// parseTable reads a CSV file, parted by ; or , with a header.
func parseTable(text string) (File, []Problem) {
	c := csv.NewReader(strings.NewReader(text))
	c.Comma = delimiter(text)
	c.FieldsPerRecord = -1
	c.ReuseRecord = true
	header, err := c.Read()
	if err != nil {
		return File{}, []Problem{problem(1, "", "quotes")}
	}
	t := table{header: append([]string{}, header...), place: map[string]int{}}
	if t.readHeader(); len(t.problems) > 0 {
		return t.file, t.problems
	}
	for len(t.problems) < maxProblems {
		record, err := c.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		var parse *csv.ParseError
		if errors.As(err, &parse) {
			t.problems = append(t.problems, problem(parse.StartLine, "", "quotes"))
			break
		}
		t.line, _ = c.FieldPos(0)
		t.watch.Note(record)
		if len(t.file.Rows) == maxRows {
			t.problems = append(t.problems, problem(t.line, "", "many", maxRows))
			break
		}
		t.read(record)
	}
	for _, i := range t.watch.Found() { // citizen service numbers, whatever the column is called (OB-P2)
		if i < len(t.header) {
			t.problems = append(t.problems, problem(1, t.header[i], "numbers", refusal.National.Why()))
		}
	}
	return t.file, t.problems
}

// maxProblems is how many problems of a file are told; then reading stops.
const maxProblems = 100

// delimiter gives what parts the header's columns.
func delimiter(text string) rune {
	first, _, _ := strings.Cut(text, "\n")
	if strings.Count(first, ";") >= strings.Count(first, ",") {
		return ';'
	}
	return ','
}

// table is a CSV file being read.
type table struct {
	header   []string
	place    map[string]int // of each column
	line     int
	watch    refusal.Watch
	file     File
	problems []Problem
}

func (t *table) readHeader() {
	for i, name := range t.header {
		column, known := columns[strings.ToLower(strings.TrimSpace(name))]
		if _, twice := t.place[column]; known && twice {
			t.problems = append(t.problems, problem(1, name, "column-twice"))
		}
		what, forbidden := refusal.Named(name)
		switch {
		case !known && forbidden:
			t.problems = append(t.problems, problem(1, name, "forbidden", what.Why()))
		case !known:
			t.problems = append(t.problems, problem(1, name, "unknown-column"))
		}
		t.place[column] = i
	}
	for _, must := range []string{"number", "date", "from", "to"} {
		if _, ok := t.place[must]; !ok {
			t.problems = append(t.problems, problem(1, must, "no-column"))
		}
	}
}

// refuse notes a problem of the line in a column.
func (t *table) refuse(column, kind string, values ...any) {
	name := ""
	if i, ok := t.place[column]; ok {
		name = t.header[i]
	}
	t.problems = append(t.problems, problem(t.line, name, kind, values...))
}

// read takes a line; of one with a problem nothing is taken.
func (t *table) read(record []string) {
	if len(record) != len(t.header) {
		t.problems = append(t.problems, problem(t.line, "", "columns", len(record), len(t.header)))
		return
	}
	before := len(t.problems)
	cell := func(column string) string {
		i, ok := t.place[column]
		if !ok {
			return ""
		}
		return strings.Clone(strings.TrimSpace(record[i]))
	}
	row := Row{Line: t.line, Number: cell("number"), Site: cell("site")}
	if row.Number == "" {
		t.refuse("number", "no-number")
	}
	t.readTimes(&row, cell)
	var ok bool
	if row.Break, ok = ParseMinutes(cell("break")); !ok {
		t.refuse("break", "minutes", cell("break"))
	}
	if row.Kind, ok = kinds[strings.ToLower(cell("kind"))]; !ok {
		t.refuse("kind", "kind", cell("kind"))
	}
	if len(t.problems) == before {
		t.file.Rows = append(t.file.Rows, row)
	}
}

func (t *table) readTimes(row *Row, cell func(string) string) {
	date, ok := parseDay(cell("date"))
	if !ok {
		t.refuse("date", "date", cell("date"))
		return
	}
	row.From.Date, row.Off = date, cell("from") == "" && cell("to") == ""
	if row.Off {
		return
	}
	var err error
	if row.From, err = ParseLocal(date, cell("from")); err != nil {
		t.refuse("from", "time", cell("from"))
	}
	if row.To, err = ParseLocal(date, cell("to")); err != nil {
		t.refuse("to", "time", cell("to"))
	}
}

// parseDay reads 2026-01-31, 31-01-2026, 31-1-2026 or 31/01/2026.
func parseDay(text string) (calendar.Date, bool) {
	for _, layout := range []string{time.DateOnly, "2-1-2006", "2/1/2006"} {
		if t, err := time.Parse(layout, text); err == nil {
			return calendar.DateOf(t), true
		}
	}
	return calendar.Date{}, false
}

// ParseMinutes reads "", "30" and "0:30" as minutes, less than a day.
func ParseMinutes(text string) (int, bool) {
	h, m, clock := strings.Cut(text, ":")
	if !clock {
		h, m = "0", h
	}
	if text == "" {
		m = "0"
	}
	hours, err1 := strconv.ParseUint(h, 10, 8)
	minutes, err2 := strconv.ParseUint(m, 10, 16)
	n := int(hours*60 + minutes)
	return n, err1 == nil && err2 == nil && n < longest && (!clock || minutes < 60 && len(m) == 2)
}
