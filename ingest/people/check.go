package people

import (
	"fmt"
	"net/mail"
	"time"
	"unicode/utf8"
)

// check says what is wrong with an employee, as an ErrInvalid.
func (e Employee) check() error {
	switch {
	case !between(e.Number, 1, 32):
		return invalid("a personnel number has 1 to 32 characters")
	case !between(e.Surname, 1, 100):
		return invalid("a surname has 1 to 100 characters")
	case !between(e.FirstName, 0, 100):
		return invalid("a first name has at most 100 characters")
	case e.Email != "" && !isAddress(e.Email):
		return invalid("the e-mail address is not one")
	case e.ContractMinutes < 0 || e.ContractMinutes > 7*24*60:
		return invalid("contract hours lie between 0 and 168 a week")
	case e.From.Year() < 1950 || e.From.Year() > 2100:
		return invalid("the first working day lies between 1950 and 2100")
	case e.Until != nil && e.Until.Before(e.From):
		return invalid("the last working day lies before the first")
	case e.Until != nil && e.Until.Year() > 2100:
		return invalid("the last working day lies after 2100; leave it empty when it is open")
	}
	if _, err := time.LoadLocation(e.Zone); err != nil || e.Zone == "Local" {
		return invalid("the time zone is unknown; use a name like Europe/Amsterdam")
	}
	return nil
}

func (a Account) check() error {
	switch {
	case !isAddress(a.Email):
		return invalid("the e-mail address is not one")
	case !between(a.Name, 1, 100):
		return invalid("a name has 1 to 100 characters")
	case a.Language != "nl" && a.Language != "en":
		return invalid("the language is nl or en")
	case len(a.Roles) == 0:
		return invalid("an account has at least one role")
	}
	for _, r := range a.Roles {
		if r != Administrator && r != Approver && r != Payroll && r != Auditor {
			return invalid(fmt.Sprintf("the role %q is unknown; use administrator, approver, payroll or auditor", r))
		}
	}
	return nil
}

func checkScopes(scopes []Scope) error {
	if len(scopes) == 0 {
		return invalid("an API key has at least one scope")
	}
	for _, s := range scopes {
		if s != ScopePayroll && s != ScopeManage && s != ScopeRead {
			return invalid(fmt.Sprintf("the scope %q is unknown; use payroll, manage or read", s))
		}
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

func invalid(reason string) error { return fmt.Errorf("%w: %s", ErrInvalid, reason) }
