package sla

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"

	"tikklok/api/sla/window"
	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/tenant"
)

// Whole is 100 %: shares are counted in thousandths of a percent, so that 99 is
// 99,000.
const Whole = 100_000

// Terms is what a contract promises of a month, in whole numbers.
type Terms struct {
	Least    int    // of Whole
	Bands    []Band // the lowest first
	Table    Table
	Hours    window.Window
	Office   bool          // only Hours count; else day and night
	LeaveOut bool          // announced work is left out of a month
	Notice   time.Duration // work announced less long ahead is not left out
	Starts   calendar.Date // the contract's first day; zero: unknown
	Ends     calendar.Date // its last day; zero: open
}

// Table is the text that Bands are of: it says what the credit is a share of,
// and how it leaves a bound open.
type Table string

// The tables.
const (
	Restitution Table = "restitution" // N-B9: of the month's subscription; a bound but the highest stands in two bands
	Discount    Table = "discount"    // W-3.29: off the next month's invoice; a bound but the highest stands in none
)

// Band is what share is given back.
type Band struct {
	Below  int // of Whole
	Credit int // percent of what Table says
}

// TermsOf gives the terms of an agreement in whole numbers; hours are the
// tenant's office hours, which count only where the contract says so (OB-S2).
func TermsOf(a tenant.Agreement, hours window.Window) Terms {
	of := a.Terms.Availability
	t := Terms{Least: thousandths(of.Percent), Table: Restitution, Hours: window.Always(hours.Zone), LeaveOut: of.Maintenance, Notice: a.Terms.UpdateNotice}
	if a.Profile == tenant.WinBase {
		t.Table = Discount
	}
	if of.OfficeHours {
		t.Hours, t.Office = hours, true
	}
	for _, b := range of.Bands {
		t.Bands = append(t.Bands, Band{Below: thousandths(b.Below), Credit: b.Credit})
	}
	slices.SortFunc(t.Bands, func(a, b Band) int { return cmp.Compare(a.Below, b.Below) })
	if a.Version > 0 {
		t.Starts = calendar.DateOf(a.Starts)
	}
	if a.Ends != nil {
		t.Ends = calendar.DateOf(*a.Ends)
	}
	return t
}

// thousandths makes a profile's percentage whole; those of the documents have
// no decimals.
func thousandths(percent float64) int { return int(math.Round(percent * Whole / 100)) }

// runs says whether the contract holds on a day.
func (t Terms) runs(day calendar.Date) bool {
	return (t.Starts == calendar.Date{} || !day.Before(t.Starts)) && (t.Ends == calendar.Date{} || !t.Ends.Before(day))
}

// Credit is what is given back of what the terms' Table says.
type Credit struct {
	Percent int
	Bound   int // of Whole: the ratio is exactly this one, on which the contract says two things or none, and the customer has the better; 0: it isn't
}

// Credit gives what a ratio gives back, compared unrounded: under the highest
// bound, which is the promise itself ("lower than 99"), and at or under each of
// the others, where the texts leave the bound open. Nothing for a ratio of
// nothing.
func (t Terms) Credit(r Ratio) Credit {
	if !r.Known() {
		return Credit{}
	}
	for i, b := range t.Bands {
		against := r.Compare(b.Below)
		if against < 0 {
			return Credit{Percent: b.Credit}
		}
		if against == 0 && i < len(t.Bands)-1 {
			return Credit{Percent: b.Credit, Bound: b.Below}
		}
	}
	return Credit{}
}

// Ratio is a share of whole minutes.
type Ratio struct{ Up, Of int }

// Known says whether anything was measured.
func (r Ratio) Known() bool { return r.Of > 0 }

// Compare says whether the ratio is less than (−1), exactly (0) or more than (1)
// so many of Whole.
func (r Ratio) Compare(share int) int {
	return cmp.Compare(int64(r.Up)*Whole, int64(share)*int64(r.Of))
}

// String gives percent to three decimals, cut off and not rounded, so that what
// is under a bound never reads as the bound: "98.999". "" for a ratio of nothing.
func (r Ratio) String() string {
	if !r.Known() {
		return ""
	}
	cut := int64(r.Up) * Whole / int64(r.Of)
	return fmt.Sprintf("%d.%03d", cut/1000, cut%1000)
}
