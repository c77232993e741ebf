package page

// Privacy is what is kept about people, table by table: PathPrivacy. Its words
// come from the catalogue's own (ingest/privacy/wording).
type Privacy struct {
	Frame
	Filters []PrivacyFilter
	Tables  []PrivacyTable
	Fields  int // shown
	All     int // there are
}

func (*Privacy) name() string { return "privacy" }

// PrivacyFilter is a choice that keeps the register to part of it.
type PrivacyFilter struct {
	Name    string // of the field in the address
	Label   string // key
	Options []Option
}

// PrivacyTable is a table with what is kept in it.
type PrivacyTable struct {
	Name     string // in words
	Table    string // in the database
	About    string
	Why      string
	Basis    string
	Class    string
	HowLong  string // "": no term is set
	Readers  string
	To       string // "": nowhere
	Source   string
	Fields   []PrivacyField
	Optional bool // it holds a field that is off until somebody switches it on
}

// PrivacyField is a column that holds a personal datum or leads to a person.
type PrivacyField struct {
	Column string
	Kind   string
	Why    string // "": as the table
	State  string // of an optional field: on, off; "": it is none
}
