package approval

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"tikklok/ingest/audit"
	"tikklok/ingest/hours"
	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/pg"
)

// Ask is a timesheet to be approved.
type Ask struct {
	Employee int64
	Seen     Seen // what was seen of it, or Any; anything else is a *Conflict
}

// Outcome is what came of one.
type Outcome struct {
	Employee int64
	Given    []Need // levels that were given
	Frozen   bool   // the last of them: its hours are frozen (I5)
	Err      error  // why nothing was given: *Conflict, *Refusal, *hours.NeedsReason, hours.ErrState, ErrNoReason or ErrNotFound
}

// Give gives, for each timesheet, the level that the account may give now; the
// last one freezes it. An account that belongs to the employee states the
// hours. A timesheet that is refused holds up no other; an error is of the
// database, and then nothing was given. Whoever asks waits until others who
// approve or compute are done.
func Give(ctx context.Context, tx pg.Tx, by audit.Actor, week calendar.Week, asks []Ask, reason string, now time.Time) ([]Outcome, error) {
	return give(ctx, tx, by, week, asks, now, func(o *Office, r hours.Review, s Stand) (*signing, error) {
		if by.Kind != audit.Account {
			return nil, &Refusal{Why: ErrNotTheirs}
		}
		person := o.Person(by.ID)
		if person.Employee != r.Who.ID { // a statement asks for no reason
			if err := r.Check(reason, now); err != nil {
				return nil, err
			}
		}
		needs, stands, err := s.Policy.sign(person, r.Who.ID, s.Next, s.Given, o.people)
		if err != nil {
			return nil, err
		}
		if len(needs) == 0 {
			return nil, fmt.Errorf("week %s is approved and nothing changed since: %w", week, hours.ErrState)
		}
		return &signing{needs: needs, by: by, stands: stands, reason: reason}, nil
	})
}

// signing is a level about to be given.
type signing struct {
	needs  []Need
	by     audit.Actor
	stands int64 // the account in whose place
	reason string
}

// give asks, for each timesheet, who signs what, and writes it down.
func give(ctx context.Context, tx pg.Tx, by audit.Actor, week calendar.Week, asks []Ask, now time.Time, who func(*Office, hours.Review, Stand) (*signing, error)) ([]Outcome, error) {
	employees := make([]int64, len(asks))
	for i, a := range asks {
		employees[i] = a.Employee
	}
	reviews, err := hours.Reviews(ctx, tx, week, employees, now)
	if err != nil {
		return nil, err
	}
	office, err := Open(ctx, tx, week, now, employees...)
	if err != nil {
		return nil, err
	}
	out := make([]Outcome, len(asks))
	for i, a := range asks {
		out[i] = Outcome{Employee: a.Employee}
		at := slices.IndexFunc(reviews, func(r hours.Review) bool { return r.Who.ID == a.Employee })
		if at < 0 || slices.Contains(employees[:i], a.Employee) {
			out[i].Err = fmt.Errorf("timesheet of employee %d, week %s: %w", a.Employee, week, hours.ErrNotFound)
			continue
		}
		if !office.shows(by, reviews[at].Summary()) {
			out[i].Err = &Refusal{Why: ErrNotTheirs}
			continue
		}
		if err := office.one(ctx, tx, reviews[at], a.Seen, now, who, &out[i]); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// one gives the next level of one timesheet. What is refused is noted in the
// outcome, before anything is written.
func (o *Office) one(ctx context.Context, tx pg.Tx, r hours.Review, seen Seen, now time.Time, who func(*Office, hours.Review, Stand) (*signing, error), out *Outcome) error {
	summary := r.Summary()
	if out.Err = seen.changed(summary); out.Err != nil {
		return nil
	}
	stand := o.Of(summary)
	signs, err := who(o, r, stand)
	if err != nil || signs == nil {
		out.Err = err
		return nil
	}
	for _, n := range signs.needs {
		s := Step{Employee: r.Who.ID, Week: o.Week, Act: Given, Need: n, By: signs.by, For: signs.stands, At: now, Reason: signs.reason,
			Policy: stand.Policy.Version, Lines: linesHash(summary)}
		if err := writeStep(ctx, tx, s); err != nil {
			return err
		}
		stand.Given = append(stand.Given, s)
	}
	out.Given = signs.needs
	if len(stand.Policy.Next(stand.Hirers, stand.Given)) > 0 {
		return recordGiven(ctx, tx, r, signs, stand)
	}
	if err := r.Freeze(ctx, tx, signs.by, signs.reason, signatures(stand.Given), now); err != nil {
		return err
	}
	out.Frozen = true
	return writeStep(ctx, tx, Step{Employee: r.Who.ID, Week: o.Week, Act: Frozen, By: signs.by, For: signs.stands, At: now, Reason: signs.reason, Policy: stand.Policy.Version})
}

func recordGiven(ctx context.Context, tx pg.Tx, r hours.Review, s *signing, stand Stand) error {
	return audit.Append(ctx, tx, audit.Entry{Action: "timesheet.level", SubjectKind: "employee", SubjectID: r.Who.ID, By: s.by,
		Payload: map[string]any{"week": r.Week, "level": s.needs[0].Level, "deputy_for": s.stands, "reason": s.reason, "policy": stand.Policy.Version}})
}

// signatures gives the levels as they are frozen.
func signatures(given []Step) []hours.Signature {
	var out []hours.Signature
	for _, s := range given {
		out = append(out, hours.Signature{Level: string(s.Level), Hirer: s.Hirer, By: s.By, For: s.For, At: s.At, Reason: s.Reason, Policy: s.Policy})
	}
	return out
}

// Reject sends an open week back, with a reason: the levels given fall.
func Reject(ctx context.Context, tx pg.Tx, by audit.Actor, employee int64, week calendar.Week, reason string, now time.Time) error {
	return takeBack(ctx, tx, by, employee, week, Rejected, reason, now)
}

// Reopen opens an approved or rejected week, or takes back the levels of one
// that is not approved yet, with a reason: a step of its own. What was frozen
// stays; the next approval adds the differences (I5).
func Reopen(ctx context.Context, tx pg.Tx, by audit.Actor, employee int64, week calendar.Week, reason string, now time.Time) error {
	return takeBack(ctx, tx, by, employee, week, Reopened, reason, now)
}

func takeBack(ctx context.Context, tx pg.Tx, by audit.Actor, employee int64, week calendar.Week, act Act, reason string, now time.Time) error {
	if len(reason) < 1 || len(reason) > 500 {
		return hours.ErrNoReason
	}
	reviews, err := hours.Reviews(ctx, tx, week, []int64{employee}, now)
	if err != nil {
		return err
	}
	if len(reviews) == 0 {
		return fmt.Errorf("timesheet of employee %d, week %s: %w", employee, week, hours.ErrNotFound)
	}
	office, err := Open(ctx, tx, week, now, employee)
	if err != nil {
		return err
	}
	stand := office.Of(reviews[0].Summary())
	if err := office.mayTakeBack(by, employee, stand, reviews[0].State); err != nil {
		return err
	}
	change := hours.Reopen
	if act == Rejected {
		change = hours.Reject
	}
	err = change(ctx, tx, by, employee, week, reason, now)
	if errors.Is(err, hours.ErrState) && act == Reopened && len(stand.Given) > 0 {
		err = audit.Append(ctx, tx, audit.Entry{Action: "timesheet.reopen", SubjectKind: "employee", SubjectID: employee, By: by,
			Payload: map[string]any{"week": week, "reason": reason}})
	}
	if err != nil {
		return err
	}
	return writeStep(ctx, tx, Step{Employee: employee, Week: week, Act: act, By: by, At: now, Reason: reason, Policy: stand.Policy.Version})
}

// mayTakeBack says whether somebody may reject or reopen: what is frozen takes
// who may give the last level, anything else who may give any.
func (o *Office) mayTakeBack(by audit.Actor, employee int64, s Stand, state hours.State) error {
	p := o.Person(by.ID)
	if by.Kind != audit.Account {
		return &Refusal{Why: ErrNotTheirs}
	}
	if p.Employee == employee {
		return &Refusal{Why: ErrOwnHours}
	}
	needs := s.Policy.Needs(s.Hirers)
	if last := needs[len(needs)-1].Level; state == hours.StateApproved {
		needs = slices.DeleteFunc(needs, func(n Need) bool { return n.Level != last })
	}
	for _, as := range append([]Person{p}, p.For...) {
		if as.Employee != employee && slices.ContainsFunc(needs, as.covers) {
			return nil
		}
	}
	return &Refusal{Why: ErrNotTheirs, Need: needs[len(needs)-1]}
}
