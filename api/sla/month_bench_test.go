package sla_test

import (
	"testing"
	"time"

	"tikklok/api/sla"
)

func BenchmarkMonthReport(b *testing.B) { // a month's report in at most 200 ms
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
		p.report(october)
	}
}
