package page

import "time"

// Paper is what can be printed of a period, and the check of a print:
// PathPaper.
type Paper struct {
	Frame
	Form      Form     // from, to, number, site, assignment, cost_centre, language; hash, chain
	Sites     []Option // empty: there is one
	Print     []Option // languages
	Problem   *Message // why nothing was printed
	MaySheets bool     // timesheets too: evidence may always be printed
	Checked   *CheckedPaper
}

func (*Paper) name() string { return "paper" }

// CheckedPaper is what the approval with a printed hash holds.
type CheckedPaper struct {
	Unaltered bool
	Findings  []string
	Number    string
	Name      string // "": no longer known
	Week      Week
	At        time.Time
	By        []Message
	Corrects  bool
	Later     int // corrections approved after it
	Days      []PaperDay
	Minutes   int
	Hash      string
	Entry     int64 // 0: none
	Chain     string
	Verified  time.Time // when the whole log last was; zero: just now
}

// PaperDay is a day as it was approved.
type PaperDay struct {
	Date    time.Time
	Times   []PaperTime
	Minutes int
}

// PaperTime is a stretch of it.
type PaperTime struct {
	From, To time.Time // zero: a tap is missing
	Where    string
}
