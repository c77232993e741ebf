package page

import "time"

// Me is an employee's own page of today: PathMe. Fragment "live".
type Me struct {
	Frame
	State   string // in, break, out
	Since   time.Time
	Where   string
	Minutes int  // today, so far
	Pause   bool // an automatic break may still come off
	Day     Picture
	Open    []MeOpen // days that need somebody, the latest first
	Week    MeWeekRows
	Balance []MeBalance // this week and this pay period
	Planned []MeShift   // the next ones
	Asked   []MeRequest // open ones, and those answered lately
}

func (*Me) name() string { return "me" }

// MeOpen is a day of which something is not right yet.
type MeOpen struct {
	Day  time.Time
	Text string // a sentence
}

// MeWeekRows is a week by day.
type MeWeekRows struct {
	Week    Week
	Days    []MeDayRow
	Minutes int
	State   string // open, approved, rejected
}

// MeDayRow is one day of it.
type MeDayRow struct {
	Day     Day
	Picture *Picture // nil: nothing to draw
	Running bool
	Open    bool // something is not right yet
	Absent  int  // minutes
	Future  bool
}

// MeBalance is hours against what was agreed.
type MeBalance struct {
	Name     string // week, period
	From, To time.Time
	Counted  int
	Agreed   int // 0: no fixed number
}

// Part is how much of what was agreed is there, 0 to 100.
func (b MeBalance) Part() int {
	if b.Agreed <= 0 {
		return 0
	}
	return min(100, max(0, 100*b.Counted/b.Agreed))
}

// MeShift is a planned shift.
type MeShift struct {
	From, To time.Time
	Kind     string // work, call, standby
	Where    string
}

// MeRequest is what was asked for.
type MeRequest struct {
	Day    time.Time
	What   string // in, out, break, other
	At     time.Time
	Text   string
	State  string // open, granted, refused
	Answer string
}

// MeWeek is one week of an employee's own: PathMeWeeks, PathMeWeek+week.
type MeWeek struct {
	Frame
	Rows      MeWeekRows
	Latest    bool   // no later week has begun
	Statement string // "", ask, done: what the employee is to say of it
	Seen      string // what the statement is about
	Balance   []MeBalance
}

func (*MeWeek) name() string { return "me-week" }

// MeDay explains one day to whose day it is: PathMeDay+date.
type MeDay struct {
	Frame
	Day       time.Time
	Minutes   int
	Picture   Picture
	Why       MeWhy
	Future    bool
	Form      Form // what, at, text
	Asked     []MeRequest
	HasBefore bool
}

func (*MeDay) name() string { return "me-day" }

// MeWhy is a day in sentences.
type MeWhy struct {
	Taps      []TapLine
	Steps     []CountLine // what leads to the sum, and what stands beside it
	Lines     []CountLine // what came of it
	Questions []string
	Decisions []MeDecision
	Planned   []string
	Notes     []string
}

// MeDecision is what somebody decided about the day.
type MeDecision struct {
	Text, By string
	Undone   bool
}

// Week is the week that the day lies in.
func (m *MeDay) Week() Week { return weekOf(m.Day) }

func weekOf(t time.Time) Week {
	return Week{time.Date(t.Year(), t.Month(), t.Day()-(int(t.Weekday())+6)%7, 0, 0, 0, 0, t.Location())}
}

// Before and After are the days beside it.
func (m *MeDay) Before() time.Time { return m.Day.AddDate(0, 0, -1) }
func (m *MeDay) After() time.Time  { return m.Day.AddDate(0, 0, 1) }

// Views that are in every language of OwnLanguages; all others are in those of
// Languages.
func (*Me) own()      {}
func (*MeWeek) own()  {}
func (*MeDay) own()   {}
func (*SignIn) own()  {}
func (*Failure) own() {}
