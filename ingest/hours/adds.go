package hours

import (
	"errors"
	"fmt"
)

// AddsUp says where parts of a day do not add up to the whole (I5); nil: they
// do, as they must for any taps and any rules.
func (d Day) AddsUp() error {
	var errs []error
	worked := 0
	for _, s := range d.Shifts {
		errs = append(errs, s.addsUp())
		worked += s.Minutes
	}
	lines := 0
	for _, l := range d.Lines {
		lines += l.Minutes
	}
	steps := 0
	for _, s := range d.Steps() {
		if s.Kind != StepCode && s.Kind != StepTotal {
			steps += s.Minutes
		}
	}
	if worked != d.Minutes || lines != d.Minutes || steps != d.Minutes {
		errs = append(errs, fmt.Errorf("day of %d minutes has shifts of %d, lines of %d, steps of %d", d.Minutes, worked, lines, steps))
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("%s: %w", d.Date, err)
	}
	return nil
}

func (s Shift) addsUp() error {
	lines, worked := 0, 0
	for _, l := range s.Lines {
		lines += l.Minutes
	}
	for _, w := range s.Worked {
		worked += w.Minutes()
	}
	if lines != s.Minutes || worked != s.Minutes || s.Attended-s.Tapped-s.Auto+s.Rounding != s.Minutes {
		return fmt.Errorf("shift of %d minutes has lines of %d, stretches of %d, arithmetic %d−%d−%d%+d", s.Minutes, lines, worked, s.Attended, s.Tapped, s.Auto, s.Rounding)
	}
	if s.State != Complete && s.Minutes != 0 {
		return fmt.Errorf("a shift that is %s has %d minutes", s.State, s.Minutes)
	}
	return nil
}
