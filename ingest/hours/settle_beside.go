package hours

import (
	"cmp"

	"tikklok/ingest/hours/rule"
)

// beside adds what is paid or told beside the minutes worked.
func (s *settling) beside(i int, pieces []piece) {
	d, r := &s.days[i], &s.pages[i].Set.Rules
	s.paidShifts(d, pieces)
	s.splitDay(d, r.SplitShift)
	for _, b := range d.Standby {
		d.put(LineAdded, Step{Kind: StepStandby, From: b.From, To: b.To, Code: s.page(d.Date, b.Site).Set.Rules.Standby.Code, Site: b.Site, Minutes: b.Minutes})
	}
	if d.Holiday != nil && len(d.Shifts) == 0 && d.Corrected <= 0 {
		d.put(LineHoliday, Step{Kind: StepHoliday, Name: d.Holiday.Name, Code: r.HolidayCode, Minutes: max(d.Holiday.Minutes-d.absent(), 0)})
	}
	for _, b := range d.Booked {
		site, there := s.bookedAt(i, b)
		switch kind := kindOf(there, b.Code); {
		case b.Kind == Absent:
			d.put(LineAbsent, Step{Kind: StepAbsent, Code: cmp.Or(b.Code, there.AbsentCode()), Site: site, Decision: b.Decision, Minutes: b.Minutes})
		case kind == LineSupplement:
			d.put(kind, Step{Kind: StepSupplement, Code: b.Code, Site: site, Decision: b.Decision, Minutes: b.Minutes})
		case kind == LineAdded:
			d.put(kind, Step{Kind: StepAdded, Code: b.Code, Site: site, Decision: b.Decision, Minutes: b.Minutes})
		}
	}
}

// absent gives the minutes of absence that somebody decided.
func (d *Day) absent() (minutes int) {
	for _, b := range d.Booked {
		if b.Kind == Absent {
			minutes += b.Minutes
		}
	}
	return minutes
}

// paidShifts adds what complete shifts are paid besides, each by the rules of
// its site: the least of a call, as far as what is left of it after rounding
// the day is less, and travel.
func (s *settling) paidShifts(d *Day, pieces []piece) {
	travelled := false
	for n := range d.Shifts {
		shift := &d.Shifts[n]
		r := &s.page(d.Date, shift.Site).Set.Rules
		if shift.State != Complete {
			continue
		}
		short := r.MinimumCall.Minutes
		for i := range pieces {
			if pieces[i].shift == n {
				short -= pieces[i].Minutes()
			}
		}
		if short > 0 {
			d.put(LineAdded, Step{Kind: StepMinimumCall, From: shift.Span.From, To: shift.Span.To, Above: r.MinimumCall.Minutes,
				Code: r.MinimumCall.Code, Site: shift.Site, Minutes: short})
		}
		travel := Step{Kind: StepTravel, Per: r.Travel.Per, Code: r.Travel.Code, Site: shift.Site, Minutes: r.Travel.Minutes}
		switch {
		case r.Travel.Minutes == 0 || r.Travel.Per != "shift" && travelled:
			continue
		case r.Travel.Per == "shift":
			travel.From, travel.To = shift.Span.From, shift.Span.To
		default:
			travelled = true
		}
		d.put(LineAdded, travel)
	}
}

// splitDay adds what a day in parts is paid besides, once.
func (s *settling) splitDay(d *Day, r rule.SplitShift) {
	if r.Minutes == 0 {
		return
	}
	for n := 1; n < len(d.Shifts); n++ {
		before, shift := &d.Shifts[n-1], &d.Shifts[n]
		if before.State != Complete || shift.State != Complete || shift.Span.From-before.Span.To < int64(r.Gap) {
			continue
		}
		d.put(LineSupplement, Step{Kind: StepSplit, From: before.Span.To, To: shift.Span.From, Above: r.Gap, Code: r.Code, Site: shift.Site, Minutes: r.Minutes})
		return
	}
}

// put adds a step of what stands beside the minutes worked, and its line.
func (d *Day) put(kind LineKind, s Step) {
	if s.Minutes == 0 {
		return
	}
	d.Settled = append(d.Settled, s)
	d.add(DayLine{Site: s.Site, Code: s.Code, Kind: kind, Minutes: s.Minutes})
}
