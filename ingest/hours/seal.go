package hours

import "tikklok/ingest/hours/calendar"

// Sealed is what is kept of the days before a date whose taps were purged, or
// may be at any moment (I5). Nothing is computed there again.
type Sealed struct {
	Before calendar.Date // the first day that is not sealed; zero: none is
	Days   []Day         // as they were explained when they were sealed, ascending
}

// Holds says whether a day is sealed.
func (s Sealed) Holds(d calendar.Date) bool { return d.Before(s.Before) }
