package sla

import (
	"slices"
	"time"

	"tikklok/api/sla/window"
	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/tenant"
)

// Agreed is one version of a contract with what it promises of availability.
type Agreed struct {
	Version int           // 0: none was recorded
	From    calendar.Date // from this day on it goes before those with a lower version; zero: always
	Terms   Terms
}

// AgreedOf gives what each version of a contract promises; all is every version,
// the first first, and hours are the office hours of the month (OB-S1, OB-S2).
func AgreedOf(all []tenant.Agreement, hours window.Window) []Agreed {
	out, first := make([]Agreed, 0, len(all)), 0 // the first of those in a row with one first day
	for i, a := range all {
		if !a.Starts.Equal(all[first].Starts) {
			first = i
		}
		one := Agreed{Version: a.Version, Terms: TermsOf(a, hours), From: calendar.DateOf(a.Starts)}
		if a.Version == 0 {
			one.From = calendar.Date{}
		}
		if amends(a, all[first]) {
			one.From = calendar.DateOf(a.Signed)
		}
		out = append(out, one)
	}
	return out
}

// amends says whether a version changes the contract that runs, which was first
// recorded with the same first day: it was signed later, after that day. It then
// holds from its signing on, and so does one that corrects it, for that has its
// signing. One of the first's signing corrects the first, and one with another
// first day says itself from when it holds.
func amends(a, first tenant.Agreement) bool {
	return a.Signed.After(first.Signed) && a.Signed.After(a.Starts)
}

// on gives the version that holds on a day: the highest that is in force; of a
// day before all of them the one that begins first, under which the day counts
// for nothing.
func on(all []Agreed, day calendar.Date) Agreed {
	for _, a := range slices.Backward(all) {
		if !day.Before(a.From) {
			return a
		}
	}
	return slices.MinFunc(all, func(a, b Agreed) int { return a.From.In(time.UTC).Compare(b.From.In(time.UTC)) })
}

// parts cuts the days from one instant until before another, local midnights
// both, where what is promised changes. A version that promises the same of
// availability as the one before it cuts nothing.
func parts(all []Agreed, from, to time.Time) (out []Part) {
	for day, last := calendar.DateOf(from), calendar.DateOf(to); day.Before(last); day = day.AddDays(1) {
		a, begin := on(all, day), day.In(from.Location())
		if n := len(out); n == 0 || !out[n-1].Terms.alike(a.Terms) {
			out = append(out, Part{From: begin})
		}
		p := &out[len(out)-1]
		p.To, p.Version, p.Terms = day.AddDays(1).In(from.Location()), a.Version, a.Terms
	}
	return out
}

// alike says whether both promise the same of availability, whatever their days.
func (t Terms) alike(o Terms) bool {
	return t.Least == o.Least && slices.Equal(t.Bands, o.Bands) && t.Table == o.Table && t.Hours == o.Hours &&
		t.Office == o.Office && t.LeaveOut == o.LeaveOut && t.Notice == o.Notice
}
