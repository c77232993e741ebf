package page

import "time"

// Rules is what holds: PathRules.
type Rules struct {
	Frame
	MayEdit bool
	Holds   RuleVersion
	Groups  []RuleFacts
	Later   []RuleVersion
	Layers  []RuleLayer
	Refused []Message
	NoTable int       // a year that has no holiday table yet; 0: none is near
	For     []RuleFor // whom a layer can be made for
	Form    Form      // for, number
}

func (*Rules) name() string { return "rules" }

// RuleVersion is one rule set.
type RuleVersion struct {
	Version int
	Scope   string // in addresses: "site-7"; "": the tenant
	Kind    string // hirer, site, …
	Name    string // of the site, …
	From    time.Time
	By      string
	Made    time.Time // zero: the program's own
	Changes []RuleChange
}

// RuleFacts is a group of rules in words.
type RuleFacts struct {
	Name  string // key under "rule.group."
	Lines []RuleLine
}

// RuleLine is one rule in words.
type RuleLine struct {
	Name  Message
	Value Message
}

// RuleChange is what became of one field.
type RuleChange struct {
	Name          Message
	Before, After Message
}

// RuleLayer is the newest rules of a part of the tenant.
type RuleLayer struct {
	RuleVersion
	Lines []RuleLine // what it names; none: it follows the wider rules again
}

// RuleFor is a group of things that a layer can be made for.
type RuleFor struct {
	Kind    string // key under "rule.scope."
	Options []Option
}

// RuleHistory is every version: PathRuleHistory.
type RuleHistory struct {
	Frame
	Versions []RuleVersion // newest first
}

func (*RuleHistory) name() string { return "rule-history" }

// RuleDraft is what the pages between editing and saving hand on.
type RuleDraft struct {
	Scope, Kind, Name string // as of RuleVersion
	Version           int    // that it was made from
	From              string
	DaysFrom, DaysTo  string // of the preview
}

// RuleEditor is the form: PathRuleEdit.
type RuleEditor struct {
	Frame
	RuleDraft
	Groups   []RuleForm
	Problems []Message
	Document string // pasted, and refused
}

func (*RuleEditor) name() string { return "rule-editor" }

// RuleForm is a group of fields.
type RuleForm struct {
	Name   string // key under "rule.group."
	Fields []RuleField
}

// RuleKind is how a field is typed.
type RuleKind string

// The kinds of fields.
const (
	RuleNumber RuleKind = "number"
	RuleHours  RuleKind = "hours" // 14:00
	RuleText   RuleKind = "text"
	RuleTick   RuleKind = "tick"
	RuleChoice RuleKind = "choice"
	RuleSome   RuleKind = "some"  // any of the choices
	RuleWords  RuleKind = "words" // with commas
	RuleTable  RuleKind = "table"
)

// RuleField is one field, or one cell of a table.
type RuleField struct {
	Path    string // its name in the form
	Label   Message
	Row     Message // what a cell is called aloud; of a field it is Label
	Hint    Message // none: no key
	Unit    string  // key under "rule.unit."
	Kind    RuleKind
	Value   string
	Choices []RuleOption
	Own     bool // the layer names it
	Field   string
	Problem Message
	Rows    [][]RuleField
}

// RuleOption is one choice.
type RuleOption struct {
	Value  string
	Label  Message
	Chosen bool
}

// RulePreview shows what rules would change, before they are saved.
type RulePreview struct {
	Frame
	RuleDraft
	Document   string
	Changes    []RuleChange
	Employees  int
	Concerned  int
	Changed    int
	Days       [2]time.Time
	Starts     time.Time
	Exceptions [2]int
	Totals     []RuleTotal
	Effects    []RuleEffect
	Cut        bool
	Frozen     *Message // what has to be confirmed
	Problem    *Message
	Table      int // the year of the holiday table that this came from; 0: the form
}

func (*RulePreview) name() string { return "rule-preview" }

// Stopped says whether not everybody was computed.
func (v *RulePreview) Stopped() bool { return v.Employees < v.Concerned }

// RuleTotal is what becomes of a code.
type RuleTotal struct {
	Code          string
	Kind          string // key under "rule-kind."
	Before, After int
}

// Difference gives how much is added.
func (t RuleTotal) Difference() int { return t.After - t.Before }

// RuleEffect is what becomes of one employee's hours.
type RuleEffect struct {
	Employee int64
	Name     string
	Frozen   bool // a week of theirs is approved
	Lines    []RuleEffectLine
}

// RuleEffectLine is what becomes of a code on a day.
type RuleEffectLine struct {
	RuleTotal
	Day time.Time
}

// Days gives on how many days something changes.
func (e RuleEffect) Days() int {
	n := 0
	for i, l := range e.Lines {
		if i == 0 || !e.Lines[i-1].Day.Equal(l.Day) {
			n++
		}
	}
	return n
}

// Difference gives how many minutes are added in all.
func (e RuleEffect) Difference() int {
	n := 0
	for _, l := range e.Lines {
		n += l.Difference()
	}
	return n
}

// HolidayTable is the tenant's own days of a year: PathRuleHolidays.
type HolidayTable struct {
	Frame
	RuleDraft
	Year     int
	Proposed bool // nothing of the year is saved
	Rows     []HolidayRow
	Code     string
	Form     Form
	Problems []Message
}

func (*HolidayTable) name() string { return "rule-holidays" }

// HolidayRow is one day.
type HolidayRow struct {
	Day  string // as in a date input
	Name string
	Word string // of a proposal: key under "rule.holiday."
	Keep bool
	Paid bool
}
