package page

import "time"

// Approving is what the timesheets page says of approval beside the sheets.
type Approving struct {
	Deadline  time.Time // of the week; zero: none
	Late      bool      // it passed
	Waiting   int       // sheets that wait to be approved
	Conflicts []SheetConflict
	Page      int // from 1
	Pages     int
}

// More says whether the list has other pages.
func (a Approving) More() bool { return a.Pages > 1 }

// Before and After are the pages beside this one; 0: none.
func (a Approving) Before() int { return a.Page - 1 }
func (a Approving) After() int {
	if a.Page < a.Pages {
		return a.Page + 1
	}
	return 0
}

// SheetConflict is a timesheet that changed between being seen and being
// approved.
type SheetConflict struct {
	Employee int64
	Name     string
	Changes  []SeenChange // none: what changed has no minutes of its own
	Seen     string       // approves it as it is now
	Reason   string       // that was given
}

// SeenChange is what was seen and what is now.
type SeenChange struct {
	Day      time.Time
	Kind     string // "minutes", "exceptions", "gaps"
	Code     string
	LineKind string // of minutes: "" worked
	Seen     int
	Now      int
}

// ApprovalStep is one act of a week's approval.
type ApprovalStep struct {
	At     time.Time
	Act    string // given, frozen, rejected, reopened
	Level  string // of given
	By     string
	For    string // in whose place
	Reason string
}

// Bulk is an approval of all complete timesheets of a week, before it begins:
// PathBulk.
type Bulk struct {
	Frame
	Week    Week
	Count   int
	Minutes int
	Left    []LeftOut
	Digest  string
	Changed bool // it did between the summary and the button
}

func (*Bulk) name() string { return "bulk" }

// LeftOut is how many timesheets are not among them, and why.
type LeftOut struct {
	Why   string
	Count int
}

// BulkProgress is how far it is: PathBulk + "/" + id.
type BulkProgress struct {
	Frame
	Week     Week
	Total    int
	Done     int
	Refused  []BulkRefused
	Finished bool
}

func (*BulkProgress) name() string { return "bulk-progress" }

// BulkRefused is a timesheet that was not approved.
type BulkRefused struct {
	Employee int64
	Name     string
	Why      string // as approval.Refused has it
}

// Period is a pay period of everybody, week by week: PathPeriod. Approval is
// per week all the same.
type Period struct {
	Frame
	Title  string // 2026-P12
	From   time.Time
	To     time.Time
	Before time.Time // a day of the period before
	After  time.Time
	Weeks  []Week
	Rows   []PeriodRow
	Shown  Approving // its pages
}

func (*Period) name() string { return "period" }

// PeriodRow is one employee's period.
type PeriodRow struct {
	Employee int64
	Number   string
	Name     string
	Weeks    []PeriodWeek
	Minutes  int // of the period's own days
}

// PeriodWeek is the part of a week that lies in the period.
type PeriodWeek struct {
	Week    Week
	State   string
	Minutes int
}

// Approval is who approves, and until when: PathApproval.
type Approval struct {
	Frame
	Policies  []PolicyLine // newest first
	Form      Form         // of the new policy
	Hirers    []Option     // all; none: no choice
	Deputies  []DeputyLine
	Deputy    Form // of the new deputy
	Accounts  []Option
	Approvers []ApproverLine
	MayChange bool
}

func (*Approval) name() string { return "approval" }

// PolicyLine is one policy.
type PolicyLine struct {
	Version   int
	From      time.Time
	Hirer     string
	Now       bool // in force this week
	Levels    []string
	Optional  bool
	FourEyes  bool
	Automatic int // minutes; negative: not
	Deadline  Message
}

// DeputyLine is one deputy.
type DeputyLine struct {
	ID          int64
	Name, For   string
	From, Until time.Time
	Now         bool
}

// ApproverLine is an account that approves, with its hirers chosen.
type ApproverLine struct {
	Account int64
	Name    string
	Hirers  []Option
	All     bool // none is chosen
}

// ReminderLine is a week whose deadline nears or passed while sheets wait.
type ReminderLine struct {
	Week    Week
	Due     time.Time
	Passed  bool
	Waiting int // now
}
