package tenant

import (
	"errors"
	"fmt"
	"net/mail"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// ErrInvalid says that what was given of a contract can't be.
var ErrInvalid = errors.New("not valid")

// Invalid is an ErrInvalid that names the field: profile, reference, signed,
// starts, ends, administrator, fallback, telephone, one of Own's, or of an
// event: kind, party, told, effective, service, event.
type Invalid struct {
	Field, Reason string
	Earliest      time.Time // of effective: the first day that is in time; zero: none would do
	Place         Place     // of place: where data is or goes that the contract would not allow
}

func (e *Invalid) Error() string { return ErrInvalid.Error() + ": " + e.Field + ": " + e.Reason }

// Is makes it an ErrInvalid.
func (e *Invalid) Is(target error) bool { return target == ErrInvalid }

func invalid(field, reason string) error { return &Invalid{Field: field, Reason: reason} }

// tooEarly names the first day that is in time.
func tooEarly(first time.Time, reason string) error {
	return &Invalid{Field: "effective", Reason: reason + ": " + first.Format(time.DateOnly) + " at the earliest", Earliest: first}
}

// tidy trims texts and makes days of instants.
func (a *Agreement) tidy() {
	for _, s := range []*string{&a.Reference, &a.Contact.Fallback, &a.Contact.Telephone} {
		*s = strings.TrimSpace(*s)
	}
	a.Signed, a.Starts = midnight(a.Signed), midnight(a.Starts)
	if a.Ends != nil {
		ends := midnight(*a.Ends)
		a.Ends = &ends
	}
}

func midnight(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
}

// check says what is wrong with a contract on a day, and works its terms out.
func (a *Agreement) check(today time.Time) error {
	profile, ok := ProfileOf(a.Profile)
	switch {
	case !ok:
		return invalid("profile", "choose nedap, winbase, direct, planning or strict")
	case !between(a.Reference, 1, 200):
		return invalid("reference", "name the writing in which the contract stands, in 1 to 200 characters (D-12.2)")
	case outside(a.Signed, today):
		return invalid("signed", "the contract was signed on no such day; write the date that stands on it")
	case a.Signed.After(today):
		return invalid("signed", "a contract that is signed later is recorded then")
	case outside(a.Starts, today):
		return invalid("starts", "the contract begins on no such day")
	case a.Ends != nil && (a.Ends.Before(a.Starts) || a.Ends.After(today.AddDate(50, 0, 0))):
		return invalid("ends", "a contract's last day is on or after its first, and within 50 years; leave it empty where it has none")
	}
	if err := a.Contact.check(); err != nil {
		return err
	}
	if err := a.Own.check(); err != nil {
		return err
	}
	a.Terms = a.Own.over(profile)
	if !a.Terms.End.Chosen() {
		return invalid("data_months", "this document doesn't say what becomes of data after the contract, and others differ (P: destroyed after 1 month, W: 3 months' access); choose")
	}
	return nil
}

// outside says whether a day is beyond any that a contract has.
func outside(day, today time.Time) bool {
	return day.Year() < 1990 || day.After(today.AddDate(5, 0, 0))
}

// check holds that both are there before a tenant goes live (OB-H13).
func (c Contact) check() error {
	address, err := mail.ParseAddress(c.Fallback)
	switch {
	case c.Administrator == 0:
		return invalid("administrator", "answers go to a trained administrator; choose the account (N-A14.1)")
	case err != nil || address.Address != c.Fallback || len(c.Fallback) > 254:
		return invalid("fallback", "give the fixed e-mail address where answers go if no administrator can be reached (N-B8)")
	case !telephone(c.Telephone):
		return invalid("telephone", "a breach is told by telephone too: 6 to 30 digits, spaces, +, - or brackets (W-4.16)")
	}
	return nil
}

func telephone(s string) bool {
	digits := 0
	for _, r := range s {
		if r >= '0' && r <= '9' {
			digits++
		} else if !strings.ContainsRune("+-() ", r) {
			return false
		}
	}
	return digits >= 6 && len(s) <= 30
}

// check holds each value within its range.
func (o Own) check() error {
	for _, v := range []struct {
		field     string
		given     *int
		low, high int
	}{
		{"keep_months", o.KeepMonths, 1, 12}, {"access_months", o.AccessMonths, 0, 12}, {"data_months", o.DataMonths, 1, 12},
		{"backup_days", o.BackupDays, 1, 60}, {"breach_hours", o.BreachHours, 1, 48}, {"notice_months", o.NoticeMonths, 1, 12}, {"first_use_months", o.FirstUseMonths, 1, 24},
	} {
		if v.given != nil && (*v.given < v.low || *v.given > v.high) {
			return invalid(v.field, fmt.Sprintf("%d to %d", v.low, v.high))
		}
	}
	switch {
	case o.AccessMonths != nil && (o.DataMonths == nil || *o.AccessMonths > *o.DataMonths):
		return invalid("access_months", "access can't last longer than the data; give both")
	case o.Statistics != nil && *o.Statistics != NoStatistics && *o.Statistics != Anonymous:
		return invalid("statistics", "choose none or anonymous")
	case o.Region != nil && !slices.Contains([]Region{NL, EU, EEA}, *o.Region):
		return invalid("region", "choose NL, EU or EEA; elsewhere the law asks more than a choice (GDPR 44 to 49)")
	}
	return nil
}

func between(s string, low, high int) bool {
	n := utf8.RuneCountInString(s)
	return utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' }) && n >= low && n <= high
}

func tooFew(have, want int) error {
	return invalid("ground", fmt.Sprintf("the contract asks for %d reminders before a suspension for arrears, and %d count; record the ones that were told (tikklok tenant remind)", want, have))
}
