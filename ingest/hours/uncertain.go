package hours

import (
	"cmp"
	"slices"

	"tikklok/gateway/wire"
	"tikklok/ingest/hours/calendar"
)

// Why says what made a tap's time uncertain.
type Why string

// What makes a tap's time uncertain.
const (
	WhyUnset         Why = "unset"         // its device's clock is not known yet
	WhyPower         Why = "power"         // its device lost power before its clock was known
	WhyUnread        Why = "unread"        // nobody read the reader for a while
	WhyContradiction Why = "contradiction" // clocks contradict each other
	WhyImpossible    Why = "impossible"    // the clock said what cannot be
	WhyLong          Why = "long"          // too long ago that the clock was compared
)

// UncertainTap is a tap that counts only once a person has given its time (I4).
type UncertainTap struct {
	Punch
	Who      Who
	Day      calendar.Date // of the timesheet that asks for it
	Estimate int64         // Unix ms, what Propose would propose; 0: nothing to go by
	Basis    BasisKind
}

// UncertainTaps is those of one run of one device that have one cause.
type UncertainTaps struct {
	Stream     wire.Stream
	Why        Why
	Reader     int64
	ReaderName string
	SiteName   string
	Taps       []UncertainTap // by instant; at most mostUncertain in all groups together
}

// whyUncertain tells the cause of a tap's uncertainty.
func whyUncertain(p Punch, gap int64, doubted bool) Why {
	switch {
	case p.Known != KnownArrival && !(Instant{p.At, p.Uncertainty, p.Known}).Possible(p.Arrived):
		return WhyImpossible
	case doubted:
		return WhyContradiction
	case p.Known == KnownArrival:
		return WhyUnset
	case p.Known == KnownBounded:
		return WhyPower
	case gap > p.Uncertainty/2:
		return WhyUnread
	}
	return WhyLong
}

// estimate gives the likeliest time of a tap, and what it rests on: the
// device's own clock where nothing better is known and it may be right, else
// the middle of what is possible.
func estimate(p Punch) (at int64, basis BasisKind, ok bool) {
	device := p.Device != 0 && (Instant{At: p.Device}).Possible(p.Arrived)
	apart := p.Device - p.At
	switch {
	case p.Known == KnownArrival && device,
		p.Known == KnownBounded && device && max(apart, -apart) <= p.Uncertainty:
		return p.Device, BasisDevice, true
	case p.Known == KnownArrival, !(Instant{p.At, p.Uncertainty, p.Known}).Possible(p.Arrived):
		return 0, "", false
	}
	return min(p.At, p.Arrived), BasisEstimate, true
}

// groupUncertain puts taps of one device's run and cause together, the newest
// group first.
func groupUncertain(taps []UncertainTap, cause func(UncertainTap) Why) []UncertainTaps {
	type key struct {
		stream wire.Stream
		reader int64
		why    Why
	}
	groups := map[key]*UncertainTaps{}
	for _, t := range taps {
		name, err := t.Tap.Name()
		if err != nil {
			continue // it comes from the database, which holds only names
		}
		k := key{name.Stream, t.Reader, cause(t)}
		if groups[k] == nil {
			groups[k] = &UncertainTaps{Stream: k.stream, Why: k.why, Reader: k.reader, ReaderName: t.ReaderName, SiteName: t.SiteName}
		}
		groups[k].Taps = append(groups[k].Taps, t)
	}
	var out []UncertainTaps
	for _, g := range groups {
		slices.SortFunc(g.Taps, func(a, b UncertainTap) int {
			return cmp.Or(cmp.Compare(a.Placed(), b.Placed()), cmp.Compare(a.Tap, b.Tap))
		})
		out = append(out, *g)
	}
	slices.SortFunc(out, func(a, b UncertainTaps) int {
		return cmp.Or(cmp.Compare(b.last(), a.last()), cmp.Compare(a.Reader, b.Reader), cmp.Compare(a.Why, b.Why), cmp.Compare(a.Stream.Epoch, b.Stream.Epoch))
	})
	return out
}

func (g UncertainTaps) last() int64 { return g.Taps[len(g.Taps)-1].Placed() }
