package sim

import (
	"math"
	"testing"
	"time"
)

var monday = time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)

// The closed form is held against the sum of its small steps.
func TestTheTemperatureCurveIsTheSumOfItsSteps(t *testing.T) {
	rate := func(at time.Time) float64 { // ppm
		hours := at.Sub(at.Truncate(24*time.Hour)).Hours() - 15
		celsius := 15 + 8*math.Cos(2*math.Pi*hours/24)
		return -0.035 * (celsius - 25) * (celsius - 25)
	}
	const step = 10 * time.Second
	d, want := Drift{PPM: 12, Temperature: true}, 0.0
	for at := monday; at.Before(monday.AddDate(0, 0, 3).Add(5 * time.Hour)); at = at.Add(step) {
		want += step.Seconds() * (1 + (12+rate(at.Add(step/2)))/1e6) * 1000
	}
	got := d.count(monday, monday.AddDate(0, 0, 3).Add(5*time.Hour))
	if math.Abs(got-want) > 0.1 {
		t.Errorf("counts %.3f ms, the sum is %.3f", got, want)
	}
}

func TestTheWorstErrorIsNeverExceeded(t *testing.T) {
	for _, d := range []Drift{{PPM: 20}, {PPM: -20}, {PPM: 20, Temperature: true}, {PPM: -8, Temperature: true}, {Temperature: true}} {
		most := 0.0
		for at := monday; at.Before(monday.AddDate(0, 0, 2)); at = at.Add(time.Minute) {
			most = max(most, math.Abs(d.count(at, at.Add(time.Minute))-60_000)/60_000*1e6)
		}
		if most > d.Worst()+1e-6 || most < d.Worst()-0.05 {
			t.Errorf("%+v: %.4f ppm at worst, want %.4f", d, most, d.Worst())
		}
	}
}

func TestACrystalNeverCountsBackwards(t *testing.T) {
	d := Drift{PPM: 20, Temperature: true}
	before := -1.0
	for i := range 20_000 {
		now := d.count(monday, monday.Add(time.Duration(i)*time.Millisecond))
		if now < before {
			t.Fatalf("%.6f after %.6f", now, before)
		}
		before = now
	}
}
