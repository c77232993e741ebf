package hours

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"tikklok/gateway/wire"
)

func TestPairsThatContradictEachOther(t *testing.T) { // I4
	const hour = 3_600_000
	const year2042, year1970 = 2_272_143_600_000 - noon, -noon
	// pair stands at an hour of the epoch, off by so many ms, and arrived so late.
	pair := func(at, off int64, late int64, source wire.Source) ArrivedPair {
		p := ArrivedPair{Pair: wire.Pair{Tick: uint64(at * hour), Instant: noon + at*hour + off, Bound: 100, Source: source}}
		if late >= 0 {
			p.Arrived = noon + at*hour + late
		}
		return p
	}
	const disciplined, server = wire.SourceDisciplined, wire.SourceServer
	const offline = 100 * hour
	for _, c := range []struct {
		name  string
		pairs []ArrivedPair
		want  string // by tick: the doubt and how far the bound widens
	}{
		{"nothing", nil, ""},
		{"all agree", []ArrivedPair{pair(0, 50, 300, disciplined), pair(1, -50, 300, server)}, ""},
		{"a clock in 2042", []ArrivedPair{pair(0, 0, 300, disciplined), pair(1, year2042, 300, disciplined)}, "1h future"},
		{"a clock in 1970", []ArrivedPair{pair(0, 0, 300, disciplined), pair(1, year1970, 300, disciplined)}, "1h past"},
		{"two hours slow until the server spoke", []ArrivedPair{pair(0, -2*hour, 300, disciplined), pair(1, 0, 300, server)}, "0h contradiction"},
		{"the same, all of it from a backlog", []ArrivedPair{pair(0, -2*hour, offline, disciplined), pair(1, 0, offline, server)}, "0h contradiction"},
		{"an hour's jump offline, between two times that agree", []ArrivedPair{pair(0, 0, 300, disciplined), pair(2, hour, offline, disciplined), pair(3, hour, offline, disciplined), pair(90, 0, 300, disciplined)},
			"2h contradiction 3h contradiction"},
		{"a server that was set while it served", []ArrivedPair{pair(0, 0, 300, disciplined), pair(1, -5000, 300, server)}, "0h contested+10000 1h contested+10000"},
		{"nobody can tell", []ArrivedPair{pair(0, 0, offline, disciplined), pair(1, -2*hour, offline, disciplined)}, "0h contested 1h contested"},
		{"drift is no contradiction", []ArrivedPair{pair(0, 0, 300, server), pair(90, 14_000, 300, server)}, ""},
		{"an undisciplined clock is not judged", []ArrivedPair{pair(0, year1970, 300, wire.SourceUndisciplined), pair(1, 0, 300, server)}, ""},
		{"pairs from before arrivals were kept", []ArrivedPair{pair(0, 0, -1, disciplined), pair(1, 0, -1, disciplined)}, ""},
	} {
		for range 5 { // in any order
			rand.Shuffle(len(c.pairs), func(i, j int) { c.pairs[i], c.pairs[j] = c.pairs[j], c.pairs[i] })
			if got := verdicts(Judge(c.pairs, 20)); got != c.want {
				t.Errorf("%s: %q, want %q", c.name, got, c.want)
			}
		}
	}
}

func verdicts(all []Verdict) (text string) {
	slices.SortFunc(all, func(a, b Verdict) int { return int(a.Tick) - int(b.Tick) })
	for _, v := range all {
		if text != "" {
			text += " "
		}
		text += fmt.Sprintf("%dh %s", v.Tick/3_600_000, v.Doubt)
		if v.Widen > 0 {
			text += fmt.Sprintf("+%d", v.Widen)
		}
	}
	return text
}

// A clock that runs backwards makes as many contradictions as pairs.
func TestAClockThatContradictsItselfAllTheTimeIsNoise(t *testing.T) { // I4
	var pairs []ArrivedPair
	for n := range int64(500) {
		pairs = append(pairs, ArrivedPair{Pair: wire.Pair{Tick: uint64(n * 60_000), Instant: noon - n*60_000, Bound: 100, Source: wire.SourceDisciplined}})
	}
	pairs = append(pairs, ArrivedPair{Pair: wire.Pair{Tick: 1000, Instant: noon + 1000, Bound: 100, Source: wire.SourceServer}, Arrived: noon + 1300})
	all := Judge(pairs, 20)
	if len(all) != 499 || slices.ContainsFunc(all, func(v Verdict) bool { return v.Source == wire.SourceServer || v.Widen > 0 }) {
		t.Errorf("%d of 501 pairs are doubted", len(all))
	}
}

func FuzzJudge(f *testing.F) {
	f.Add([]byte{1, 2, 3}, int64(noon), int64(noon), uint32(20))
	f.Add([]byte{0, 255, 128}, int64(-1)<<62, int64(1)<<62, uint32(1<<31))
	f.Fuzz(func(t *testing.T, steps []byte, instant, arrived int64, ppm uint32) {
		var pairs []ArrivedPair
		for i, s := range steps[:min(len(steps), 100)] {
			pairs = append(pairs, ArrivedPair{wire.Pair{Tick: uint64(i) << (s % 60), Instant: instant + int64(s)<<(s%40), Bound: uint32(s) << (s % 24), Source: wire.Source(s % 5)}, arrived})
		}
		if all := Judge(pairs, ppm); len(all) > len(pairs) {
			t.Errorf("%d verdicts on %d pairs", len(all), len(pairs))
		}
	})
}

func TestATapBetweenTwoEpochs(t *testing.T) { // I4
	const minute = 60_000
	s := Surroundings{After: noon, Before: noon + 60*minute, Last: 20 * minute, PPM: 20}
	for _, c := range []struct {
		name    string
		s       Surroundings
		tick    uint64
		arrived int64
		lo, hi  int64 // minutes after noon
	}{
		{"its tick and what followed narrow it", s, 5 * minute, noon + 100*minute, 5, 45},
		{"it was before it arrived", s, 5 * minute, noon + 30*minute, 5, 30},
		{"the next epoch is not known", Surroundings{After: noon, PPM: 20}, 0, noon + 100*minute, 0, 100},
	} {
		got := c.s.At(c.tick, 0, c.arrived)
		lo, hi := got.At-got.Uncertainty-noon, got.At+got.Uncertainty-noon
		if got.Known != KnownBounded || lo < c.lo*minute-100 || lo > c.lo*minute || hi > c.hi*minute+100 || hi < c.hi*minute {
			t.Errorf("%s: %d to %d ms after noon, want minutes %d to %d", c.name, lo, hi, c.lo, c.hi)
		}
	}
	for name, s := range map[string]Surroundings{"nothing before it": {Before: noon + 60*minute}, "clocks that cannot both be right": {After: noon + 90*minute, Before: noon}} {
		if got := s.At(0, 0, noon+100*minute); got.Known != KnownArrival || got.Uncertainty != Unbounded {
			t.Errorf("%s: %+v", name, got)
		}
	}
}
