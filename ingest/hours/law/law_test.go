package law

import (
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"tikklok/ingest/hours/calendar"
)

// someWork draws up to five weeks of work, in any order.
func someWork(t *rapid.T, label string) []Work {
	monday := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC).Unix() / 60
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Work {
		from := monday + rapid.Int64Range(0, 5*aWeek).Draw(t, "from")
		w := Work{Span: Span{from, from + rapid.Int64Range(1, 15*60).Draw(t, "long")}}
		if rapid.Bool().Draw(t, "break") {
			at := from + rapid.Int64Range(0, 600).Draw(t, "at")
			w.Breaks = []Span{{at, at + rapid.Int64Range(1, 60).Draw(t, "of")}}
		}
		w.State = rapid.SampledFrom([]State{Complete, Complete, Complete, Unsure}).Draw(t, "state")
		return w
	}), 0, 30).Draw(t, label)
}

const never = int64(1) << 40

func TestFindingsDoNotDependOnOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		work := someWork(t, "work")
		want := Check(History{time.UTC, work}, nil, never)
		shuffled := slices.Clone(work)
		rand.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		if got := Check(History{time.UTC, shuffled}, nil, never); !sameFindings(got, want, 0) {
			t.Fatalf("%+v\n%+v", got, want)
		}
	})
}

func TestAHistoryMovedByWeeksHasItsFindingsMoved(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		work := someWork(t, "work")
		by := int64(rapid.IntRange(-100, 100).Draw(t, "weeks")) * aWeek
		var moved []Work
		for _, w := range work {
			m := Work{Span: Span{w.From + by, w.To + by}, State: w.State}
			for _, b := range w.Breaks {
				m.Breaks = append(m.Breaks, Span{b.From + by, b.To + by})
			}
			moved = append(moved, m)
		}
		want, got := Check(History{time.UTC, work}, nil, never), Check(History{time.UTC, moved}, nil, never)
		if !sameFindings(got, want, by) {
			t.Fatalf("%+v\n%+v", got, want)
		}
	})
}

func sameFindings(a, b []Finding, by int64) bool {
	return slices.EqualFunc(a, b, func(a, b Finding) bool {
		return a.Row == b.Row && a.Severity == b.Severity && a.At == b.At+by && a.Over.From == b.Over.From+by && a.Allowed == b.Allowed && a.Found == b.Found && len(a.Shifts) == len(b.Shifts)
	})
}

// Who rests enough does so all the more with a shift less, or a shorter one.
// (Which rests are taken for the one that may be short once in seven days is a
// choice that more rest can change, so those are left out.)
func TestMoreRestMakesNoFindingOfRest(t *testing.T) {
	rows := []Row{DailyRest, WeeklyRest}
	clean := func(work []Work) bool {
		return !slices.ContainsFunc(Check(History{time.UTC, work}, nil, never), func(f Finding) bool { return slices.Contains(rows, f.Row) })
	}
	monday := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC).Unix() / 60
	tried := 0
	rapid.Check(t, func(t *rapid.T) {
		var work []Work // drawn so that it often is clean
		at := monday
		for range rapid.IntRange(2, 25).Draw(t, "shifts") {
			at += rapid.SampledFrom([]int64{660, 700, 900, 1920, 2160, 2700, 4000}).Draw(t, "rest")
			long := rapid.Int64Range(60, 720).Draw(t, "long")
			work = append(work, Work{Span: Span{at, at + long}})
			at += long
		}
		if !clean(work) {
			return
		}
		tried++
		i := rapid.IntRange(0, len(work)-1).Draw(t, "which")
		less := slices.Clone(work)
		switch w := &less[i]; rapid.IntRange(0, 2).Draw(t, "how") {
		case 0:
			less = slices.Delete(less, i, i+1)
		case 1:
			w.To = w.From + (w.To-w.From)/2
		case 2:
			w.From = w.To - (w.To-w.From)/2
		}
		if !clean(less) {
			t.Fatalf("%v is clean, %v is not", work, less)
		}
	})
	if tried == 0 {
		t.Error("no clean history was drawn")
	}
}

func TestFiguresOfTheActAreWithinTheAct(t *testing.T) {
	if err := Default().Check(false); err != nil {
		t.Error(err)
	}
	if err := Minors().Check(true); err != nil {
		t.Error(err)
	}
	seen := map[string]bool{}
	for _, g := range List() {
		if seen[g.Name] || g.Of(&Figures{}) == nil {
			t.Errorf("figure %s is there twice", g.Name)
		}
		seen[g.Name] = true
	}
}

func TestFiguresBeyondTheActAreRefusedByName(t *testing.T) {
	for _, c := range []struct {
		name  string
		value int
		want  string
	}{
		{"shift", 721, "shift is 721"},
		{"week", 0, "week is 0"},
		{"average_16", 2881, "average_16 is 2881"},
		{"daily_rest", 659, "daily_rest is 659"},
		{"short_rest", 661, "short_rest is 661, which contradicts daily_rest"},
		{"fortnight_rest", 60, "fortnight_rest is 60"},
		{"long_break", 20, "long_break is 20, which contradicts break"},
		{"long_break_after", 330, "long_break_after is 330, which contradicts break_after"},
		{"series", 9, "series is 9"},
		{"late_nights_16", 0, "late_nights_16 is 0, which contradicts late_nights_52"},
		{"late_nights_52", 140, "which contradicts late_nights_52"},
		{"average_16", -1, "average_16 is -1"},
		{"night_shift", 540, ""},
		{"average_4", 3500, ""},
		{"free_sundays", 4, ""},
		{"break", 15, ""},
	} {
		f := Default()
		for _, g := range List() {
			if g.Name == c.name {
				*g.Of(&f) = c.value
			}
		}
		err := f.Check(false)
		var named *FigureError
		if c.want == "" && err != nil || c.want != "" && (!errors.As(err, &named) || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s = %d: %v", c.name, c.value, err)
		}
	}
	if Default().Check(true) == nil {
		t.Error("the figures of adults are taken for minors")
	}
}

func TestFiguresHoldFromTheirDay(t *testing.T) {
	young, old := Minors(), Default()
	l := Law{{Figures: young}, {calendar.On(2026, 3, 4), old}}
	day := func(n int) Work {
		from := time.Date(2026, 3, n, 9, 0, 0, 0, time.UTC).Unix() / 60
		return Work{Span: Span{from, from + 10*60 + 30}, Breaks: []Span{{from + 180, from + 210}}}
	}
	got := Check(History{time.UTC, []Work{day(3), day(5)}}, l, never)
	if len(got) != 1 || got[0].Row != Shift || got[0].Day != calendar.On(2026, 3, 3) || got[0].Allowed != 540 {
		t.Errorf("%+v", got)
	}
}

// aYear is 52 weeks of a rota with nights, with breaks.
func aYear() History {
	zone, err := time.LoadLocation("Europe/Amsterdam")
	if err != nil {
		zone = time.UTC
	}
	h := History{Zone: zone}
	for d := range 364 {
		if d%7 > 4 {
			continue
		}
		hour := []int{7, 15, 23}[d/7%3]
		from := time.Date(2026, 1, 5+d, hour, 0, 0, 0, zone).Unix() / 60
		h.Work = append(h.Work, Work{Span: Span{from, from + 510}, Breaks: []Span{{from + 240, from + 270}}})
	}
	return h
}

func BenchmarkYear(b *testing.B) {
	h := aYear()
	l := Law{{Figures: Default()}}
	for b.Loop() {
		Check(h, l, never)
	}
}

func BenchmarkLive(b *testing.B) {
	h := aYear()
	h.Work = h.Work[:20]
	now := h.Work[19].From + 300
	h.Work[19].State = Running
	plan := []Work{{Span: Span{now + 900, now + 1400}}}
	for b.Loop() {
		Live(h, nil, plan, now, 120)
	}
}
