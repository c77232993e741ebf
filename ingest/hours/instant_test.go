package hours

import (
	"fmt"
	"math"
	"math/rand/v2"
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
		{"the temperature adds to the declared tolerance", []wire.Pair{disciplined(0, noon, 0)}, 20, hour, 0, Instant{noon + 3_600_000, 162, KnownEstimated}},
		{"after two pairs the drift goes on", []wire.Pair{disciplined(0, noon, 0), disciplined(10*hour, noon+36_000_360, 0)}, 20, 20 * hour, 0,
			Instant{noon + 72_000_720, 1620 + 360, KnownEstimated}},
		{"before two pairs too", []wire.Pair{disciplined(10*hour, noon, 0), disciplined(20*hour, noon+36_000_360, 0)}, 20, 0, 0,
			Instant{noon - 36_000_360, 1620 + 360, KnownEstimated}},
		{"pairs too close to tell of drift", []wire.Pair{disciplined(0, noon, 100), disciplined(1000, noon+1050, 100)}, 20, hour, 0,
			Instant{noon + 3_600_050, 262, KnownEstimated}},
		{"at a pair", []wire.Pair{disciplined(1000, noon, 10)}, 20, 1000, 0, Instant{noon, 10, KnownDisciplined}},
		{"the gap adds", []wire.Pair{disciplined(1000, noon, 10)}, 20, 1000, 500, Instant{noon, 510, KnownDisciplined}},
		{"after the last pair", []wire.Pair{disciplined(0, noon, 10)}, 20, hour, 0, Instant{noon + 3_600_000, 10 + 162, KnownEstimated}},
		{"before the first pair", []wire.Pair{disciplined(hour, noon, 10)}, 20, 0, 0, Instant{noon - 3_600_000, 10 + 162, KnownEstimated}},
		{"no declared tolerance is a hundred", []wire.Pair{disciplined(0, noon, 10)}, 0, hour, 0, Instant{noon + 3_600_000, 10 + 360, KnownEstimated}},
		{"between pairs the drift is shared out", []wire.Pair{disciplined(0, noon, 0), disciplined(2*hour, noon+7_200_100, 0)}, 20, hour, 0,
			Instant{noon + 3_600_050, 112, KnownInterpolated}},
		{"pairs of one tick agree on less", []wire.Pair{disciplined(0, noon, 10), disciplined(0, noon+15, 10)}, 20, 0, 0, Instant{noon + 7, 3, KnownDisciplined}},
		{"pairs that disagree are unsure", []wire.Pair{disciplined(0, noon, 10), disciplined(hour, noon, 10)}, 20, hour / 2, 0,
			Instant{noon + 1_800_000, 3_600_000 + 91, KnownEstimated}},
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

// crystal is a watch crystal of a declared tolerance, in a place with days and
// nights: its rate is that at 25 °C less 0.035 ppm/°C² × (T - 25)² (data sheets
// of 32.768 kHz tuning forks, such as Epson FC-135).
type crystal struct {
	at25          float64 // ppm
	coldest, warm float64 // °C, at 5 and at 17 o'clock
	weather       float64 // °C by which whole days differ
}

// after gives the true ms that passed when it counted to tick.
func (c crystal) after(ticks []int64) []int64 {
	const step = 60_000
	var out []int64
	truth, tick := 0.0, int64(0)
	for _, to := range ticks {
		for tick < to {
			d := min(step, to-tick)
			day := float64(tick) / 86_400_000
			celsius := (c.coldest+c.warm)/2 - (c.warm-c.coldest)/2*math.Cos(2*math.Pi*(day-5.0/24)) + c.weather*math.Sin(day*1.3)
			ppm := c.at25 - 0.035*(celsius-25)*(celsius-25)
			truth += float64(d) * (1 - ppm/1e6) // a fast crystal counts more than passed
			tick += d
		}
		out = append(out, int64(math.Round(truth)))
	}
	return out
}

// aWeekOffline gives the worst error and bound (ms) of an hourly tap in a week
// between two contacts, each through a gateway whose clock is off by up to its
// bound; and how often the truth lay outside.
func aWeekOffline(c crystal, early, late int64, contacts ...int64) (worst, widest int64, outside int) {
	const bound, week = 100, 7 * 24
	var ticks []int64
	for hour := range int64(week + 1) {
		ticks = append(ticks, hour*3_600_000)
	}
	truth := c.after(ticks)
	pair := func(i int, off int64) wire.Pair {
		return wire.Pair{Tick: uint64(ticks[i]), Instant: noon + truth[i] + off, Bound: bound + 1, Source: wire.SourceDisciplined}
	}
	pairs := []wire.Pair{pair(0, early), pair(week, late)}
	for _, at := range contacts {
		pairs = append(pairs, pair(int(at), -early))
	}
	line := NewTimeline(pairs, 20)
	for i, tick := range ticks {
		got := line.At(uint64(tick), 0, noon)
		off := max(got.At-noon-truth[i], noon+truth[i]-got.At)
		if off > got.Uncertainty {
			outside++
		}
		worst, widest = max(worst, off), max(widest, got.Uncertainty)
	}
	return worst, widest, outside
}

// Seven days offline with a crystal of 20 ppm and a day and a night: at most
// 1 s of error, a bound of at most 15 s, and never a bound too small.
func TestSevenDaysOffline(t *testing.T) { // I4
	rapid.Check(t, func(t *rapid.T) {
		c := crystal{at25: rapid.Float64Range(-20, 20).Draw(t, "ppm"), coldest: rapid.Float64Range(5, 20).Draw(t, "night"),
			warm: rapid.Float64Range(20, 35).Draw(t, "day")}
		off := rapid.Int64Range(-100, 100)
		early, late := off.Draw(t, "early"), off.Draw(t, "late")
		worst, widest, outside := aWeekOffline(c, early, late)
		if worst > 1000 || widest > 15_000 || outside > 0 {
			t.Errorf("%+v: %d ms off, stated at most ± %d, outside %d times", c, worst, widest, outside)
		}
		contact := rapid.Int64Range(60, 108).Draw(t, "contact")
		if _, narrower, outside := aWeekOffline(c, early, late, contact); narrower >= widest || outside > 0 {
			t.Errorf("a contact after %d h: stated at most ± %d, without it ± %d, outside %d times", contact, narrower, widest, outside)
		}
	})
}

// BenchmarkWeekOffline prints the worst of many weeks, also of such where the
// days differ: the bound holds for any weather between -1 and 51 °C.
func BenchmarkWeekOffline(b *testing.B) {
	worst, widest, rough := int64(0), int64(0), int64(0)
	random := rand.New(rand.NewPCG(7, 7))
	for range b.N {
		worst, widest, rough = 0, 0, 0
		for range 500 {
			c := crystal{at25: random.Float64()*40 - 20, coldest: 5, warm: 35}
			w, s, outside := aWeekOffline(c, random.Int64N(201)-100, random.Int64N(201)-100)
			worst, widest = max(worst, w), max(widest, s)
			c.weather = 6
			r, _, more := aWeekOffline(c, 0, 0)
			if rough = max(rough, r); outside+more > 0 {
				b.Fatalf("%+v: the truth lay outside the stated bound", c)
			}
		}
	}
	fmt.Printf("bench time_offline_week max_error_ms=%d max_bound_ms=%d max_error_changing_weather_ms=%d weeks=500\n", worst, widest, rough)
}

func TestPossibleTimes(t *testing.T) { // I4
	for at, want := range map[int64]bool{0: false, noon: true, noon + 20_000: true, noon + 40_000: false, 2_272_143_600_000: false, firstPlausible: true, firstPlausible - 2000: false} {
		if got := (Instant{At: at, Uncertainty: 1000}).Possible(noon); got != want {
			t.Errorf("%d: %t", at, got)
		}
	}
}
