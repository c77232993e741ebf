package hours

import (
	"encoding/json"
	"fmt"
	"math/rand"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/hours/rule"
)

// Whatever is tapped, planned and decided under whatever rules: the parts add
// up (I5), no minute is paid twice, every tap is shown once, the order of
// arrival and doubles do not matter, and doing it again gives the same.
func TestAnyLifeUnderAnyRulesAddsUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := drawLife(t)
		book := l.book(t)
		days := Compute(book, l.facts, l.now)
		l.check(t, days)
		shown := map[TapID]int{}
		for _, d := range days {
			for _, p := range d.Punches {
				shown[p.Tap]++
			}
		}
		for _, p := range l.facts.Punches {
			if shown[p.Tap] != 1 {
				t.Fatalf("tap %s is shown %d times", p.Tap, shown[p.Tap])
			}
		}
		before := text(days)
		f := l.facts
		f.Punches = slices.Clone(f.Punches)
		f.Decisions = slices.Clone(f.Decisions)
		r := rand.New(rand.NewSource(rapid.Int64().Draw(t, "order")))
		r.Shuffle(len(f.Punches), func(i, j int) { f.Punches[i], f.Punches[j] = f.Punches[j], f.Punches[i] })
		r.Shuffle(len(f.Decisions), func(i, j int) { f.Decisions[i], f.Decisions[j] = f.Decisions[j], f.Decisions[i] })
		other := l.facts
		other.Person.ID, other.Punches = 2, append(slices.Clone(f.Punches), Punch{Tap: "9/9/1", At: l.now.UnixMilli() - 1000, Arrived: l.now.UnixMilli(), Known: KnownServer, Mode: Toggle})
		Compute(book, other, l.now) // somebody else's tap, between the two
		if again := text(Compute(book, f, l.now)); again != before {
			t.Fatalf("another order gives\n%s\nnot\n%s", again, before)
		}
	})
}

// Settling again changes nothing, also of days that were stored and read.
func TestSettlingAgainChangesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := drawLife(t)
		book := l.book(t)
		days := Compute(book, l.facts, l.now)
		before := text(days)
		Settle(book, l.facts, days)
		if again := text(days); again != before {
			t.Fatalf("settled again\n%s\nnot\n%s", again, before)
		}
		stored := read(t, before)
		Settle(book, l.facts, stored)
		if again := text(stored); again != before {
			t.Fatalf("stored, read and settled\n%s\nnot\n%s", again, before)
		}
	})
}

// A day that is computed alone and settled with the stored others is what it
// is when all is computed at once. The store rests on it.
func TestSettlingAPartWithTheStoredRestGivesTheWhole(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := drawLife(t)
		book := l.book(t)
		all := Compute(book, l.facts, l.now)
		if len(all) == 0 {
			return
		}
		whole := text(all)
		pick := rapid.IntRange(0, len(all)-1).Draw(t, "day")
		parts := read(t, whole)
		for i := range parts {
			parts[i].Lines, parts[i].Settled, parts[i].Minutes = nil, nil, 0
			if i != pick {
				Settle(book, l.facts, parts[i:i+1]) // as if it had been alone when it was stored
			}
		}
		Settle(book, l.facts, parts)
		if got := text(parts); got != whole {
			t.Fatalf("in parts\n%s\nat once\n%s", got, whole)
		}
	})
}

// Overtime takes as many minutes as lie above the threshold, the last ones,
// and no others.
func TestOvertimeIsTheLastMinutesAboveTheThreshold(t *testing.T) {
	zone := amsterdam(t)
	rapid.Check(t, func(t *rapid.T) {
		r := rule.Default()
		r.Rules.Bands, r.Rules.Breaks = nil, nil
		above := rapid.IntRange(0, 3000).Draw(t, "above")
		r.Rules.Overtime = []rule.Overtime{{Per: rule.OverWeek, Above: above, Code: "OVER"}}
		book, err := rule.NewBook([]rule.Set{r})
		if err != nil {
			t.Fatal(err)
		}
		var punches []Punch
		for d := range 7 {
			for n, at := range []int{8 * 60, 8*60 + rapid.IntRange(1, 600).Draw(t, "length")} {
				ms := calendar.On(2026, 11, 9).AddDays(d).In(zone).UnixMilli() + int64(at)*60_000
				punches = append(punches, Punch{Tap: TapID(fmt.Sprintf("1/1/%d%d", d, n)), At: ms, Arrived: ms, Known: KnownServer, Mode: Toggle})
			}
		}
		total, over, began := 0, 0, false
		for _, d := range Compute(book, Facts{Person: Person{ID: 1, Zone: zone}, Punches: punches}, time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)) {
			total += d.Minutes
			for _, line := range d.Lines {
				switch {
				case line.Code == "OVER":
					began, over = true, over+line.Minutes
				case began:
					t.Fatalf("%s: %d minutes of %s after overtime began", d.Date, line.Minutes, line.Code)
				}
			}
		}
		if want := max(0, total-above); over != want {
			t.Fatalf("%d minutes of overtime of %d above %d, want %d", over, total, above, want)
		}
	})
}

// A sealed day keeps its lines whatever the rules say now, and takes what
// people put right by hand, once.
func TestASealedDayTakesCorrectionsByHandOnly(t *testing.T) { // I5
	rapid.Check(t, func(t *rapid.T) {
		l := drawLife(t)
		book := l.book(t)
		without := l.facts
		without.Decisions = slices.DeleteFunc(slices.Clone(l.facts.Decisions), func(d Decision) bool { return d.Kind == Absent || d.Kind == AddMinutes })
		kept := Compute(book, without, l.now)
		for i := range kept {
			kept[i].Sealed = kept[i].Date.AddDays(90)
		}
		before := text(kept)
		other, err := rule.NewBook([]rule.Set{rule.Default()})
		if err != nil {
			t.Fatal(err)
		}
		Settle(other, l.facts, kept)
		if got := text(kept); got != before {
			t.Fatalf("other rules make\n%s\nof\n%s", got, before)
		}
		for i := range kept {
			kept[i].Booked = []Booked{{Decision: 77, Kind: AddMinutes, Code: "100", Minutes: -30}, {Decision: 78, Kind: AddMinutes, Code: "KM", Minutes: 5}}
			minutes := kept[i].Minutes
			for range 2 {
				Settle(other, l.facts, kept)
				if kept[i].Minutes != minutes-30 {
					t.Fatalf("%s: %d minutes, want %d", kept[i].Date, kept[i].Minutes, minutes-30)
				}
			}
			kept[i].Booked = nil
		}
		Settle(other, l.facts, kept)
		l.check(t, kept)
		for i := range kept {
			slices.SortFunc(kept[i].Lines, func(a, b DayLine) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
		}
		again := read(t, before)
		for i := range again {
			slices.SortFunc(again[i].Lines, func(a, b DayLine) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
			if fmt.Sprint(again[i].Lines, again[i].Minutes) != fmt.Sprint(kept[i].Lines, kept[i].Minutes) {
				t.Fatalf("undone\n%v\nbefore\n%v", kept[i].Lines, again[i].Lines)
			}
		}
	})
}

func read(t *rapid.T, stored string) (days []Day) {
	if err := json.Unmarshal([]byte(stored), &days); err != nil {
		t.Fatal(err)
	}
	return days
}

// What is due of a tap, computed from the taps around it and settled with the
// stored rest, is what is computed from all there is. The store rests on it.
func TestComputingAroundATapGivesTheWhole(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := drawLife(t)
		book, f := l.book(t), l.facts
		if len(f.Punches) == 0 {
			return
		}
		all := Compute(book, f, l.now)
		pick := f.Punches[rapid.IntRange(0, len(f.Punches)-1).Draw(t, "pick")]
		doubt := min(pick.Uncertainty, widestDoubt)
		s, whole := f.whole(due{1, pick.Placed() - doubt, pick.Placed() + doubt}, 100*dayMillis, book)
		if !whole {
			t.Fatal("a hundred days do not reach")
		}
		within := func(d calendar.Date) bool { return !d.Before(s.first) && !s.last.Before(d) }
		from, to := s.first.In(f.Person.Zone).UnixMilli()-book.Longest()-widestDoubt, s.last.AddDays(1).In(f.Person.Zone).UnixMilli()+2*book.Longest()+widestDoubt
		some := f
		some.Punches = slices.DeleteFunc(slices.Clone(f.Punches), func(p Punch) bool { return p.Placed() < from || p.Placed() > to })
		some.Days = calendar.Period{From: s.first, To: s.last}
		if some.Days.From.Before(f.Days.From) {
			some.Days.From = f.Days.From
		}
		if f.Days.To.Before(some.Days.To) {
			some.Days.To = f.Days.To
		}
		parts := slices.DeleteFunc(Compute(book, some, l.now), func(d Day) bool { return !within(d.Date) })
		for _, d := range read(t, text(all)) {
			if !within(d.Date) {
				parts = append(parts, d)
			}
		}
		slices.SortFunc(parts, func(a, b Day) int { return a.Date.Sub(b.Date) })
		Settle(book, f, parts)
		if got, want := text(parts), text(all); got != want {
			t.Fatalf("around %s, from %s to %s:\n%s\nall\n%s", pick.Tap, s.first, s.last, got, want)
		}
	})
}
