package sla

import (
	"reflect"
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

// AgreedOf gives what each version of a contract promises, without those in whose
// place a correction came; all is every version, the first first, and hours are
// the office hours of the month (OB-S1, OB-S2).
func AgreedOf(all []tenant.Agreement, hours window.Window) (out []Agreed) {
	var held []tenant.Agreement // those of out
	for i, a := range all {
		if i > 0 && corrects(a, all[i-1]) {
			out, held = out[:len(out)-1], held[:len(held)-1]
		}
		held = append(held, a)
		first := slices.IndexFunc(held, func(h tenant.Agreement) bool { return h.Starts.Equal(a.Starts) })
		out = append(out, Agreed{Version: a.Version, Terms: TermsOf(a, hours), From: holdsFrom(a, held[first])})
	}
	return out
}

// holdsFrom gives the day from which a version holds: its first day, or its signing
// where it changes the contract that runs, which was first recorded with the
// same first day and signed before. Zero: always, of what was never recorded.
func holdsFrom(a, first tenant.Agreement) calendar.Date {
	switch {
	case a.Version == 0:
		return calendar.Date{}
	case a.Signed.After(first.Signed) && a.Signed.After(a.Starts):
		return calendar.DateOf(a.Signed)
	}
	return calendar.DateOf(a.Starts)
}

// corrects says whether a version puts right what the one before it says, so
// that this one never held: it has the same days, or the same writing says all
// the same again with one of both days otherwise. Another writing that agrees
// the same takes nothing back.
func corrects(a, before tenant.Agreement) bool {
	starts, signed := a.Starts.Equal(before.Starts), a.Signed.Equal(before.Signed)
	if starts && signed {
		return true
	}
	same := a.Reference == before.Reference && reflect.DeepEqual(a.Terms, before.Terms) && reflect.DeepEqual(a.Until, before.Until)
	return same && (starts || signed)
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
