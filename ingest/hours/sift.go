package hours

import (
	"cmp"
	"slices"
)

// standing gives the decisions of a kind that nobody undid, oldest first.
func standing(decisions []Decision, kinds ...DecisionKind) []Decision {
	undone := map[int64]bool{}
	for _, d := range decisions {
		if d.Kind == UndoOf {
			undone[d.Undoes] = true
		}
	}
	var out []Decision
	for _, d := range decisions {
		if !undone[d.ID] && slices.Contains(kinds, d.Kind) {
			out = append(out, d)
		}
	}
	slices.SortFunc(out, func(a, b Decision) int { return cmp.Compare(a.ID, b.ID) })
	return out
}

// applyDecisions gives the punches as people decided: taps set to a time or
// ignored, and punches added.
func applyDecisions(punches []Punch, decisions []Decision) []Punch {
	out := slices.Clone(punches)
	index := map[TapID]int{}
	for i, p := range out {
		index[p.Tap] = i
	}
	for _, d := range standing(decisions, AddPunch, SetTime, IgnoreTap) {
		if d.Kind == AddPunch {
			out = append(out, Punch{Decision: d.ID, At: d.At.UnixMilli(), Known: KnownDecided, Mode: d.Mode, Site: d.Site})
			continue
		}
		i, ok := index[d.Tap]
		switch {
		case !ok:
		case d.Kind == SetTime:
			out[i].At, out[i].Uncertainty, out[i].Known, out[i].Decision = d.At.UnixMilli(), 0, KnownDecided, d.ID
		default:
			out[i].Role, out[i].Decision = RoleIgnored, d.ID
		}
	}
	return out
}

// Placed gives the instant a punch is shown at, even when its own is unknown.
func (p Punch) Placed() int64 {
	if p.Known == KnownArrival || p.Role == RoleImpossible {
		return p.Arrived
	}
	return p.At
}

// Whereabouts gives the instant at which a fob's holder is looked up: the tap's
// own, or its arrival when that cannot be.
func (p Punch) Whereabouts() int64 {
	if p.Known == KnownArrival || !(Instant{p.At, p.Uncertainty, p.Known}).Possible(p.Arrived) {
		return p.Arrived
	}
	return p.At
}

// sift gives the indexes of the punches that take part in pairing, and shows
// the others on their day with the reason why not. A tap of uncertain time
// takes part, so that those around it are not read without it, but no shift
// that it may touch has minutes.
func (c *computing) sift() []int {
	var counting []int
	last := -1 // the last tap that counts
	for i := range c.punches {
		p := &c.punches[i]
		role := c.doubt(p)
		day := c.dayAt(p.Placed(), p.Site)
		if role == "" && last >= 0 && p.Tap != "" {
			before := c.punches[last]
			window := c.page(day, p.Site).Set.Rules.DoubleTapSeconds
			if before.Mode == p.Mode && p.At-before.At <= int64(window)*1000 { // true instants, not minutes
				role, p.Window = RoleDouble, window
			}
		}
		p.Role = role
		switch {
		case role == "" || role == RoleUncertain && p.Uncertainty <= widestDoubt:
			counting = append(counting, i)
			if p.Tap != "" {
				last = i
			}
		case role == RoleDouble:
			c.doubles[last] = append(c.doubles[last], *p) // shown on the day of the tap it doubles
		default:
			c.show(day, *p)
		}
		switch role {
		case RoleUncertain:
			c.except(day, Exception{Kind: Uncertain, Tap: p.Tap, At: p.Placed()})
			if p.Uncertainty <= widestDoubt {
				c.doubtful = append(c.doubtful, Span{floorDiv(p.At-p.Uncertainty, 60_000), floorDiv(p.At+p.Uncertainty, 60_000) + 1})
			}
		case RoleImpossible:
			c.except(day, Exception{Kind: Impossible, Tap: p.Tap, At: p.Placed()})
		}
	}
	return counting
}

// widestDoubt is the uncertainty (ms) from which a tap is of no use in pairing:
// nothing can be said about which shifts it touches.
const widestDoubt = 24 * 60 * 60 * 1000

// doubt gives why a punch's time can't be used; "": it can (I4).
func (c *computing) doubt(p *Punch) Role {
	switch {
	case p.Role == RoleIgnored:
		return RoleIgnored
	case p.Known == KnownDecided:
		return ""
	case p.Known != KnownArrival && !(Instant{p.At, p.Uncertainty, p.Known}).Possible(p.Arrived):
		p.Role = RoleImpossible
		return RoleImpossible
	}
	limit := c.page(c.dayAt(p.Placed(), p.Site), p.Site).Set.Rules.UncertaintySeconds
	if p.Known == KnownArrival || p.Uncertainty > int64(limit)*1000 {
		return RoleUncertain
	}
	return ""
}
