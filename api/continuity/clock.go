package continuity

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// drift is how far two looks at a clock may differ without anybody having set it.
const drift = time.Hour

// ahead says that a moment was told by a clock that was set wrong: it is still to come.
func ahead(moment, now time.Time) bool { return moment.After(now.Add(drift)) }

const (
	doubted = 24 * time.Hour // how long a clock that jumped ahead is not believed
	asleep  = 72 * time.Hour // how long a server may have been away without being asked that
)

// believable leaves out sets that a clock made that was ahead, while there are
// others: the newest of all would be one of them until its own day comes.
func believable(all []Set, now time.Time) []Set {
	kept := slices.DeleteFunc(slices.Clone(all), func(s Set) bool { return ahead(s.Began, now) })
	if len(kept) == 0 {
		return all
	}
	return kept
}

// clock says what time it is for what is removed by age. A clock that is set
// ahead would have every backup expire at once, so for a day of running its jump
// is left out. One that is set back removes later, which is harmless.
type clock struct {
	last    time.Time     // what it said when last asked
	running time.Duration // how long the program ran by then
	jump    time.Duration // that is left out
	since   time.Duration // the program ran when it jumped
}

// doubtFile keeps, in the folder of the log, how long the jump was left out already:
// a machine that is off every night believes its clock in the end.
const doubtFile = "clock"

// remember writes down how long the jump was left out by now, if there is one.
func (c *clock) remember(dir string) error {
	file := filepath.Join(dir, doubtFile)
	if c.jump == 0 {
		if err := os.Remove(file); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("forgetting that the clock was doubted: %w", err)
		}
		return nil
	}
	err := os.MkdirAll(dir, 0o700)
	if err == nil {
		err = os.WriteFile(file, []byte(c.jump.String()+" "+(c.running-c.since).String()), 0o600)
	}
	if err != nil {
		return fmt.Errorf("writing down how long the clock was doubted: %w", err)
	}
	return nil
}

// recall goes on with a doubt where the program that ended left it, if it is no
// other jump: one longer by what a server may have been away is.
func (c *clock) recall(dir string) {
	text, err := os.ReadFile(filepath.Join(dir, doubtFile))
	if err != nil || c.jump == 0 {
		return
	}
	before, after, _ := strings.Cut(string(text), " ")
	jump, wrong := time.ParseDuration(before)
	ran, worse := time.ParseDuration(after)
	if wrong == nil && worse == nil && c.jump-jump <= asleep {
		c.since = -max(0, ran)
	}
}

// newClock begins with what was known to be past; zero: nothing is.
func newClock(known, now time.Time) (c clock, jumped time.Duration) {
	c.last = now
	if known.IsZero() || now.Sub(known) <= asleep {
		return c, 0
	}
	c.jump = now.Sub(known)
	return c, c.jump
}

// at gives what is believed at what the clock says, after the program ran for
// so long, and how far it jumped ahead since it was last asked.
func (c *clock) at(now time.Time, running time.Duration) (believed time.Time, jumped time.Duration) {
	if step := now.Sub(c.last) - (running - c.running); step > drift {
		jumped, c.jump, c.since = step, c.jump+step, running
	} else if step < -drift {
		c.jump = max(0, c.jump+step) // it was set right
	}
	c.last, c.running = now, running
	if running-c.since >= doubted {
		c.jump = 0
	}
	return now.Add(-c.jump), jumped
}
