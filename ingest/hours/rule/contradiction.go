package rule

import (
	"errors"
	"fmt"
)

// Contradiction is two fields that can't both hold, and what to do about it.
type Contradiction struct {
	Key    string    // names the kind: "questioned-longest"
	Fields [2]string // as in the document: "questioned_shift", "bands[0].percent"
	Why    string    // what they do to each other, and the remedy
	Values []any     // what Why says of these rules: numbers, codes, times of day
}

func (c *Contradiction) Error() string {
	return fmt.Sprintf("%s and %s contradict: %s", c.Fields[0], c.Fields[1], c.Why)
}

// pairs collects contradictions.
type pairs []error

func (p *pairs) add(key string, really bool, a, b, why string, args ...any) {
	if really {
		*p = append(*p, &Contradiction{key, [2]string{a, b}, fmt.Sprintf(why, args...), args})
	}
}

// Contradictions gives those in an error of Check.
func Contradictions(err error) []*Contradiction { return collect[*Contradiction](err) }

// collect gives all errors of a kind in an error that may join several.
func collect[E error](err error) (out []E) {
	switch e := err.(type) {
	case nil:
		return nil
	case E:
		return []E{e}
	case interface{ Unwrap() []error }:
		for _, inner := range e.Unwrap() {
			out = append(out, collect[E](inner)...)
		}
		return out
	}
	return collect[E](errors.Unwrap(err))
}

func nth(list string, i int, field string) string {
	if field != "" {
		field = "." + field
	}
	return fmt.Sprintf("%s[%d]%s", list, i, field)
}

// contradictions gives all pairs of fields that can't both hold.
func (r Rules) contradictions() error {
	var p pairs
	r.lengths(&p)
	r.pairing(&p)
	r.breaks(&p)
	r.rounding(&p)
	r.bandPairs(&p)
	r.overtime(&p)
	r.extras(&p)
	r.planned(&p)
	r.holidays(&p)
	r.codes(&p)
	return errors.Join(p...)
}

func (r Rules) lengths(p *pairs) {
	p.add("questioned-longest", r.QuestionedShift > r.LongestShift, "questioned_shift", "longest_shift",
		"no shift is longer than %d minutes, so none is ever questioned; make questioned_shift at most that", r.LongestShift)
	p.add("shortest-questioned", r.ShortestShift > r.QuestionedShift, "shortest_shift", "questioned_shift",
		"a shift of %d minutes would be too short and too long; make shortest_shift the smaller", r.QuestionedShift+1)
	p.add("gap-longest", r.ShortestGap >= r.LongestShift, "shortest_gap", "longest_shift",
		"two shifts with such a gap are never one shift of at most %d minutes; make shortest_gap smaller", r.LongestShift)
	p.add("shortest-double", r.ShortestShift > 0 && r.ShortestShift*60 <= r.DoubleTapSeconds, "shortest_shift", "double_tap_seconds",
		"a shift that short is one tap twice, so none is ever too short; make shortest_shift more than %d minutes, or 0", r.DoubleTapSeconds/60)
}

func (r Rules) pairing(p *pairs) {
	p.add("windows-unused", len(r.Windows) > 0 && r.Pairing != PairWindows, "windows", "pairing",
		"windows are only looked at with pairing windows; choose that, or take them out")
	p.add("windows-none", len(r.Windows) == 0 && r.Pairing == PairWindows, "pairing", "windows",
		"there is no window to pair by; add one, or leave pairing empty")
	p.add("first-last-day", r.Pairing == PairFirstLast && r.ShiftDay != DayOfStart, "pairing", "shift_day",
		"from first to last tap of a day, a shift never leaves its day; leave shift_day empty, and move day_start for nights")
	ready := make([]window, len(r.Windows))
	for i, b := range r.Windows {
		ready[i], _ = b.compile() // checked before
		for k, a := range r.Windows[:i] {
			p.add("windows-overlap", a.Mode != b.Mode && ready[i].overlaps(ready[k]), nth("windows", k, ""), nth("windows", i, ""),
				"a tap between %s and %s would be in and out; let one end where the other begins", max(a.From, b.From), min(a.To, b.To))
		}
	}
}

func (w window) overlaps(o window) bool {
	return w.from < o.to && o.from < w.to && w.days.shared(o.days)
}

func (r Rules) breaks(p *pairs) {
	for i, b := range r.Breaks {
		p.add("break-never", b.Above >= r.LongestShift, nth("breaks", i, "above"), "longest_shift",
			"no shift works longer than %d minutes, so this break is never taken; make above smaller", r.LongestShift)
		p.add("break-shorter", i > 0 && b.Minutes < r.Breaks[max(i, 1)-1].Minutes, nth("breaks", i-1, "minutes"), nth("breaks", i, "minutes"),
			"whoever works longer would get the shorter break; make the second at least as long")
		p.add("break-untapped", !b.Always && b.Minutes*60 <= r.DoubleTapSeconds, nth("breaks", i, "minutes"), "double_tap_seconds",
			"the second tap of a break that short does not count, so it can't be tapped; make double_tap_seconds less than %d", b.Minutes*60)
	}
}

func (r Rules) rounding(p *pairs) {
	o := r.Rounding
	p.add("rounding-nothing", o.Per == RoundNothing && (o.To != 0 || o.Way != "" || o.Out != "" || o.Half != ""), "rounding.per", "rounding.to",
		"it is not said what is rounded; name tap, shift or day, or leave rounding empty")
	p.add("rounding-out", o.Out != "" && o.Per != RoundTap, "rounding.out", "rounding.per",
		"only taps are in or out; round per tap, or leave out empty")
	p.add("rounding-half", o.Half != "" && o.Way != RoundNearest, "rounding.half", "rounding.way",
		"a half matters only to the nearest; leave half empty, or way")
	p.add("rounding-snap", o.Per == RoundTap && r.Plan.Snap, "rounding.per", "plan.snap",
		"both move the same tap; round per shift or day, or don't snap to the plan")
}

func (r Rules) bandPairs(p *pairs) {
	for i, b := range r.Bands {
		switch r.Premiums {
		case PremiumHighest:
			p.add("band-never", b.Percent <= 100, nth("bands", i, "percent"), "normal_code",
				"the highest percentage counts and normal_code has 100, so the band never does; give it more than 100, or take it out")
		case PremiumStack:
			p.add("band-takes", b.Percent < 100, nth("bands", i, "percent"), "premiums",
				"stacked premiums come on top of the normal minutes, and less than 100 would take away; give it 100 or more, or choose the highest")
		}
		for k, a := range r.Bands[:i] {
			same := a.From == b.From && a.To == b.To && sameDays(a.Days, b.Days)
			p.add("band-twice", same && a.Percent == b.Percent && a.Code != b.Code && r.Premiums == PremiumHighest, nth("bands", k, ""), nth("bands", i, ""),
				"at the same times for the same percentage only the first is ever used; take one out")
		}
	}
}

func sameDays(a, b []string) bool {
	x, err1 := parseDays(a)
	y, err2 := parseDays(b)
	return err1 == nil && err2 == nil && x == y
}

func (r Rules) overtime(p *pairs) {
	for i, o := range r.Overtime {
		p.add("full-time-unknown", o.Base == BaseFullTime && r.FullTime == 0, nth("overtime", i, "base"), "full_time",
			"it is not said how long a full week is; fill in full_time")
		for k, a := range r.Overtime[:i] {
			x, known1 := a.threshold(r.FullTime)
			y, known2 := o.threshold(r.FullTime)
			comparable := a.Per == o.Per && (known1 && known2 || a.Base == o.Base)
			if !known1 || !known2 {
				x, y = a.Above, o.Above
			}
			p.add("overtime-same", comparable && x == y, nth("overtime", k, "above"), nth("overtime", i, "above"),
				"both begin at the same minute, and a minute has one code; take one out, or move it")
			p.add("overtime-less", comparable && (x < y && a.percent() > o.percent() || x > y && a.percent() < o.percent()), nth("overtime", k, "percent"), nth("overtime", i, "percent"),
				"whoever works longer would get less; give the higher threshold at least the same percentage")
			p.add("overtime-contract", a.Per == o.Per && a.below(o), nth("overtime", k, "percent"), nth("overtime", i, "percent"),
				"hours above the contract (meeruren) would be paid higher than those above full time (overuren); turn the percentages round")
		}
	}
}

// threshold gives where a stretch of overtime begins; false: it depends on the
// employee or on the period.
func (o Overtime) threshold(fullTime int) (int, bool) {
	switch {
	case o.Base == BaseZero:
		return o.Above, true
	case o.Base == BaseFullTime && o.Per == OverWeek:
		return fullTime + o.Above, true
	case o.Base == BaseFullTime && o.Per == OverDay:
		return fullTime/5 + o.Above, true
	}
	return 0, false
}

func (o Overtime) percent() int { return max(o.Percent, 100) }

// below says whether one of the two is above the contract and pays more than
// the other, which is above full time.
func (o Overtime) below(b Overtime) bool {
	if o.Base == BaseFullTime {
		o, b = b, o
	}
	return o.Base == BaseContract && b.Base == BaseFullTime && o.Above <= b.Above && o.percent() > b.percent()
}

func (r Rules) extras(p *pairs) {
	for _, e := range []struct {
		name string
		Extra
	}{{"minimum_call", Extra(r.MinimumCall)}, {"travel", r.Travel.Extra}, {"split_shift", r.SplitShift.Extra}} {
		p.add("extra-half", (e.Minutes > 0) != (e.Code != ""), e.name+".minutes", e.name+".code",
			"minutes need a code to go out under, and a code needs minutes; fill in both, or neither")
	}
	p.add("call-short", r.MinimumCall.Minutes > 0 && r.MinimumCall.Minutes < r.ShortestShift, "minimum_call.minutes", "shortest_shift",
		"a call paid in full would still be shown as too short; make minimum_call at least %d minutes", r.ShortestShift)
	p.add("call-long", r.MinimumCall.Minutes > r.LongestShift, "minimum_call.minutes", "longest_shift",
		"a call would be paid longer than a shift can be; make minimum_call at most %d minutes", r.LongestShift)
	p.add("travel-per", (r.Travel.Minutes > 0) != (r.Travel.Per != ""), "travel.minutes", "travel.per",
		"say for what the minutes are, shift or day, or leave both empty")
	p.add("split-gap", r.SplitShift.Minutes > 0 && r.SplitShift.Gap < max(r.ShortestGap, 1), "split_shift.gap", "shortest_gap",
		"out and in again within %d minutes is a break of one shift, not two shifts; make split_shift.gap at least that, and not 0", r.ShortestGap)
	p.add("split-nothing", r.SplitShift.Minutes == 0 && r.SplitShift.Gap > 0, "split_shift.gap", "split_shift.minutes",
		"a gap gives nothing without minutes; fill in both, or neither")
	p.add("standby-code", r.Standby.Worked && r.Standby.Code == "", "standby.worked", "standby.code",
		"standby has no code; fill it in, or leave both empty")
}

func (r Rules) planned(p *pairs) {
	l := r.Plan
	p.add("snap-nothing", l.Snap && l.Early == 0 && l.Late == 0, "plan.snap", "plan.early",
		"no tap lies within 0 minutes of the plan, so none is moved; allow some minutes early or late, or don't snap")
	p.add("no-show-early", l.NoShow > 0 && l.NoShow < l.Late, "plan.no_show", "plan.late",
		"somebody would be a no-show while still on time; make no_show at least %d, or 0", l.Late)
	p.add("late-never", l.LateCode != "" && l.Notice == 0, "plan.late_code", "plan.notice",
		"no withdrawal is ever late with 0 days of notice; fill in the days, or leave the code empty")
}

func (r Rules) holidays(p *pairs) {
	for i, h := range r.HolidayTable {
		p.add("holiday-code", h.Paid && r.HolidayCode == "", nth("holiday_table", i, "paid"), "holiday_code",
			"what is paid needs a code to go out under; fill in holiday_code")
		for k, o := range r.HolidayTable[:i] {
			p.add("holiday-twice", o.Day == h.Day, nth("holiday_table", k, "day"), nth("holiday_table", i, "day"),
				"%s is there twice; take one out", h.Day)
		}
	}
}

// use is what a code stands for: where in the document, of which kind of line,
// for how much of the wage.
type use struct {
	field, kind string
	percent     int
}

// codes refuses a code that stands for two kinds of lines, or for two
// percentages: payroll could not tell its minutes apart.
func (r Rules) codes(p *pairs) {
	first := map[string]use{}
	for _, named := range r.uses() {
		seen, ok := first[named.code]
		if !ok {
			first[named.code] = named.use
			continue
		}
		p.add("code-kinds", seen.kind != named.kind, seen.field, named.field,
			"code %s would stand for minutes that are %s and for minutes that are %s; give one of them another code", named.code, seen.kind, named.kind)
		p.add("code-percents", seen.kind == named.kind && seen.percent != named.percent, seen.field, named.field,
			"code %s would stand for %d %% and for %d %%; give each percentage a code of its own", named.code, seen.percent, named.percent)
	}
}

type namedUse struct {
	code string
	use
}

// uses gives every code of the rules with what it stands for.
func (r Rules) uses() []namedUse {
	const worked, supplement, added, absent, holiday = "worked", "a supplement", "added", "absent", "a paid holiday"
	out := []namedUse{{r.NormalCode, use{"normal_code", worked, 100}}}
	put := func(code, field, kind string, percent int) {
		if code != "" {
			out = append(out, namedUse{code, use{field, kind, percent}})
		}
	}
	ofBands := worked
	if r.Premiums == PremiumStack {
		ofBands = supplement
	}
	for i, b := range r.Bands {
		put(b.Code, nth("bands", i, "code"), ofBands, b.Percent)
	}
	for i, o := range r.Overtime {
		put(o.Code, nth("overtime", i, "code"), worked, o.percent())
	}
	put(r.SplitShift.Code, "split_shift.code", supplement, 0)
	put(r.MinimumCall.Code, "minimum_call.code", added, 0)
	put(r.Travel.Code, "travel.code", added, 0)
	put(r.Standby.Code, "standby.code", added, 0)
	put(r.Plan.LateCode, "plan.late_code", added, 0)
	put(r.HolidayCode, "holiday_code", holiday, 0)
	put(r.absentCode(), "absent_code", absent, 0)
	for i, code := range r.TakeUpCodes {
		put(code, nth("take_up_codes", i, ""), absent, 0)
	}
	return out
}
