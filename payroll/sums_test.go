package payroll

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"tikklok/ingest/hours"
	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/pg"
	"tikklok/ingest/pg/pgtest"
)

// month is what somebody does to a month of hours: registers, takes back,
// approves, reopens, rejects, sends, voids, maps anew, says what became of runs,
// gives people and sites other names and other work, restarts in the middle.
type month struct {
	*bench
	r         *rand.Rand
	zone      *time.Location
	employees []int64
	sites     []int64
	decisions []int64
	runs      []int64
	orders    []Order
}

func newMonth(t *testing.T, seed uint64) *month {
	t.Helper()
	zone, err := time.LoadLocation("Europe/Amsterdam")
	if err != nil {
		t.Fatal(err)
	}
	m := &month{bench: newBench(t), r: rand.New(rand.NewPCG(seed, 1)), zone: zone}
	m.employees = []int64{m.employee("17"), m.employee("18")}
	for n := range 2 {
		m.sites = append(m.sites, pgtest.Exec(t, m.url, "INSERT INTO site (tenant_id, name) VALUES ($1, 'Yard ' || $2::int) RETURNING site_id", m.tenant, n))
	}
	july := m.destination("Loket")
	m.orders = []Order{july, {july.Destination, calendar.Period{From: at(1), To: at(10)}}, {july.Destination, calendar.Period{From: at(6), To: at(12)}}, {july.Destination, calendar.Period{From: at(31).AddDays(1), To: at(31).AddDays(31)}}}
	m.in(func(tx pg.Tx) error {
		_, err := PutCodes(context.Background(), tx, m.by, july.Destination, map[string]string{"100": "1", "120": "2", "140": "3", "200": "4", "200F": "5"})
		return err
	})
	return m
}

func (m *month) try(fn func(context.Context, pg.Tx) error) error {
	return m.db.InTenant(context.Background(), m.tenant, func(tx pg.Tx) error { return fn(context.Background(), tx) })
}

func (m *month) someone() int64          { return m.employees[m.r.IntN(len(m.employees))] }
func (m *month) someWeek() calendar.Week { return at(1 + m.r.IntN(31)).Week() }

func (m *month) register() error {
	d := at(1 + m.r.IntN(31))
	from := time.Date(d.Year, d.Month, d.Day, m.r.IntN(22), m.r.IntN(60), 0, 0, m.zone)
	to := from.Add(time.Duration(1+m.r.IntN(600)) * time.Minute)
	who, site := m.someone(), m.sites[m.r.IntN(len(m.sites))]
	return m.try(func(ctx context.Context, tx pg.Tx) error {
		for _, d := range []hours.Decision{{Mode: hours.In, At: from}, {Mode: hours.Out, At: to}} {
			d.Employee, d.Site, d.Kind, d.Reason, d.By = who, site, hours.AddPunch, "x", m.by
			id, err := hours.Decide(ctx, tx, d, m.now)
			if err != nil {
				return err
			}
			m.decisions = append(m.decisions, id)
		}
		return nil
	})
}

func (m *month) step() error {
	week, who := m.someWeek(), m.someone()
	switch m.r.IntN(13) {
	case 0, 1, 2:
		return m.register()
	case 3:
		if len(m.decisions) == 0 {
			return nil
		}
		return m.try(func(ctx context.Context, tx pg.Tx) error {
			_, err := hours.Undo(ctx, tx, m.decisions[m.r.IntN(len(m.decisions))], m.by, "x", m.now)
			return err
		})
	case 4, 5:
		return m.try(func(ctx context.Context, tx pg.Tx) error { return m.approve(ctx, tx, who, week) })
	case 6:
		return m.try(func(ctx context.Context, tx pg.Tx) error { return hours.Reopen(ctx, tx, m.by, who, week, "x", m.now) })
	case 7:
		codes := map[string]string{}
		for _, code := range []string{"100", "120", "140", "200", "200F"} {
			codes[code] = fmt.Sprint(m.r.IntN(50))
		}
		return m.try(func(ctx context.Context, tx pg.Tx) error {
			_, err := PutCodes(ctx, tx, m.by, m.orders[0].Destination, codes)
			return err
		})
	case 8:
		run, err := m.create(m.orders[m.r.IntN(len(m.orders))])
		m.runs = append(m.runs, run.ID)
		return err
	case 9:
		return m.rename(who)
	case 10: // a crash before the manifest is kept
		return m.try(func(ctx context.Context, tx pg.Tx) error {
			id, err := m.office.register(ctx, tx, m.by, m.orders[m.r.IntN(len(m.orders))], m.now)
			m.runs = append(m.runs, id)
			return err
		})
	}
	if len(m.runs) == 0 {
		return nil
	}
	run := m.runs[m.r.IntN(len(m.runs))]
	if m.r.IntN(2) == 0 {
		return m.mark(run, []RunState{Delivered, Acknowledged, Rejected}[m.r.IntN(3)], "x")
	}
	_, err := m.void(run)
	return err
}

// rename gives somebody another number and other work, and a site another name.
func (m *month) rename(who int64) error {
	site, n := m.sites[m.r.IntN(len(m.sites))], m.r.IntN(1_000_000)
	pgtest.Exec(m.t, m.url, "UPDATE employee SET number = $2::int::text WHERE employee_id = $1", who, n)
	pgtest.Exec(m.t, m.url, "UPDATE site SET name = 'Yard ' || $2::int WHERE site_id = $1", site, n)
	pgtest.Exec(m.t, m.url, `INSERT INTO assignment (tenant_id, employee_id, site_id, number, cost_centre, from_day) VALUES ($1, $2, $3, 'A-' || $4::int, $4::int::text, '2026-06-01')`, m.tenant, who, site, n)
	return nil
}

func expected(err error) bool {
	for _, known := range []error{nil, hours.ErrState, hours.ErrUndone, hours.ErrNotFound, ErrNothing, ErrLater, ErrVoid, ErrNotFound, ErrStep, ErrUnfinished} {
		if errors.Is(err, known) {
			return true
		}
	}
	return false
}

func TestWhateverIsDoneWhatWasSentIsTheTruthInTheEnd(t *testing.T) { // I5, I8
	for _, seed := range []uint64{0, 2, 3, 4, 8} {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			m := newMonth(t, seed)
			for n := range 250 {
				m.now = m.now.Add(time.Second)
				if err := m.step(); !expected(err) {
					t.Fatalf("step %d: %v", n, err)
				}
			}
			m.settle()
			m.verify()
		})
	}
}

func TestWhateverIsDoneAtOnceWhatWasSentIsTheTruthInTheEnd(t *testing.T) { // I5, I8
	m := newMonth(t, 7)
	var all sync.WaitGroup
	for worker := range uint64(4) {
		own, bench := *m, *m.bench
		own.bench, own.r = &bench, rand.New(rand.NewPCG(worker, 2))
		all.Go(func() {
			for n := range 60 {
				own.now = own.now.Add(time.Second)
				if err := own.step(); !expected(err) {
					t.Errorf("worker %d, step %d: %v", worker, n, err)
				}
			}
		})
	}
	all.Go(func() {
		for range 60 {
			if _, err := hours.Recompute(context.Background(), m.db, m.tenant, m.now); err != nil {
				t.Error(err)
			}
		}
	})
	all.Wait()
	m.now = m.now.Add(time.Hour)
	m.settle()
	m.verify()
}

// settle approves everything and sends it, by a run that is void and another.
func (m *month) settle() {
	m.t.Helper()
	if _, err := hours.Recompute(context.Background(), m.db, m.tenant, m.now); err != nil {
		m.t.Fatal(err)
	}
	for _, who := range m.employees {
		for week := at(1).Week(); !at(31).Before(week.Monday()); week = week.Add(1) {
			if err := m.try(func(ctx context.Context, tx pg.Tx) error { return m.approve(ctx, tx, who, week) }); !expected(err) {
				m.t.Fatal(err)
			}
		}
	}
	for _, again := range []bool{true, false} {
		run, err := m.create(m.orders[0])
		if !expected(err) {
			m.t.Fatal(err)
		}
		if again && err == nil {
			if _, err := m.void(run.ID); err != nil {
				m.t.Fatal(err)
			}
		}
	}
}

// verify compares what stands sent with what was worked.
func (m *month) verify() {
	m.t.Helper()
	if n := m.count(`(SELECT employee_id, code, sum(minutes) FROM payroll_line WHERE reversed_at IS NULL GROUP BY 1, 2 HAVING sum(minutes) <> 0
		EXCEPT SELECT employee_id, code, sum(minutes) FROM hour_line GROUP BY 1, 2) x`); n != 0 {
		m.t.Errorf("%d totals were sent otherwise than worked", n)
	}
	if n := m.count(`(SELECT employee_id, code, sum(minutes) FROM hour_line GROUP BY 1, 2
		EXCEPT SELECT employee_id, code, sum(minutes) FROM payroll_line WHERE reversed_at IS NULL GROUP BY 1, 2) x`); n != 0 {
		m.t.Errorf("%d totals were worked and not sent", n)
	}
	if n := m.count(`(SELECT FROM payroll_line WHERE reversed_at IS NULL GROUP BY employee_id, code, period_from, period_to
		HAVING sum(hundredths) <> round(sum(minutes) * 100.0 / 60) OR count(DISTINCT component) > 1) x`); n != 0 {
		m.t.Errorf("%d totals have other decimals or several components", n)
	}
	if n := m.count(`(SELECT FROM payroll_line l JOIN approved_line o USING (tenant_id, line_id) WHERE reversed_at IS NULL
		GROUP BY l.destination_id, l.employee_id, l.day, o.site_id HAVING count(DISTINCT (l.site, l.cost_centre, l.assignment)) > 1) x`); n != 0 {
		m.t.Errorf("%d days at a site were sent to several assignments", n)
	}
	if n := m.count(`payroll_run r WHERE state <> (SELECT state FROM payroll_step s WHERE s.run_id = r.run_id ORDER BY step_id DESC LIMIT 1)
		OR lines <> (SELECT count(*) FROM payroll_line l WHERE l.run_id = r.run_id) OR EXISTS (SELECT FROM payroll_line l WHERE l.run_id = r.run_id AND (l.reversed_at IS NOT NULL) <> (r.state = 'void'))`); n != 0 {
		m.t.Errorf("%d runs disagree with their steps or lines", n)
	}
	for _, id := range m.runs {
		if _, err := m.file(id); !expected(err) {
			m.t.Errorf("the file of run %d: %v", id, err)
		}
	}
	if m.count("hour_line") == 0 || m.count("payroll_run WHERE state = 'void'") == 0 || m.count("payroll_line WHERE minutes < 0") == 0 {
		m.t.Error("the month was too quiet to show anything")
	}
}

// approve freezes a week once its levels are given.
func (m *month) approve(ctx context.Context, tx pg.Tx, who int64, week calendar.Week) error {
	reviews, err := hours.Reviews(ctx, tx, week, []int64{who}, m.now)
	if err != nil {
		return err
	}
	if len(reviews) == 0 {
		return hours.ErrNotFound
	}
	return reviews[0].Freeze(ctx, tx, m.by, "x", nil, m.now)
}
