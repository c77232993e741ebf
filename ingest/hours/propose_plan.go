package hours

import (
	"slices"
	"time"

	"tikklok/ingest/hours/plan"
)

// BasisPlan is the plan: Minutes is the planned time of the local day, or how
// long the planned shift was.
const BasisPlan BasisKind = "plan"

// planned gives what the plan says about an exception; nil: nothing. Where it
// can't be told which tap is missing the plan decides, but only here, in what
// is proposed: the day stays without minutes until a person took it.
func (p proposing) planned() *Proposal {
	switch p.Kind {
	case MissingOut, MissingIn:
		return p.plannedOther()
	case MissingTap:
		return p.plannedEdge()
	case NoShow:
		return p.decision(Decision{Kind: Absent, Day: p.day.Date, Minutes: p.Minutes}, Basis{Kind: BasisPlan, Minutes: p.Minutes})
	case LateWithdrawal:
		if p.rules.Plan.LateCode == "" {
			return nil
		}
		return p.decision(Decision{Kind: AddMinutes, Day: p.day.Date, Site: p.Site, Code: p.rules.Plan.LateCode, Minutes: p.Minutes, About: LateWithdrawal},
			Basis{Kind: BasisPlan, Minutes: p.Minutes})
	}
	return nil
}

// plannedOther proposes the other end of the planned shift that a lone tap is
// nearest to an end of.
func (p proposing) plannedOther() *Proposal {
	at, tapped, best := floorDiv(p.At, 60_000), floorDiv(p.end(), 60_000), int64(planReach)
	var missing int64
	mode := Mode("")
	near := func(end, other int64, as Mode) {
		if d := abs(tapped - end); d <= best {
			best, missing, mode = d, other, as
		}
	}
	for _, s := range p.plannedShifts() {
		if p.Kind == MissingIn || p.toggled() {
			near(s.To, s.From, In)
		}
		if p.Kind == MissingOut {
			near(s.From, s.To, Out)
		}
	}
	if mode == "" || mode == In && missing >= at || mode == Out && missing <= at {
		return nil
	}
	return p.plannedPunch(mode, missing)
}

// plannedEdge proposes the in or the out of an odd number of taps, when those
// there are begin or end as planned and so leave no doubt which of them lacks.
func (p proposing) plannedEdge() *Proposal {
	const close = 60
	first, last := p.bounds()
	first, last = floorDiv(first, 60_000), floorDiv(last, 60_000)
	for _, s := range p.plannedShifts() {
		began, ended := abs(first-s.From) <= close, abs(last-s.To) <= close
		switch {
		case began && !ended && s.To > last:
			return p.plannedPunch(Out, s.To)
		case ended && !began && s.From < first:
			return p.plannedPunch(In, s.From)
		}
	}
	return nil
}

func (p proposing) plannedPunch(mode Mode, minute int64) *Proposal {
	at := minute * 60_000
	return p.decision(Decision{Kind: AddPunch, At: time.UnixMilli(at).UTC(), Mode: mode, Site: p.site()}, Basis{Kind: BasisPlan, Minutes: p.minute(at)})
}

// plannedShifts are those of the day; of work whose in is missing those of the
// day before too, as it may have begun then.
func (p proposing) plannedShifts() (out []Planned) {
	all := p.day.Plan
	if n := len(p.h.Days); p.Kind == MissingIn && n > 0 && p.h.Days[n-1].Date == p.day.Date.AddDays(-1) {
		all = append(slices.Clip(p.h.Days[n-1].Plan), all...)
	}
	for _, s := range all {
		if s.Kind != plan.Standby {
			out = append(out, s)
		}
	}
	return out
}
