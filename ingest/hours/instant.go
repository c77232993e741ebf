package hours

import (
	"cmp"
	"slices"
	"sort"

	"tikklok/gateway/wire"
)

// Known says how an instant is known (I4), from the best to none.
type Known string

// How instants are known.
const (
	KnownDisciplined  Known = "disciplined"  // a disciplined clock, next to the tap
	KnownServer       Known = "server"       // the server's time, next to the tap
	KnownInterpolated Known = "interpolated" // between two time pairs
	KnownEstimated    Known = "estimated"    // carried on from one time pair, or the pairs disagree
	KnownBounded      Known = "bounded"      // its clock was never set: between what came before and after its epoch
	KnownArrival      Known = "arrival"      // not known; it was before it arrived
	KnownDecided      Known = "decided"      // a person decided
)

// Unbounded is the uncertainty of an instant that nobody knows: 34 years.
const Unbounded int64 = 1 << 40

// Instant is when a tap happened.
type Instant struct {
	At          int64 // Unix ms
	Uncertainty int64 // ± ms, 0…Unbounded
	Known       Known
}

const (
	firstPlausible = 1_420_070_400_000 // 2015-01-01 UTC: older than this product
	clockSlack     = 30_000            // ms that a tap may seem later than its arrival: two clocks
	near           = 50                // ms of drift within which a pair stands "next to" a tap
	assumedPPM     = 100               // where a device declares no tolerance
	temperaturePPM = 25                // what a watch crystal loses between -1 and 51 °C: 0.035 ppm/°C² × (T - 25 °C)²
	worstPPM       = 100_000
	maxTick        = 1 << 42 // 139 years of ms: beyond it a tick is noise
	neighbours     = 3       // pairs looked at on each side
)

// Possible says whether a tap can have happened then, given when it arrived.
func (i Instant) Possible(arrived int64) bool {
	return i.At+i.Uncertainty >= firstPlausible && i.At-i.Uncertainty <= arrived+clockSlack
}

// Timeline gives the instants of one stream's ticks (I4).
type Timeline struct {
	readings []reading
	ppm      int64
}

// reading says that a tick was between lo and hi.
type reading struct {
	tick, lo, hi int64
	source       wire.Source
}

func (r reading) middle() int64 { return r.lo + (r.hi-r.lo)/2 }

// NewTimeline takes a stream's time pairs in any order and its declared
// crystal tolerance, which holds at 25 °C as data sheets state it, so that the
// temperature comes on top; 0 stands for 100 ppm in all. Undisciplined pairs
// never count.
func NewTimeline(pairs []wire.Pair, tolerancePPM uint32) Timeline {
	t := Timeline{ppm: toleranceOf(tolerancePPM)}
	for _, p := range pairs {
		trusted := p.Source == wire.SourceDisciplined || p.Source == wire.SourceServer
		if !trusted || p.Tick > maxTick || p.Instant > 1<<52 || p.Instant < -1<<52 {
			continue
		}
		bound := int64(p.Bound)
		t.readings = append(t.readings, reading{int64(p.Tick), p.Instant - bound, p.Instant + bound, p.Source})
	}
	slices.SortFunc(t.readings, func(a, b reading) int {
		return cmp.Or(cmp.Compare(a.tick, b.tick), cmp.Compare(a.lo, b.lo), cmp.Compare(a.hi, b.hi), cmp.Compare(a.source, b.source))
	})
	t.readings = mergeTicks(t.readings)
	return t
}

// toleranceOf gives how far a crystal's rate may be off, in ppm.
func toleranceOf(declared uint32) int64 {
	if declared == 0 {
		return assumedPPM
	}
	return min(int64(declared)+temperaturePPM, worstPPM)
}

// mergeTicks makes one reading of those of the same tick.
func mergeTicks(sorted []reading) []reading {
	var out []reading
	for _, r := range sorted {
		if n := len(out); n > 0 && out[n-1].tick == r.tick {
			out[n-1].lo, out[n-1].hi, _ = agree(out[n-1].lo, out[n-1].hi, r.lo, r.hi)
			out[n-1].source = min(out[n-1].source, r.source)
			continue
		}
		out = append(out, r)
	}
	return out
}

// agree gives what two intervals have in common; when that is nothing, one of
// them is wrong and only both together are sure to hold the truth.
func agree(lo, hi, lo2, hi2 int64) (int64, int64, bool) {
	if lo2 > hi || hi2 < lo {
		return min(lo, lo2), max(hi, hi2), false
	}
	return max(lo, lo2), min(hi, hi2), true
}

// At gives the instant of a tap: between its surrounding time pairs by
// interpolation, beyond them carried on. The truth is within the uncertainty
// as long as the pairs' bounds and the declared tolerance hold; gap (ms) is
// how much older than its tick the tap may be.
func (t Timeline) At(tick uint64, gap uint32, arrived int64) Instant {
	if tick > maxTick || len(t.readings) == 0 {
		return Instant{arrived, Unbounded, KnownArrival}
	}
	at := int64(tick)
	n := sort.Search(len(t.readings), func(i int) bool { return t.readings[i].tick > at })
	left, right := t.readings[max(0, n-neighbours):n], t.readings[n:min(len(t.readings), n+neighbours)]
	guess, known := t.guess(left, right, at)
	lo, hi, sure := t.bounds(left, right, at)
	if !sure {
		known = KnownEstimated
	}
	guess = min(max(guess, lo), hi)
	return Instant{guess, min(max(guess-lo, hi-guess)+int64(gap), Unbounded), known}
}

// guess gives the likeliest instant: the drift between the two nearest pairs
// was even; beyond the last or first pair it goes on as it was.
func (t Timeline) guess(left, right []reading, at int64) (int64, Known) {
	var a, b *reading
	if len(left) > 0 {
		a = &left[len(left)-1]
	}
	if len(right) > 0 {
		b = &right[0]
	}
	switch {
	case a == nil:
		rate := t.rate(*b, right[len(right)-1])
		return b.middle() - (b.tick - at) - drifted(b.tick-at, rate), t.near(b, b.tick-at, KnownEstimated)
	case b == nil:
		rate := t.rate(t.dayBefore(*a), *a)
		return a.middle() + (at - a.tick) + drifted(at-a.tick, rate), t.near(a, at-a.tick, KnownEstimated)
	}
	known := t.near(a, at-a.tick, KnownInterpolated)
	if b.tick-at < at-a.tick {
		known = t.near(b, b.tick-at, KnownInterpolated)
	}
	return interpolate(a, b, at), known
}

// rateSpan is over how long a rate is best taken: a day and a night.
const rateSpan = 24 * 3_600_000

// dayBefore gives the newest pair at least a day before the last one, or else
// the oldest of those around it.
func (t Timeline) dayBefore(last reading) reading {
	n := sort.Search(len(t.readings), func(i int) bool { return t.readings[i].tick > last.tick-rateSpan })
	if n > 0 {
		return t.readings[n-1]
	}
	return t.readings[max(0, len(t.readings)-neighbours)]
}

// rate gives how fast the crystal was between two pairs, in ppb: the middle of
// what their bounds and the tolerance leave, so that pairs which tell nothing
// of it give about 0.
func (t Timeline) rate(from, to reading) int64 {
	span := to.tick - from.tick
	if span <= 0 {
		return 0
	}
	ppb := func(gain int64) int64 { return min(max(gain, -1<<20), 1<<20) * 1_000_000_000 / span }
	lo, hi := max(ppb(to.lo-from.hi-span), -1000*t.ppm), min(ppb(to.hi-from.lo-span), 1000*t.ppm)
	if lo > hi {
		return 0 // they disagree
	}
	return lo + (hi-lo)/2
}

// drifted gives what a rate (ppb) makes of a time.
func drifted(distance, rate int64) int64 {
	return distance/1000*rate/1_000_000 + distance%1000*rate/1_000_000_000
}

func interpolate(a, b *reading, at int64) int64 {
	drift := (b.middle() - a.middle()) - (b.tick - a.tick)
	if limit := int64(1) << 20; drift > limit || drift < -limit {
		return a.middle() + (at - a.tick) // the pairs disagree: bounds will say so
	}
	return a.middle() + (at - a.tick) + drift*(at-a.tick)/(b.tick-a.tick)
}

func (t Timeline) near(r *reading, distance int64, otherwise Known) Known {
	if t.drift(distance) > near {
		return otherwise
	}
	if r.source == wire.SourceDisciplined {
		return KnownDisciplined
	}
	return KnownServer
}

// bounds gives the interval that holds the instant, and whether the two
// nearest pairs agree. Pairs further away may tighten it, never move it.
//
// Each pair opens a cone: its interval, and the tolerance p times the distance.
// Of a crystal that may wander anywhere within ±p nothing more is known, and
// every point where the cones of the pairs on both sides meet is reached by one
// that is fast first and slow then, or the other way: the bound is tight. With
// r the mean rate between two exact pairs a time T apart, the tap at fraction x
// lies within -min((p+r)x, (p-r)(1-x))T and +min((p-r)x, (p+r)(1-x))T of the
// straight line; at most T(p²-r²)/2p, which is Tp/2 when r is 0: 13.6 s after 7
// days with 20 + 25 ppm.
func (t Timeline) bounds(left, right []reading, at int64) (lo, hi int64, sure bool) {
	around := make([]reading, 0, 2*neighbours)
	for i := range neighbours {
		if i < len(left) {
			around = append(around, left[len(left)-1-i])
		}
		if i < len(right) {
			around = append(around, right[i])
		}
	}
	sure = true
	for i, r := range around {
		d := at - r.tick // negative before the pair
		slack := t.drift(max(d, -d))
		rlo, rhi := r.lo+d-slack, r.hi+d+slack
		if i == 0 {
			lo, hi = rlo, rhi
			continue
		}
		nearest := i == 1 && len(left) > 0 && len(right) > 0
		if l, h, ok := agree(lo, hi, rlo, rhi); ok || nearest {
			lo, hi, sure = l, h, sure && ok
		}
	}
	return lo, hi, sure
}

// drift gives the most that the crystal may be off after a time, rounded up.
func (t Timeline) drift(distance int64) int64 {
	return (distance*t.ppm + 999_999) / 1_000_000
}
