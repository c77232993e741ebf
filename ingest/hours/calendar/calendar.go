// Package calendar promises days, ISO weeks and pay periods that are what a
// wall calendar says, in any zone and over any clock change: it knows no time
// of day.
package calendar

import (
	"database/sql/driver"
	"fmt"
	"time"
)

// Date is a calendar day without a zone. Its text form is "2026-11-09".
type Date struct {
	Year  int
	Month time.Month
	Day   int
}

// On gives a day of a year.
func On(year int, month time.Month, day int) Date { return Date{year, month, day} }

// DateOf gives the day that t stands in, in t's own zone.
func DateOf(t time.Time) Date {
	y, m, d := t.Date()
	return Date{y, m, d}
}

// ParseDate reads "2026-11-09".
func ParseDate(s string) (Date, error) {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return Date{}, fmt.Errorf("day %q is not of the form 2026-11-09", s)
	}
	return DateOf(t), nil
}

// In gives the day's first instant in the zone.
func (d Date) In(zone *time.Location) time.Time {
	return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, zone)
}

// AddDays gives the day n days later; n may be negative.
func (d Date) AddDays(n int) Date { return DateOf(d.In(time.UTC).AddDate(0, 0, n)) }

// Sub gives the number of days from o to d.
func (d Date) Sub(o Date) int { return int(d.In(time.UTC).Sub(o.In(time.UTC)) / (24 * time.Hour)) }

// Before says whether d comes before o.
func (d Date) Before(o Date) bool { return d.In(time.UTC).Before(o.In(time.UTC)) }

// Weekday gives the day of the week.
func (d Date) Weekday() time.Weekday { return d.In(time.UTC).Weekday() }

// Week gives the ISO week that the day stands in.
func (d Date) Week() Week {
	y, w := d.In(time.UTC).ISOWeek()
	return Week{y, w}
}

// String gives "2026-11-09".
func (d Date) String() string { return fmt.Sprintf("%04d-%02d-%02d", d.Year, d.Month, d.Day) }

// MarshalText gives the text form.
func (d Date) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads the text form.
func (d *Date) UnmarshalText(b []byte) (err error) {
	*d, err = ParseDate(string(b))
	return err
}

// Value gives the day to a database.
func (d Date) Value() (driver.Value, error) { return d.String(), nil }

// Scan takes the day from a database.
func (d *Date) Scan(v any) (err error) {
	switch v := v.(type) {
	case time.Time:
		*d = DateOf(v)
	case string:
		*d, err = ParseDate(v)
	default:
		err = fmt.Errorf("a day cannot be read from %T", v)
	}
	return err
}

// Week is an ISO 8601 week: weeks start on Monday, and the first of a year is
// the one with its first Thursday; 2026 has 53. Its text form is "2026-W46".
type Week struct {
	Year int
	Week int // 1…53
}

// ParseWeek reads "2026-W46" and refuses weeks that the year does not have.
func ParseWeek(s string) (Week, error) {
	var w Week
	if _, err := fmt.Sscanf(s, "%4d-W%2d", &w.Year, &w.Week); err != nil || w.String() != s {
		return Week{}, fmt.Errorf("week %q is not of the form 2026-W46", s)
	}
	if w.Week < 1 || w.Monday().Week() != w {
		return Week{}, fmt.Errorf("%d has no week %d", w.Year, w.Week)
	}
	return w, nil
}

// Monday gives the week's first day.
func (w Week) Monday() Date {
	fourth := Date{w.Year, time.January, 4} // always in week 1
	sinceMonday := (int(fourth.Weekday()) + 6) % 7
	return fourth.AddDays(7*(w.Week-1) - sinceMonday)
}

// Sunday gives the week's last day.
func (w Week) Sunday() Date { return w.Monday().AddDays(6) }

// Add gives the week n weeks later; n may be negative.
func (w Week) Add(n int) Week { return w.Monday().AddDays(7 * n).Week() }

// String gives "2026-W46".
func (w Week) String() string { return fmt.Sprintf("%04d-W%02d", w.Year, w.Week) }

// MarshalText gives the text form.
func (w Week) MarshalText() ([]byte, error) { return []byte(w.String()), nil }

// UnmarshalText reads the text form.
func (w *Week) UnmarshalText(b []byte) (err error) {
	*w, err = ParseWeek(string(b))
	return err
}
