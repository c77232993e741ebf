package format

import (
	"fmt"
	"maps"
	"testing"
	"time"

	"pgregory.net/rapid"

	"tikklok/ingest/hours/calendar"
)

// TestFilesAddUpRunAfterRun gives a receiver file after file, corrections too:
// where they are differences, their sum is each total, rounded once.
func TestFilesAddUpRunAfterRun(t *testing.T) { // I8
	for _, s := range suite() {
		if s.replaces {
			continue // its own test knows what a file takes the place of
		}
		s.codes, s.settings = maps.Clone(s.codes), maps.Clone(s.settings)
		s.codes["NGT"] = s.codes["EVE"]
		for _, setting := range s.format.Schema() { // parts the hours further, where it can
			if setting.Key == "cost_centre" {
				s.settings["cost_centre"] = "yes"
			}
		}
		t.Run(s.format.Name()+s.variant, func(t *testing.T) {
			rapid.Check(t, func(r *rapid.T) {
				var sent []Line
				got, day := map[string]int{}, map[string]int{}
				for range rapid.IntRange(1, 4).Draw(r, "runs") {
					lines := drawLines(r, day, int64(len(sent)))
					doc := s.write(t, run{lines: lines, sent: sent})
					for _, row := range s.read(t, s.settings, doc) {
						got[row.number+"/"+row.component] += row.times
					}
					sent = append(sent, lines...)
				}
				maps.DeleteFunc(got, func(_ string, v int) bool { return v == 0 })
				if want := s.rounded(sent); !maps.Equal(got, want) {
					r.Fatalf("the receiver has %v, not %v", got, want)
				}
			})
		})
	}
}

var june = calendar.Period{From: calendar.Date{Year: 2026, Month: 6, Day: 1}, To: calendar.Date{Year: 2026, Month: 6, Day: 30}}

// drawLines draws a run of one employee, of two periods and two cost centres;
// day is what each place has.
func drawLines(r *rapid.T, day map[string]int, id int64) []Line {
	var lines []Line
	for range rapid.IntRange(1, 8).Draw(r, "lines") {
		id++
		l := line(id, "17", at(rapid.IntRange(1, 3).Draw(r, "day")), rapid.SampledFrom([]string{"N", "EVE", "NGT"}).Draw(r, "code"), 0)
		if l.CostCentre = rapid.SampledFrom([]string{"", "K1"}).Draw(r, "cost centre"); rapid.Bool().Draw(r, "earlier") {
			l.Period, l.Day.Month = june, time.June
		}
		where := fmt.Sprint(l.Day, l.Code, l.CostCentre)
		l.Minutes = rapid.IntRange(-day[where], 100).Draw(r, "minutes")
		day[where] += l.Minutes
		lines = append(lines, l)
	}
	return lines
}

// rounded gives what a receiver must have: each total rounded once.
func (s suiteFormat) rounded(lines []Line) map[string]int {
	sum := map[string]int{}
	for key, a := range Sums(lines) {
		times := hundredthsOf(a.Minutes)
		if s.minutes {
			times = a.Minutes
		}
		sum["17/"+s.codes[key.Code]] += times
	}
	maps.DeleteFunc(sum, func(_ string, v int) bool { return v == 0 })
	return sum
}

func TestEveryFormatTakesACodeMapWithASharedComponent(t *testing.T) {
	for _, s := range suite() {
		t.Run(s.format.Name()+s.variant, func(t *testing.T) {
			s.codes = maps.Clone(s.codes)
			s.codes["EVE"] = s.codes["N"]
			r := run{lines: []Line{line(1, "17", at(1), "N", 20), line(2, "17", at(1), "EVE", 20), line(3, "17", at(2), "EVE", 20), line(4, "18", at(1), "EVE", 60)}}
			s.compare(t, r, s.write(t, r))
		})
	}
}
