package bi

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"tikklok/ingest/hours"
	"tikklok/ingest/hours/calendar"
	"tikklok/payroll/format"
)

// workbook gives one of lines with their decimals made.
func workbook(language string, lines ...format.Line) Workbook {
	july := monthPeriod(day(1))
	for i := range lines {
		lines[i].ID, lines[i].Period, lines[i].Number = int64(i+1), july, fmt.Sprint("00", lines[i].Employee)
		lines[i].ApprovedAt = time.Date(2026, 8, 3, 23, 0, 0, 0, time.UTC)
	}
	format.MakeDecimals(lines, nil)
	zone, _ := time.LoadLocation("Europe/Amsterdam")
	return Workbook{Period: july, At: time.Date(2026, 8, 4, 9, 5, 0, 0, zone), Language: language, Employees: format.Group(lines, nil),
		Exceptions: func(yield func(Exception, error) bool) {
			_ = yield(Exception{Number: "001", Day: day(3), Site: "Łódź", Text: "=cmd|' /C calc'!A0", Seen: true}, nil) &&
				yield(Exception{Number: "002", Day: day(4), Text: "A tap is missing."}, nil)
		}}
}

func nasty() []format.Line {
	return []format.Line{
		{Employee: 1, Day: day(1), Site: `Łódź & "Zoë" <1>`, CostCentre: "=1+1", Assignment: "+31", Code: "N", Minutes: 20},
		{Employee: 1, Day: day(2), Site: "a", Code: "N", Minutes: 20},
		{Employee: 1, Day: day(31), Site: "a", Code: "N", Minutes: 20, Corrects: 9},
		{Employee: 1, Day: day(2), Site: "a", Code: "100", Kind: hours.LineSupplement, Minutes: 61},
		{Employee: 2, Day: day(2), Site: "a", Code: "0100", Minutes: -7},
		{Employee: 2, Day: day(2), Site: "a", Code: "N*", Minutes: 480},
		{Employee: 2, Day: day(2), Site: "a", Code: "n", Minutes: 1},
		{Employee: 2, Day: day(5), Code: "ABS", Kind: hours.LineAbsent, Minutes: 480},
	}
}

func open(t testing.TB, b Workbook, most int) (*excelize.File, []byte) {
	t.Helper()
	var out bytes.Buffer
	if err := b.write(&out, most); err != nil {
		t.Fatal(err)
	}
	f, err := excelize.OpenReader(bytes.NewReader(out.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f, out.Bytes()
}

func cells(t testing.TB, f *excelize.File, sheet string) []string {
	t.Helper()
	rows, err := f.GetRows(sheet)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, r := range rows {
		out = append(out, strings.Join(r, "|"))
	}
	return out
}

func TestAWorkbookSaysWhatWasApproved(t *testing.T) {
	f, _ := open(t, workbook("en", nasty()...), mostRows)
	if got := f.GetSheetList(); !slices.Equal(got, []string{"Totals", "Per employee", "Lines", "Exceptions"}) {
		t.Error(got)
	}
	for sheet, want := range map[string][]string{
		"Totals": {"Approved hours from 2026-07-01 to 2026-07-31", "Made 2026-08-04 09:05 (Europe/Amsterdam)", "", "Pay code|Kind|Minutes|Hours",
			"0100|Worked|-7|-0.12", "N|Worked|60|1.00", "N*|Worked|480|8.00", "n|Worked|1|0.02", "Worked, together||534|8.90",
			"ABS|Absent|480|8.00", "100|Supplement|61|1.02"},
		"Per employee": {"Number|Pay code|Kind|Minutes|Hours", "001|N|Worked|60|1.00", "001|100|Supplement|61|1.02",
			"002|0100|Worked|-7|-0.12", "002|N*|Worked|480|8.00", "002|n|Worked|1|0.02", "002|ABS|Absent|480|8.00"},
		"Lines": {"Number|Day|Site|Cost centre|Assignment|Pay code|Kind|Minutes|Hours|Correction|Approved",
			`001|2026-07-01|Łódź & "Zoë" <1>|=1+1|+31|N|Worked|20|0.34||2026-08-04`, "001|2026-07-02|a|||100|Supplement|61|1.02||2026-08-04",
			"001|2026-07-02|a|||N|Worked|20|0.33||2026-08-04", "001|2026-07-31|a|||N|Worked|20|0.33|yes|2026-08-04", "002|2026-07-02|a|||0100|Worked|-7|-0.12||2026-08-04",
			"002|2026-07-02|a|||N*|Worked|480|8.00||2026-08-04", "002|2026-07-02|a|||n|Worked|1|0.02||2026-08-04", "002|2026-07-05||||ABS|Absent|480|8.00||2026-08-04"},
		"Exceptions": {"Number|Day|Site|What it is|State", "001|2026-07-03|Łódź|=cmd|' /C calc'!A0|approved", "002|2026-07-04||A tap is missing.|open"},
	} {
		if got := cells(t, f, sheet); !slices.Equal(got, want) {
			t.Errorf("%s:\n%s\nnot\n%s", sheet, strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	}
}

// where is one term of a formula of ours: the rows of a sheet, the column that
// is added up, and the cells that code and kind must be as.
var where = regexp.MustCompile(`^SUMPRODUCT\(EXACT\('(.+)'!\$F\$(\d+):\$F\$(\d+),([A-Z]\d+)\)\*EXACT\('.+'!\$G\$\d+:\$G\$\d+,([A-Z]\d+)\)\*'.+'!\$([HI])\$\d+:\$[HI]\$\d+\)$`)

var plain = regexp.MustCompile(`^SUM\(([CD])(\d+):[CD](\d+)\)$`)

// compute works out a formula as Excel does. (The library's own arithmetic
// does not spread EXACT over rows.)
func compute(t *testing.T, f *excelize.File, sheet, formula string) (sum float64) {
	t.Helper()
	number := func(sheet, column string, row int) (n float64) {
		text, err := f.GetCellValue(sheet, fmt.Sprint(column, row), excelize.Options{RawCellValue: true})
		if _, err2 := fmt.Sscan(text, &n); err != nil || err2 != nil {
			t.Fatalf("%s %s%d is %q", sheet, column, row, text)
		}
		return n
	}
	text := func(sheet, cell string) string {
		s, err := f.GetCellValue(sheet, cell)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	rows := func(from, to string) (first, last int) {
		if _, err := fmt.Sscan(from, &first); err != nil {
			t.Fatal(err)
		}
		if _, err := fmt.Sscan(to, &last); err != nil {
			t.Fatal(err)
		}
		return first, last
	}
	for _, term := range strings.Split(formula, "+") {
		if m := plain.FindStringSubmatch(term); m != nil {
			for row, last := rows(m[2], m[3]); row <= last; row++ {
				sum += number(sheet, m[1], row)
			}
			continue
		}
		m := where.FindStringSubmatch(term)
		if m == nil {
			t.Fatalf("%q is no formula of ours", term)
		}
		for row, last := rows(m[2], m[3]); row <= last; row++ {
			if text(m[1], fmt.Sprint("F", row)) == text(sheet, m[4]) && text(m[1], fmt.Sprint("G", row)) == text(sheet, m[5]) {
				sum += number(m[1], m[6], row)
			}
		}
	}
	return sum
}

func TestTotalsAsFormulasAreThoseAsValues(t *testing.T) {
	for _, most := range []int{mostRows, 6} { // of one sheet of each, and of two
		f, _ := open(t, workbook("nl", nasty()...), most)
		formulas := 0
		for _, sheet := range []string{"Totalen", "Per medewerker", "Per medewerker 2"} {
			for row := range 12 {
				for _, column := range []string{"C", "D", "E"} {
					cell := fmt.Sprint(column, row+1)
					formula, _ := f.GetCellFormula(sheet, cell)
					if formula == "" {
						continue
					}
					formulas++
					text, _ := f.GetCellValue(sheet, cell, excelize.Options{RawCellValue: true})
					value, computed := 0.0, compute(t, f, sheet, formula)
					if _, err := fmt.Sscan(text, &value); err != nil || math.Abs(value-computed) > 1e-9 {
						t.Errorf("%s %s: %s, computed %v: %v", sheet, cell, text, computed, err)
					}
				}
			}
		}
		if formulas != 2*7+2*6 {
			t.Errorf("%d formulas", formulas)
		}
	}
}

func TestTextIsNeverAFormula(t *testing.T) {
	f, _ := open(t, workbook("en", nasty()...), mostRows)
	for _, at := range []struct{ sheet, cell string }{{"Lines", "D2"}, {"Lines", "E2"}, {"Exceptions", "D2"}} {
		formula, err := f.GetCellFormula(at.sheet, at.cell)
		kind, err2 := f.GetCellType(at.sheet, at.cell)
		if formula != "" || kind != excelize.CellTypeInlineString || err != nil || err2 != nil {
			t.Errorf("%v: %q, %v", at, formula, kind)
		}
	}
}

func TestMoreLinesThanASheetHoldsGoOnOnTheNext(t *testing.T) {
	f, _ := open(t, workbook("en", nasty()...), 6)
	if a, b := cells(t, f, "Lines"), cells(t, f, "Lines 2"); len(a) != 5 || len(b) != 5 {
		t.Errorf("%q %q", a, b)
	}
	if a, b := cells(t, f, "Per employee"), cells(t, f, "Per employee 2"); len(a) != 6 || len(b) != 2 {
		t.Errorf("%q %q", a, b)
	}
	if by, err := f.GetDocProps(); err != nil || by.Creator != "Tikklok" {
		t.Errorf("made by %q, %v", by.Creator, err)
	}
	err := workbook("en", nasty()...).write(io.Discard, 4)
	if err == nil || !strings.Contains(err.Error(), "employee 001 has 4 lines") || !strings.Contains(err.Error(), "shorter period") {
		t.Error(err)
	}
}

func TestTheSameWorkbookGivesTheSameBytesAndLeavesNothingBehind(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	_, want := open(t, workbook("en", nasty()...), 6)
	for range 10 { // several sheets: the library takes them in any order
		if _, got := open(t, workbook("en", nasty()...), 6); !bytes.Equal(got, want) {
			t.Fatal("other bytes")
		}
	}
	if left, err := os.ReadDir(os.TempDir()); err != nil || len(left) > 0 {
		t.Error(left, err)
	}
}

func TestNoLinesAreAWorkbookOfNoLines(t *testing.T) {
	f, _ := open(t, workbook("en"), mostRows)
	if got := cells(t, f, "Totals"); got[len(got)-1] != "Worked, together||0|0.00" {
		t.Errorf("%q", got)
	}
}

func TestNothingOfAWorkbookThatFailsReachesItsReader(t *testing.T) {
	lost := errors.New("lost")
	b := workbook("en", nasty()...)
	b.Exceptions = func(yield func(Exception, error) bool) { yield(Exception{}, lost) }
	var out bytes.Buffer
	if err := WriteXLSX(&out, b); !errors.Is(err, lost) || out.Len() > 0 {
		t.Errorf("%v, %d bytes", err, out.Len())
	}
	if err := WriteXLSX(full{}, workbook("en")); !errors.Is(err, errFull) {
		t.Error(err)
	}
}

// BenchmarkXLSXRows writes lines, 20 an employee, and reports the most memory
// in use, sampled.
func BenchmarkXLSXRows(b *testing.B) {
	w := workbook("en")
	var most uint64
	w.Employees = func(yield func(format.Employee, error) bool) {
		for e := range b.N / 20 {
			if e%5000 == 0 {
				var m runtime.MemStats
				runtime.ReadMemStats(&m)
				most = max(most, m.HeapInuse)
			}
			var lines []format.Line
			for i := range 20 {
				lines = append(lines, format.Line{Employee: int64(e), Number: fmt.Sprint(e), Day: calendar.On(2026, 7, i+1), Site: "Amsterdam", Code: "N", Minutes: 480, Hundredths: 800})
			}
			if !yield(format.Employee{ID: int64(e), Number: fmt.Sprint(e), Lines: lines}, nil) {
				return
			}
		}
	}
	if err := WriteXLSX(io.Discard, w); err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(most)/1e6, "MB-heap")
}
