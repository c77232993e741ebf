package tenant

import (
	"errors"
	"slices"
	"strings"
	"time"

	"tikklok/ingest/audit"
)

// Ground is why a service is suspended.
type Ground string

// The grounds.
const (
	Arrears Ground = "arrears" // after the notices that the contract asks for (N-A3.9, W-2.14; OB-H10)
	Misuse  Ground = "misuse"  // at once (W-5.6; OB-C11)
)

// SuspensionKind is a step towards a suspension, into it or out of it.
type SuspensionKind string

// The steps.
const (
	Reminded  SuspensionKind = "reminded"  // the customer was told of the arrears on Told
	Unsaid    SuspensionKind = "unsaid"    // a reminder doesn't count: it was paid, or never told
	Suspended SuspensionKind = "suspended" // sign-in and new exports are closed
	Lifted    SuspensionKind = "lifted"    // and open again; reminders from before are spent
)

// SuspensionStep is one step; it stays.
type SuspensionStep struct {
	ID        int64
	Kind      SuspensionKind
	Ground    Ground
	Told      time.Time // midnight UTC
	TakesBack int64     // of Unsaid: the reminder
	Reference string    // the writing, 1…200 characters
	By        audit.Actor
	At        time.Time
}

// Suspension is where a tenant stands.
type Suspension struct {
	Since     *time.Time // nil: the service is not suspended
	Ground    Ground
	Reference string
	Reminders []SuspensionStep // that count, the first first
}

// What a suspension is refused with.
var (
	ErrSuspended    = errors.New("the service is suspended: sign-in and new exports are closed, and taps are still stored; ask the supplier to lift it (tikklok tenant lift)")
	ErrNotSuspended = errors.New("the service is not suspended")
)

// SuspensionOf reads the steps, the first first.
func SuspensionOf(steps []SuspensionStep) Suspension {
	var s Suspension
	for _, e := range steps {
		switch e.Kind {
		case Reminded:
			s.Reminders = append(s.Reminders, e)
		case Unsaid:
			s.Reminders = slices.DeleteFunc(s.Reminders, func(r SuspensionStep) bool { return r.ID == e.TakesBack })
		case Suspended:
			s.Since, s.Ground, s.Reference = &e.At, e.Ground, e.Reference
		case Lifted:
			s = Suspension{}
		}
	}
	return s
}

// MayTake says whether a step can be taken under the contract. A suspension for
// arrears takes as many reminders as the contract asks for, told on different
// days (the days: ours); one for misuse takes none. A step that can't be is an
// Invalid, ErrSuspended or ErrNotSuspended.
func (s Suspension) MayTake(e *SuspensionStep, reminders int, today time.Time) error {
	e.Told, e.Reference = midnight(e.Told), strings.TrimSpace(e.Reference)
	switch {
	case !between(e.Reference, 1, 200):
		return invalid("reference", "name the letter or message by which it was told, in 1 to 200 characters")
	case e.Told.After(today):
		return invalid("told", "the customer was told today or earlier")
	case e.Kind == Lifted && s.Since == nil:
		return ErrNotSuspended
	case e.Kind != Lifted && s.Since != nil:
		return ErrSuspended
	}
	sameDay := func(r SuspensionStep) bool { return r.Told.Equal(e.Told) }
	switch e.Kind {
	case Reminded:
		if slices.ContainsFunc(s.Reminders, sameDay) {
			return invalid("told", "a reminder of this day is recorded already; two of one day are one")
		}
		e.Ground = Arrears
	case Unsaid:
		if !slices.ContainsFunc(s.Reminders, func(r SuspensionStep) bool { return r.ID == e.TakesBack }) {
			return ErrNoEvent
		}
		e.Ground = Arrears
	case Suspended:
		if e.Ground != Arrears && e.Ground != Misuse {
			return invalid("ground", "choose arrears or misuse")
		}
		if e.Ground == Arrears && len(s.Reminders) < reminders {
			return tooFew(len(s.Reminders), reminders)
		}
	case Lifted:
		e.Ground = s.Ground
	}
	return nil
}
