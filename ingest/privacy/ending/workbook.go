package ending

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/xuri/excelize/v2"

	"tikklok/ingest/pg"
	"tikklok/ingest/press"
)

// workbook writes what a person wants to read in one book: totals, people,
// hours computed and approved. A list that is longer than a sheet may be goes
// on on the next one.
func workbook(ctx context.Context, tx pg.Tx, w press.Words, m Manifest, to io.Writer) (err error) {
	file := excelize.NewFile()
	defer file.Close() // of its temporary files
	b := book{file: file}
	bold := excelize.Style{Font: &excelize.Font{Bold: true}}
	if b.head, err = file.NewStyle(&bold); err != nil {
		return fmt.Errorf("making a workbook: %w", err)
	}
	format := "yyyy-mm-dd"
	if b.day, err = file.NewStyle(&excelize.Style{CustomNumFmt: &format}); err != nil {
		return fmt.Errorf("making a workbook: %w", err)
	}
	if err = file.SetDocProps(&excelize.DocProperties{Creator: "Tikklok", Title: m.Name}); err == nil {
		err = file.SetSheetName("Sheet1", w.Say("sheet.totals"))
	}
	if err != nil {
		return fmt.Errorf("making a workbook: %w", err)
	}
	if err := b.totals(w, m); err != nil {
		return err
	}
	for _, l := range lists(w) {
		if err := b.list(ctx, tx, l); err != nil {
			return err
		}
	}
	if err := file.Write(to); err != nil {
		return fmt.Errorf("writing a workbook: %w", err)
	}
	return nil
}

// book is a workbook in the making.
type book struct {
	file      *excelize.File
	head, day int
}

// sheet is written row by row, to a temporary file where it is long.
type sheet struct {
	out  *excelize.StreamWriter
	rows int
}

func (s *sheet) add(cells ...any) error {
	s.rows++
	if err := s.out.SetRow(fmt.Sprintf("A%d", s.rows), cells); err != nil {
		return fmt.Errorf("writing a sheet: %w", err)
	}
	return nil
}

func (b book) sheet(name string, columns []string) (*sheet, error) {
	if _, err := b.file.NewSheet(name); err != nil {
		return nil, fmt.Errorf("adding a sheet: %w", err)
	}
	out, err := b.file.NewStreamWriter(name)
	if err == nil {
		err = out.SetColWidth(1, max(1, len(columns)), 16)
	}
	if err == nil && len(columns) > 0 {
		err = out.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"})
	}
	if err != nil {
		return nil, fmt.Errorf("adding a sheet: %w", err)
	}
	s := &sheet{out: out}
	if len(columns) == 0 {
		return s, nil
	}
	cells := make([]any, len(columns))
	for i, c := range columns {
		cells[i] = excelize.Cell{StyleID: b.head, Value: c}
	}
	return s, s.add(cells...)
}

func (s *sheet) close() error {
	if err := s.out.Flush(); err != nil {
		return fmt.Errorf("writing a sheet: %w", err)
	}
	return nil
}

func (b book) totals(w press.Words, m Manifest) error {
	s, err := b.sheet(w.Say("sheet.totals"), []string{m.Name, m.At.Format("2006-01-02 15:04") + " UTC"})
	if err != nil {
		return err
	}
	for _, row := range figures(w, m.Totals) {
		if err := s.add(row.label, row.value); err != nil {
			return err
		}
	}
	return s.close()
}

func (b book) list(ctx context.Context, tx pg.Tx, l list) error {
	s, err := b.sheet(l.name, l.columns)
	if err != nil {
		return err
	}
	number := 1
	err = l.each(ctx, tx, func(values []any) (err error) {
		if s.rows == excelize.TotalRows {
			if err := s.close(); err != nil {
				return err
			}
			number++
			if s, err = b.sheet(fmt.Sprintf("%s %d", l.name, number), l.columns); err != nil {
				return err
			}
		}
		return s.add(b.cells(values)...)
	})
	if err != nil {
		return err
	}
	return s.close()
}

func (b book) cells(values []any) []any {
	for i, v := range values {
		switch v := v.(type) {
		case time.Time:
			values[i] = excelize.Cell{StyleID: b.day, Value: v}
		case string:
			values[i] = strings.ToValidUTF8(v, "")
		case interface{ Float64Value() (float64, error) }:
			values[i], _ = v.Float64Value()
		}
	}
	return values
}

// figure is a line of the totals.
type figure struct {
	label string
	value int64
}

// figures are the control totals as people read them.
func figures(w press.Words, t Totals) []figure {
	all := []figure{{w.Say("total.people"), t.People}, {w.Say("total.accounts"), t.Accounts}, {w.Say("total.registrations"), t.Registrations}, {w.Say("total.punches"), t.Punches}, {w.Say("total.runs"), t.Runs}, {w.Say("total.entries"), t.Audit}}
	for _, m := range []struct {
		label   string
		minutes map[string]int64
	}{{w.Say("total.minutes"), t.Minutes}, {w.Say("total.approved"), t.Approved}, {w.Say("total.paid"), t.Paid}} {
		for _, key := range slices.Sorted(maps.Keys(m.minutes)) {
			all = append(all, figure{m.label + ": " + line(w, key), m.minutes[key]})
		}
	}
	return all
}

// line puts a code and kind of the control totals in the reader's words: an
// absence has no code of its own.
func line(w press.Words, key string) string {
	code, kind, _ := strings.Cut(key, " ")
	switch said := "kind." + kind; {
	case !w.Knows(said):
		return key
	case code == kind:
		return w.Say(said)
	default:
		return code + ", " + w.Say(said)
	}
}
