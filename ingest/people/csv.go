package people

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"

	"tikklok/ingest/privacy/refusal"
)

// maxCSV is the largest file that is read, in bytes.
const maxCSV = 8 << 20

// Row is an employee read from a line of a CSV file.
type Row struct {
	Line     int // the file's first line is 1
	Employee Employee
	Contract string         // its name; "": none is told
	TermsOn  time.Time      // the day from which contract and hours hold; zero: the first working day
	told     map[field]bool // what the line says; the rest stays as it was
}

// Problem is what is wrong with a line; its text names the remedy.
type Problem struct {
	Line   int    // 1: the header, or the file
	Column string // as the file calls it; "": the line
	Kind   string // which problem it is, for words in another language: see ProblemKinds
	Values []int  // what the reason counts
	Reason string
}

// ProblemKinds are the kinds of problems that are no field's; the others are
// "invalid." and the field of Invalid.
func ProblemKinds() []string {
	kinds := []string{"unreadable", "large", "empty", "unknown-column", "column-twice", "no-column", "quotes", "number-twice", "columns", "hours", "date", "unknown-contract", "forbidden.numbers"}
	for _, what := range refusal.All() {
		kinds = append(kinds, "forbidden."+string(what))
	}
	return kinds
}

func (p Problem) String() string {
	if p.Column == "" {
		return fmt.Sprintf("line %d: %s", p.Line, p.Reason)
	}
	return fmt.Sprintf("line %d, %s: %s", p.Line, p.Column, p.Reason)
}

// field is a column of an employee.
type field int

const (
	fieldNumber field = iota
	fieldSurname
	fieldFirstName
	fieldEmail
	fieldContract
	fieldFrom
	fieldUntil
	fieldContractName
	fieldTermsOn
	fieldBorn
)

// fieldNamed gives the field of a header; any other is refused by name (I7).
func fieldNamed(header string) (field, bool) {
	switch strings.ToLower(strings.TrimSpace(header)) {
	case "personnel number", "personeelsnummer":
		return fieldNumber, true
	case "surname", "achternaam":
		return fieldSurname, true
	case "first name", "voornaam":
		return fieldFirstName, true
	case "e-mail", "email":
		return fieldEmail, true
	case "contract hours", "contracturen":
		return fieldContract, true
	case "from", "in dienst":
		return fieldFrom, true
	case "until", "uit dienst":
		return fieldUntil, true
	case "contract":
		return fieldContractName, true
	case "hours from", "uren vanaf":
		return fieldTermsOn, true
	case "birth date", "geboortedatum":
		return fieldBorn, true
	}
	return 0, false
}

// ParseCSV reads employees from a file with a header in English or Dutch,
// parted by ; or , and in UTF-8 or Windows-1252. Rows are those without a
// problem.
func ParseCSV(r io.Reader) ([]Row, []Problem) {
	raw, err := io.ReadAll(io.LimitReader(r, maxCSV+1))
	if err != nil {
		return nil, []Problem{{1, "", "unreadable", nil, "the file could not be read"}}
	}
	if len(raw) > maxCSV {
		return nil, []Problem{{1, "", "large", nil, "the file is larger than 8 MiB; split it"}}
	}
	text := decodeText(raw)
	c := csv.NewReader(strings.NewReader(text))
	c.Comma = delimiter(text)
	c.FieldsPerRecord = -1
	header, err := c.Read()
	if err != nil {
		return nil, []Problem{{1, "", "empty", nil, "the file is empty; its first line names the columns"}}
	}
	fields, problems := readHeader(header)
	if len(problems) > 0 {
		return nil, problems
	}
	return readRows(c, header, fields)
}

// decodeText takes valid UTF-8 as such, and anything else as Windows-1252,
// which is what spreadsheets in the Netherlands write.
func decodeText(raw []byte) string {
	raw = bytes.TrimPrefix(raw, []byte("\xef\xbb\xbf"))
	if !utf8.Valid(raw) {
		raw, _ = charmap.Windows1252.NewDecoder().Bytes(raw)
	}
	return string(raw)
}

// delimiter gives what parts the header's columns.
func delimiter(text string) rune {
	first, _, _ := strings.Cut(text, "\n")
	if strings.Count(first, ";") >= strings.Count(first, ",") {
		return ';'
	}
	return ','
}

func readHeader(header []string) ([]field, []Problem) {
	var problems []Problem
	fields := make([]field, len(header))
	seen := map[field]bool{}
	for i, name := range header {
		f, known := fieldNamed(name)
		what, forbidden := refusal.Named(name)
		switch {
		case !known && forbidden:
			problems = append(problems, Problem{1, name, "forbidden." + string(what), nil, what.Why()})
		case !known:
			problems = append(problems, Problem{1, name, "unknown-column", nil, "this column is unknown, and a field nobody declared is not stored; remove it"})
		case seen[f]:
			problems = append(problems, Problem{1, name, "column-twice", nil, "this column stands there twice; remove one"})
		}
		fields[i], seen[f] = f, seen[f] || known
	}
	for _, must := range []struct {
		field field
		name  string
	}{{fieldNumber, "personnel number"}, {fieldSurname, "surname"}, {fieldFrom, "from"}} {
		if !seen[must.field] {
			problems = append(problems, Problem{1, must.name, "no-column", nil, "this column is missing; add it"})
		}
	}
	return fields, problems
}

func readRows(c *csv.Reader, header []string, fields []field) ([]Row, []Problem) {
	var rows []Row
	var problems []Problem
	var watch refusal.Watch
	first := map[string]int{}
	for {
		record, err := c.Read()
		if errors.Is(err, io.EOF) {
			return rows, append(problems, numbers(watch, header)...)
		}
		var parse *csv.ParseError
		if errors.As(err, &parse) {
			return rows, append(problems, Problem{parse.StartLine, "", "quotes", nil, "the quotes don't match; correct them"})
		}
		line, _ := c.FieldPos(0)
		watch.Note(record)
		row, bad := readRow(record, header, fields, line)
		e := row.Employee
		if before, twice := first[e.Number]; twice && e.Number != "" {
			bad = append(bad, Problem{line, "", "number-twice", []int{before}, fmt.Sprintf("the personnel number stands on line %d too; numbers are given once", before)})
		}
		first[e.Number] = line
		if len(bad) == 0 {
			rows = append(rows, row)
		}
		problems = append(problems, bad...)
	}
}

// numbers names the columns that hold citizen service numbers, whatever they
// are called (OB-P2).
func numbers(w refusal.Watch, header []string) (problems []Problem) {
	for _, i := range w.Found() {
		name := ""
		if i < len(header) {
			name = header[i]
		}
		problems = append(problems, Problem{1, name, "forbidden.numbers", nil, "these are citizen service numbers: " + refusal.National.Why()})
	}
	return problems
}

func readRow(record, header []string, fields []field, line int) (Row, []Problem) {
	r := Row{Line: line, Employee: Employee{ContractMinutes: 2400}}
	if len(record) != len(fields) {
		return r, []Problem{{line, "", "columns", []int{len(record), len(fields)}, fmt.Sprintf("the line has %d columns and the header %d", len(record), len(fields))}}
	}
	var problems []Problem
	for i, text := range record {
		if err := r.set(fields[i], strings.TrimSpace(text)); err != nil {
			kind := "date"
			if fields[i] == fieldContract {
				kind = "hours"
			}
			problems = append(problems, Problem{line, header[i], kind, nil, err.Error()})
		}
	}
	if len(problems) == 0 {
		var wrong *Invalid
		if errors.As(errors.Join(r.Employee.check(), r.terms(0).check()), &wrong) {
			problems = append(problems, Problem{line, "", "invalid." + wrong.Field, nil, wrong.Reason})
		}
	}
	r.told = toldBy(record, fields)
	return r, problems
}

// dated says whether the line tells terms of their own, and not only the hours
// of the employee.
func (r Row) dated() bool { return r.Contract != "" || !r.TermsOn.IsZero() }

// terms gives what a line says that was agreed on.
func (r Row) terms(contract int64) Terms {
	t := Terms{From: r.TermsOn, Contract: contract, Minutes: r.Employee.ContractMinutes}
	if t.From.IsZero() {
		t.From = r.Employee.From
	}
	return t
}

// toldBy gives the fields of a line; an empty cell empties its field, but
// contract hours can't be empty.
func toldBy(record []string, fields []field) map[field]bool {
	told := map[field]bool{}
	for i, f := range fields {
		told[f] = f != fieldContract || strings.TrimSpace(record[i]) != ""
	}
	return told
}

// set puts the text of a column in its field; an empty optional one keeps the
// default.
func (r *Row) set(f field, text string) (err error) {
	e := &r.Employee
	switch {
	case f == fieldNumber:
		e.Number = text
	case f == fieldSurname:
		e.Surname = text
	case f == fieldFirstName:
		e.FirstName = text
	case f == fieldEmail:
		e.Email = text
	case f == fieldContractName:
		r.Contract = text
	case f == fieldFrom:
		e.From, err = parseDay(text)
	case text == "":
	case f == fieldContract:
		e.ContractMinutes, err = parseHours(text)
	case f == fieldUntil:
		e.Until, err = parsedDay(text)
	case f == fieldBorn:
		e.Born, err = parsedDay(text)
	case f == fieldTermsOn:
		r.TermsOn, err = parseDay(text)
	}
	return err
}

func parsedDay(text string) (*time.Time, error) {
	t, err := parseDay(text)
	return &t, err
}

// parseHours reads 38, 38.5, 38,5 or 38:30 as minutes.
func parseHours(text string) (int, error) {
	bad := errors.New("not hours a week; write 38, 38,5 or 38:30")
	if h, m, ok := strings.Cut(text, ":"); ok {
		hours, err1 := strconv.ParseUint(h, 10, 8)
		minutes, err2 := strconv.ParseUint(m, 10, 8)
		if err1 != nil || err2 != nil || len(m) != 2 || minutes > 59 {
			return 0, bad
		}
		return int(hours*60 + minutes), nil
	}
	hours, err := strconv.ParseFloat(strings.Replace(text, ",", ".", 1), 64)
	if err != nil || !(hours >= 0 && hours <= 168) {
		return 0, bad
	}
	return int(math.Round(hours * 60)), nil
}

// parseDay reads 2026-01-31, 31-01-2026, 31-1-2026 or 31/01/2026.
func parseDay(text string) (time.Time, error) {
	for _, layout := range []string{"2006-01-02", "2-1-2006", "2/1/2006"} {
		if t, err := time.Parse(layout, text); err == nil {
			return t, nil
		}
	}
	return time.Time{}, errors.New("not a date; write 2026-01-31 or 31-01-2026")
}
