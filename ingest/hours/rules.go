package hours

// RuleSet is a version of the rules, in force from a day on until the next.
type RuleSet struct {
	Version int   `json:"version"`
	From    Date  `json:"from"` // first day (of a shift's start) it holds for
	Rules   Rules `json:"rules"`
}

// Rules is how taps become hours. Lengths are minutes unless named otherwise.
type Rules struct {
	DoubleTapSeconds   int         `json:"double_tap_seconds"`  // 0…600
	UncertaintySeconds int         `json:"uncertainty_seconds"` // 1…3600: a tap less certain waits for a person (I4)
	LongestShift       int         `json:"longest_shift"`       // 60…1440: an out later than this after its in is not its out
	QuestionedShift    int         `json:"questioned_shift"`    // 60…1440: a longer one is counted but shown to a person
	ShortestGap        int         `json:"shortest_gap"`        // 0…720: out and in again sooner is a break within one shift
	Breaks             []AutoBreak `json:"breaks"`              // ascending by Above; the last one that applies counts
	Rounding           int         `json:"rounding"`            // 0, 5 or 15: net minutes of a shift, to the nearest
	NormalCode         string      `json:"normal_code"`
	Bands              []Band      `json:"bands"`    // of those that hold, the highest percentage counts; the first of equals
	Holidays           []string    `json:"holidays"` // names of Holidays
}

// AutoBreak is the least break of a shift that works longer than Above.
type AutoBreak struct {
	Above   int `json:"above"`   // minutes worked, tapped breaks not counted
	Minutes int `json:"minutes"` // at least this much break, tapped ones included
}

// Band gives a code to a part of the day.
type Band struct {
	Code    string   `json:"code"`
	Percent int      `json:"percent"`
	From    string   `json:"from"` // "20:00", local
	To      string   `json:"to"`   // "24:00"; not before From
	Days    []string `json:"days"` // mon … sun, holiday; none: every day
}
