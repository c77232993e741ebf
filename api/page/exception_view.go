package page

import "time"

// ExceptionCard is one question with, where there is one, a proposal. Its forms
// post to PathDecide, each with the hidden values that it names.
type ExceptionCard struct {
	Kind     string
	Day      string    // YYYY-MM-DD
	At       time.Time // of the tap it is about, or the day's noon
	What     Message   // what happened; no Key: the kind says it
	Hole     *Message  // what may hide the tap that lacks (I2)
	Proposed *Message  // nil: there is no proposal
	Why      []Message // the proposal's reasons, one clause each
	Accept   []Hidden  // of Proposed
	Other    []Hidden  // with "at" (HH:MM), "mode" where Modes asks for it, and "reason"; nil: no other time can be given
	Modes    []Option  // what the added tap was: in, out, break
	Ignore   []Hidden  // leave the tap out; nil: there is none
	Leave    []Hidden  // with "reason": accept it as it stands; nil: it can't be, or that is the proposal
	Absent   []Hidden  // with "length" (H:MM): absence
	Assign   []Hidden  // with "number" (of an employee) and "reason": whose the taps are
	Link     string    // where it is dealt with; "": here
	LinkText string    // key
	Form     Form      // of the answer that was refused
}

// Asks says whether anything else can be done than taking the proposal over.
func (c ExceptionCard) Asks() bool {
	return c.Other != nil || c.Ignore != nil || c.Leave != nil || c.Absent != nil || c.Assign != nil || c.Link != ""
}

// Exceptions is all that waits for a person: PathExceptions. Fragment "list".
type Exceptions struct {
	Frame
	Kind      string
	Kinds     []Option // with how many there are; the first is "all"
	Counts    map[string]int
	Sites     []Option
	Week      string // of the filter; "": all
	Weeks     []Option
	Items     []QueueItem
	Total     int // that fit the filter
	From, To  int // of Total, on this page
	Before    int // page numbers; 0: none
	After     int
	MayDecide bool
	Picks     bool     // one of Items can be picked
	Employees []Option // for Assign, by number; only where a card asks
	Form      Form     // of the picked ones: reason
}

func (*Exceptions) name() string { return "exceptions" }

// QueueItem is one of them.
type QueueItem struct {
	Key      string // for keys and places; unique on the page
	Heading  string // key of the words above it, where a group begins
	HeadDay  time.Time
	Employee int64 // 0: nobody's
	Name     string
	Number   string
	Site     string
	Day      Day
	Pick     string // what is posted when it is picked; "": it can't be
	Chosen   bool
	Card     ExceptionCard
	Request  *RequestCard
}

// RequestCard is what an employee asked.
type RequestCard struct {
	ID   int64
	Made time.Time
}

// ByHand is what can be decided about a day without any exception: absence,
// and minutes added or taken.
type ByHand struct {
	Absences []Option // codes; one: it is not asked
	Codes    []Option // nil: nothing can be decided
	Sites    []Option // nil: there is one
	Form     Form     // of the one that was refused
	For      string   // "absent" or "add_minutes"
}

// Correction is the arithmetic of an approved week that changed (I5, I8), in
// minutes by code.
type Correction struct {
	Lines []CorrectionLine
	Run   int64 // the last that sent of it; 0: none did, or the reader may not see runs
}

// CorrectionLine is one code. Pending is Now − Approved: a correction line at
// the next approval. ToSend is Now − Sent: what the next run after that brings.
type CorrectionLine struct {
	Code                                 string
	Approved, Now, Pending, Sent, ToSend int
}

// Of gives the line of a code, a new one where there is none.
func (c *Correction) Of(code string) *CorrectionLine {
	for i := range c.Lines {
		if c.Lines[i].Code == code {
			return &c.Lines[i]
		}
	}
	c.Lines = append(c.Lines, CorrectionLine{Code: code})
	return &c.Lines[len(c.Lines)-1]
}
