package page

import (
	"fmt"
	"strings"
	"time"

	"tikklok/api/sla/window"
)

// Minutes, Clock, Date and Weekday are values of a Message, written in the reader's way.
type (
	Minutes int       // 453: 7:33
	Clock   time.Time // 07:58
	Date    time.Time // 10 november
	Weekday time.Time // di
)

const minus = "−" // U+2212: as wide as the digits beside it

// hours writes minutes as 7:33, and −0:30.
func hours(minutes int) string {
	sign := ""
	if minutes < 0 {
		sign, minutes = minus, -minutes
	}
	return fmt.Sprintf("%s%d:%02d", sign, minutes/60, minutes%60)
}

func clock(t time.Time) string { return t.Format("15:04") }

// knownClock is the time of day, and nothing where it is unknown.
func knownClock(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return clock(t)
}

func (w *words) names(key string) []string { return strings.Fields(w.text[key]) }

func (w *words) weekday(t time.Time) string { return w.names("weekdays")[t.Weekday()] }

func (w *words) weekdayShort(t time.Time) string { return w.names("weekdays.short")[t.Weekday()] }

func (w *words) month(t time.Time) string { return w.names("months")[t.Month()-1] }

func (w *words) monthShort(t time.Time) string { return w.names("months.short")[t.Month()-1] }

// dayMonth is 10 november.
func (w *words) dayMonth(t time.Time) string { return w.dayOf(t) + " " + w.month(t) }

// dayOf is the day of the month: 10, or 10. where it is written with a sign.
func (w *words) dayOf(t time.Time) string { return fmt.Sprint(t.Day()) + w.text["day.sign"] }

// date is 10 nov 2026.
func (w *words) date(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return fmt.Sprintf("%s %s %d", w.dayOf(t), w.monthShort(t), t.Year())
}

// days is 9–15 nov 2026, or 30 nov – 6 dec 2026.
func (w *words) days(from, to time.Time) string {
	switch {
	case from.Year() != to.Year():
		return w.date(from) + " – " + w.date(to)
	case from.Month() != to.Month():
		return fmt.Sprintf("%s %s – %s", w.dayOf(from), w.monthShort(from), w.date(to))
	}
	return fmt.Sprintf("%s–%s", w.dayOf(from), w.date(to))
}

// when is the shortest unambiguous way to name t as seen from now: 14:05,
// gisteren 14:05, di 14:05, 3 nov 14:05.
func (w *words) when(now, t time.Time) string {
	if t.IsZero() {
		return w.text["never"]
	}
	switch days := daysBetween(t, now); {
	case days == 0:
		return clock(t)
	case days == 1:
		return w.text["yesterday"] + " " + clock(t)
	case days > 1 && days < 7:
		return w.weekdayShort(t) + " " + clock(t)
	case t.Year() != now.Year():
		return w.date(t) + ", " + clock(t)
	}
	return fmt.Sprintf("%s %s, %s", w.dayOf(t), w.monthShort(t), clock(t))
}

// dated is when, with today and tomorrow named: for what is read apart from
// the rest of its day, as a deadline is.
func (w *words) dated(now, t time.Time) string {
	if t.IsZero() {
		return w.text["never"]
	}
	switch daysBetween(now, t) {
	case 0:
		return w.text["today"] + " " + clock(t)
	case 1:
		return w.text["tomorrow"] + " " + clock(t)
	}
	return w.when(now, t)
}

// span is a stretch of time, with its day named once where it has one, and each
// end with its offset where the clock is set back between.
func (w *words) span(now, from, to time.Time) string {
	if daysBetween(from, to) == 0 {
		return w.dated(now, from) + apart(from, to) + "–" + clock(to) + apart(to, from)
	}
	return w.dated(now, from) + apart(from, to) + " – " + w.dated(now, to) + apart(to, from)
}

// apart is the offset of an instant that the clock shows twice or that stands
// beside one: "" where the clock tells them apart.
func apart(t, beside time.Time) string {
	if !window.Twice(t) && !window.Twice(beside) {
		return ""
	}
	return t.Format(" (-07:00)")
}

// ahead is how long before something is, of minutes: 47:59 uur, and from three
// days on 13 dagen en 15 uur, cut off.
func (w *words) ahead(minutes int) (string, error) {
	switch days, hour := minutes/(24*60), minutes/60%24; {
	case days < 3:
		return w.say("length.hours", hours(minutes))
	case hour == 0:
		return w.say("length.days", days)
	default:
		return w.say("length.days-hours", days, hour)
	}
}

// tapAt is the second of a tap of today, and when it was otherwise.
func (w *words) tapAt(now, t time.Time) string {
	if daysBetween(t, now) == 0 {
		return t.Format("15:04:05")
	}
	return w.when(now, t)
}

// daysBetween counts local midnights from a to b.
func daysBetween(a, b time.Time) int {
	utc := func(t time.Time) time.Time { return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC) }
	return int(utc(b).Sub(utc(a)) / (24 * time.Hour))
}

// ago is how long t is past: 12 s, 4 min, 3 h, 5 d.
func (w *words) ago(now, t time.Time) (string, error) {
	if t.IsZero() {
		return w.text["never"], nil
	}
	switch d := now.Sub(t); {
	case d < 5*time.Second:
		return w.say("ago.now")
	case d < time.Minute:
		return w.say("ago.seconds", int(d/time.Second))
	case d < time.Hour:
		return w.say("ago.minutes", int(d/time.Minute))
	case d < 48*time.Hour:
		return w.say("ago.hours", int(d/time.Hour))
	}
	return w.say("ago.days", int(now.Sub(t)/(24*time.Hour)))
}

// uncertainty writes ± 0,1 s from milliseconds, rounded up so that it is never
// stated smaller than it is (I4).
func (w *words) uncertainty(ms int) string {
	if ms >= 60_000 {
		return fmt.Sprintf("± %d min", (ms+59_999)/60_000)
	}
	if ms >= 10_000 {
		return fmt.Sprintf("± %d s", (ms+999)/1000)
	}
	tenths := (ms + 99) / 100
	return fmt.Sprintf("± %d%s%d s", tenths/10, w.text["decimal.sign"], tenths%10)
}

// number groups thousands: 12.345 or 12,345.
func (w *words) number(n int64) string {
	digits := fmt.Sprint(n)
	head := len(digits) % 3
	var b strings.Builder
	b.WriteString(digits[:head])
	for i := head; i < len(digits); i += 3 {
		if b.Len() > 0 {
			b.WriteString(w.text["thousands.sign"])
		}
		b.WriteString(digits[i : i+3])
	}
	return b.String()
}

// decimal writes hundredths as 1.234,05 or 1,234.05.
func (w *words) decimal(hundredths int) string {
	sign := ""
	if hundredths < 0 {
		sign, hundredths = minus, -hundredths
	}
	return fmt.Sprintf("%s%s%s%02d", sign, w.number(int64(hundredths/100)), w.text["decimal.sign"], hundredths%100)
}

// kilobytes is how the line is paid for: in thousands of bytes, at least 1
// where there were any.
func (w *words) kilobytes(n int64) string {
	return w.number((n+999)/1000) + " kB"
}

// size is how much room something takes: 873 kB, 4,9 MB, 12,3 GB; never said
// smaller than it is.
func (w *words) size(bytes int64) string {
	for _, unit := range []struct {
		name  string
		bytes int64
	}{{"GB", 1e9}, {"MB", 1e6}} {
		if tenth := unit.bytes / 10; bytes >= unit.bytes {
			n := (bytes + tenth - 1) / tenth
			return fmt.Sprintf("%s%s%d %s", w.number(n/10), w.text["decimal.sign"], n%10, unit.name)
		}
	}
	return w.kilobytes(bytes)
}
