package page

import "time"

// People is the list of employees: PathPeople. Fragment "list".
type People struct {
	Frame
	Search  string
	Gone    bool // also those who left
	Rows    []Person
	Total   int
	Unknown []UnknownFob
}

func (*People) name() string { return "people" }

// Person is one line of the list.
type Person struct {
	Employee int64
	Number   string
	Name     string
	Email    string
	Fobs     []string // labels held now
	Contract int      // minutes a week
	From     time.Time
	Until    time.Time // zero: no end
}

// EmployeeFields are the form fields of an employee: number, surname,
// first_name, email, zone, contract (hours a week, "40:00" or "40"), from,
// until (dates). Employee is the form: PathEmployeeNew, PathEmployee+id.
type Employee struct {
	Frame
	ID    int64  // 0: new
	Title string // the name as stored
	Form  Form
	Zones []Option
	// Purpose is what first names are kept for; empty: they aren't (OB-P1).
	Purpose string
	Fobs    []HeldFob
	Stock   []Option // fobs that can be issued
	Agreed  Agreed

	// With an account of their own an employee sees their own hours:
	// PathEmployee + id + EmployeeAccount, POST email, language.
	Own      *Account // nil: there is none
	Invite   Form     // email, language
	Tongues  []Option
	Password string // of the account just made, shown once

	Leaving Leaving
}

func (*Employee) name() string { return "employee" }

// HeldFob is one line of who held which fob when.
type HeldFob struct {
	Fob   int64
	Label string
	From  time.Time
	Until time.Time // zero: still
}

// Import is the CSV import with its checked preview: PathImport.
type Import struct {
	Frame
	Form    Form   // "file" or "csv"
	CSV     string // what was checked; posted again with confirm=yes
	Rows    []ImportRow
	New     int
	Changed int
	Same    int
	Bad     int
	Shown   bool // a preview, not the empty form
}

func (*Import) name() string { return "import" }

// ImportRow is one line of the file.
type ImportRow struct {
	Line     int
	Number   string
	Surname  string
	First    string
	Email    string
	Contract string
	From     string
	Change   string // "new", "changed", "same", "bad"
	Problems []Message
}

// Fobs is the stock: PathFobs.
type Fobs struct {
	Frame
	Search    string
	Status    string         // filter: "", in_stock, issued, lost, blocked, returned
	Counts    map[string]int // by status; "" is all
	Rows      []Fob
	Unknown   []UnknownFob
	Employees []Option
	Form      Form   // label, employee, from
	FormFor   string // which form was refused: "new", "issue", or the unknown fob's token
}

func (*Fobs) name() string { return "fobs" }

// Fob is one line of the stock.
type Fob struct {
	ID       int64
	Label    string
	Status   string
	Employee int64
	Holder   string
	Since    time.Time
	LastTap  time.Time // zero: never
}

// UnknownFob was tapped and belongs to nobody (OB-H1). Token is what the form
// gives back; it is not shown.
type UnknownFob struct {
	Token  string
	Key    uint32
	Taps   int
	Reader string
	Site   string
	First  time.Time
	Last   time.Time
}

// Registration is the manual registration of someone without a fob:
// PathRegistration (employee, day, in, out, reason).
type Registration struct {
	Frame
	Employees []Option
	Form      Form
	Recent    []ManualLine
	Back      string
}

func (*Registration) name() string { return "registration" }

// ManualLine is one registration made by hand.
type ManualLine struct {
	At       time.Time // when it was entered
	By       string
	Employee int64
	Name     string
	Day      time.Time
	In       string
	Out      string
	Break    string
	Reason   string
	Undone   bool
}

// Accounts is who may sign in: PathAccounts (email, name, language, role…).
type Accounts struct {
	Frame
	Rows     []Account
	Form     Form
	Roles    []string // all there are
	Password string   // of the account just made, shown once
	For      string   // whose
}

func (*Accounts) name() string { return "accounts" }

// Account is one line.
type Account struct {
	ID       int64
	Name     string
	Email    string
	Roles    []string
	LastSeen time.Time
	Person   string // personnel number of whose account it is; "": nobody's
	Locked   bool
	Closed   bool
	Self     bool // can't close oneself
}
