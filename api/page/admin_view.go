package page

import "time"

// Log is the audit log: PathLog?before=.
type Log struct {
	Frame
	Lines  []LogLine
	Before int64 // for "older"; 0: this is the end
	// Checked: somebody asked for the whole chain, and Intact says how it is.
	Checked, Intact bool
}

func (*Log) name() string { return "log" }

// LogLine is one entry.
type LogLine struct {
	ID          int64
	At          time.Time
	By          string
	Kind        string // account, api_key, gateway, system, operator
	Action      string // as recorded
	SubjectKind string
	Subject     string // its name, or number
	Details     []LogDetail
}

// LogDetail is one value that was recorded; its words are "detail." and Name.
type LogDetail struct{ Name, Value string }
