//go:build !linux

package ingest

import "time"

// disciplined: nobody to ask here; declare the clock good instead.
func disciplined() (time.Duration, bool) { return 0, false }
