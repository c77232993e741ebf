package page

import "time"

// Ending is the end of the contract: PathEnding.
type Ending struct {
	Frame
	Terms       string      // profile: key of "ending.terms."
	Chosen      bool        // the contract says how long data stays
	Days        []EndingDay // none: no end is planned
	ReadOnly    bool
	Ask         string    // what somebody has to do now: key of "ending.ask."; "": nothing
	Asked       time.Time // the day that it is about
	Exported    time.Time
	Fingerprint string
	Since       int64 // registrations that came after the export
	Accepted    time.Time
	AcceptedBy  string // "": at the command line
	Form        Form
	May         bool
}

func (*Ending) name() string { return "ending" }

// EndingDay is a day of the timetable.
type EndingDay struct {
	Key  string // of "ending.day."
	At   time.Time
	Past bool
}
