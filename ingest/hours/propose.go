package hours

import (
	"slices"
	"time"

	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/hours/rule"
)

// History is days that proposals go by, and the weekly contract in minutes.
type History struct {
	Days     []Day
	Contract int
}

// Propose gives the decision that an exception most likely asks for, with what
// it rests on; nil: there is nothing to go by. It is shown to a person and
// never applied by itself.
func Propose(e Exception, d Day, h History, rules rule.Rules, zone *time.Location) *Proposal {
	p := proposing{e, d, h, rules, zone}
	if planned := p.planned(); planned != nil {
		return planned
	}
	switch e.Kind {
	case MissingOut:
		return p.missingOut()
	case MissingIn:
		return p.punch(In)
	case MissingTap:
		return p.missingTap()
	case MissingBreak:
		return p.breakEnd()
	case TooLong, TooShort, DoubleHolder, Law:
		return p.accept(BasisAsIs)
	case TwoSites:
		return p.accept(BasisFirst)
	case TooMany:
		return p.accept(BasisBounds)
	case Overlap:
		return p.decision(Decision{Kind: IgnoreTap, Tap: e.Tap}, Basis{Kind: BasisLater})
	case Uncertain:
		return p.time()
	}
	return nil
}

type proposing struct {
	Exception
	day   Day
	h     History
	rules rule.Rules
	zone  *time.Location
}

func (p proposing) decision(d Decision, b Basis) *Proposal {
	d.Employee, d.Proposed = p.day.Employee, true
	return &Proposal{Decision: d, Basis: b}
}

// missingOut is for a lone tap too, which may just as well have been an out.
func (p proposing) missingOut() *Proposal {
	if p.toggled() {
		in, okIn := p.usual(In)
		out, okOut := p.usual(Out)
		if at := p.minute(p.At); okIn && okOut && distance(at, out.middle()) < distance(at, in.middle()) {
			return p.punch(In)
		}
	}
	return p.punch(Out)
}

func (p proposing) toggled() bool {
	return slices.ContainsFunc(p.day.Punches, func(q Punch) bool { return q.Tap == p.Tap && q.At == p.At && q.Mode == Toggle })
}

// missingTap proposes the first in or the last out, when the taps there are
// leave no doubt which of them lacks.
func (p proposing) missingTap() *Proposal {
	in, okIn := p.usual(In)
	out, okOut := p.usual(Out)
	first, last := p.bounds()
	if !okIn || !okOut || first == 0 {
		return nil
	}
	const close = 60
	began := distance(p.minute(first), in.middle()) <= close
	ended := distance(p.minute(last), out.middle()) <= close
	switch {
	case began && !ended:
		return p.punch(Out)
	case ended && !began:
		return p.punch(In)
	}
	return nil
}

// bounds gives the first and the last unsure tap of the day.
func (p proposing) bounds() (first, last int64) {
	for _, q := range p.day.Punches {
		if q.Role == RoleUnsure {
			if first == 0 {
				first = q.At
			}
			last = q.At
		}
	}
	return first, last
}

// punch proposes an in or out at the usual time, or where the contract would
// put it; not on the wrong side of the taps there are.
func (p proposing) punch(mode Mode) *Proposal {
	from, to := p.At, p.end()
	if first, last := p.bounds(); p.Kind == MissingTap && first != 0 {
		from, to = first, last
	}
	basis, ok := p.usual(mode)
	at := p.instant(basis.middle())
	if !ok {
		basis, at = p.contract(mode)
	}
	longest := int64(p.rules.LongestShift) * 60_000
	if at == 0 || mode == In && (at >= from || to-at > longest) || mode == Out && (at <= to || at-from > longest) {
		return nil
	}
	return p.decision(Decision{Kind: AddPunch, At: time.UnixMilli(at).UTC(), Mode: mode, Site: p.site()}, basis)
}

// contract takes a fifth of the weekly contract and the break it asks for.
func (p proposing) contract(mode Mode) (Basis, int64) {
	if p.h.Contract == 0 || p.Kind == MissingTap {
		return Basis{}, 0
	}
	minutes := p.h.Contract / 5
	_, pause := autoBreak(p.rules.Breaks, minutes, 0)
	length, at := int64(minutes+pause)*60_000, p.At
	if mode == In {
		length, at = -length, p.end()
	}
	return Basis{Kind: BasisContract, Minutes: minutes}, floorDiv(at, 60_000)*60_000 + length
}

// end gives where work ended whose in is missing: its first tap, which the
// exception is about, may be that of a break.
func (p proposing) end() int64 {
	for _, s := range p.day.Shifts {
		if s.Span.From == 0 && s.Span.To != 0 && p.Tap != "" && slices.Contains(s.Taps, p.Tap) {
			return s.Span.To * 60_000
		}
	}
	return p.At
}

func (p proposing) breakEnd() *Proposal {
	for _, q := range p.day.Punches {
		if q.Role != RoleBreakStart {
			continue
		}
		pause := 30
		if len(p.rules.Breaks) > 0 {
			pause = p.rules.Breaks[0].Minutes
		}
		if end := (q.Minute() + int64(pause)) * 60_000; end < p.At && p.At-q.At > 0 {
			return p.decision(Decision{Kind: AddPunch, At: time.UnixMilli(end).UTC(), Mode: Break, Site: q.Site}, Basis{Kind: BasisBreak, Minutes: pause})
		}
	}
	return p.accept(BasisAsIs)
}

// accept proposes to leave it as it stands.
func (p proposing) accept(b BasisKind) *Proposal {
	d := Decision{Kind: Accept, Tap: p.Tap, About: p.About()}
	if p.At == 0 {
		d.Day = p.day.Date
	} else {
		d.At = time.UnixMilli(p.At).UTC()
	}
	return p.decision(d, Basis{Kind: b})
}

// time proposes the best estimate of an uncertain tap, or what the device's
// own clock showed.
func (p proposing) time() *Proposal {
	for _, q := range p.day.Punches {
		if q.Tap != p.Tap {
			continue
		}
		if at, basis, ok := estimate(q); ok {
			return p.decision(Decision{Kind: SetTime, Tap: q.Tap, At: time.UnixMilli(at).UTC()}, Basis{Kind: basis})
		}
	}
	return nil
}

func (p proposing) site() int64 {
	for _, q := range p.day.Punches {
		if q.Site != 0 {
			return q.Site
		}
	}
	return 0
}

// usual gives the first ins or last outs of the same weekday in the last four
// weeks, or else of the last days worked; at least two.
func (p proposing) usual(mode Mode) (Basis, bool) {
	weekday := p.day.Date.Weekday()
	var same, recent []int
	for _, d := range p.h.Days {
		ago := p.day.Date.Sub(d.Date)
		minute, ok := p.edge(d, mode)
		if ago <= 0 || ago > 28 || !ok {
			continue
		}
		recent = append(recent, minute)
		if d.Date.Weekday() == weekday {
			same = append(same, minute)
		}
	}
	if len(same) >= 2 {
		return basisOf(BasisUsual, same, int(weekday)), true
	}
	if recent = recent[max(0, len(recent)-10):]; len(recent) >= 2 {
		return basisOf(BasisRecent, recent, int(weekday)), true
	}
	return Basis{}, false
}

func basisOf(kind BasisKind, minutes []int, weekday int) Basis {
	slices.Sort(minutes)
	return Basis{Kind: kind, Weekday: weekday, Days: len(minutes), Earliest: minutes[0], Latest: minutes[len(minutes)-1], Minutes: minutes[len(minutes)/2]}
}

// middle gives the median, in minutes of the local day.
func (b Basis) middle() int { return b.Minutes }

// edge gives when a day's work began or ended, in minutes since its midnight;
// only days that hold no exception count.
func (p proposing) edge(d Day, mode Mode) (int, bool) {
	if len(d.Exceptions) > 0 || len(d.Shifts) == 0 {
		return 0, false
	}
	s := d.Shifts[0]
	minute := s.Span.From
	if mode == Out {
		s = d.Shifts[len(d.Shifts)-1]
		minute = s.Span.To
	}
	if s.State != Complete {
		return 0, false
	}
	t := time.Unix(minute*60, 0).In(p.zone)
	return t.Hour()*60 + t.Minute() + 1440*calendar.DateOf(t).Sub(d.Date), true
}

// minute gives an instant in minutes since the exception's day began, by the
// clock on the wall; instant is its inverse.
func (p proposing) minute(ms int64) int {
	t := time.UnixMilli(ms).In(p.zone)
	return t.Hour()*60 + t.Minute() + 1440*calendar.DateOf(t).Sub(p.day.Date)
}

func (p proposing) instant(minute int) int64 {
	d := p.day.Date
	return time.Date(d.Year, d.Month, d.Day, 0, minute, 0, 0, p.zone).UnixMilli()
}

func distance(a, b int) int { return max(a-b, b-a) }
