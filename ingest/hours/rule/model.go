package rule

import (
	"bytes"
	"encoding/json"

	"tikklok/ingest/hours/calendar"
)

// Scope is the part of a tenant that a set holds for. Wider scopes come first
// in layers: tenant, hirer, site, contract, assignment, employee; the fields
// that a narrower one names stand above the wider one's.
type Scope struct {
	Kind ScopeKind `json:"kind,omitempty"` // "": ScopeTenant
	ID   int64     `json:"id,omitempty"`
}

// ScopeKind is a layer.
type ScopeKind string

// The layers, widest first.
const (
	ScopeTenant     ScopeKind = "tenant"
	ScopeHirer      ScopeKind = "hirer"
	ScopeSite       ScopeKind = "site"
	ScopeContract   ScopeKind = "contract"
	ScopeAssignment ScopeKind = "assignment"
	ScopeEmployee   ScopeKind = "employee"
)

// Pairing says how taps become in and out.
type Pairing string

// The ways of pairing.
const (
	PairModes     Pairing = ""           // the reader's mode; on a toggling one in and out in turn
	PairWindows   Pairing = "windows"    // as modes, but a tap on a toggling reader within a Window means what the window says
	PairFirstLast Pairing = "first_last" // the first tap of a day is in, the last out; what lies between does not count
)

// Window is a time of day in which a tap on a toggling reader means in or out.
type Window struct {
	Mode string   `json:"mode"` // in, out
	From string   `json:"from"` // "05:00", local
	To   string   `json:"to"`   // after From
	Days []string `json:"days,omitempty"`
}

// ShiftDay says which day a shift belongs to.
type ShiftDay string

// The days a shift can belong to, each counted from Rules.DayStart.
const (
	DayOfStart ShiftDay = ""     // the day it starts on
	DayOfEnd   ShiftDay = "end"  // the day it ends on
	DayOfMost  ShiftDay = "most" // the day most of it lies on; of equals the first
)

// Rounding is what is rounded, to what, and whither. The zero value rounds
// nothing. In a document a plain number n means {"per":"shift","to":n}.
type Rounding struct {
	Per  RoundPer `json:"per"`
	To   int      `json:"to"`            // minutes: 1…60, a divisor of 60
	Way  RoundWay `json:"way,omitempty"` // of net minutes, or of an in
	Out  RoundWay `json:"out,omitempty"` // RoundTap: of an out; "": as Way, but employee and employer turn round by themselves
	Half RoundWay `json:"half,omitempty"`
}

// RoundPer says what is rounded.
type RoundPer string

// What can be rounded.
const (
	RoundNothing RoundPer = ""
	RoundTap     RoundPer = "tap"   // each in and out (and break)
	RoundShift   RoundPer = "shift" // net minutes of a shift
	RoundDay     RoundPer = "day"   // net minutes of a day
)

// RoundWay says whither.
type RoundWay string

// The ways of rounding.
const (
	RoundNearest  RoundWay = "" // a half up, or as Half says
	RoundUp       RoundWay = "up"
	RoundDown     RoundWay = "down"
	RoundEmployee RoundWay = "employee" // in earlier, out later, minutes up
	RoundEmployer RoundWay = "employer"
)

// Premiums says what becomes of minutes for which several bands, or a band and
// overtime, hold.
type Premiums string

// The ways of premiums.
const (
	PremiumHighest Premiums = ""      // the highest percentage gives the code
	PremiumStack   Premiums = "stack" // minutes keep their code, and each band that holds gives a supplement line of its own
)

// Overtime moves the minutes worked above a threshold in a stretch of time to
// a code of their own: the last minutes worked, in order of time.
type Overtime struct {
	Per     OverPer  `json:"per"`
	Base    OverBase `json:"base,omitempty"`
	Above   int      `json:"above"`             // minutes, on top of the base
	Code    string   `json:"code"`              // a code of meeruren, overuren, or tijd voor tijd
	Percent int      `json:"percent,omitempty"` // 100…1000, against bands (PremiumHighest); 0: 100
}

// OverPer is the stretch a threshold is for.
type OverPer string

// The stretches.
const (
	OverDay    OverPer = "day"
	OverWeek   OverPer = "week"   // ISO
	OverPeriod OverPer = "period" // the tenant's pay period (calendar.Table); base is by its days: weekly minutes × days ÷ 7
)

// OverBase is what a threshold starts from, scaled to the stretch (a day: a
// fifth of the week).
type OverBase string

// The bases.
const (
	BaseZero     OverBase = ""
	BaseContract OverBase = "contract"  // what the employee agreed on: above it are meeruren
	BaseFullTime OverBase = "full_time" // Rules.FullTime: above it are overuren
)

// Extra is paid minutes that nobody worked, under a code of their own.
type Extra struct {
	Minutes int    `json:"minutes"`
	Code    string `json:"code"`
}

// MinimumCall makes each call (shift) at least so many paid minutes; what is
// added has the code.
type MinimumCall Extra

// Travel adds minutes for each shift or day.
type Travel struct {
	Extra
	Per string `json:"per"` // shift, day
}

// SplitShift gives minutes, as a supplement, for a day whose shifts lie at
// least Gap apart.
type SplitShift struct {
	Extra
	Gap int `json:"gap"` // minutes, at least
}

// Standby is the code of planned standby minutes (plan.Standby).
type Standby struct {
	Code   string `json:"code"`
	Worked bool   `json:"worked,omitempty"` // minutes worked within it count as standby too
}

// PlanRules says how a planned shift and its taps go together.
type PlanRules struct {
	Early    int    `json:"early"`     // 0…240 minutes before the planned start (or end) that a tap counts as on time
	Late     int    `json:"late"`      // 0…240 minutes after it
	Snap     bool   `json:"snap"`      // a tap on time counts as at the planned time
	NoShow   int    `json:"no_show"`   // 0…1440 minutes after the planned start without a tap: an exception; 0: never
	Notice   int    `json:"notice"`    // days; a call withdrawn later than that before its start is paid (Dutch Civil Code 7:628a: 4)
	LateCode string `json:"late_code"` // of what is paid then; "": nothing is proposed
}

// Holiday is a day of the tenant's own table.
type Holiday struct {
	Day  calendar.Date `json:"day"`
	Name string        `json:"name"` // 1…50 characters
	Paid bool          `json:"paid"` // paid though not worked, with Rules.HolidayCode
}

// UnmarshalJSON takes a plain number too: to so many minutes per shift, as
// documents of earlier versions have it.
func (r *Rounding) UnmarshalJSON(b []byte) error {
	var to int
	if err := json.Unmarshal(b, &to); err == nil {
		*r = Rounding{}
		if to != 0 {
			*r = Rounding{Per: RoundShift, To: to}
		}
		return nil
	}
	type plain Rounding // without this method
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	return d.Decode((*plain)(r))
}
