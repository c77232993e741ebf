package delivery

import (
	"errors"
	"net"
)

// Fault is the kind of thing that failed, for words in a reader's language
// beside the error's own.
type Fault string

// The faults.
const (
	FaultReach   Fault = "reach"   // the other end can't be reached
	FaultOwnSide Fault = "own"     // its address lies on the server's own side
	FaultPlain   Fault = "plain"   // http to outside
	FaultHostKey Fault = "host"    // another host key than those pinned
	FaultSignIn  Fault = "sign"    // signing in failed
	FaultFolder  Fault = "folder"  // the file can't be made or looked for there
	FaultHalf    Fault = "half"    // only part of it arrived
	FaultName    Fault = "name"    // it can't be given its name
	FaultThere   Fault = "there"   // another file of its name stands there
	FaultGone    Fault = "gone"    // it may have been taken in already
	FaultLost    Fault = "lost"    // the connection ended in the last step
	FaultAnswer  Fault = "answer"  // an answer that is no yes
	FaultBroke   Fault = "broke"   // the answer broke off, or there was none
	FaultVoid    Fault = "void"    // the run was voided, or brought otherwise, meanwhile
	FaultClosed  Fault = "closed"  // export is closed (I8)
	FaultSecrets Fault = "secrets" // ours can't be read
	FaultLong    Fault = "long"    // it took too long
	FaultPlace   Fault = "place"   // the contract does not allow data to go there (OB-P9)
)

// failure is an error of a kind.
type failure struct {
	fault Fault
	error
}

func (f *failure) Unwrap() error { return f.error }

func as(fault Fault, err error) error { return &failure{fault, err} }

// faultOf gives the kind of an error; "": none of those.
func faultOf(err error) Fault {
	var f *failure
	var host *UnknownHost
	var said refusal
	var way *net.OpError
	switch {
	case errors.As(err, &host):
		return FaultHostKey
	case errors.Is(err, errOwnSide):
		return FaultOwnSide
	case errors.As(err, &way) && way.Op == "dial":
		return FaultReach
	case errors.As(err, &f):
		return f.fault
	case errors.As(err, &said):
		return FaultAnswer
	case errors.Is(err, ErrSealed):
		return FaultSecrets
	}
	return ""
}
