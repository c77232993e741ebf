package hours

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"tikklok/gateway/wire"
	"tikklok/ingest/audit"
	"tikklok/ingest/fleet"
	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/hours/rule"
	"tikklok/ingest/people"
	"tikklok/ingest/pg"
	"tikklok/ingest/pg/pgtest"
)

// world is a tenant with a gateway's reader, whose ticks begin at epochStart.
type world struct {
	t      *testing.T
	url    string
	db     *pg.DB
	tenant int64
	site   int64
	reader int64
	seq    int64
	now    time.Time
	by     audit.Actor
	zone   *time.Location
}

const (
	testOrigin = 7
	testEpoch  = -0x123456789 // a random epoch as the signed number that is stored
)

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, url: pgtest.URL(t), by: audit.Actor{Kind: audit.Account, ID: 1}, zone: amsterdam(t)}
	w.tenant = pgtest.Tenant(t, w.url, "Kwekerij")
	w.db = pgtest.Open(t, w.url, pg.RoleApp)
	w.site = pgtest.Exec(t, w.url, "INSERT INTO site (tenant_id, name) VALUES ($1, 'Noord') RETURNING site_id", w.tenant)
	w.reader = pgtest.Exec(t, w.url, "INSERT INTO reader (tenant_id, site_id, origin, key, name) VALUES ($1, $2, $3, 'a', 'Reader 7') RETURNING reader_id", w.tenant, w.site, testOrigin)
	w.now = w.at("2026-11-16 09:00")
	for day := 1; day <= 16; day++ {
		w.pair(fmt.Sprintf("2026-11-%02d 00:00", day), wire.SourceDisciplined)
	}
	return w
}

func amsterdam(t testing.TB) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation("Europe/Amsterdam")
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

func (w *world) at(text string) time.Time {
	w.t.Helper()
	for _, layout := range []string{"2006-01-02 15:04", "2006-01-02 15:04:05"} {
		if at, err := time.ParseInLocation(layout, text, w.zone); err == nil {
			return at
		}
	}
	w.t.Fatalf("time %q", text)
	return time.Time{}
}

func (w *world) tick(at time.Time) int64 { return at.Sub(w.at("2026-10-31 00:00")).Milliseconds() }

// pair stores that a tick was an instant.
func (w *world) pair(text string, source wire.Source) {
	at := w.at(text)
	pgtest.Exec(w.t, w.url, `INSERT INTO time_pair (tenant_id, origin, epoch, tick, instant, bound, source, gateway_id, arrived)
		VALUES ($1, $2, $3, $4, $5, 100, $6, 7, to_timestamp($5::bigint / 1000.0))`, w.tenant, testOrigin, testEpoch, w.tick(at), at.UnixMilli(), int16(source))
}

// tap stores a registration that arrives half a second later, and gives its name.
func (w *world) tap(text string, fob byte) TapID {
	return w.tapArriving(text, fob, w.at(text).Add(500*time.Millisecond))
}

func (w *world) tapArriving(text string, fob byte, arrived time.Time) TapID {
	w.seq++
	pgtest.Exec(w.t, w.url, `INSERT INTO registration (tenant_id, origin, epoch, seq, tick, wall, reader_id, key_version, token, arrived)
		VALUES ($1, $2, $3, $4, $5, 0, $6, 1, $7, $8)`, w.tenant, testOrigin, testEpoch, w.seq, w.tick(w.at(text)), w.reader, token(fob), arrived)
	return tapID(testOrigin, testEpoch, w.seq)
}

func token(fob byte) []byte { return []byte{1, 2, 3, 4, 5, 6, 7, fob} }

// in runs fn in the tenant.
func (w *world) in(fn func(context.Context, pg.Tx) error) {
	w.t.Helper()
	if err := w.db.InTenant(context.Background(), w.tenant, func(tx pg.Tx) error { return fn(context.Background(), tx) }); err != nil {
		w.t.Fatal(err)
	}
}

// employee makes one who holds a fob from a time on; fob 0: none.
func (w *world) employee(surname string, fob byte, from string) (id, fobID int64) {
	w.t.Helper()
	w.in(func(ctx context.Context, tx pg.Tx) (err error) {
		id, err = people.CreateEmployee(ctx, tx, w.by, people.Employee{Number: "1" + surname, Surname: surname, ContractMinutes: 2400, From: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)})
		if err != nil || fob == 0 {
			return err
		}
		f, err := fleet.AddFob(ctx, tx, w.by, fmt.Sprintf("F%d", fob), 1, []wire.Token{wire.Token(token(fob))})
		if err != nil {
			return err
		}
		fobID = f.ID
		return fleet.Issue(ctx, tx, w.by, f.ID, id, w.at(from))
	})
	return id, fobID
}

// recompute computes until nothing is left behind: other databases of the
// same server may hold transactions open.
func (w *world) recompute() (all Changes) {
	w.t.Helper()
	for deadline := time.Now().Add(30 * time.Second); ; {
		c, err := Recompute(context.Background(), w.db, w.tenant, w.now)
		if err != nil {
			w.t.Fatal(err)
		}
		all.Taps, all.Employees, all.Days = all.Taps+c.Taps, all.Employees+c.Employees, all.Days+c.Days
		if !c.Behind {
			return all
		}
		if time.Now().After(deadline) {
			w.t.Fatal("transactions of others never end")
		}
	}
}

func (w *world) sheet(employee int64, week calendar.Week) (t Timesheet) {
	w.t.Helper()
	w.in(func(ctx context.Context, tx pg.Tx) (err error) {
		t, err = TimesheetOf(ctx, tx, employee, week)
		return err
	})
	return t
}

func (w *world) approve(employee int64, reason string) (err error) {
	w.t.Helper()
	return w.db.InTenant(context.Background(), w.tenant, func(tx pg.Tx) error {
		return Approve(context.Background(), tx, w.by, employee, week46, reason, w.now)
	})
}

func (w *world) decide(d Decision) (id int64) {
	w.t.Helper()
	d.By, d.Reason = w.by, "seen by the foreman"
	w.in(func(ctx context.Context, tx pg.Tx) (err error) {
		id, err = Decide(ctx, tx, d, w.now)
		return err
	})
	return id
}

func (w *world) approved() (lines []Line) {
	w.t.Helper()
	w.in(func(ctx context.Context, tx pg.Tx) (err error) {
		lines, err = approvedIn(ctx, tx, calendar.On(2026, 11, 1), calendar.On(2026, 11, 30))
		return err
	})
	return lines
}

// approvedIn gives everybody's frozen lines.
func approvedIn(ctx context.Context, tx pg.Tx, from, to calendar.Date) ([]Line, error) {
	everybody, err := people.Employees(ctx, tx)
	if err != nil {
		return nil, err
	}
	var asked []EmployeeDays
	for _, e := range everybody {
		asked = append(asked, EmployeeDays{e.ID, calendar.Period{From: from, To: to}})
	}
	return ApprovedOf(ctx, tx, asked)
}

var week46 = calendar.Week{Year: 2026, Week: 46}

func TestTapsBecomeATimesheet(t *testing.T) {
	w := newWorld(t)
	id, _ := w.employee("Bakker", 1, "2026-11-01 00:00")
	w.tap("2026-11-10 07:58:10", 1)
	w.tap("2026-11-10 16:30:40", 1)
	if c := w.recompute(); c.Taps != 2 || c.Days != 1 {
		t.Errorf("changes %+v", c)
	}
	s := w.sheet(id, week46)
	if s.Minutes != 482 || s.Days[1].Minutes != 482 || s.State != StateOpen || s.Exceptions != 0 || len(s.Missing) != 0 {
		t.Errorf("timesheet %+v", s)
	}
	want := "[{478 719 worked 100} {719 749 break } {749 990 worked 100}]"
	if got := fmt.Sprint(s.Days[1].Strip); got != want {
		t.Errorf("strip %s, want %s", got, want)
	}
	if c := w.recompute(); c != (Changes{}) {
		t.Errorf("computing again changed %+v", c)
	}
}

func TestALateTapRecomputesOnlyItsDay(t *testing.T) {
	w := newWorld(t)
	id, _ := w.employee("Bakker", 1, "2026-11-01 00:00")
	for _, at := range []string{"2026-11-09 08:00", "2026-11-09 12:00", "2026-11-10 08:00", "2026-11-11 08:00", "2026-11-11 12:00"} {
		w.tap(at, 1)
	}
	w.recompute()
	if s := w.sheet(id, week46); s.Minutes != 480 || s.Exceptions != 1 {
		t.Errorf("before: %d minutes, %d exceptions", s.Minutes, s.Exceptions)
	}
	w.tapArriving("2026-11-10 12:00", 1, w.at("2026-11-15 10:00"))
	if c := w.recompute(); c.Taps != 1 || c.Days != 1 {
		t.Errorf("changes %+v", c)
	}
	if s := w.sheet(id, week46); s.Minutes != 720 || s.Exceptions != 0 {
		t.Errorf("after: %d minutes, %d exceptions", s.Minutes, s.Exceptions)
	}
}

func TestATapGetsItsTimeWhenAPairArrives(t *testing.T) { // I4
	w := newWorld(t)
	pgtest.Exec(t, w.url, "DELETE FROM time_pair")
	id, _ := w.employee("Bakker", 1, "2026-11-01 00:00")
	w.tap("2026-11-10 08:00", 1)
	w.tap("2026-11-10 12:00", 1)
	w.pair("2026-11-10 10:00", wire.SourceUndisciplined)
	w.recompute()
	if s := w.sheet(id, week46); s.Minutes != 0 || s.Exceptions != 2 || s.Days[1].Exceptions[0].Kind != Uncertain {
		t.Errorf("without a pair: %+v", s.Days[1])
	}
	w.pair("2026-11-10 10:01", wire.SourceServer)
	w.recompute()
	if s := w.sheet(id, week46); s.Minutes != 240 || s.Exceptions != 0 {
		t.Errorf("with a pair: %+v", s.Days[1])
	}
}

func TestWhoHeldTheFobGetsTheHours(t *testing.T) { // OB-H1
	w := newWorld(t)
	w.tap("2026-11-10 08:00", 1)
	w.tap("2026-11-10 12:00", 1)
	w.recompute()
	var unknown []UnknownTap
	look := func() {
		w.in(func(ctx context.Context, tx pg.Tx) (err error) {
			unknown, err = UnknownTaps(ctx, tx)
			return err
		})
	}
	if look(); len(unknown) != 1 || unknown[0].Count != 2 || unknown[0].ReaderName != "Reader 7" {
		t.Fatalf("unknown %+v", unknown)
	}
	id, fob := w.employee("Bakker", 1, "2026-11-10 00:00")
	w.recompute()
	if look(); len(unknown) != 0 {
		t.Errorf("still unknown: %+v", unknown)
	}
	if s := w.sheet(id, week46); s.Minutes != 240 {
		t.Errorf("%d minutes after the fob was issued", s.Minutes)
	}
	w.in(func(ctx context.Context, tx pg.Tx) error {
		return fleet.Return(ctx, tx, w.by, fob, w.at("2026-11-10 10:00"), "lost")
	})
	w.recompute()
	if look(); len(unknown) != 1 || unknown[0].Count != 1 || unknown[0].FobStatus != "lost" {
		t.Errorf("after the loss: %+v", unknown)
	}
	if s := w.sheet(id, week46); s.Minutes != 0 || s.Exceptions != 1 {
		t.Errorf("%d minutes, %d exceptions after the loss", s.Minutes, s.Exceptions)
	}
}

func TestADecisionIsTakenUpExplainedAndUndone(t *testing.T) { // I3
	w := newWorld(t)
	id, _ := w.employee("Bakker", 1, "2026-11-01 00:00")
	for i, day := range []string{"2026-11-03", "2026-11-04", "2026-11-05"} {
		w.tap(day+" 08:00", 1)
		w.tap(fmt.Sprintf("%s 16:3%d", day, i), 1)
	}
	w.tap("2026-11-10 07:58", 1)
	w.recompute()
	var x Explanation
	explain := func() {
		w.in(func(ctx context.Context, tx pg.Tx) (err error) {
			x, err = Explain(ctx, tx, id, calendar.On(2026, 11, 10))
			return err
		})
	}
	explain()
	if len(x.Day.Exceptions) != 1 || x.Day.Exceptions[0].Proposal == nil {
		t.Fatalf("exceptions %+v", x.Day.Exceptions)
	}
	p := *x.Day.Exceptions[0].Proposal
	if !p.Decision.At.Equal(w.at("2026-11-10 16:31")) || p.Decision.Mode != Out || p.Basis.Kind != BasisRecent || p.Basis.Days != 3 {
		t.Errorf("proposal %+v", p)
	}
	made := w.decide(p.Decision)
	w.recompute()
	if s := w.sheet(id, week46); s.Minutes != 483 || s.Exceptions != 0 {
		t.Errorf("after: %d minutes, %d exceptions", s.Minutes, s.Exceptions)
	}
	explain()
	if len(x.Decisions) != 1 || x.Decisions[0].ID != made || !x.Decisions[0].Proposed || x.Day.Shifts[0].Decided[0] != made {
		t.Errorf("explained %+v", x)
	}
	w.in(func(ctx context.Context, tx pg.Tx) error {
		_, err := Undo(ctx, tx, made, w.by, "he left earlier", w.now)
		return err
	})
	w.recompute()
	if s := w.sheet(id, week46); s.Minutes != 0 || s.Exceptions != 1 {
		t.Errorf("undone: %d minutes, %d exceptions", s.Minutes, s.Exceptions)
	}
	explain()
	if len(x.Decisions) != 2 || !x.Decisions[0].Undone {
		t.Errorf("decisions %+v", x.Decisions)
	}
	err := w.db.InTenant(context.Background(), w.tenant, func(tx pg.Tx) error {
		_, err := Undo(context.Background(), tx, made, w.by, "again", w.now)
		return err
	})
	if !errors.Is(err, ErrUndone) {
		t.Errorf("undone twice: %v", err)
	}
}

func TestDecisionsThatMakeNoSenseAreRefused(t *testing.T) {
	w := newWorld(t)
	id, _ := w.employee("Bakker", 1, "2026-11-01 00:00")
	other, _ := w.employee("Aydin", 2, "2026-11-01 00:00")
	tap := w.tap("2026-11-10 08:00", 1)
	w.recompute()
	good := Decision{Employee: id, Kind: AddPunch, Mode: In, At: w.at("2026-11-10 08:00"), Reason: "forgot", By: w.by}
	for name, spoil := range map[string]func(*Decision){
		"reason":           func(d *Decision) { d.Reason = "" },
		"made by a person": func(d *Decision) { d.By = audit.Actor{Kind: audit.System} },
		"future":           func(d *Decision) { d.At = w.now.Add(time.Hour) },
		"after 2014":       func(d *Decision) { d.At = time.Unix(0, 0) },
		"is unknown":       func(d *Decision) { d.Kind = "guess" },
		"in, out or break": func(d *Decision) { d.Mode = Toggle },
		"no such record":   func(d *Decision) { d.Employee = 99_999 },
		"needs the tap":    func(d *Decision) { d.Kind = SetTime },
		"of employee":      func(d *Decision) { d.Kind, d.Tap, d.Employee = IgnoreTap, tap, other },
		"origin/epoch/seq": func(d *Decision) { d.Kind, d.Tap = IgnoreTap, "nonsense" },
		"use undo":         func(d *Decision) { d.Kind, d.Undoes = UndoOf, 1 },
	} {
		d := good
		spoil(&d)
		err := w.db.InTenant(context.Background(), w.tenant, func(tx pg.Tx) error {
			_, err := Decide(context.Background(), tx, d, w.now)
			return err
		})
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestApprovedIsFrozenAndLaterChangesAreCorrections(t *testing.T) { // I5
	w := newWorld(t)
	id, _ := w.employee("Bakker", 1, "2026-11-01 00:00")
	w.tap("2026-11-10 18:00", 1)
	w.tap("2026-11-10 21:00", 1)
	w.tap("2026-11-12 08:00", 1)
	w.tap("2026-11-12 12:00", 1)
	w.recompute()
	if err := w.approve(id, ""); err != nil {
		t.Fatal(err)
	}
	first := w.approved()
	if got := minutesOf(first); got != "2026-11-10 100 120|2026-11-10 120 60|2026-11-12 100 240" {
		t.Errorf("lines %s", got)
	}
	if err := w.approve(id, ""); !errors.Is(err, ErrState) {
		t.Errorf("approved twice: %v", err)
	}
	w.decide(Decision{Employee: id, Kind: AddPunch, Mode: In, At: w.at("2026-11-10 14:00")})
	w.decide(Decision{Employee: id, Kind: AddPunch, Mode: Out, At: w.at("2026-11-10 16:00")})
	w.decide(Decision{Employee: id, Kind: IgnoreTap, Tap: tapID(testOrigin, testEpoch, 4)})
	w.recompute()
	s := w.sheet(id, week46)
	if s.State != StateApproved || fmt.Sprint(s.Pending) != fmt.Sprintf("[{2026-11-10 0 100  120} {2026-11-12 %d 100  -240}]", w.site) {
		t.Errorf("pending %+v", s.Pending)
	}
	if got := w.approved(); minutesOf(got) != minutesOf(first) {
		t.Errorf("frozen lines changed: %s", minutesOf(got))
	}
	if err := w.approve(id, ""); !errors.Is(err, ErrNoReason) {
		t.Errorf("a correction without a reason: %v", err)
	}
	if err := w.approve(id, "worked the afternoon as well"); err != nil {
		t.Fatal(err)
	}
	after := w.approved()
	if w.sheet(id, week46).Pending != nil {
		t.Errorf("still pending: %+v", w.sheet(id, week46).Pending)
	}
	sums := map[string]int{}
	for _, l := range after {
		sums[l.Day.String()+" "+l.Code] += l.Minutes
		if l.ID > first[len(first)-1].ID && l.Corrects != first[0].Approval {
			t.Errorf("line %+v corrects nothing", l)
		}
	}
	if fmt.Sprint(sums) != "map[2026-11-10 100:240 2026-11-10 120:60 2026-11-12 100:0]" {
		t.Errorf("sums %v", sums)
	}
}

func minutesOf(lines []Line) string {
	var out []string
	for _, l := range lines {
		out = append(out, fmt.Sprintf("%s %s %d", l.Day, l.Code, l.Minutes))
	}
	return strings.Join(out, "|")
}

func TestFrozenRowsRefuseChange(t *testing.T) { // I5
	w := newWorld(t)
	id, _ := w.employee("Bakker", 1, "2026-11-01 00:00")
	w.tap("2026-11-10 08:00", 1)
	w.tap("2026-11-10 12:00", 1)
	w.recompute()
	if err := w.approve(id, ""); err != nil {
		t.Fatal(err)
	}
	w.decide(Decision{Employee: id, Kind: AddPunch, Mode: In, At: w.at("2026-11-12 08:00")})
	for _, table := range []string{"approved_line", "approval", "decision"} {
		for _, change := range []string{"UPDATE %s SET employee_id = 1", "DELETE FROM %s"} {
			owner, err := pg.Open(context.Background(), w.url, "postgres")
			if err != nil {
				t.Fatal(err)
			}
			_, err = owner.Pool().Exec(context.Background(), fmt.Sprintf(change, table))
			owner.Close()
			if err == nil || !strings.Contains(err.Error(), "append-only") {
				t.Errorf("%s of %s: %v", change, table, err)
			}
		}
	}
}

func TestApprovingWithExceptionsNeedsAReason(t *testing.T) { // I2
	w := newWorld(t)
	id, _ := w.employee("Bakker", 1, "2026-11-01 00:00")
	w.tap("2026-11-10 08:00", 1)
	w.recompute()
	var needs *NeedsReason
	if err := w.approve(id, ""); !errors.As(err, &needs) || len(needs.Exceptions) != 1 || needs.Running {
		t.Errorf("approved with an exception: %v", err)
	}
	if err := w.approve(id, "he was ill from ten"); err != nil {
		t.Error(err)
	}
	if s := w.sheet(id, week46); s.State != StateApproved || s.Reason != "he was ill from ten" {
		t.Errorf("state %s, reason %q", s.State, s.Reason)
	}
}

func TestApprovingWithAHoleNeedsAReason(t *testing.T) { // I2
	w := newWorld(t)
	id, _ := w.employee("Bakker", 1, "2026-11-01 00:00")
	w.tap("2026-11-10 08:00", 1)
	w.seq += 4
	w.tap("2026-11-10 12:00", 1)
	pgtest.Exec(t, w.url, "INSERT INTO gateway (tenant_id, site_id, name) OVERRIDING SYSTEM VALUE SELECT $1, $2, 'Gateway'", w.tenant, w.site)
	pgtest.Exec(t, w.url, "INSERT INTO origin_progress (tenant_id, origin, epoch, seen, highest, holed_since) VALUES ($1, $2, $3, '{[1,2),[6,7)}', 6, now())", w.tenant, testOrigin, testEpoch)
	w.recompute()
	var needs *NeedsReason
	if err := w.approve(id, ""); !errors.As(err, &needs) || len(needs.Missing) != 1 || needs.Missing[0].From != 2 || needs.Missing[0].To != 5 {
		t.Fatalf("approved with a hole: %v", err)
	}
	if s := w.sheet(id, week46.Add(-1)); len(s.Missing) != 0 {
		t.Errorf("the week before the hole names it: %+v", s.Missing)
	}
}

func TestRejectAndReopen(t *testing.T) {
	w := newWorld(t)
	id, _ := w.employee("Bakker", 1, "2026-11-01 00:00")
	w.tap("2026-11-10 08:00", 1)
	w.tap("2026-11-10 12:00", 1)
	w.recompute()
	type step = func(context.Context, pg.Tx, audit.Actor, int64, calendar.Week, string, time.Time) error
	for i, s := range []struct {
		do     step
		reason string
		want   error
		state  State
	}{
		{Reject, "", ErrNoReason, StateOpen},
		{Reopen, "why", ErrState, StateOpen},
		{Reject, "ask Jan", nil, StateRejected},
		{Reject, "again", ErrState, StateRejected},
		{Reopen, "asked", nil, StateOpen},
		{Approve, "", nil, StateApproved},
		{Reject, "no", ErrState, StateApproved},
		{Reopen, "wrong", nil, StateOpen},
		{Approve, "right after all", nil, StateApproved},
	} {
		err := w.db.InTenant(context.Background(), w.tenant, func(tx pg.Tx) error {
			return s.do(context.Background(), tx, w.by, id, week46, s.reason, w.now)
		})
		if !errors.Is(err, s.want) {
			t.Errorf("step %d: %v, want %v", i, err, s.want)
		}
		if got := w.sheet(id, week46).State; got != s.state {
			t.Errorf("step %d: %s, want %s", i, got, s.state)
		}
	}
	if got := minutesOf(w.approved()); got != "2026-11-10 100 240" {
		t.Errorf("reopened and approved again: %s", got)
	}
	w.in(func(ctx context.Context, tx pg.Tx) error { return audit.Verify(ctx, tx) })
}

func TestARunningShiftIsSeenAndLaterLacksItsOut(t *testing.T) {
	w := newWorld(t)
	id, _ := w.employee("Bakker", 1, "2026-11-01 00:00")
	w.pair("2026-11-16 08:00", wire.SourceDisciplined)
	w.tap("2026-11-16 08:00", 1)
	w.recompute()
	var in []Presence
	look := func() {
		w.in(func(ctx context.Context, tx pg.Tx) (err error) {
			in, err = Today(ctx, tx, w.now)
			return err
		})
	}
	if look(); len(in) != 1 || !in[0].Since.Equal(w.at("2026-11-16 08:00")) || in[0].SiteName != "Noord" || in[0].ReaderName != "Reader 7" {
		t.Errorf("in: %+v", in)
	}
	w.in(func(ctx context.Context, tx pg.Tx) error {
		last, err := Latest(ctx, tx, 5)
		if err == nil && (len(last) != 1 || last[0].Role != RoleIn || last[0].Who.Surname != "Bakker") {
			t.Errorf("latest %+v", last)
		}
		return err
	})
	w.now = w.at("2026-11-16 22:01")
	if c := w.recompute(); c.Days != 1 {
		t.Errorf("changes %+v", c)
	}
	if look(); len(in) != 0 {
		t.Errorf("still in: %+v", in)
	}
	if s := w.sheet(id, calendar.Week{Year: 2026, Week: 47}); s.Exceptions != 1 || s.Days[0].Running {
		t.Errorf("days %+v", s.Days[0])
	}
}

func TestAReadersModeIsDated(t *testing.T) {
	w := newWorld(t)
	id, _ := w.employee("Bakker", 1, "2026-11-01 00:00")
	w.tap("2026-11-10 08:00", 1)
	w.tap("2026-11-10 12:00", 1)
	w.recompute()
	mode := func(m fleet.Mode) {
		w.in(func(ctx context.Context, tx pg.Tx) error {
			return fleet.UpdateReader(ctx, tx, w.by, w.reader, "Reader 7", m)
		})
		w.recompute()
	}
	mode(fleet.ModeIn) // what nobody said before was never meant
	if s := w.sheet(id, week46); s.Minutes != 0 || s.Exceptions != 2 {
		t.Errorf("an in reader: %d minutes, %d exceptions", s.Minutes, s.Exceptions)
	}
	mode(fleet.ModeToggle) // a slip of the same day
	if s := w.sheet(id, week46); s.Minutes != 240 {
		t.Errorf("toggle again: %d minutes", s.Minutes)
	}
	pgtest.Exec(t, w.url, "UPDATE reader_mode SET set_at = set_at - interval '2 days'")
	mode(fleet.ModeOut) // from now on only
	if s := w.sheet(id, week46); s.Minutes != 240 {
		t.Errorf("changed for later: %d minutes", s.Minutes)
	}
}

func TestNewRulesHoldFromTheirDay(t *testing.T) {
	w := newWorld(t)
	id, _ := w.employee("Bakker", 1, "2026-11-01 00:00")
	for _, day := range []string{"2026-11-10", "2026-11-11"} {
		w.tap(day+" 08:00", 1)
		w.tap(day+" 12:08", 1)
	}
	w.recompute()
	rules := rule.Default().Rules
	rules.Rounding = rule.Rounding{Per: rule.RoundShift, To: 15}
	w.in(func(ctx context.Context, tx pg.Tx) error {
		set, err := PutRules(ctx, tx, RuleChange{Set: rule.Set{From: calendar.On(2026, 11, 11), Rules: rules}, Confirm: true}, w.by, w.now)
		if set.Version != 2 {
			t.Errorf("version %d", set.Version)
		}
		return err
	})
	w.recompute()
	if s := w.sheet(id, week46); s.Days[1].Minutes != 248 || s.Days[2].Minutes != 255 {
		t.Errorf("minutes %d and %d", s.Days[1].Minutes, s.Days[2].Minutes)
	}
}

func TestARestoredDatabaseIsTakenUpAgain(t *testing.T) {
	w := newWorld(t)
	id, _ := w.employee("Bakker", 1, "2026-11-01 00:00")
	w.tap("2026-11-10 08:00", 1)
	w.tap("2026-11-10 12:00", 1)
	w.recompute()
	pgtest.Exec(t, w.url, "UPDATE hours_cursor SET txn = 1::bigint << 60")
	pgtest.Exec(t, w.url, "UPDATE registration SET txn = 1::bigint << 59")
	pgtest.Exec(t, w.url, "DELETE FROM punch")
	w.recompute()
	if s := w.sheet(id, week46); s.Minutes != 240 {
		t.Errorf("%d minutes", s.Minutes)
	}
}

// TestADatabaseRestoredIntoABusyClusterIsTakenUpAgain: where a transaction ran
// for long before the dump, its snapshot may begin before, and end after, the
// transactions that the new cluster has reached.
func TestADatabaseRestoredIntoABusyClusterIsTakenUpAgain(t *testing.T) {
	w := newWorld(t)
	id, _ := w.employee("Bakker", 1, "2026-11-01 00:00")
	w.tap("2026-11-10 08:00", 1)
	w.recompute()
	pgtest.Exec(t, w.url, `UPDATE hours_cursor SET txn = pg_snapshot_xmin(s)::text::bigint,
		seen = (pg_snapshot_xmin(s)::text || ':' || pg_snapshot_xmax(s)::text::bigint + 1000000 || ':' || pg_snapshot_xmin(s)::text)::pg_snapshot FROM pg_current_snapshot() s RETURNING 1`)
	w.tap("2026-11-10 12:00", 1)
	w.recompute()
	if s := w.sheet(id, week46); s.Minutes != 240 {
		t.Errorf("%d minutes", s.Minutes)
	}
}

func TestOneTenantsHoursAreNotSeenByAnother(t *testing.T) { // I6
	w := newWorld(t)
	w.employee("Bakker", 1, "2026-11-01 00:00")
	w.tap("2026-11-10 08:00", 1)
	w.tap("2026-11-10 12:00", 1)
	w.recompute()
	other := pgtest.Tenant(t, w.url, "Other")
	if c, err := Recompute(context.Background(), w.db, other, w.now); err != nil || c.Taps+c.Days != 0 {
		t.Errorf("%+v, %v", c, err)
	}
	err := w.db.InTenant(context.Background(), other, func(tx pg.Tx) error {
		sheets, err := Timesheets(context.Background(), tx, week46)
		if len(sheets) != 0 {
			t.Errorf("sees %+v", sheets)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

func TestAFailedRecomputeLosesNothing(t *testing.T) {
	w := newWorld(t)
	id, _ := w.employee("Bakker", 1, "2026-11-01 00:00")
	w.tap("2026-11-10 08:00", 1)
	w.tap("2026-11-10 12:00", 1)
	failed := errors.New("the connection broke before the commit")
	err := w.db.InTenant(context.Background(), w.tenant, func(tx pg.Tx) error {
		if _, _, err := recompute(context.Background(), tx, w.now); err != nil {
			return err
		}
		return failed
	})
	if !errors.Is(err, failed) {
		t.Fatal(err)
	}
	w.recompute()
	if s := w.sheet(id, week46); s.Minutes != 240 {
		t.Errorf("%d minutes", s.Minutes)
	}
	if c := w.recompute(); c != (Changes{}) { // committed, but the answer was lost
		t.Errorf("computing again changed %+v", c)
	}
}

func TestSeveralMayRecomputeAtOnce(t *testing.T) {
	w := newWorld(t)
	id, _ := w.employee("Bakker", 1, "2026-11-01 00:00")
	w.tap("2026-11-10 08:00", 1)
	w.tap("2026-11-10 12:00", 1)
	done := make(chan error)
	for range 4 {
		go func() {
			_, err := Recompute(context.Background(), w.db, w.tenant, w.now)
			done <- err
		}()
	}
	for range 4 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	w.recompute()
	if s := w.sheet(id, week46); s.Minutes != 240 {
		t.Errorf("%d minutes", s.Minutes)
	}
}

func TestSomebodyWithoutAFobIsRegisteredByHand(t *testing.T) {
	w := newWorld(t)
	id, _ := w.employee("Nowak", 0, "")
	w.decide(Decision{Employee: id, Kind: AddPunch, Mode: In, At: w.at("2026-11-10 08:00"), Site: w.site})
	w.decide(Decision{Employee: id, Kind: AddPunch, Mode: Out, At: w.at("2026-11-10 12:00")})
	if err := w.approve(id, ""); err != nil { // takes up what was just decided
		t.Fatal(err)
	}
	if got := w.approved(); len(got) != 1 || got[0].Minutes != 240 || got[0].SiteName != "Noord" {
		t.Errorf("lines %+v", got)
	}
}

func TestAnUncertainTapIsSetRight(t *testing.T) { // I4
	w := newWorld(t)
	id, _ := w.employee("Bakker", 1, "2026-11-01 00:00")
	pgtest.Exec(t, w.url, "UPDATE time_pair SET bound = 60000")
	tap := w.tap("2026-11-10 08:00", 1)
	w.tap("2026-11-10 12:00", 1)
	w.recompute()
	if s := w.sheet(id, week46); s.Minutes != 0 || s.Exceptions != 2 {
		t.Errorf("uncertain: %d minutes, %d exceptions", s.Minutes, s.Exceptions)
	}
	w.decide(Decision{Employee: id, Kind: SetTime, Tap: tap, At: w.at("2026-11-09 08:00")}) // the wrong day first
	w.recompute()
	w.decide(Decision{Employee: id, Kind: SetTime, Tap: tap, At: w.at("2026-11-10 08:00")})
	w.decide(Decision{Employee: id, Kind: SetTime, Tap: tapID(testOrigin, testEpoch, 2), At: w.at("2026-11-10 12:00")})
	w.recompute()
	if s := w.sheet(id, week46); s.Minutes != 240 || s.Exceptions != 0 || s.Days[0].Worked {
		t.Errorf("set right: %d minutes, %d exceptions, Monday worked %t", s.Minutes, s.Exceptions, s.Days[0].Worked)
	}
}
