package format

import (
	"fmt"
	"maps"
	"testing"

	"pgregory.net/rapid"
)

// TestFilesAddUpRunAfterRun gives a receiver file after file, corrections too:
// where they are differences, their sum is each total, rounded once.
func TestFilesAddUpRunAfterRun(t *testing.T) { // I8
	for _, s := range suite() {
		if s.replaces {
			continue // its own test knows what a file takes the place of
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

// drawLines draws a run of one employee; day is what its days and codes have.
func drawLines(r *rapid.T, day map[string]int, id int64) []Line {
	var lines []Line
	for range rapid.IntRange(1, 8).Draw(r, "lines") {
		id++
		l := line(id, "17", at(rapid.IntRange(1, 3).Draw(r, "day")), rapid.SampledFrom([]string{"N", "EVE"}).Draw(r, "code"), 0)
		where := fmt.Sprint(l.Day, l.Code)
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
