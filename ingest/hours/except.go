package hours

// ExceptionKind says what needs a person.
type ExceptionKind string

// The kinds of exceptions of an employee's day.
const (
	MissingIn    ExceptionKind = "missing_in"
	MissingOut   ExceptionKind = "missing_out"
	MissingTap   ExceptionKind = "missing_tap"    // an odd number of taps; which one is missing can't be told
	MissingBreak ExceptionKind = "missing_break"  // out while on break: the break runs until then
	TooLong      ExceptionKind = "too_long"       // a complete shift longer than the rule's "questioned" length: Minutes
	TooShort     ExceptionKind = "too_short"      // a complete shift shorter than the rule's: Minutes
	TooMany      ExceptionKind = "too_many"       // more taps on a day than anybody makes: Count; none of them counts until a person looked
	Uncertain    ExceptionKind = "uncertain_time" // I4
	Impossible   ExceptionKind = "impossible_time"
	NotEmployed  ExceptionKind = "not_employed" // a shift before the first or after the last working day: no minutes until the dates say otherwise
	SealedDay    ExceptionKind = "sealed_day"   // a tap that came after its day was sealed: minutes are added by hand, or the tap is ignored (I5)

	NoShow         ExceptionKind = "no_show"         // planned, and no tap: Shift, Minutes planned
	LateWithdrawal ExceptionKind = "late_withdrawal" // a call taken back too late: Shift, Minutes to be paid (Dutch Civil Code 7:628a)
	DoubleHolder   ExceptionKind = "double_holder"   // the tap's fob is two employees': Rival is the other
	TwoSites       ExceptionKind = "two_sites"       // a tap at another site within the double-tap window: Site is the first one's
	Overlap        ExceptionKind = "overlap"         // came in at a site while in at another: Site is where
	Law            ExceptionKind = "law"             // a breach of the Working Hours Act, or of the agreement in its place: Rule, Minutes

	// These are added when a day is read: they follow from more than the day.
	SequenceHole ExceptionKind = "sequence_hole"      // taps of its site are missing (I2): Device, From, To; who gives the hole up ends it
	Requested    ExceptionKind = "correction_request" // the employee asks for a correction: Request
)

// The kinds of exceptions of taps that are nobody's (OB-H1): FobException.
const (
	UnknownFob ExceptionKind = "unknown_fob" // its token is of no fob
	UnheldFob  ExceptionKind = "unheld_fob"  // in stock, returned, or not yet issued then
	BlockedFob ExceptionKind = "blocked_fob"
	LostFob    ExceptionKind = "lost_fob"
)

// Counted tells that the day's minutes are known beside what is asked: the
// question is whether they are right, or about something else.
func (k ExceptionKind) Counted() bool {
	switch k {
	case TooLong, TooShort, LateWithdrawal, Law, Requested:
		return true
	}
	return false
}

// Exception is something of a day that a person has to look at. What is about
// the day as a whole has no tap and no instant.
type Exception struct {
	Kind    ExceptionKind `json:"kind"`
	Tap     TapID         `json:"tap,omitempty"`     // the tap it is about, "" for an added punch
	At      int64         `json:"at"`                // Unix ms of that tap; 0: about the day
	Minutes int           `json:"minutes,omitempty"` // what the kind says
	Count   int           `json:"count,omitempty"`   // TooMany: taps of the day
	Site    int64         `json:"site,omitempty"`    // TwoSites, Overlap: the other one
	Shift   int64         `json:"shift,omitempty"`   // NoShow, LateWithdrawal: the plan's
	Rival   int64         `json:"rival,omitempty"`   // DoubleHolder: the other employee
	Rule    string        `json:"rule,omitempty"`    // Law: the check's name
	Request int64         `json:"request,omitempty"` // Requested
	Hole    *Hole         `json:"hole,omitempty"`    // SequenceHole, and of a missing tap one that may hide it; filled when read
	// Proposal is filled when read (Explain), never stored and never applied by
	// itself; nil: there is nothing to go by.
	Proposal *Proposal `json:"proposal,omitempty"`
	More     int       `json:"more,omitempty"` // exceptions of the day besides, that are not listed
}

// About gives what an Accept of it has to say: Day and About for what has no
// tap, else Tap and At with About.
func (e Exception) About() ExceptionKind {
	if e.Kind == Law { // one breach accepted is not all of them
		return Law + ":" + ExceptionKind(e.Rule)
	}
	return e.Kind
}

// Hole is taps of a device that the server knows to exist and does not have.
type Hole struct {
	Device   string `json:"device"`
	From, To int64  // seq; To 0: nobody knows how many
}

// Proposal is a decision somebody could take, with its reason.
type Proposal struct {
	Decision Decision `json:"decision"` // to be passed to Decide, with By and Reason filled in
	Basis    Basis    `json:"basis"`
}

// BasisKind says what a proposal rests on.
type BasisKind string

// What proposals rest on.
const (
	BasisUsual    BasisKind = "usual"    // the same weekday of the last four weeks
	BasisRecent   BasisKind = "recent"   // the last days worked
	BasisContract BasisKind = "contract" // a fifth of the weekly contract: Minutes
	BasisBreak    BasisKind = "break"    // the break the rules ask for: Minutes
	BasisDevice   BasisKind = "device"   // the device's own clock
	BasisEstimate BasisKind = "estimate" // the best estimate of the tap's time
	BasisAsIs     BasisKind = "as_is"    // taken as it stands
	BasisHolder   BasisKind = "holder"   // who held the fob last
	BasisLost     BasisKind = "lost"     // whoever found a lost fob is not its employee
	BasisAsked    BasisKind = "asked"    // what the employee says
	BasisFirst    BasisKind = "first"    // the first of two that contradict each other counts
	BasisLater    BasisKind = "later"    // the later of two that contradict each other counts
	BasisBounds   BasisKind = "bounds"   // the first and the last of too many taps
)

// Basis gives a proposal's reason in parts that a page puts into words.
type Basis struct {
	Kind     BasisKind `json:"kind"`
	Weekday  int       `json:"weekday"` // 0 Sunday … 6, for BasisUsual
	Days     int       `json:"days"`    // on how many days it rests
	Earliest int       `json:"earliest"`
	Latest   int       `json:"latest"`  // minutes of the local day; 1440 and more: the next day
	Minutes  int       `json:"minutes"` // usual, recent: the median, in the same; contract, break: a length
}
