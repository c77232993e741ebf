package probe

import "time"

// stepLeast is from how much on a difference between wall clock and monotonic
// clock is a step and not the discipline of a clock.
const stepLeast = 2 * time.Second

// Now is one look at both clocks of the machine.
type Now struct {
	Wall time.Time     // what it is called
	Mono time.Duration // since some moment; only differences mean anything
}

// Naming says which minute is to be measured when. A minute is named by the
// probe's wall clock at the moment it is measured, floored to the UTC minute;
// the monotonic clock only tells how long to wait and that the wall clock was
// set. So minutes that a clock jumped over, or a machine slept through, have no
// record and are unmeasured; minutes that a clock was set back to are measured
// again and stand in the book twice, and the server keeps what it was told first.
type Naming struct {
	last    time.Time     // minute measured last
	apart   time.Duration // wall minus monotonic, as it was last seen
	began   time.Time     // of wall, from which apart counts
	looked  bool
	stepped bool
}

// Next gives the minute to be measured now, and whether the clock was set since
// the one before; or how long to wait, on the monotonic clock, for the next.
func (n *Naming) Next(now Now) (at time.Time, stepped bool, wait time.Duration) {
	wall := now.Wall.Round(0).UTC()
	if !n.looked {
		n.looked, n.began, n.apart = true, wall, -now.Mono
	}
	apart := wall.Sub(n.began) - now.Mono
	if d := apart - n.apart; d >= stepLeast || d <= -stepLeast {
		n.stepped = true
	}
	n.apart = apart
	at = wall.Truncate(time.Minute)
	if at.Equal(n.last) {
		return time.Time{}, false, at.Add(time.Minute).Sub(wall)
	}
	stepped, n.stepped, n.last = n.stepped, false, at
	return at, stepped, 0
}
