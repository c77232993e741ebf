package format

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"tikklok/ingest/audit"
	"tikklok/ingest/hours/calendar"
)

// setuCard is a timecard: all hours of an employee, assignment and period, as
// they stand after the run. There are no negative hours in it: a card that was
// sent before goes out again whole.
type setuCard struct {
	id         string // the same whenever the card goes out
	number     string
	name       string // "" unless asked for
	assignment string
	period     calendar.Period
	corrected  bool // it was sent before
	intervals  []setuInterval
	approvals  []approval // those the hours came with, in order of time
}

// setuInterval is what a card says of a day, a code and, where asked for, a
// cost centre. It has no hours of the clock: hours are of a day here.
type setuInterval struct {
	id         string // the same whenever the card goes out
	day        calendar.Date
	kind       hourType
	costCentre string
	action     setuAction
	hundredths int // hours × 100; of what is void, those that stood
}

// setuAction says what a card that was sent before does with an interval.
type setuAction string

const (
	setuNew       setuAction = "" // of a card that was not sent before
	setuAdd       setuAction = "Add"
	setuChange    setuAction = "Change"
	setuVoid      setuAction = "Void"
	setuUnchanged setuAction = "Unchanged"
)

type approval struct {
	at time.Time
	by audit.Actor
}

// cardKey names a card: the lines that go into one document.
type cardKey struct {
	employee   int64
	assignment string
	period     calendar.Period
}

func (l Line) card() cardKey { return cardKey{l.Employee, l.Assignment, l.Period} }

// place names an interval.
type place struct {
	card       cardKey
	day        calendar.Date
	code       string
	costCentre string
}

func (l Line) place() place { return place{l.card(), l.Day, l.Code, l.CostCentre} }

// dayTotal adds up the lines of a place.
type dayTotal struct {
	place      place
	component  string
	minutes    int
	hundredths int
}

// days adds lines up per place, in the order of cards, and makes decimals of
// the whole: each total is rounded once, over all cards of the employee and
// period. The employee may have had another number when lines were sent.
func days(costCentres bool, parts ...[]Line) []dayTotal {
	lines := slices.Concat(parts...)
	if !costCentres {
		for i := range lines {
			lines[i].CostCentre = ""
		}
	}
	slices.SortFunc(lines, func(a, b Line) int {
		id := cmp.Compare(a.ID, b.ID)
		a.ID, b.ID, a.Number, b.Number = 0, 0, "", ""
		return cmp.Or(ByPlace(a, b), cmp.Compare(a.Assignment, b.Assignment), cmp.Compare(a.CostCentre, b.CostCentre), id)
	})
	whole := lines[:0]
	for _, l := range lines {
		if n := len(whole); n > 0 && whole[n-1].place() == l.place() {
			whole[n-1].Minutes += l.Minutes
			continue
		}
		whole = append(whole, l)
	}
	MakeDecimals(whole, nil)
	totals := make([]dayTotal, len(whole))
	for i, l := range whole {
		totals[i] = dayTotal{l.place(), l.Component, l.Minutes, l.Hundredths}
	}
	return totals
}

// setuCards makes the cards of an employee that the run changes: those with new
// lines, and those whose hours round otherwise now that the total is another,
// so that the cards that stand always add up to what was sent (I8).
func setuCards(c Content, e Employee, kind func(string) (hourType, error)) ([]setuCard, error) {
	costCentres := c.Settings["cost_centres"] == "yes"
	before := map[place]dayTotal{}
	for _, d := range days(costCentres, e.Sent) {
		before[d.place] = d
	}
	changed, corrected := map[cardKey]bool{}, map[cardKey]bool{}
	for _, l := range e.Lines {
		changed[l.card()] = true
	}
	for _, l := range e.Sent {
		corrected[l.card()] = corrected[l.card()] || l.Minutes != 0
	}
	var order []cardKey
	parts := map[cardKey][]dayTotal{}
	for _, d := range days(costCentres, e.Sent, e.Lines) {
		key := d.place.card
		if parts[key] == nil {
			order = append(order, key)
		}
		parts[key] = append(parts[key], d)
		changed[key] = changed[key] || d.hundredths != before[d.place].hundredths
	}
	var cards []setuCard
	for _, key := range order {
		if !changed[key] {
			continue
		}
		card := newCard(c, e, key, corrected[key])
		if err := card.fill(e.Number, parts[key], before, kind); err != nil {
			return nil, err
		}
		if len(card.intervals) == 0 {
			continue
		}
		if err := card.check(c.Settings["names"] == "yes"); err != nil {
			return nil, err
		}
		cards = append(cards, card)
	}
	return cards, nil
}

func newCard(c Content, e Employee, key cardKey, corrected bool) setuCard {
	card := setuCard{number: e.Number, assignment: key.assignment, period: key.period, corrected: corrected, approvals: approvals(key, e.Sent, e.Lines)}
	card.id = fmt.Sprintf("TK-%d-%d-%s-%s", c.Destination, key.employee, dateText(key.period.From, "yyyymmdd"), dateText(key.period.To, "yyyymmdd"))
	if key.assignment != "" {
		card.id += "-" + key.assignment
	}
	if c.Settings["names"] == "yes" {
		card.name = strings.TrimSpace(e.FirstName + " " + e.Surname)
	}
	return card
}

// approvals gives those of a card's lines, each once.
func approvals(key cardKey, parts ...[]Line) []approval {
	var all []approval
	for _, l := range slices.Concat(parts...) {
		a := approval{l.ApprovedAt.UTC(), l.ApprovedBy}
		if l.card() == key && !a.at.IsZero() && !slices.Contains(all, a) {
			all = append(all, a)
		}
	}
	slices.SortFunc(all, func(a, b approval) int {
		return cmp.Or(a.at.Compare(b.at), cmp.Compare(a.by.Kind, b.by.Kind), cmp.Compare(a.by.ID, b.by.ID))
	})
	return all
}

// fill makes the intervals of a card, without those that hold nothing and held
// nothing.
func (t *setuCard) fill(number string, now []dayTotal, before map[place]dayTotal, kind func(string) (hourType, error)) error {
	for _, d := range now {
		p := d.place
		if d.minutes < 0 {
			return fmt.Errorf("employee number %s has %s hours of code %s on %s: SETU has no negative hours; correct that day", number, ClockText(d.minutes), p.code, p.day)
		}
		k, err := kind(d.component)
		if err != nil {
			return fmt.Errorf("code %s: %w", p.code, err)
		}
		was := before[p]
		if d.minutes == 0 && was.minutes == 0 {
			continue
		}
		i := setuInterval{id: t.id + "-" + dateText(p.day, "yyyymmdd") + "-" + p.code, day: p.day, kind: k, costCentre: p.costCentre, hundredths: d.hundredths}
		if p.costCentre != "" {
			i.id += "~" + p.costCentre
		}
		if t.corrected {
			i.action = d.since(was)
		}
		if i.action == setuVoid {
			i.hundredths = was.hundredths
		}
		t.intervals = append(t.intervals, i)
	}
	return nil
}

func (d dayTotal) since(was dayTotal) setuAction {
	switch {
	case was.minutes == 0:
		return setuAdd
	case d.minutes == 0:
		return setuVoid
	case d.minutes == was.minutes && d.hundredths == was.hundredths:
		return setuUnchanged
	}
	return setuChange
}

// check holds what both versions need and a receiver's schema may let through:
// ids and names that are there and can be written.
func (t setuCard) check(named bool) error {
	if strings.TrimSpace(t.number) == "" {
		return fmt.Errorf("card %s has no employee number (rule Person.3): give the employee one", t.id)
	}
	if named && t.name == "" {
		return fmt.Errorf("employee number %s has no name (rule PersonName.1): give one, or set names to no", t.number)
	}
	if t.assignment != "" && strings.TrimSpace(t.assignment) == "" {
		return fmt.Errorf("employee number %s has an assignment whose number is blank (rule AssignmentId.2): give it one", t.number)
	}
	texts, ids := []string{t.number, t.name, t.assignment}, map[string]bool{}
	for _, i := range t.intervals {
		if ids[i.id] {
			return fmt.Errorf("employee number %s has two kinds of hours on %s that would be called %s: change the code or the cost centre", t.number, i.day, i.id)
		}
		ids[i.id] = true
		texts = append(texts, i.id, i.costCentre)
	}
	for _, s := range texts {
		if err := checkText(s); err != nil {
			return fmt.Errorf("employee number %s: %w", t.number, err)
		}
	}
	return nil
}
