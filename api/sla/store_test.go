package sla_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"tikklok/api/sla"
	"tikklok/api/sla/window"
	"tikklok/ingest/audit"
	"tikklok/ingest/pg"
	"tikklok/ingest/pg/pgtest"
)

type place struct {
	t      testing.TB
	db     *pg.DB
	url    string
	tenant int64
	zone   *time.Location
}

func newPlace(t testing.TB) *place {
	t.Helper()
	zone, err := time.LoadLocation("Europe/Amsterdam")
	if err != nil {
		t.Fatal(err)
	}
	url := pgtest.URL(t)
	return &place{t: t, db: pgtest.Open(t, url, pg.RoleApp), url: url, tenant: pgtest.Tenant(t, url, "Acme"), zone: zone}
}

func (p *place) in(fn func(context.Context, pg.Tx) error) error {
	return p.db.InTenant(context.Background(), p.tenant, func(tx pg.Tx) error { return fn(context.Background(), tx) })
}

func (p *place) must(fn func(context.Context, pg.Tx) error) {
	p.t.Helper()
	if err := p.in(fn); err != nil {
		p.t.Fatal(err)
	}
}

// record keeps what a probe saw, and gives how many minutes were new.
func (p *place) record(probe string, minutes ...sla.Minute) (n int) {
	p.t.Helper()
	p.must(func(ctx context.Context, tx pg.Tx) (err error) {
		n, err = sla.Record(ctx, tx, probe, minutes, minutes[len(minutes)-1].At.Add(time.Minute))
		return err
	})
	return n
}

func (p *place) report(m sla.Month, work ...sla.Work) (r sla.Report) {
	p.t.Helper()
	p.must(func(ctx context.Context, tx pg.Tx) (err error) {
		r, err = sla.ReportOf(ctx, tx, m, p.zone, work, m.Add(1).In(p.zone).AddDate(0, 0, 3))
		return err
	})
	return r
}

// month gives every minute of a month, up but where down says otherwise.
func month(m sla.Month, zone *time.Location, down func(time.Time) bool) (all []sla.Minute) {
	for at, end := m.In(zone), m.Add(1).In(zone); at.Before(end); at = at.Add(time.Minute) {
		one := sla.Minute{At: at.UTC(), State: sla.Up, Tap: sla.Up}
		if down(at) {
			one.State = sla.Down
		}
		all = append(all, one)
	}
	return all
}

func (p *place) decide(cause sla.Cause, from, to time.Time) error {
	return p.in(func(ctx context.Context, tx pg.Tx) error {
		_, err := sla.Decide(ctx, tx, sla.Decision{From: from, To: to, Cause: cause, Reason: "het netwerk van de klant", By: audit.Actor{Kind: "operator"}}, to.AddDate(0, 0, 1))
		return err
	})
}

func TestAMinuteThatIsDeliveredTwiceCountsOnceAsItWasFirstSaid(t *testing.T) {
	p := newPlace(t)
	at := time.Date(2026, 10, 5, 9, 0, 0, 0, time.UTC)
	first := sla.Minute{At: at, State: sla.Down, Tap: sla.Down}
	if n := p.record("north", first, sla.Minute{At: at.Add(time.Minute), State: sla.Up}); n != 2 {
		t.Errorf("%d minutes were new, not 2", n)
	}
	if n := p.record("north", sla.Minute{At: at, State: sla.Up, Tap: sla.Up}, sla.Minute{At: at.Add(2 * time.Minute), State: sla.Up}); n != 1 {
		t.Errorf("%d minutes were new, not 1", n)
	}
	p.must(func(ctx context.Context, tx pg.Tx) error {
		all, err := sla.Minutes(ctx, tx, at, at.Add(time.Minute))
		if err == nil && (len(all) != 1 || all[0] != first) {
			t.Errorf("it was %v, not %v", all, first)
		}
		return err
	})
}

func TestAMinuteIsDownWhenBothProbesSaySo(t *testing.T) {
	p := newPlace(t)
	at := time.Date(2026, 10, 5, 9, 0, 0, 0, time.UTC)
	minute := func(i int, s sla.State) sla.Minute {
		return sla.Minute{At: at.Add(time.Duration(i) * time.Minute), State: s}
	}
	p.record("north", minute(0, sla.Down), minute(1, sla.Down), minute(2, sla.Down))
	p.record("south", minute(0, sla.Down), minute(1, sla.Up))
	p.must(func(ctx context.Context, tx pg.Tx) error {
		all, err := sla.Minutes(ctx, tx, at, at.Add(time.Hour))
		var states []sla.State
		for _, m := range all {
			states = append(states, m.State)
		}
		if want := []sla.State{sla.Down, sla.Up, sla.Down}; !slices.Equal(states, want) { // the third was seen by one alone
			t.Errorf("the minutes are %v, not %v", states, want)
		}
		return err
	})
}

func TestWhatWasMeasuredIsNeverChanged(t *testing.T) { // I3
	p := newPlace(t)
	at := time.Date(2026, 10, 5, 9, 0, 0, 0, time.UTC)
	p.record("north", sla.Minute{At: at, State: sla.Down})
	if err := p.decide(sla.Customer, at, at.Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	for _, sql := range []string{"UPDATE service_minute SET state = 1", "DELETE FROM service_minute", "UPDATE outage_decision SET cause = 'supplier'", "DELETE FROM outage_decision"} {
		if err := p.in(func(ctx context.Context, tx pg.Tx) error { _, err := tx.Exec(ctx, sql); return err }); err == nil {
			t.Errorf("%s was allowed", sql)
		}
	}
}

func TestBrokenMinutesAreRefusedWhole(t *testing.T) {
	p := newPlace(t)
	at := time.Date(2026, 10, 5, 9, 0, 0, 0, time.UTC)
	good := sla.Minute{At: at, State: sla.Up}
	for name, bad := range map[string]sla.Minute{"half a minute": {At: at.Add(30 * time.Second), State: sla.Up}, "an unknown state": {At: at, State: 3}, "an unknown tap": {At: at, State: sla.Up, Tap: 7}, "nothing": {At: at}, "yet to come": {At: at.Add(7 * time.Minute), State: sla.Up}} {
		err := p.in(func(ctx context.Context, tx pg.Tx) error {
			_, err := sla.Record(ctx, tx, "north", []sla.Minute{good, bad}, at.Add(time.Minute))
			return err
		})
		if !errors.Is(err, sla.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := p.in(func(ctx context.Context, tx pg.Tx) error {
		_, err := sla.Record(ctx, tx, "", []sla.Minute{good}, at.Add(time.Minute))
		return err
	}); !errors.Is(err, sla.ErrInvalid) {
		t.Errorf("no name: %v", err)
	}
	if n := p.record("north", good); n != 1 {
		t.Error("something of a refused call was kept")
	}
}

func TestADecisionIsOneTenantsAlone(t *testing.T) { // I6
	p := newPlace(t)
	october := sla.Month{Year: 2026, Month: time.October}
	noon := time.Date(2026, 10, 6, 12, 0, 0, 0, p.zone)
	p.record("north", month(october, p.zone, func(at time.Time) bool { return !at.Before(noon) && at.Before(noon.Add(600*time.Minute)) })...)
	if err := p.decide(sla.Customer, noon, noon.Add(600*time.Minute)); err != nil {
		t.Fatal(err)
	}
	if r := p.report(october); r.Credit().Percent != 0 || r.Count().Claimed != 600 || r.Outages[0].Ruling.Supplier.By.Kind != "operator" {
		t.Errorf("credit %d, %d minutes of others: %+v", r.Credit().Percent, r.Count().Other, r.Outages)
	}
	p.tenant = pgtest.Tenant(t, p.url, "Beta")
	if r := p.report(october); r.Credit().Percent != 25 || r.Count().Down != 600 {
		t.Errorf("the other tenant: credit %d, %d minutes down", r.Credit().Percent, r.Count().Down)
	}
}

func TestDecisionsThatDontFitAreRefused(t *testing.T) {
	p := newPlace(t)
	at := time.Date(2026, 10, 5, 9, 0, 0, 0, time.UTC)
	for name, err := range map[string]error{
		"an unknown cause": p.decide("weather", at, at.Add(time.Minute)), "no cause": p.decide(sla.Undecided, at, at.Add(time.Minute)),
		"no time": p.decide(sla.Supplier, at, at), "half a minute": p.decide(sla.Supplier, at, at.Add(90*time.Second)),
	} {
		if !errors.Is(err, sla.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	err := p.in(func(ctx context.Context, tx pg.Tx) error {
		_, err := sla.Decide(ctx, tx, sla.Decision{From: at, To: at.Add(time.Hour), Cause: sla.Supplier, Reason: "x"}, at)
		return err
	})
	if !errors.Is(err, sla.ErrInvalid) {
		t.Errorf("time that lies ahead: %v", err)
	}
}

func TestOfficeHoursHoldFromTheirMonthOn(t *testing.T) { // OB-S2
	p := newPlace(t)
	pgtest.Contract(t, p.url, p.tenant, "winbase")
	november := sla.Month{Year: 2026, Month: time.November}
	if r := p.report(november); r.Parts[0].Promised != 21*510 {
		t.Errorf("the service window stands for hours that nobody agreed: %d minutes, not %d", r.Parts[0].Promised, 21*510)
	}
	put := func(m sla.Month, to int, now time.Time) error {
		return p.in(func(ctx context.Context, tx pg.Tx) error {
			return sla.PutOffice(ctx, tx, sla.Office{Month: m, Window: window.Window{From: 9 * 60, To: to, Days: window.MondayToFriday, Zone: p.zone}, By: audit.Actor{Kind: "operator"}}, now)
		})
	}
	now := time.Date(2026, 12, 10, 12, 0, 0, 0, p.zone)
	if err := put(november, 17*60, now); err != nil { // the first may reach back
		t.Fatal(err)
	}
	if err := put(november.Add(1), 19*60, now); err != nil {
		t.Fatal(err)
	}
	if err := put(november, 18*60, now); !errors.Is(err, sla.ErrInvalid) {
		t.Errorf("a month that is over was changed: %v", err)
	}
	if err := put(november.Add(1), 9*60, now); !errors.Is(err, sla.ErrInvalid) {
		t.Errorf("hours of no length: %v", err)
	}
	if r := p.report(november); r.Parts[0].Promised != 21*480 {
		t.Errorf("November has %d minutes, not %d", r.Parts[0].Promised, 21*480)
	}
	if r := p.report(november.Add(1)); r.Parts[0].Promised != 22*600 {
		t.Errorf("December has %d minutes, not %d", r.Parts[0].Promised, 22*600)
	}
}

func TestOfficeHoursThatAreRecordedAheadComeInTheirMonth(t *testing.T) { // OB-S2
	p := newPlace(t)
	pgtest.Contract(t, p.url, p.tenant, "winbase")
	december := sla.Month{Year: 2026, Month: time.December}
	now := december.In(p.zone).AddDate(0, 0, 9)
	put := func(m sla.Month, opens, closes int) error {
		return p.in(func(ctx context.Context, tx pg.Tx) error {
			return sla.PutOffice(ctx, tx, sla.Office{Month: m, Window: window.Window{From: opens * 60, To: closes * 60, Days: window.MondayToFriday, Zone: p.zone}, By: audit.Actor{Kind: audit.Account}}, now)
		})
	}
	for _, h := range []struct {
		month         sla.Month
		opens, closes int
	}{{december, 9, 17}, {december.Add(3), 8, 18}, {december, 9, 16}, {december.Add(1), 10, 16}} { // March before January, December corrected
		if err := put(h.month, h.opens, h.closes); err != nil {
			t.Fatal(err)
		}
	}
	for m, minutes := range map[sla.Month]int{december: 22 * 420, december.Add(1): 20 * 360, december.Add(2): 20 * 360, december.Add(3): 22 * 600, december.Add(13): 21 * 600} {
		if r := p.report(m); r.Parts[0].Promised != minutes {
			t.Errorf("%s has %d minutes, not %d", m, r.Parts[0].Promised, minutes)
		}
	}
	failed := make(chan error)
	for range 6 { // at the same moment
		go func() { failed <- put(december.Add(5), 8, 17) }()
	}
	for range 6 {
		if err := <-failed; err != nil {
			t.Error(err)
		}
	}
}
