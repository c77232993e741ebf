package ingest

import (
	"time"

	"golang.org/x/sys/unix"
)

// leastBound is claimed at best: the kernel's own figure leaves out what the
// way to the time server hides, and systemd-timesyncd sets it to 0.
const leastBound = 50 * time.Millisecond

// disciplined asks the kernel whether something keeps its clock right, the
// largest error it may have, and what it has yet to be moved: adjtimex(2),
// STA_UNSYNC, maxerror and offset.
func disciplined() (bound time.Duration, ok bool) {
	var t unix.Timex
	state, err := unix.Adjtimex(&t)
	if err != nil || state == unix.TIME_ERROR || t.Status&unix.STA_UNSYNC != 0 {
		return 0, false
	}
	unit := time.Microsecond
	if t.Status&unix.STA_NANO != 0 {
		unit = time.Nanosecond
	}
	bound = time.Duration(t.Maxerror)*time.Microsecond + time.Duration(max(t.Offset, -t.Offset))*unit
	return max(bound, leastBound), true
}
