package hours

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/pg"
	"tikklok/ingest/pg/pgtest"
)

func TestAHoleThatMayHideATapIsNamed(t *testing.T) { // I2
	w := newWorld(t)
	bakker, _ := w.employee("Bakker", 1, "2026-11-01 00:00")
	jansen, _ := w.employee("Jansen", 2, "2026-11-01 00:00")
	w.tap("2026-11-10 08:00", 1)
	w.tap("2026-11-10 08:01", 2)
	w.seq += 2 // two taps that never came
	w.tap("2026-11-10 17:00", 2)
	w.hole(3, 4)
	w.recompute()
	explain := func(employee int64) (x Explanation) {
		w.in(func(ctx context.Context, tx pg.Tx) (err error) {
			x, err = Explain(ctx, tx, employee, calendar.On(2026, 11, 10))
			return err
		})
		return x
	}
	if e := explain(bakker).Day.Exceptions; len(e) != 1 || e[0].Kind != MissingOut || e[0].Hole == nil || e[0].Hole.From != 3 || e[0].Hole.To != 4 {
		t.Errorf("the day that lacks a tap: %+v", e)
	}
	if e := explain(jansen).Day.Exceptions; len(e) != 1 || e[0].Kind != SequenceHole || e[0].Hole == nil {
		t.Errorf("the day beside it: %+v", e)
	}
	if q := w.queue(QueueFilter{}); kindsOf(q) != "sequence_hole missing_out" || q.Items[1].Hole == nil {
		t.Errorf("queue %s", kindsOf(q))
	}
}

// hole notes that the server knows of taps from…to and has others on both sides.
func (w *world) hole(from, to int64) {
	pgtest.Exec(w.t, w.url, `INSERT INTO origin_progress (tenant_id, origin, epoch, seen, highest, holed_since)
		VALUES ($1, $2, $3, int8multirange(int8range(1, $4), int8range($5, $6 + 1)), $6, now())`, w.tenant, testOrigin, testEpoch, from, to+1, w.seq)
}

func TestASealedDayTakesMinutesAndNothingElse(t *testing.T) { // I5
	w := newWorld(t)
	bakker, _ := w.employee("Bakker", 1, "2026-11-01 00:00")
	tap := w.tap("2026-11-03 08:00", 1)
	added := w.decide(Decision{Kind: AddPunch, Employee: bakker, Mode: Out, At: w.at("2026-11-03 12:00")})
	w.recompute()
	pgtest.Exec(t, w.url, `INSERT INTO seal (tenant_id, employee_id, before_day, sealed_at, by_kind, by_id, unapproved)
		VALUES ($1, $2, '2026-11-09', now(), 'account', 1, 0)`, w.tenant, bakker)
	day := calendar.On(2026, 11, 3)
	for _, d := range []Decision{
		{Kind: AddPunch, Mode: In, At: w.at("2026-11-04 08:00")}, {Kind: SetTime, Tap: tap, At: w.at("2026-11-10 08:00")}, {Kind: Absent, Day: day, Minutes: 60},
		{Kind: Accept, Day: day, About: NoShow}, {Kind: AssignTap, Tap: tap},
	} {
		d.Employee = bakker
		w.refuse(d, ErrSealed)
	}
	w.decide(Decision{Kind: AddMinutes, Employee: bakker, Day: day, Minutes: 30, Code: "100"})
	w.decide(Decision{Kind: AddPunch, Employee: bakker, Mode: In, At: w.at("2026-11-10 08:00")})
	err := w.db.InTenant(context.Background(), w.tenant, func(tx pg.Tx) error {
		_, err := Undo(context.Background(), tx, added, w.by, "mistaken", w.now)
		return err
	})
	if !errors.Is(err, ErrSealed) {
		t.Errorf("undoing what a sealed day rests on: %v", err)
	}
}

// BenchmarkQueue reads the first page of 2,000 open exceptions, each with four
// weeks of days behind it.
func BenchmarkQueue(b *testing.B) {
	url, db := pgtest.URL(b), (*pg.DB)(nil)
	tenant := pgtest.Tenant(b, url, "Kwekerij")
	db = pgtest.Open(b, url, pg.RoleApp)
	pgtest.Exec(b, url, `INSERT INTO employee (tenant_id, number, surname, first_name, email, zone, contract_minutes, employed_from)
		SELECT $1, n::text, 'Employee ' || n, '', '', '', 2400, '2026-01-01' FROM generate_series(1, 2000) n`, tenant)
	punch := `{"tap":"7/00000000000000ff/1","at":%d,"uncertainty":100,"known":"interpolated","site":1,"mode":"toggle","role":"in"}`
	at := calendar.On(2026, 11, 10).In(amsterdam(b)).UnixMilli()
	detail := fmt.Sprintf(`{"zone":"Europe/Amsterdam","rules":1,"minutes":0,"punches":[`+punch+`],"shifts":[],"lines":[]`, at)
	pgtest.Exec(b, url, `INSERT INTO worked_day (tenant_id, employee_id, day, minutes, running, detail)
		SELECT $1, e.employee_id, d, 0, false, ($2 || CASE WHEN d = '2026-11-10' THEN ',"exceptions":[{"kind":"missing_out","at":' || $3::text || '}]' ELSE '' END
			|| ',"employee":' || e.employee_id || ',"date":"' || d::date || '"}')::jsonb
		FROM employee e, generate_series('2026-10-13'::date, '2026-11-10'::date, interval '1 day') d WHERE e.tenant_id = $1`, tenant, detail, fmt.Sprint(at))
	pgtest.Exec(b, url, "ANALYZE worked_day")
	for b.Loop() {
		err := db.InTenant(context.Background(), tenant, func(tx pg.Tx) error {
			q, err := QueueOf(context.Background(), tx, QueueFilter{Limit: 50})
			if err == nil && (q.Total != 2000 || len(q.Items) != 50) {
				b.Errorf("%d of %d", len(q.Items), q.Total)
			}
			return err
		})
		if err != nil {
			b.Fatal(err)
		}
	}
}
