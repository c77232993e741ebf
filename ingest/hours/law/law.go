// Package law promises that worked time is held against the Dutch Working
// Hours Act (Arbeidstijdenwet, ATW) to the minute: exactly at a figure is
// fine, one minute beyond it is found, with the shifts it rests on. Elapsed
// time counts, also across a clock change. It warns, and judges nobody: the
// sector's exceptions of the Arbeidstijdenbesluit and hours at other employers
// are not seen.
//
// Everything is counted in shifts as the Act has them (1:7, 1c): work between
// two rests of at least 8 hours. Whatever parts work for a shorter time is a
// break (1:7, 1e: of at least 15 minutes) within one shift.
//
// The definitions of 1:7 were read in Staatsblad 2006, 632; the figures come
// from the schematic overviews of the ministry and of trade bodies, which agree
// with each other. The text of 5:3 to 5:8 itself could not be read here: what
// this package settles by its own reading says so.
package law

import (
	"cmp"
	"slices"
	"time"

	"tikklok/ingest/hours/calendar"
)

// Row is what is checked.
type Row string

// The rows. Figures says what they allow.
const (
	Shift           Row = "shift"             // minutes of work in a shift (5:7, 2a)
	Week            Row = "week"              // minutes of work in a week, Monday to Sunday (5:7, 2a)
	Average4        Row = "average_4"         // a week, over 4 weeks (5:7)
	Average16       Row = "average_16"        // a week, over 16 weeks (5:7, 2b)
	DailyRest       Row = "daily_rest"        // in the 24 hours from the start of a shift (5:3, 2)
	WeeklyRest      Row = "weekly_rest"       // in the 7 × 24 hours from the start of a shift (5:5, 2)
	Break           Row = "break"             // in a shift of more than 5½ hours (5:4, 2)
	LongBreak       Row = "long_break"        // in a shift of more than 10 hours (5:4, 2)
	FreeSundays     Row = "free_sundays"      // Sundays worked in 52 weeks (5:6)
	NightShift      Row = "night_shift"       // minutes of work in a night shift (5:8)
	LongNights      Row = "long_nights"       // night shifts of more than 10 hours in 14 × 24 hours, or in 52 weeks (5:8)
	LongNightRest   Row = "long_night_rest"   // rest after one of more than 10 hours (5:8)
	LateNightRest   Row = "late_night_rest"   // rest after a night shift that ended after 02:00 (5:8)
	NightSeriesRest Row = "night_series_rest" // rest after 3 or more night shifts (5:8)
	Series          Row = "series"            // shifts one after another with a night shift among them (5:8)
	LateNights      Row = "late_nights"       // night shifts that ended after 02:00 in 16 or 52 weeks, or minutes of night in 2 (5:8)
	NightAverage    Row = "night_average"     // a week, over 16 weeks with 16 night shifts or more (5:8)
	NoWork          Row = "no_work"           // minutes of work in hours in which there may be none: minors at night (5:2, 5:3)
)

// Rows gives all rows in the order of the Act's overview.
func Rows() []Row {
	return []Row{Shift, Week, Average4, Average16, DailyRest, WeeklyRest, Break, LongBreak, FreeSundays, NightShift, LongNights,
		LongNightRest, LateNightRest, NightSeriesRest, Series, LateNights, NightAverage, NoWork}
}

// Severity says how a finding is meant.
type Severity string

// The severities.
const (
	Breach  Severity = "breach"
	Edge    Severity = "edge"    // what is allowed only so often was used
	Unknown Severity = "unknown" // a shift that lacks a tap may have made it a breach
)

// Span is a stretch of UTC minutes since 1970: From ≤ minute < To.
type Span struct {
	From int64 `json:"from"`
	To   int64 `json:"to"`
}

// Finding is something that the Act, or the agreement in its place, limits.
type Finding struct {
	Row      Row           `json:"row"`
	Severity Severity      `json:"severity"`
	At       int64         `json:"at"`      // UTC minute since 1970 at which it came about
	Day      calendar.Date `json:"day"`     // the local day of At
	Over     Span          `json:"over"`    // the shift, or the stretch of days that was looked at
	Allowed  int           `json:"allowed"` // minutes, or times: Row says
	Found    int           `json:"found"`
	Shifts   []Span        `json:"shifts"` // as the Act has them, that it rests on
}

// State says how much of a shift is known.
type State int

// The states.
const (
	Complete State = iota
	Running        // To is not known yet: it is now
	Unsure         // From or To is 0, or it is not sure that it was worked
)

// Work is a shift as the employee's taps have it.
type Work struct {
	Span
	Breaks []Span // To 0: it runs
	State  State
}

// History is one employee's work, in any order.
type History struct {
	Zone *time.Location
	Work []Work
}

// Check gives what is found in a history, by At and row. What comes after now
// is taken as it is given (a plan), and what comes after the last shift as
// rest. What one lacks a tap for is told apart: as Unknown, when it would be a
// breach if the shift were as long as it can have been.
func Check(h History, l Law, now int64) []Finding {
	sure := inspect(h.least(now), h.Zone, l, now)
	if slices.ContainsFunc(h.Work, func(w Work) bool { return w.State == Unsure }) {
		for _, f := range inspect(h.most(l, now), h.Zone, l, now) {
			if f.Row == Break || f.Row == LongBreak {
				continue // of breaks such a shift says nothing at all
			}
			if f.Severity == Breach && !slices.ContainsFunc(sure, f.told) {
				f.Severity = Unknown
				sure = append(sure, f)
			}
		}
	}
	slices.SortStableFunc(sure, func(a, b Finding) int { return cmp.Or(cmp.Compare(a.At, b.At), cmp.Compare(a.Row, b.Row)) })
	return sure
}

// told says whether a breach that is sure says the same.
func (f Finding) told(sure Finding) bool {
	return sure.Row == f.Row && sure.Severity != Edge && sure.Over.From < f.Over.To && f.Over.From < sure.Over.To
}

// least gives the stretches that were surely worked, in any order.
func (h History) least(now int64) []Span {
	var out []Span
	for _, w := range h.Work {
		switch w.State {
		case Complete:
			out = w.stretches(out)
		case Running:
			w.To = max(now, w.From)
			out = w.stretches(out)
		case Unsure: // it may be nothing
		}
	}
	return out
}

// most gives the stretches that were worked if the unsure ones were as long as
// a shift may be, and did not run into the next or the one before.
func (h History) most(l Law, now int64) []Span {
	out := h.least(now)
	for _, w := range h.Work {
		if w.State != Unsure || w.From == 0 && w.To == 0 {
			continue
		}
		longest := int64(l.At(dateAt(max(w.From, w.To), h.Zone)).Shift)
		switch {
		case w.To == 0:
			w.To = w.From + longest
			for _, o := range h.Work {
				if o.From > w.From && o.From < w.To {
					w.To = o.From
				}
			}
		case w.From == 0:
			w.From = w.To - longest
			for _, o := range h.Work {
				if o.To < w.To && o.To > w.From {
					w.From = o.To
				}
			}
		}
		out = w.stretches(out)
	}
	return out
}

// stretches adds what lies between the breaks.
func (w Work) stretches(out []Span) []Span {
	from := w.From
	breaks := w.Breaks
	if !slices.IsSortedFunc(breaks, bySpan) {
		breaks = slices.SortedFunc(slices.Values(breaks), bySpan)
	}
	for _, b := range breaks {
		if b.To == 0 {
			b.To = w.To
		}
		if b.From > from {
			out = append(out, Span{from, min(b.From, w.To)})
		}
		from = max(from, b.To)
	}
	if from < w.To {
		out = append(out, Span{from, w.To})
	}
	return out
}

func bySpan(a, b Span) int { return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To)) }

func dateAt(minute int64, zone *time.Location) calendar.Date {
	return calendar.DateOf(time.Unix(minute*60, 0).In(zone))
}

// UnitOf says what a finding of a row counts.
func UnitOf(r Row, allowed int) Unit {
	const mostNights = 52 * 7 // more than that are minutes of nights
	if r == FreeSundays || r == LongNights || r == Series || r == LateNights && allowed <= mostNights {
		return Times
	}
	return Minutes
}
