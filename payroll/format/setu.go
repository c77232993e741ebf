package format

import (
	"archive/zip"
	"cmp"
	"encoding/xml"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"tikklok/ingest/hours/calendar"
)

// setuTimeCard writes the SETU Standard for Reporting Time and Expenses v1.4
// (HR-XML 2.5, TimeCard): a card per employee, assignment and period.
//
// A TimeCard is a document of its own, without an envelope for several: the
// standard's service takes one a call (RTE-TimeCardServiceSETU, operation
// ProcessTimeCard). So a run is a ZIP with one document per card.
//
// There are no negative hours (rule Duration.1): a card that was sent before
// goes out again whole, with status "corrected" and an actionCode on each
// interval. Hours are of a day and a code, not of a stretch of the clock, so an
// interval has a Duration and no EndDateTime (rules EndDateTime.3 and .4).
type setuTimeCard struct{}

func (setuTimeCard) Name() string { return "setu-1.4" }

func (setuTimeCard) Schema() []Setting {
	owners := []string{"StaffingCustomer", "StaffingCompany"}
	return []Setting{
		{Key: "id_owner", Default: owners[0], Choices: owners},  // who gave the cards and people their ids
		{Key: "customer_id", Required: true, Example: "223445"}, // the hirer, as the staffing company calls it
		{Key: "supplier_id", Required: true, Example: "39876"},  // the staffing company, as the hirer calls it
		{Key: "currency", Default: "EUR", Choices: []string{"EUR"}},
		{Key: "names", Default: "no", Choices: []string{"yes", "no"}}, // only where the receiver asks for them (OB-P1)
		{Key: "source", Default: ""},                                  // SubmitterInfo/Source; "": no SubmitterInfo
	}
}

func (setuTimeCard) CheckSettings(s Settings) error {
	for _, key := range []string{"customer_id", "supplier_id", "source"} {
		if err := checkText(s[key]); err != nil {
			return &BadSetting{key, fmt.Errorf("setting %s: %w", key, err)}
		}
	}
	return nil
}

func (setuTimeCard) CheckComponent(c string) error {
	_, err := parseInterval(c)
	return err
}

func (setuTimeCard) NeedsNames(s Settings) bool { return s["names"] == "yes" } // OB-P1

// intervalType is what a code map gives for a code: "Overtime 150".
type intervalType struct{ name, multiplier string }

func parseInterval(component string) (intervalType, error) {
	name, multiplier := component, "100"
	if at := strings.LastIndexByte(component, ' '); at > 0 && strings.Trim(component[at+1:], "0123456789.") == "" {
		name, multiplier = strings.TrimSpace(component[:at]), component[at+1:]
	}
	if !slices.Contains(setuHourTypes(), name) {
		return intervalType{}, fmt.Errorf("%q: a SETU component is an hour type and a multiplier, like \"Overtime 150\"; %q is not one of %s",
			component, name, strings.Join(setuHourTypes(), ", "))
	}
	if m, err := strconv.ParseFloat(multiplier, 64); err != nil || m < 100 || m > 1000 {
		return intervalType{}, fmt.Errorf("%q: the multiplier is a percentage from 100 to 1000 (rule RateOrAmount.2)", component)
	}
	return intervalType{name, multiplier}, nil
}

// setuHourTypes are the types of worked or present time in SETU_CL_HourTypes;
// its kinds of absence are left out: absence has no kind here (OB-P2).
func setuHourTypes() []string {
	return []string{"Regular", "Overtime", "Overtimeplus", "Shift", "Shiftplus", "Additional", "Additionalplus", "Attendance", "Travel",
		"Internal", "Training", "Standby", "Work underload", "Contract hours", "Regular canceled", "Overtime canceled", "Overtimeplus canceled",
		"Shift canceled", "Shiftplus canceled", "Additional canceled", "Additionalplus canceled", "Regular complemented", "Overtime complemented",
		"Shift complemented", "Additional complemented"}
}

func (setuTimeCard) About() About {
	return About{Title: "SETU Timecard 1.4 (XML)", For: "Dutch staffing companies and their hirers",
		Source: "SETU Standard for Reporting Time and Expenses v1.4, https://github.com/setu-standards/xml-specifications", Proof: ProofDocument,
		Components: []string{"Regular 100", "Shift 120", "Shift 140", "Overtime 150", "Overtime 200", "Travel 100", "Standby 100", "Additional 100"}}
}

func (setuTimeCard) FileType(Settings) FileType { return FileType{"application/zip", "zip"} }

func (setuTimeCard) Write(out io.Writer, c Content) error {
	z := zip.NewWriter(out)
	for e, err := range c.Employees {
		if err != nil {
			return err
		}
		cards, err := setuCards(c, e)
		if err != nil {
			return err
		}
		for _, card := range cards {
			if err := pack(z, c.At, card); err != nil {
				return fmt.Errorf("writing card %s: %w", card.ID.Value, err)
			}
		}
	}
	return z.Close()
}

func pack(z *zip.Writer, at time.Time, card timeCard) error {
	w, err := z.CreateHeader(&zip.FileHeader{Name: card.ID.Value + ".xml", Method: zip.Deflate, Modified: at.UTC().Truncate(2 * time.Second)})
	if err != nil {
		return err
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	e := xml.NewEncoder(w)
	e.Indent("", "  ")
	if err := e.Encode(card); err != nil {
		return err
	}
	_, err = io.WriteString(w, "\n")
	return err
}

// cardKey names a card: the lines that go into one document.
type cardKey struct {
	employee   int64
	assignment string
	period     calendar.Period
}

func (l Line) card() cardKey { return cardKey{l.Employee, l.Assignment, l.Period} }

// setuCards makes the cards that an employee's new lines touch, in order of
// the lines.
func setuCards(c Content, e Employee) ([]timeCard, error) {
	before, after := days(e.Sent), days(e.Sent, e.Lines)
	var cards []timeCard
	done := map[cardKey]bool{}
	for _, l := range e.Lines {
		key := l.card()
		if done[key] {
			continue
		}
		done[key] = true
		card, err := newCard(c, e, key, before[key], after[key])
		if err != nil {
			return nil, err
		}
		if len(card.Time.Intervals) > 0 {
			cards = append(cards, card)
		}
	}
	return cards, nil
}

// dayTotal is what a card says of a day and a code.
type dayTotal struct {
	line       Line // any line of it: who, when, which code
	minutes    int
	hundredths int
}

// days adds lines up per card, day and code, in that order, and makes decimals
// of the whole: each total is rounded once, over all cards of the employee and
// period.
func days(parts ...[]Line) map[cardKey][]dayTotal {
	type place struct {
		card cardKey
		day  calendar.Date
		code string
	}
	sum := map[place]Line{}
	for _, l := range slices.Concat(parts...) {
		p := place{l.card(), l.Day, l.Code}
		if other, ok := sum[p]; ok {
			l.ID, l.Minutes = min(l.ID, other.ID), l.Minutes+other.Minutes
		}
		sum[p] = l
	}
	whole := make([]Line, 0, len(sum))
	for _, l := range sum {
		whole = append(whole, l)
	}
	slices.SortFunc(whole, ByPlace)
	MakeDecimals(whole, nil)
	cards := map[cardKey][]dayTotal{}
	for _, l := range whole {
		cards[l.card()] = append(cards[l.card()], dayTotal{l, l.Minutes, l.Hundredths})
	}
	return cards
}

func newCard(c Content, e Employee, key cardKey, before, after []dayTotal) (timeCard, error) {
	owner := c.Settings["id_owner"]
	id := fmt.Sprintf("TK-%d-%d-%s-%s", c.Destination, key.employee, dateText(key.period.From, "yyyymmdd"), dateText(key.period.To, "yyyymmdd"))
	if key.assignment != "" {
		id += "-" + key.assignment
	}
	card := timeCard{
		ID:     entityID{Owner: owner, Value: id},
		Person: setuPerson{ID: entityID{Owner: owner, Value: e.Number}},
		Time:   reportedTime{From: key.period.From.String(), To: key.period.To.String()},
		References: references{
			Supplier: entityID{Owner: "StaffingCustomer", Value: c.Settings["supplier_id"]},
			Customer: entityID{Owner: "StaffingCompany", Value: c.Settings["customer_id"]},
		},
	}
	if c.Settings["names"] == "yes" {
		card.Person.Name = &personName{strings.TrimSpace(e.FirstName + " " + e.Surname)}
	}
	if key.assignment != "" {
		card.References.Assignment = &entityID{Owner: "StaffingCompany", Value: key.assignment}
	}
	if c.Settings["source"] != "" {
		card.Submitter = &submitter{c.Settings["source"], c.At.UTC().Format("2006-01-02T15:04:05Z")}
	}
	if len(before) > 0 {
		card.Time.Status = "corrected"
	}
	for _, now := range after {
		was := find(before, now.line)
		interval, err := newInterval(c, id, was, now, len(before) > 0)
		if err != nil {
			return timeCard{}, err
		}
		if interval != nil {
			card.Time.Intervals = append(card.Time.Intervals, *interval)
		}
	}
	return card, card.check(e.Number)
}

func find(days []dayTotal, l Line) *dayTotal {
	for i := range days {
		if days[i].line.Day == l.Day && days[i].line.Code == l.Code {
			return &days[i]
		}
	}
	return nil
}

// newInterval gives the interval of a day and code; nil where there is none to
// report and none was.
func newInterval(c Content, card string, was *dayTotal, now dayTotal, corrected bool) (*timeInterval, error) {
	l := now.line
	if now.minutes < 0 {
		return nil, fmt.Errorf("employee number %s has %s hours of code %s on %s: SETU has no negative hours; correct that day", l.Number, ClockText(now.minutes), l.Code, l.Day)
	}
	kind, err := parseInterval(l.Component)
	if err != nil {
		return nil, fmt.Errorf("code %s: %w", l.Code, err)
	}
	action, hundredths := "Add", now.hundredths
	switch had := was != nil && was.minutes > 0; {
	case now.minutes == 0 && !had:
		return nil, nil
	case now.minutes == 0:
		action, hundredths = "Void", was.hundredths
	case had && was.minutes == now.minutes && was.hundredths == now.hundredths:
		action = "Unchanged"
	case had:
		action = "Change"
	}
	if !corrected {
		action = ""
	}
	return &timeInterval{Type: kind.name, Billable: true, Action: action,
		ID:       entityID{Owner: c.Settings["id_owner"], Value: card + "-" + dateText(l.Day, "yyyymmdd") + "-" + l.Code},
		Start:    l.Day.String() + "T00:00:00",
		Duration: DecimalText(hundredths, "."),
		Rate:     rate{Currency: c.Settings["currency"], Type: "hourly", Multiplier: kind.multiplier, Amount: "0.00"}}, nil
}

// check holds the business rules that the schema does not (RTE-v1.4-TimeCard).
func (t timeCard) check(number string) error {
	if strings.TrimSpace(number) == "" {
		return fmt.Errorf("card %s has no employee number (rule Person.3)", t.ID.Value)
	}
	texts := []string{t.ID.Value, number}
	if t.Person.Name != nil {
		if strings.TrimSpace(t.Person.Name.Formatted) == "" {
			return fmt.Errorf("employee number %s has no name (rule PersonName.1): give one, or set names to no", number)
		}
		texts = append(texts, t.Person.Name.Formatted)
	}
	for _, i := range t.Time.Intervals {
		texts = append(texts, i.ID.Value)
	}
	for _, s := range texts {
		if err := checkText(s); err != nil {
			return fmt.Errorf("employee number %s: %w", number, err)
		}
	}
	if !slices.IsSortedFunc(t.Time.Intervals, func(a, b timeInterval) int { return cmp.Compare(a.Start, b.Start) }) {
		return fmt.Errorf("card %s is not in order of time", t.ID.Value)
	}
	return nil
}
