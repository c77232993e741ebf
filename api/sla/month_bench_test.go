package sla_test

import (
	"context"
	"fmt"
	"os"
	"slices"
	"testing"
	"time"

	"tikklok/api/sla"
	"tikklok/ingest/pg"
)

// BenchmarkMonthReport measures a month's report of two probes and forty
// decisions, promised in at most 200 ms, beside reading the same minutes a row
// each.
func BenchmarkMonthReport(b *testing.B) {
	if url := os.Getenv("BENCH_DATABASE_URL"); url != "" {
		b.Setenv("TEST_DATABASE_URL", url)
	}
	p := newPlace(b)
	october := sla.Month{Year: 2026, Month: time.October}
	for _, probe := range []string{"north", "south"} {
		p.record(probe, month(october, p.zone, func(at time.Time) bool { return at.Hour() == 3 && at.Minute() < at.Day() })...)
	}
	for range 40 {
		from := time.Date(2026, 10, 5, 3, 0, 0, 0, p.zone)
		if err := p.decide(sla.Customer, from, from.Add(5*time.Minute)); err != nil {
			b.Fatal(err)
		}
	}
	for b.Loop() {
		value, reference := middle(func() { p.report(october) }), middle(func() { p.rows() })
		fmt.Printf("bench month_report value=%.1f unit=ms reference=a_row_a_minute reference_value=%.1f ratio=%.2f goal_ms=200\n", value, reference, value/reference)
	}
}

// middle gives the milliseconds that the median of 15 runs takes.
func middle(run func()) float64 {
	var took []time.Duration
	for range 15 {
		begin := time.Now()
		run()
		took = append(took, time.Since(begin))
	}
	slices.Sort(took)
	return took[len(took)/2].Seconds() * 1000
}

// rows reads what probes saw without joining it.
func (p *place) rows() {
	p.must(func(ctx context.Context, tx pg.Tx) error {
		rows, err := tx.Query(ctx, "SELECT at, state, tap FROM service_minute ORDER BY at")
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var at time.Time
			var state, tap int16
			if err := rows.Scan(&at, &state, &tap); err != nil {
				return err
			}
		}
		return rows.Err()
	})
}
