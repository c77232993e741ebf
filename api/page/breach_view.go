package page

import (
	"slices"
	"time"
)

// Breaches are the breaches there were: PathBreaches.
type Breaches struct {
	Frame
	Hours int // in which the controller is told, by the contract
	Rows  []BreachLine
	Open  int // while there are any, nothing is purged
	Form  Form
	Kinds []Option
	May   bool
}

func (*Breaches) name() string { return "breaches" }

// BreachLine is one of them.
type BreachLine struct {
	ID     int64
	Nature string
	Known  time.Time
	Due    time.Time
	State  string // key of "breach.state."
	Late   bool
	Least  int
	Most   int // 0: not known
}

// Breach is one with all that is known of it: PathBreaches/ID.
type Breach struct {
	Frame
	BreachLine
	Hours   int
	Told    time.Time // by telephone and by e-mail; zero: not yet
	Missing []string  // fields of the notice: keys of "breach.field."
	Form    Form      // what is known now, or what was refused
	Kinds   []Option  // of Form
	// What is recorded as Version, whatever was typed since.
	Recorded      map[string]string
	RecordedKinds []Option
	Do            Form // a step, or what was refused of it
	Steps         []BreachStep
	Next          []Option // keys of "breach.do."
	Count         *BreachCount
	Counts        Form // what was counted by
	Who           []Option
	Tables        []Option
	Version       int
	At            time.Time
	By            string
	May           bool
	Open          bool
	Contact       string // whom to tell, by the contract
}

func (*Breach) name() string { return "breach" }

// BreachStep is what was done.
type BreachStep struct {
	What   string // key of "breach.step."
	DoneAt time.Time
	Whom   string
	Note   string
	By     string
}

// BreachCount is how many people a count reached, and what of them.
type BreachCount struct {
	Least, Most, Looks int
	Kinds              string // in the reader's words
}

// Languages are those in which a notice is made.
func (*Breach) Languages() []string { return Languages() }

// KindsKnown says whether any kind of data is.
func (b *Breach) KindsKnown() bool {
	return slices.ContainsFunc(b.RecordedKinds, func(o Option) bool { return o.Chosen })
}

// Filled names the texts of the notice that are known, in its order: keys of
// "breach.field.".
func (b *Breach) Filled() []string {
	return slices.DeleteFunc([]string{"nature", "learned", "cause", "groups", "records", "consequences", "taken", "planned", "contact"},
		func(field string) bool { return b.Recorded[field] == "" })
}
