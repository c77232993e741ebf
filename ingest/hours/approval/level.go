package approval

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"tikklok/ingest/audit"
	"tikklok/ingest/hours/calendar"
)

// Act is what happened to a week.
type Act string

// The acts. All but the first end the levels given before.
const (
	Given    Act = "given"
	Frozen   Act = "frozen"
	Rejected Act = "rejected"
	Reopened Act = "reopened"
)

// Step is one act, as recorded.
type Step struct {
	ID       int64
	Employee int64
	Week     calendar.Week
	Act      Act
	Need     // of Given
	By       audit.Actor
	ByName   string // "" unless an account
	For      int64  // the account in whose place it was given; 0: their own
	ForName  string
	At       time.Time
	Reason   string
	Policy   int      // version
	Lines    [32]byte // of Given: what it was given for
}

// Need is a level that has to be given; of ByHirer, for one hirer.
type Need struct {
	Level Level
	Hirer int64 // ByHirer: 0 where the hours are at no hirer's site
}

// Standing gives the steps that count towards the next freeze: levels given
// since the last that ended them, for exactly these lines.
func Standing(steps []Step, lines [32]byte) []Step {
	var out []Step
	for _, s := range steps {
		switch {
		case s.Act != Given:
			out = nil
		case s.Lines == lines:
			out = append(out, s)
		}
	}
	return out
}

// Overtaken says whether a level was given for lines that changed since.
func Overtaken(steps []Step, lines [32]byte) bool {
	overtaken := false
	for _, s := range steps {
		overtaken = s.Act == Given && (overtaken || s.Lines != lines)
	}
	return overtaken && len(Standing(steps, lines)) == 0
}

// Needs gives all that a policy asks for, in order.
func (p Policy) Needs(hirers []int64) []Need {
	var out []Need
	for _, l := range p.Levels {
		switch {
		case l == ByHirer && len(hirers) > 0:
			for _, h := range hirers {
				out = append(out, Need{l, h})
			}
		case l != ByEmployee || !p.Optional:
			out = append(out, Need{Level: l})
		}
	}
	return out
}

// Next gives what of the first level that is not given whole is still to be
// given; nothing when all is.
func (p Policy) Next(hirers []int64, standing []Step) []Need {
	var next []Need
	for _, n := range p.Needs(hirers) {
		given := slices.ContainsFunc(standing, func(s Step) bool { return s.Need == n })
		if !given && (len(next) == 0 || next[0].Level == n.Level) {
			next = append(next, n)
		}
	}
	return next
}

// Person is somebody who may approve.
type Person struct {
	Account  int64
	Name     string
	Employee int64   // who it is among the employees; 0: nobody
	Hirers   []int64 // for whom; none: for all, and for the agency
	Approves bool    // is an approver or administrator
	For      []Person
}

// Refusal says why somebody may not give a level.
type Refusal struct {
	Why  error // one of the sentinels below
	Need Need
	Who  string // who gave the other level, of ErrFourEyes
}

// Why a level is refused. Each names the remedy.
var (
	ErrOwnHours  = errors.New("nobody approves their own hours; another approver must")
	ErrFourEyes  = errors.New("four eyes: another person must give this level")
	ErrNotTheirs = errors.New("this account may not give this level; an approver of this hirer, or of the agency, or their deputy must")
	ErrStatement = errors.New("the employee must state these hours first, from their own account")
)

func (r *Refusal) Error() string {
	switch {
	case r.Who != "":
		return fmt.Sprintf("level %s: %v; %s gave a level before", r.Need.Level, r.Why, r.Who)
	case r.Need.Level != "":
		return fmt.Sprintf("level %s: %v", r.Need.Level, r.Why)
	}
	return r.Why.Error()
}

// Unwrap gives the reason.
func (r *Refusal) Unwrap() error { return r.Why }

// sign gives what p may give now of the hours of an employee, with the
// account in whose place (0: their own), or a *Refusal.
func (policy Policy) sign(p Person, employee int64, next []Need, standing []Step, people map[int64]Person) ([]Need, int64, error) {
	if len(next) == 0 {
		return nil, 0, nil
	}
	if p.Employee == employee {
		n := Need{Level: ByEmployee}
		stated := slices.ContainsFunc(standing, func(s Step) bool { return s.Need == n })
		if slices.Contains(policy.Levels, ByEmployee) && !stated {
			return []Need{n}, 0, nil
		}
		return nil, 0, &Refusal{Why: ErrOwnHours}
	}
	if next[0].Level == ByEmployee {
		return nil, 0, &Refusal{Why: ErrStatement, Need: next[0]}
	}
	for _, as := range append([]Person{p}, p.For...) {
		needs := slices.DeleteFunc(slices.Clone(next), func(n Need) bool { return !as.covers(n) })
		if len(needs) == 0 || as.Employee == employee {
			continue
		}
		stands := int64(0)
		if as.Account != p.Account {
			stands = as.Account
		}
		if who := same(needs[0], standing, people, p, as); policy.FourEyes && who != "" {
			return nil, 0, &Refusal{Why: ErrFourEyes, Need: needs[0], Who: who}
		}
		return needs, stands, nil
	}
	return nil, 0, &Refusal{Why: ErrNotTheirs, Need: next[0]}
}

// covers says whether somebody may give a level by their own authority.
func (p Person) covers(n Need) bool {
	if !p.Approves {
		return false
	}
	return len(p.Hirers) == 0 || n.Level == ByHirer && slices.Contains(p.Hirers, n.Hirer)
}

// same names who of the earlier levels is the one who gives this one: the same
// account, two accounts of one employee, or one authority used twice through a
// deputy.
func same(n Need, standing []Step, people map[int64]Person, now ...Person) string {
	for _, s := range standing {
		if s.Level == n.Level || s.By.Kind != audit.Account {
			continue // the hirers of one level may be one person's
		}
		for _, then := range []int64{s.By.ID, s.For} {
			for _, p := range now {
				twin := p.Employee != 0 && people[then].Employee == p.Employee
				if then != 0 && (then == p.Account || twin) {
					return s.ByName
				}
			}
		}
	}
	return ""
}

func sortByName(people []Person) {
	slices.SortFunc(people, func(a, b Person) int {
		return cmp.Or(strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)), cmp.Compare(a.Account, b.Account))
	})
}
