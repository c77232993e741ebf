// Package rule promises that the rules by which taps become hours are data: dated,
// versioned, checked as a whole, and never changed once in force. It knows
// neither taps nor the database.
package rule

import (
	"encoding/json"

	"tikklok/ingest/hours/calendar"
)

// Set is a version of the rules of one scope, in force from a day on until the
// scope's next.
type Set struct {
	Version int             `json:"version"`
	From    calendar.Date   `json:"from"` // first day (of a shift's start) it holds for
	Scope   Scope           `json:"scope,omitzero"`
	Rules   Rules           `json:"rules,omitzero"`  // ScopeTenant: all of them
	Patch   json.RawMessage `json:"patch,omitempty"` // other scopes: the fields that differ, as in a document of Rules
}

// Rules is how taps become hours. Lengths are minutes unless named otherwise.
//
// A shift runs from its first in to its last out. From its minutes come off,
// in this order: the tapped breaks; the automatic break, as far as the tapped
// ones are shorter, taken from the middle of the minutes worked (when those
// can't be halved, one minute nearer to the start); and what rounding takes,
// at the end. What rounding adds goes to the code of the last minute worked.
// Every minute has the code of where it lies, so the codes add up to the whole.
type Rules struct {
	PayPeriod          calendar.Table `json:"pay_period,omitempty"` // the tenant's alone, no layer names it; "": months
	DoubleTapSeconds   int            `json:"double_tap_seconds"`   // 0…600: a tap this soon after one that counts, in the same mode, does not
	UncertaintySeconds int            `json:"uncertainty_seconds"`  // 1…3600: a tap less certain waits for a person (I4)
	Pairing            Pairing        `json:"pairing,omitempty"`
	Windows            []Window       `json:"windows,omitempty"`   // PairWindows
	DayStart           string         `json:"day_start,omitempty"` // "05:00": a day begins and ends then; "": midnight
	ShiftDay           ShiftDay       `json:"shift_day,omitempty"`
	LongestShift       int            `json:"longest_shift"`            // 60…1440: an out later than this after its in is not its out
	QuestionedShift    int            `json:"questioned_shift"`         // 60…1440: a longer one is counted but shown to a person
	ShortestShift      int            `json:"shortest_shift,omitempty"` // 0…240: a shorter one is counted but shown to a person
	ShortestGap        int            `json:"shortest_gap"`             // 0…720: out and in again sooner is a break within one shift
	Breaks             []AutoBreak    `json:"breaks"`                   // ascending by Above; the last one that applies counts
	PaidBreaks         int            `json:"paid_breaks,omitempty"`    // 0…240: so many minutes of a shift's breaks, the first ones, are paid
	Rounding           Rounding       `json:"rounding,omitzero"`
	NormalCode         string         `json:"normal_code"`        // of minutes in no band; 100 %
	Premiums           Premiums       `json:"premiums,omitempty"` // PremiumHighest: of the bands that hold, the first of the highest percentage gives the code
	Bands              []Band         `json:"bands"`
	FullTime           int            `json:"full_time,omitempty"` // 0…3600 a week, for BaseFullTime
	Overtime           []Overtime     `json:"overtime,omitempty"`
	MinimumCall        MinimumCall    `json:"minimum_call,omitzero"`
	Travel             Travel         `json:"travel,omitzero"`
	Standby            Standby        `json:"standby,omitzero"`
	SplitShift         SplitShift     `json:"split_shift,omitzero"`
	Plan               PlanRules      `json:"plan,omitzero"`
	Holidays           []string       `json:"holidays"`                // of calendar.HolidayNames, on the days they are observed, in years without a day in HolidayTable
	HolidayTable       []Holiday      `json:"holiday_table,omitempty"` // the tenant's own days
	HolidayCode        string         `json:"holiday_code,omitempty"`  // of paid holidays not worked
	AbsentCode         string         `json:"absent_code,omitempty"`   // of absence (OB-P2); "": DefaultAbsentCode
	TakeUpCodes        []string       `json:"take_up_codes,omitempty"` // what an absence may be besides: tijd voor tijd, ADV (their balances live in payroll)
}

// AutoBreak is the least break of a shift that works longer than Above.
type AutoBreak struct {
	Above   int    `json:"above"`            // minutes worked, tapped breaks not counted
	Minutes int    `json:"minutes"`          // at least this much break, tapped ones included
	Always  bool   `json:"always,omitempty"` // tapped breaks do not count towards it
	At      string `json:"at,omitempty"`     // "12:30": where it is taken, if the shift works then; "": the middle
}

// Band gives a code to a part of the day.
type Band struct {
	Code    string   `json:"code"`
	Percent int      `json:"percent"`        // 0…1000
	From    string   `json:"from"`           // "20:00", local
	To      string   `json:"to"`             // "24:00"; after From
	Days    []string `json:"days,omitempty"` // mon … sun, holiday; none: every day
}

// Default gives the rules of a tenant that set none: Dutch custom, and the
// figures of the Working Hours Act (Arbeidstijdenwet).
func Default() Set {
	return Set{Version: 1, From: calendar.On(2015, 1, 1), Rules: Rules{
		DoubleTapSeconds:   90,
		UncertaintySeconds: 30,
		LongestShift:       14 * 60,
		QuestionedShift:    12 * 60, // Arbeidstijdenwet 5:7: at most 12 hours a shift
		ShortestGap:        120,
		Breaks:             []AutoBreak{{Above: 330, Minutes: 30}}, // Arbeidstijdenwet 5:4: above 5½ hours at least 30 minutes
		NormalCode:         "100",
		Bands: []Band{
			{Code: "120", Percent: 120, From: "20:00", To: "24:00"},
			{Code: "140", Percent: 140, From: "00:00", To: "06:00"},
			{Code: "200", Percent: 200, From: "00:00", To: "24:00", Days: []string{"sun"}},
			{Code: "200F", Percent: 200, From: "00:00", To: "24:00", Days: []string{"holiday"}},
		},
		// Good Friday and 5 May are no days off by themselves.
		Holidays: []string{"new_year", "easter_monday", "kings_day", "ascension", "whit_monday", "christmas", "boxing_day"},
	}}
}

// DefaultAbsentCode is the code of absence where the rules name none.
const DefaultAbsentCode = "absent"

// Parse reads a rule document and checks it. An unknown field is refused
// by name.
func Parse(document []byte) (Rules, error) {
	var r Rules
	if err := decode(document, &r); err != nil {
		return Rules{}, err
	}
	return r, r.Check()
}

// Stored reads a document that was checked when it was stored. What Check
// came to refuse since then does not make it unreadable: it is in force.
func Stored(document []byte) (r Rules, err error) { return r, decode(document, &r) }
