package retention

import (
	"fmt"
	"strings"
	"time"

	"tikklok/ingest/audit"
)

// Hold is a legal hold: a reason, outside this program, why data may not go
// yet. It ends by its date, or when somebody lifts it.
type Hold struct {
	ID       int64
	Employee int64 // 0: everybody
	Reason   string
	Until    time.Time // it counts before
	By       audit.Actor
	At       time.Time
	Lifted   time.Time // zero: nobody lifted it
	LiftedBy audit.Actor
}

// Counts says whether the hold keeps anything at a moment.
func (h Hold) Counts(now time.Time) bool { return h.Lifted.IsZero() && now.Before(h.Until) }

// longestHold bounds a hold: one that is still needed is made again.
const longestHold = 5

func (h Hold) check(now time.Time) error {
	if n := len([]rune(strings.TrimSpace(h.Reason))); n < 1 || n > 300 {
		return fmt.Errorf("%w: a legal hold has a reason of 1 to 300 characters", ErrInvalid)
	}
	if !h.Until.After(now) || h.Until.After(now.AddDate(longestHold, 0, 1)) {
		return fmt.Errorf("%w: a legal hold ends in the future, within %d years", ErrInvalid, longestHold)
	}
	if h.By.Kind != audit.Account && h.By.Kind != audit.Operator {
		return fmt.Errorf("%w: a legal hold is laid by a person", ErrInvalid)
	}
	return nil
}
