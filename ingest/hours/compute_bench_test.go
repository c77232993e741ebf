package hours

import (
	"fmt"
	"testing"
	"time"

	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/hours/rule"
)

// month gives four taps a day of somebody who works on weekdays, in November
// 2026 and the days around it.
func month(days int, zone *time.Location) Facts {
	f := Facts{Person: Person{ID: 1, Zone: zone, From: calendar.On(2020, 1, 1), Terms: []Terms{{Minutes: 2400}}}}
	for d := calendar.On(2026, 11, 2); len(f.Punches) < 4*days; d = d.AddDays(1) {
		if w := d.Weekday(); w == time.Saturday || w == time.Sunday {
			continue
		}
		for _, minute := range []int{8 * 60, 12 * 60, 12*60 + 30, 17 * 60} {
			at := d.In(zone).Add(time.Duration(minute+len(f.Punches)%7) * time.Minute).UnixMilli()
			f.Punches = append(f.Punches, Punch{Tap: TapID(fmt.Sprintf("7/9/%d", len(f.Punches)+1)), At: at, Uncertainty: 100, Known: KnownInterpolated, Arrived: at + 500, Reader: 1, Site: 1, Mode: Toggle})
		}
	}
	return f
}

// BenchmarkCompute computes one employee's month of 22 days.
func BenchmarkCompute(b *testing.B) {
	book, err := rule.NewBook([]rule.Set{rule.Default()})
	if err != nil {
		b.Fatal(err)
	}
	zone, err := time.LoadLocation("Europe/Amsterdam")
	if err != nil {
		b.Fatal(err)
	}
	f := month(22, zone)
	now := time.Date(2026, 12, 31, 0, 0, 0, 0, time.UTC)
	b.ReportAllocs()
	for b.Loop() {
		if days := Compute(book, f, now); len(days) != 22 {
			b.Fatal(len(days))
		}
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*22), "µs/day")
}
