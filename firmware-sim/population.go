package sim

import (
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"sort"
	"time"
)

// Kind is what a person means by a tap.
type Kind string

// The kinds. Break both begins and ends one.
const (
	In    Kind = "in"
	Out   Kind = "out"
	Break Kind = "break"
)

// Pattern is how someone's weeks look.
type Pattern string

// The patterns, dealt out in this order.
const (
	Day      Pattern = "day"
	Late     Pattern = "late"
	Night    Pattern = "night"
	Split    Pattern = "split"
	PartTime Pattern = "part-time"
	OnCall   Pattern = "on call" // no weeks of their own
)

var patterns = []Pattern{Day, Day, Late, Day, Night, PartTime, Day, Split, Late, PartTime}

// Presentation is a fob held before a reader once, or one that was forgotten.
type Presentation struct {
	At        time.Time // UTC, whole milliseconds
	Employee  int       // from 0
	Fob       uint64    // 40 bits
	Reader    int       // from 0
	Kind      Kind
	Forgotten bool // the person walked by
	Double    bool // the same tap again, 2…20 s after
}

// Population are people with believable lives. The same configuration gives
// the same lives, whichever part of them is asked for.
type Population struct {
	Seed      uint64
	Employees int
	OnCall    int            // how many more there are, after the others, who have a fob and come only when called
	Readers   int            // who stand at doors; each person has a usual one
	Breaks    int            // index of the reader for breaks, from Readers on; 0: nobody taps breaks
	Zone      *time.Location // where they live
	Begin     time.Time      // first day
	Forget    float64        // share of taps forgotten; 0 gives 2 %, below 0 none
	Repeat    float64        // share of taps made twice; 0 gives 5 %, below 0 none
	Longer    float64        // share of days whose last piece of work goes on for two and a half hours more
}

// Holding says whose fob it is from a day on, until it was lost.
type Holding struct {
	Employee    int
	Fob         uint64
	From, Until time.Time // local midnight, noon for who works nights; Until zero: still
}

// lostPerDay is the chance to lose one's fob on a day: once in 200 days.
const lostPerDay = 0.005

// Pattern says how an employee's weeks look.
func (p Population) Pattern(employee int) Pattern {
	if employee >= p.Employees {
		return OnCall
	}
	return patterns[employee%len(patterns)]
}

// Planned is a piece of work as it stands in the roster.
type Planned struct {
	Employee int
	From, To time.Time // UTC
	Away     bool      // on leave, or ill: nobody came
}

// Roster gives the work that is planned to begin from one instant until before
// another, by employee and time.
func (p Population) Roster(from, to time.Time) (all []Planned) {
	for e := range p.Employees {
		for d := p.day(from.In(p.Zone), 0); d.Before(to); d = p.day(d, 1) {
			away := p.away(p.random("life", e, d))
			for _, s := range p.plan(e, d) {
				all = append(all, Planned{Employee: e, From: p.clock(d, s.from), To: p.clock(d, s.to), Away: away})
			}
		}
	}
	return slices.DeleteFunc(all, func(s Planned) bool { return s.From.Before(from) || !s.From.Before(to) })
}

// Presentations gives what happens from one instant until before another, in
// the order of time.
func (p Population) Presentations(from, to time.Time) []Presentation {
	var all []Presentation
	first := later(p.day(from.In(p.Zone), -2), p.day(p.Begin.In(p.Zone), 0))
	for e := range p.Employees {
		holdings := p.holdings(e, to)
		for d := first; d.Before(to); d = p.day(d, 1) {
			for len(holdings) > 1 && !d.Before(p.day(holdings[0].Until, 0)) {
				holdings = holdings[1:]
			}
			all = append(all, p.life(e, d, holdings[0].Fob)...)
		}
	}
	kept := all[:0]
	for _, t := range all {
		if !t.At.Before(from) && t.At.Before(to) {
			kept = append(kept, t)
		}
	}
	sort.SliceStable(kept, func(i, j int) bool { return kept[i].At.Before(kept[j].At) })
	return kept
}

// Holdings says who holds which fob until an instant, by employee and time.
func (p Population) Holdings(to time.Time) []Holding {
	var all []Holding
	for e := range p.Employees + p.OnCall {
		all = append(all, p.holdings(e, to)...)
	}
	return all
}

func (p Population) holdings(employee int, to time.Time) []Holding {
	d := p.day(p.Begin.In(p.Zone), 0)
	all := []Holding{{Employee: employee, Fob: p.fob(employee, 0), From: d}}
	for d = p.day(d, 1); d.Before(to); d = p.day(d, 1) {
		if p.random("lost", employee, d).Float64() < lostPerDay {
			change := p.change(employee, d)
			all[len(all)-1].Until = change
			all = append(all, Holding{Employee: employee, Fob: p.fob(employee, len(all)), From: change})
		}
	}
	return all
}

// change is when on a day a lost fob is replaced: not during work.
func (p Population) change(employee int, day time.Time) time.Time {
	if p.Pattern(employee) != Night {
		return day
	}
	return time.Date(day.Year(), day.Month(), day.Day(), 12, 0, 0, 0, p.Zone)
}

// fob draws the number of an employee's n-th fob; employee and n are part of
// it, so that no two are the same.
func (p Population) fob(employee, n int) uint64 {
	r := p.random("fob", employee, time.Time{}).Uint64()
	return (1+r%0xFF)<<32 | uint64(employee&0xFFFF)<<16 | uint64(n&0xFF)<<8 | r>>56
}

// day gives the local midnight n days on.
func (p Population) day(t time.Time, n int) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day()+n, 0, 0, 0, 0, p.Zone)
}

func later(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}

// random gives the chances of one employee on one day for one purpose.
func (p Population) random(purpose string, employee int, day time.Time) *rand.Rand {
	h := fnv.New64a()
	fmt.Fprintf(h, "%s/%d/%s", purpose, employee, day.Format(time.DateOnly))
	return rand.New(rand.NewPCG(p.Seed, h.Sum64()))
}

// stint is a piece of work as planned, in minutes since local midnight.
type stint struct{ from, to int }

// away says whether somebody is on leave or ill: the first chance of a day.
func (p Population) away(r *rand.Rand) bool { return r.Float64() < 0.05 }

// plan says when someone works on a day. Rests are longer than the Working
// Hours Act asks for, also when everybody comes and goes as late as they do.
func (p Population) plan(employee int, day time.Time) []stint {
	week := day.Weekday()
	weekday := week != time.Saturday && week != time.Sunday
	switch p.Pattern(employee) {
	case Late:
		if weekday {
			return []stint{{14 * 60, 22*60 + 30}}
		}
	case Night:
		if week != time.Friday && week != time.Saturday {
			return []stint{{22 * 60, 30*60 + 30}}
		}
	case Split:
		if week != time.Sunday && week != time.Monday {
			return []stint{{8 * 60, 12 * 60}, {15*60 + 30, 19 * 60}}
		}
	case PartTime:
		if weekday && (int(week)+employee)%5 < 3 {
			return []stint{{8*60 + 30, 17 * 60}}
		}
	default:
		if weekday {
			return []stint{{8*60 + 30, 17 * 60}}
		}
	}
	return nil
}

// worked is the plan with what it took longer on some days.
func (p Population) worked(employee int, day time.Time) []stint {
	stints := p.plan(employee, day)
	if n := len(stints) - 1; n >= 0 && p.random("longer", employee, day).Float64() < p.Longer {
		stints[n].to += 150
	}
	return stints
}

// life gives the taps of the work that begins on a day.
func (p Population) life(employee int, day time.Time, fob uint64) []Presentation {
	r := p.random("life", employee, day)
	if p.away(r) {
		return nil
	}
	var taps []Presentation
	for _, s := range p.worked(employee, day) {
		door := employee % p.Readers
		if r.Float64() < 0.2 {
			door = r.IntN(p.Readers)
		}
		in, out := p.at(day, s.from, r), p.at(day, s.to, r)
		rest := in.Add(out.Sub(in) * 2 / 5).Add(wobble(r, 10)).Truncate(time.Millisecond)
		over := rest.Add(30*time.Minute + wobble(r, 8)).Truncate(time.Millisecond)
		taps = append(taps, p.tap(r, Presentation{At: in, Kind: In, Reader: door})...)
		if p.Breaks > 0 && out.Sub(in) > 5*time.Hour {
			taps = append(taps, p.tap(r, Presentation{At: rest, Kind: Break, Reader: p.Breaks})...)
			taps = append(taps, p.tap(r, Presentation{At: over, Kind: Break, Reader: p.Breaks})...)
		}
		taps = append(taps, p.tap(r, Presentation{At: out, Kind: Out, Reader: door})...)
	}
	for i := range taps {
		taps[i].Employee, taps[i].Fob = employee, fob
	}
	return taps
}

// at gives an instant within a quarter of an hour of the planned minute, by the
// clock on the wall, also on days when that clock changes.
func (p Population) at(day time.Time, minute int, r *rand.Rand) time.Time {
	return p.clock(day, minute).Add(wobble(r, 15)).Truncate(time.Millisecond)
}

// clock gives the instant of a minute of a day by the clock on the wall.
func (p Population) clock(day time.Time, minute int) time.Time {
	return time.Date(day.Year(), day.Month(), day.Day(), 0, minute, 0, 0, p.Zone).UTC()
}

// wobble gives up to so many minutes, either side.
func wobble(r *rand.Rand, minutes int) time.Duration {
	width := int64(2 * time.Duration(minutes) * time.Minute)
	return time.Duration(r.Int64N(width) - width/2)
}

// tap gives one tap as it is made: once, twice, or not at all.
func (p Population) tap(r *rand.Rand, t Presentation) []Presentation {
	chance, again := r.Float64(), 2*time.Second+time.Duration(r.Int64N(int64(18*time.Second)))
	forget, repeat := share(p.Forget, 0.02), share(p.Repeat, 0.05)
	if chance < forget {
		t.Forgotten = true
		return []Presentation{t}
	}
	if chance < forget+repeat {
		double := t
		double.At, double.Double = t.At.Add(again).Truncate(time.Millisecond), true
		return []Presentation{t, double}
	}
	return []Presentation{t}
}

func share(set, usual float64) float64 {
	if set == 0 {
		return usual
	}
	return max(set, 0)
}
