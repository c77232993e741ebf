package retention_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"tikklok/ingest/hours"
	"tikklok/ingest/pg"
	"tikklok/ingest/privacy/retention"
)

func TestNothingGoesUntilAContractIsRecordedAndAWeekHasPassed(t *testing.T) { // OB-P3
	w := newWorld(t)
	w.work(w.employee, "2026-08-03")
	for name, tt := range map[string]struct {
		since time.Time
		want  error
	}{
		"none":     {time.Time{}, retention.ErrNoContract},
		"too soon": {now.AddDate(0, 0, -6), retention.ErrAnnounced},
	} {
		w.purger.Limits = func(context.Context, pg.Tx) (retention.Limits, error) { return retention.Limits{Since: tt.since}, nil }
		if _, err := w.purger.Run(t.Context(), w.tenant, auto, now); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v", name, err)
		}
		if w.count("registration") != 2 || w.count("seal") != 0 {
			t.Errorf("%s: something went, or was sealed", name)
		}
		if dry, err := w.purger.DryRun(t.Context(), w.tenant, now); err != nil || len(dry.Items) == 0 {
			t.Errorf("%s: counted %+v, %v", name, dry, err)
		}
	}
	w.purger.Limits = func(context.Context, pg.Tx) (retention.Limits, error) {
		return retention.Limits{Since: now.AddDate(0, 0, -6)}, nil
	}
	if _, err := w.purger.Run(t.Context(), w.tenant, boss, now); err != nil || w.count("registration") != 0 {
		t.Errorf("a person who asks for it need not wait: %v", err)
	}
}

func TestTapsThatWaitForAnAdministratorStay(t *testing.T) { // OB-H1
	w := newWorld(t)
	w.tap(999, "2026-08-03", 9)
	if w.purge(); w.count("registration") != 1 || w.count("punch") != 1 {
		t.Fatal("a tap of a fob that nobody held went before anybody looked")
	}
	w.tap(999, "2025-11-01", 9)
	w.exec("UPDATE registration SET arrived = '2025-11-01' WHERE seq = 2")
	if w.purge(); w.count("registration") != 1 {
		t.Error("what waited as long as the record of working time is kept stays")
	}
	w.leaveOut(1)
	if w.purge(); w.count("registration")+w.count("punch") != 0 {
		t.Error("what was left out stays")
	}
}

func TestTapsWaitForNobodyWhereNobodyWorks(t *testing.T) { // of the probes
	w := newWorld(t)
	w.purger.Limits = func(context.Context, pg.Tx) (retention.Limits, error) {
		return retention.Limits{Contract: "of the probes", Longest: retention.Period{N: 4, Unit: retention.Week}, Since: time.Unix(0, 0), Nobody: true}, nil
	}
	old, young := now.AddDate(0, 0, -29), now.AddDate(0, 0, -27)
	w.tap(999, old.Format(time.DateOnly), 9)
	w.tap(998, young.Format(time.DateOnly), 9)
	if w.purge(); w.count("registration") != 1 || w.count("punch") != 1 {
		t.Errorf("%d registrations and %d punches are left, want those of four weeks", w.count("registration"), w.count("punch"))
	}
}

func TestATapStaysThatCameAfterItsDayWasSealed(t *testing.T) { // I5
	w := newWorld(t)
	fob := w.exec("SELECT fob_id FROM fob_issue")
	w.work(w.employee, "2026-08-03")
	w.purge()
	w.tap(fob, "2026-08-03", 12)
	w.exec("UPDATE registration SET arrived = '2026-08-25'")
	w.work(w.employee, "2026-08-24") // makes the next sealing come by
	w.purgeAt(now.AddDate(0, 2, 0))
	if got := w.exec("SELECT count(*) FROM registration WHERE seq = 3"); got != 1 {
		t.Error("the tap that a person has to look at went")
	}
	if got := w.exec("SELECT count(*) FROM punch WHERE seq = 3 AND NOT sealed"); got != 1 {
		t.Error("the tap that a person has to look at was sealed unseen")
	}
}

func TestHoursThatNobodyApprovedStay(t *testing.T) { // I5
	w := newWorld(t)
	w.work(w.employee, "2025-09-01")
	if w.purge(); w.count("worked_day") != 1 || w.count("sealed_day") != 1 || w.count("hour_line") == 0 {
		t.Fatalf("of hours nobody was paid for are left %d days, %d sealed days", w.count("worked_day"), w.count("sealed_day"))
	}
	minutes := w.exec("SELECT sum(minutes) FROM hour_line")
	w.exec("INSERT INTO hours_due (tenant_id, employee_id, from_at, to_at) VALUES ($1, $2, 0, $3)", w.tenant, w.employee, now.UnixMilli())
	if _, err := hours.Recompute(t.Context(), w.app, w.tenant, now); err != nil || w.exec("SELECT COALESCE(sum(minutes), 0) FROM hour_line") != minutes {
		t.Errorf("computed again they are others: %v", err)
	}
	w.approve("2025-09-01")
	if w.purge(); w.count("worked_day")+w.count("sealed_day") != 0 {
		t.Error("after their approval they stay")
	}
}

func TestPairsStayByWhichTapsThatStayArePlaced(t *testing.T) { // I4
	w := newWorld(t)
	pair := func(at time.Time) {
		w.exec(`INSERT INTO time_pair (tenant_id, origin, epoch, tick, instant, bound, source, gateway_id) VALUES ($1, 5, 6, $2, $2, 10, 1, 1)`, w.tenant, at.UnixMilli())
	}
	first := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	for i := range 30 { // then its gateway was away
		pair(first.Add(time.Duration(i) * 6 * time.Hour))
	}
	at := first.AddDate(0, 0, 40)
	w.exec(`INSERT INTO registration (tenant_id, origin, epoch, seq, tick, wall, reader_id, key_version, token, arrived)
		VALUES ($1, 5, 6, 1, $2, $2, 1, 1, int8send((SELECT min(fob_id) FROM fob_issue)), '2026-10-01')`, w.tenant, at.UnixMilli())
	pair(first.AddDate(0, 0, 60))
	w.purge()
	left := w.exec("SELECT count(*) FROM time_pair WHERE tick < $1", at.UnixMilli())
	if left < 7 || left > 10 { // those of the last day, and three before it
		t.Errorf("%d pairs before the tap are left", left)
	}
	if got := w.exec("SELECT max(tick) FROM time_pair WHERE tick < $1", at.UnixMilli()); got != first.Add(29*6*time.Hour).UnixMilli() {
		t.Error("the pair before the tap that stays is gone")
	}
}

func TestAPairOfAClockThatIsFarOffStopsNoNight(t *testing.T) {
	w := newWorld(t)
	for i, instant := range []int64{-(1 << 53) + 1, 1<<53 - 1} { // wire.MaxInstant
		w.exec(`INSERT INTO time_pair (tenant_id, origin, epoch, tick, instant, bound, source, gateway_id) VALUES ($1, 5, 6, $2, $3, 10, 3, 1)`, w.tenant, i, instant)
		w.exec(`INSERT INTO time_pair_doubt (tenant_id, origin, epoch, tick, instant, source, doubt, widen) VALUES ($1, 5, 6, $2, $3, 3, 'past', 0)`, w.tenant, i, instant)
	}
	w.purge()
}

func TestANightIsDueByTheTimeThatItIs(t *testing.T) {
	for name, tt := range map[string]struct {
		last time.Time
		want bool
	}{
		"never":                     {time.Time{}, true},
		"the night before":          {now.AddDate(0, 0, -1), true},
		"this night":                {now.Add(-time.Minute), false},
		"by a clock a minute ahead": {now.Add(time.Minute), false},
		"by a clock a year ahead":   {now.AddDate(1, 0, 0), true},
	} {
		if got := retention.Due(tt.last, now, time.UTC); got != tt.want {
			t.Errorf("%s: due %t", name, got)
		}
	}
}

// leaveOut decides that a tap of nobody's fob is nothing.
func (w *world) leaveOut(seq int) {
	w.exec(`INSERT INTO decision (tenant_id, kind, origin, epoch, seq, reason, by_kind, by_id, made_at) VALUES ($1, 'ignore_tap', 5, 6, $2, 'a bank card', 'account', 1, $3)`, w.tenant, seq, now)
}
