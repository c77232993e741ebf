package continuity

import "time"

// nightHour is when a night's set is due.
const nightHour = 1

// firstAfter is how long a server runs before its first set, when no night
// comes before: one that is only tried out makes none.
const firstAfter = 15 * time.Minute

// Due says whether a set is due at a place: the last one (zero: none) began
// before the latest 01:00 of the zone. What failed stays due, and a machine
// that slept catches up (OB-C8). since is when the place was first asked for.
func Due(last, since, now time.Time, zone *time.Location) bool {
	at := now.In(zone)
	night := time.Date(at.Year(), at.Month(), at.Day(), nightHour, 0, 0, 0, zone)
	if night.After(now) {
		night = time.Date(at.Year(), at.Month(), at.Day()-1, nightHour, 0, 0, 0, zone)
	}
	if last.IsZero() {
		return night.After(since) || now.Sub(since) >= firstAfter
	}
	return last.Before(night)
}
