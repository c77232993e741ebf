package sla

import (
	"fmt"
	"time"
)

// Month is a calendar month. Its text form is "2026-10".
type Month struct {
	Year  int
	Month time.Month
}

// MonthOf gives the month that t stands in, in t's own zone.
func MonthOf(t time.Time) Month { return Month{t.Year(), t.Month()} }

// ParseMonth reads "2026-10".
func ParseMonth(s string) (Month, error) {
	t, err := time.Parse("2006-01", s)
	if err != nil || t.Year() < 2000 || t.Year() > 2200 {
		return Month{}, fmt.Errorf("month %q is not of the form 2026-10", s)
	}
	return MonthOf(t), nil
}

// Add gives the month n months later; n may be negative.
func (m Month) Add(n int) Month { return MonthOf(m.In(time.UTC).AddDate(0, n, 0)) }

// In gives the month's first instant in the zone. The last is before the first
// of Add(1).
func (m Month) In(zone *time.Location) time.Time {
	return time.Date(m.Year, m.Month, 1, 0, 0, 0, 0, zone)
}

// Before says whether m comes before o.
func (m Month) Before(o Month) bool { return m.In(time.UTC).Before(o.In(time.UTC)) }

// String gives "2026-10".
func (m Month) String() string { return fmt.Sprintf("%04d-%02d", m.Year, int(m.Month)) }

// MarshalText gives the text form.
func (m Month) MarshalText() ([]byte, error) { return []byte(m.String()), nil }

// UnmarshalText reads the text form.
func (m *Month) UnmarshalText(b []byte) (err error) {
	*m, err = ParseMonth(string(b))
	return err
}
