package hours

import (
	"cmp"

	"tikklok/ingest/hours/rule"
)

// beside adds what is paid or told beside the minutes worked.
func (s *settling) beside(i int) {
	d, r := &s.days[i], &s.pages[i].Set.Rules
	if r.MinimumCall.Minutes > 0 || r.Travel.Minutes > 0 || r.SplitShift.Minutes > 0 {
		s.paidShifts(d, r)
	}
	for _, b := range d.Standby {
		d.put(LineAdded, Step{Kind: StepStandby, From: b.From, To: b.To, Code: r.Standby.Code, Site: b.Site, Minutes: b.Minutes})
	}
	if d.Holiday != nil && len(d.Shifts) == 0 {
		d.put(LineHoliday, Step{Kind: StepHoliday, Name: d.Holiday.Name, Code: r.HolidayCode, Minutes: d.Holiday.Minutes})
	}
	for _, b := range d.Booked {
		switch kind := kindOf(s.pages[i], b.Code); {
		case b.Kind == Absent:
			d.put(LineAbsent, Step{Kind: StepAbsent, Code: cmp.Or(b.Code, s.pages[i].AbsentCode()), Site: b.Site, Decision: b.Decision, Minutes: b.Minutes})
		case kind != LineWorked:
			d.put(kind, Step{Kind: StepAdded, Code: b.Code, Site: b.Site, Decision: b.Decision, Minutes: b.Minutes})
		}
	}
}

// paidShifts adds what complete shifts are paid besides: the least of a call,
// travel, and a day in parts.
func (s *settling) paidShifts(d *Day, r *rule.Rules) {
	var before *Shift
	split := false
	for n := range d.Shifts {
		shift := &d.Shifts[n]
		if shift.State != Complete {
			before = nil
			continue
		}
		if short := r.MinimumCall.Minutes - shift.Minutes; short > 0 {
			d.put(LineAdded, Step{Kind: StepMinimumCall, From: shift.Span.From, To: shift.Span.To, Above: r.MinimumCall.Minutes,
				Code: r.MinimumCall.Code, Site: shift.Site, Minutes: short})
		}
		if first := d.firstComplete() == shift; r.Travel.Minutes > 0 && (first || r.Travel.Per == "shift") {
			step := Step{Kind: StepTravel, Per: r.Travel.Per, Code: r.Travel.Code, Site: shift.Site, Minutes: r.Travel.Minutes}
			if r.Travel.Per == "shift" {
				step.From, step.To = shift.Span.From, shift.Span.To
			}
			d.put(LineAdded, step)
		}
		if before != nil && !split && r.SplitShift.Minutes > 0 && shift.Span.From-before.Span.To >= int64(r.SplitShift.Gap) {
			split = true
			d.put(LineSupplement, Step{Kind: StepSplit, From: before.Span.To, To: shift.Span.From, Above: r.SplitShift.Gap,
				Code: r.SplitShift.Code, Site: shift.Site, Minutes: r.SplitShift.Minutes})
		}
		before = shift
	}
}

func (d *Day) firstComplete() *Shift {
	for n := range d.Shifts {
		if d.Shifts[n].State == Complete {
			return &d.Shifts[n]
		}
	}
	return nil
}

// put adds a step of what stands beside the minutes worked, and its line.
func (d *Day) put(kind LineKind, s Step) {
	if s.Minutes == 0 {
		return
	}
	d.Settled = append(d.Settled, s)
	d.add(DayLine{Site: s.Site, Code: s.Code, Kind: kind, Minutes: s.Minutes})
}
