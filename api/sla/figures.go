package sla

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"

	"tikklok/ingest/hours/calendar"
)

// Figures are what a report says, in a form that stays: it names no person,
// decisions are named by their numbers.
type Figures struct {
	Month   Month           `json:"month"`
	Zone    string          `json:"zone"`
	Until   time.Time       `json:"until"` // UTC
	Parts   []FiguresPart   `json:"parts"`
	Outages []FiguresOutage `json:"outages"`
	Taps    Taps            `json:"taps"`
}

// FiguresPart is a Part in figures; minutes are those of its Count.
type FiguresPart struct {
	From       calendar.Date `json:"from"`
	To         calendar.Date `json:"to"`       // not in it
	Contract   int           `json:"contract"` // version
	Promised   int           `json:"promised"`
	Minutes    Count         `json:"minutes"`
	Available  int           `json:"available"` // minutes of Measured
	Measured   int           `json:"measured"`
	Credit     int           `json:"credit"` // percent of what Table says
	Table      Table         `json:"table"`
	AtBound    int           `json:"at_bound,omitempty"` // thousandths of a percent, as Credit.Bound
	WorstAfter int           `json:"worst_credit"`       // had all that was not measured been down
}

// FiguresOutage is an Outage in figures.
type FiguresOutage struct {
	From     time.Time `json:"from"` // UTC
	To       time.Time `json:"to"`
	Down     int       `json:"down"`
	Excused  int       `json:"excused"`
	Cause    Cause     `json:"cause"`
	Supplier int64     `json:"supplier_decision,omitempty"`
	Customer int64     `json:"customer_decision,omitempty"`
}

// Ratio gives the part's.
func (p FiguresPart) Ratio() Ratio { return Ratio{Up: p.Available, Of: p.Measured} }

// Figures gives what the report says.
func (r Report) Figures() Figures {
	f := Figures{Month: r.Month, Zone: r.From.Location().String(), Until: r.Until.UTC(), Parts: []FiguresPart{}, Outages: []FiguresOutage{}, Taps: r.Taps}
	for _, p := range r.Parts {
		credit := p.Credit(p.Ratio)
		f.Parts = append(f.Parts, FiguresPart{From: calendar.DateOf(p.From), To: calendar.DateOf(p.To), Contract: p.Version, Promised: p.Promised, Minutes: p.Count,
			Available: p.Ratio.Up, Measured: p.Ratio.Of, Credit: credit.Percent, Table: p.Terms.Table, AtBound: credit.Bound, WorstAfter: p.Credit(p.Worst).Percent})
	}
	for _, o := range r.Outages {
		f.Outages = append(f.Outages, FiguresOutage{From: o.From.UTC(), To: o.To.UTC(), Down: o.Down, Excused: o.Excused, Cause: o.Cause(),
			Supplier: o.Ruling.Supplier.ID, Customer: o.Ruling.Customer.ID})
	}
	return f
}

// write gives the bytes that are kept: the same figures, the same bytes.
func (f Figures) write() ([]byte, error) {
	b, err := json.MarshalIndent(f, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("writing the figures of %s: %w", f.Month, err)
	}
	return append(b, '\n'), nil
}

// ParseFigures reads what was kept.
func ParseFigures(b []byte) (f Figures, err error) {
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(&f); err != nil {
		return Figures{}, fmt.Errorf("reading the figures of a report: %w", err)
	}
	return f, nil
}

// Change is what is otherwise now than it was handed out.
type Change string

// The changes.
const (
	NewContract Change = "contract" // another version of the contract holds
	NewHours    Change = "hours"    // other minutes count: office hours, or announced work
	NewMinutes  Change = "minutes"  // a probe told more, or measured again
	NewCause    Change = "cause"    // other causes hold, or on another's word
)

// Since says what changed from one report to a later one, and whether the
// outcome, a ratio or a credit, is another.
func (f Figures) Since(then Figures) (changes []Change, outcome bool) {
	if len(f.Parts) != len(then.Parts) {
		return []Change{NewContract}, true
	}
	seen := map[Change]bool{}
	for i, p := range f.Parts {
		was := then.Parts[i]
		a, b := p.Minutes, was.Minutes
		seen[NewContract] = seen[NewContract] || p.Contract != was.Contract || p.From != was.From || p.Table != was.Table
		hours := a.Outside != b.Outside || a.LeftOut != b.LeftOut
		seen[NewHours] = seen[NewHours] || hours
		seen[NewMinutes] = seen[NewMinutes] || !hours && (a.Unmeasured != b.Unmeasured || a.Down+a.Other != b.Down+b.Other)
		seen[NewCause] = seen[NewCause] || a.Other != b.Other || a.Contested != b.Contested || a.Claimed != b.Claimed
		outcome = outcome || p.Ratio() != was.Ratio() || p.Credit != was.Credit
	}
	for _, c := range []Change{NewContract, NewHours, NewMinutes, NewCause} {
		if seen[c] {
			changes = append(changes, c)
		}
	}
	return changes, outcome
}
