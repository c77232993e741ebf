package page

import "time"

// EmployeeLeaving follows an employee's address: POST last_day, fobs
// (last_shift, at_once), keep… (API keys that go on).
const EmployeeLeaving = "/leaving"

// Leaving is how an employment ends, on the employee's page.
type Leaving struct {
	May     bool // end it
	Form    Form
	Keys    []Option // API keys of theirs in use
	Begun   bool     // what follows holds
	LastDay time.Time
	Fobs    string
	Access  time.Time // when it ended; zero: not yet
	Blocked time.Time
	Held    []LeftFob
}

// FobsWhen are the moments to choose from for the fob.
func (Leaving) FobsWhen() []string { return []string{"last_shift", "at_once"} }

// LeftFob is a fob that who leaves held.
type LeftFob struct {
	Fob    int64
	Label  string
	Status string
	Back   time.Time // zero: still out
}
