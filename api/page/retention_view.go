package page

import "time"

// Retention is how long what is kept about people is kept: PathRetention.
type Retention struct {
	Frame
	May          bool
	Last         time.Time // of the last purge; zero: there was none
	Frozen       string    // "": it goes on; else a key of "retention.frozen."
	First        time.Time // of the first night, where that is still to come; else zero
	Unpaid       int64     // approved lines past their term that nobody was paid for
	UnpaidFrom   time.Time // the oldest day of these
	Contract     string    // its profile: key of "supply.profile."
	Longest      KeptFor   // that it allows; zero: it says nothing
	Terms        []RetentionTerm
	Classes      []Option // whose term can be changed
	Instructions []Option // in force
	Holds        []RetentionHold
	Nights       []RetentionNight
	Counted      *RetentionNight // what a purge would remove now; nil: not asked for
	Form, Hold   Form
}

func (*Retention) name() string { return "retention" }

// Wanting counts the terms that are longer than the contract's, without an
// instruction.
func (v *Retention) Wanting() (n int) {
	for _, t := range v.Terms {
		n += b2i(t.Wanting)
	}
	return n
}

// Units are what a term is counted in: keys of "retention.units."
func (*Retention) Units() []string { return []string{"D", "W", "M", "Y"} }

// KeptFor is how long something is kept.
type KeptFor struct {
	N    int
	Unit string // key of "retention.keep."
}

// RetentionTerm is the term of a class of data.
type RetentionTerm struct {
	Class       string  // as it is called
	Keep        KeptFor // zero: as long as the contract
	Least, Most KeptFor
	Law         string // that asks Least; "": none does
	Reference   string // of the customer's instruction; "": the preset holds
	Instruction int64
	Since       time.Time
	Wanting     bool // longer than the contract's longest, and not instructed
}

// RetentionHold is a legal hold.
type RetentionHold struct {
	ID       int64
	Employee int64 // 0: everybody
	Who      string
	Reason   string
	Until    time.Time
	Lifted   time.Time // zero: nobody lifted it
	By       string
	Counts   bool
}

// RetentionNight is what a purge removed, or would.
type RetentionNight struct {
	Certificate int64
	At          time.Time
	Hash        string
	Total       int64
	Days        int // sealed
	Unapproved  int // weeks of these
	Held        int // people whose taps can't be sealed yet
	Items       []RetentionItem
}

// RetentionItem is what went of a table.
type RetentionItem struct {
	Name    string
	Values  bool // its rows stayed, and lost what they said
	Removed int64
	Left    time.Time // age of the oldest that is left
	Stays   bool      // not looked into, for a legal hold
}
