package sla

import "time"

// Facts is all that a month is reckoned from.
type Facts struct {
	Minutes   []Minute // one a minute at most, from a day before the month to a day after it
	Decisions []Decision
	Work      []Work
}

// Report is a calendar month of a tenant, or as much of it as is over.
type Report struct {
	Month    Month
	From, To time.Time // in the zone; To isn't in it
	Until    time.Time // what was looked at: To, or the last whole minute before now
	Parts    []Part    // at least one; more where the contract promised something else from a day of the month on
	Outages  []Outage
	Days     []Day
	Taps     Taps // of the whole month
}

// Part is the days of a month on which one promise held, reckoned by itself
// under its own table: no text says how two contracts share a month, and each
// speaks of its own time only.
type Part struct {
	From, To time.Time // local midnights; To isn't in it
	Version  int       // of the contract, the last that holds in it; 0: none was recorded
	Terms    Terms
	Promised int // minutes that count in all of its days: in the terms' time, without announced work
	Count    Count
	Ratio    Ratio // of what was measured
	Worst    Ratio // as if every minute that nobody measured had been down
	Objected Ratio // as if the customer objected to all that doesn't count on the supplier's word alone
	Yielded  Ratio // as if the customer gave in on all that is contested
	Budget   Budget
	Work     []Work // what was left out
	Late     []Work // announced too late to be left out; counted as other time
}

// Credit gives what the part's table gives back for one of its ratios.
func (p Part) Credit(r Ratio) Credit { return p.Terms.Credit(r) }

// Count counts minutes up to Report.Until. Those in the terms' time are
// Up + Down + Other + Unmeasured.
type Count struct {
	Up         int `json:"up"`
	Down       int `json:"down"`      // by a failing of the supplier, or of an undecided or contested cause
	Contested  int `json:"contested"` // of Down: the parties don't agree
	Other      int `json:"other"`     // down, by a cause that isn't the supplier's: not against it
	Claimed    int `json:"claimed"`   // of Other: on the supplier's word alone
	Unmeasured int `json:"unmeasured"`
	Outside    int `json:"outside"`  // outside the hours that the terms count, or the contract's days
	LeftOut    int `json:"left_out"` // in announced work
}

// Measured is how many minutes in the terms' time somebody measured.
func (c Count) Measured() int { return c.Up + c.Down + c.Other }

func (c Count) add(o Count) Count {
	return Count{Up: c.Up + o.Up, Down: c.Down + o.Down, Contested: c.Contested + o.Contested, Other: c.Other + o.Other, Claimed: c.Claimed + o.Claimed,
		Unmeasured: c.Unmeasured + o.Unmeasured, Outside: c.Outside + o.Outside, LeftOut: c.LeftOut + o.LeftOut}
}

// Taps is what synthetic taps met: reported beside, it decides nothing.
type Taps struct {
	Arrived int `json:"arrived"`
	Lost    int `json:"lost"`
}

// Over says whether the month is.
func (r Report) Over() bool { return !r.Until.Before(r.To) }

// Count gives the minutes of all parts together.
func (r Report) Count() (sum Count) {
	for _, p := range r.Parts {
		sum = sum.add(p.Count)
	}
	return sum
}

// Ratio gives that of all parts together; what was promised is asked of each.
func (r Report) Ratio() (sum Ratio) {
	for _, p := range r.Parts {
		sum.Up, sum.Of = sum.Up+p.Ratio.Up, sum.Of+p.Ratio.Of
	}
	return sum
}

// Credit gives the greatest of the parts.
func (r Report) Credit() (most Credit) {
	for _, p := range r.Parts {
		if c := p.Credit(p.Ratio); c.Percent > most.Percent {
			most = c
		}
	}
	return most
}

// Reckon reckons a month in the zone, as far as it is over at now, under what
// was agreed: at least one version.
func Reckon(m Month, zone *time.Location, agreed []Agreed, f Facts, now time.Time) Report {
	r := Report{Month: m, From: m.In(zone), To: m.Add(1).In(zone)}
	r.Until = earlier(r.To, later(r.From, now.Truncate(time.Minute)))
	r.Parts = parts(agreed, r.From, r.To)
	for i := range r.Parts {
		p := &r.Parts[i]
		p.Work, p.Late = p.Terms.divide(f.Work, p.From, p.To)
	}
	s := lay(r, agreed, f, now)
	s.count(&r)
	for i := range r.Parts {
		r.Parts[i].finish(s, r.Until)
	}
	r.Outages = s.outages(r)
	return r
}

// finish gives the part its ratios and its budget.
func (p *Part) finish(s *stretch, until time.Time) {
	c := p.Count
	of := c.Measured()
	p.Ratio = Ratio{Up: c.Up + c.Other, Of: of}
	p.Worst = Ratio{Up: c.Up + c.Other, Of: of + c.Unmeasured}
	p.Objected = Ratio{Up: c.Up + c.Other - c.Claimed, Of: of}
	p.Yielded = Ratio{Up: c.Up + c.Other + c.Contested, Of: of}
	p.Budget = s.budget(*p, earlier(p.To, until))
}

// divide parts the work that touches a time into what is left out and what was
// announced too late for it: exactly the notice is in time.
func (t Terms) divide(all []Work, from, to time.Time) (left, late []Work) {
	for _, w := range all {
		switch {
		case !t.LeaveOut || !w.From.Before(to) || !w.To.After(from):
		case w.Announced.After(w.From.Add(-t.Notice)):
			late = append(late, w)
		default:
			left = append(left, w)
		}
	}
	return left, late
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

func later(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}
