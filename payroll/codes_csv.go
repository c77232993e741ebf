package payroll

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"

	"tikklok/ingest/privacy/refusal"
	"tikklok/payroll/format"
)

// maxCodesFile is the largest file of a code map that is read, in bytes.
const maxCodesFile = 1 << 20

// CodeRow is one line of the file of a code map.
type CodeRow struct {
	Line      int // the header is 1
	Code      string
	Component string // "": unmapped
	Meaning   string // what the code stands for: written for people, not read back
}

// WriteCodes writes a code map as CSV that ReadCodes gives the same rows of:
// UTF-8 with a mark and semicolons, as spreadsheets here open it. What a
// spreadsheet would run as a formula is kept from it by an apostrophe.
func WriteCodes(w io.Writer, rows []CodeRow) error {
	if _, err := io.WriteString(w, "\uFEFF"); err != nil {
		return fmt.Errorf("writing a code map: %w", err)
	}
	c := csv.NewWriter(w)
	c.Comma, c.UseCRLF = ';', true
	_ = c.Write([]string{"code", "component", "meaning"}) // Error tells
	for _, r := range rows {
		_ = c.Write([]string{defused(r.Code), defused(r.Component), defused(r.Meaning)})
	}
	c.Flush()
	if err := c.Error(); err != nil {
		return fmt.Errorf("writing a code map: %w", err)
	}
	return nil
}

const formulas = "=+-@\t'"

func defused(s string) string {
	if s != "" && strings.ContainsRune(formulas, rune(s[0])) {
		return "'" + s
	}
	return s
}

func armed(s string) string {
	s = strings.TrimSpace(s)
	if len(s) > 1 && s[0] == '\'' && strings.ContainsRune(formulas, rune(s[1])) {
		return s[1:]
	}
	return s
}

// ReadCodes reads a code map from CSV with a header in English or Dutch, parted
// by ; , or a tab, in UTF-8 or Windows-1252. Columns: code, component, and
// optionally meaning, which is not read. Faults name their line; rows are those
// without one.
func ReadCodes(r io.Reader) (rows []CodeRow, faults CodeFaults) {
	raw, err := io.ReadAll(io.LimitReader(r, maxCodesFile+1))
	switch {
	case err != nil:
		return nil, CodeFaults{{Line: 1, Kind: FaultUnreadable, Err: errors.New("the file could not be read; send it again")}}
	case len(raw) > maxCodesFile:
		return nil, CodeFaults{{Line: 1, Kind: FaultUnreadable, Err: errors.New("the file is larger than 1 MiB, which no code map is; choose the right file")}}
	}
	text := textOf(raw)
	c := csv.NewReader(strings.NewReader(text))
	c.FieldsPerRecord = -1
	c.Comma = delimiterOf(text)
	header, err := c.Read()
	if err != nil {
		return nil, CodeFaults{{Line: 1, Kind: FaultEmpty, Err: errors.New("the file is empty; its first line names the columns: code;component")}}
	}
	code, component, faults := columnsOf(header)
	if len(faults) > 0 {
		return nil, faults
	}
	first := map[string]int{}
	for {
		record, err := c.Read()
		if errors.Is(err, io.EOF) {
			return rows, faults
		}
		line, _ := c.FieldPos(0)
		if err != nil {
			var broken *csv.ParseError
			if errors.As(err, &broken) {
				line = broken.StartLine
			}
			return rows, append(faults, CodeFault{Line: line, Kind: FaultUnreadable, Err: errors.New("a quotation mark is wrong: a field that holds one is put in quotation marks, and the mark itself doubled")})
		}
		row, fault := codeRow(record, line, code, component)
		switch was := first[row.Code]; {
		case fault.Err != nil:
			faults = append(faults, fault)
		case row.Code == "":
		case was > 0:
			faults = append(faults, CodeFault{Line: line, Code: row.Code, Kind: FaultTwice, Other: strconv.Itoa(was), Err: fmt.Errorf("the code stands on line %d already; remove one of the two", was)})
		default:
			first[row.Code], rows = line, append(rows, row)
		}
	}
}

// codeRow is a line; without a code: one to leave out.
func codeRow(record []string, line, code, component int) (CodeRow, CodeFault) {
	if len(strings.TrimSpace(strings.Join(record, ""))) == 0 {
		return CodeRow{}, CodeFault{}
	}
	if len(record) <= max(code, component) {
		return CodeRow{}, CodeFault{Line: line, Kind: FaultShort, Err: fmt.Errorf("the line has %d columns, the header names more; add what is missing", len(record))}
	}
	row := CodeRow{Line: line, Code: armed(record[code]), Component: armed(record[component])}
	if row.Code == "" {
		return CodeRow{}, CodeFault{Line: line, Kind: FaultCode, Err: errors.New("the line names no pay code of ours; fill in the column code, or remove the line")}
	}
	return row, CodeFault{}
}

// textOf takes valid UTF-8 as such, and anything else as Windows-1252, which is
// what spreadsheets in the Netherlands write.
func textOf(raw []byte) string {
	raw = bytes.TrimPrefix(raw, []byte("\xef\xbb\xbf"))
	if !utf8.Valid(raw) {
		raw, _ = charmap.Windows1252.NewDecoder().Bytes(raw)
	}
	return string(raw)
}

// delimiterOf gives what parts the header's columns.
func delimiterOf(text string) rune {
	header, _, _ := strings.Cut(text, "\n")
	return slices.MaxFunc([]rune{';', ',', '\t'}, func(a, b rune) int {
		return strings.Count(header, string(a)) - strings.Count(header, string(b))
	})
}

// columnsOf gives the places of code and component in the header.
func columnsOf(header []string) (code, component int, faults CodeFaults) {
	place := map[string]int{}
	for i, name := range header {
		switch name := strings.ToLower(strings.TrimSpace(name)); name {
		case "code", "onze code", "our code", "looncode":
			faults = append(faults, placed(place, "code", i)...)
		case "component", "their code", "code van het pakket", "package code", "looncomponent":
			faults = append(faults, placed(place, "component", i)...)
		case "meaning", "betekenis", "":
		default:
			if what, forbidden := refusal.Named(name); forbidden {
				faults = append(faults, CodeFault{Line: 1, Kind: FaultForbidden, Other: name, Err: fmt.Errorf("column %q: %s", name, what.Why())})
				continue
			}
			faults = append(faults, CodeFault{Line: 1, Kind: FaultColumns, Other: name, Err: fmt.Errorf("column %q is unknown; there are code, component and meaning", name)})
		}
	}
	for _, name := range []string{"code", "component"} {
		if _, ok := place[name]; !ok {
			faults = append(faults, CodeFault{Line: 1, Kind: FaultColumns, Other: name, Err: fmt.Errorf("column %s is missing; the first line reads code;component", name)})
		}
	}
	return place["code"], place["component"], faults
}

func placed(place map[string]int, name string, i int) CodeFaults {
	if _, twice := place[name]; twice {
		return CodeFaults{{Line: 1, Kind: FaultColumns, Other: name, Err: fmt.Errorf("column %s stands there twice; remove one", name)}}
	}
	place[name] = i
	return nil
}

// CodesOf makes a destination's code map of a file's rows. Faults name the line
// of each code that is none of ours, whose component the format can't take, or
// that goes round.
func CodesOf(d Destination, rows []CodeRow, ours []string) (map[string]string, CodeFaults) {
	f, err := format.ByName(d.Format)
	if err != nil {
		return nil, CodeFaults{{Line: 1, Kind: FaultUnreadable, Err: err}}
	}
	codes, lines := map[string]string{}, map[string]int{}
	var faults CodeFaults
	for _, r := range rows {
		lines[r.Code] = r.Line
		if !slices.Contains(ours, r.Code) {
			faults = append(faults, CodeFault{Line: r.Line, Code: r.Code, Kind: FaultUnknown, Err: errors.New("we have no such pay code; correct it, or give it in the rules first")})
		}
		if r.Component != "" {
			codes[r.Code] = r.Component
		}
	}
	for _, fault := range codeFaults(f, codes) {
		fault.Line = lines[fault.Code]
		faults = append(faults, fault)
	}
	slices.SortStableFunc(faults, func(a, b CodeFault) int { return a.Line - b.Line })
	return codes, faults
}
