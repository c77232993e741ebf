package format

import (
	"cmp"
	"slices"
	"strconv"

	"tikklok/ingest/hours/calendar"
)

// Decimal hours are made here and nowhere else. Minutes stay whole until the
// total of an employee, a code and a period is known; that total is rounded
// once to hundredths of an hour, and its lines share it out so that what is
// printed adds up (I8).

// hundredthsOf rounds minutes to hundredths of an hour. A minute is 5/3 of a
// hundredth, so a half never occurs and rounding has one meaning.
func hundredthsOf(minutes int) int { return floorDiv(10*minutes+3, 6) }

// apportion gives each of minutes its part of total: the whole hundredths it
// surely has, and one more to those that lose most by that, ties in order. The
// parts add up to total whatever it is.
func apportion(minutes []int, total int) []int {
	if len(minutes) == 0 {
		return nil
	}
	parts, order := make([]int, len(minutes)), make([]int, len(minutes))
	for i, m := range minutes {
		parts[i], order[i] = floorDiv(5*m, 3), i
		total -= parts[i]
	}
	lost := func(i int) int { return 5*minutes[i] - 3*parts[i] } // thirds: 0, 1 or 2
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(lost(b), lost(a)) })
	each := floorDiv(total, len(minutes))
	more := total - each*len(minutes)
	for place, i := range order {
		parts[i] += each
		if place < more {
			parts[i]++
		}
	}
	return parts
}

// Total names what is rounded once: an employee, a code and a period.
type Total struct {
	Employee int64
	Code     string
	Period   calendar.Period
}

// Total names the total that the line is part of.
func (l Line) Total() Total { return Total{l.Employee, l.Code, l.Period} }

// Amount is the sum of lines.
type Amount struct{ Minutes, Hundredths int }

// MakeDecimals fills in the lines' hundredths: for each total *decimal(new
// total) − decimal(sent)*, so that all that was ever sent adds up (I8).
func MakeDecimals(lines []Line, sent map[Total]Amount) {
	whole := map[Total]int{}
	for key, sum := range Sums(lines) {
		whole[key] = hundredthsOf(sent[key].Minutes+sum.Minutes) - sent[key].Hundredths
	}
	shareOut(lines, whole)
}

// shareOut gives the lines of each total their part of its hundredths.
func shareOut(lines []Line, hundredths map[Total]int) {
	groups := map[Total][]int{}
	for i, l := range lines {
		groups[l.Total()] = append(groups[l.Total()], i)
	}
	for key, members := range groups {
		slices.SortFunc(members, func(a, b int) int { return cmp.Compare(lines[a].ID, lines[b].ID) })
		minutes := make([]int, len(members))
		for i, m := range members {
			minutes[i] = lines[m].Minutes
		}
		for i, part := range apportion(minutes, hundredths[key]) {
			lines[members[i]].Hundredths = part
		}
	}
}

// Sums adds lines up.
func Sums(lines []Line) map[Total]Amount {
	sum := map[Total]Amount{}
	for _, l := range lines {
		a := sum[l.Total()]
		sum[l.Total()] = Amount{a.Minutes + l.Minutes, a.Hundredths + l.Hundredths}
	}
	return sum
}

// DecimalText gives hundredths as "-7.50", with the point given.
func DecimalText(hundredths int, point string) string {
	b := make([]byte, 0, 16)
	if hundredths < 0 {
		b, hundredths = append(b, '-'), -hundredths
	}
	b = append(strconv.AppendInt(b, int64(hundredths/100), 10), point...)
	return string(appendDigits(b, hundredths, 2))
}

// ClockText gives minutes as "-7:30".
func ClockText(minutes int) string {
	b := make([]byte, 0, 16)
	if minutes < 0 {
		b, minutes = append(b, '-'), -minutes
	}
	b = append(strconv.AppendInt(b, int64(minutes/60), 10), ':')
	return string(appendDigits(b, minutes%60, 2))
}

func floorDiv(a, b int) int {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}
