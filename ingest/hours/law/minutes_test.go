package law

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// minutes is a life told minute by minute: the slow reading of the Act that the
// fast one has to agree with.
type minutes struct {
	from   int64
	worked []bool
	zone   *time.Location
}

func (m minutes) at(i int) time.Time { return time.Unix((m.from+int64(i))*60, 0).In(m.zone) }

// drawLife draws seven weeks around a clock change.
func drawLife(t *rapid.T, zone *time.Location) (minutes, History) {
	start := rapid.SampledFrom([]time.Time{time.Date(2026, 3, 2, 0, 0, 0, 0, zone), time.Date(2026, 9, 28, 0, 0, 0, 0, zone)}).Draw(t, "start")
	m := minutes{start.Unix() / 60, make([]bool, 7*aWeek), zone}
	h := History{Zone: zone}
	busy := rapid.SampledFrom([][]int{{300, 480, 600, 659, 660, 661, 720, 839, 840}, {660, 720, 840, 1919, 1920, 2159, 2160, 2761}, {479, 480, 481, 900, 4000}, {14, 15, 30, 700}}).Draw(t, "rests")
	for at := rapid.IntRange(0, aDay).Draw(t, "first"); ; {
		long := rapid.SampledFrom([]int{1, 200, 329, 330, 331, 480, 600, 601, 719, 720, 721, 765, 900}).Draw(t, "long")
		if at+long >= len(m.worked)-aWeek/2 {
			return m, h
		}
		w := Work{Span: Span{m.from + int64(at), m.from + int64(at+long)}}
		for i := at; i < at+long; i++ {
			m.worked[i] = true
		}
		if pause := rapid.SampledFrom([]int{0, 14, 15, 29, 30, 45}).Draw(t, "break"); pause > 0 && long > 200 {
			begin := at + rapid.IntRange(1, long-pause-1).Draw(t, "at")
			w.Breaks = []Span{{m.from + int64(begin), m.from + int64(begin+pause)}}
			for i := begin; i < begin+pause; i++ {
				m.worked[i] = false
			}
		}
		h.Work = append(h.Work, w)
		at += long + rapid.SampledFrom(busy).Draw(t, "rest")
	}
}

// runs gives how long each stretch without work within from ≤ i < to is.
func (m minutes) runs(from, to int) (out []int) {
	n := 0
	for i := from; i < to; i++ {
		switch {
		case i >= len(m.worked) || !m.worked[i]:
			n++
		case n > 0:
			out, n = append(out, n), 0
		}
	}
	if n > 0 {
		out = append(out, n)
	}
	return out
}

// shifts gives the first and last minute of each shift: eight hours part them.
func (m minutes) shifts() (out []Span) {
	free := betweenShifts
	for i, w := range m.worked {
		if !w {
			free++
			continue
		}
		if free >= betweenShifts {
			out = append(out, Span{From: int64(i)})
		}
		out[len(out)-1].To, free = int64(i+1), 0
	}
	return out
}

func (m minutes) count(from, to int, of func(i int) bool) (n int) {
	for i := from; i < to; i++ {
		if m.worked[i] && of(i) {
			n++
		}
	}
	return n
}

func told(row Row, severity Severity, at int64, found int) string {
	return fmt.Sprintf("%s %s %d: %d", row, severity, at, found)
}

func always(int) bool { return true }

func TestTheFastReadingAgreesWithTheSlowOne(t *testing.T) {
	zone, err := time.LoadLocation("Europe/Amsterdam")
	if err != nil {
		t.Fatal(err)
	}
	f := Default()
	rapid.Check(t, func(t *rapid.T) {
		m, h := drawLife(t, zone)
		var got, want []string
		rests := map[int64]Finding{}
		weekly := []Finding{}
		for _, x := range Check(h, nil, never) {
			switch x.Row {
			case Shift, Break, LongBreak, Week, Average4, NightShift:
				got = append(got, told(x.Row, x.Severity, x.Over.From-m.from, x.Found))
			case DailyRest:
				rests[x.Over.From-m.from] = x
			case WeeklyRest:
				weekly = append(weekly, x)
			}
		}
		until := int64(-1) // the weekly rest is told once in seven days
		for _, s := range m.shifts() {
			want = append(want, m.ofShift(s, f)...)
			rest := slices.Max(append(m.runs(int(s.From), int(s.From)+aDay), 0))
			x, found := rests[s.From]
			if found && (rest >= f.DailyRest || x.Found != rest) || !found && rest < f.ShortRest || found && rest < f.ShortRest && x.Severity != Breach {
				t.Fatalf("a rest of %d in the day from %s: %+v", rest, m.at(int(s.From)), x)
			}
			long := slices.Max(append(m.runs(int(s.From), int(s.From)+aWeek), 0))
			sum := 0
			for _, n := range m.runs(int(s.From), int(s.From)+2*aWeek) {
				if n >= f.FortnightPart {
					sum += n
				}
			}
			if long >= f.WeeklyRest || sum >= f.FortnightRest || s.From < until {
				continue
			}
			if len(weekly) == 0 || weekly[0].Over.From-m.from != s.From || weekly[0].Found != long {
				t.Fatalf("a rest of %d in the week from %s: %+v", long, m.at(int(s.From)), weekly)
			}
			weekly, until = weekly[1:], s.From+aWeek
		}
		if len(weekly) > 0 {
			t.Fatalf("found without a reason: %+v", weekly)
		}
		want = append(want, m.ofWeeks(f)...)
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Fatalf("got  %v\nwant %v", got, want)
		}
	})
}

// ofShift gives what there is of a shift's length, breaks and night.
func (m minutes) ofShift(s Span, f Figures) (want []string) {
	work := m.count(int(s.From), int(s.To), always)
	if work > f.Shift {
		want = append(want, told(Shift, Breach, s.From, work))
	}
	rest := 0
	for _, n := range m.runs(int(s.From), int(s.To)) {
		if n >= f.BreakPart {
			rest += n
		}
	}
	switch {
	case work > f.LongBreakAfter && rest < f.LongBreak:
		want = append(want, told(LongBreak, Breach, s.From, rest))
	case work > f.BreakAfter && work <= f.LongBreakAfter && rest < f.Break:
		want = append(want, told(Break, Breach, s.From, rest))
	}
	night := m.count(int(s.From), int(s.To), func(i int) bool { return m.at(i).Hour() < 6 })
	switch {
	case night <= f.NightWork || work <= f.NightShift:
	case work > f.LongNight:
		want = append(want, told(NightShift, Breach, s.From, work))
	default:
		want = append(want, told(NightShift, Edge, s.From, work))
	}
	return want
}

// ofWeeks gives what there is of weeks and of four weeks on the wall.
func (m minutes) ofWeeks(f Figures) (want []string) {
	var weeks []int
	var begins []int64
	last := 0
	for i, w := range m.worked {
		if w {
			last = i
		}
	}
	first := slices.Index(m.worked, true)
	for i := range m.worked {
		at := m.at(i)
		if i == 0 || at.Weekday() == time.Monday && at.Hour() == 0 && at.Minute() == 0 {
			weeks, begins = append(weeks, 0), append(begins, int64(i))
		}
		if m.worked[i] {
			weeks[len(weeks)-1]++
		}
	}
	if first < 0 {
		return nil
	}
	for begins[1] <= int64(first) { // weeks before the first shift are none
		weeks, begins = weeks[1:], begins[1:]
	}
	for n, minutes := range weeks {
		if begins[n] > int64(last) {
			break
		}
		if minutes > f.Week {
			want = append(want, told(Week, Breach, begins[n], minutes))
		}
		sum := 0
		for _, w := range weeks[max(0, n-3) : n+1] {
			sum += w
		}
		if sum > 4*f.Average4 {
			want = append(want, told(Average4, Breach, begins[max(0, n-3)], (sum+3)/4))
		}
	}
	return want
}
