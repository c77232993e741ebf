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
)

// month is what somebody does to a month of hours: registers, takes back,
// approves, reopens, rejects, sends, voids, maps anew.
type month struct {
	*bench
	r         *rand.Rand
	zone      *time.Location
	employees []int64
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
	july := m.destination("Loket")
	m.orders = []Order{july, {july.Destination, calendar.Period{From: at(1), To: at(10)}}, {july.Destination, calendar.Period{From: at(31).AddDays(1), To: at(31).AddDays(31)}}}
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
	who := m.someone()
	return m.try(func(ctx context.Context, tx pg.Tx) error {
		for _, d := range []hours.Decision{{Mode: hours.In, At: from}, {Mode: hours.Out, At: to}} {
			d.Employee, d.Kind, d.Reason, d.By = who, hours.AddPunch, "x", m.by
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
	switch m.r.IntN(10) {
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
	default:
		if len(m.runs) == 0 {
			return nil
		}
		_, err := m.void(m.runs[m.r.IntN(len(m.runs))])
		return err
	}
}

func expected(err error) bool {
	for _, known := range []error{nil, hours.ErrState, hours.ErrUndone, hours.ErrNotFound, ErrNothing, ErrLater, ErrVoid, ErrNotFound} {
		if errors.Is(err, known) {
			return true
		}
	}
	return false
}

func TestWhateverIsDoneWhatWasSentIsTheTruthInTheEnd(t *testing.T) { // I5, I8
	for _, seed := range []uint64{0, 2, 3} {
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

// settle approves everything and sends it.
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
	if _, err := m.create(m.orders[0]); !expected(err) {
		m.t.Fatal(err)
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
