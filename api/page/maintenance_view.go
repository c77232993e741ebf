package page

import "time"

// The addresses beside PathServiceMaintenance, which is GET only.
const (
	PathNoticeHook     = PathServiceMaintenance + "/hook"     // POST url: announcements from now on are told there
	PathNoticeHookDrop = PathServiceMaintenance + "/hook/off" // POST
)

// Announcement is work that everybody who is signed in is told of, above each
// page (OB-S3).
type Announcement struct {
	Title   string
	Changes string
	From    time.Time
	Until   time.Time
	OneDay  bool // it ends on the day on which it begins
}

// WorkIsNear says whether announced work begins within two days, or has begun.
func (f Frame) WorkIsNear() bool {
	return len(f.Announced) > 0 && f.Announced[0].From.Sub(f.Now) < 48*time.Hour
}

// WorkAfter is what is announced beside the first.
func (f Frame) WorkAfter() []Announcement { return f.Announced[min(1, len(f.Announced)):] }

// Maintenance is what was announced, who was told, and what versions brought:
// PathServiceMaintenance.
type Maintenance struct {
	Frame
	Rows     []MaintenanceLine
	Hook     *HookLine // nil: none in use
	Form     Form      // of a webhook
	Shown    string    // the webhook's signing secret, this once
	Releases []ReleaseNote
	Version  string // of the program
	May      bool   // set the webhook
}

func (*Maintenance) name() string { return "maintenance" }

// MaintenanceLine is one announcement.
type MaintenanceLine struct {
	Announcement
	Reference string
	At        time.Time // announced
	Ahead     int       // minutes; below zero: after it began
	Promised  int       // hours, by the contract of that day; 0: none
	Late      bool
	Office    int // minutes of it within office hours
	Cancelled time.Time
	Over      bool
	Letters   LetterTally
	Calls     []CallLine
}

// LetterTally counts letters.
type LetterTally struct {
	Sent, Waiting, Refused, Expired int
	Unclear                         int // perhaps sent more than once
	Late                            bool
	Last                            time.Time // when the last one was sent
}

// Any says whether there are letters.
func (l LetterTally) Any() bool { return l.Sent+l.Waiting+l.Refused+l.Expired > 0 }

// CallLine is how far a webhook is with an event.
type CallLine struct {
	Event    string // key of "maintenance.event."
	State    string // key of "maintenance.call."
	Attempts int
	Ended    time.Time
	Answer   string
}

// HookLine is the webhook in use.
type HookLine struct {
	URL   string
	Since time.Time
}

// ReleaseNote is what a version brought.
type ReleaseNote struct {
	Version string
	Day     time.Time
	Lines   []string
}
