package plan

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"

	"tikklok/ingest/hours/calendar"
)

// What a file may hold at most.
const (
	maxFile  = 10 << 20 // bytes
	maxRows  = 20_000   // shifts
	maxEvent = 20_000   // events of a calendar
)

// Row is a shift as a file says it, before it is known whose it is.
type Row struct {
	Line     int
	Number   string   // personnel number; "": Emails
	Emails   []string // one of them is an employee's
	From, To Local
	Length   int    // minutes; 0: until To
	Off      bool   // of a table: on the date of From nothing is planned
	Break    int    // minutes
	Site     string // by name; "": any
	AnySite  bool   // a site that is none of the tenant's counts as any: it may be free text
	Kind     Kind

	event      [32]byte // of a calendar
	occurrence *Local   // which of the event's it is; nil: a single one
	replaces   bool     // it stands in place of that occurrence
	cancelled  bool
	sequence   int
}

// File is what a file says of plans.
type File struct {
	Rows []Row
	Left int // occurrences of a calendar that lie outside the time that is taken up

	calendar bool
	whole    map[[32]byte]int // events of which all occurrences are told, with their SEQUENCE
	from, to calendar.Date    // what is taken up of a calendar
}

// Problem is what is wrong with a line; its text names the remedy.
type Problem struct {
	Line   int    // 1: the header, or the file
	Column string // as the file calls it; "": the line
	Kind   string // which problem it is, for words in another language: see ProblemKinds
	Values []any  // what the reason names, in order
	Reason string
}

func (p Problem) String() string {
	if p.Column == "" {
		return fmt.Sprintf("line %d: %s", p.Line, p.Reason)
	}
	return fmt.Sprintf("line %d, %s: %s", p.Line, p.Column, p.Reason)
}

// reasons gives the text of each kind of problem; its verbs take the Values.
var reasons = map[string]string{
	"unreadable":     "the file could not be read",
	"large":          "the file is larger than 10 MiB; split it",
	"many":           "the file has more than %d shifts; split it",
	"empty":          "the file is empty; its first line names the columns, or is BEGIN:VCALENDAR",
	"unknown-column": "this column is unknown; known are number, date, from, to, break, site and kind",
	"forbidden":      "%s",
	"numbers":        "these are citizen service numbers: %s",
	"column-twice":   "this column stands there twice; remove one",
	"no-column":      "this column is missing; add it",
	"quotes":         "the quotes don't match; correct them",
	"columns":        "the line has %d columns and the header %d",
	"no-number":      "there is no personnel number; write it",
	"number":         "nobody has personnel number %q; correct it, or add the employee first",
	"date":           "%q is not a date; write 2026-01-31 or 31-01-2026",
	"time":           "%q is not a time; write 08:00, and nothing in both from and to for a day off",
	"skipped":        "%s does not exist in %s, as the clock goes forward then; write %s",
	"twice":          "%s comes twice in %s, as the clock goes back then; write it with its offset: %s",
	"offset":         "%s is not at this offset in %s; write %s",
	"minutes":        "%q is not a number of minutes from 0 to 1439; write 30 or 0:30",
	"kind":           "%q is none of work, call and standby",
	"employed":       "the employee is not employed on %s; remove the line, or correct the days of employment",
	"site":           "there is no site %q; correct it, or add the site first",
	"backwards":      "the shift ends before it starts; correct it",
	"longest":        "the shift is longer than 24 hours; make several of it",
	"break":          "the break of %d minutes does not fit in the shift; correct it",
	"overlap":        "the employee is planned at that time on line %d too; remove one",
	"overlap-plan":   "the employee is planned at that time already, from %s; withdraw that shift, or put its day in the file",
	"day-off":        "this day is off here and has a shift on line %d; remove one",
	"not-closed":     "this is not a calendar as RFC 5545 has it: END:%s is missing; export it again",
	"not-opened":     "this is not a calendar as RFC 5545 has it: this END has no BEGIN; export it again",
	"no-property":    "this is not a calendar as RFC 5545 has it: a line is NAME:value; export it again",
	"long":           "this line is longer than %d bytes, or has more than %d parameters; correct it",
	"nested":         "components are nested too deeply; export the calendar again",
	"no-uid":         "the event has no UID; give it one",
	"uid":            "the event stands on line %d too, with the same UID; remove one",
	"stamp":          "%q is not a date and time; write 20261110T080000, with Z for UTC or a TZID",
	"year":           "plans lie between 2015 and 2100",
	"all-day":        "the event lasts all day; a shift has a start and an end",
	"no-start":       "the event has no DTSTART; give it one",
	"no-end":         "the event has neither DTEND nor DURATION; give it one",
	"duration":       "%q is no duration of a shift; write PT8H30M",
	"zone":           "time zone %q is unknown; use one of IANA's, such as Europe/Amsterdam",
	"repeat":         "%q is not taken up; a shift may repeat by FREQ=DAILY, WEEKLY or MONTHLY with INTERVAL up to 100, COUNT, UNTIL, BYDAY, BYMONTHDAY, BYSETPOS and WKST: export other ones as single events",
	"whole-series":   "a change of this and all later occurrences is not taken up; export the series again",
	"who":            "it can't be told whose shift this is; add X-TIKKLOK-EMPLOYEE with the personnel number, an ATTENDEE with an employee's e-mail address, or begin the SUMMARY with the personnel number",
	"several":        "the event is of several employees; make one for each",
	"sequence":       "%q is no SEQUENCE; write a whole number",
}

// ProblemKinds are the kinds of problems.
func ProblemKinds() (kinds []string) {
	for k := range reasons {
		kinds = append(kinds, k)
	}
	return kinds
}

func problem(line int, column, kind string, values ...any) Problem {
	return Problem{line, column, kind, values, fmt.Sprintf(reasons[kind], values...)}
}

// Parse reads a table or a calendar, whichever it is. Of a calendar what lies
// between two months before and thirteen months after now is taken up. With
// problems nothing of the file may be taken up.
func Parse(r io.Reader, now time.Time) (File, []Problem) {
	raw, err := io.ReadAll(io.LimitReader(r, maxFile+1))
	switch {
	case err != nil:
		return File{}, []Problem{problem(1, "", "unreadable")}
	case len(raw) > maxFile:
		return File{}, []Problem{problem(1, "", "large")}
	}
	text := decode(raw)
	switch {
	case strings.TrimSpace(text) == "":
		return File{}, []Problem{problem(1, "", "empty")}
	case len(text) >= 15 && strings.EqualFold(text[:15], "BEGIN:VCALENDAR"):
		return parseCalendar(text, now)
	}
	return parseTable(text)
}

// decode takes valid UTF-8 as such, and anything else as Windows-1252, which
// is what spreadsheets in the Netherlands write.
func decode(raw []byte) string {
	raw = bytes.TrimPrefix(raw, []byte("\xef\xbb\xbf"))
	if !utf8.Valid(raw) {
		raw, _ = charmap.Windows1252.NewDecoder().Bytes(raw)
	}
	return string(raw)
}
