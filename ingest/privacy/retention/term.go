package retention

import (
	"fmt"
	"time"

	"tikklok/ingest/audit"
	"tikklok/ingest/privacy"
)

// Limits is what a tenant's contract says of retention (OB-P3); the zero value
// is a contract that says nothing.
type Limits struct {
	Contract string    // its name, for messages: "DIRECT"
	Longest  Period    // nothing is kept longer but what the law makes the customer keep; zero: not said
	Since    time.Time // when the tenant's first contract was recorded; zero: none was, and nothing goes
	Nobody   bool      // works at the tenant: its taps wait for no person to say whose they are
}

// FirstNight is the earliest that a night removes anything by itself: a week
// after somebody recorded the contract, so that an administrator can count what
// would go, approve old weeks, lay legal holds and instruct other terms.
func (l Limits) FirstNight() time.Time { return l.Since.AddDate(0, 0, 7) }

// agreed says why nothing may be removed yet: ErrNoContract or ErrAnnounced. A
// person who purges by hand need not wait.
func (l Limits) agreed(by audit.Actor, now time.Time) error {
	if l.Since.IsZero() {
		return ErrNoContract
	}
	if by.Kind == audit.System && now.Before(l.FirstNight()) {
		return ErrAnnounced
	}
	return nil
}

// Rule is what bounds the term of a class, whatever the contract.
type Rule struct {
	Class   privacy.Class
	Preset  Period
	Least   Period // no shorter
	Most    Period // no longer
	Law     string // which law asks Least, or ""
	Because string // why Least, for messages; also where no law asks it
	Duty    bool   // the customer has a duty to keep it: a written instruction may go past the contract's longest term
}

// Rules gives the rule of every class.
//
// Raw taps are needed until their week was approved and sealed (I5); the record
// of working and rest times is kept 52 weeks (Arbeidstijdenbesluit 3.2:1), and
// who worked them, and who changed them, belongs to it; what was paid 7 years
// (Algemene wet inzake rijksbelastingen 52, paragraph 4).
func Rules() []Rule {
	const (
		atb = "Arbeidstijdenbesluit 3.2:1"
		awr = "Algemene wet inzake rijksbelastingen 52(4)"
	)
	m, w, y := func(n int) Period { return Period{n, Month} }, func(n int) Period { return Period{n, Week} }, func(n int) Period { return Period{n, Year} }
	return []Rule{
		{Class: privacy.RawTaps, Preset: m(3), Least: w(4), Most: w(52), Because: "weeks must be approved and sealed before their taps go (I5)"},
		{Class: privacy.WorkRecord, Preset: w(52), Least: w(52), Most: y(7), Law: atb, Because: "the record of working and rest times is kept 52 weeks", Duty: true},
		{Class: privacy.ApprovedPay, Preset: y(7), Least: y(7), Most: y(10), Law: awr, Because: "what was paid is kept 7 years", Duty: true},
		{Class: privacy.ExportFiles, Preset: m(3), Least: w(4), Most: y(7), Because: "a package must be able to pull a run again"},
		{Class: privacy.Employment, Preset: y(2), Least: w(52), Most: y(7), Law: atb, Because: "who worked belongs to the record of working times", Duty: true},
		{Class: privacy.SignIns, Preset: m(3), Least: w(4), Most: y(2), Because: "misuse must be found before its traces go (OB-C3)"},
		{Class: privacy.Addresses, Preset: w(4), Least: w(1), Most: y(1), Because: "an attack must be found before its traces go (OB-C3)"},
		{Class: privacy.AccessLog, Preset: w(52), Least: w(4), Most: y(5), Because: "a breach is counted from it (OB-P10)"},
		{Class: privacy.AuditLog, Preset: w(52), Least: w(52), Most: y(7), Law: atb, Because: "who changed the record of working times belongs to it", Duty: true},
		{Class: privacy.AccountData, Preset: m(3), Least: w(1), Most: y(2), Because: "an account closed by mistake must be seen"},
		{Class: privacy.Registers, Preset: y(5), Least: y(1), Most: y(10), Because: "the yearly audit must find it (OB-C15)", Duty: true},
		{Class: privacy.Lasting},
	}
}

// RuleOf gives the rule of a class.
func RuleOf(class privacy.Class) (Rule, bool) {
	for _, r := range Rules() {
		if r.Class == class {
			return r, true
		}
	}
	return Rule{}, false
}

// lasting says whether the class is kept as long as the contract.
func (r Rule) lasting() bool { return r.Preset.N == 0 }

// Longest gives how long the class may be kept at most, under a contract.
func (r Rule) Longest(by Limits) Period {
	if r.lasting() {
		return Period{}
	}
	if !r.Duty && r.Most.Longer(by.Longest) {
		return by.Longest
	}
	return r.Most
}

// Start gives the term that holds where nobody instructed another: the preset,
// or the contract's longest where that is shorter and no law asks more.
func (r Rule) Start(by Limits) Period {
	if longest := r.Longest(by); !r.lasting() && r.Preset.Longer(longest) {
		return longest
	}
	return r.Preset
}

// Check says whether a class may be kept that long: ErrShorter or ErrLonger
// with the reason and the bound otherwise.
func (r Rule) Check(keep Period, by Limits) error {
	if r.lasting() {
		return fmt.Errorf("%w: %q is kept as long as the contract lasts", ErrInvalid, r.Class)
	}
	if keep.Shorter(r.Least) {
		why := r.Because
		if r.Law != "" {
			why += " (" + r.Law + ")"
		}
		return fmt.Errorf("%w: %w: %q is kept at least %s: %s", ErrInvalid, ErrShorter, r.Class, r.Least, why)
	}
	if longest := r.Longest(by); keep.Longer(longest) {
		why := "no purpose needs it longer"
		if longest == by.Longest {
			why = "the contract " + by.Contract + " allows no more; change the contract first"
		}
		return fmt.Errorf("%w: %w: %q is kept at most %s: %s", ErrInvalid, ErrLonger, r.Class, longest, why)
	}
	return nil
}

// Term is how long a class is kept, and who said so.
type Term struct {
	Class       privacy.Class
	Keep        Period // zero: as long as the contract lasts
	Instruction int64  // in the register of instructions (OB-P16); 0: the preset
	Reference   string // of the customer's letter, as the register has it
	By          audit.Actor
	At          time.Time
	Wanting     bool // the preset is longer than the contract's longest: the customer should instruct it in writing
}

// Terms are the terms of all classes, in the order of Rules.
type Terms []Term

// Of gives the term of a class.
func (t Terms) Of(class privacy.Class) Term {
	for _, one := range t {
		if one.Class == class {
			return one
		}
	}
	return Term{Class: class}
}

// starting gives the terms of a tenant that instructed nothing.
func starting(by Limits) Terms {
	var out Terms
	for _, r := range Rules() {
		keep := r.Start(by)
		out = append(out, Term{Class: r.Class, Keep: keep, Wanting: keep.N > 0 && keep.Longer(by.Longest)})
	}
	return out
}

// Instruction is the customer's written word about a term.
type Instruction struct {
	Class  privacy.Class
	Keep   Period
	Number int64 // in the register of instructions (OB-P16)
}

// check says what is wrong with an instruction.
func (i Instruction) check(by Limits) error {
	r, ok := RuleOf(i.Class)
	if !ok {
		return fmt.Errorf("%w: there is no class of data called %q", ErrInvalid, i.Class)
	}
	return r.Check(i.Keep, by)
}
