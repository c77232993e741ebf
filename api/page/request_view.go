package page

import "time"

// Requests is the register of requests of data subjects: PathRequests.
type Requests struct {
	Frame
	Rows  []RequestLine
	Late  int
	May   bool // decide, and carry out
	Kinds []string
	Form  Form // a new one: kind, number, requester, name, received, what
}

func (*Requests) name() string { return "requests" }

// RequestLine is one request.
type RequestLine struct {
	ID          int64
	Kind        string
	Employee    int64
	Who, Number string
	Erased      bool // there is nobody behind it any more
	Requester   string
	Name        string // of a representative
	What        string
	Received    time.Time
	Due         time.Time
	State       string
	Late        bool
	Checked     bool
	Opened      bool // shown unfolded
	Steps       []RequestStep
	Next        []string  // what an administrator can decide now
	Do          string    // what carries it out: erase, file, restrict, lift, by-hand; "": nothing
	Obstacles   []Message // why it can't be erased yet
	Proof       *RequestProof
}

// RequestStep is a step that was taken.
type RequestStep struct {
	Act, Reason, By string
	At              time.Time
}

// RequestProof is what the certificate of an erasure says.
type RequestProof struct {
	Certificate      int64
	At               time.Time
	Removed, Changed int64
	Sought, Shared   int
	Traces           []string // table.column
	Backups          []RequestBackup
}

// RequestBackup is one in which the person still stands.
type RequestBackup struct {
	Name    string
	Expires time.Time
}

// MeData is where an employee asks for what the law gives them: PathMeData.
type MeData struct {
	Frame
	Form  Form // kind, what
	Kinds []string
	Rows  []MeDataRequest
}

func (*MeData) name() string { return "me-data" }
func (*MeData) own()         {}

// MeDataRequest is a request of the employee's own.
type MeDataRequest struct {
	Kind, State string
	Received    time.Time
	Due         time.Time
	Answer      string
}
