package format

import (
	"cmp"
	"fmt"
	"strings"
)

// checkDigits refuses what is not a number of 1 to most digits, above zero.
func checkDigits(s string, most int) error {
	if s == "" || len(s) > most || strings.Trim(s, "0123456789") != "" || strings.Trim(s, "0") == "" {
		return fmt.Errorf("%q is not a number of 1 to %d digits, above zero", s, most)
	}
	return nil
}

// checkCode refuses what is not the number of a package's component, in the one
// way that it is written: as 10 and 010 it would have two totals, and a package
// that keeps the last value of a component would pay one of them.
func checkCode(s string, most int) error {
	if err := checkDigits(s, most); err != nil {
		return err
	}
	if s[0] == '0' {
		return fmt.Errorf("%q is to be written without zeroes in front", s)
	}
	return nil
}

// isPlainCode says whether a code is of ASCII letters and digits only.
func isPlainCode(c string) bool {
	return c != "" && strings.Trim(c, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") == ""
}

// checkNumber refuses a personnel number that the package can't take.
func checkNumber(e Employee, most int) error {
	if err := needNumber(e); err != nil {
		return err
	}
	if err := cmp.Or(checkText(e.Number), checkDigits(e.Number, most)); err != nil {
		return fmt.Errorf("employee number %w: give the one that the package knows", err)
	}
	return nil
}

// numbers remembers which numbers a file has, so that "7" and "007", which a
// package reads as one, don't pay two people as one.
type numbers map[string]string

func (n numbers) take(number string) error {
	bare := strings.TrimLeft(number, "0")
	if other, ok := n[bare]; ok {
		return fmt.Errorf("employee numbers %s and %s are one number to the package: change one of them", other, number)
	}
	n[bare] = number
	return nil
}

// numbered gives the employees for a package whose personnel numbers are of 1
// to most digits. It ends with an error at one that the package can't take, or
// can't tell from another.
func numbered(all Employees, most int) Employees {
	seen := numbers{}
	return checked(all, func(e Employee) error {
		if err := checkNumber(e, most); err != nil {
			return err
		}
		return seen.take(e.Number)
	})
}

// texted gives the employees for a package whose personnel numbers are text. It
// ends with an error at one without a number, or with one that no file can
// carry or a spreadsheet would run: to defuse it would be to change it.
func texted(all Employees) Employees { return checked(all, checkTextNumber) }

// checked gives the employees, and ends with an error at one that can't be
// taken.
func checked(all Employees, check func(Employee) error) Employees {
	return func(yield func(Employee, error) bool) {
		for e, err := range all {
			if err == nil {
				err = check(e)
			}
			if !yield(e, err) || err != nil {
				return
			}
		}
	}
}

func checkTextNumber(e Employee) error {
	if err := needNumber(e); err != nil {
		return err
	}
	if err := checkField(e.Number); err != nil {
		return fmt.Errorf("employee number %w, to the one that the package knows", err)
	}
	return nil
}

func needNumber(e Employee) error {
	if strings.TrimSpace(e.Number) == "" {
		return fmt.Errorf("employee id %d has no personnel number: give the one that the package knows", e.ID)
	}
	return nil
}
