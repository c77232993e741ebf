package sim

import (
	"math"
	"reflect"
	"testing"
	"time"
	_ "time/tzdata"
)

func amsterdam(t *testing.T) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation("Europe/Amsterdam")
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

func people(t *testing.T) (Population, time.Time, time.Time) {
	zone := amsterdam(t)
	begin := time.Date(2026, 3, 16, 0, 0, 0, 0, zone) // the clock changes on the 29th
	return Population{Seed: 1, Employees: 50, Readers: 3, Breaks: 3, Zone: zone, Begin: begin}, begin, begin.AddDate(0, 0, 28)
}

func TestAPartOfALifeIsThatPartOfTheWhole(t *testing.T) {
	p, from, to := people(t)
	whole := p.Presentations(from, to)
	var parts []Presentation
	for at := from; at.Before(to); at = at.Add(7 * time.Hour) {
		next := at.Add(7 * time.Hour)
		if next.After(to) {
			next = to
		}
		parts = append(parts, p.Presentations(at, next)...)
	}
	if len(whole) < 2000 || !reflect.DeepEqual(whole, parts) {
		t.Errorf("%d presentations at once, %d in parts", len(whole), len(parts))
	}
}

func TestTapsAreForgottenAndDoubledAsOftenAsSaid(t *testing.T) {
	p, from, to := people(t)
	var taps, forgotten, double, breaks float64
	var last Presentation
	for _, e := range p.Presentations(from, to) {
		switch {
		case e.Double:
			double++
		case e.Forgotten:
			forgotten++
		}
		if !e.Double {
			taps++
		}
		if e.Kind == Break {
			breaks++
		}
		if e.At.Before(last.At) || e.At.Nanosecond()%1e6 != 0 {
			t.Fatalf("%+v after %+v", e, last)
		}
		last = e
	}
	if math.Abs(forgotten/taps-0.02) > 0.01 || math.Abs(double/taps-0.05) > 0.015 || breaks == 0 {
		t.Errorf("of %v taps %v forgotten, %v double, %v breaks", taps, forgotten, double, breaks)
	}
}

func TestEveryTapIsMadeWithTheFobThatIsHeldThen(t *testing.T) {
	p, from, to := people(t)
	p.Begin = from.AddDate(0, -6, 0) // time to lose some
	holdings := map[uint64]Holding{}
	for _, h := range p.Holdings(to) {
		if other, ok := holdings[h.Fob]; ok {
			t.Errorf("%+v and %+v", h, other)
		}
		holdings[h.Fob] = h
	}
	if len(holdings) <= p.Employees {
		t.Error("nobody lost a fob in seven months")
	}
	for _, e := range p.Presentations(p.Begin, to) {
		h := holdings[e.Fob]
		if h.Employee != e.Employee || e.At.Before(h.From) || !h.Until.IsZero() && !e.At.Before(h.Until) {
			t.Fatalf("%+v with %+v", e, h)
		}
	}
}

func TestNightsCrossMidnightAndNobodyIsIrregular(t *testing.T) {
	p, from, to := people(t)
	var lines []Line
	for _, e := range p.Presentations(from, to) {
		lines = append(lines, e.line("x", e.At))
	}
	seen := map[Pattern]bool{}
	for _, s := range Shifts(lines) {
		present, rest := s.Minutes()
		if s.Out.IsZero() {
			continue // still at work when the period ends
		}
		if present < 3*60 || present > 10*60 || rest > 60 {
			t.Errorf("%s: %v to %v, %d minutes of break", p.Pattern(s.Employee), s.In, s.Out, rest)
		}
		if s.In.In(p.Zone).Day() != s.Out.In(p.Zone).Day() {
			seen[p.Pattern(s.Employee)] = true
		}
	}
	if want := map[Pattern]bool{Night: true}; !reflect.DeepEqual(seen, want) {
		t.Errorf("past midnight: %v", seen)
	}
}

func TestTheRosterIsWhatPeopleComeFor(t *testing.T) {
	p, from, to := people(t)
	p.OnCall = 3
	came := map[int][]time.Time{}
	for _, e := range p.Presentations(from, to) {
		if e.Kind == In {
			came[e.Employee] = append(came[e.Employee], e.At)
		}
	}
	away := 0
	for _, s := range p.Roster(from, to) {
		seen := false
		for _, at := range came[s.Employee] {
			seen = seen || at.Sub(s.From).Abs() <= 15*time.Minute
		}
		if seen == s.Away {
			t.Errorf("%+v, and somebody came: %v", s, seen)
		}
		if s.Away {
			away++
		}
	}
	if away == 0 {
		t.Error("nobody was ever away")
	}
	if p.Pattern(p.Employees) != OnCall || len(p.Holdings(from)) != p.Employees+3 {
		t.Errorf("who is on call has no fob, or weeks of their own: %d fobs", len(p.Holdings(from)))
	}
}
