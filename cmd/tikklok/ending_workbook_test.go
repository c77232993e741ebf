package main

import (
	"archive/zip"
	"bytes"
	"maps"
	"strconv"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
)

func TestTheWorkbookOfAnExportAddsUpToItsTotals(t *testing.T) { // OB-P6
	withLeft(t, func(l *left) {
		book := l.workbook("overzicht.xlsx")
		if n := len(l.rows(book, "Medewerkers")); int64(n) != l.manifest.Totals.People {
			t.Errorf("%d people on the sheet, %d in the totals", n, l.manifest.Totals.People)
		}
		for sheet, total := range map[string]map[string]int64{"Uren": l.manifest.Totals.Minutes, "Goedgekeurde uren": l.manifest.Totals.Approved} {
			if sum := l.minutes(book, sheet); len(sum) == 0 || !maps.Equal(sum, total) {
				t.Errorf("%s: %v on the sheet, %v in the totals", sheet, sum, total)
			}
		}
	})
}

// workbook opens one of the export's papers.
func (l *left) workbook(name string) *excelize.File {
	l.Helper()
	z, err := zip.NewReader(bytes.NewReader(l.file), int64(len(l.file)))
	if err != nil {
		l.Fatal(err)
	}
	f, err := z.Open(name)
	if err != nil {
		l.Fatal(err)
	}
	defer f.Close()
	book, err := excelize.OpenReader(f)
	if err != nil {
		l.Fatal(err)
	}
	l.Cleanup(func() { book.Close() })
	return book
}

// rows are a sheet's, below its heads.
func (l *left) rows(book *excelize.File, sheet string) [][]string {
	l.Helper()
	all, err := book.GetRows(sheet, excelize.Options{RawCellValue: true})
	if err != nil || len(all) == 0 {
		l.Fatalf("%s: %d rows, %v", sheet, len(all), err)
	}
	return all[1:]
}

// minutes adds a sheet up by code and kind, as totals are named.
func (l *left) minutes(book *excelize.File, sheet string) map[string]int64 {
	l.Helper()
	const code, kind, minutes = 4, 5, 6
	sum := map[string]int64{}
	for _, row := range l.rows(book, sheet) {
		n, err := strconv.ParseInt(row[minutes], 10, 64)
		if err != nil {
			l.Fatalf("%s: %v", sheet, err)
		}
		sum[strings.TrimSpace(row[code]+" "+row[kind])] += n
	}
	return sum
}
