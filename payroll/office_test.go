package payroll

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"tikklok/ingest/audit"
	"tikklok/ingest/hours"
	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/pg"
	"tikklok/ingest/pg/pgtest"
	"tikklok/payroll/format"
)

// bench is an office with a tenant, employees and approved hours.
type bench struct {
	t      *testing.T
	url    string
	db     *pg.DB
	tenant int64
	office Office
	now    time.Time
	by     audit.Actor
	weeks  map[string]int64 // employee and Monday → first approval
}

func newBench(t *testing.T) *bench {
	url := pgtest.URL(t)
	b := &bench{t: t, url: url, db: pgtest.Open(t, url, pg.RoleApp), tenant: pgtest.Tenant(t, url, "Vries"),
		office: Office{Manifests: filepath.Join(t.TempDir(), "manifests")}, now: time.Date(2026, 8, 3, 9, 0, 0, 0, time.UTC),
		by: audit.Actor{Kind: audit.Account, ID: 7}, weeks: map[string]int64{}}
	return b
}

func (b *bench) employee(number string) int64 {
	return pgtest.Exec(b.t, b.url, `INSERT INTO employee (tenant_id, number, surname, first_name, employed_from)
		VALUES ($1, $2, 'Jansen', 'Jan', '2020-01-01') RETURNING employee_id`, b.tenant, number)
}

// approve freezes minutes of a day; the second approval of a week corrects the first.
func (b *bench) approve(employee int64, day calendar.Date, code string, minutes int) int64 {
	return b.approveKind(employee, day, code, hours.LineWorked, minutes)
}

func (b *bench) approveKind(employee int64, day calendar.Date, code string, kind hours.LineKind, minutes int) int64 {
	monday := day.Week().Monday()
	key := fmt.Sprint(employee, monday)
	pgtest.Exec(b.t, b.url, `INSERT INTO timesheet (tenant_id, employee_id, monday, state, by_kind, by_id, at, reason)
		VALUES ($1, $2, $3, 'approved', 'account', 7, now(), '') ON CONFLICT DO NOTHING`, b.tenant, employee, monday.String())
	var corrects any
	if first, ok := b.weeks[key]; ok {
		corrects = first
	}
	id := pgtest.Exec(b.t, b.url, `INSERT INTO approval (tenant_id, employee_id, monday, corrects, by_kind, by_id, at, reason, rules, snapshot, hash)
		VALUES ($1, $2, $3, $4, 'account', 7, $5, '', '{1}', '', sha256('')) RETURNING approval_id`, b.tenant, employee, monday.String(), corrects, b.now)
	if corrects == nil {
		b.weeks[key] = id
	}
	return pgtest.Exec(b.t, b.url, `INSERT INTO approved_line (tenant_id, approval_id, employee_id, day, site_id, code, kind, minutes)
		VALUES ($1, $2, $3, $4, 0, $5, $6, $7) RETURNING line_id`, b.tenant, id, employee, day.String(), code, kind, minutes)
}

func (b *bench) in(fn func(pg.Tx) error) {
	b.t.Helper()
	if err := b.db.InTenant(context.Background(), b.tenant, fn); err != nil {
		b.t.Fatal(err)
	}
}

// destination makes a mapped CSV destination and gives its order for July.
func (b *bench) destination(name string) Order {
	b.t.Helper()
	var d Destination
	b.in(func(tx pg.Tx) (err error) {
		d, err = CreateDestination(context.Background(), tx, b.by, Destination{Name: name, Format: "csv"})
		if err == nil {
			_, err = PutCodes(context.Background(), tx, b.by, d.ID, map[string]string{"N": "1", "EVE": "28"})
		}
		return err
	})
	return Order{Destination: d.ID, Period: july}
}

func (b *bench) create(o Order) (Run, error) {
	return b.office.Create(context.Background(), b.db, b.tenant, b.by, o, b.now)
}

func (b *bench) mustCreate(o Order) Run {
	b.t.Helper()
	run, err := b.create(o)
	if err != nil {
		b.t.Fatal(err)
	}
	return run
}

func (b *bench) void(id int64) (Run, error) {
	return b.office.Void(context.Background(), b.db, b.tenant, b.by, id, "wrong period", b.now)
}

// pulled is a file with all its bytes.
type pulled struct {
	File
	Body []byte
}

func (b *bench) file(id int64) (f pulled, err error) {
	err = b.db.InTenant(context.Background(), b.tenant, func(tx pg.Tx) error {
		f.File, err = b.office.File(context.Background(), tx, id)
		return err
	})
	if err != nil {
		return f, err
	}
	content, err := f.Open(context.Background(), b.db, b.tenant)
	if err != nil {
		return f, err
	}
	f.Body, err = io.ReadAll(content)
	return f, err
}

func (b *bench) reconcile() error {
	return b.db.InTenant(context.Background(), b.tenant, func(tx pg.Tx) error { return b.office.Reconcile(context.Background(), tx) })
}

func (b *bench) count(sql string) int64 {
	b.t.Helper()
	return pgtest.Exec(b.t, b.url, "SELECT count(*) FROM "+sql)
}

func (b *bench) wants(got, want error, texts ...string) {
	b.t.Helper()
	if !errors.Is(got, want) {
		b.t.Fatalf("%v, not %v", got, want)
	}
	for _, s := range texts {
		if !strings.Contains(got.Error(), s) {
			b.t.Errorf("%q does not say %q", got, s)
		}
	}
}

func TestAnApprovedLineLeavesOnceWithTheSameBytesAtEveryPull(t *testing.T) { // I8
	b := newBench(t)
	e := b.employee("17")
	for d := range 3 {
		b.approve(e, at(6+d), "N", 20)
	}
	b.approve(e, at(31).AddDays(1), "N", 60) // outside
	o := b.destination("Loket")
	var p Preview
	b.in(func(tx pg.Tx) (err error) { p, err = Prepare(context.Background(), tx, o, b.now); return err })
	if p.Totals.Lines != 3 || p.Totals.People != 1 || p.Totals.Worked() != 60 || p.Totals.Codes[0].Hundredths != 100 || b.count("payroll_run") != 0 {
		t.Fatalf("preview %+v", p)
	}
	run := b.mustCreate(o)
	if run.State != Created || run.By != b.by || run.Totals.Codes[0] != (CodeTotal{"N", "", "1", 3, 60, 100}) || run.MapVersion != 1 {
		t.Fatalf("%+v", run)
	}
	first, err := b.file(run.ID)
	again, err2 := b.file(run.ID)
	if err != nil || err2 != nil || !bytes.Equal(first.Body, again.Body) || sha256.Sum256(first.Body) != run.SHA256 || int64(len(first.Body)) != run.Bytes {
		t.Fatal(err, err2)
	}
	if want := "employee_number;date;component;hours\r\n17;2026-07-06;1;0,34\r\n17;2026-07-07;1;0,33\r\n17;2026-07-08;1;0,33\r\n"; string(first.Body) != want {
		t.Errorf("%q", first.Body)
	}
	_, err = b.create(o) // the answer was lost: asking again pays nobody twice
	b.wants(err, ErrNothing, fmt.Sprintf("run %d", run.ID))
	if b.count("payroll_run") != 1 {
		t.Error("another run")
	}
}

func TestEachDestinationGetsEachLine(t *testing.T) {
	b := newBench(t)
	b.approve(b.employee("17"), at(6), "N", 20)
	one, two := b.mustCreate(b.destination("one")), b.mustCreate(b.destination("two"))
	if one.Totals.Lines != 1 || two.Totals.Lines != 1 {
		t.Errorf("%+v %+v", one.Totals, two.Totals)
	}
}

func TestUnmappedCodesStopTheRunAndAreAllNamed(t *testing.T) {
	b := newBench(t)
	e := b.employee("17")
	b.approve(e, at(6), "HOL", 20)
	b.approve(e, at(14), "NGT", 20)
	b.approve(e, at(21), "N", 20)
	o := b.destination("Loket")
	_, err := b.create(o)
	b.wants(err, ErrUnmapped, `"HOL" "NGT"`)
	var p Preview
	b.in(func(tx pg.Tx) (err error) { p, err = Prepare(context.Background(), tx, o, b.now); return err })
	if !slices.Equal(p.Unmapped, []string{"HOL", "NGT"}) || b.count("payroll_line") != 0 {
		t.Errorf("%v", p.Unmapped)
	}
}

func TestRunsMadeAtOnceTakeEachLineOnce(t *testing.T) { // I8
	b := newBench(t)
	e := b.employee("17")
	for d := range 20 {
		b.approve(e, at(1+d), "N", 100)
	}
	o := b.destination("Loket")
	var wg sync.WaitGroup
	errs := make([]error, 6)
	for i := range errs {
		wg.Go(func() { _, errs[i] = b.create(o) })
	}
	wg.Wait()
	made := 0
	for _, err := range errs {
		if err == nil {
			made++
		} else if !errors.Is(err, ErrNothing) {
			t.Error(err)
		}
	}
	if made != 1 || b.count("payroll_line") != 20 {
		t.Errorf("%d runs, %d lines", made, b.count("payroll_line"))
	}
}

func TestTheDatabaseItselfRefusesASecondRunOfALine(t *testing.T) { // I8
	b := newBench(t)
	b.approve(b.employee("17"), at(6), "N", 20)
	o := b.destination("Loket")
	run := b.mustCreate(o)
	err := b.db.InTenant(context.Background(), b.tenant, func(tx pg.Tx) error {
		lines, err := RunLines(context.Background(), tx, run.ID)
		if err != nil {
			return err
		}
		id, err := insertRun(context.Background(), tx, Run{Destination: o.Destination, Format: "csv", Period: july, MapVersion: 1, By: b.by, At: b.now, key: strings.Repeat("x", 26)})
		if err != nil {
			return err
		}
		return insertLines(context.Background(), tx, id, o.Destination, lines)
	})
	if err == nil || !strings.Contains(err.Error(), "payroll_line_once") {
		t.Error(err)
	}
}

func TestACorrectionLeavesInTheNextRunSoThatAllAddsUp(t *testing.T) { // I8
	b := newBench(t)
	e := b.employee("17")
	b.approve(e, at(6), "N", 20)
	o := b.destination("Loket")
	b.mustCreate(o)
	b.approve(e, at(6), "N", 20)    // 40 minutes are 0.67: 0.34 more
	b.approve(e, at(14), "EVE", 30) // approved too late for July
	august := Order{o.Destination, calendar.Period{From: at(31).AddDays(1), To: at(31).AddDays(31)}}
	b.approve(e, august.Period.From, "N", 60)
	var p Preview
	b.in(func(tx pg.Tx) (err error) { p, err = Prepare(context.Background(), tx, august, b.now); return err })
	if p.EarlierLines() != 2 || len(p.Earlier) != 1 || p.Earlier[0].Period != july || p.Earlier[0].Corrections != 1 || p.Earlier[0].Minutes != 50 {
		t.Errorf("of earlier periods %+v", p.Earlier)
	}
	run := b.mustCreate(august)
	var lines []format.Line
	b.in(func(tx pg.Tx) (err error) { lines, err = RunLines(context.Background(), tx, run.ID); return err })
	var got []string
	for _, l := range lines {
		got = append(got, fmt.Sprintf("%s %s %s %d %t", l.Period.From, l.Day, l.Code, l.Hundredths, l.Corrects != 0))
	}
	want := []string{"2026-07-01 2026-07-06 N 34 true", "2026-07-01 2026-07-14 EVE 50 false", "2026-08-01 2026-08-01 N 100 false"}
	if !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
}

func TestACorrectionGoesToTheComponentThatItsTotalWasSentAs(t *testing.T) { // I8
	b := newBench(t)
	e := b.employee("17")
	b.approve(e, at(6), "EVE", 120)
	o := b.destination("Loket")
	b.mustCreate(o)
	put := func(codes map[string]string) {
		b.in(func(tx pg.Tx) error {
			_, err := PutCodes(context.Background(), tx, b.by, o.Destination, codes)
			return err
		})
	}
	put(map[string]string{"N": "1", "EVE": "29"})
	august := Order{o.Destination, calendar.Period{From: at(31).AddDays(1), To: at(31).AddDays(31)}}
	b.approve(e, at(6), "EVE", -60)
	b.approve(e, august.Period.From, "EVE", 30)
	second := b.mustCreate(august)
	if got := fmt.Sprint(second.Totals.Codes); got != "[{EVE  28 1 -60 -100} {EVE  29 1 30 50}]" {
		t.Errorf("control totals %s", got)
	}
	f, err := b.file(second.ID)
	if err != nil || !strings.Contains(string(f.Body), ";28;-1,00") || !strings.Contains(string(f.Body), ";29;0,50") {
		t.Errorf("%s, %v", f.Body, err)
	}
	put(map[string]string{"N": "1"}) // what was sent stays correctable
	b.approve(e, at(6), "EVE", -60)
	if third := b.mustCreate(august); fmt.Sprint(third.Totals.Codes) != "[{EVE  28 1 -60 -100}]" {
		t.Errorf("%+v", third.Totals)
	}
}

func TestAVoidRunStaysAndItsLinesLeaveAgain(t *testing.T) { // I8
	b := newBench(t)
	e := b.employee("17")
	b.approve(e, at(6), "N", 20)
	o := b.destination("Loket")
	first := b.mustCreate(o)
	for range 2 { // the second time nothing changes
		void, err := b.void(first.ID)
		if err != nil || void.State != Void || void.VoidReason != "wrong period" || void.VoidBy != b.by || !void.VoidAt.Equal(b.now) {
			t.Fatal(void, err)
		}
	}
	_, err := b.file(first.ID)
	b.wants(err, ErrVoid, "wrong period")
	second := b.mustCreate(o)
	if second.ID == first.ID || second.Totals.Lines != 1 {
		t.Errorf("%+v", second)
	}
	b.approve(e, at(6), "N", 20)
	third := b.mustCreate(o)
	_, err = b.void(second.ID)
	b.wants(err, ErrLater, fmt.Sprintf("run %d", third.ID))
	if _, err := b.office.Void(context.Background(), b.db, b.tenant, b.by, third.ID, "  ", b.now); !errors.Is(err, ErrInvalid) {
		t.Error(err)
	}
}

func TestEverythingThatChangesARunIsAudited(t *testing.T) { // OB-C4
	b := newBench(t)
	b.approve(b.employee("17"), at(6), "N", 20)
	run := b.mustCreate(b.destination("Loket"))
	b.in(func(tx pg.Tx) error { return MarkPulled(context.Background(), tx, b.by, run.ID) })
	if _, err := b.void(run.ID); err != nil {
		t.Fatal(err)
	}
	b.in(func(tx pg.Tx) error {
		lines, err := audit.List(context.Background(), tx, 0, 100)
		var got []string
		for _, l := range slices.Backward(lines) {
			got = append(got, l.Action)
		}
		want := []string{"payroll_destination.create", "payroll_codes.put", "payroll_run.prepare", "payroll_run.create", "payroll_run.pull", "payroll_run.void"}
		if !slices.Equal(got, want) {
			t.Errorf("%q", got)
		}
		return err
	})
}

func TestAnotherTenantSeesNothing(t *testing.T) { // I6
	b := newBench(t)
	b.approve(b.employee("17"), at(6), "N", 20)
	run := b.mustCreate(b.destination("Loket"))
	b.tenant = pgtest.Tenant(t, b.url, "other")
	_, err := b.file(run.ID)
	b.wants(err, ErrNotFound)
	if err := b.reconcile(); err != nil {
		t.Error(err)
	}
}

func TestADestinationIsCheckedAndItsCodeMapVersioned(t *testing.T) {
	b := newBench(t)
	o := b.destination("Loket")
	ctx := context.Background()
	for want, d := range map[string]Destination{
		`format "dbase" is unknown`:     {Name: "x", Format: "dbase"},
		`has no setting "colour"`:       {Name: "x", Format: "csv", Settings: format.Settings{"colour": "blue"}},
		"setting customer_id is needed": {Name: "x", Format: "setu-1.4"},
		"1 to 100 characters":           {Name: "  ", Format: "csv"},
		"of this name exists":           {Name: "Loket", Format: "csv"},
	} {
		err := b.db.InTenant(ctx, b.tenant, func(tx pg.Tx) error { _, err := CreateDestination(ctx, tx, b.by, d); return err })
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v", d, err)
		}
	}
	b.in(func(tx pg.Tx) error {
		same, err := PutCodes(ctx, tx, b.by, o.Destination, map[string]string{"EVE": "28", "N": "1"})
		if err != nil || same.Version != 1 {
			t.Errorf("the same codes: %+v, %v", same, err)
		}
		next, err := PutCodes(ctx, tx, b.by, o.Destination, map[string]string{"N": "2"})
		if err != nil || next.Version != 2 {
			t.Errorf("%+v, %v", next, err)
		}
		if _, err := PutCodes(ctx, tx, b.by, o.Destination, map[string]string{"N": ""}); !errors.Is(err, ErrInvalid) {
			t.Error(err)
		}
		if _, err := Codes(ctx, tx, 999); !errors.Is(err, ErrNotFound) {
			t.Error(err)
		}
		d, err := UpdateDestination(ctx, tx, b.by, Destination{ID: o.Destination, Name: "Loket BV", Settings: format.Settings{"decimal": "point"}})
		if err != nil || d.Format != "csv" || d.Settings["decimal"] != "point" || d.Settings["delimiter"] != "semicolon" {
			t.Errorf("%+v, %v", d, err)
		}
		return nil
	})
}

func TestAnOrderIsOfOneToThreeHundredAndSixtySixDays(t *testing.T) {
	b := newBench(t)
	o := b.destination("Loket")
	for _, p := range []calendar.Period{{From: at(2), To: at(1)}, {From: at(1), To: at(1).AddDays(366)}} {
		_, err := b.create(Order{o.Destination, p})
		b.wants(err, ErrInvalid)
	}
	_, err := b.create(Order{999, july})
	b.wants(err, ErrNotFound)
	_, err = b.create(o)
	b.wants(err, ErrNothing)
	if entries, err := os.ReadDir(b.office.Manifests); err == nil && len(entries) > 0 {
		t.Error("a manifest without a run")
	}
}

// july is the month of the tests, at one of its days.
var july = calendar.Period{From: at(1), To: at(31)}

func at(day int) calendar.Date { return calendar.Date{Year: 2026, Month: 7, Day: day} }
