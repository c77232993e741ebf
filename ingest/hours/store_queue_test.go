package hours

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"tikklok/ingest/audit"
	"tikklok/ingest/fleet"
	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/pg"
	"tikklok/ingest/pg/pgtest"
)

func (w *world) queue(f QueueFilter) (q Queue) {
	w.t.Helper()
	if f.Limit == 0 {
		f.Limit = 50
	}
	w.in(func(ctx context.Context, tx pg.Tx) (err error) {
		q, err = QueueOf(ctx, tx, f)
		return err
	})
	return q
}

func kindsOf(q Queue) string {
	var kinds []string
	for _, i := range q.Items {
		kinds = append(kinds, string(i.Kind))
	}
	return strings.Join(kinds, " ")
}

// refuse decides what must be refused with an error.
func (w *world) refuse(d Decision, with error) {
	w.t.Helper()
	d.By, d.Reason = w.by, "seen by the foreman"
	err := w.db.InTenant(context.Background(), w.tenant, func(tx pg.Tx) error {
		_, err := Decide(context.Background(), tx, d, w.now)
		return err
	})
	if !errors.Is(err, with) {
		w.t.Errorf("%s of tap %q: %v, want %v", d.Kind, d.Tap, err, with)
	}
}

func TestABlockedFobsTapIsAssignedAndGivenBack(t *testing.T) { // OB-H1
	w := newWorld(t)
	bakker, fob := w.employee("Bakker", 1, "2026-11-01 00:00")
	jansen, _ := w.employee("Jansen", 2, "2026-11-01 00:00")
	w.in(func(ctx context.Context, tx pg.Tx) error {
		return fleet.Return(ctx, tx, w.by, fob, w.at("2026-11-10 12:00"), "blocked")
	})
	w.tap("2026-11-10 08:00", 1)
	out := w.tap("2026-11-10 16:30", 1)
	w.recompute()
	q := w.queue(QueueFilter{})
	if kindsOf(q) != "blocked_fob missing_out" {
		t.Fatalf("queue %s", kindsOf(q))
	}
	p := q.Items[0].Proposal
	if p == nil || p.Decision.Kind != AssignTap || p.Decision.Employee != bakker || q.Items[0].Fob.Holder.ID != bakker {
		t.Fatalf("proposal %+v", p)
	}
	var made []int64
	d := p.Decision
	d.By, d.Reason = w.by, "seen by the foreman"
	w.in(func(ctx context.Context, tx pg.Tx) (err error) {
		made, err = DecideFob(ctx, tx, *q.Items[0].Fob, q.Items[0].Day, d, w.now)
		return err
	})
	w.recompute()
	if s := w.sheet(bakker, week46); s.Minutes != 480 || s.Exceptions != 0 {
		t.Errorf("after assigning: %d minutes, %d exceptions", s.Minutes, s.Exceptions)
	}
	if q := w.queue(QueueFilter{}); q.Total != 0 {
		t.Errorf("still queued: %s", kindsOf(q))
	}
	moved := w.decide(Decision{Kind: AssignTap, Employee: jansen, Tap: out})
	if c := w.recompute(); c.Employees != 2 {
		t.Errorf("%d employees were computed, want both", c.Employees)
	}
	w.in(func(ctx context.Context, tx pg.Tx) error {
		if _, err := Undo(ctx, tx, moved, w.by, "mistaken", w.now); err != nil {
			return err
		}
		_, err := Undo(ctx, tx, made[0], w.by, "mistaken", w.now)
		return err
	})
	w.recompute()
	if q := w.queue(QueueFilter{}); kindsOf(q) != "blocked_fob missing_out" {
		t.Errorf("after the undo: %s", kindsOf(q))
	}
}

func TestALostFobsTapsAreLeftOutWithoutAnEmployee(t *testing.T) { // OB-H1
	w := newWorld(t)
	_, fob := w.employee("Bakker", 1, "2026-11-01 00:00")
	w.in(func(ctx context.Context, tx pg.Tx) error {
		return fleet.Return(ctx, tx, w.by, fob, w.at("2026-11-09 12:00"), "lost")
	})
	tap := w.tap("2026-11-10 08:00", 1)
	w.tap("2026-11-11 08:00", 9) // of no fob
	w.recompute()
	if q := w.queue(QueueFilter{}); kindsOf(q) != "unknown_fob lost_fob" || q.Items[0].Proposal != nil || q.Items[1].Proposal.Decision.Kind != IgnoreTap {
		t.Fatalf("queue %s", kindsOf(q))
	}
	id := w.decide(Decision{Kind: IgnoreTap, Tap: tap})
	if q := w.queue(QueueFilter{}); kindsOf(q) != "unknown_fob" {
		t.Errorf("after leaving it out: %s", kindsOf(q))
	}
	w.in(func(ctx context.Context, tx pg.Tx) error {
		_, err := Undo(ctx, tx, id, w.by, "mistaken", w.now)
		return err
	})
	if q := w.queue(QueueFilter{}); q.Total != 2 {
		t.Errorf("after the undo: %s", kindsOf(q))
	}
	var n int
	w.in(func(ctx context.Context, tx pg.Tx) (err error) { n, err = CountQueue(ctx, tx); return err })
	if n != 2 {
		t.Errorf("the menu counts %d, want 2", n)
	}
}

func TestAFobThatWasFoundAgainKeepsWhatItWas(t *testing.T) { // OB-H1
	w := newWorld(t)
	_, fob := w.employee("Bakker", 1, "2026-11-01 00:00")
	jansen, _ := w.employee("Jansen", 0, "")
	w.tap("2026-11-10 08:00", 1)
	w.in(func(ctx context.Context, tx pg.Tx) error {
		if err := fleet.Return(ctx, tx, w.by, fob, w.at("2026-11-09 12:00"), "lost"); err != nil {
			return err
		}
		if err := fleet.Return(ctx, tx, w.by, fob, w.at("2026-11-11 12:00"), "in_stock"); err != nil {
			return err
		}
		return fleet.Issue(ctx, tx, w.by, fob, jansen, w.at("2026-11-12 00:00"))
	})
	w.recompute()
	if q := w.queue(QueueFilter{}); kindsOf(q) != "lost_fob" {
		t.Errorf("queue %q, want the tap of the time in which it was lost", kindsOf(q))
	}
}

func TestAFormSentTwiceDecidesOnce(t *testing.T) { // I3
	w := newWorld(t)
	bakker, _ := w.employee("Bakker", 1, "2026-11-01 00:00")
	tap := w.tap("2026-11-10 08:00", 1)
	w.recompute()
	day := calendar.On(2026, 11, 10)
	for _, d := range []Decision{
		{Kind: AddPunch, Mode: Out, At: w.at("2026-11-10 16:30")}, {Kind: IgnoreTap, Tap: tap}, {Kind: SetTime, Tap: tap, At: w.at("2026-11-10 07:00")},
		{Kind: Absent, Day: day, Minutes: 60}, {Kind: AddMinutes, Day: day, Minutes: 30, Code: "100"}, {Kind: Accept, Day: day, About: NoShow},
	} {
		d.Employee = bakker
		if first, second := w.decide(d), w.decide(d); first != second {
			t.Errorf("%s was decided as %d and as %d", d.Kind, first, second)
		}
	}
	w.now = w.now.Add(2 * time.Minute)
	again := Decision{Kind: AddMinutes, Employee: bakker, Day: day, Minutes: 30, Code: "100"}
	if first := w.decide(again); first == w.decide(Decision{Kind: AddMinutes, Employee: bakker, Day: day, Minutes: 30, Code: "120"}) {
		t.Error("minutes of another code are the same decision")
	}
}

func TestADecisionIsMadeAgainOnceALaterOneReplacedIt(t *testing.T) {
	w := newWorld(t)
	bakker, _ := w.employee("Bakker", 1, "2026-11-01 00:00")
	tap := w.tap("2026-11-10 08:00", 1)
	w.recompute()
	at := func(text string) Decision {
		return Decision{Kind: SetTime, Employee: bakker, Tap: tap, At: w.at(text)}
	}
	first := w.decide(at("2026-11-10 07:00"))
	w.decide(at("2026-11-10 07:30"))
	if again := w.decide(at("2026-11-10 07:00")); again == first {
		t.Error("the first time holds no more and has to be set anew")
	}
}

func TestDecisionsAboutDaysAreChecked(t *testing.T) {
	w := newWorld(t)
	bakker, _ := w.employee("Bakker", 1, "2026-11-01 00:00")
	jansen, _ := w.employee("Jansen", 2, "2026-11-01 00:00")
	theirs := w.tap("2026-11-10 08:00", 2)
	unheld := w.tap("2026-11-10 09:00", 9)
	w.recompute()
	day, before, ahead := calendar.On(2026, 11, 10), calendar.On(2025, 12, 31), calendar.On(2026, 11, 17)
	for _, d := range []Decision{
		{Kind: Absent, Day: day, Minutes: 0}, {Kind: Absent, Day: day, Minutes: -60}, {Kind: Absent, Day: day, Minutes: 1441}, {Kind: Absent, Minutes: 60},
		{Kind: Absent, Day: before, Minutes: 60}, {Kind: Absent, Day: ahead, Minutes: 60}, {Kind: Absent, Day: day, Minutes: 60, Code: "100"},
		{Kind: AddMinutes, Day: day, Minutes: 0, Code: "100"}, {Kind: AddMinutes, Day: day, Minutes: 60}, {Kind: AddMinutes, Day: day, Minutes: 60, Code: "999"},
		{Kind: AddMinutes, Day: day, Minutes: -1441, Code: "100"}, {Kind: AddMinutes, Day: ahead, Minutes: 60, Code: "100"},
		{Kind: Accept, Day: day}, {Kind: Accept, Day: day, About: MissingOut}, {Kind: Accept, Day: ahead, About: NoShow}, {Kind: Accept, Day: day, About: "nonsense"},
		{Kind: AddPunch, Mode: In, At: w.at("2025-12-31 08:00")},
		{Kind: AssignTap, Tap: theirs}, {Kind: AssignTap}, {Kind: AssignTap, Tap: "nonsense"},
	} {
		d.Employee = bakker
		w.refuse(d, ErrInvalid)
	}
	w.refuse(Decision{Kind: Accept, Employee: bakker, Tap: theirs, At: w.at("2026-11-10 08:00")}, ErrNotFound)
	w.refuse(Decision{Kind: IgnoreTap, Employee: bakker, Tap: unheld}, ErrNotFound)
	w.refuse(Decision{Kind: IgnoreTap, Tap: theirs}, ErrNotFound)
	w.refuse(Decision{Kind: AddPunch, Mode: In, At: w.at("2026-11-10 08:00")}, ErrInvalid)
	w.refuse(Decision{Kind: Absent, Employee: 424242, Day: day, Minutes: 60}, ErrNotFound)
	w.refuse(Decision{Kind: AssignTap, Employee: bakker, Tap: tapID(1, 2, 3)}, ErrNotFound)
	if s := w.sheet(jansen, week46); s.Exceptions != 1 {
		t.Errorf("somebody else's day has %d exceptions, want their own one", s.Exceptions)
	}
}

func TestAnAbsenceKeepsNoReason(t *testing.T) { // OB-P2
	w := newWorld(t)
	bakker, _ := w.employee("Bakker", 0, "")
	w.decide(Decision{Kind: Absent, Employee: bakker, Day: calendar.On(2026, 11, 10), Minutes: 480})
	w.recompute()
	var x Explanation
	w.in(func(ctx context.Context, tx pg.Tx) (err error) {
		x, err = Explain(ctx, tx, bakker, calendar.On(2026, 11, 10))
		return err
	})
	if len(x.Decisions) != 1 || x.Decisions[0].Reason != AbsentReason || len(x.Day.Lines) != 1 || x.Day.Lines[0].Kind != LineAbsent {
		t.Errorf("decisions %+v, lines %+v", x.Decisions, x.Day.Lines)
	}
}

func TestTheQueueIsReadInPages(t *testing.T) {
	w := newWorld(t)
	var bakker int64
	for n := range 6 {
		id, _ := w.employee(fmt.Sprintf("Bakker%d", n), byte(n+1), "2026-11-01 00:00")
		bakker = id
		w.tap(fmt.Sprintf("2026-11-%02d 08:00", 10+n%2), byte(n+1))
	}
	w.tap("2026-11-10 08:00", 99)
	w.recompute()
	seen := map[string]bool{}
	for offset := 0; offset < 7; offset += 2 {
		q := w.queue(QueueFilter{Offset: offset, Limit: 2})
		if q.Total != 7 || q.Kinds[MissingOut] != 6 {
			t.Fatalf("total %d, kinds %v", q.Total, q.Kinds)
		}
		for _, i := range q.Items {
			seen[fmt.Sprint(i.Kind, i.Who.ID, i.Day)] = true
		}
	}
	if len(seen) != 7 {
		t.Errorf("%d different exceptions on all pages, want 7", len(seen))
	}
	if q := w.queue(QueueFilter{Kind: MissingOut, Week: week46}); q.Total != 6 || q.Kinds[UnknownFob] != 1 {
		t.Errorf("of one kind: %d, all kinds %v", q.Total, q.Kinds)
	}
	if q := w.queue(QueueFilter{Site: w.site + 1}); q.Total != 0 {
		t.Errorf("at another site: %s", kindsOf(q))
	}
	if q := w.queue(QueueFilter{Week: week46.Add(1)}); q.Total != 0 {
		t.Errorf("in another week: %s", kindsOf(q))
	}
	if err := w.approve(bakker, "late bus"); err != nil {
		t.Fatal(err)
	}
	if q := w.queue(QueueFilter{}); q.Total != 6 {
		t.Errorf("after an approval with a reason: %d, want 6", q.Total)
	}
}

func TestWhatAnEmployeeAsksIsGrantedOnce(t *testing.T) {
	w := newWorld(t)
	bakker, _ := w.employee("Bakker", 1, "2026-11-01 00:00")
	w.tap("2026-11-10 08:00", 1)
	w.recompute()
	ask := func(r Request) (id int64, err error) {
		err = w.db.InTenant(context.Background(), w.tenant, func(tx pg.Tx) (err error) {
			id, err = AskCorrection(context.Background(), tx, r, w.by, w.now)
			return err
		})
		return id, err
	}
	r := Request{Employee: bakker, Day: calendar.On(2026, 11, 10), What: RequestOut, At: w.at("2026-11-10 16:30"), Text: "the reader was dark"}
	first, err := ask(r)
	if again, _ := ask(r); err != nil || again != first {
		t.Fatalf("asked twice: %d and %d, %v", first, again, err)
	}
	for _, wrong := range []Request{
		{Employee: bakker, Day: calendar.On(2026, 11, 10), What: "else"}, {Employee: bakker, Day: calendar.On(2026, 11, 10), What: RequestOther},
		{Employee: bakker, Day: calendar.On(2026, 11, 17), What: RequestOut}, {Employee: bakker, Day: calendar.On(2020, 1, 1), What: RequestOut},
		{Employee: bakker, Day: calendar.On(2026, 11, 10), What: RequestOut, Text: strings.Repeat("x", 301)},
		{Employee: bakker, Day: calendar.On(2026, 11, 10), What: RequestOut, At: w.at("2026-11-14 08:00")},
	} {
		if _, err := ask(wrong); !errors.Is(err, ErrInvalid) {
			t.Errorf("%+v: %v", wrong, err)
		}
	}
	q := w.queue(QueueFilter{})
	if kindsOf(q) != "correction_request missing_out" || q.Items[0].Proposal == nil {
		t.Fatalf("queue %s", kindsOf(q))
	}
	d := q.Items[0].Proposal.Decision
	d.By, d.Reason = w.by, "the log of the gate says so too"
	w.in(func(ctx context.Context, tx pg.Tx) error {
		_, err := Grant(ctx, tx, first, d, w.now)
		return err
	})
	w.recompute()
	if s := w.sheet(bakker, week46); s.Minutes != 480 || w.queue(QueueFilter{}).Total != 0 {
		t.Errorf("%d minutes, queue %s", s.Minutes, kindsOf(w.queue(QueueFilter{})))
	}
	err = w.db.InTenant(context.Background(), w.tenant, func(tx pg.Tx) error {
		return AnswerRequest(context.Background(), tx, first, RequestRefused, w.by, "no", w.now)
	})
	if !errors.Is(err, ErrState) {
		t.Errorf("answered twice: %v", err)
	}
	var mine []Request
	w.in(func(ctx context.Context, tx pg.Tx) (err error) { mine, err = RequestsOf(ctx, tx, bakker); return err })
	if len(mine) != 1 || mine[0].State != RequestGranted || mine[0].Reason != "the log of the gate says so too" {
		t.Errorf("the employee reads %+v", mine)
	}
}

func TestARequestOfAnotherIsNotGranted(t *testing.T) {
	w := newWorld(t)
	bakker, _ := w.employee("Bakker", 1, "2026-11-01 00:00")
	jansen, _ := w.employee("Jansen", 2, "2026-11-01 00:00")
	var id int64
	w.in(func(ctx context.Context, tx pg.Tx) (err error) {
		id, err = AskCorrection(ctx, tx, Request{Employee: bakker, Day: calendar.On(2026, 11, 10), What: RequestOther, Text: "?"}, w.by, w.now)
		return err
	})
	err := w.db.InTenant(context.Background(), w.tenant, func(tx pg.Tx) error {
		_, err := Grant(context.Background(), tx, id, Decision{Kind: AddPunch, Employee: jansen, Mode: In, At: w.at("2026-11-10 08:00"), By: w.by, Reason: "x"}, w.now)
		return err
	})
	if !errors.Is(err, ErrNotFound) {
		t.Errorf("granted to another: %v", err)
	}
}

func TestAFobOfTwoEmployeesIsQuestionedUntilThatIsClosed(t *testing.T) { // I7
	w := newWorld(t)
	w.employee("Bakker", 1, "2026-11-01 00:00")
	jansen, _ := w.employee("Jansen", 2, "2026-11-01 00:00")
	tap := w.tap("2026-11-10 08:00", 1)
	w.tap("2026-11-10 12:00", 1)
	w.recompute()
	gateway := pgtest.Exec(t, w.url, "INSERT INTO gateway (tenant_id, site_id, name) VALUES ($1, $2, 'G') RETURNING gateway_id", w.tenant, w.site)
	conflict := pgtest.Exec(t, w.url, `INSERT INTO twin_conflict (tenant_id, old_version, old_token, new_version, new_token, gateway_id)
		VALUES ($1, 1, $2, 1, $3, $4) RETURNING conflict_id`, w.tenant, token(1), token(2), gateway)
	w.recompute()
	q := w.queue(QueueFilter{})
	if kindsOf(q) != "double_holder" || q.Items[0].Rival != jansen {
		t.Fatalf("queue %s", kindsOf(q))
	}
	w.decide(Decision{Kind: AssignTap, Employee: jansen, Tap: tap})
	w.recompute()
	if q := w.queue(QueueFilter{}); q.Total != 3 || q.Kinds[MissingOut] != 2 {
		t.Errorf("after giving one of the two taps to the other: %s", kindsOf(q))
	}
	w.in(func(ctx context.Context, tx pg.Tx) error {
		return fleet.CloseTwinConflict(ctx, tx, audit.Actor{Kind: audit.Account, ID: 1}, conflict, w.now)
	})
	w.recompute()
	if q := w.queue(QueueFilter{Kind: DoubleHolder}); q.Total != 0 {
		t.Errorf("after it was closed: %s", kindsOf(q))
	}
}

func TestTenThousandTapsOfOneFobInADay(t *testing.T) {
	w := newWorld(t)
	bakker, _ := w.employee("Bakker", 1, "2026-11-01 00:00")
	first := w.tick(w.at("2026-11-10 00:00"))
	pgtest.Exec(t, w.url, `INSERT INTO registration (tenant_id, origin, epoch, seq, tick, wall, reader_id, key_version, token, arrived)
		SELECT $1, $2, $3, n, $4 + n * 8000, 0, $5, 1, $6, to_timestamp(($7::bigint + n * 8000) / 1000.0) FROM generate_series(1, 10000) n`,
		w.tenant, testOrigin, testEpoch, first, w.reader, token(1), w.at("2026-11-10 00:00").UnixMilli()+500)
	w.recompute()
	q := w.queue(QueueFilter{})
	if q.Kinds[TooMany] != 1 || q.Total != 1 {
		t.Fatalf("queue %v", q.Kinds)
	}
	var x Explanation
	w.in(func(ctx context.Context, tx pg.Tx) (err error) {
		x, err = Explain(ctx, tx, bakker, calendar.On(2026, 11, 10))
		return err
	})
	if len(x.Day.Punches) > mostShown || len(x.Day.Punches)+x.Day.More != 10_000 || x.Day.Minutes != 0 {
		t.Errorf("%d taps shown and %d besides, %d minutes", len(x.Day.Punches), x.Day.More, x.Day.Minutes)
	}
	if x.Day.Exceptions[0].Proposal == nil {
		t.Error("there is no proposal")
	}
}
