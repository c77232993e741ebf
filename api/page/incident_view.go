package page

import (
	"html/template"
	"strings"
	"time"
)

// What follows PathServiceIncidents.
const (
	IncidentStep = "/step" // + after the number: POST what, at, note, priority, of
	IncidentCall = "/call" // + after the number: POST step, called, answered
)

// Incidents are what disturbed the service, and how it went:
// PathServiceIncidents; fragment "live".
type Incidents struct {
	Frame
	Profile  string // key of "incident.profile."
	Promises []IncidentPromise
	Confirm  int           // working days until a person confirms; 0: not promised
	Aim      int           // working days for bookkeeping questions; 0: not strived for
	Support  *SupportHours // in place of the service window; nil: that holds
	Closing  *IncidentGap  // the first and the last day on which a pay period closes, today among them; nil: none does
	Duty     []IncidentDuty
	Gaps     []IncidentGap // in which nobody is called first
	Open     []IncidentLine
	Past     []IncidentLine
	Months   []IncidentMonth // the newest first
	Form     Form
	Choices  IncidentChoices
	May      bool
}

func (*Incidents) name() string { return "incidents" }

// Quiet are the months in which no incident arose that counts. One that was
// dismissed or a double may have: it stands in the month's paper.
func (v *Incidents) Quiet() (months []time.Time) {
	for _, m := range v.Months {
		if len(m.Lines) == 0 {
			months = append(months, m.Month)
		}
	}
	return months
}

// SupportHours are when support is open, but for holidays.
type SupportHours struct {
	Opens, Closes int         // minutes of the day
	Days          []time.Time // of some week
}

// IncidentPromise is what the contract says of a priority.
type IncidentPromise struct {
	Priority string // key of "incident.priority."
	Answer   int    // minutes; 0: not promised
	Solve    int
	Days     int // working days until the diagnosis
	AllHours bool
	Share    int
}

// IncidentDuty is who is called now.
type IncidentDuty struct {
	Step      int
	Name      string
	Telephone string
	Until     time.Time
}

// Link dials the number.
func (d IncidentDuty) Link() template.URL {
	digits := strings.Map(func(r rune) rune {
		if r == '+' || r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, d.Telephone)
	return template.URL("tel:" + digits) // #nosec G203: nothing but digits and a plus
}

// IncidentGap is when nobody is.
type IncidentGap struct{ From, Until time.Time }

// IncidentLine is one of them with its clocks.
type IncidentLine struct {
	ID       int64
	Message  string
	Kind     string // key of "incident.kind."
	Category string
	Priority string // key of "incident.priority."
	State    string // key of "incident.state."
	Arose    time.Time
	Clocks   []IncidentClock // only what is promised
	Contact  *IncidentClock  // the daily word, while it is open
	Call     int             // the step of the roster to call now; 0: nobody
}

// IncidentClock is a deadline.
type IncidentClock struct {
	What     string // key of "incident.clock."
	By       time.Time
	Was      time.Time // zero: not yet
	Left     int       // minutes that count; with Late those over
	Late     bool
	AllHours bool // day and night; else hours of the service window
	Aim      bool
}

// IncidentMonth is a month's attainment.
type IncidentMonth struct {
	Month time.Time // its first day
	Lines []IncidentAttained
}

// IncidentAttained is that of priorities which share a promise.
type IncidentAttained struct {
	Priorities       []string
	Share            int
	Met              bool
	Solved, Answered IncidentTally
}

// IncidentTally counts deadlines.
type IncidentTally struct{ InTime, Judged, Waiting int }

// IncidentChoices are those of the form.
type IncidentChoices struct{ Kinds, Channels, Disturbances, CutOff, Workaround, Priorities []Option }

// Incident is one with all that is known of it: PathServiceIncidents/ID.
type Incident struct {
	Frame
	IncidentLine
	Channel  string // key of "incident.channel."
	Report   IncidentReport
	Extent   string // key of "incident.extent."
	Hit      int
	Users    int
	CutOff   bool
	Around   bool // there is a workaround
	Disturbs string
	Reported time.Time
	Start    time.Time // from when time is counted
	Waits    bool      // it was mailed outside the service window
	Agreed   string    // the priority at the report
	Why      string
	Written  time.Time
	By       string
	Steps    []IncidentDone
	Calls    []IncidentCalled
	Told     []IncidentTold // who on duty was told, the last first
	Duty     []IncidentDuty
	Do       Form
	Next     []Option // keys of "incident.step."
	Others   []Option // priorities
	Called   Form
	May      bool
}

func (*Incident) name() string { return "incident" }

// IncidentReport is what was reported.
type IncidentReport struct{ Message, Steps, Computer, Screenshot string }

// IncidentDone is what was done.
type IncidentDone struct {
	What     string // key of "incident.step."
	DoneAt   time.Time
	Note     string
	Priority string
	Of       int64
	Written  time.Time
	By       string // "": the operator or the program
}

// IncidentCalled is a call.
type IncidentCalled struct {
	Step     int
	At       time.Time
	Answered time.Time // zero: nobody did
	Took     int       // seconds
}

// IncidentTold is when a step of the roster was told by e-mail.
type IncidentTold struct {
	Step int
	At   time.Time
	Sent bool // else it waits for the mail server
}
