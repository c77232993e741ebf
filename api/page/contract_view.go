package page

import "time"

// Contracts is the contracts and the hirers with their sites: PathContracts.
type Contracts struct {
	Frame
	Contracts []ContractLine
	Hirers    []HirerLine
	Sites     []Option
	Form      Form   // name
	FormFor   string // which form was refused: "contract", "hirer", or either with an id
}

func (*Contracts) name() string { return "contracts" }

// ContractLine is one contract.
type ContractLine struct {
	ID     int64
	Name   string
	People int // whose it is now
}

// HirerLine is one hirer.
type HirerLine struct {
	ID    int64
	Name  string
	Sites []Option // all there are; Chosen: its own
	Names []string // of its own
}

// Terms is what an employee agreed on from a day on.
type Terms struct {
	From     time.Time
	Contract string // "": none
	Minutes  int    // a week; 0: on call
}

// Assignment is one line of for whom an employee works.
type Assignment struct {
	ID          int64
	Number      string
	CostCentre  string
	Hirer, Site string // "": any
	From        time.Time
	Until       time.Time // zero: no end
	Form        Form
}

// Agreed is an employee's terms and assignments.
type Agreed struct {
	Terms       []Terms // newest first
	Assignments []Assignment
	Contracts   []Option
	Hirers      []Option
	SiteChoice  []Option
	TermsForm   Form // from, contract, minutes
	WorkForm    Form // number, cost_centre, hirer, site, from, until
	WorkFor     int64
	Born        string // what birth dates are kept for; "": they aren't (OB-P1)
}
