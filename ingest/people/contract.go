package people

import (
	"fmt"
	"time"
)

// Contract is a kind of agreement that several employees have: rules and the
// figures of a collective agreement can hang on it.
type Contract struct {
	ID   int64
	Name string // 1…100 characters, once a tenant
}

// Terms is what an employee agreed on from a day on, until their next terms.
// Before the first ones holds Employee.ContractMinutes, without a contract.
type Terms struct {
	Employee int64
	From     time.Time // midnight UTC
	Contract int64     // 0: none
	Minutes  int       // a week, 0…10080; 0: on call
}

// Hirer is an organisation that employees work for: a set of sites.
type Hirer struct {
	ID    int64
	Name  string  // 1…100 characters, once a tenant
	Sites []int64 // ascending
}

// Assignment says for whom an employee works, on which number and cost centre
// of the agency's: they go out with the hours.
type Assignment struct {
	ID          int64
	Employee    int64
	Hirer, Site int64      // 0: any
	Number      string     // 1…50 characters
	CostCentre  string     // at most 50 characters
	From        time.Time  // first day, midnight UTC
	Until       *time.Time // last day, midnight UTC; nil: open
}

func (t Terms) check() error {
	switch {
	case !sensible(t.From):
		return invalid("terms_from", "the day that terms hold from lies between 1950 and 2100")
	case t.Minutes < 0 || t.Minutes > 7*24*60:
		return invalid("minutes", "hours a week lie between 0 and 168")
	}
	return nil
}

func (a Assignment) check() error {
	switch {
	case !between(a.Number, 1, 50):
		return invalid("assignment", "the number of an assignment has 1 to 50 characters")
	case !between(a.CostCentre, 0, 50):
		return invalid("cost_centre", "a cost centre has at most 50 characters")
	case !sensible(a.From):
		return invalid("assignment_from", "the first day of an assignment lies between 1950 and 2100")
	case a.Until != nil && (a.Until.Before(a.From) || !sensible(*a.Until)):
		return invalid("assignment_until", "the last day of an assignment lies before its first, or after 2100")
	}
	return nil
}

// checkName is for what is called by a name: what names it in the text.
func checkName(what, name string) error {
	if !between(name, 1, 100) {
		return invalid("name", fmt.Sprintf("the name of a %s has 1 to 100 characters", what))
	}
	return nil
}

func sensible(t time.Time) bool { return t.Year() >= 1950 && t.Year() <= 2100 }
