package ending

import (
	"errors"
	"fmt"
	"time"
)

// Terms is what a contract says of the time after its end; whoever reads the
// contract hands them over.
type Terms struct {
	Profile    string `json:"profile"`     // whose terms they are: planning, winbase
	Access     Span   `json:"access"`      // people still get in, to read and to take
	Data       Span   `json:"data"`        // the data is kept, and goes then
	BackupDays int    `json:"backup_days"` // after that the last backup goes
}

// Span is a time by the calendar: months are added before days.
type Span struct {
	Months int `json:"months,omitempty"`
	Days   int `json:"days,omitempty"`
}

// after gives the day a span after another; one that the month lacks is the
// month's last: a month after 31 January is 28 February.
func (s Span) after(day time.Time) time.Time {
	first := time.Date(day.Year(), day.Month()+time.Month(s.Months), 1, 0, 0, 0, 0, day.Location())
	last := first.AddDate(0, 1, -1).Day()
	return first.AddDate(0, 0, min(day.Day(), last)-1+s.Days)
}

// ErrNoTerms says that the documents can't both be met and nobody chose.
var ErrNoTerms = errors.New("how long data stays after the contract is not chosen: Planning.nl says a month and two weeks for backups, WinBase three months; choose it in the contract first")

// ErrInvalid refuses a day that can't be the last.
var ErrInvalid = errors.New("not a timetable")

// Timetable is when what happens after a contract's end (OB-P4, OB-P5).
type Timetable struct {
	LastDay     time.Time // of the contract, midnight UTC
	ReadOnly    time.Time // from here on nothing changes; taps are still taken in
	AccessUntil time.Time // from here on nobody gets in any more
	Destroy     time.Time // data goes from here on
	BackupsGone time.Time // the day before which the last backup goes, if data goes in time
	Terms       Terms
}

// NewTimetable counts from a contract's last day, midnight UTC, by the days of
// a zone. ErrNoTerms where the terms have no time for data.
func NewTimetable(lastDay time.Time, t Terms, zone *time.Location) (Timetable, error) {
	switch {
	case t.Data == Span{}:
		return Timetable{}, ErrNoTerms
	case t.Data.Months < 0 || t.Data.Days < 0 || t.Data.Months > 12 || t.Data.Days > 366 || t.BackupDays < 0 || t.BackupDays > 366:
		return Timetable{}, fmt.Errorf("%w: data stays 0 to 12 months and backups 0 to 366 days", ErrInvalid)
	case lastDay.Year() < 2000 || lastDay.Year() > 2200:
		return Timetable{}, fmt.Errorf("%w: %s can't be a contract's last day", ErrInvalid, lastDay.Format(time.DateOnly))
	}
	y, m, d := lastDay.Date()
	end := time.Date(y, m, d, 0, 0, 0, 0, zone)
	next := func(day time.Time) time.Time { return day.AddDate(0, 0, 1) }
	out := Timetable{LastDay: time.Date(y, m, d, 0, 0, 0, 0, time.UTC), Terms: t, ReadOnly: next(end), Destroy: next(t.Data.after(end))}
	out.AccessUntil = out.Destroy
	if (t.Access != Span{}) {
		out.AccessUntil = next(t.Access.after(end))
	}
	if out.AccessUntil.After(out.Destroy) {
		return Timetable{}, fmt.Errorf("%w: people can't get in after their data is gone", ErrInvalid)
	}
	out.BackupsGone = out.Destroy.AddDate(0, 0, t.BackupDays)
	return out, nil
}

// State is how far the end of a contract is.
type State struct {
	Timetable   *Timetable // nil: no end is planned
	Exported    *time.Time // as of when the last whole export is
	Fingerprint string     // of that export
	Accepted    *time.Time // the customer has it, and can read it
	AcceptedBy  int64      // account
	Begun       *time.Time // destruction
	Destroyed   *time.Time
	Backups     *time.Time // the last backup goes after this day
}

// ReadOnly says whether nothing may change any more.
func (s State) ReadOnly(now time.Time) bool {
	return s.Begun != nil || s.Timetable != nil && !now.Before(s.Timetable.ReadOnly)
}

// Due says whether the data should have gone by now (OB-P4).
func (s State) Due(now time.Time) bool {
	return s.Destroyed == nil && s.Timetable != nil && !now.Before(s.Timetable.Destroy)
}

// Ask is what somebody has to do about the end of a contract.
type Ask string

// The asks.
const (
	AskPlan    Ask = "plan"    // the contract ends soon, and no end is planned, or one of another day
	AskDestroy Ask = "destroy" // the data should have gone by now
)

// askAhead is how long before its last day a contract's end has to be planned.
const askAhead = 31 // days

// Asks says what has to be done, and about which day; "": nothing. ends is the
// last day that the contract says, nil if none.
func (s State) Asks(ends *time.Time, now time.Time) (Ask, time.Time) {
	switch {
	case s.Due(now):
		return AskDestroy, s.Timetable.Destroy
	case ends == nil || s.Begun != nil || now.Before(ends.AddDate(0, 0, -askAhead)):
		return "", time.Time{}
	case s.Timetable == nil || !s.Timetable.LastDay.Equal(*ends):
		return AskPlan, *ends
	}
	return "", time.Time{}
}

// destroyable says whether the timetable lets the data go; since is how many
// registrations came after the export.
func (s State) destroyable(since int64, now time.Time) error {
	switch {
	case s.Timetable == nil:
		return fmt.Errorf("%w: no end of the contract is planned; plan it, or give the reference of the customer's written instruction", ErrNotYet)
	case !s.Due(now):
		return fmt.Errorf("%w: by the contract it stays until %s; before that only on the customer's written instruction", ErrNotYet, s.Timetable.Destroy.Format(time.DateOnly))
	case s.Exported == nil:
		return fmt.Errorf("%w: the customer has no export yet; make one, or give the reference of the instruction to destroy without", ErrNotYet)
	case s.Exported.Before(s.Timetable.ReadOnly):
		return fmt.Errorf("%w: the last export was made before the contract's last day was over, and things could still change; make it again", ErrNotYet)
	case since > 0:
		return fmt.Errorf("%w: %d registrations came after the last export; make it again", ErrNotYet, since)
	case s.Accepted == nil:
		return fmt.Errorf("%w: the customer has not confirmed that the export is there and can be read", ErrNotYet)
	}
	return nil
}
