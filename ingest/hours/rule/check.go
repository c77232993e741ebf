package rule

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"tikklok/ingest/hours/calendar"
)

// Check says what is wrong with the rules, all of it: first every field for
// itself, then, when those hold, what contradicts what (each a *Contradiction).
func (r Rules) Check() error {
	if err := r.ranges(); err != nil {
		return err
	}
	return r.contradictions()
}

// Range is a field whose number can't be.
type Range struct {
	Field            string // as in the document: "longest_shift", "bands[0].percent"
	Value, Low, High int
}

func (r *Range) Error() string {
	return fmt.Sprintf("%s is %d; it must be %d to %d", r.Field, r.Value, r.Low, r.High)
}

// OutOfRange gives those in an error of Check.
func OutOfRange(err error) []*Range { return collect[*Range](err) }

// faults collects what is wrong.
type faults []error

func (f *faults) add(format string, args ...any) { *f = append(*f, fmt.Errorf(format, args...)) }

func (f *faults) within(name string, v, lo, hi int) {
	if v < lo || v > hi {
		*f = append(*f, &Range{name, v, lo, hi})
	}
}

func (f *faults) wrap(name string, err error) {
	if err != nil {
		f.add("%s: %w", name, err)
	}
}

func (f *faults) code(name, code string) {
	if err := checkCode(code); code != "" && err != nil {
		f.add("%s: %w", name, err)
	}
}

func oneOf[T ~string](f *faults, name string, v T, allowed ...T) {
	if !slices.Contains(allowed, v) {
		f.add("%s is %q; it must be one of %q", name, string(v), allowed)
	}
}

// most is how many entries a list may have.
const most = 200

// ranges checks every field for itself. It must never come to refuse what it
// once took: stored rules are read through it.
func (r Rules) ranges() error {
	var f faults
	f.within("double_tap_seconds", r.DoubleTapSeconds, 0, 600)
	f.within("uncertainty_seconds", r.UncertaintySeconds, 1, 3600)
	f.within("longest_shift", r.LongestShift, 60, 1440)
	f.within("questioned_shift", r.QuestionedShift, 60, 1440)
	f.within("shortest_shift", r.ShortestShift, 0, 240)
	f.within("shortest_gap", r.ShortestGap, 0, 720)
	f.within("paid_breaks", r.PaidBreaks, 0, 240)
	f.within("full_time", r.FullTime, 0, 3600)
	oneOf(&f, "pay_period", r.PayPeriod, "", calendar.Weeks, calendar.FourWeeks, calendar.Months)
	r.pairingRanges(&f)
	r.breakRanges(&f)
	r.Rounding.ranges(&f)
	r.premiumRanges(&f)
	r.paidRanges(&f)
	r.dayRanges(&f)
	return errors.Join(f...)
}

func (r Rules) pairingRanges(f *faults) {
	oneOf(f, "pairing", r.Pairing, PairModes, PairWindows, PairFirstLast)
	oneOf(f, "shift_day", r.ShiftDay, DayOfStart, DayOfEnd, DayOfMost)
	f.within("windows", len(r.Windows), 0, most)
	for i, w := range r.Windows {
		_, err := w.compile()
		f.wrap(fmt.Sprintf("windows[%d]", i), err)
	}
	start, err := optionalClock(r.DayStart, 0)
	f.wrap("day_start", err)
	if start > 720 {
		f.add("day_start is %s; it must be 00:00 to 12:00", r.DayStart)
	}
}

func (r Rules) breakRanges(f *faults) {
	above := -1
	f.within("breaks", len(r.Breaks), 0, most)
	for i, b := range r.Breaks {
		name := fmt.Sprintf("breaks[%d]", i)
		f.within(name+".above", b.Above, above+1, 1440)
		f.within(name+".minutes", b.Minutes, 1, 240)
		above = b.Above
		at, err := optionalClock(b.At, 0)
		f.wrap(name+".at", err)
		if at == 1440 {
			f.add("%s.at is 24:00; a break on the stroke of midnight is at 00:00", name)
		}
	}
}

func (r Rounding) ranges(f *faults) {
	oneOf(f, "rounding.per", r.Per, RoundNothing, RoundTap, RoundShift, RoundDay)
	if r.Per != RoundNothing && (r.To < 1 || 60%r.To != 0) {
		f.add("rounding is to %d; it must be a divisor of 60", r.To)
	}
	ways := []RoundWay{RoundNearest, RoundUp, RoundDown, RoundEmployee, RoundEmployer}
	oneOf(f, "rounding.way", r.Way, ways...)
	oneOf(f, "rounding.out", r.Out, ways...)
	oneOf(f, "rounding.half", r.Half, ways...)
}

func (r Rules) premiumRanges(f *faults) {
	f.wrap("normal_code", checkCode(r.NormalCode))
	oneOf(f, "premiums", r.Premiums, PremiumHighest, PremiumStack)
	f.within("bands", len(r.Bands), 0, most)
	for i, b := range r.Bands {
		_, err := b.compile()
		f.wrap(fmt.Sprintf("bands[%d]", i), err)
	}
	f.within("overtime", len(r.Overtime), 0, most)
	for i, o := range r.Overtime {
		o.ranges(f, fmt.Sprintf("overtime[%d]", i))
	}
}

func (o Overtime) ranges(f *faults, name string) {
	oneOf(f, name+".per", o.Per, OverDay, OverWeek, OverPeriod)
	oneOf(f, name+".base", o.Base, BaseZero, BaseContract, BaseFullTime)
	longest := map[OverPer]int{OverDay: 1440, OverWeek: 7 * 1440, OverPeriod: 35 * 1440}
	f.within(name+".above", o.Above, 0, max(longest[o.Per], 1440))
	f.wrap(name, checkCode(o.Code))
	if o.Percent != 0 {
		f.within(name+".percent", o.Percent, 100, 1000)
	}
}

func (r Rules) paidRanges(f *faults) {
	for _, e := range []struct {
		name string
		Extra
	}{{"minimum_call", Extra(r.MinimumCall)}, {"travel", r.Travel.Extra}, {"split_shift", r.SplitShift.Extra}} {
		f.within(e.name+".minutes", e.Minutes, 0, 720)
		f.code(e.name, e.Code)
	}
	oneOf(f, "travel.per", r.Travel.Per, "", "shift", "day")
	f.within("split_shift.gap", r.SplitShift.Gap, 0, 1200)
	f.code("standby", r.Standby.Code)
	f.within("plan.early", r.Plan.Early, 0, 240)
	f.within("plan.late", r.Plan.Late, 0, 240)
	f.within("plan.no_show", r.Plan.NoShow, 0, 1440)
	f.within("plan.notice", r.Plan.Notice, 0, 28)
	f.code("plan.late_code", r.Plan.LateCode)
}

func (r Rules) dayRanges(f *faults) {
	for _, name := range r.Holidays {
		if !slices.Contains(calendar.HolidayNames(), name) {
			f.add("holiday %q is unknown; known are %s", name, strings.Join(calendar.HolidayNames(), ", "))
		}
	}
	f.within("holiday_table", len(r.HolidayTable), 0, 1000)
	for i, h := range r.HolidayTable {
		name := fmt.Sprintf("holiday_table[%d]", i)
		f.within(name+".day's year", h.Day.Year, 2015, 2100)
		if n := utf8.RuneCountInString(h.Name); n < 1 || n > 50 {
			f.add("%s.name has %d characters; it must have 1 to 50", name, n)
		}
	}
	f.code("holiday_code", r.HolidayCode)
	f.code("absent_code", r.AbsentCode)
	f.within("take_up_codes", len(r.TakeUpCodes), 0, most)
	for i, code := range r.TakeUpCodes {
		f.wrap(fmt.Sprintf("take_up_codes[%d]", i), checkCode(code))
	}
}
