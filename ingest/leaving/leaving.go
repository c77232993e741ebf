// Package leaving promises that who leaves is shut out: by one action, or by
// the last working day alone, accounts, their sessions and the API keys made
// with them end with that day, and the fob after the out-tap of the last
// shift; that gateways are told; and that what becomes of the fob is recorded
// (OB-C5).
package leaving

import (
	"context"
	"errors"
	"time"

	"tikklok/ingest/audit"
	"tikklok/ingest/pg"
)

// Fobs is when the fobs of who leaves are blocked.
type Fobs string

// The moments.
const (
	AfterLastShift Fobs = "last_shift" // the out-tap of the last shift, or the last day's end
	AtOnce         Fobs = "at_once"
)

// Leaving is an employment that ends. What ended has its instant.
type Leaving struct {
	ID       int64
	Employee int64
	LastDay  *time.Time // the employee's last working day, midnight UTC; nil: the employment goes on after all
	Fobs     Fobs
	KeepKeys []int64 // API keys of theirs that somebody else goes on with
	By       audit.Actor
	At       time.Time
	Access   *time.Time // accounts, sessions and keys closed
	Blocked  *time.Time // fobs blocked
	Held     []Fob      // what they held when they left, or hold
}

// Fob is one that somebody who leaves holds or held to the end.
type Fob struct {
	ID     int64
	Label  string
	Status string
	Back   *time.Time // when it came back; nil: it is still out
}

// ShiftOver says whether the last shift of an employee is over, whose last
// working day is given: it is what fobs wait for.
type ShiftOver func(ctx context.Context, tx pg.Tx, employee int64, lastDay, now time.Time) (bool, error)

// What callers branch on. The texts name the remedy.
var (
	ErrFobs              = errors.New("choose when the fob is blocked: last_shift or at_once")
	ErrLastDay           = errors.New("the last working day lies before the first, or more than two years ahead; correct it")
	ErrOnlyAdministrator = errors.New("this is the account of the only administrator; make another administrator first")
)

// longest is how far ahead an employment can be said to end by this action.
const longest = 2

// NotYet is the ShiftOver of when hours are not computed: fobs wait until they
// are.
func NotYet(context.Context, pg.Tx, int64, time.Time, time.Time) (bool, error) { return false, nil }

// closes says whether access ends now: the last working day is over, or it is
// today and somebody ends the employment by hand.
func closes(lastDay, today time.Time, byHand bool) bool {
	return lastDay.Before(today) || byHand && lastDay.Equal(today)
}
