// Package fleet promises that every device and every fob belongs to one
// tenant, that a fob has one holder at a time with its history kept (OB-H1),
// and that only gateways with a certificate of ours get in.
package fleet

import (
	"errors"
	"time"
)

// Site is a place with gateways and readers.
type Site struct {
	ID   int64
	Name string
}

// Gateway forwards taps. Its ID is its topic, the common name of its
// certificate, and its origin.
type Gateway struct {
	ID        int64
	Site      int64
	Name      string
	Online    bool
	Software  string
	Clock     string     // disciplined | server | undisciplined | "": not heard yet
	Unsent    int64      // taps waiting in its journal
	Damaged   int64      // journal records in quarantine
	LastHeard *time.Time // nil: never
	Revoked   *time.Time // nil: in use

	CertificateUntil *time.Time // when the last certificate it may use ends; nil: none yet

	Retired *Retirement // nil: not taken out of use by a person
}

// Retirement is that a named person took a device out of use, and why (OB-H7).
type Retirement struct {
	At     time.Time
	By     int64 // account
	Reason string
}

// Mode says what a tap at a reader means.
type Mode string

// The modes of a reader.
const (
	ModeToggle Mode = "toggle" // in when out, out when in
	ModeIn     Mode = "in"
	ModeOut    Mode = "out"
	ModeBreak  Mode = "break"
)

// Reader is a device that fobs are held to.
type Reader struct {
	ID             int64
	Site           int64
	Origin         int64  // its own from wire.FirstReader on, else its gateway's
	Key            string // name at the gateway; "": the origin is the reader
	Name           string
	Mode           Mode
	Protocol       string
	Firmware       string
	Health         string     // "ok", what is wrong, or "": not heard yet
	BatteryPercent int        // 0: mains, or unknown
	Stored         int64      // taps it holds
	LastContact    *time.Time // nil: never

	Signal      int         // dBm of its radio; 0: a wire, or not told
	HealthSince *time.Time  // nil: not told
	Listed      *time.Time  // when a gateway last named it in its state; nil: never
	Retired     *Retirement // nil: not taken out of use by a person
	Replaces    int64       // the reader whose place it took; 0: none
}

// Memory says whether the reader keeps its taps itself: then it is an origin
// (I1), and its site decides which gateways may bring them.
func (r Reader) Memory() bool { return r.Key == "" }

// InUse says whether the reader counts: nobody took it out of use, or it was
// heard of since, which is no longer what that person meant.
func (r Reader) InUse() bool {
	if r.Retired == nil {
		return true
	}
	after := func(t *time.Time) bool { return t != nil && t.After(r.Retired.At) }
	return after(r.Listed) || r.Memory() && after(r.LastContact)
}

// InUse says whether the gateway counts.
func (g Gateway) InUse() bool { return g.Revoked == nil && g.Retired == nil }

// Status is where a fob is.
type Status string

// The states of a fob.
const (
	StatusInStock  Status = "in_stock"
	StatusIssued   Status = "issued"
	StatusLost     Status = "lost"
	StatusBlocked  Status = "blocked"
	StatusReturned Status = "returned"
)

// Fob is what an employee holds to a reader; its number is nowhere (I7).
type Fob struct {
	ID     int64
	Label  string // what is written on it
	Design int    // version of its design (OB-H8)
	Status Status
	Holder *Holding // nil: nobody
}

// Holding is one employee holding one fob for a time.
type Holding struct {
	Fob      int64
	Employee int64
	From     time.Time
	Until    *time.Time // nil: still
}

// What callers branch on. The texts name the remedy.
var (
	ErrNotFound      = errors.New("not found")
	ErrNameTaken     = errors.New("this name is in use; choose another")
	ErrNameLength    = errors.New("a name has 1 to 100 characters, a fob's label 1 to 40")
	ErrTokenTaken    = errors.New("this fob is already registered under another label; look it up instead of adding it")
	ErrHeld          = errors.New("somebody holds this fob at that time; take it back first, or choose a later moment")
	ErrNotIssuable   = errors.New("this fob is lost or blocked; put it back in stock first")
	ErrBeforeIssue   = errors.New("the fob was issued after that moment; choose a later one")
	ErrUnknownStatus = errors.New("a fob comes back as in_stock, returned, lost or blocked")
	ErrReason        = errors.New("say why, in 1 to 500 characters")
	ErrPlace         = errors.New("a device that is taken away is spare, defective, returned or lost")
	ErrWithGateway   = errors.New("a reader without memory belongs to its gateway; move or swap that one")
	ErrNoSwap        = errors.New("the reader that takes the place must be another one with memory that is in use")
	ErrRetired       = errors.New("this device was taken out of use already")
	ErrUnknownMode   = errors.New("a reader's mode is toggle, in, out or break")
)
