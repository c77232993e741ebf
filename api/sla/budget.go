package sla

import "time"

// Budget is how much of a part may be down before its promise is broken, and
// how fast it is spent.
type Budget struct {
	Allowed int // minutes: the most with which it is still what was promised, of those that were measured or are ahead
	Spent   int
	// Minutes down that count, in the time before the report's Until.
	Hour, SixHours, ThreeDays int
}

// Left gives the minutes that are left; under zero they are overspent.
func (b Budget) Left() int { return b.Allowed - b.Spent }

// Burn is how urgent the spending is.
type Burn string

// The alarms, of the budget (thresholds: Google's Site Reliability Workbook,
// chapter 5).
const (
	Calm    Burn = ""
	Slow    Burn = "slow"    // a tenth within three days
	Fast    Burn = "fast"    // a fiftieth within an hour, or a twentieth within six
	Overrun Burn = "overrun" // more was down than the promise allows
)

// Burn gives the worst alarm that holds.
func (b Budget) Burn() Burn {
	spent := func(minutes, percent int) bool { return minutes > 0 && minutes*100 >= b.Allowed*percent }
	switch {
	case b.Left() < 0:
		return Overrun
	case spent(b.Hour, 2), spent(b.SixHours, 5):
		return Fast
	case spent(b.ThreeDays, 10):
		return Slow
	}
	return Calm
}

// budget reckons a part's, as it stands at until. What nobody measured allows
// nothing, as it is in neither half of the ratio: of days that are over more is
// spent than allowed exactly when their ratio is under the promise.
func (s *stretch) budget(p Part, until time.Time) Budget {
	of := int64(p.Promised - p.Count.Unmeasured)
	b := Budget{Allowed: int(of * int64(Whole-p.Terms.Least) / Whole), Spent: p.Count.Down}
	ruled, end := s.ruled(), s.index(until)
	for i := max(s.index(p.From), end-3*24*60); i < end; i++ {
		if k := s.kind(i, ruled); k != isDown && k != isContested {
			continue
		}
		b.ThreeDays++
		if end-i <= 6*60 {
			b.SixHours++
		}
		if end-i <= 60 {
			b.Hour++
		}
	}
	return b
}
