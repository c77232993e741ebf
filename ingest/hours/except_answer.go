package hours

import (
	"slices"

	"tikklok/ingest/hours/calendar"
)

// acceptable are the kinds that somebody may accept as they stand. The others
// lack something that has to be given, or left out.
var acceptable = []ExceptionKind{
	TooLong, TooShort, TooMany, MissingBreak, NotEmployed, NoShow, LateWithdrawal, DoubleHolder, TwoSites,
}

// Acceptable says whether an exception may be accepted as it stands.
func (e Exception) Acceptable() bool { return e.About().acceptable() }

func (k ExceptionKind) acceptable() bool {
	return slices.Contains(acceptable, k) || len(k) > len(Law) && k[:len(Law)+1] == Law+":"
}

// answers says whether a decision that stands settles an exception of a day.
func (d Decision) answers(day calendar.Date, e Exception) bool {
	switch d.Kind {
	case Accept:
		if d.About != "" && d.About != e.About() || !e.Acceptable() {
			return false
		}
		if (d.Day != calendar.Date{}) {
			return d.Day == day && (d.At.IsZero() || d.At.UnixMilli() == e.At)
		}
		return d.Tap == e.Tap && d.At.UnixMilli() == e.At
	case Absent:
		return e.Kind == NoShow && d.Day == day
	case AddMinutes:
		return d.About != "" && d.About == e.About() && d.Day == day
	}
	return false
}

// mostExceptions is how many exceptions one day shows; the last one says how
// many there are besides. Deciding brings the others up.
const mostExceptions = 50

// answer leaves out of a day what somebody decided, notes those decisions, and
// bounds what is left.
func (c *computing) answer(d *Day) {
	d.Exceptions = slices.DeleteFunc(d.Exceptions, func(e Exception) bool {
		for _, a := range c.accepted {
			if a.answers(d.Date, e) {
				d.Decisions = append(d.Decisions, a.ID)
				return true
			}
		}
		return false
	})
	if n := len(d.Exceptions); n > mostExceptions {
		d.Exceptions = slices.Clone(d.Exceptions[:mostExceptions])
		d.Exceptions[mostExceptions-1].More = n - mostExceptions
	}
}
