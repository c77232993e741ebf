package tenant

import (
	"slices"
	"time"
)

// ProfileName names the document that a tenant's contract is made after.
type ProfileName string

// The profiles (obligations.md, top).
const (
	Nedap    ProfileName = "nedap"
	WinBase  ProfileName = "winbase"
	Direct   ProfileName = "direct"
	Planning ProfileName = "planning"
	Strict   ProfileName = "strict" // no document: where documents differ, the strictest of them
)

// Profile is what a contract promises, as values. A value that a document is
// silent on is the strictest of the others, except where they can't both be
// met: EndTerms then have to be chosen.
type Profile struct {
	Name          ProfileName
	Precedence    []Document // which document wins, the first before the second
	Availability  Availability
	Responses     []Response
	Keep          Span // the longest that data is kept without a written instruction of the customer (OB-P3)
	End           EndTerms
	Breach        BreachTerms
	SubProcessors SubProcessorTerms
	Statistics    Statistics // the supplier's own (OB-P13)
	Regions       []Region   // where data may be (OB-P9)
	Notice        Notice
	Indexation    Indexation
	ChangedTerms  Span // changed terms are told this long ahead (OB-P18)
	ForceMajeure  int  // days after which the other party may end the contract at once
	FirstUse      Span // services not taken this long after the contract's date are charged (OB-H12)
	Audit         AuditTerms
	UpdateNotice  time.Duration // update work is announced this long ahead; 0: not promised (OB-S3)
	BackupsKept   int           // days (OB-C8)
	Reminders     int           // of arrears, before the service may be suspended (OB-H10)
}

// Document is one of those that make up a contract.
type Document string

// The documents.
const (
	Agreed     Document = "agreement"  // the agreement itself, or the order
	ServiceLvl Document = "service"    // service levels
	Processing Document = "processing" // the data processing agreement
	Conditions Document = "conditions" // general terms
)

// Span is a time by the calendar: months are added before days.
type Span struct{ Months, Days int }

// IsZero says whether nothing was said.
func (s Span) IsZero() bool { return s == Span{} }

// After gives the day s after one, midnight UTC. A day that the month lacks is
// the month's last: a month after 31 January is 28 February.
func (s Span) After(day time.Time) time.Time { return addMonths(day, s.Months).AddDate(0, 0, s.Days) }

// Before gives the day s before one.
func (s Span) Before(day time.Time) time.Time {
	return addMonths(day, -s.Months).AddDate(0, 0, -s.Days)
}

// Longer says whether s is longer than other, counting 31 days a month against
// 28: false where it depends on the month.
func (s Span) Longer(other Span) bool {
	return s.Months*28+s.Days > other.Months*31+other.Days || s.Months == other.Months && s.Days > other.Days ||
		s.Days == other.Days && s.Months > other.Months
}

func addMonths(day time.Time, months int) time.Time {
	first := time.Date(day.Year(), day.Month()+time.Month(months), 1, 0, 0, 0, 0, day.Location())
	last := first.AddDate(0, 1, -1).Day()
	return first.AddDate(0, 0, min(day.Day(), last)-1)
}

// Availability is what is promised of a month (OB-S1, OB-S2).
type Availability struct {
	Percent     float64 // 99
	OfficeHours bool    // only those count
	Maintenance bool    // announced work is left out
	Bands       []Band  // the lowest first
}

// Band is what share of a month's fee is given back below an availability.
type Band struct {
	Below  float64 // percent: of an availability under it; whether also of one that is exactly it, api/sla says (Terms.Credit)
	Credit int     // percent
}

// Priority is how grave an incident is, as its document calls it.
type Priority string

// The priorities (OB-S5, OB-S7).
const (
	High     Priority = "high"
	Medium   Priority = "medium"
	Low      Priority = "low"
	Login    Priority = "login"    // somebody can't get in because of us
	Question Priority = "question" // about the contents
)

// Response is how soon an incident is answered and solved. Hours are those of
// the service window unless AllHours; WorkingDays stand alone.
type Response struct {
	Priority    Priority
	Answer      time.Duration
	Solve       time.Duration // 0: not promised
	WorkingDays int           // of the diagnosis; 0: hours count
	AllHours    bool          // day and night
	Share       int           // percent that is solved in time
}

// EndTerms is what happens after the contract's end (OB-P4, OB-P5).
type EndTerms struct {
	Access  Span // people still get in, to read and to take
	Data    Span // after it the data is destroyed
	Backups Span // after that again the backups are gone
}

// Chosen says whether the terms are known. The documents can't both be met, so
// there is no default (table of conflicts): until then nothing is destroyed.
func (e EndTerms) Chosen() bool { return !e.Data.IsZero() }

// BreachTerms is how soon a breach is told to the controller (OB-P10).
type BreachTerms struct {
	Within time.Duration // from when it became known
	Aim    bool          // strived for, not promised
}

// SubProcessorTerms is how others are taken on (OB-P8).
type SubProcessorTerms struct {
	Consent    bool // written consent of the customer comes first
	Notice     Span // told this long ahead
	Objection  Span // the customer may object this long
	UrgentDays int  // working days in which an urgent one is told afterwards; 0: none may be urgent
	Updated    Span // the list is updated at least this often
}

// Statistics is what the supplier may count for itself (OB-P13).
type Statistics string

// The kinds.
const (
	NoStatistics Statistics = "none"
	Anonymous    Statistics = "anonymous" // without persons, groups under five suppressed
)

// Region is a territory under whose law data is.
type Region string

// The regions; each holds the ones before it. World is what a contract never
// allows by itself.
const (
	NL    Region = "NL"
	EU    Region = "EU"
	EEA   Region = "EEA"
	World Region = "other"
)

// Notice is how a contract is ended (OB-P18).
type Notice struct {
	Months   int
	ToMonth  bool // the end of the calendar month after that of the notice: 15 September → 31 October
	OfMonths int  // the contract runs at least this long; 0: as long as both like
}

// Indexation is when prices may rise; Month 0: on no fixed day.
type Indexation struct {
	Month time.Month
	Day   int
	Ahead Span // told this long before
}

// AuditTerms is what the customer may examine (OB-C15).
type AuditTerms struct {
	AYear      int
	Announced  Span
	Registered bool // by a registered EDP auditor
	Yearly     bool // the supplier reports on its measures each year (OB-C14)
}

// Covers says whether something in place may be kept under the contract: r is
// allowed itself or inside what is.
func (p Profile) Covers(r Region) bool {
	order := []Region{NL, EU, EEA}
	at := slices.Index(order, r)
	return at >= 0 && slices.ContainsFunc(p.Regions, func(allowed Region) bool { return slices.Index(order, allowed) >= at })
}
