package hours

import (
	"encoding/json"
	"fmt"
	"math/rand"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/hours/rule"
)

func drawRules(t *rapid.T) rule.Rules {
	r := rule.Default().Rules
	r.Rounding = rapid.SampledFrom([]rule.Rounding{{}, {Per: rule.RoundShift, To: 5}, {Per: rule.RoundShift, To: 15}}).Draw(t, "rounding")
	r.ShortestGap = rapid.SampledFrom([]int{0, 30, 120}).Draw(t, "gap")
	r.Breaks = rapid.SampledFrom([][]rule.AutoBreak{nil, {{Above: 330, Minutes: 30}}, {{Above: 0, Minutes: 15}, {Above: 300, Minutes: 60}}}).Draw(t, "breaks")
	return r
}

// drawPunches gives taps of any kind, anywhere in some days around a clock change.
func drawPunches(t *rapid.T) []Punch {
	start := time.Date(2026, 10, 23, 0, 0, 0, 0, time.UTC).UnixMilli()
	var out []Punch
	for i := range rapid.IntRange(0, 25).Draw(t, "taps") {
		p := Punch{Tap: TapID(fmt.Sprintf("1/1/%03d", i)), Known: KnownServer, Site: int64(i % 2),
			Mode: rapid.SampledFrom([]Mode{Toggle, Toggle, Toggle, In, Out, Break}).Draw(t, "mode")}
		p.At = start + rapid.Int64Range(0, 5*86_400_000).Draw(t, "at")
		p.Uncertainty = rapid.SampledFrom([]int64{0, 100, 29_000, 45_000, 7_200_000, Unbounded}).Draw(t, "uncertainty")
		if p.Uncertainty == Unbounded {
			p.Known = KnownArrival
		}
		p.Arrived = p.At + 1000
		out = append(out, p)
	}
	return out
}

func text(days []Day) string {
	b, err := json.Marshal(days)
	if err != nil {
		panic(err)
	}
	return string(b)
}

func drawBook(t *rapid.T) *rule.Book {
	book, err := rule.NewBook([]rule.Set{{Version: 1, From: calendar.On(2015, 1, 1), Rules: drawRules(t)}})
	if err != nil {
		t.Fatal(err)
	}
	return book
}

// Whatever is tapped: parts add up to the whole (I5), every tap is shown once,
// the order of arrival does not matter, and computing again gives the same.
func TestAnyTapsAddUpInAnyOrder(t *testing.T) {
	zone := amsterdam(t)
	rapid.Check(t, func(t *rapid.T) {
		book, punches := drawBook(t), drawPunches(t)
		now := time.Date(2026, 10, 27, 12, 0, 0, 0, time.UTC)
		days := Compute(book, Facts{Person: Person{ID: 1, Zone: zone}, Punches: punches}, now)
		shown := map[TapID]int{}
		for _, d := range days {
			if err := d.AddsUp(); err != nil {
				t.Fatal(err)
			}
			for _, p := range d.Punches {
				shown[p.Tap]++
			}
		}
		for _, p := range punches {
			if shown[p.Tap] != 1 {
				t.Fatalf("tap %s is shown %d times", p.Tap, shown[p.Tap])
			}
		}
		shuffled := slices.Clone(punches)
		rand.New(rand.NewSource(rapid.Int64().Draw(t, "order"))).Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		if again := text(Compute(book, Facts{Person: Person{ID: 1, Zone: zone}, Punches: shuffled}, now)); again != text(days) {
			t.Fatalf("another order gives\n%s\nnot\n%s", again, text(days))
		}
	})
}

// Only whole chains matter: what is computed from the taps around a day is
// what is computed from all of them. Recompute rests on it.
func TestADayDependsOnItsChainsOnly(t *testing.T) {
	zone := amsterdam(t)
	rapid.Check(t, func(t *rapid.T) {
		book, punches := drawBook(t), drawPunches(t)
		now := time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)
		if len(punches) == 0 {
			return
		}
		all := Compute(book, Facts{Person: Person{ID: 1, Zone: zone}, Punches: punches}, now)
		pick := punches[rapid.IntRange(0, len(punches)-1).Draw(t, "pick")]
		d := due{1, pick.Placed(), pick.Placed()}
		f := Facts{Person: Person{ID: 1, Zone: zone}, Punches: punches}
		s, whole := f.whole(d, 100*dayMillis, book)
		if !whole {
			t.Fatal("a hundred days do not reach")
		}
		from, to := s.first.In(zone).UnixMilli()-book.Longest()-widestDoubt, s.last.AddDays(1).In(zone).UnixMilli()+book.Longest()+widestDoubt
		some := slices.DeleteFunc(slices.Clone(punches), func(p Punch) bool { return p.Placed() < from || p.Placed() > to })
		within := func(days []Day) []Day {
			return slices.DeleteFunc(slices.Clone(days), func(d Day) bool { return d.Date.Before(s.first) || s.last.Before(d.Date) })
		}
		if got, want := text(within(Compute(book, Facts{Person: Person{ID: 1, Zone: zone}, Punches: some}, now))), text(within(all)); got != want {
			t.Fatalf("from %s to %s: part gives\n%s\nall gives\n%s", s.first, s.last, got, want)
		}
	})
}

// Believable lives: shifts of at most 10 hours with 13 hours of rest or more.
// A forgotten tap never changes another shift.
func TestAForgottenTapNeverChangesAnotherShift(t *testing.T) {
	zone := amsterdam(t)
	rapid.Check(t, func(t *rapid.T) {
		book, err := rule.NewBook([]rule.Set{rule.Default()})
		if err != nil {
			t.Fatal(err)
		}
		at := time.Date(2026, 10, 19, 6, 0, 0, 0, time.UTC)
		var punches []Punch
		var shiftOf []int
		tap := func(shift int, mode Mode) {
			punches = append(punches, Punch{Tap: TapID(fmt.Sprintf("1/1/%03d", len(punches))), At: at.UnixMilli(), Known: KnownServer, Arrived: at.UnixMilli() + 500, Mode: mode})
			shiftOf = append(shiftOf, shift)
		}
		shifts := rapid.IntRange(2, 9).Draw(t, "shifts")
		for n := range shifts {
			tap(n, Toggle)
			length := time.Duration(rapid.IntRange(180, 600).Draw(t, "length")) * time.Minute
			if rapid.Bool().Draw(t, "break") {
				at = at.Add(length / 3)
				tap(n, Break)
				at = at.Add(20 * time.Minute)
				tap(n, Break)
				at = at.Add(length/3 - 20*time.Minute)
			} else {
				at = at.Add(length * 2 / 3)
			}
			at = at.Add(length / 3)
			tap(n, Toggle)
			at = at.Add(time.Duration(rapid.IntRange(13*60, 30*60).Draw(t, "rest")) * time.Minute)
		}
		lost := rapid.IntRange(0, len(punches)-1).Draw(t, "lost")
		now := at.AddDate(0, 1, 0)
		before := shiftsByTap(Compute(book, Facts{Person: Person{ID: 1, Zone: zone}, Punches: punches}, now))
		after := shiftsByTap(Compute(book, Facts{Person: Person{ID: 1, Zone: zone}, Punches: slices.Delete(slices.Clone(punches), lost, lost+1)}, now))
		for i, p := range punches {
			if shiftOf[i] != shiftOf[lost] && after[p.Tap] != before[p.Tap] {
				t.Fatalf("without %s the shift of %s is\n%s\nnot\n%s", punches[lost].Tap, p.Tap, after[p.Tap], before[p.Tap])
			}
		}
		if s := after[punches[(lost+1)%len(punches)].Tap]; s == "" {
			t.Fatal("a tap vanished")
		}
	})
}

func shiftsByTap(days []Day) map[TapID]string {
	out := map[TapID]string{}
	for _, d := range days {
		for _, s := range d.Shifts {
			for _, tap := range s.Taps {
				out[tap] = fmt.Sprintf("%s %s %v %d %v", d.Date, s.State, s.Taps, s.Minutes, s.Lines)
			}
		}
	}
	return out
}
