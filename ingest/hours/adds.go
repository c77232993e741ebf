package hours

import (
	"errors"
	"fmt"
)

// AddsUp says where parts of a day do not add up to the whole (I5); nil: they
// do, as they must for any taps and any rules.
func (d Day) AddsUp() error {
	var errs []error
	shifts := d.Rounding + d.Corrected
	for i, s := range d.Shifts {
		errs = append(errs, s.addsUp())
		shifts += s.Minutes
		if i > 0 && d.Shifts[i-1].overlaps(s) {
			errs = append(errs, fmt.Errorf("the shift from minute %d begins before the one before it ended", s.Span.From))
		}
	}
	worked, beside := 0, 0
	for _, l := range d.Lines {
		if l.Kind == LineWorked {
			worked += l.Minutes
		} else {
			beside += l.Minutes
		}
	}
	arithmetic, codes, besides := 0, 0, 0
	for _, s := range d.Steps() {
		switch {
		case s.Kind == StepCode:
			codes += s.Minutes
		case s.Adds():
			arithmetic += s.Minutes
		case s.Beside():
			besides += s.Minutes
		}
	}
	if shifts != d.Minutes || worked != d.Minutes || arithmetic != d.Minutes || codes != d.Minutes || beside != besides {
		errs = append(errs, fmt.Errorf("day of %d minutes has shifts of %d, lines of %d, steps of %d, codes of %d; beside it lines of %d and steps of %d",
			d.Minutes, shifts, worked, arithmetic, codes, beside, besides))
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("%s: %w", d.Date, err)
	}
	return nil
}

func (s Shift) addsUp() error {
	lines, worked, reached := 0, 0, int64(0)
	for _, l := range s.Lines {
		lines += l.Minutes
	}
	for i, w := range s.Worked {
		if worked += w.Minutes(); w.Minutes() <= 0 || i > 0 && w.From < reached {
			return fmt.Errorf("stretch %d of a shift is empty, or overlaps the one before", i)
		}
		reached = w.To
	}
	if shifted := s.shifted(); lines != s.Minutes || worked != s.Minutes || s.Attended-s.Tapped+shifted-s.Auto+s.Paid+s.Rounding != s.Minutes {
		return fmt.Errorf("shift of %d minutes has lines of %d, stretches of %d, arithmetic %d−%d%+d−%d+%d%+d",
			s.Minutes, lines, worked, s.Attended, s.Tapped, shifted, s.Auto, s.Paid, s.Rounding)
	}
	if s.State != Complete && s.Minutes != 0 {
		return fmt.Errorf("a shift that is %s has %d minutes", s.State, s.Minutes)
	}
	return nil
}

// overlaps says whether minutes of a shift lie in those of the next.
func (s Shift) overlaps(next Shift) bool {
	n := len(s.Worked)
	return n > 0 && len(next.Worked) > 0 && next.Worked[0].From < s.Worked[n-1].To
}
