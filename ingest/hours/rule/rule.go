// Package rule promises that the rules by which taps become hours are data: dated,
// versioned, checked as a whole, and never changed once in force. It knows
// neither taps nor the database.
package rule

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

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
	DoubleTapSeconds   int         `json:"double_tap_seconds"`  // 0…600: a tap this soon after one that counts, in the same mode, does not
	UncertaintySeconds int         `json:"uncertainty_seconds"` // 1…3600: a tap less certain waits for a person (I4)
	Pairing            Pairing     `json:"pairing,omitempty"`
	Windows            []Window    `json:"windows,omitempty"`   // PairWindows
	DayStart           string      `json:"day_start,omitempty"` // "05:00": a day begins and ends then; "": midnight
	ShiftDay           ShiftDay    `json:"shift_day,omitempty"`
	LongestShift       int         `json:"longest_shift"`            // 60…1440: an out later than this after its in is not its out
	QuestionedShift    int         `json:"questioned_shift"`         // 60…1440: a longer one is counted but shown to a person
	ShortestShift      int         `json:"shortest_shift,omitempty"` // 0…240: a shorter one is counted but shown to a person
	ShortestGap        int         `json:"shortest_gap"`             // 0…720: out and in again sooner is a break within one shift
	Breaks             []AutoBreak `json:"breaks"`                   // ascending by Above; the last one that applies counts
	PaidBreaks         int         `json:"paid_breaks,omitempty"`    // 0…240: so many minutes of a shift's breaks, the first ones, are paid
	Rounding           Rounding    `json:"rounding,omitzero"`
	NormalCode         string      `json:"normal_code"` // of minutes in no band; 100 %
	Bands              []Band      `json:"bands"`       // of those that hold, the highest percentage counts; the first of equals
	Holidays           []string    `json:"holidays"`    // of calendar.HolidayNames, on the days they are observed
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

// Default gives the rules of a tenant that set none: Dutch custom.
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

// Parse reads a rule document and checks it. An unknown field is refused
// by name.
func Parse(document []byte) (Rules, error) {
	var r Rules
	d := json.NewDecoder(bytes.NewReader(document))
	d.DisallowUnknownFields()
	if err := d.Decode(&r); err != nil {
		return Rules{}, fmt.Errorf("reading rules: %w", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return Rules{}, errors.New("reading rules: something follows the document")
	}
	return r, r.Check()
}

// Check says what is wrong with the rules, all of it.
func (r Rules) Check() error {
	var errs []error
	within := func(name string, v, lo, hi int) {
		if v < lo || v > hi {
			errs = append(errs, fmt.Errorf("%s is %d; it must be %d to %d", name, v, lo, hi))
		}
	}
	within("double_tap_seconds", r.DoubleTapSeconds, 0, 600)
	within("uncertainty_seconds", r.UncertaintySeconds, 1, 3600)
	within("longest_shift", r.LongestShift, 60, 1440)
	within("questioned_shift", r.QuestionedShift, 60, 1440)
	within("shortest_gap", r.ShortestGap, 0, 720)
	if r.Rounding.Per != RoundNothing && (r.Rounding.To < 1 || 60%r.Rounding.To != 0) {
		errs = append(errs, fmt.Errorf("rounding is to %d; it must be a divisor of 60", r.Rounding.To))
	}
	above := -1
	for i, b := range r.Breaks {
		within(fmt.Sprintf("breaks[%d].above", i), b.Above, above+1, 1440)
		within(fmt.Sprintf("breaks[%d].minutes", i), b.Minutes, 1, 240)
		above = b.Above
	}
	if !validCode(r.NormalCode) {
		errs = append(errs, fmt.Errorf("normal_code %q must be 1 to 20 letters, digits, '-' or '_'", r.NormalCode))
	}
	for i, b := range r.Bands {
		if _, err := b.compile(); err != nil {
			errs = append(errs, fmt.Errorf("bands[%d]: %w", i, err))
		}
	}
	for _, name := range r.Holidays {
		if !slices.Contains(calendar.HolidayNames(), name) {
			errs = append(errs, fmt.Errorf("holiday %q is unknown; known are %s", name, strings.Join(calendar.HolidayNames(), ", ")))
		}
	}
	return errors.Join(errs...)
}

func validCode(s string) bool {
	const allowed = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	return len(s) >= 1 && len(s) <= 20 && strings.Trim(s, allowed) == ""
}

// band is a Band made ready: minutes of the local day, and the days it holds.
type band struct {
	code     string
	percent  int
	from, to int
	days     [8]bool // Sunday … Saturday, holiday
}

const holidayIndex = 7

func (b Band) compile() (band, error) {
	out := band{code: b.Code, percent: b.Percent}
	if !validCode(b.Code) {
		return out, fmt.Errorf("code %q must be 1 to 20 letters, digits, '-' or '_'", b.Code)
	}
	if b.Percent < 0 || b.Percent > 1000 {
		return out, fmt.Errorf("percent is %d; it must be 0 to 1000", b.Percent)
	}
	var err error
	if out.from, err = parseClock(b.From); err != nil {
		return out, err
	}
	if out.to, err = parseClock(b.To); err != nil {
		return out, err
	}
	if out.to <= out.from {
		return out, fmt.Errorf("to %s does not come after from %s; make two bands for one over midnight", b.To, b.From)
	}
	names := []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat", "holiday"}
	for _, day := range b.Days {
		i := slices.Index(names, day)
		if i < 0 {
			return out, fmt.Errorf("day %q is unknown; known are %s", day, strings.Join(names, ", "))
		}
		out.days[i] = true
	}
	if len(b.Days) == 0 {
		out.days = [8]bool{true, true, true, true, true, true, true, true}
	}
	return out, nil
}

// parseClock reads "20:00" as minutes of the day; "24:00" is the day's end.
func parseClock(s string) (int, error) {
	var h, m int
	if n, err := fmt.Sscanf(s, "%2d:%2d", &h, &m); err != nil || n != 2 || fmt.Sprintf("%02d:%02d", h, m) != s ||
		h < 0 || m < 0 || m > 59 || h*60+m > 1440 {
		return 0, fmt.Errorf("time of day %q is not of the form 20:00", s)
	}
	return h*60 + m, nil
}
