package page

import (
	"slices"
	"time"
)

// The addresses of the contract with the supplier.
const (
	PathSupply      = "/privacy/contract"            // GET; POST SupplyFields: another version
	PathSupplyEvent = "/privacy/contract/event"      // POST kind, party, told, effective, letter
	PathSupplyBack  = "/privacy/contract/event/back" // POST event, letter: takes it back, or ends force majeure
)

// SupplyFields are those of the form of a contract.
func SupplyFields() []string {
	return append([]string{"profile", "reference", "signed", "starts", "ends", "administrator", "fallback", "telephone"}, SupplyOwn()...)
}

// SupplyOwn are those that take the place of a profile's values; empty: the
// profile's.
func SupplyOwn() []string {
	return append(SupplyNumbers(), "consent", "statistics", "region")
}

// SupplyNumbers are those of SupplyOwn that are numbers.
func SupplyNumbers() []string {
	return []string{"breach_hours", "keep_months", "data_months", "access_months", "backup_days", "notice_months", "first_use_months"}
}

// Supply is what is agreed with the supplier: PathSupply.
type Supply struct {
	Frame
	May      bool // record
	Recorded bool
	Facts    []SupplyFact
	Missing  []Message // what has to be done about it
	Terms    []SupplyTerm
	Days     []SupplyDay
	Events   []SupplyEvent
	Versions []SupplyVersion
	Form     Form

	Administrators []Option
	Happened       Form // what was refused of an event
	Places         []SupplyPlace
}

// What there is to choose from.
func (Supply) Profiles() []string {
	return []string{"nedap", "winbase", "direct", "planning", "strict"}
}
func (Supply) Consents() []string   { return []string{"yes", "no"} }
func (Supply) Statistics() []string { return []string{"none", "anonymous"} }
func (Supply) Regions() []string    { return []string{"NL", "EU", "EEA"} }
func (Supply) Kinds() []string      { return []string{"notice", "indexation", "terms", "force_majeure"} }
func (Supply) Parties() []string    { return []string{"customer", "supplier"} }

func (*Supply) name() string { return "supply" }

// Unplaced says whether a place is not declared.
func (s *Supply) Unplaced() bool {
	return slices.ContainsFunc(s.Places, func(p SupplyPlace) bool { return p.Region == "" || p.Operator == "" })
}

// Numbers are the form's.
func (Supply) Numbers() []string { return SupplyNumbers() }

// SupplyFact is a line of the contract itself.
type SupplyFact struct {
	Label string // key
	Text  Message
}

// SupplyTerm is a value of the contract, and whence.
type SupplyTerm struct {
	Key    string // supply.term.KEY
	Values []Message
	From   string // article, own, strict
	Where  string // the article
}

// SupplyDay is a day of the contract's calendar.
type SupplyDay struct {
	Day  time.Time
	What Message
	In   Message
	Warn bool
}

// SupplyEvent is something that happened to it.
type SupplyEvent struct {
	ID        int64
	Kind      string
	Service   string // of first use
	Party     string
	Told, On  time.Time
	Reference string
	By        string
	Gone      bool // it was taken back, or is over
	May       bool // take it back
}

// SupplyVersion is a contract as it was recorded.
type SupplyVersion struct {
	Version            int
	Profile, Reference string
	At                 time.Time
	By                 string
}

// SupplyPlace is where data is, or goes.
type SupplyPlace struct {
	Name             Message
	Region, Operator string // NL, EU, EEA, other; "": not declared
	Outside          bool   // of what the contract allows
}
