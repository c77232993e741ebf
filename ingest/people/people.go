// Package people promises that employees, and the accounts and keys that get
// in, belong to one tenant; that passwords and keys are kept only as hashes;
// and that guessing is slowed down and written down (OB-C1, OB-C3, OB-C4).
package people

import (
	"errors"
	"time"
)

// Employee is somebody whose hours are kept.
type Employee struct {
	ID              int64
	Number          string // personnel number, 1…32 characters, once a tenant
	Surname         string
	FirstName       string // optional (OB-P1)
	Email           string
	Zone            string     // "": the tenant's
	ContractMinutes int        // a week, 0…10080
	From            time.Time  // first working day, midnight UTC
	Until           *time.Time // last working day, midnight UTC; nil: open
	Born            *time.Time // optional (OB-P1), midnight UTC; nil: not kept
}

// Role is what an account may do.
type Role string

// The roles.
const (
	Administrator Role = "administrator"
	Approver      Role = "approver"
	Payroll       Role = "payroll"
	Auditor       Role = "auditor"
	OwnHours      Role = "employee" // sees the days of one employee and nothing else; stands alone
	Supplier      Role = "supplier" // somebody of the supplier: looks while a user allows it (OB-P15); stands alone
)

// Account is somebody who signs in.
type Account struct {
	ID, Tenant            int64
	Email, Name, Language string
	Roles                 []Role
	Employee              int64      // who it is among the employees; 0: nobody. OwnHours needs one; others may not approve that one's hours
	Number                string     // that employee's personnel number, filled when read
	Ends                  *time.Time // when that employee's last working day is over; nil: open
	Closed                *time.Time // nil: open
	SignedIn              *time.Time // the last time; nil: never
	SomeHirers            bool       // approves for some hirers only, filled when read
	LockedUntil           *time.Time // by failed attempts (OB-C3); nil: it is not
	Secret                string     // changes with the password; tells nothing of it
}

// Has says whether the account has the role.
func (a Account) Has(r Role) bool {
	for _, own := range a.Roles {
		if own == r {
			return true
		}
	}
	return false
}

// Reads is the language of letters to it: nl, or en to who reads no Dutch.
func (a Account) Reads() string {
	if a.Language == "nl" {
		return "nl"
	}
	return "en"
}

// IsEmployee says whether the account sees its own hours only.
func (a Account) IsEmployee() bool { return a.Has(OwnHours) }

// Ended says whether access has ended: with the last day of the employment of
// whoever it belongs to (OB-C5). An account of nobody's ends when it is closed.
func (a Account) Ended(now time.Time) bool { return a.Ends != nil && !now.Before(*a.Ends) }

// Languages gives those that an account can have: of an employee five, of the
// office the first two.
func Languages() []string { return []string{"nl", "en", "pl", "de", "ro"} }

// What callers branch on. The texts name the remedy.
var (
	ErrNotFound      = errors.New("not found")
	ErrNumberTaken   = errors.New("this personnel number is in use; numbers are given once")
	ErrNameTaken     = errors.New("this name is in use; choose another")
	ErrEmailTaken    = errors.New("an account with this e-mail address exists; reset its password instead")
	ErrHasAccount    = errors.New("this employee has an account; reset its password instead")
	ErrProbes        = errors.New("this is the account of the probes that measure the service, and nobody works there; sign in at a customer's to add an employee")
	ErrInvalid       = errors.New("not valid")
	ErrWeakPassword  = errors.New("a password has 10 to 200 characters")
	ErrWrongPassword = errors.New("e-mail address or password is wrong; after five failed attempts an account stays closed for a while, then wait or have the password reset")
	ErrLeft          = errors.New("the employment has ended, and with it access to this account; ask an administrator for your hours")
	ErrFieldOff      = errors.New("this optional field is off; leave it empty, or have it switched on with its purpose")
	ErrProblems      = errors.New("the file has problems; correct them, or ask to import the good rows only")
)
