package bi

import (
	"archive/zip"
	"cmp"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"

	"github.com/xuri/excelize/v2"

	"tikklok/ingest/hours"
	"tikklok/ingest/hours/calendar"
	"tikklok/payroll/format"
)

// mostRows is how many rows a sheet holds, its head included: Excel's limit.
const mostRows = excelize.TotalRows

// book is a workbook in the making.
type book struct {
	file    *excelize.File
	words   words
	styles  styles
	most    int // rows a sheet
	lines   []*sheet
	persons []*sheet
	totals  map[codeKind]format.Amount
}

// codeKind names a row of the totals.
type codeKind struct {
	code string
	kind hours.LineKind
}

func (a codeKind) compare(b codeKind) int {
	return cmp.Or(cmp.Compare(a.kind, b.kind), cmp.Compare(a.code, b.code)) // worked comes first
}

type styles struct{ head, title, day, hours, total, totalHours int }

// sheet is written row by row, to a temporary file where it is long.
type sheet struct {
	name string
	out  *excelize.StreamWriter
	rows int
}

func (s *sheet) add(style int, cells ...any) error {
	s.rows++
	return s.out.SetRow(fmt.Sprintf("A%d", s.rows), cells, excelize.RowOpts{StyleID: style})
}

func newBook(language string, most int) (*book, error) {
	k := &book{file: excelize.NewFile(), words: wordsOf(language), most: most, totals: map[codeKind]format.Amount{}}
	bold, thin := &excelize.Font{Bold: true}, func(side string) []excelize.Border {
		return []excelize.Border{{Type: side, Color: "808080", Style: 1}}
	}
	day, two := "yyyy-mm-dd", "#,##0.00"
	for _, s := range []struct {
		at *int
		is excelize.Style
	}{
		{&k.styles.head, excelize.Style{Font: bold, Border: thin("bottom")}},
		{&k.styles.title, excelize.Style{Font: &excelize.Font{Bold: true, Size: 14}}},
		{&k.styles.day, excelize.Style{CustomNumFmt: &day}},
		{&k.styles.hours, excelize.Style{CustomNumFmt: &two}},
		{&k.styles.total, excelize.Style{Font: bold, Border: thin("top")}},
		{&k.styles.totalHours, excelize.Style{Font: bold, Border: thin("top"), CustomNumFmt: &two}},
	} {
		id, err := k.file.NewStyle(&s.is)
		if err != nil {
			return nil, fmt.Errorf("making a workbook: %w", err)
		}
		*s.at = id
	}
	if err := k.file.SetDocProps(&excelize.DocProperties{Creator: "Tikklok"}); err != nil { // else the library's author
		return nil, fmt.Errorf("making a workbook: %w", err)
	}
	return k, k.file.SetSheetName("Sheet1", k.words.totals)
}

// open begins a sheet with a head that stays in sight; freeze 0: no head.
func (k *book) open(name string, freeze int, widths ...float64) (*sheet, error) {
	if _, err := k.file.NewSheet(name); err != nil {
		return nil, fmt.Errorf("adding a sheet: %w", err)
	}
	out, err := k.file.NewStreamWriter(name)
	if err != nil {
		return nil, fmt.Errorf("adding a sheet: %w", err)
	}
	for i, width := range widths {
		if err := out.SetColWidth(i+1, i+1, width); err != nil {
			return nil, fmt.Errorf("adding a sheet: %w", err)
		}
	}
	if freeze > 0 {
		err = out.SetPanes(&excelize.Panes{Freeze: true, YSplit: freeze, TopLeftCell: fmt.Sprintf("A%d", freeze+1), ActivePane: "bottomLeft"})
	}
	return &sheet{name: name, out: out}, err
}

// head begins a sheet with the names of its columns.
func (k *book) head(name string, columns []string, widths ...float64) (*sheet, error) {
	s, err := k.open(name, 1, widths...)
	if err != nil {
		return nil, err
	}
	cells := make([]any, len(columns))
	for i, c := range columns {
		cells[i] = excelize.Cell{StyleID: k.styles.head, Value: c}
	}
	return s, s.add(0, cells...)
}

func (k *book) fill(b Workbook) error {
	totals, err := k.open(k.words.totals, 0, 16, 18, 12, 12)
	if err != nil {
		return err
	}
	if err := k.morePersons(); err != nil {
		return err
	}
	for e, err := range b.Employees {
		if err != nil {
			return err
		}
		if err := k.employee(e, b); err != nil {
			return err
		}
	}
	if len(k.lines) == 0 {
		if err := k.moreLines(); err != nil {
			return err
		}
	}
	if err := k.exceptions(b); err != nil {
		return err
	}
	if err := k.summary(totals, b); err != nil {
		return err
	}
	for _, s := range slices.Concat(k.lines, k.persons, []*sheet{totals}) {
		if err := s.out.Flush(); err != nil {
			return fmt.Errorf("writing sheet %s: %w", s.name, err)
		}
	}
	return nil
}

// moreLines begins a sheet of lines.
func (k *book) moreLines() (err error) {
	k.lines, err = k.another(k.lines, k.words.lines, k.words.lineColumns, 14, 12, 22, 14, 14, 10, 18, 10, 10, 12, 12)
	return err
}

// morePersons begins a sheet of employees' totals.
func (k *book) morePersons() (err error) {
	k.persons, err = k.another(k.persons, k.words.persons, k.words.personColumns, 16, 12, 18, 12, 12)
	return err
}

// another begins one more sheet beside those that are full.
func (k *book) another(full []*sheet, name string, columns []string, widths ...float64) ([]*sheet, error) {
	if n := len(full); n > 0 {
		name = fmt.Sprintf("%s %d", name, n+1)
	}
	s, err := k.head(name, columns, widths...)
	return append(full, s), err
}

// The columns of a sheet of lines that formulas read.
const (
	codeColumn    = "F"
	kindColumn    = "G"
	minutesColumn = "H"
	hoursColumn   = "I"
)

// employee writes the lines of one, all on one sheet, and their totals.
func (k *book) employee(e format.Employee, b Workbook) error {
	if len(e.Lines) >= k.most {
		return fmt.Errorf("employee %s has %d lines, more than a sheet holds: choose a shorter period", e.Number, len(e.Lines))
	}
	if n := len(k.lines); n == 0 || k.lines[n-1].rows+len(e.Lines) > k.most {
		if err := k.moreLines(); err != nil {
			return err
		}
	}
	s, sums := k.lines[len(k.lines)-1], map[codeKind]format.Amount{}
	first := s.rows + 1
	for _, l := range e.Lines {
		if err := k.line(s, l, b); err != nil {
			return err
		}
		at := codeKind{l.Code, l.Kind}
		sums[at] = plus(sums[at], format.Amount{Minutes: l.Minutes, Hundredths: l.Hundredths})
	}
	for _, at := range slices.SortedFunc(maps.Keys(sums), codeKind.compare) {
		if k.persons[len(k.persons)-1].rows >= k.most {
			if err := k.morePersons(); err != nil {
				return err
			}
		}
		persons := k.persons[len(k.persons)-1]
		row := persons.rows + 1
		cell := sumWhere([]*sheet{s}, first, s.rows, fmt.Sprintf("B%d", row), fmt.Sprintf("C%d", row))
		if err := persons.add(0, e.Number, at.code, k.words.kind(at.kind), cell(minutesColumn, sums[at].Minutes, 0),
			cell(hoursColumn, float64(sums[at].Hundredths)/100, k.styles.hours)); err != nil {
			return err
		}
		k.totals[at] = plus(k.totals[at], sums[at])
	}
	return nil
}

func plus(a, b format.Amount) format.Amount {
	return format.Amount{Minutes: a.Minutes + b.Minutes, Hundredths: a.Hundredths + b.Hundredths}
}

func (k *book) line(s *sheet, l format.Line, b Workbook) error {
	correction := any(nil)
	if l.Corrects != 0 {
		correction = k.words.yes
	}
	approved := l.ApprovedAt.In(b.At.Location())
	return s.add(0, l.Number, excelize.Cell{StyleID: k.styles.day, Value: excelDay(l.Day)}, l.Site, l.CostCentre, l.Assignment, l.Code, k.words.kind(l.Kind),
		l.Minutes, excelize.Cell{StyleID: k.styles.hours, Value: float64(l.Hundredths) / 100}, correction,
		excelize.Cell{StyleID: k.styles.day, Value: excelDay(calendar.DateOf(approved))})
}

// sumWhere gives cells that hold a sum over rows of sheets of lines, as value
// and as formula, where code and kind are as in the cells given. EXACT, for
// SUMIFS takes code "0100" for "100", and "n" for "N".
func sumWhere(sheets []*sheet, first, last int, code, kind string) func(column string, value any, style int) excelize.Cell {
	return func(column string, value any, style int) excelize.Cell {
		formula := ""
		for _, s := range sheets {
			to := last
			if to == 0 {
				to = max(s.rows, first)
			}
			in := func(c string) string { return fmt.Sprintf("'%s'!$%s$%d:$%s$%d", s.name, c, first, c, to) }
			if formula != "" {
				formula += "+"
			}
			formula += fmt.Sprintf("SUMPRODUCT(EXACT(%s,%s)*EXACT(%s,%s)*%s)", in(codeColumn), code, in(kindColumn), kind, in(column))
		}
		return excelize.Cell{StyleID: style, Formula: formula, Value: value}
	}
}

// summary writes the sheet of totals.
func (k *book) summary(s *sheet, b Workbook) error {
	if err := s.add(0, excelize.Cell{StyleID: k.styles.title, Value: fmt.Sprintf(k.words.title, b.Period.From, b.Period.To)}); err != nil {
		return err
	}
	if err := s.add(0, fmt.Sprintf(k.words.made, b.At.Format("2006-01-02 15:04"), b.At.Location())); err != nil {
		return err
	}
	s.rows++
	cells := make([]any, len(k.words.totalColumns))
	for i, c := range k.words.totalColumns {
		cells[i] = excelize.Cell{StyleID: k.styles.head, Value: c}
	}
	if err := s.add(0, cells...); err != nil {
		return err
	}
	first, worked := s.rows+1, format.Amount{}
	for _, at := range slices.SortedFunc(maps.Keys(k.totals), codeKind.compare) {
		if at.kind != hours.LineWorked && first > 0 {
			if err := k.worked(s, first, worked); err != nil {
				return err
			}
			first = 0
		}
		sum, row := k.totals[at], s.rows+1
		if at.kind == hours.LineWorked {
			worked = plus(worked, sum)
		}
		cell := sumWhere(k.lines, 2, 0, fmt.Sprintf("A%d", row), fmt.Sprintf("B%d", row))
		if err := s.add(0, at.code, k.words.kind(at.kind), cell(minutesColumn, sum.Minutes, 0), cell(hoursColumn, float64(sum.Hundredths)/100, k.styles.hours)); err != nil {
			return err
		}
	}
	if first > 0 {
		return k.worked(s, first, worked)
	}
	return nil
}

// worked writes the total of the rows from first on.
func (k *book) worked(s *sheet, first int, sum format.Amount) error {
	add := func(column string) string {
		if first > s.rows {
			return "0"
		}
		return fmt.Sprintf("SUM(%s%d:%s%d)", column, first, column, s.rows)
	}
	return s.add(0, excelize.Cell{StyleID: k.styles.total, Value: k.words.worked}, excelize.Cell{StyleID: k.styles.total, Value: ""},
		excelize.Cell{StyleID: k.styles.total, Formula: add("C"), Value: sum.Minutes},
		excelize.Cell{StyleID: k.styles.totalHours, Formula: add("D"), Value: float64(sum.Hundredths) / 100})
}

func (k *book) exceptions(b Workbook) error {
	s, err := k.head(k.words.exceptions, k.words.exceptionColumns, 14, 12, 22, 70, 14)
	if err != nil {
		return err
	}
	for e, err := range b.Exceptions {
		if err != nil {
			return err
		}
		if s.rows >= k.most {
			return fmt.Errorf("there are more exceptions than a sheet holds: choose a shorter period")
		}
		state := k.words.open
		if e.Seen {
			state = k.words.seen
		}
		if err := s.add(0, e.Number, excelize.Cell{StyleID: k.styles.day, Value: excelDay(e.Day)}, e.Site, e.Text, state); err != nil {
			return err
		}
	}
	return s.out.Flush()
}

// save writes the file as it goes: left to itself the library makes all of it
// in memory first.
func (k *book) save(w io.Writer) error {
	k.file.ZipWriter = func(io.Writer) excelize.ZipWriter { return zip.NewWriter(w) }
	if _, err := k.file.WriteTo(io.Discard); err != nil {
		return fmt.Errorf("writing a workbook: %w", err)
	}
	return nil
}

// writeSorted puts the parts of a ZIP that make writes in the order of their
// names: the library writes its sheets in any.
func writeSorted(w io.Writer, make func(io.Writer) error) error {
	tmp, err := os.CreateTemp("", "tikklok-*.xlsx")
	if err != nil {
		return fmt.Errorf("making a workbook: %w", err)
	}
	defer os.Remove(tmp.Name())
	defer tmp.Close()
	if err := make(tmp); err != nil {
		return err
	}
	size, err := tmp.Seek(0, io.SeekEnd)
	if err != nil {
		return fmt.Errorf("making a workbook: %w", err)
	}
	in, err := zip.NewReader(tmp, size)
	if err != nil {
		return fmt.Errorf("making a workbook: %w", err)
	}
	slices.SortFunc(in.File, func(a, b *zip.File) int { return cmp.Compare(a.Name, b.Name) })
	out := zip.NewWriter(w)
	for _, f := range in.File {
		if err := out.Copy(f); err != nil {
			return fmt.Errorf("writing a workbook: %w", err)
		}
	}
	return out.Close()
}
