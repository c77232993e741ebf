package law

import (
	"cmp"
	"slices"
)

// Notice says of a row what can still be prevented, or could a moment ago.
type Notice struct {
	Row      Row
	Severity Severity // Breach or Edge
	Last     int64    // UTC minute since 1970: until then nothing is wrong
	Over     bool     // Last has passed
	Allowed  int
	Found    int  // what there is at Last + 1, or now where that has passed
	Planned  Span // the planned shift that it is about; zero: the one that runs
}

// Live gives, for an employee who is in, what came with this shift already, and
// what will within ahead minutes if they go on without a break; and what the
// planned shifts would bring with them. A plan is in order and lies after now.
// Notices are in order of Last.
func Live(h History, l Law, plan []Work, now, ahead int64) []Notice {
	var out []Notice
	done, running := h.split(now)
	if running != nil {
		out = running.notices(done, History{Zone: h.Zone, Work: plan}, l, now, ahead)
	}
	before := inspect(done.with(running, now), h.Zone, l, -forever)
	for i, p := range plan {
		stretches := done.with(running, now)
		for _, q := range plan[:i+1] {
			stretches = q.stretches(stretches)
		}
		after := inspect(stretches, h.Zone, l, -forever)
		for _, f := range fresh(after, before) {
			if f.Row == Break || f.Row == LongBreak {
				continue // a plan need not say when they are
			}
			out = append(out, Notice{Row: f.Row, Severity: f.Severity, Last: p.From, Allowed: f.Allowed, Found: f.Found, Planned: p.Span})
		}
		before = after
	}
	slices.SortStableFunc(out, func(a, b Notice) int { return cmp.Or(cmp.Compare(a.Last, b.Last), cmp.Compare(a.Row, b.Row)) })
	return out
}

// split parts the shift that runs from those that are over.
func (h History) split(now int64) (done History, running *Work) {
	done.Zone = h.Zone
	for _, w := range h.Work {
		if w.State == Running && w.From <= now {
			running = &w
			continue
		}
		done.Work = append(done.Work, w)
	}
	return done, running
}

// with gives the stretches of what is over and of a shift that ends then.
func (h History) with(running *Work, to int64) []Span {
	out := h.least(to)
	if running != nil {
		w := *running
		w.To, w.Breaks = to, slices.Clone(running.Breaks)
		out = w.stretches(out)
	}
	return out
}

// notices tells of the shift that runs: for each row the last minute at which
// it can end. Longer work makes nothing better, so that minute can be halved
// in on.
func (w *Work) notices(done, plan History, l Law, now, ahead int64) []Notice {
	goesOn := *w
	goesOn.Breaks = slices.Clone(w.Breaks)
	for i, b := range goesOn.Breaks {
		if b.To == 0 {
			goesOn.Breaks[i].To = now // it ends now, at the soonest
		}
	}
	at := func(to int64) []Finding {
		stretches := done.with(&goesOn, to)
		for _, p := range plan.Work {
			stretches = p.stretches(stretches)
		}
		return inspect(stretches, done.Zone, l, -forever)
	}
	without := at(w.From)
	var out []Notice
	for _, f := range fresh(at(now+ahead), without) {
		low, high := w.From, now+ahead // no breach at low, one at high
		for low+1 < high {
			if middle := (low + high) / 2; has(fresh(at(middle), without), f) {
				high = middle
			} else {
				low = middle
			}
		}
		n := Notice{Row: f.Row, Severity: f.Severity, Last: low, Over: low < now, Allowed: f.Allowed, Found: f.Found}
		for _, g := range fresh(at(max(high, now)), without) {
			if g.Row == f.Row {
				n.Severity, n.Found = g.Severity, g.Found
			}
		}
		out = append(out, n)
	}
	return out
}

// fresh gives the findings that are not among earlier ones, one a row.
func fresh(after, before []Finding) (out []Finding) {
	for _, f := range after {
		if !has(before, f) && !slices.ContainsFunc(out, func(o Finding) bool { return o.Row == f.Row }) {
			out = append(out, f)
		}
	}
	return out
}

// has says whether a finding is among others: of the same row and from the
// same shift or week on. A week or an average that was broken before stays one
// finding, however much is added.
func has(all []Finding, f Finding) bool {
	return slices.ContainsFunc(all, func(o Finding) bool { return o.Row == f.Row && o.Over.From == f.Over.From })
}
