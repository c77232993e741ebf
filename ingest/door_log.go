package ingest

import (
	"log/slog"
	"sync"
	"time"
)

// How much of the log strangers may fill.
const (
	hearsayBurst = 100 // lines
	hearsayEvery = time.Second
)

// hearsay is what the log says of strangers and of those who were turned away.
// A thousand connections a second are quickly made: they must fill no disk, nor
// hide what else the log says.
type hearsay struct {
	log *slog.Logger

	mu     sync.Mutex
	told   drip
	untold int
}

func newHearsay(log *slog.Logger) *hearsay { return &hearsay{log: log} }

// warn logs, or counts for the next line that is logged.
func (h *hearsay) warn(now time.Time, message string, args ...any) {
	h.mu.Lock()
	if h.told.over(now, hearsayEvery*hearsayBurst) > 0 {
		h.untold++
		h.mu.Unlock()
		return
	}
	h.told.drop(now, hearsayEvery)
	untold := h.untold
	h.untold = 0
	h.mu.Unlock()
	if untold > 0 {
		args = append(args, "untold", untold)
	}
	h.log.Warn(message, args...)
}
