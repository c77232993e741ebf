package format

import "tikklok/ingest/hours/calendar"

// total is a sum of an employee's lines that share a key.
type total[K comparable] struct {
	key K
	Amount
	line Line // the first of them
}

// dayComponent is what packages that know days have one value of.
type dayComponent struct {
	day       calendar.Date
	component string
}

// periodComponent is what packages that know no days have one value of.
type periodComponent struct {
	period    calendar.Period
	component string
}

// totals adds lines up by key, in the order in which the keys come first. Lines
// that a key joins are joined in minutes, and what their total has in
// hundredths is shared out anew: a day that lost what it won says nothing then,
// where 0.33 and -0.34 would say a hundredth. What adds up still does (I8).
func totals[K comparable](lines []Line, key func(Line) K) []total[K] {
	var sums []total[K]
	place := map[K]int{}
	for _, l := range joined(lines, key) {
		k := key(l)
		i, ok := place[k]
		if !ok {
			i, place[k] = len(sums), len(sums)
			sums = append(sums, total[K]{key: k, line: l})
		}
		sums[i].Minutes += l.Minutes
		sums[i].Hundredths += l.Hundredths
	}
	return sums
}

// joined makes one line of those of a total that share a key.
func joined[K comparable](lines []Line, key func(Line) K) []Line {
	type part struct {
		total Total
		key   K
	}
	var parts []Line
	place, hundredths := map[part]int{}, map[Total]int{}
	for _, l := range lines {
		p := part{l.Total(), key(l)}
		hundredths[p.total] += l.Hundredths
		if i, ok := place[p]; ok {
			parts[i].ID, parts[i].Minutes = min(parts[i].ID, l.ID), parts[i].Minutes+l.Minutes
			continue
		}
		place[p] = len(parts)
		parts = append(parts, l)
	}
	if len(parts) < len(lines) {
		shareOut(parts, hundredths)
	}
	return parts
}
