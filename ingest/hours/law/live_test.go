package law

import (
	"testing"
	"time"
)

// at gives the UTC minute of a time on a day of March 2026; the 2nd is a
// Monday.
func at(day, hour, minute int) int64 {
	return time.Date(2026, 3, day, hour, minute, 0, 0, time.UTC).Unix() / 60
}

func done(day, from, hours int) Work {
	return Work{Span: Span{at(day, from, 0), at(day, from+hours, 30)}, Breaks: []Span{{at(day, from+3, 0), at(day, from+3, 30)}}}
}

func in(day, hour int, breaks ...Span) Work {
	return Work{Span: Span{From: at(day, hour, 0)}, Breaks: breaks, State: Running}
}

func TestLiveTellsWhatCanStillBePrevented(t *testing.T) {
	lunch := Span{at(3, 12, 0), at(3, 12, 45)}
	for _, c := range []struct {
		name string
		work []Work
		plan []Work
		now  int64
		want []Notice
	}{
		{"nothing yet", []Work{in(3, 9)}, nil, at(3, 12, 0), nil},
		{"a break is due", []Work{in(3, 9)}, nil, at(3, 13, 0), []Notice{{Break, Breach, at(3, 14, 30), false, 30, 0, Span{}}}},
		{"a break is overdue", []Work{in(3, 9)}, nil, at(3, 15, 0), []Notice{{Break, Breach, at(3, 14, 30), true, 30, 0, Span{}}}},
		{"one on a break takes it", []Work{in(3, 9, Span{From: at(3, 12, 40)})}, nil, at(3, 13, 10), nil},
		{"one on a short break has not had it", []Work{in(3, 9, Span{From: at(3, 13, 0)})}, nil, at(3, 13, 20),
			[]Notice{{Break, Breach, at(3, 14, 50), false, 30, 20, Span{}}}},
		{"twelve hours", []Work{in(3, 7, lunch)}, nil, at(3, 18, 0), []Notice{{Shift, Breach, at(3, 19, 45), false, 720, 721, Span{}}}},
		{"came in after ten hours", []Work{done(2, 12, 9), in(3, 7)}, nil, at(3, 8, 0),
			[]Notice{{DailyRest, Edge, at(3, 7, 0), true, 660, 570, Span{}}}},
		{"sixty hours", []Work{done(2, 6, 12), done(3, 6, 12), done(4, 6, 12), done(5, 6, 12), in(6, 6, Span{at(6, 10, 0), at(6, 10, 30)})}, nil, at(6, 14, 0),
			nil},
		{"the planned shift comes too soon", []Work{in(3, 12, Span{at(3, 15, 0), at(3, 15, 30)})}, []Work{done(4, 7, 8)}, at(3, 19, 0),
			[]Notice{{DailyRest, Edge, at(3, 20, 0), false, 660, 659, Span{}}}},
		{"planned beyond sixty hours", []Work{done(2, 6, 12), done(3, 6, 12), done(4, 6, 12), done(5, 6, 12)}, []Work{done(6, 6, 12), done(7, 6, 4)}, at(5, 20, 0),
			[]Notice{{Week, Breach, at(7, 6, 0), false, 3600, 3840, Span{at(7, 6, 0), at(7, 10, 30)}}}},
		{"what is planned need not tell its breaks", nil, []Work{{Span: Span{at(4, 8, 0), at(4, 17, 0)}}}, at(3, 19, 0), nil},
		{"planned with too little rest", []Work{done(2, 12, 9)}, []Work{done(3, 7, 8)}, at(2, 22, 0),
			[]Notice{{DailyRest, Edge, at(3, 7, 0), false, 660, 570, Span{at(3, 7, 0), at(3, 15, 30)}}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := Live(History{time.UTC, c.work}, nil, c.plan, c.now, 120)
			if len(got) != len(c.want) {
				t.Fatalf("got %+v\nwant %+v", got, c.want)
			}
			for i := range got {
				if got[i] != c.want[i] {
					t.Errorf("got %+v\nwant %+v", got[i], c.want[i])
				}
			}
		})
	}
}
