package people

import (
	"fmt"
	"net/mail"
	"slices"
	"time"
	"unicode/utf8"
)

// check says what is wrong with an employee, as an ErrInvalid.
func (e Employee) check() error {
	switch {
	case !between(e.Number, 1, 32):
		return invalid("number", "a personnel number has 1 to 32 characters")
	case !between(e.Surname, 1, 100):
		return invalid("surname", "a surname has 1 to 100 characters")
	case !between(e.FirstName, 0, 100):
		return invalid("first_name", "a first name has at most 100 characters")
	case e.Email != "" && !isAddress(e.Email):
		return invalid("email", "the e-mail address is not one")
	case e.ContractMinutes < 0 || e.ContractMinutes > 7*24*60:
		return invalid("contract", "contract hours lie between 0 and 168 a week")
	case e.From.Year() < 1950 || e.From.Year() > 2100:
		return invalid("from", "the first working day lies between 1950 and 2100")
	case e.Until != nil && e.Until.Before(e.From):
		return invalid("until", "the last working day lies before the first")
	case e.Until != nil && e.Until.Year() > 2100:
		return invalid("until", "the last working day lies after 2100; leave it empty when it is open")
	case e.Born != nil && (e.Born.Year() < 1900 || !e.Born.AddDate(12, 0, 0).Before(e.From)): // ATW 3:2: nobody under 13 works
		return invalid("birth_date", "the birth date lies before 1900, or less than 12 years before the first working day")
	}
	if _, err := time.LoadLocation(e.Zone); err != nil || e.Zone == "Local" {
		return invalid("zone", "the time zone is unknown; use a name like Europe/Amsterdam")
	}
	return nil
}

func (a Account) check() error {
	switch {
	case !isAddress(a.Email):
		return invalid("email", "the e-mail address is not one")
	case !between(a.Name, 1, 100):
		return invalid("name", "a name has 1 to 100 characters")
	case !slices.Contains(Languages(), a.Language):
		return invalid("language", "the language is nl, en, pl, de or ro")
	case len(a.Roles) == 0:
		return invalid("role", "an account has at least one role")
	case a.IsEmployee():
		return a.checkOwn()
	case a.Language != "nl" && a.Language != "en":
		return invalid("language", "the pages of the office are in nl and en; pl, de and ro are for the role employee")
	}
	if a.Has(Supplier) && len(a.Roles) > 1 {
		return invalid("role", "the role supplier stands alone: who supports looks, and does nothing else")
	}
	for _, r := range a.Roles {
		if r != Supplier && r != Administrator && r != Approver && r != Payroll && r != Auditor {
			return invalid("role", fmt.Sprintf("the role %q is unknown; use administrator, approver, payroll, auditor, supplier or employee", r))
		}
	}
	return nil
}

// checkOwn says what is wrong with an account that sees its own hours.
func (a Account) checkOwn() error {
	if len(a.Roles) > 1 {
		return invalid("role", "the role employee stands alone; give this person another account for the office")
	}
	if a.Employee == 0 {
		return invalid("employee", "an account with the role employee belongs to one employee")
	}
	return nil
}

func isAddress(s string) bool {
	a, err := mail.ParseAddress(s)
	return err == nil && a.Address == s && len(s) <= 254
}

func between(s string, low, high int) bool {
	n := utf8.RuneCountInString(s)
	return utf8.ValidString(s) && n >= low && n <= high
}

// Invalid is an ErrInvalid that names the field: number, surname, first_name,
// email, contract, from, until, birth_date, zone, name, language, role, scope, terms_from,
// minutes, assignment, cost_centre, assignment_from, assignment_until, employee,
// networks, destinations or overlap.
type Invalid struct{ Field, Reason string }

func (e *Invalid) Error() string { return ErrInvalid.Error() + ": " + e.Reason }

// Is makes it an ErrInvalid.
func (e *Invalid) Is(target error) bool { return target == ErrInvalid }

func invalid(field, reason string) error { return &Invalid{field, reason} }
