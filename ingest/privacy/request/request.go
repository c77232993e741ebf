// Package request promises that what a person may ask for about themselves is
// decided by the controller's administrator and by nobody else, in time, and
// carried out as far as contract and law reach: shown, put right, kept unused,
// or gone and proved to be gone (OB-P7; GDPR articles 12 to 21).
//
// What it finds, shows and removes it knows from the rooms' declarations alone
// (privacy.Catalogue). What only other rooms can tell or do, it is handed.
package request

import (
	"context"
	"errors"
	"fmt"
	"time"

	"tikklok/ingest/audit"
	"tikklok/ingest/pg"
	"tikklok/ingest/privacy"
)

// The errors that callers branch on.
var (
	ErrNone    = errors.New("no such request")
	ErrNobody  = errors.New("no such person in this organisation")
	ErrInvalid = errors.New("not a valid request")
	ErrMany    = fmt.Errorf("%w: too many are open", ErrInvalid) // of one person's own
	ErrRefused = errors.New("it cannot be erased yet")           // *Refusal says why
)

// Desk carries out what was decided.
type Desk struct {
	DB        *pg.DB // under pg.RolePrivacy
	Catalogue privacy.Catalogue
	Log       Log

	// Prepare has what waits to be computed computed. nil: nothing does.
	Prepare func(ctx context.Context, tenant int64, now time.Time) error

	// Obstacles says what stands in the way of erasing an employee: hours that
	// are not paid, employment that runs. nil: nothing is looked for.
	Obstacles func(ctx context.Context, tx pg.Tx, employee int64, now time.Time) ([]Obstacle, error)
	// Seal writes down the employee's days before their taps go (I5), or gives
	// a *Refusal where they can't be yet. Again: they were erased before, and a
	// restore may have lost approvals: days are sealed as they stand. nil:
	// nothing is sealed.
	Seal func(ctx context.Context, tx pg.Tx, employee int64, again bool, by audit.Actor, now time.Time) error
	// Terms gives how long each class is kept. nil: it is not said.
	Terms func(ctx context.Context, tx pg.Tx) (map[privacy.Class]string, error)
	// Backups lists the backups in which the person may still stand.
	Backups func() ([]Backup, error)
}

// Obstacle is a reason for not erasing somebody now.
type Obstacle struct {
	Why  Hindrance `json:"why"`
	What string    `json:"what,omitempty"` // a date, a week, a number: nothing personal
}

// Hindrance says why somebody cannot be erased.
type Hindrance string

// The hindrances.
const (
	Employed   Hindrance = "employed"   // until What, or without an end
	Unapproved Hindrance = "unapproved" // hours of the week What
	Unpaid     Hindrance = "unpaid"     // approved hours of the week What
	OnHold     Hindrance = "hold"       // a legal hold, until What
	InBreach   Hindrance = "breach"     // a breach is open: nothing irreversible is done (OB-P10)
	TooRecent  Hindrance = "recent"     // days of the last two weeks cannot be sealed; until What
	Unsealed   Hindrance = "unsealed"   // days wait to be computed, or cannot be told apart
	InUse      Hindrance = "account"    // an account of the office is still open
)

// Refusal is why nobody was erased. It is ErrRefused.
type Refusal struct{ Obstacles []Obstacle }

func (r *Refusal) Error() string {
	text := ErrRefused.Error() + ":"
	for i, o := range r.Obstacles {
		if i > 0 {
			text += ","
		}
		text += " " + string(o.Why)
		if o.What != "" {
			text += " (" + o.What + ")"
		}
	}
	return text
}

func (r *Refusal) Unwrap() error { return ErrRefused }

// Backup is one in which an erased person still stands until it expires.
type Backup struct {
	Name    string    `json:"name"`
	Expires time.Time `json:"expires"`
}

// Erased is what an erasure did; its certificate holds the same, without
// anything that leads to the person.
type Erased struct {
	Certificate privacy.Certificate
	Removed     map[string]int64 // rows by table
	Changed     map[string]int64 // rows that stay without the person, by table
	Sought      int              // values of the person that were looked for afterwards
	Shared      int              // values that others bear too: finding them would prove nothing
	Traces      []Trace          // where one was found all the same
	Backups     []Backup
}
