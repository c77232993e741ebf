package page

import (
	"fmt"
	"time"
)

// The addresses of the service itself: what is promised of it, and what it was.
const (
	PathService            = "/service"             // GET month: availability
	PathServiceFile        = "/service/file"        // GET month, language: its report as a PDF
	PathServiceDecision    = "/service/decision"    // POST from, to (RFC 3339), cause, reason, month: whose failing an outage was
	PathServiceHours       = "/service/hours"       // POST month, opens, closes, days (week, all), holidays: office hours from a month on
	PathServiceReport      = "/service/report"      // GET month, number: the figures of a report as JSON; POST month: hands one out
	PathServiceIncidents   = "/service/incidents"   //
	PathServiceAttained    = "/service/attained"    // GET month, language: how incidents were answered and solved, as a PDF
	PathServiceMaintenance = "/service/maintenance" //
	PathServiceBackups     = "/service/backups"     //
	PathServiceEvidence    = "/service/evidence"    //
)

// Service is a month's availability: PathService.
type Service struct {
	Frame
	May           bool      // decide, set office hours, and hand a report out
	Month         time.Time // its first instant
	Before, After string    // the months beside it, as in addresses; "": none to go to
	Running       bool      // it isn't over
	Known         bool      // something was measured
	Parts         []ServicePart
	Map           HeatMap
	Outages       []ServiceOutage
	Taps          Message
	Issues        []ServiceIssue // that were handed out, the first first
	Office        bool           // office hours count
	Hours         Message
	HoursForm     Form
	Refused       int  // of Outages: whose form was refused; -1: none
	Form          Form // that form
}

// ServicePart is the days of a month on which one promise held: mostly all.
type ServicePart struct {
	From, To     time.Time // days; To the last
	Known        bool      // something was measured
	Ratio, Worst Share
	Credit       Message
	CreditOf     Message // of what it is a share
	Promise      Message // what the contract says
	Alarm        Message // how fast the budget goes; "": calmly
	Notes        []Message
	Facts        []ServiceFact
}

// ServiceIssue is a report that was handed out.
type ServiceIssue struct {
	Number    int
	At        time.Time
	Kind, By  string // of actor; By: of an account
	Hash      string
	Says, Now Parts // the outcome then, and as it is
	Changed   bool
	Changes   Parts     // why
	Decided   []Message // since then
}

// NowText says the outcome as it is.
func (i ServiceIssue) NowText() Message { return Say("plain", i.Now) }

// Why says what changed.
func (i ServiceIssue) Why() Message { return Say("plain", i.Changes) }

// Waits says whether there is something that no report says yet.
func (v *Service) Waits() bool { return len(v.Issues) == 0 || v.Issues[len(v.Issues)-1].Changed }

func (*Service) name() string { return "service" }

// Causes are those that an outage can be given.
func (Service) Causes() []string { return []string{"supplier", "customer", "force_majeure"} }

// Widths are the days on which an office is open.
func (Service) Widths() []string { return []string{"week", "all"} }

// ServiceFact is a line of the reckoning.
type ServiceFact struct {
	Label string // key
	Text  Message
}

// ServiceOutage is a run of minutes in which users couldn't get in.
type ServiceOutage struct {
	From, To      time.Time
	Down, Excused int    // minutes in the month: that count in the contract's time, and others
	Cause         string // "": nobody decided; "contested": the parties don't agree
	Claimed       bool   // it doesn't count on the supplier's word alone
	Said          []ServiceSaid
	GoesOn        bool
	Unsettled     bool
}

// ServiceSaid is what a party decided of an outage.
type ServiceSaid struct {
	Party, By     string // supplier or customer; By "": nobody who signed in
	Cause, Reason string
	At            time.Time
}

// Stamps are how the form names it.
func (o ServiceOutage) Stamps() [2]string {
	return [2]string{o.From.UTC().Format(time.RFC3339), o.To.UTC().Format(time.RFC3339)}
}

// Month is the month that a time lies in, by its name.
type Month time.Time

// Whole is a number that is written with its thousands apart.
type Whole int

// Share is an exact ratio; it is written in percent to three decimals, cut off.
type Share struct{ Up, Of int }

func (w *words) share(s Share) string {
	if s.Of == 0 {
		return ""
	}
	cut := int64(s.Up) * 100_000 / int64(s.Of)
	return fmt.Sprintf("%d%s%03d", cut/1000, w.text["decimal.sign"], cut%1000)
}
