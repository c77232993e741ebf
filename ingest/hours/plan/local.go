package plan

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"tikklok/ingest/hours/calendar"
)

// Local is a time on the wall, as people write a plan.
type Local struct {
	Date   calendar.Date
	Minute int            // of the day, 0…1440
	Zone   *time.Location // nil: the employee's
	Offset *int           // minutes east of UTC, where it was written
}

// ClockError is a local time that does not exist, or exists twice, because the
// clock changes then; its text names the time and the remedy.
type ClockError struct {
	Local     string // "2026-10-25 02:30"
	Zone      string
	Instead   []string // times that exist: as written with their offset, or around the hour that is skipped
	WasTwice  bool
	BadOffset string // the offset that was written, which is none of that time
}

// Kind gives which of the three it is, as a kind of Problem.
func (e *ClockError) Kind() string {
	switch {
	case e.BadOffset != "":
		return "offset"
	case e.WasTwice:
		return "twice"
	}
	return "skipped"
}

func (e *ClockError) Error() string {
	instead := strings.Join(e.Instead, " or ")
	switch {
	case e.BadOffset != "":
		return fmt.Sprintf("%s is not at offset %s in %s; write %s", e.Local, e.BadOffset, e.Zone, instead)
	case e.WasTwice:
		return fmt.Sprintf("%s comes twice in %s, as the clock goes back then; write it with its offset: %s", e.Local, e.Zone, instead)
	}
	return fmt.Sprintf("%s does not exist in %s, as the clock goes forward then; write %s", e.Local, e.Zone, instead)
}

// ParseLocal reads "08:00", "24:00" and, where the clock goes back, "02:30+02"
// or "02:30+02:00" on a date.
func ParseLocal(date calendar.Date, text string) (Local, error) {
	l := Local{Date: date}
	clock, bad := text, fmt.Errorf("%w: time %q is not of the form 08:00", ErrInvalid, text)
	if i := strings.IndexAny(text, "+-"); i > 0 {
		offset, ok := parseOffset(text[i:])
		if !ok {
			return l, bad
		}
		clock, l.Offset = text[:i], &offset
	}
	h, m, ok := strings.Cut(clock, ":")
	hours, err1 := strconv.ParseUint(h, 10, 8)
	minutes, err2 := strconv.ParseUint(m, 10, 8)
	l.Minute = int(hours*60 + minutes)
	if !ok || err1 != nil || err2 != nil || len(h) > 2 || len(m) != 2 || minutes > 59 || l.Minute > 1440 {
		return l, bad
	}
	return l, nil
}

// parseOffset reads "+02", "+0200" and "+02:00".
func parseOffset(text string) (minutes int, ok bool) {
	sign, digits := 1, strings.Replace(text[1:], ":", "", 1)
	if text[0] == '-' {
		sign = -1
	}
	if len(digits) == 2 {
		digits += "00"
	}
	n, err := strconv.ParseUint(digits, 10, 16)
	if len(digits) != 4 || err != nil || n > 1400 || n%100 > 59 {
		return 0, false
	}
	return sign * int(n/100*60+n%100), true
}

// String gives "2026-11-10 08:00", with the offset where it was written.
func (l Local) String() string {
	out := fmt.Sprintf("%s %02d:%02d", l.Date, l.Minute/60, l.Minute%60)
	if l.Offset != nil {
		out += offsetText(*l.Offset)
	}
	return out
}

func offsetText(minutes int) string {
	sign := '+'
	if minutes < 0 {
		sign, minutes = '-', -minutes
	}
	out := fmt.Sprintf("%c%02d", sign, minutes/60)
	if minutes%60 != 0 {
		out += fmt.Sprintf(":%02d", minutes%60)
	}
	return out
}

// Instant gives the UTC minute since 1970 of a local time, in its own zone or
// else in the given one. A time that the clock skips is refused, and one that
// comes twice too unless its offset is written: a ClockError, which is an
// ErrInvalid.
func (l Local) Instant(zone *time.Location) (int64, error) {
	if l.Zone != nil {
		zone = l.Zone
	}
	wall := l.Date.In(time.UTC).Unix()/60 + int64(l.Minute)
	fits := candidates(wall, zone)
	if len(fits) == 1 && (l.Offset == nil || wall-fits[0] == int64(*l.Offset)) {
		return fits[0], nil
	}
	e := &ClockError{Local: fmt.Sprintf("%s %02d:%02d", l.Date, l.Minute/60, l.Minute%60), Zone: zone.String(), WasTwice: len(fits) == 2}
	for _, at := range fits {
		if l.Offset != nil && wall-at == int64(*l.Offset) {
			return at, nil
		}
		e.Instead = append(e.Instead, fmt.Sprintf("%02d:%02d%s", l.Minute/60, l.Minute%60, offsetText(int(wall-at))))
	}
	if len(fits) == 0 {
		e.Instead = nearChange(wall, zone)
	} else if l.Offset != nil {
		e.BadOffset = offsetText(*l.Offset)
	}
	return 0, fmt.Errorf("%w: %w", ErrInvalid, e)
}

// candidates gives the UTC minutes at which a zone's clock shows a time, given
// as minutes of a clock that never changes: one, or none or two where it does.
func candidates(wall int64, zone *time.Location) (out []int64) {
	for _, near := range []int64{wall - 26*60, wall + 26*60} { // beyond any offset, so on both sides of a change
		_, offset := time.Unix(near*60, 0).In(zone).Zone()
		at := wall - int64(offset/60)
		if _, then := time.Unix(at*60, 0).In(zone).Zone(); then == offset && (len(out) == 0 || out[0] != at) {
			out = append(out, at)
		}
	}
	return out
}

// nearChange gives the last minute before a skipped hour and the first after it.
func nearChange(wall int64, zone *time.Location) []string {
	_, offset := time.Unix((wall-26*60)*60, 0).In(zone).Zone()
	_, change := time.Unix((wall-int64(offset/60))*60-26*3600, 0).In(zone).ZoneBounds()
	if change.IsZero() {
		return nil
	}
	const clock = "15:04"
	return []string{change.Add(-time.Minute).Format(clock) + " at the latest", change.Format(clock) + " at the earliest"}
}

// span gives the UTC minutes of a shift that starts at a local time and ends
// at another of the same day or, when that comes no later, of the next one.
func span(from, to Local, zone *time.Location) (int64, int64, error) {
	if to.Date == from.Date && to.Minute <= from.Minute && (to.Offset == nil || from.Offset == nil || *to.Offset == *from.Offset) {
		to.Date = to.Date.AddDays(1)
	}
	a, err := from.Instant(zone)
	if err != nil {
		return 0, 0, err
	}
	b, err := to.Instant(zone)
	return a, b, err
}

// Between gives the UTC minutes of a shift on a date: "22:00" to "06:00" ends
// on the next day, and over a clock change it has its true length. The errors
// are those of ParseLocal and Instant.
func Between(date calendar.Date, from, to string, zone *time.Location) (int64, int64, error) {
	a, err := ParseLocal(date, strings.TrimSpace(from))
	if err != nil {
		return 0, 0, err
	}
	b, err := ParseLocal(date, strings.TrimSpace(to))
	if err != nil {
		return 0, 0, err
	}
	return span(a, b, zone)
}

// ClockAt gives the time of a UTC minute as Between reads it: "08:00", with its
// offset where the clock goes back.
func ClockAt(minute int64, zone *time.Location) string {
	l := localAt(minute, zone)
	return l.String()[len("2026-11-10 "):]
}

// localAt gives a UTC minute on the wall.
func localAt(minute int64, zone *time.Location) Local {
	t := time.Unix(minute*60, 0).In(zone)
	l := Local{Date: calendar.DateOf(t), Minute: t.Hour()*60 + t.Minute()}
	if _, err := l.Instant(zone); err != nil {
		_, seconds := t.Zone()
		offset := seconds / 60
		l.Offset = &offset
	}
	return l
}
