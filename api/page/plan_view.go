package page

import "time"

// Plan is what is planned in a week: PathPlan. Fragments "list" and "panel".
type Plan struct {
	Frame
	Week   Week
	Search string
	Days   []time.Time // seven local midnights, Monday first
	Rows   []PlanRow
	Panel  *PlanPanel // of ?employee=&day=
	// MayPlan: shifts may be added, moved and withdrawn.
	MayPlan bool
	// MayCopy: the week before holds shifts and this one doesn't.
	MayCopy bool
}

func (*Plan) name() string { return "plan" }

// PlanRow is one employee's week.
type PlanRow struct {
	Employee int64
	Number   string
	Name     string
	Days     []PlanDay // seven
	Minutes  int       // planned to be worked
	Contract int       // minutes a week; 0: none
}

// Shifts counts those of the week.
func (r PlanRow) Shifts() (n int) {
	for _, d := range r.Days {
		n += len(d.Shifts)
	}
	return n
}

// PlanDay is one cell.
type PlanDay struct {
	Date   time.Time // local midnight
	Shifts []PlanShift
	Away   bool // not employed then
}

// PlanShift is a shift that stands.
type PlanShift struct {
	ID       int64
	From, To string // "08:00", in the employee's zone; with its offset where the clock goes back
	Kind     string // "work", "call", "standby"
	Site     string
	Break    int // minutes
}

// PlanPanel is one employee's day: its shifts, each in a form, and a new one.
type PlanPanel struct {
	Employee      int64
	Name          string
	Date          time.Time
	Before, After time.Time
	Zone          string // when it isn't the tenant's
	Days          []PlanDay
	Forms         []PlanForm // the last one is new
	Old           []PlanOld  // what was planned before, latest change first
}

// PlanForm is a shift as it can be changed: POST PathPlan.
type PlanForm struct {
	ID    int64 // 0: new
	Form  Form  // from, to, break, kind, site
	Kinds []Option
	Sites []Option // none: the tenant has none
	Open  bool
}

// PlanOld is what a shift was before it was moved or withdrawn.
type PlanOld struct {
	From, To string
	Kind     string
	Until    time.Time
}

// PlanImport is the page that takes a file up: PathPlanImport.
type PlanImport struct {
	Frame
	Form Form
	Text string // what was uploaded or pasted
	// Shown: the file was read; the rest says what it would do.
	Shown                                  bool
	Added, Moved, Withdrawn, Same, Outside int
	Changes                                []PlanChange // the first few hundred
	More                                   int          // changes that are not listed
	Problems                               []Message
}

func (*PlanImport) name() string { return "plan-import" }

// PlanChange is what a file does to one shift.
type PlanChange struct {
	Kind     string // "added", "moved", "withdrawn"
	Line     int    // 0: none
	Name     string
	Day      time.Time
	Old, New string // "08:00–12:00"; "": none
}
