package sim

import (
	"math"
	"time"
)

// Drift is how wrong the crystal of a reader's clock runs.
type Drift struct {
	PPM float64 // parts per million: fast is positive
	// Temperature adds what a tuning-fork crystal loses outdoors: 0.035 ppm for
	// each square degree away from 25 °C, where a day goes from 7 °C at 3 h to
	// 23 °C at 15 h UTC. That is 0.1 to 11.4 ppm slow, 4.6 on average.
	Temperature bool
}

// The curve of a day, and the crystal's parabola (32,768 Hz tuning forks:
// -0.035 ppm/K² around 25 °C, in every maker's data sheet).
const (
	crystalParabola = 0.035 // ppm/K²
	crystalTurnover = 25.0  // °C
	dayMean         = 15.0  // °C
	daySwing        = 8.0   // °C either way
	dayWarmest      = 15 * time.Hour
	daySeconds      = 86400.0
)

// Worst is the largest error it ever has, in ppm: what an honest reader
// declares at least as its tolerance.
func (d Drift) Worst() float64 {
	if !d.Temperature {
		return math.Abs(d.PPM)
	}
	warm, cold := dayMean+daySwing-crystalTurnover, dayMean-daySwing-crystalTurnover
	return max(math.Abs(d.PPM-crystalParabola*warm*warm), math.Abs(d.PPM-crystalParabola*cold*cold))
}

// count gives the ms that the crystal counts from one true instant to another.
func (d Drift) count(from, to time.Time) float64 {
	since := to.Sub(from).Seconds()
	error := d.PPM * since
	if d.Temperature {
		error -= slowed(to, since) - slowed(from, 0)
	}
	return 1000 * (since + error/1e6)
}

// slowed is the integral of the parabola over the curve, in ppm·s, up to an
// instant that lies so many seconds after the beginning; its constant drops out.
//
// With x the angle since the warmest hour, m the mean below the turnover and s
// the swing, the square is (s·cos x - m)² = m² + s²/2 - 2ms·cos x + s²/2·cos 2x.
func slowed(at time.Time, since float64) float64 {
	const m, s, w = crystalTurnover - dayMean, daySwing, 2 * math.Pi / daySeconds
	today := at.UTC().Sub(at.UTC().Truncate(24 * time.Hour))
	x := w * (today - dayWarmest).Seconds()
	return crystalParabola * ((m*m+s*s/2)*since - 2*m*s/w*math.Sin(x) + s*s/(4*w)*math.Sin(2*x))
}
