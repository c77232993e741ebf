package hours

import (
	"time"

	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/hours/rule"
)

// QueueFilter says which exceptions are asked for; zero values: all.
type QueueFilter struct {
	Kind   ExceptionKind
	Site   int64
	Week   calendar.Week
	Offset int
	Limit  int // 1…200
}

// Queue is what waits for a person, the most urgent first: what employees
// asked, taps that are nobody's, taps that lack, then the days, the newest
// first. Days of approved weeks are not in it: their exceptions were seen.
type Queue struct {
	Items []QueueItem
	Total int                   // that fit the filter
	Kinds map[ExceptionKind]int // of all, before Kind is applied
}

// QueueItem is one exception with what is needed to decide about it: of the
// four, what it is of is set.
type QueueItem struct {
	Exception
	Who      Who           // ID 0: nobody's
	Day      calendar.Date // of the timesheet; of Fob and Hole the tenant's
	Zone     string
	Site     int64
	SiteName string
	Strip    []Segment
	Minutes  int // of the day
	Rules    rule.Rules
	Fob      *FobTaps
	Asked    *Request
	Since    time.Time // of Hole: when it was found
}

// FobTaps is the taps of one day of a fob that nobody held then (OB-H1).
type FobTaps struct {
	KeyVersion uint32
	Token      [8]byte
	Fob        int64 // 0: the token is of no fob
	Label      string
	Count      int
	First      int64 // Unix ms
	Last       int64
	ReaderName string // of the last
	Holder     Who    // who held it last before that; ID 0: nobody did
}

// proposeFob gives what to do with taps that are nobody's. The decision has no
// tap: it is taken for each of them (DecideFob).
func (f FobTaps) propose(kind ExceptionKind) *Proposal {
	switch {
	case kind == BlockedFob && f.Holder.ID != 0:
		return &Proposal{Decision{Kind: AssignTap, Employee: f.Holder.ID, Proposed: true}, Basis{Kind: BasisHolder}}
	case kind == LostFob:
		return &Proposal{Decision{Kind: IgnoreTap, Proposed: true}, Basis{Kind: BasisLost}}
	}
	return nil
}

// propose gives the punch that an employee asked for, where they said when it
// was.
func (r Request) propose() *Proposal {
	if r.What == RequestOther || r.At.IsZero() {
		return nil
	}
	return &Proposal{Decision{Kind: AddPunch, Employee: r.Employee, Mode: Mode(r.What), At: r.At, About: Requested, Proposed: true}, Basis{Kind: BasisAsked}}
}
