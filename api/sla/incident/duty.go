package incident

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"tikklok/ingest/mail"
	"tikklok/ingest/privacy"
)

// Duty is who answers the telephone in a stretch of time, day or night (C-D5,
// N-B7, W-3.21).
type Duty struct {
	ID        int64
	From      time.Time
	Until     time.Time // not included
	Step      int       // 1 is called first, 2 when 1 doesn't answer, up to 3
	Name      string    // of the supplier's person, or of a team: whatever one asks for
	Telephone string
	Email     string // told there at once of what is grave; "": by telephone only
}

// Steps of escalation, and how long one waits before the next: ours.
const (
	lastStep  = 3
	nextAfter = 10 * time.Minute
	longest   = 366 * 24 * time.Hour
)

// Call is one that was made in a calamity.
type Call struct {
	ID       int64
	Incident int64 // 0: of none that is registered
	Step     int   // who was called
	CalledAt time.Time
	Answered time.Time // zero: nobody did
}

// Took is how long it took until somebody answered; 0 where nobody did.
func (c Call) Took() time.Duration {
	if c.Answered.IsZero() {
		return 0
	}
	return c.Answered.Sub(c.CalledAt)
}

// OnDuty gives who is to be called at t, the first first.
func OnDuty(roster []Duty, t time.Time) []Duty {
	on := slices.DeleteFunc(slices.Clone(roster), func(d Duty) bool { return t.Before(d.From) || !t.Before(d.Until) })
	slices.SortFunc(on, func(a, b Duty) int { return cmp.Or(a.Step-b.Step, cmp.Compare(a.ID, b.ID)) })
	return on
}

// Gap is a stretch of time in which nobody is called first.
type Gap struct{ From, Until time.Time }

// Gaps gives when, between two instants, nobody of step 1 is on duty (OB-S9).
func Gaps(roster []Duty, from, until time.Time) (gaps []Gap) {
	first := slices.DeleteFunc(slices.Clone(roster), func(d Duty) bool { return d.Step != 1 })
	slices.SortFunc(first, func(a, b Duty) int { return a.From.Compare(b.From) })
	for _, d := range first {
		if !from.Before(until) {
			return gaps
		}
		if d.From.After(from) {
			gap := Gap{from, d.From}
			if gap.Until.After(until) {
				gap.Until = until
			}
			gaps = append(gaps, gap)
		}
		if d.Until.After(from) {
			from = d.Until
		}
	}
	if from.Before(until) {
		gaps = append(gaps, Gap{from, until})
	}
	return gaps
}

// Escalate gives the step that is to be called now for an incident that waits
// since a moment: the first that somebody of on stands at, then the next above
// the last that was tried and hasn't answered within ten minutes, and the last
// again; 0: nobody, since somebody answered or may still, or nobody is on duty.
func Escalate(tried []Call, since time.Time, on []Duty, now time.Time) int {
	tried = slices.DeleteFunc(slices.Clone(tried), func(c Call) bool { return c.CalledAt.Before(since) })
	last := Call{}
	if len(tried) > 0 {
		last = slices.MaxFunc(tried, func(a, b Call) int { return a.CalledAt.Compare(b.CalledAt) })
	}
	switch {
	case since.IsZero() || len(on) == 0, !last.Answered.IsZero(), last.Step > 0 && now.Sub(last.CalledAt) < nextAfter:
		return 0
	}
	for _, d := range on { // the first step first
		if d.Step > last.Step {
			return d.Step
		}
	}
	return on[len(on)-1].Step
}

// check says what is wrong with a stretch of duty, as a *privacy.Refused.
func (d Duty) check() error {
	switch {
	case d.From.IsZero() || !d.From.Before(d.Until) || d.Until.Sub(d.From) > longest:
		return privacy.Refuse("until", "order", "comes after the beginning, at most a year")
	case d.Step < 1 || d.Step > lastStep:
		return privacy.Refuse("step", "number", fmt.Sprintf("is 1 (called first) to %d", lastStep))
	case strings.TrimSpace(d.Name) == "" || privacy.TooLong(d.Name, 100):
		return privacy.Refuse("name", "empty", "is whom one asks for, at most 100 characters")
	case !telephone(d.Telephone):
		return privacy.Refuse("telephone", "number", "is a telephone number, such as +31 10 123 4567")
	case d.Email != "" && !mail.Reaches(d.Email):
		return privacy.Refuse("email", "address", "is an address alone, such as duty@example.com")
	}
	return nil
}

// telephone takes digits with what people write between them, 5 to 15 of them.
func telephone(text string) bool {
	digits := 0
	for i, r := range text {
		switch {
		case r >= '0' && r <= '9':
			digits++
		case r == '+' && i == 0, strings.ContainsRune(" -()", r):
		default:
			return false
		}
	}
	return digits >= 5 && digits <= 15 && len(text) <= 30
}

func (c Call) check(now time.Time) error {
	switch {
	case c.Step < 1 || c.Step > lastStep:
		return privacy.Refuse("step", "number", fmt.Sprintf("is who was called, 1 to %d", lastStep))
	case c.CalledAt.IsZero() || c.CalledAt.After(now):
		return privacy.Refuse("called", "ahead", "is when the call was made, which can't lie ahead")
	case !c.Answered.IsZero() && (c.Answered.Before(c.CalledAt) || c.Answered.After(now)):
		return privacy.Refuse("answered", "order", "is when somebody answered: not before the call, and not ahead")
	}
	return nil
}
