package hours

import (
	"testing"

	"pgregory.net/rapid"

	"tikklok/gateway/wire"
)

const noon = 1_794_312_000_000 // 2026-11-10 11:20 UTC

func TestInstants(t *testing.T) { // I4
	disciplined := func(tick uint64, instant int64, bound uint32) wire.Pair {
		return wire.Pair{Tick: tick, Instant: instant, Bound: bound, Source: wire.SourceDisciplined}
	}
	hour := uint64(3_600_000)
	for _, c := range []struct {
		name  string
		pairs []wire.Pair
		ppm   uint32
		tick  uint64
		gap   uint32
		want  Instant
	}{
		{"no pair", nil, 20, 5, 0, Instant{noon, Unbounded, KnownArrival}},
		{"an undisciplined pair is no truth", []wire.Pair{{Tick: 0, Instant: noon, Source: wire.SourceUndisciplined}}, 20, 5, 0, Instant{noon, Unbounded, KnownArrival}},
		{"at a pair", []wire.Pair{disciplined(1000, noon, 10)}, 20, 1000, 0, Instant{noon, 10, KnownDisciplined}},
		{"the gap adds", []wire.Pair{disciplined(1000, noon, 10)}, 20, 1000, 500, Instant{noon, 510, KnownDisciplined}},
		{"after the last pair", []wire.Pair{disciplined(0, noon, 10)}, 20, hour, 0, Instant{noon + 3_600_000, 10 + 72, KnownEstimated}},
		{"before the first pair", []wire.Pair{disciplined(hour, noon, 10)}, 20, 0, 0, Instant{noon - 3_600_000, 10 + 72, KnownEstimated}},
		{"no declared tolerance is a hundred", []wire.Pair{disciplined(0, noon, 10)}, 0, hour, 0, Instant{noon + 3_600_000, 10 + 360, KnownEstimated}},
		{"between pairs the drift is shared out", []wire.Pair{disciplined(0, noon, 0), disciplined(2*hour, noon+7_200_100, 0)}, 20, hour, 0,
			Instant{noon + 3_600_050, 22, KnownInterpolated}},
		{"pairs of one tick agree on less", []wire.Pair{disciplined(0, noon, 10), disciplined(0, noon+15, 10)}, 20, 0, 0, Instant{noon + 7, 3, KnownDisciplined}},
		{"pairs that disagree are unsure", []wire.Pair{disciplined(0, noon, 10), disciplined(hour, noon, 10)}, 20, hour / 2, 0,
			Instant{noon + 1_800_000, 3_600_000 + 46, KnownEstimated}},
		{"a tick that is noise", []wire.Pair{disciplined(0, noon, 10)}, 20, 1 << 60, 0, Instant{noon, Unbounded, KnownArrival}},
	} {
		if got := NewTimeline(c.pairs, c.ppm).At(c.tick, c.gap, noon); got != c.want {
			t.Errorf("%s: %+v, want %+v", c.name, got, c.want)
		}
	}
}

// A crystal that wanders anywhere within its tolerance, pairs with an error
// anywhere within their bound: the truth is within the stated uncertainty.
func TestTheStatedUncertaintyHoldsTheTruth(t *testing.T) { // I4
	rapid.Check(t, func(t *rapid.T) {
		ppm := rapid.Int64Range(1, 200).Draw(t, "ppm")
		tick, truth := int64(0), int64(noon)*1_000_000 // ticks in ms, truth in millionths of a ms
		var pairs []wire.Pair
		type tap struct{ tick, truth int64 }
		var taps []tap
		for range rapid.IntRange(2, 12).Draw(t, "steps") {
			step := rapid.Int64Range(1, 7*86_400_000).Draw(t, "step")
			rate := rapid.Int64Range(-ppm, ppm).Draw(t, "rate")
			tick, truth = tick+step, truth+step*(1_000_000+rate)
			if rapid.Bool().Draw(t, "pair") {
				bound := rapid.Int64Range(0, 2000).Draw(t, "bound")
				off := rapid.Int64Range(-bound, bound).Draw(t, "off")
				pairs = append(pairs, wire.Pair{Tick: uint64(tick), Instant: truth/1_000_000 + off, Bound: uint32(bound) + 1, Source: wire.SourceServer})
			} else {
				taps = append(taps, tap{tick, truth / 1_000_000})
			}
		}
		line := NewTimeline(pairs, uint32(ppm))
		for _, tap := range taps {
			got := line.At(uint64(tap.tick), 0, noon)
			if len(pairs) == 0 {
				continue
			}
			if d := got.At - tap.truth; d > got.Uncertainty+1 || -d > got.Uncertainty+1 {
				t.Fatalf("tick %d: %d ms off, stated ± %d", tap.tick, d, got.Uncertainty)
			}
		}
	})
}

// 7 days offline, 20 ppm, with a day and a night temperature: the target of
// the design.
func TestSevenDaysOffline(t *testing.T) {
	var tick, truth int64
	var taps [][2]int64
	for hour := range int64(7 * 24) {
		rate := int64(8) // millionths by day
		if hour%24 >= 12 {
			rate = 17
		}
		tick, truth = tick+3_600_000, truth+3_600_000_000_000+3_600_000*rate
		taps = append(taps, [2]int64{tick, truth / 1_000_000})
	}
	line := NewTimeline([]wire.Pair{
		{Tick: 0, Instant: noon, Bound: 100, Source: wire.SourceServer},
		{Tick: uint64(tick), Instant: noon + truth/1_000_000, Bound: 100, Source: wire.SourceServer}}, 20)
	for _, tap := range taps {
		got := line.At(uint64(tap[0]), 0, noon)
		if off := got.At - noon - tap[1]; off > 1000 || off < -1000 || got.Uncertainty > 15_000 {
			t.Errorf("tick %d: %d ms off, stated ± %d", tap[0], off, got.Uncertainty)
		}
	}
}

func TestPossibleTimes(t *testing.T) { // I4
	for at, want := range map[int64]bool{0: false, noon: true, noon + 20_000: true, noon + 40_000: false, 2_272_143_600_000: false, firstPlausible: true, firstPlausible - 2000: false} {
		if got := (Instant{At: at, Uncertainty: 1000}).Possible(noon); got != want {
			t.Errorf("%d: %t", at, got)
		}
	}
}
