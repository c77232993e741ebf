package rule

import (
	"fmt"
	"slices"
	"strings"
)

// holidayIndex is the place of holidays in daySet.
const holidayIndex = 7

// daySet says on which days something holds: Sunday … Saturday, holidays.
type daySet [8]bool

func dayNames() []string {
	return []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat", "holiday"}
}

// parseDays reads names of days; none: every day.
func parseDays(names []string) (daySet, error) {
	if len(names) == 0 {
		return daySet{true, true, true, true, true, true, true, true}, nil
	}
	var out daySet
	for _, day := range names {
		i := slices.Index(dayNames(), day)
		if i < 0 {
			return out, fmt.Errorf("day %q is unknown; known are %s", day, strings.Join(dayNames(), ", "))
		}
		out[i] = true
	}
	return out, nil
}

func (s *daySet) hold(weekday int, holiday bool) bool {
	return s[weekday] || holiday && s[holidayIndex]
}

// shared says whether there may be a day on which both hold; a holiday may be
// any day of the week.
func (s daySet) shared(o daySet) bool {
	for i := range s {
		if s[i] && (o[i] || o[holidayIndex]) || o[i] && s[holidayIndex] {
			return true
		}
	}
	return false
}

// band is a Band made ready: minutes of the local day, and the days it holds.
type band struct {
	code     string
	percent  int
	from, to int
	days     daySet
}

func (b Band) compile() (out band, err error) {
	out.code, out.percent = b.Code, b.Percent
	if err := checkCode(b.Code); err != nil {
		return out, err
	}
	if b.Percent < 0 || b.Percent > 1000 {
		return out, fmt.Errorf("percent is %d; it must be 0 to 1000", b.Percent)
	}
	out.from, out.to, out.days, err = stretch(b.From, b.To, b.Days)
	return out, err
}

// window is a Window made ready.
type window struct {
	mode     string
	from, to int
	days     daySet
}

func (w Window) compile() (out window, err error) {
	if out.mode = w.Mode; w.Mode != "in" && w.Mode != "out" {
		return out, fmt.Errorf("mode is %q; it must be in or out", w.Mode)
	}
	out.from, out.to, out.days, err = stretch(w.From, w.To, w.Days)
	return out, err
}

// stretch reads a part of a day, and the days it holds for.
func stretch(from, to string, names []string) (a, b int, days daySet, err error) {
	if a, err = parseClock(from); err != nil {
		return a, b, days, err
	}
	if b, err = parseClock(to); err != nil {
		return a, b, days, err
	}
	if b <= a {
		return a, b, days, fmt.Errorf("to %s does not come after from %s; make two of one over midnight", to, from)
	}
	days, err = parseDays(names)
	return a, b, days, err
}

// parseClock reads "20:00" as minutes of the day; "24:00" is the day's end.
func parseClock(s string) (int, error) {
	var h, m int
	if n, err := fmt.Sscanf(s, "%2d:%2d", &h, &m); err != nil || n != 2 || fmt.Sprintf("%02d:%02d", h, m) != s ||
		h < 0 || m < 0 || m > 59 || h*60+m > 1440 {
		return 0, fmt.Errorf("time of day %q is not of the form 20:00", s)
	}
	return h*60 + m, nil
}

// optionalClock reads a time of day that may be left out.
func optionalClock(s string, none int) (int, error) {
	if s == "" {
		return none, nil
	}
	return parseClock(s)
}

func checkCode(s string) error {
	const allowed = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	if len(s) < 1 || len(s) > 20 || strings.Trim(s, allowed) != "" {
		return fmt.Errorf("code %q must be 1 to 20 letters, digits, '-' or '_'", s)
	}
	return nil
}
