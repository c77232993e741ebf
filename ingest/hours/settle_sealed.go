package hours

import (
	"cmp"
	"slices"

	"tikklok/ingest/hours/calendar"
)

// isSealed says whether the day's taps are gone, so that it takes corrections
// by hand only (I5).
func (d *Day) isSealed() bool { return d.Sealed != calendar.Date{} }

// counted takes up what was worked on a sealed day, rounded as it was, for the
// thresholds of its week and period. What of it is overtime is found like that
// of other days, so that it does not count towards a longer stretch again.
func (s *settling) counted(i int) {
	d, first := &s.days[i], len(s.pieces)
	for n := range d.Shifts {
		for _, w := range d.Shifts[n].Worked {
			s.pieces = append(s.pieces, piece{Worked: w, day: i, shift: n, page: s.pages[i]})
		}
	}
	s.lengthen(first, d.Rounding, func(*piece) bool { return true })
}

// rebook takes what was put right by hand out of a sealed day's lines, and puts
// in what stands now.
func (s *settling) rebook(i int) {
	d := &s.days[i]
	for _, step := range d.Settled {
		if step.Decision != 0 {
			d.correct(step, -step.Minutes, lineOf(step))
		}
	}
	d.Settled = slices.DeleteFunc(slices.Clone(d.Settled), func(s Step) bool { return s.Decision != 0 })
	for _, b := range d.Booked {
		site, p := s.bookedAt(i, b)
		step := Step{Kind: StepAdded, Code: b.Code, Site: site, Decision: b.Decision, Minutes: b.Minutes}
		switch {
		case b.Kind == Absent:
			step.Kind, step.Code = StepAbsent, cmp.Or(b.Code, p.AbsentCode())
		case kindOf(p, b.Code) == LineWorked:
			step.Kind = StepCorrected
		case kindOf(p, b.Code) == LineSupplement:
			step.Kind = StepSupplement
		}
		d.correct(step, step.Minutes, lineOf(step))
		d.Settled = append(d.Settled, step)
	}
	d.Lines = slices.DeleteFunc(slices.Clone(d.Lines), func(l DayLine) bool { return l.Minutes == 0 })
}

// correct adds minutes by hand to a day.
func (d *Day) correct(s Step, minutes int, kind LineKind) {
	if kind == LineWorked {
		d.Corrected += minutes
		d.Minutes += minutes
	}
	d.Lines = slices.Clone(d.Lines)
	d.add(DayLine{Site: s.Site, Code: s.Code, Kind: kind, Minutes: minutes})
}

// lineOf gives the kind of line that a step by hand made.
func lineOf(s Step) LineKind {
	switch s.Kind {
	case StepCorrected:
		return LineWorked
	case StepAbsent:
		return LineAbsent
	case StepSupplement:
		return LineSupplement
	}
	return LineAdded
}
