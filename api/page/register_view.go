package page

import "time"

// Registers is what was agreed, announced and told about people's data:
// PathRegisters?book=. One book at a time, or who of the supplier may look.
type Registers struct {
	Frame
	Book    string // key of "register.book."
	Books   []RegisterBook
	Rules   []Message // what the contract says about this book
	Entries []RegisterEntry
	Fields  []RegisterField // of a new entry
	Form    Form            // of a new entry, or of the step that was refused
	StepOf  int64           // whose step Form is; 0: a new entry's
	May     bool
	Support *Support // of the book "support"
}

func (*Registers) name() string { return "registers" }

// RegisterBook is a register with how much of it waits for somebody.
type RegisterBook struct {
	Name string
	Late int
}

// RegisterEntry is one matter.
type RegisterEntry struct {
	ID     int64
	Title  string
	State  string // key of "register.state."
	What   string // is due: key of "register.due."; "" with Due: until then it can't go on
	Due    time.Time
	Late   bool
	Facts  []RegisterFact
	Steps  []RegisterStep
	Next   []Option // steps that may be taken
	By     string
	At     time.Time
	Opened bool
}

// RegisterFact is a field with its value.
type RegisterFact struct {
	Name, Value string
	Choice      bool // Value is a key of "register.choice."
	Day         time.Time
}

// RegisterStep is what was done.
type RegisterStep struct {
	What string // key of "register.step."
	Day  time.Time
	Note string
	By   string
	At   time.Time
}

// RegisterField is a field of a form.
type RegisterField struct {
	Name     string
	Kind     string // line, text, day, choice
	Required bool
	Choices  []string // keys of "register.choice."
}

// Support is who of the supplier may look, and did.
type Support struct {
	Accounts []Option
	Rows     []SupportLine
}

// Places are where a person of a supplier may be said to be.
func (*Support) Places() []string { return []string{"NL", "EU", "EEA", "other"} }

// SupportLine is one time that looking was allowed.
type SupportLine struct {
	Account int64
	Who, By string
	Reason  string
	// Where the person is, and the law of whom they work for: NL, EU, EEA,
	// other; "": not asked then.
	Region, Operator string

	At    time.Time
	Until time.Time // or when it was ended
	Ended bool
	Now   bool // it counts
	Looks int
}
