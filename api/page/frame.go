package page

import (
	"strconv"
	"strings"
	"time"
)

// Frame is what surrounds every page; each view embeds it.
type Frame struct {
	Language  string    // of OwnLanguages; pages that aren't in it are shown in Dutch
	Now       time.Time // in the tenant's zone
	Path      string    // of this page with its query: marks the menu, and where small forms return to
	Fragment  string    // from FragmentHeader
	Tenant    string
	Account   *Signed // nil: nobody is signed in, and no menu is drawn
	ToDo      ToDo
	Notice    *Notice        // shown once, from the action before
	Announced []Announcement // maintenance that is to come, or under way
}

func (f *Frame) frame() *Frame { return f }

// Signed is who is signed in, and what the menu may offer.
type Signed struct {
	Name  string
	Email string
	// What the roles allow; what isn't allowed is not drawn (the handlers
	// refuse it all the same).
	Administer bool // people, devices, accounts, rules
	Decide     bool // sees who is in and what waits for a person
	Approvals  bool // who approves
	Rules      bool
	Pay        bool // exports
	Audit      bool // the log
	Own        bool // an employee: own hours, and nothing of the above
	Suspended  bool // the service: most of the menu leads nowhere, and isn't drawn
}

// ToDo holds the numbers in the menu: only what a person must act on.
type ToDo struct {
	Timesheets int // sheets of the open weeks with an exception
	Exceptions int // all that waits in the queue
	People     int // unknown fobs that wait
	Devices    int // open holes, conflicts, silent devices
	Exports    int // runs that stopped
	Privacy    int // open breaches, requests without an answer, what is late in registers; of a suspended service without these
	Incidents  int // open ones
	Alarms     int // of the service, that last
}

// Choice is a language that can be chosen.
type Choice struct{ Code, Name string }

// Choices are the languages that whoever sees the page can choose: the office
// has fewer than employees, and who isn't signed in may be either.
func (f Frame) Choices() []Choice {
	all := []Choice{{"nl", "Nederlands"}, {"en", "English"}, {"pl", "Polski"}, {"de", "Deutsch"}, {"ro", "Română"}}
	if f.Account != nil && !f.Account.Own {
		return all[:len(Languages())]
	}
	return all
}

// MenuItem is one line of the menu.
type MenuItem struct {
	Path    string
	Name    string // key under "nav."
	Icon    string
	Count   int
	Current bool
}

// Menu is the daily work, by what the roles allow.
func (f Frame) Menu() []MenuItem {
	if f.Account.Suspended {
		return nil
	}
	if f.Account.Own {
		return f.mark([]MenuItem{{Path: PathMe, Name: "me", Icon: "today"}, {Path: PathMeWeeks, Name: "me-weeks", Icon: "sheets"}})
	}
	items := []MenuItem{{Path: PathTimesheets, Name: "timesheets", Icon: "sheets", Count: f.ToDo.Timesheets}}
	if f.Account.Decide {
		items = append([]MenuItem{{Path: PathToday, Name: "today", Icon: "today"}}, append(items,
			MenuItem{Path: PathPlan, Name: "plan", Icon: "plan"},
			MenuItem{Path: PathExceptions, Name: "exceptions", Icon: "question", Count: f.ToDo.Exceptions})...)
	}
	if f.Account.Administer {
		items = append(items,
			MenuItem{Path: PathPeople, Name: "people", Icon: "people", Count: f.ToDo.People},
			MenuItem{Path: PathDevices, Name: "devices", Icon: "devices", Count: f.ToDo.Devices})
	}
	if f.Account.Pay {
		items = append(items, MenuItem{Path: PathExports, Name: "exports", Icon: "export", Count: f.ToDo.Exports})
	}
	return f.mark(items)
}

// OfficeMenu is what is opened now and then.
func (f Frame) OfficeMenu() []MenuItem {
	if f.Account.Own {
		return nil
	}
	var items []MenuItem
	if f.Account.Suspended {
		return f.mark([]MenuItem{{Path: PathPrivacy, Name: "privacy", Icon: "privacy", Count: f.ToDo.Privacy}, {Path: PathAccess, Name: "service", Icon: "service", Count: f.ToDo.Incidents}})
	}
	if f.Account.Rules {
		items = append(items, MenuItem{Path: PathRules, Name: "rules", Icon: "rules"})
	}
	if f.Account.Decide {
		items = append(items, MenuItem{Path: PathLaw, Name: "law", Icon: "law"})
	}
	if f.Account.Approvals {
		items = append(items, MenuItem{Path: PathApproval, Name: "approval", Icon: "check"})
	}
	if f.Account.Administer {
		items = append(items, MenuItem{Path: PathAccounts, Name: "accounts", Icon: "account"})
	}
	if f.Account.Administer || f.Account.Audit {
		items = append(items, MenuItem{Path: PathPrivacy, Name: "privacy", Icon: "privacy", Count: f.ToDo.Privacy},
			MenuItem{Path: PathService, Name: "service", Icon: "service", Count: f.ToDo.Incidents + f.ToDo.Alarms}, MenuItem{Path: PathLog, Name: "log", Icon: "log"})
	}
	return f.mark(items)
}

// mark sets Current on the item with the longest path that f.Path is under.
func (f Frame) mark(items []MenuItem) []MenuItem {
	path, _, _ := strings.Cut(f.Path, "?")
	for i := range items {
		items[i].Current = path == items[i].Path || strings.HasPrefix(path, items[i].Path+"/")
		if items[i].Path == PathMe {
			items[i].Current = path == PathMe
		}
		if items[i].Path == PathMeWeeks && strings.HasPrefix(path, PathMeDay) {
			items[i].Current = true
		}
		if items[i].Path == PathPeople && strings.HasPrefix(path+"/", PathAccounts) {
			items[i].Current = false
		}
	}
	return items
}

// Notice tells how the last action went.
type Notice struct {
	Bad  bool
	Text Message
	Undo *UndoForm // nil: can't be taken back
}

// UndoForm takes the last action back by posting its values to Action.
type UndoForm struct {
	Action string
	Values []Hidden
}

// Hidden is one hidden form value.
type Hidden struct{ Name, Value string }

// Form is what was typed and what was wrong with it, by field name.
type Form struct {
	Values   map[string]string
	Problems map[string]Message
}

// Problem says whether anything was wrong.
func (f Form) Problem() bool { return len(f.Problems) > 0 }

// Option is one choice of a select or one chip.
type Option struct {
	Value, Label string
	Chosen       bool
}

// Week is an ISO week.
type Week struct{ Monday time.Time }

// String is the week as in addresses: 2026-W46.
func (w Week) String() string {
	year, week := w.Monday.ISOWeek()
	return strconv.Itoa(year) + "-W" + strings.Repeat("0", b2i(week < 10)) + strconv.Itoa(week)
}

// Number is the ISO week number, 1 to 53.
func (w Week) Number() int { _, n := w.Monday.ISOWeek(); return n }

// Sunday is the week's last day.
func (w Week) Sunday() time.Time { return w.Monday.AddDate(0, 0, 6) }

// Before and After are the weeks beside this one.
func (w Week) Before() Week { return Week{w.Monday.AddDate(0, 0, -7)} }
func (w Week) After() Week  { return Week{w.Monday.AddDate(0, 0, 7)} }

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// SignIn is the sign-in page: POST PathSignIn (email, password, next).
type SignIn struct {
	Frame
	Form    Form // a wrong password is a problem of "password", too many tries one of "email"
	Gone    Gone
	Again   bool // who was signed in, and is not any more
	Next    string
	Version string
}

// Gone is what the door says of customers that were destroyed (OB-P6): numbers,
// as nothing else is left of them.
type Gone struct {
	Some bool           // there was one, beside others that are there
	All  []GoneCustomer // where no other is left
}

// GoneCustomer is one that was destroyed.
type GoneCustomer struct {
	Number int64
	Ended  *time.Time // nil: destruction goes on
}

func (*SignIn) name() string { return "sign-in" }

// Link leads to a page; its words stand under "open.".
type Link struct{ Path, Name string }

// Failure is an error page.
type Failure struct {
	Frame
	Status    int    // 403, 404, 500 have their own words; others share those of 500
	Suspended bool   // OB-H10
	Open      []Link // what stays open to who is signed in then
	SignedIn  bool   // as who may not look: there is a way out
	Reference string // what the log calls this; may be empty
	Detail    *Message
}

func (*Failure) name() string { return "failure" }
