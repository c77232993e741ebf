package hours

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/hours/rule"
)

// A week or pay period of which the first days are sealed is settled as it was
// before: what was rounded and what was overtime on a sealed day still counts
// as that (I5).
func TestSealingTheFirstDaysOfAStretchChangesNoOther(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := drawLife(t)
		book := l.book(t)
		l.facts.Decisions = nil
		days := Compute(book, l.facts, l.now)
		sealed := rapid.IntRange(0, len(days)).Draw(t, "sealed")
		before := text(days[sealed:])
		for i := range days[:sealed] {
			days[i].Sealed = calendar.On(2030, 1, 1)
		}
		Settle(book, l.facts, days)
		if again := text(days[sealed:]); again != before {
			t.Fatalf("beside %d sealed days\n%s\nnot\n%s", sealed, again, before)
		}
	})
}

func TestOvertimeOfASealedDayIsNotOvertimeOfTheWeekAgain(t *testing.T) {
	zone := amsterdam(t)
	r := rule.Default()
	r.Rules.Breaks, r.Rules.Rounding = nil, rule.Rounding{Per: rule.RoundDay, To: 15}
	r.Rules.Overtime = []rule.Overtime{{Per: rule.OverDay, Above: 480, Code: "OVER", Percent: 150}, {Per: rule.OverWeek, Above: 1200, Code: "OVER", Percent: 150}}
	book, err := rule.NewBook([]rule.Set{r})
	if err != nil {
		t.Fatal(err)
	}
	f := Facts{Person: Person{ID: 1, Zone: zone}}
	for d := range 3 {
		for n, at := range []int{8 * 60, 18*60 + 8} {
			ms := calendar.On(2026, 11, 9).AddDays(d).In(zone).UnixMilli() + int64(at)*60_000
			f.Punches = append(f.Punches, Punch{Tap: TapID(fmt.Sprintf("1/1/%d%d", d, n)), At: ms, Arrived: ms, Known: KnownServer, Mode: Toggle})
		}
	}
	days := Compute(book, f, time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC))
	before := days[2].Text(zone)
	days[0].Sealed = calendar.On(2028, 11, 11)
	Settle(book, f, days)
	if got := days[2].Text(zone); got != before {
		t.Errorf("beside a sealed Monday\n%s\nbefore\n%s", got, before)
	}
}
