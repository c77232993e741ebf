package sla_test

import (
	"context"
	"crypto/sha256"
	"slices"
	"testing"
	"time"

	"tikklok/api/sla"
	"tikklok/ingest/audit"
	"tikklok/ingest/pg"
	"tikklok/ingest/pg/pgtest"
)

// handOut hands out a month as it is at a moment.
func (p *place) handOut(m sla.Month, now time.Time) (i sla.Issue, err error) {
	err = p.in(func(ctx context.Context, tx pg.Tx) error {
		i, _, err = sla.HandOut(ctx, tx, m, p.zone, nil, audit.Actor{Kind: audit.System}, now)
		return err
	})
	return i, err
}

var november = sla.Month{Year: 2026, Month: time.November}

// downFor measures November with so many minutes down from noon of the third.
func (p *place) downFor(minutes int) (noon time.Time) {
	p.t.Helper()
	noon = time.Date(2026, 11, 3, 12, 0, 0, 0, p.zone)
	p.record("north", month(november, p.zone, func(at time.Time) bool {
		return !at.Before(noon) && at.Before(noon.Add(time.Duration(minutes)*time.Minute))
	})...)
	return noon
}

func TestAReportThatWasHandedOutStaysAsItWas(t *testing.T) { // OB-S1, I3
	p := newPlace(t)
	noon := p.downFor(600)
	now := time.Date(2026, 12, 8, 9, 0, 0, 0, p.zone)
	first, err := p.handOut(november, now)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := p.handOut(november, now.Add(time.Hour)); err != nil || again.Number != 1 || !again.At.Equal(first.At) {
		t.Errorf("what says the same was handed out again: %d, %v", again.Number, err)
	}
	if err := p.decide(sla.Customer, noon, noon.Add(600*time.Minute)); err != nil {
		t.Fatal(err)
	}
	var kept []sla.Issue
	p.must(func(ctx context.Context, tx pg.Tx) (err error) { kept, err = sla.Issues(ctx, tx, november); return err })
	if len(kept) != 1 || kept[0].Figures.Parts[0].Credit != 25 || kept[0].Hash != sha256.Sum256(kept[0].Body) || string(kept[0].Body) != string(first.Body) {
		t.Errorf("kept is %+v", kept)
	}
	changes, outcome := p.report(november).Figures().Since(kept[0].Figures)
	if !outcome || !slices.Equal(changes, []sla.Change{sla.NewCause}) {
		t.Errorf("since then %v, another outcome %t", changes, outcome)
	}
	if second, err := p.handOut(november, now.AddDate(0, 0, 3)); err != nil || second.Number != 2 || second.Figures.Parts[0].Credit != 0 {
		t.Errorf("the second is %+v, %v", second, err)
	}
	for _, sql := range []string{"UPDATE service_report SET number = 7", "DELETE FROM service_report", "INSERT INTO service_report (tenant_id, month, number, body, sha256, by_kind, by_id, made_at) VALUES (current_tenant(), '2026-11-01', 3, 'x', 'y', 'system', 0, now())"} {
		if err := p.in(func(ctx context.Context, tx pg.Tx) error { _, err := tx.Exec(ctx, sql); return err }); err == nil {
			t.Errorf("%s was allowed", sql)
		}
	}
}

func TestWhatChangedSinceAReportIsNamed(t *testing.T) {
	p := newPlace(t)
	noon := time.Date(2026, 11, 3, 12, 0, 0, 0, p.zone)
	all := month(november, p.zone, func(time.Time) bool { return false })
	late := slices.IndexFunc(all, func(m sla.Minute) bool { return m.At.Equal(noon) })
	p.record("north", slices.Delete(slices.Clone(all), late, late+10)...)
	if _, err := p.handOut(november, time.Date(2026, 12, 8, 9, 0, 0, 0, p.zone)); err != nil {
		t.Fatal(err)
	}
	since := func() (changes []sla.Change, outcome bool) {
		p.must(func(ctx context.Context, tx pg.Tx) error {
			kept, err := sla.Issues(ctx, tx, november)
			if err == nil {
				changes, outcome = p.report(november).Figures().Since(kept[len(kept)-1].Figures)
			}
			return err
		})
		return changes, outcome
	}
	if changes, outcome := since(); len(changes) > 0 || outcome {
		t.Errorf("nothing changed, and it says %v, %t", changes, outcome)
	}
	p.record("north", all[late:late+10]...) // the probe brought them later
	if changes, _ := since(); !slices.Equal(changes, []sla.Change{sla.NewMinutes}) {
		t.Errorf("it says %v", changes)
	}
	if _, err := p.handOut(november, time.Date(2026, 12, 9, 9, 0, 0, 0, p.zone)); err != nil {
		t.Fatal(err)
	}
	again := all[late+20]
	again.State = sla.Down
	p.record("north", again) // its clock was set back, and the minute came again
	if changes, outcome := since(); !slices.Equal(changes, []sla.Change{sla.NewMinutes}) || !outcome {
		t.Errorf("it says %v, %t", changes, outcome)
	}
	pgtest.Contract(t, p.url, p.tenant, "winbase")
	if changes, outcome := since(); !slices.Contains(changes, sla.NewContract) || !outcome {
		t.Errorf("it says %v, %t", changes, outcome)
	}
}

func TestAMonthThatRunsIsNotHandedOut(t *testing.T) {
	p := newPlace(t)
	p.downFor(1)
	if _, err := p.handOut(november, time.Date(2026, 11, 30, 23, 59, 59, 0, p.zone)); err == nil {
		t.Error("it was")
	}
	if _, err := p.handOut(november, time.Date(2026, 12, 1, 0, 0, 0, 0, p.zone)); err != nil {
		t.Errorf("the month is over: %v", err)
	}
}

// due gives the months that wait to be handed out at a moment.
func (p *place) due(now time.Time) (all []sla.Month) {
	p.t.Helper()
	p.must(func(ctx context.Context, tx pg.Tx) (err error) { all, err = sla.Due(ctx, tx, p.zone, now); return err })
	return all
}

func TestAMonthIsDueAWeekAfterItsEndAndOnce(t *testing.T) {
	p := newPlace(t)
	pgtest.Exec(t, p.url, "UPDATE tenant SET created_at = '2026-01-01' WHERE tenant_id = $1", p.tenant)
	p.downFor(1)
	week := time.Date(2026, 12, 8, 0, 0, 0, 0, p.zone)
	if all := p.due(week.Add(-time.Second)); len(all) != 0 {
		t.Errorf("before the week is over %v are due", all)
	}
	if all := p.due(week); !slices.Equal(all, []sla.Month{november}) { // months that nobody measured aren't
		t.Errorf("%v are due", all)
	}
	if all := p.due(week.AddDate(0, 8, 0)); !slices.Equal(all, []sla.Month{november}) {
		t.Errorf("a server that slept finds %v", all)
	}
	if _, err := p.handOut(november, week); err != nil {
		t.Fatal(err)
	}
	if all := p.due(week.Add(time.Hour)); len(all) != 0 {
		t.Errorf("after it was handed out %v are due", all)
	}
}

func TestAMonthThatWasHandedOutEarlyIsHandedOutAgainWhenItSettled(t *testing.T) { // OB-S1
	p := newPlace(t)
	pgtest.Exec(t, p.url, "UPDATE tenant SET created_at = '2026-01-01' WHERE tenant_id = $1", p.tenant)
	p.downFor(1)
	week := time.Date(2026, 12, 8, 0, 0, 0, 0, p.zone)
	for _, step := range []struct {
		at     time.Time
		number int
	}{
		{week.AddDate(0, 0, -3), 1},
		{week.Add(-time.Second), 1}, // it says the same, and so it does at the next
		{week, 2},
		{week.Add(time.Hour), 2},
	} {
		if all := p.due(step.at); (len(all) > 0) != step.at.Equal(week) {
			t.Errorf("at %v %v are due", step.at, all)
		}
		if i, err := p.handOut(november, step.at); err != nil || i.Number != step.number {
			t.Errorf("at %v it is number %d, not %d: %v", step.at, i.Number, step.number, err)
		}
	}
}

func TestTwoWhoHandOutAtTheSameMomentGiveOneReport(t *testing.T) { // OB-S1
	p := newPlace(t)
	p.downFor(600)
	week := time.Date(2026, 12, 8, 9, 0, 0, 0, p.zone)
	type given struct {
		number int
		anew   bool
		err    error
	}
	const hands = 8 // the program by itself, and people
	all := make(chan given, hands)
	for n := range hands {
		by := audit.Actor{Kind: audit.Account, ID: int64(n)}
		if n == 0 {
			by = audit.Actor{Kind: audit.System}
		}
		go func() {
			var g given
			g.err = p.in(func(ctx context.Context, tx pg.Tx) error {
				i, anew, err := sla.HandOut(ctx, tx, november, p.zone, nil, by, week)
				g.number, g.anew = i.Number, anew
				return err
			})
			all <- g
		}()
	}
	anew := 0
	for range hands {
		g := <-all
		if g.err != nil || g.number != 1 {
			t.Errorf("one got number %d: %v", g.number, g.err)
		}
		if g.anew {
			anew++
		}
	}
	if n := pgtest.Exec(t, p.url, "SELECT count(*) FROM service_report"); n != 1 || anew != 1 {
		t.Errorf("%d reports stand, %d called theirs another one", n, anew)
	}
}

func TestWhoWaitsForAnotherHandsOutWhatTheOtherLeft(t *testing.T) { // OB-S1
	p := newPlace(t)
	noon := p.downFor(600)
	week := time.Date(2026, 12, 8, 9, 0, 0, 0, p.zone)
	second := make(chan sla.Issue, 1)
	p.must(func(ctx context.Context, tx pg.Tx) error {
		if _, _, err := sla.HandOut(ctx, tx, november, p.zone, nil, audit.Actor{Kind: audit.System}, week); err != nil {
			return err
		}
		go func() {
			i, err := p.handOut(november, week.Add(time.Second))
			if err != nil {
				t.Error(err)
			}
			second <- i
		}()
		for pgtest.Exec(t, p.url, "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())") == 0 {
			time.Sleep(5 * time.Millisecond)
		}
		_, err := sla.Decide(ctx, tx, sla.Decision{From: noon, To: noon.Add(600 * time.Minute), Cause: sla.Customer, Reason: "het netwerk", By: audit.Actor{Kind: audit.Account, ID: 1}}, week)
		return err
	})
	if i := <-second; i.Number != 2 || i.Figures.Parts[0].Credit != 0 {
		t.Errorf("number %d gives %d %% back: the decision that it waited for is not in it", i.Number, i.Figures.Parts[0].Credit)
	}
}

func TestAReportIsOneTenantsAlone(t *testing.T) { // I6
	p := newPlace(t)
	p.downFor(1)
	if _, err := p.handOut(november, time.Date(2026, 12, 8, 0, 0, 0, 0, p.zone)); err != nil {
		t.Fatal(err)
	}
	p.tenant = pgtest.Tenant(t, p.url, "Beta")
	p.must(func(ctx context.Context, tx pg.Tx) error {
		all, err := sla.Issues(ctx, tx, november)
		if len(all) > 0 {
			t.Errorf("the other tenant sees %d", len(all))
		}
		return err
	})
}
