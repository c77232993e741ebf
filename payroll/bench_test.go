package payroll_test

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"testing"
	"time"

	"tikklok/ingest/audit"
	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/pg"
	"tikklok/ingest/pg/pgtest"
	"tikklok/payroll"
	"tikklok/payroll/bi"
	"tikklok/payroll/format"
)

// benchLines is how many lines the measured run has: 20,000 employees with 8
// codes on each of 25 days.
const (
	benchPeople = 20_000
	benchCodes  = 8
	benchDays   = 25
	benchLines  = benchPeople * benchCodes * benchDays
)

// BenchmarkExport measures how a run of 4 million lines becomes a file: the
// lines read from the database as payroll_line holds them, and written in a
// format. Beside it stands what COPY of the same columns of the same lines in
// the same order TO STDOUT takes. Making the run (its lines taken, decimals
// made, file stored) is printed too: it has no goal.
//
// BENCH_PEOPLE makes a smaller run, to try the measurement itself.
func BenchmarkExport(b *testing.B) {
	w := newBenchWorld(b)
	run := w.create()
	w.analyze()
	reference := w.copyOut(run)
	for _, f := range []struct {
		name, format string
		settings     format.Settings
	}{
		{"export_csv", "csv", nil},
		{"export_setu14", "setu-1.4", format.Settings{"customer_id": "C", "supplier_id": "S"}},
	} {
		seconds, memory := w.export(run, f.format, f.settings)
		printExport(f.name, seconds, reference, memory)
	}
	seconds, memory := w.measure(func(ctx context.Context, tx pg.Tx) error {
		return bi.WriteParquet(io.Discard, rowsOf(payroll.RunEmployees(ctx, tx, run)))
	})
	printExport("export_parquet", seconds, reference, memory)
}

// printExport prints a measured export beside its reference.
func printExport(name string, seconds, reference, memory float64) {
	fmt.Printf("bench %s value=%.1f unit=s lines=%d reference=copy_to_stdout reference_value=%.1f ratio=%.2f goal=3.00\n",
		name, seconds, benchSize()*benchCodes*benchDays, reference, seconds/reference)
	fmt.Printf("bench %s_memory value=%.0f unit=MB goal=300\n", name, memory)
}

func benchSize() int {
	if n, err := strconv.Atoi(os.Getenv("BENCH_PEOPLE")); err == nil {
		return n
	}
	return benchPeople
}

type benchWorld struct {
	b      *testing.B
	url    string
	db     *pg.DB
	tenant int64
	office payroll.Office
	by     audit.Actor
}

func newBenchWorld(b *testing.B) *benchWorld {
	if url := os.Getenv("BENCH_DATABASE_URL"); url != "" {
		b.Setenv("TEST_DATABASE_URL", url)
	}
	url := pgtest.URL(b)
	w := &benchWorld{b: b, url: url, db: pgtest.Open(b, url, pg.RoleApp), tenant: pgtest.Tenant(b, url, "Vries"),
		office: payroll.Office{Manifests: filepath.Join(b.TempDir(), "manifests")}, by: audit.Actor{Kind: audit.Account, ID: 7}}
	w.fill(benchSize())
	return w
}

// fill approves July for that many people.
func (w *benchWorld) fill(people int) {
	for _, sql := range []string{
		`INSERT INTO site (tenant_id, name) SELECT $1, 'Yard ' || n FROM generate_series(1, 5) n`,
		`INSERT INTO employee (tenant_id, number, surname, first_name, employed_from)
			SELECT $1, (100000 + n)::text, 'Jansen', 'Jan', '2020-01-01' FROM generate_series(1, ` + fmt.Sprint(people) + `) n`,
		`INSERT INTO timesheet (tenant_id, employee_id, monday, state, by_kind, by_id, at, reason)
			SELECT $1, employee_id, date '2026-06-29' + 7 * w, 'approved', 'account', 7, '2026-08-01', '' FROM employee, generate_series(0, 4) w WHERE tenant_id = $1`,
		`INSERT INTO approval (tenant_id, employee_id, monday, by_kind, by_id, at, reason, rules, snapshot, hash)
			SELECT $1, employee_id, monday, 'account', 7, at, '', '{1}', '', sha256('') FROM timesheet WHERE tenant_id = $1`,
		`INSERT INTO approved_line (tenant_id, approval_id, employee_id, day, site_id, code, minutes)
			SELECT $1, approval_id, a.employee_id, d.day, (SELECT min(site_id) FROM site) + a.employee_id % 5, 'C' || c, 1 + (a.employee_id * 7 + c * 13 + extract(day FROM d.day)::int) % 240
			FROM generate_series(1, 25) n, LATERAL (SELECT date '2026-07-01' + n AS day) d, generate_series(1, 8) c, approval a
			WHERE a.tenant_id = $1 AND d.day BETWEEN a.monday AND a.monday + 6`,
		`ANALYZE`,
	} {
		if strings.Contains(sql, "$1") {
			pgtest.Exec(w.b, w.url, sql, w.tenant)
		} else {
			pgtest.Exec(w.b, w.url, sql)
		}
	}
}

func (w *benchWorld) analyze() { pgtest.Exec(w.b, w.url, "VACUUM ANALYZE payroll_line") }

// create makes the run through the office.
func (w *benchWorld) create() int64 {
	var d payroll.Destination
	w.in(func(ctx context.Context, tx pg.Tx) (err error) {
		codes := map[string]string{}
		for c := range benchCodes {
			codes[fmt.Sprintf("C%d", c+1)] = fmt.Sprintf("Overtime 1%d0", c)
		}
		if d, err = payroll.CreateDestination(ctx, tx, w.by, payroll.Destination{Name: "bench", Format: "csv"}); err == nil {
			_, err = payroll.PutCodes(ctx, tx, w.by, d.ID, codes)
		}
		return err
	})
	forgetPeak(w.b)
	start := time.Now()
	run, err := w.office.Create(context.Background(), w.db, w.tenant, w.by, payroll.Order{d.ID, benchMonth()}, time.Date(2026, 8, 3, 9, 0, 0, 0, time.UTC))
	if err != nil {
		w.b.Fatal(err)
	}
	if run.Totals.Lines != benchSize()*benchCodes*benchDays {
		w.b.Fatalf("%d lines", run.Totals.Lines)
	}
	seconds := time.Since(start).Seconds()
	fmt.Printf("bench run_create value=%.0f unit=lines/s seconds=%.0f bytes=%d\n", float64(run.Totals.Lines)/seconds, seconds, run.Bytes)
	fmt.Printf("bench run_create_memory value=%.0f unit=MB goal=300\n", peakMemory(w.b))
	return run.ID
}

func (w *benchWorld) in(fn func(context.Context, pg.Tx) error) {
	if err := w.db.InTenant(context.Background(), w.tenant, func(tx pg.Tx) error { return fn(context.Background(), tx) }); err != nil {
		w.b.Fatal(err)
	}
}

// copyOut takes the time of COPY of the lines, in seconds.
func (w *benchWorld) copyOut(run int64) float64 {
	start := time.Now()
	w.in(func(ctx context.Context, tx pg.Tx) error {
		_, err := tx.Conn().PgConn().CopyTo(ctx, io.Discard, "COPY ("+payroll.LinesOfRun(run)+") TO STDOUT")
		return err
	})
	return time.Since(start).Seconds()
}

// export takes the time of writing the run in a format, in seconds, and the
// most memory held meanwhile, in MB.
func (w *benchWorld) export(run int64, name string, given format.Settings) (seconds, memory float64) {
	f, err := format.ByName(name)
	if err != nil {
		w.b.Fatal(err)
	}
	settings, err := format.CheckSettings(f, given)
	if err != nil {
		w.b.Fatal(err)
	}
	return w.measure(func(ctx context.Context, tx pg.Tx) error {
		return f.Write(io.Discard, format.Content{Destination: 1, Period: benchMonth(), At: time.Date(2026, 8, 3, 9, 0, 0, 0, time.UTC), Settings: settings, Employees: payroll.RunEmployees(ctx, tx, run)})
	})
}

// measure gives the seconds that write takes, and the most memory held
// meanwhile, in MB.
func (w *benchWorld) measure(write func(context.Context, pg.Tx) error) (seconds, memory float64) {
	forgetPeak(w.b)
	start := time.Now()
	w.in(write)
	return time.Since(start).Seconds(), peakMemory(w.b)
}

// rowsOf gives the lines without their people.
func rowsOf(employees format.Employees) bi.Rows {
	return func(yield func(bi.Row, error) bool) {
		key := bi.NewKey([32]byte{})
		for e, err := range employees {
			if err != nil {
				yield(bi.Row{}, err)
				return
			}
			for _, l := range e.Lines {
				if !yield(key.Row(l), nil) {
					return
				}
			}
		}
	}
}

func benchMonth() calendar.Period {
	return calendar.Period{From: calendar.On(2026, 7, 1), To: calendar.On(2026, 7, 31)}
}

// forgetPeak begins a new peak of this process's memory (proc(5), clear_refs).
func forgetPeak(b *testing.B) {
	runtime.GC()
	debug.FreeOSMemory()
	if err := os.WriteFile("/proc/self/clear_refs", []byte("5"), 0); err != nil {
		b.Logf("the peak of memory includes what came before: %v", err)
	}
}

// peakMemory gives the most memory that this process held, in MB.
func peakMemory(b *testing.B) float64 {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		b.Fatal(err)
	}
	for line := range strings.Lines(string(status)) {
		if kb, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			n, err := strconv.ParseFloat(strings.TrimSuffix(strings.TrimSpace(kb), " kB"), 64)
			if err != nil {
				b.Fatal(err)
			}
			return n / 1024
		}
	}
	b.Fatal("this system does not say how much memory was held")
	return 0
}
