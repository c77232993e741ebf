package plan

import (
	"crypto/sha256"
	"strconv"
	"strings"
	"time"

	"github.com/teambition/rrule-go"

	"tikklok/ingest/hours/calendar"
)

// How far before and after now a calendar is taken up, in days.
const (
	daysBefore = 62
	daysAfter  = 400
)

// read are the properties of a calendar that say something of a shift. The
// others are not looked at, and no text is kept (OB-P1).
var read = map[string]bool{
	"BEGIN": true, "END": true, "METHOD": true, "UID": true, "SEQUENCE": true, "STATUS": true,
	"DTSTART": true, "DTEND": true, "DURATION": true, "RRULE": true, "RDATE": true, "EXDATE": true, "RECURRENCE-ID": true,
	"ATTENDEE": true, "SUMMARY": true, "CATEGORIES": true, "LOCATION": true, "X-TIKKLOK-EMPLOYEE": true, "X-TIKKLOK-BREAK": true,
}

// parseCalendar reads an iCalendar file (RFC 5545): golang-ical reads each line
// and rrule-go counts what repeats. What stands before them are bounds, as a
// file is an outsider's; and the components are followed here and not by the
// library, so that a problem names its line.
func parseCalendar(text string, now time.Time) (File, []Problem) {
	today := calendar.DateOf(now)
	c := cal{
		file:  File{calendar: true, whole: map[[32]byte]int{}, from: today.AddDays(-daysBefore), to: today.AddDays(daysAfter)},
		zones: map[string]*time.Location{}, seen: map[seenEvent]int{},
	}
	contentLines(text, func(name string) bool { return read[name] && len(c.problems) < maxProblems && !c.stop }, c.line)
	if len(c.open) > 0 && len(c.problems) == 0 {
		c.refuse(1, "", "not-closed", c.open[len(c.open)-1])
	}
	return c.file, c.problems
}

// cal is a calendar being read.
type cal struct {
	file        File
	problems    []Problem
	stop        bool     // nothing more is to be read
	open        []string // components
	event       *event   // the one that is open
	events      int
	occurrences int  // of those that repeat
	cancel      bool // METHOD:CANCEL
	zones       map[string]*time.Location
	seen        map[seenEvent]int // on which line
}

type seenEvent struct {
	uid        string
	occurrence string
}

func (c *cal) refuse(line int, column, kind string, values ...any) {
	c.problems = append(c.problems, problem(line, column, kind, values...))
}

// line takes one unfolded line.
func (c *cal) line(n int, text string) {
	switch {
	case len(c.problems) >= maxProblems || c.stop || strings.TrimSpace(text) == "":
		return
	case tooLong(text):
		c.refuse(n, propertyName(text), "long", maxLine, maxParams)
		return
	}
	p, ok := parseProperty(n, text)
	switch {
	case !ok:
		c.refuse(n, p.name, "no-property")
	case p.name == "BEGIN":
		c.begin(p)
	case p.name == "END":
		c.end(p)
	case p.name == "METHOD":
		c.cancel = strings.EqualFold(p.value, "CANCEL")
	case c.event != nil && len(c.open) == 2:
		c.event.take(p)
	}
}

func (c *cal) begin(p property) {
	name := strings.ToUpper(p.value)
	if len(c.open) == maxDepth {
		c.refuse(p.line, "", "nested")
		c.stop = true
		return
	}
	if name == "VEVENT" && len(c.open) == 1 {
		if c.events++; c.events > maxEvent {
			c.refuse(p.line, "", "many", maxEvent)
			c.stop = true
			return
		}
		c.event = &event{line: p.line}
	}
	c.open = append(c.open, name)
}

func (c *cal) end(p property) {
	name := strings.ToUpper(p.value)
	if n := len(c.open); n == 0 || c.open[n-1] != name {
		c.refuse(p.line, "", "not-opened")
		c.stop = true
		return
	}
	c.open = c.open[:len(c.open)-1]
	if c.event != nil && len(c.open) == 1 {
		e := *c.event
		c.event = nil
		c.add(e)
	}
}

// add makes rows of an event.
func (c *cal) add(e event) {
	before := len(c.problems)
	row, repeat := c.row(e)
	if len(c.problems) > before {
		return
	}
	if !row.replaces {
		c.file.whole[row.event] = row.sequence
	}
	switch {
	case row.replaces:
		c.put(row, row.From.Date)
	case repeat == nil:
		c.put(row, row.From.Date)
	default:
		c.expand(row, repeat)
	}
}

// put takes a row, unless its day lies outside what is taken up.
func (c *cal) put(row Row, date calendar.Date) {
	switch {
	case date.Before(c.file.from) || c.file.to.Before(date):
		c.file.Left++
	case len(c.file.Rows) == maxRows:
		c.refuse(row.Line, "", "many", maxRows)
		c.stop = true
	default:
		c.file.Rows = append(c.file.Rows, row)
	}
}

// row gives the shift of an event, and how it repeats.
func (c *cal) row(e event) (Row, *rrule.Set) {
	row := Row{Line: e.line, AnySite: true, Kind: Work, cancelled: c.cancel || strings.EqualFold(e.value("STATUS"), "CANCELLED")}
	uid := e.value("UID")
	if uid == "" {
		c.refuse(e.line, "UID", "no-uid")
	}
	row.event = sha256.Sum256([]byte(uid))
	if text := e.value("SEQUENCE"); text != "" {
		n, err := strconv.ParseUint(text, 10, 31)
		if err != nil {
			c.refuse(e.line, "SEQUENCE", "sequence", text)
		}
		row.sequence = int(n)
	}
	c.times(e, &row)
	c.who(e, &row)
	key := seenEvent{uid, e.value("RECURRENCE-ID")}
	if line, twice := c.seen[key]; twice && uid != "" {
		c.refuse(e.line, "UID", "uid", line)
	}
	c.seen[key] = e.line
	return row, c.repeats(e, &row)
}

// who says whose shift it is, and of what kind.
func (c *cal) who(e event, row *Row) {
	for _, p := range e.all["ATTENDEE"] {
		if address := strings.ToLower(strings.TrimSpace(p.value)); strings.HasPrefix(address, "mailto:") {
			row.Emails = append(row.Emails, address[len("mailto:"):])
		}
	}
	row.Number = e.value("X-TIKKLOK-EMPLOYEE")
	if row.Number == "" && len(row.Emails) == 0 {
		row.Number = e.value("SUMMARY")
		if end := strings.IndexAny(row.Number, " :\t\n"); end >= 0 {
			row.Number = row.Number[:end]
		}
	}
	if row.Number == "" && len(row.Emails) == 0 && !row.cancelled {
		c.refuse(e.line, "", "who")
	}
	for category := range strings.SplitSeq(e.value("CATEGORIES"), ",") {
		if kind, ok := kinds[strings.ToLower(strings.TrimSpace(category))]; ok {
			row.Kind = kind
		}
	}
	row.Site = e.value("LOCATION")
	var ok bool
	if row.Break, ok = ParseMinutes(e.value("X-TIKKLOK-BREAK")); !ok {
		c.refuse(e.line, "X-TIKKLOK-BREAK", "minutes", e.value("X-TIKKLOK-BREAK"))
	}
}

// event is a VEVENT being read.
type event struct {
	line int
	all  map[string][]property
}

func (e *event) take(p property) {
	if e.all == nil {
		e.all = map[string][]property{}
	}
	e.all[p.name] = append(e.all[p.name], p)
}

// one gives the first property of a name.
func (e event) one(name string) (property, bool) {
	if len(e.all[name]) == 0 {
		return property{}, false
	}
	return e.all[name][0], true
}

func (e event) value(name string) string {
	p, _ := e.one(name)
	return strings.TrimSpace(p.value)
}
