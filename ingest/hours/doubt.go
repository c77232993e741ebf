package hours

import (
	"cmp"
	"slices"

	"tikklok/gateway/wire"
)

// Doubt says why a time pair is not taken at its word (I4). The pair is kept
// (I3); taps are timed without it, or with a wider bound.
type Doubt string

// The reasons for doubt.
const (
	DoubtFuture        Doubt = "future"        // it lay in the future when it arrived
	DoubtPast          Doubt = "past"          // before 2015
	DoubtContradiction Doubt = "contradiction" // of pairs that are better known
	DoubtContested     Doubt = "contested"     // of others as well known as itself
)

// ArrivedPair is a time pair with when the server received it.
type ArrivedPair struct {
	wire.Pair
	Arrived int64 // Unix ms; 0: not noted
}

// Verdict is a pair that is doubted.
type Verdict struct {
	ArrivedPair
	Doubt Doubt
	Widen int64 // ms to be added to the bound; 0: the pair does not count
}

const (
	// confirmWithin is how close to its instant a pair must arrive for the
	// server's own clock to vouch for it, as far as that goes (ms).
	confirmWithin = 10_000
	// mostLines bounds the contradictions that are told apart in one epoch; a
	// clock that contradicts itself more often is noise.
	mostLines = 32
)

// line is pairs of one epoch that agree with each other: one idea of what time
// it was.
type line struct {
	pairs     []ArrivedPair
	confirmed bool // one of them arrived at the time it claimed
	server    bool // one of them came from the server
	noise     bool // what is left of a clock that contradicts itself all the time
}

// Judge finds the pairs of one epoch that are not to be believed. An epoch's
// ticks are of one clock that cannot be set, so all that is true lies on one
// line. Where there are several, one that the server's clock confirmed at
// arrival beats one that it did not; else one that has the server's time beats
// one that has none. Between equals nobody can tell: those that were confirmed
// count as far as they were, the others not at all, and a person decides.
//
// The verdict depends on the pairs only, not on the order they came in.
func Judge(pairs []ArrivedPair, tolerancePPM uint32) []Verdict {
	var out []Verdict
	var possible []ArrivedPair
	for _, p := range pairs {
		if doubt := impossible(p); doubt != "" {
			out = append(out, Verdict{ArrivedPair: p, Doubt: doubt})
		} else if p.Source < wire.SourceUndisciplined {
			possible = append(possible, p)
		}
	}
	all := lines(possible, Timeline{ppm: toleranceOf(tolerancePPM)})
	if len(all) < 2 {
		return out
	}
	best := slices.MaxFunc(all, func(a, b *line) int { return cmp.Compare(a.rank(), b.rank()) }).rank()
	equals := 0
	for _, l := range all {
		if l.rank() == best {
			equals++
		}
	}
	for _, l := range all {
		if l.rank() == best && equals == 1 {
			continue
		}
		v := Verdict{Doubt: DoubtContradiction}
		if l.rank() == best {
			v.Doubt = DoubtContested
			if best == 2 {
				v.Widen = confirmWithin
			}
		}
		for _, p := range l.pairs {
			v.ArrivedPair = p
			out = append(out, v)
		}
	}
	return out
}

// impossible says why a pair cannot be right whatever others say.
func impossible(p ArrivedPair) Doubt {
	bound := int64(p.Bound)
	switch {
	case p.Source >= wire.SourceUndisciplined:
		return ""
	case p.Arrived != 0 && p.Instant-bound > p.Arrived+clockSlack:
		return DoubtFuture
	case p.Instant+bound < firstPlausible:
		return DoubtPast
	}
	return ""
}

func (l *line) rank() int {
	switch {
	case l.noise:
		return -1
	case l.confirmed:
		return 2
	case l.server:
		return 1
	}
	return 0
}

// lines sorts pairs into those that agree: each joins the first line whose
// first and last pair it does not contradict.
func lines(pairs []ArrivedPair, t Timeline) []*line {
	sorted := slices.Clone(pairs)
	slices.SortFunc(sorted, func(a, b ArrivedPair) int {
		return cmp.Or(cmp.Compare(a.Tick, b.Tick), cmp.Compare(a.Instant, b.Instant), cmp.Compare(a.Source, b.Source))
	})
	var all []*line
	for _, p := range sorted {
		i := slices.IndexFunc(all, func(l *line) bool {
			return t.compatible(l.pairs[0].Pair, p.Pair) && t.compatible(l.pairs[len(l.pairs)-1].Pair, p.Pair)
		})
		switch {
		case i >= 0:
		case len(all) < mostLines:
			i = len(all)
			all = append(all, &line{})
		default:
			i = mostLines - 1
			all[i].noise = true
		}
		all[i].add(p)
	}
	return all
}

func (l *line) add(p ArrivedPair) {
	l.pairs = append(l.pairs, p)
	l.server = l.server || p.Source == wire.SourceServer
	ago := p.Arrived - p.Instant
	l.confirmed = l.confirmed || p.Arrived != 0 && ago <= confirmWithin+int64(p.Bound) && ago >= -confirmWithin-int64(p.Bound)
}

// compatible says whether one clock within its tolerance can have made both.
func (t Timeline) compatible(a, b wire.Pair) bool {
	if a.Tick > maxTick || b.Tick > maxTick {
		return false
	}
	elapsed := int64(b.Tick) - int64(a.Tick)
	apart := (b.Instant - a.Instant) - elapsed
	return max(apart, -apart) <= int64(a.Bound)+int64(b.Bound)+t.drift(max(elapsed, -elapsed))
}
