package page

import "time"

// Log is the audit log: PathLog?before=&of=reads.
type Log struct {
	Frame
	Lines    []LogLine
	Reads    bool  // who read what, instead of what was done
	Before   int64 // for "older"; 0: this is the end
	MayCheck bool

	Checked time.Time // when the whole chain was last verified; zero: never
	Links   int64     // how many entries that were
	Breaks  []Message // what was found
	Cut     bool      // the chain doesn't end as it was left
	Late    bool      // entries wait too long for their place in the chain
	Waiting int64
	Asked   bool // it is being verified, Done of Total entries; Total 0: in a moment
	Done    int64
	Total   int64
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
// Said stands instead of a value that has words.
type LogDetail struct {
	Name, Value string
	Said        Message
}
