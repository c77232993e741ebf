package plan_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"tikklok/ingest/audit"
	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/hours/plan"
	"tikklok/ingest/people"
	"tikklok/ingest/pg"
	"tikklok/ingest/pg/pgtest"
)

// world is a tenant with two employees, of whom the second has a zone of its
// own.
type world struct {
	t         *testing.T
	url       string
	db        *pg.DB
	tenant    int64
	by        audit.Actor
	now       time.Time
	first, in int64
	zone      *time.Location
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, url: pgtest.URL(t), by: audit.Actor{Kind: audit.Account, ID: 3}, now: time.Date(2026, 11, 1, 9, 0, 0, 0, time.UTC)}
	w.tenant = pgtest.Tenant(t, w.url, "Kwekerij")
	w.db = pgtest.Open(t, w.url, pg.RoleApp)
	var err error
	if w.zone, err = time.LoadLocation("Europe/Amsterdam"); err != nil {
		t.Fatal(err)
	}
	w.must(func(ctx context.Context, tx pg.Tx) (err error) {
		from := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
		if w.first, err = people.CreateEmployee(ctx, tx, w.by, people.Employee{Number: "1042", Surname: "Bakker", Email: "bakker@example.nl", From: from}); err != nil {
			return err
		}
		w.in, err = people.CreateEmployee(ctx, tx, w.by, people.Employee{Number: "1043", Surname: "Ionescu", Zone: "Europe/Bucharest", From: from})
		return err
	})
	return w
}

func (w *world) do(fn func(context.Context, pg.Tx) error) error {
	return w.db.InTenant(context.Background(), w.tenant, func(tx pg.Tx) error { return fn(context.Background(), tx) })
}

func (w *world) must(fn func(context.Context, pg.Tx) error) {
	w.t.Helper()
	if err := w.do(fn); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) shift(day int, from, to string) plan.Shift {
	w.t.Helper()
	a, b, err := plan.Between(calendar.On(2026, 11, day), from, to, w.zone)
	if err != nil {
		w.t.Fatal(err)
	}
	return plan.Shift{Employee: w.first, Kind: plan.Call, From: a, To: b}
}

func (w *world) put(s plan.Shift) (made plan.Shift, err error) {
	return made, w.do(func(ctx context.Context, tx pg.Tx) error {
		made, err = plan.Put(ctx, tx, w.by, s, w.now)
		return err
	})
}

// of gives all that is known of the first employee's November as text.
func (w *world) of() string {
	var out []string
	w.must(func(ctx context.Context, tx pg.Tx) error {
		from, to := calendar.On(2026, 11, 1).In(w.zone).UnixMilli(), calendar.On(2026, 12, 1).In(w.zone).UnixMilli()
		all, err := plan.Of(ctx, tx, []int64{w.first}, []int64{from}, []int64{to})
		for _, s := range all[w.first] {
			at := func(minute int64, layout string) string { return time.Unix(minute*60, 0).In(w.zone).Format(layout) }
			line := at(s.From, "2 15:04") + "–" + at(s.To, "15:04")
			if s.Withdrawn != 0 {
				line += " until " + time.UnixMilli(s.Withdrawn).In(w.zone).Format("2 15:04")
			}
			out = append(out, line)
		}
		return err
	})
	return strings.Join(out, ", ")
}

func (w *world) expect(want string) {
	w.t.Helper()
	if got := w.of(); got != want {
		w.t.Errorf("got %s; want %s", got, want)
	}
}

func TestEveryVersionOfAShiftIsKeptWithWhoAndWhen(t *testing.T) {
	w := newWorld(t)
	s, err := w.put(w.shift(10, "08:00", "12:00"))
	if err != nil {
		t.Fatal(err)
	}
	w.now = w.now.AddDate(0, 0, 7)
	moved := w.shift(10, "10:00", "14:00")
	moved.ID = s.ID
	if _, err := w.put(moved); err != nil {
		t.Fatal(err)
	}
	if _, err := w.put(moved); err != nil { // the same: no version
		t.Fatal(err)
	}
	w.expect("10 08:00–12:00 until 8 10:00, 10 10:00–14:00")
	w.now = w.now.Add(time.Hour)
	w.must(func(ctx context.Context, tx pg.Tx) error {
		if err := plan.Withdraw(ctx, tx, w.by, s.ID, w.now); err != nil {
			return err
		}
		return plan.Withdraw(ctx, tx, w.by, s.ID, w.now.Add(time.Hour)) // once withdrawn it stays so
	})
	w.expect("10 08:00–12:00 until 8 10:00, 10 10:00–14:00 until 8 11:00")
	if n := pgtest.Exec(t, w.url, "SELECT count(*) FROM plan_version WHERE tenant_id = $1 AND by_kind = 'account' AND by_id = 3", w.tenant); n != 3 {
		t.Errorf("%d versions; want 3", n)
	}
	if _, err := w.put(moved); !errors.Is(err, plan.ErrGone) {
		t.Errorf("a withdrawn shift is moved: %v", err)
	}
	if err := w.do(func(ctx context.Context, tx pg.Tx) error {
		_, err := tx.Exec(ctx, "DELETE FROM plan_version WHERE tenant_id = current_tenant()")
		return err
	}); err == nil {
		t.Error("versions can be removed")
	}
}

func TestAnEmployeeIsPlannedOnceAtATime(t *testing.T) {
	w := newWorld(t)
	for _, s := range []plan.Shift{w.shift(10, "08:00", "12:00"), w.shift(10, "12:00", "16:00")} {
		if _, err := w.put(s); err != nil {
			t.Fatal(err)
		}
	}
	for _, s := range []plan.Shift{w.shift(10, "11:59", "13:00"), w.shift(9, "22:00", "08:01"), w.shift(10, "09:00", "10:00")} {
		if _, err := w.put(s); !errors.Is(err, plan.ErrOverlap) {
			t.Errorf("%v is planned over another: %v", s, err)
		}
	}
	other := w.shift(10, "08:00", "12:00")
	other.Employee = w.in
	if _, err := w.put(other); err != nil {
		t.Errorf("two employees at a time: %v", err)
	}
	stranger := w.shift(10, "08:00", "12:00")
	stranger.Employee = 999_999
	if _, err := w.put(stranger); !errors.Is(err, plan.ErrNotFound) {
		t.Errorf("nobody is planned: %v", err)
	}
	noSite := w.shift(20, "08:00", "12:00")
	noSite.Site = 999_999
	if _, err := w.put(noSite); !errors.Is(err, plan.ErrNotFound) {
		t.Errorf("planned nowhere: %v", err)
	}
}

// bring takes a file up and tells what it did.
func (w *world) bring(text string) (string, error) {
	f, problems := plan.Parse(strings.NewReader(text), w.now)
	if len(problems) > 0 {
		w.t.Fatal(problems)
	}
	var p plan.Preview
	err := w.do(func(ctx context.Context, tx pg.Tx) (err error) {
		p, err = plan.Import(ctx, tx, w.by, f, w.now)
		return err
	})
	return fmt.Sprintf("added %d moved %d withdrawn %d same %d problems %v", p.Count(plan.Added), p.Count(plan.Moved), p.Count(plan.Withdrawn), p.Count(plan.Same), p.Problems), err
}

func TestATableIsTakenUpOnceAndWhole(t *testing.T) {
	w := newWorld(t)
	steps := []struct{ file, want, plan string }{
		{"number,date,from,to\n1042,2026-11-10,08:00,12:00\n1042,2026-11-10,13:00,17:00\n1042,2026-11-11,22:00,06:00\n",
			"added 3 moved 0 withdrawn 0 same 0 problems []", "10 08:00–12:00, 10 13:00–17:00, 11 22:00–06:00"},
		{"number,date,from,to\n1042,2026-11-10,08:00,12:00\n1042,2026-11-10,13:00,17:00\n1042,2026-11-11,22:00,06:00\n",
			"added 0 moved 0 withdrawn 0 same 3 problems []", "10 08:00–12:00, 10 13:00–17:00, 11 22:00–06:00"},
		{"number,date,from,to\n1042,2026-11-10,13:00,17:00\n1042,2026-11-11,,\n",
			"added 0 moved 0 withdrawn 2 same 1 problems []", "10 08:00–12:00 until 1 10:00, 10 13:00–17:00, 11 22:00–06:00 until 1 10:00"},
		// Two that change places: only as a whole is there no overlap.
		{"number,date,from,to\n1042,2026-11-10,08:00,13:30\n1042,2026-11-10,13:30,14:00\n",
			"added 1 moved 1 withdrawn 0 same 0 problems []", "10 08:00–12:00 until 1 10:00, 10 08:00–13:30, 10 13:00–17:00 until 1 10:00, 10 13:30–14:00, 11 22:00–06:00 until 1 10:00"},
	}
	for n, s := range steps {
		got, err := w.bring(s.file)
		if err != nil || got != s.want {
			t.Fatalf("file %d: %s, %v; want %s", n+1, got, err, s.want)
		}
		w.expect(s.plan)
	}
	got, err := w.bring("number,date,from,to\n1042,2026-11-12,08:00,12:00\n1042,2026-11-09,22:00,08:30\n")
	if !errors.Is(err, plan.ErrProblems) || !strings.Contains(got, "line 3: the employee is planned at that time already, from 2026-11-10 08:00") {
		t.Errorf("over a shift of a day that is not in the file: %s, %v", got, err)
	}
	w.expect(steps[3].plan) // nothing of it
}

func calendarOf(events ...string) string {
	return "BEGIN:VCALENDAR\n" + strings.Join(events, "") + "END:VCALENDAR\n"
}

func event(lines ...string) string {
	return "BEGIN:VEVENT\nUID:a@b\nATTENDEE:mailto:bakker@example.nl\n" + strings.Join(lines, "\n") + "\nEND:VEVENT\n"
}

func TestACalendarIsKnownByItsEvents(t *testing.T) {
	w := newWorld(t)
	series := []string{"DTSTART;TZID=Europe/Amsterdam:20261110T080000", "DTEND;TZID=Europe/Amsterdam:20261110T120000", "RRULE:FREQ=DAILY;COUNT=3"}
	for n, s := range []struct{ file, want, plan string }{
		{calendarOf(event(append(series, "SEQUENCE:1")...)), "added 3 moved 0 withdrawn 0 same 0 problems []",
			"10 08:00–12:00, 11 08:00–12:00, 12 08:00–12:00"},
		{calendarOf(event(append(series, "SEQUENCE:1")...)), "added 0 moved 0 withdrawn 0 same 3 problems []",
			"10 08:00–12:00, 11 08:00–12:00, 12 08:00–12:00"},
		// One occurrence is moved, by itself.
		{calendarOf(event("RECURRENCE-ID;TZID=Europe/Amsterdam:20261111T080000", "DTSTART;TZID=Europe/Amsterdam:20261111T090000", "DURATION:PT4H", "SEQUENCE:2")),
			"added 0 moved 1 withdrawn 0 same 0 problems []", "10 08:00–12:00, 11 08:00–12:00 until 1 10:00, 11 09:00–13:00, 12 08:00–12:00"},
		// An older file of that occurrence changes nothing.
		{calendarOf(event("RECURRENCE-ID;TZID=Europe/Amsterdam:20261111T080000", "DTSTART;TZID=Europe/Amsterdam:20261111T100000", "DURATION:PT4H", "SEQUENCE:1")),
			"added 0 moved 0 withdrawn 0 same 1 problems []", "10 08:00–12:00, 11 08:00–12:00 until 1 10:00, 11 09:00–13:00, 12 08:00–12:00"},
		// One is left out, and one cancelled.
		{calendarOf(event(append(series, "SEQUENCE:3", "EXDATE;TZID=Europe/Amsterdam:20261112T080000")...),
			event("RECURRENCE-ID;TZID=Europe/Amsterdam:20261111T080000", "DTSTART;TZID=Europe/Amsterdam:20261111T090000", "DURATION:PT4H", "STATUS:CANCELLED", "SEQUENCE:3")),
			"added 0 moved 0 withdrawn 2 same 1 problems []", "10 08:00–12:00, 11 08:00–12:00 until 1 10:00, 11 09:00–13:00 until 1 10:00, 12 08:00–12:00 until 1 10:00"},
		// The whole is cancelled, as a program sends it.
		{"BEGIN:VCALENDAR\nMETHOD:CANCEL\n" + event(append(series, "SEQUENCE:4")...) + "END:VCALENDAR\n",
			"added 0 moved 0 withdrawn 1 same 0 problems []", "10 08:00–12:00 until 1 10:00, 11 08:00–12:00 until 1 10:00, 11 09:00–13:00 until 1 10:00, 12 08:00–12:00 until 1 10:00"},
		// An older file brings nothing of it back; a newer one does.
		{calendarOf(event(append(series, "SEQUENCE:2")...)), "added 0 moved 0 withdrawn 0 same 0 problems []",
			"10 08:00–12:00 until 1 10:00, 11 08:00–12:00 until 1 10:00, 11 09:00–13:00 until 1 10:00, 12 08:00–12:00 until 1 10:00"},
		{calendarOf(event("DTSTART;TZID=Europe/Amsterdam:20261110T080000", "DURATION:PT4H", "RRULE:FREQ=DAILY;COUNT=1", "SEQUENCE:5")), "added 1 moved 0 withdrawn 0 same 0 problems []",
			"10 08:00–12:00 until 1 10:00, 10 08:00–12:00, 11 08:00–12:00 until 1 10:00, 11 09:00–13:00 until 1 10:00, 12 08:00–12:00 until 1 10:00"},
	} {
		got, err := w.bring(s.file)
		if err != nil || got != s.want {
			t.Fatalf("file %d: %s, %v; want %s", n+1, got, err, s.want)
		}
		w.expect(s.plan)
	}
	if n := pgtest.Exec(t, w.url, "SELECT count(*) FROM plan_shift WHERE tenant_id = $1 AND encode(uid, 'escape') LIKE '%a@b%'", w.tenant); n != 0 {
		t.Error("an event's UID is kept as text (OB-P1)")
	}
}

func TestTimesAreOfTheEmployeesZone(t *testing.T) {
	w := newWorld(t)
	if _, err := w.bring("number,date,from,to\n1043,2026-11-10,08:00,12:00\n"); err != nil {
		t.Fatal(err)
	}
	bucharest := time.Date(2026, 11, 10, 6, 0, 0, 0, time.UTC).Unix() / 60
	if n := pgtest.Exec(t, w.url, "SELECT from_at FROM plan_shift WHERE tenant_id = $1", w.tenant); n != bucharest {
		t.Errorf("starts at minute %d; want %d", n, bucharest)
	}
}

func TestAThousandShiftsAreTakenUpAtOnce(t *testing.T) {
	w := newWorld(t)
	var file strings.Builder
	file.WriteString("number,date,from,to\n")
	for n := range 1000 {
		fmt.Fprintf(&file, "1042,%s,08:00,12:00\n", calendar.On(2026, 11, 10).AddDays(n))
	}
	if got, err := w.bring(file.String()); err != nil || !strings.HasPrefix(got, "added 1000 ") {
		t.Fatal(got, err)
	}
	if got, err := w.bring(file.String()); err != nil || !strings.Contains(got, "same 1000 ") {
		t.Fatal(got, err)
	}
}

func TestAWeekIsCopiedByTheWallClock(t *testing.T) {
	w := newWorld(t)
	// The clock goes back in the night of 24 to 25 October.
	if got, err := w.bring("number,date,from,to\n1042,2026-10-12,08:00,12:00\n1042,2026-10-17,22:00,06:00\n1042,2026-10-18,02:30,10:00\n1042,2026-10-20,08:00,12:00\n"); !errors.Is(err, plan.ErrProblems) {
		t.Fatal("an overlap is taken up", got)
	}
	if got, err := w.bring("number,date,from,to\n1042,2026-10-12,08:00,12:00\n1042,2026-10-17,22:00,06:00\n1042,2026-10-18,06:30,10:00\n1042,2026-10-19,11:00,13:00\n"); err != nil {
		t.Fatal(got, err)
	}
	copyWeek := func(week calendar.Week) (copied, left int) {
		w.must(func(ctx context.Context, tx pg.Tx) (err error) {
			copied, left, err = plan.CopyWeek(ctx, tx, w.by, week, w.now)
			return err
		})
		return copied, left
	}
	if copied, left := copyWeek(calendar.Week{Year: 2026, Week: 42}); copied != 2 || left != 1 {
		t.Errorf("%d copied, %d left; want 2 and the one that overlaps", copied, left)
	}
	if n := pgtest.Exec(t, w.url, "SELECT max(to_at - from_at) FROM plan_shift WHERE tenant_id = $1", w.tenant); n != 540 {
		t.Errorf("the longest is %d minutes; want the night of the clock change, 540", n)
	}
	if copied, _ := copyWeek(calendar.Week{Year: 2026, Week: 42}); copied != 0 {
		t.Errorf("copied again, %d more", copied)
	}
}

func TestNobodyIsPlannedBeforeOrAfterTheyAreEmployed(t *testing.T) {
	w := newWorld(t)
	if _, err := w.bring("number,date,from,to\n1042,2026-11-10,08:00,12:00\n1042,2026-11-12,22:00,06:00\n"); err != nil {
		t.Fatal(err)
	}
	pgtest.Exec(t, w.url, "UPDATE employee SET employed_until = '2026-11-12' WHERE tenant_id = $1 AND employee_id = $2 RETURNING 1", w.tenant, w.first)
	for _, s := range []plan.Shift{w.shift(13, "00:00", "04:00"), w.shift(30, "08:00", "12:00")} {
		if _, err := w.put(s); !errors.Is(err, plan.ErrEmployed) {
			t.Errorf("after the last day: %v", err)
		}
	}
	if _, err := w.put(w.shift(11, "22:00", "06:00")); err != nil {
		t.Errorf("before it: %v", err)
	}
	got, err := w.bring("number,date,from,to\n1042,2026-11-13,08:00,12:00\n")
	if !errors.Is(err, plan.ErrProblems) || !strings.Contains(got, "line 2: the employee is not employed on 2026-11-13; remove the line") {
		t.Errorf("by a table: %s, %v", got, err)
	}
	// What goes on for ever is taken up as far as they are there.
	got, err = w.bring(calendarOf(event("DTSTART;TZID=Europe/Amsterdam:20261109T140000", "DURATION:PT1H", "RRULE:FREQ=DAILY")))
	if err != nil || !strings.HasPrefix(got, "added 4 ") {
		t.Errorf("by a series: %s, %v", got, err)
	}
	w.must(func(ctx context.Context, tx pg.Tx) error {
		copied, left, err := plan.CopyWeek(ctx, tx, w.by, calendar.Week{Year: 2026, Week: 46}, w.now)
		if copied != 0 || left == 0 {
			t.Errorf("a week that is copied: %d, %d left", copied, left)
		}
		return err
	})
	if got, err := w.bring("number,date,from,to\n1042,2026-11-12,,\n"); err != nil || !strings.Contains(got, "withdrawn 2 ") {
		t.Errorf("withdrawn: %s, %v", got, err)
	}
}
