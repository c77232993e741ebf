package page

import "time"

// Analysis is what hours give besides pay: PathAnalysis.
type Analysis struct {
	Frame
	Contract   bool // it allows statistics (OB-P13)
	Allowed    bool
	Basis      string // the clause of the contract, or why it was withdrawn; "": nobody decided
	By         string // "" where it was not a person who still has an account
	At         time.Time
	MayAllow   bool
	MayPublish bool
	MayTake    bool
	Rows       []PublicationLine
	Form       Form // from, to of the workbook; month; basis
}

func (*Analysis) name() string { return "analysis" }

// PublicationLine is lines of a month that were published at once.
type PublicationLine struct {
	Month time.Time
	At    time.Time
	By    string
	Lines int
	Held  int
	Kept  bool // its rows are there: publishing was not withdrawn since
}
