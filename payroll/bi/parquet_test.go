package bi

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"

	"tikklok/ingest/hours"
	"tikklok/ingest/hours/calendar"
	"tikklok/payroll/format"
)

func rowsOf(all ...Row) Rows {
	return func(yield func(Row, error) bool) {
		for _, r := range all {
			if !yield(r, nil) {
				return
			}
		}
	}
}

func parquetOf(t testing.TB, rows Rows) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := WriteParquet(&b, rows); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// values reads a file by its own schema, each cell as "column=value".
func values(t testing.TB, file []byte) (out []string) {
	t.Helper()
	f, err := parquet.OpenFile(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	columns := f.Schema().Columns()
	for _, group := range f.RowGroups() {
		rows := group.Rows()
		buffer := make([]parquet.Row, 100)
		for {
			n, err := rows.ReadRows(buffer)
			for _, row := range buffer[:n] {
				var cells []string
				for _, v := range row {
					text := v.String()
					if v.Kind() == parquet.FixedLenByteArray && !v.IsNull() {
						text = fmt.Sprintf("%x", v.ByteArray())
					}
					cells = append(cells, columns[v.Column()][0]+"="+text)
				}
				out = append(out, strings.Join(cells, " "))
			}
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		rows.Close()
	}
	return out
}

var (
	shownRow = Row{Line: Surrogate{1}, Employee: Surrogate{2}, Month: day(1), Day: day(31), Site: "Łódź", CostCentre: "=1+1", Code: "N", Minutes: 480,
		Hundredths: 800, Zone: "Europe/Amsterdam", PublishedAt: time.Date(2026, 8, 1, 9, 30, 0, 0, time.FixedZone("", 7200))}
	blankRow = Row{Line: Surrogate{3}, Month: day(1), Kind: hours.LineSupplement, Minutes: -20, Hundredths: -33, Zone: "Europe/Amsterdam", PublishedAt: shownRow.PublishedAt}
)

func TestTheColumnsAreThoseThatAreDocumented(t *testing.T) {
	file := parquetOf(t, rowsOf(shownRow))
	f, err := parquet.OpenFile(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	want := `message hour {
	required fixed_len_byte_array(16) line_key (UUID);
	optional fixed_len_byte_array(16) employee_key (UUID);
	required int32 month (DATE);
	optional int32 work_date (DATE);
	optional binary site (STRING);
	optional binary cost_centre (STRING);
	optional binary code (STRING);
	required binary kind (STRING);
	required int32 minutes (INT(32,true));
	required int32 hours (DECIMAL(9,2));
	required binary zone (STRING);
	required int64 published_at (TIMESTAMP(isAdjustedToUTC=true,unit=MILLIS));
}`
	if got := f.Schema().String(); got != want {
		t.Errorf("%s", got)
	}
}

func TestAFileSaysWhatItsRowsSay(t *testing.T) {
	got := values(t, parquetOf(t, rowsOf(shownRow, blankRow)))
	days := func(d calendar.Date) int32 { return int32(d.Sub(calendar.On(1970, 1, 1))) }
	want := []string{
		fmt.Sprintf("line_key=01%030d employee_key=02%030d month=%d work_date=%d site=Łódź cost_centre==1+1 code=N kind=worked minutes=480 hours=800 zone=Europe/Amsterdam published_at=1785569400000",
			0, 0, days(day(1)), days(day(31))),
		fmt.Sprintf("line_key=03%030d employee_key=<null> month=%d work_date=<null> site=<null> cost_centre=<null> code=<null> kind=supplement minutes=-20 hours=-33 zone=Europe/Amsterdam published_at=1785569400000",
			0, days(day(1))),
	}
	if !slices.Equal(got, want) {
		t.Errorf("%s\nnot\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestTheSameRowsGiveTheSameBytes(t *testing.T) {
	first, again := parquetOf(t, generated(5000)), parquetOf(t, generated(5000))
	if !bytes.Equal(first, again) {
		t.Error("other bytes")
	}
}

func TestNoRowsAreAFileOfNoRows(t *testing.T) {
	if got := values(t, parquetOf(t, rowsOf())); len(got) != 0 {
		t.Error(got)
	}
}

func TestAFaultOnTheWayIsNoFile(t *testing.T) {
	lost := errors.New("lost")
	err := WriteParquet(io.Discard, func(yield func(Row, error) bool) { _ = yield(shownRow, nil) && yield(Row{}, lost) })
	if !errors.Is(err, lost) {
		t.Error(err)
	}
	if err := WriteParquet(full{}, generated(100)); !errors.Is(err, errFull) {
		t.Error(err)
	}
}

var errFull = errors.New("the disk is full")

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errFull }

// generated gives n rows of 20 lines an employee.
func generated(n int) Rows {
	key := NewKey([32]byte{1})
	return func(yield func(Row, error) bool) {
		for i := range n {
			l := format.Line{ID: int64(i), Employee: int64(i / 20), Day: day(i%28 + 1), Site: fmt.Sprint("Site ", i%40), CostCentre: fmt.Sprint(i % 7), Code: "N", Minutes: i % 600, Hundredths: i % 1000}
			if !yield(key.Row(l), nil) {
				return
			}
		}
	}
}

func FuzzARowIsReadAsItWasWritten(f *testing.F) {
	f.Add([]byte("12345678"), "Amsterdam", "N", 480, int16(31))
	f.Add([]byte{}, "", "\x00=1+1\"", -480, int16(-1))
	f.Fuzz(func(t *testing.T, id []byte, site, code string, minutes int, days int16) {
		if days == 0 {
			return // 1 January 1970
		}
		r := Row{Month: day(1), Day: calendar.On(1970, 1, 1).AddDays(int(days)), Site: site, Code: code, Minutes: int(int32(minutes)), Zone: "UTC", PublishedAt: time.UnixMilli(int64(days))}
		copy(r.Line[:], id)
		null := func(s string) string {
			if s == "" {
				return "<null>"
			}
			return s
		}
		want := fmt.Sprintf("line_key=%x employee_key=<null> month=20635 work_date=%d site=%s cost_centre=<null> code=%s kind=worked minutes=%d hours=0 zone=UTC published_at=%d",
			r.Line, days, null(site), null(code), r.Minutes, days)
		if got := values(t, parquetOf(t, rowsOf(r))); len(got) != 1 || got[0] != want {
			t.Errorf("%q, not %q", got, want)
		}
	})
}

func TestSurrogatesAreStableDifferAndSayNothing(t *testing.T) { // OB-P14
	one, other := NewKey([32]byte{1}), NewKey([32]byte{2})
	l := format.Line{ID: 7, Employee: 7}
	if again := NewKey([32]byte{1}); one.Row(l) != again.Row(l) {
		t.Error("not stable")
	}
	seen := map[Surrogate]bool{}
	for _, s := range []Surrogate{one.Row(l).Line, one.Row(l).Employee, other.Row(l).Line, other.Row(l).Employee, one.Row(format.Line{ID: 8, Employee: 8}).Line} {
		if seen[s] || s.Blank() {
			t.Error("not apart:", s)
		}
		seen[s] = true
	}
}

// BenchmarkParquetRows writes rows and reports the most memory in use, sampled.
func BenchmarkParquetRows(b *testing.B) {
	var most uint64
	b.ReportAllocs()
	err := WriteParquet(io.Discard, func(yield func(Row, error) bool) {
		i := 0
		for r := range generated(b.N) {
			if i++; i%100_000 == 0 {
				var m runtime.MemStats
				runtime.ReadMemStats(&m)
				most = max(most, m.HeapInuse)
			}
			if !yield(r, nil) {
				return
			}
		}
	})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(most)/1e6, "MB-heap")
}
