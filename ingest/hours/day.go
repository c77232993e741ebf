package hours

import (
	"cmp"
	"math"
	"slices"
	"time"

	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/hours/plan"
	"tikklok/ingest/hours/rule"
)

// Compute makes days of what is known of one employee, in any order: a pure
// function, so that any day can be computed again (I3). now tells a shift that
// still runs from one whose out is missing. Taps further apart than the longest
// shift don't influence each other; whoever leaves some out must leave out
// whole chains (see Around).
func Compute(b *rule.Book, f Facts, now time.Time) []Day {
	c := computing{lookup: lookup{book: b, person: f.Person, hirers: f.Hirers}, plan: f.Plan, now: now.UnixMilli(), doubles: map[int][]Punch{},
		days: make([]Day, 0, 1+len(f.Punches)/4)}
	c.punches = applyDecisions(f.Punches, f.Decisions)
	c.accepted = standing(f.Decisions, Accept, Absent, AddMinutes)
	c.keepSealed(f.Sealed, &f.Days)
	slices.SortFunc(c.punches, comparePunches)
	counting := c.many(c.sift())
	all := chains(c.punches, counting, b.Longest())
	for n, chain := range all {
		last := c.now
		if n+1 < len(all) {
			last = c.punches[all[n+1][0]].At
		}
		c.chain(chain, last)
	}
	c.compare()
	c.bookings(f.Decisions)
	c.standBy()
	c.holidays(f.Days)
	days := c.finish()
	Settle(b, f, days)
	return days
}

type computing struct {
	lookup
	plan     []plan.Shift
	now      int64
	punches  []Punch
	accepted []Decision      // those that may answer an exception
	doubles  map[int][]Punch // by the index of the punch that counts
	doubtful []Span          // UTC minutes in which a tap of uncertain time may lie
	counted  []int64         // minutes that punches count as, where rules change that; see minute
	latest   int64           // up to which minute shifts of this chain reach
	days     []Day           // in any order
}

func comparePunches(a, b Punch) int {
	return cmp.Or(cmp.Compare(a.At, b.At), cmp.Compare(a.Tap, b.Tap), cmp.Compare(a.Decision, b.Decision))
}

// chains cuts counting punches where the gap is longer than the longest shift.
func chains(punches []Punch, counting []int, longest int64) (out [][]int) {
	from := 0
	for n := 1; n <= len(counting); n++ {
		if n == len(counting) || punches[counting[n]].At-punches[counting[n-1]].At > longest {
			out = append(out, counting[from:n])
			from = n
		}
	}
	return out
}

// chain pairs the punches of a chain and puts its shifts on their days; last is
// the latest instant known to have passed without another punch.
func (c *computing) chain(chain []int, last int64) {
	first := c.punches[chain[0]]
	page := c.page(c.dayAt(first.At, first.Site), first.Site)
	rules := &page.Set.Rules
	l := limits{int64(rules.LongestShift) * 60_000, int64(rules.QuestionedShift) * 60_000}
	roles, stretches := c.read(chain, page, l, last)
	for k, i := range chain {
		if c.punches[i].Role != RoleUncertain {
			c.punches[i].Role = roles[k]
		}
	}
	c.overlap(chain, stretches, l.longest)
	c.latest = math.MinInt64
	for len(stretches) > 0 {
		n := c.together(chain, stretches, rules)
		c.put(chain, stretches[:n], l)
		stretches = stretches[n:]
	}
}

// together gives how many of the stretches make one shift: complete ones with
// gaps shorter than the shortest gap, not longer in all than the longest shift.
func (c *computing) together(chain []int, s []stretch, r *rule.Rules) int {
	minute := func(k int) int64 { return c.punches[chain[k]].Minute() }
	n := 1
	for n < len(s) && r.Pairing != rule.PairFirstLast && s[n-1].complete() && s[n].complete() &&
		minute(s[n].from)-minute(s[n-1].to) < int64(r.ShortestGap) &&
		minute(s[n].to)-minute(s[0].from) <= int64(r.LongestShift) {
		n++
	}
	return n
}

func (s stretch) complete() bool { return !s.noIn && !s.noOut && !s.unsure }

// put makes a shift of stretches and shows it, its punches and its exceptions
// on the day it belongs to.
func (c *computing) put(chain []int, stretches []stretch, l limits) {
	first, last := stretches[0], stretches[len(stretches)-1]
	punches := chain[first.from : last.to+1]
	from, to := c.punches[punches[0]], c.punches[punches[len(punches)-1]]
	w := work{shift: Shift{State: Complete, Span: Span{from.Minute(), to.Minute()}, Taps: make([]TapID, 0, min(len(punches), 8))}}
	w.spans, w.stays = w.few.spans[:0], w.few.stays[:0]
	s := &w.shift
	for _, i := range punches {
		c.name(s, c.punches[i])
	}
	day := c.dayAt(from.At, s.Site)
	if first.complete() {
		day = c.shiftDay(s.Span, s.Site)
	}
	page := c.page(day, s.Site)
	if first.complete() {
		c.measure(&w, chain, first.from, last.to, page)
	}
	for i, part := range stretches {
		if i > 0 {
			w.pause(c.punches[chain[stretches[i-1].to]].Minute(), c.punches[chain[part.from]].Minute())
		}
		c.walk(&w, chain, part)
		w.stays = append(w.stays, stay{c.minute(chain[part.from]), c.site(chain, part)})
	}
	c.showAll(day, punches)
	switch {
	case first.complete() && c.touched(s.Span):
		s.State, s.Breaks, s.Counted = Incomplete, nil, nil // by a tap of uncertain time, which has its exception
	case first.complete() && !c.person.employed(c.dayAt(from.At, s.Site)): // the last night counts, whichever day it belongs to
		s.State, s.Breaks, s.Counted = Incomplete, nil, nil
		c.except(day, Exception{Kind: NotEmployed, Tap: to.Tap, At: to.At})
	case first.complete():
		w.count(page, c.person.Zone)
		c.reach(s)
		c.question(day, s, to.At-from.At > l.questioned, TooLong, to)
		c.question(day, s, s.Attended < page.Set.Rules.ShortestShift, TooShort, to)
		for _, part := range stretches {
			c.question(day, s, part.openBreak, MissingBreak, c.punches[chain[part.to]])
		}
	default:
		c.lack(day, s, first, func(k int) Punch { return c.punches[chain[k]] }, l.longest)
	}
	d := c.day(day)
	if s.Sets = also(page, d.Rules); s.Sets != nil {
		d.gather(s.Sets)
	}
	d.Shifts = append(d.Shifts, *s)
}

// showAll shows the punches of a shift on its day, with those they double.
func (c *computing) showAll(day calendar.Date, punches []int) {
	d := c.day(day)
	d.Punches = slices.Grow(d.Punches, min(len(punches), mostShown))
	for _, i := range punches {
		if p := c.punches[i]; p.Role == RoleBetween {
			c.showSome(day, p)
		} else {
			c.show(day, p)
		}
		c.suspect(day, c.punches[i], c.doubles[i])
		for _, double := range c.doubles[i] {
			c.showSome(day, double)
		}
	}
}

// measure says what the taps of a complete shift count as, and how far rounding
// may reach: from the shift before to the tap after.
func (c *computing) measure(w *work, chain []int, from, to int, p *rule.Page) {
	w.room = Span{c.latest, math.MaxInt64}
	if c.latest == math.MinInt64 {
		w.room.From = w.shift.Span.From
	}
	if to+1 < len(chain) {
		w.room.To = c.punches[chain[to+1]].Minute()
	}
	w.shift.Counted = c.countAs(chain, from, to, p)
	w.whole = Span{c.minute(chain[from]), c.minute(chain[to])}
}

// reach notes up to where a shift reaches, for those after it.
func (c *computing) reach(s *Shift) {
	c.latest = max(c.latest, s.Span.To)
	if n := len(s.Worked); n > 0 {
		c.latest = max(c.latest, s.Worked[n-1].To)
	}
}

// touched says whether a tap of uncertain time may lie within a span.
func (c *computing) touched(s Span) bool {
	return slices.ContainsFunc(c.doubtful, func(d Span) bool { return d.From <= s.To && s.From < d.To })
}

// site gives the site of a stretch: that of its first tap that has one.
func (c *computing) site(chain []int, s stretch) int64 {
	for k := s.from; k <= s.to; k++ {
		if site := c.punches[chain[k]].Site; site != 0 {
			return site
		}
	}
	return 0
}

// walk collects the spans worked, in minutes as the taps count, and the tapped
// breaks of one stretch, in their own.
func (c *computing) walk(w *work, chain []int, s stretch) {
	if s.unsure {
		return
	}
	from, began, onBreak := int64(0), int64(0), false
	for k := s.from; k <= s.to; k++ {
		tapped, minute := c.punches[chain[k]].Minute(), c.minute(chain[k])
		switch c.punches[chain[k]].Role {
		case RoleIn:
			from = minute
		case RoleBreakStart:
			if k > s.from {
				w.spans = append(w.spans, Span{from, minute})
			}
			began, onBreak = tapped, true
		case RoleBreakEnd:
			w.pause(began, tapped)
			from, onBreak = minute, false
		case RoleOut:
			switch {
			case onBreak:
				w.pause(began, tapped)
			case !s.noIn:
				w.spans = append(w.spans, Span{from, minute})
			}
			onBreak = false
		}
	}
	w.shift.OnBreak = onBreak
}

func (w *work) pause(from, to int64) {
	w.shift.Breaks = append(w.shift.Breaks, Pause{Span{from, to}, false})
}

// name notes what a shift rests on (I5).
func (c *computing) name(s *Shift, p Punch) {
	if p.Role == RoleBetween {
		return
	}
	if p.Tap != "" {
		s.Taps = append(s.Taps, p.Tap)
	}
	if p.Decision != 0 {
		s.Decided = append(s.Decided, p.Decision)
	}
	if s.Site == 0 {
		s.Site = p.Site
	}
}

// lack says what is missing of a shift that is not complete.
func (c *computing) lack(day calendar.Date, s *Shift, part stretch, at func(int) Punch, longest int64) {
	s.State = Incomplete
	first, last := at(part.from), at(part.to)
	switch {
	case part.unsure:
		c.except(day, Exception{Kind: MissingTap, Tap: last.Tap, At: last.At})
		s.Breaks = nil
		return
	case part.noIn:
		s.Span.From = 0
		c.except(day, Exception{Kind: MissingIn, Tap: first.Tap, At: first.At})
	}
	if !part.noOut {
		return
	}
	s.Span.To = 0
	if part.running {
		if !part.noIn {
			s.State, s.Deadline = Running, first.At+longest
		}
		return
	}
	kind := MissingOut
	if part.elsewhere != 0 {
		kind = Overlap
	}
	c.except(day, Exception{Kind: kind, Tap: last.Tap, At: last.At, Site: part.elsewhere})
}

// question shows a complete shift to a person, unless one accepted it.
func (c *computing) question(day calendar.Date, s *Shift, really bool, kind ExceptionKind, p Punch) {
	if !really {
		return
	}
	e := Exception{Kind: kind, Tap: p.Tap, At: p.At}
	for _, d := range c.accepted {
		if d.answers(day, e) {
			s.Decided = append(s.Decided, d.ID)
			return
		}
	}
	c.except(day, e)
}

// day gives the day of a date; the pointer holds until the next call.
func (c *computing) day(date calendar.Date) *Day {
	for i := len(c.days) - 1; i >= 0; i-- {
		if c.days[i].Date == date {
			return &c.days[i]
		}
	}
	d := Day{Employee: c.person.ID, Date: date, Zone: c.person.Zone.String(), Rules: c.book.At(date).Set.Version}
	c.days = append(c.days, d)
	return &c.days[len(c.days)-1]
}

func (c *computing) show(date calendar.Date, p Punch) {
	d := c.day(date)
	d.Punches = append(d.Punches, p)
	if p.Decision != 0 {
		d.Decisions = append(d.Decisions, p.Decision)
	}
}

func (c *computing) except(date calendar.Date, e Exception) {
	d := c.day(date)
	d.Exceptions = append(d.Exceptions, e)
}

// finish puts the days, and what is on them, in order.
func (c *computing) finish() []Day {
	for i := range c.days {
		d := &c.days[i]
		for _, s := range d.Shifts {
			d.Decisions = append(d.Decisions, s.Decided...)
		}
		slices.SortStableFunc(d.Punches, func(a, b Punch) int { return cmp.Or(cmp.Compare(a.Placed(), b.Placed()), comparePunches(a, b)) })
		slices.SortStableFunc(d.Exceptions, func(a, b Exception) int { return cmp.Compare(a.At, b.At) })
		c.answer(d)
		d.answerSealed()
		slices.Sort(d.Decisions)
		d.Decisions = slices.Compact(d.Decisions)
	}
	slices.SortFunc(c.days, func(a, b Day) int { return a.Date.Sub(b.Date) })
	return c.days
}

// Around gives the stretch of time that can influence, or be influenced by,
// what happens between from and to: whole chains of the times (Unix ms,
// sorted), cut where a gap is longer than the longest shift.
func Around(times []int64, from, to, longest int64) (first, last int64) {
	first, last = from, to
	i, _ := slices.BinarySearch(times, from)
	for i > 0 && first-times[i-1] <= longest {
		i--
		first = times[i]
	}
	j, _ := slices.BinarySearch(times, to+1)
	for j < len(times) && times[j]-last <= longest {
		last = times[j]
		j++
	}
	return first, last
}
