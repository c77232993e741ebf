package ingest

import (
	"time"

	"golang.org/x/sys/unix"
)

// disciplined asks the kernel whether something keeps its clock right, and the
// largest error it may have: adjtimex(2), STA_UNSYNC and maxerror.
func disciplined() (bound time.Duration, ok bool) {
	var t unix.Timex
	state, err := unix.Adjtimex(&t)
	if err != nil || state == unix.TIME_ERROR || t.Status&unix.STA_UNSYNC != 0 {
		return 0, false
	}
	return time.Duration(t.Maxerror) * time.Microsecond, true
}
