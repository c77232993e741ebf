package tenant

import (
	"errors"
	"time"
)

// KeyState is what a version of the token key is for.
type KeyState string

// The states of a version, in the order in which it has them.
const (
	KeyNext    KeyState = "next"    // handed out beside the current one
	KeyCurrent KeyState = "current" // makes the tokens of taps
	KeyFormer  KeyState = "former"  // kept for what was tapped under it
)

// KeyVersion says what a version of the token key is for, without the key.
type KeyVersion struct {
	Version uint32
	State   KeyState
	Since   time.Time
}

// formerDays is how long gateways still get a former key: a fob seen again in
// that time brings its old token by itself, also where its gateway or the
// person who registered it was late.
const formerDays = 180

// What callers branch on. The texts name the remedy.
var (
	ErrNoKey      = errors.New("the tenant has no token key")
	ErrRotating   = errors.New("the token key is being replaced already; finish that first (tikklok tenant key status, then finish)")
	ErrNoRotation = errors.New("the token key is not being replaced; begin with tikklok tenant key rotate")
)
