package wire

import "sort"

// AddRange gives rising, disjoint, non-adjoining ranges that hold rs (the
// same) and r. It may reuse rs's memory.
func AddRange(rs []Range, r Range) []Range {
	i := len(rs)
	for i > 0 && rs[i-1].To+1 >= r.From {
		i--
	}
	j := i
	for j < len(rs) && rs[j].From <= r.To+1 {
		r.From, r.To = min(r.From, rs[j].From), max(r.To, rs[j].To)
		j++
	}
	if i == len(rs) {
		return append(rs, r)
	}
	if i == j {
		rs = append(rs, Range{})
		copy(rs[i+1:], rs[i:])
		rs[i] = r
		return rs
	}
	rs[i] = r
	return append(rs[:i+1], rs[j:]...)
}

// HasSeq says whether rising ranges hold a seq.
func HasSeq(rs []Range, seq uint64) bool {
	i := sort.Search(len(rs), func(i int) bool { return rs[i].To >= seq })
	return i < len(rs) && rs[i].From <= seq
}

// Lacking gives what rising ranges don't hold of within.
func Lacking(rs []Range, within Range) []Range {
	var gaps []Range
	for _, r := range rs {
		if within.From > within.To {
			return gaps
		}
		if r.To < within.From {
			continue
		}
		if r.From > within.From {
			gaps = append(gaps, Range{within.From, min(within.To, r.From-1)})
		}
		within.From = r.To + 1
	}
	if within.From <= within.To {
		gaps = append(gaps, within)
	}
	return gaps
}
