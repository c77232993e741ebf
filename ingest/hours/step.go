package hours

// StepKind says what a step of the arithmetic does.
type StepKind string

// The kinds of steps that lead to the minutes worked, in the order in which
// they are taken.
const (
	StepOpen        StepKind = "open"            // From → To of a shift that runs or lacks a tap, 0 where unknown: no minutes
	StepAttended    StepKind = "attended"        // From → To, each tap floored to its minute
	StepTap         StepKind = "tap"             // Role: what happened at From counts as at To (rounded to RoundTo, or as planned: 0)
	StepTapped      StepKind = "tapped_break"    // From → To
	StepAuto        StepKind = "automatic_break" // From → To; Above says the rule
	StepPaidBreak   StepKind = "paid_break"      // so many minutes of the shift's breaks are paid
	StepRounding    StepKind = "rounding"        // of a shift, to RoundTo; 0: none
	StepDayRounding StepKind = "day_rounding"    // of the day, to RoundTo
	StepCorrected   StepKind = "corrected"       // Decision: minutes put right by hand, Code
	StepOvertime    StepKind = "overtime"        // Moved minutes go to Code: Of were worked in the stretch (Per), Above are not overtime. Minutes is 0
	StepCode        StepKind = "code"            // Code: a line of the result
	StepTotal       StepKind = "total"
)

// The kinds of steps of what stands beside the minutes worked: paid or told
// under a code of their own, never part of the total.
const (
	StepSupplement  StepKind = "supplement"   // Code: minutes worked that a band is paid for besides
	StepMinimumCall StepKind = "minimum_call" // the shift From → To was paid for less than Above minutes
	StepTravel      StepKind = "travel"       // Per: shift (From → To) or day
	StepSplit       StepKind = "split_shift"  // From → To between shifts is at least Above
	StepStandby     StepKind = "standby"      // From → To, less what was worked in it
	StepHoliday     StepKind = "holiday"      // Name: paid, not worked
	StepAbsent      StepKind = "absent"       // Decision
	StepAdded       StepKind = "added"        // Decision: a correction by hand under a code that is not of minutes worked
)

// Step is a line of a day's arithmetic. Those before the codes add up to the
// total, and so do the codes; see Adds.
type Step struct {
	Kind     StepKind `json:"kind"`
	From     int64    `json:"from,omitempty"` // UTC minutes since 1970, where it has a place
	To       int64    `json:"to,omitempty"`
	Role     Role     `json:"role,omitempty"`     // StepTap
	Above    int      `json:"above,omitempty"`    // minutes: what the kind says
	Of       int      `json:"of,omitempty"`       // StepOvertime: minutes worked in the stretch, as far as they count
	Moved    int      `json:"moved,omitempty"`    // StepOvertime: minutes of this day that get the code
	Kept     int      `json:"kept,omitempty"`     // StepOvertime: minutes of this day that are overtime but keep the code of a band with a higher percentage
	Per      string   `json:"per,omitempty"`      // StepOvertime: day, week, period; StepTravel: shift, day
	RoundTo  int      `json:"round_to,omitempty"` // StepTap, StepRounding, StepDayRounding
	Code     string   `json:"code,omitempty"`
	Name     string   `json:"name,omitempty"`     // StepHoliday
	Site     int64    `json:"site,omitempty"`     // of what stands beside
	Decision int64    `json:"decision,omitempty"` // what it follows from
	Minutes  int      `json:"minutes"`            // signed
}

// Adds says whether the step's minutes are part of those that add up to the
// total.
func (s Step) Adds() bool {
	return s.Kind != StepCode && s.Kind != StepTotal && !s.Beside()
}

// Beside says whether the step is of minutes that stand beside those worked.
func (s Step) Beside() bool {
	switch s.Kind {
	case StepSupplement, StepMinimumCall, StepTravel, StepSplit, StepStandby, StepHoliday, StepAbsent, StepAdded:
		return true
	}
	return false
}

// CountedTap is a tap that counts as at another minute than its own, floored.
type CountedTap struct {
	Tap     TapID `json:"tap,omitempty"` // "": added by a decision
	Role    Role  `json:"role"`
	From    int64 `json:"from"`     // UTC minutes since 1970: its own
	To      int64 `json:"to"`       // what it counts as
	RoundTo int   `json:"round_to"` // minutes; 0: the planned time (rule.PlanRules.Snap)
	Minutes int   `json:"minutes"`  // what that adds to the minutes worked, or takes (negative)
}

// Booked is minutes of a day that somebody decided: absence, or a correction
// by hand.
type Booked struct {
	Decision int64        `json:"decision"`
	Kind     DecisionKind `json:"kind"` // Absent, AddMinutes
	Site     int64        `json:"site,omitempty"`
	Code     string       `json:"code,omitempty"` // "": the rules' code of absence
	Minutes  int          `json:"minutes"`
}

// StandbySpan is planned standby that is over, with the minutes that count.
type StandbySpan struct {
	Span
	Site    int64 `json:"site,omitempty"`
	Minutes int   `json:"minutes"`
}

// PaidHoliday is a holiday of the rules that is paid when it is not worked.
type PaidHoliday struct {
	Name    string `json:"name"`
	Minutes int    `json:"minutes"` // planned for the day, or a fifth of the week that was agreed on
}
