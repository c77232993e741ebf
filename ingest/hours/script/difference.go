package script

import "strings"

// Difference is an outcome other than the one the script expects.
type Difference struct {
	Line      int // of its "=>"
	Got, Want string
}

// String gives the lines that differ, those expected with "-" and those that
// came out with "+", between the ones that agree before and after.
func (d Difference) String() string {
	want, got := lines(d.Want), lines(d.Got)
	var out strings.Builder
	first := 0
	for first < len(want) && first < len(got) && want[first] == got[first] {
		first++
	}
	last := 0
	for last < len(want)-first && last < len(got)-first && want[len(want)-1-last] == got[len(got)-1-last] {
		last++
	}
	show := func(mark string, some []string) {
		for _, l := range some {
			out.WriteString(mark + l + "\n")
		}
	}
	show("  ", want[:first])
	show("- ", want[first:len(want)-last])
	show("+ ", got[first:len(got)-last])
	show("  ", want[len(want)-last:])
	return out.String()
}

func lines(text string) []string {
	if text = strings.TrimSpace(text); text == "" {
		return nil
	}
	return strings.Split(text, "\n")
}
