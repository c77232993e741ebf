package fleet

import (
	"errors"
	"fmt"
	"time"

	"tikklok/gateway/wire"
)

// CodeValid is how long a one-time code is good for unless somebody says otherwise.
const CodeValid = 24 * time.Hour

// longestCode bounds what somebody says otherwise.
const longestCode = 90 * 24 * time.Hour

// Code makes a device that gateway, once; nothing keeps its secret.
type Code struct {
	wire.Code
	Until time.Time
}

// Why a code makes nothing. The texts are for who stands at the device.
var (
	ErrCodeUnknown  = errors.New("the server knows no such code")
	ErrCodeReplaced = errors.New("a newer code was made for this gateway, or it was revoked; use that one, or make one with \"tikklok gateway code NAME\"")
	ErrCodeValid    = fmt.Errorf("a code is valid for 1 minute to %d days", longestCode/(24*time.Hour))
	ErrNoAuthority  = errors.New("no server has taken gateways yet, so no device could know it; start one first")
	ErrRevoked      = errors.New("the gateway was revoked, and stays so; add another one")
)

// CodeUsedError says that a code was used by another device.
type CodeUsedError struct{ At time.Time }

func (e CodeUsedError) Error() string {
	return fmt.Sprintf("this code was used on %s by another device; if that was not you, revoke the gateway, else make a new code with \"tikklok gateway code NAME\"",
		e.At.UTC().Format("2 January 2006 at 15:04 UTC"))
}

// CodeExpiredError says that a code is too old.
type CodeExpiredError struct{ At time.Time }

func (e CodeExpiredError) Error() string {
	return fmt.Sprintf("this code was valid until %s; make a new one with \"tikklok gateway code NAME\"", e.At.UTC().Format("2 January 2006 at 15:04 UTC"))
}
