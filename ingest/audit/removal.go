package audit

import (
	"cmp"
	"encoding/json"
	"slices"
)

// removeAction is what an entry does that records of which others it was
// removed what they said. It is appended in the transaction that removes, and
// stays as long as the chain.
const removeAction = "audit.remove"

// removal is such an entry's payload: ids of entries, in order.
type removal struct {
	Contents []Span `json:"contents"` // of those their content only
	Entries  []Span `json:"entries"`  // those as a whole
}

// spansOf gives ids, in order, as spans.
func spansOf(ids []int64) []Span {
	all := []Span{} // an empty list in JSON
	for _, id := range ids {
		all = appendSpan(all, Span{id, id})
	}
	return all
}

// removals holds what is gone from a chain against what was recorded: an entry
// that says so stands after those that it is about. Its memory grows with the
// stretches, not with their entries: a year of 25,000 entries a day of which one
// in a hundred stays makes 100,000.
type removals struct {
	gone     []stretch
	open     int  // of those, at the end, so many lack what is there after them
	there    Mark // the last entry that is there as a whole
	contents []Span
	entries  []Span
}

// stretch is links side by side whose entries, one after the other too, lack
// the same.
type stretch struct {
	seq, entry, n int64
	whole         bool // else their content only
	before, after Mark
}

// met takes the next link that is itself sound.
func (r *removals) met(l *link) {
	if l.payloadThere {
		r.there = Mark{l.seq, l.at}
		for ; r.open > 0; r.open-- {
			r.gone[len(r.gone)-r.open].after = r.there
		}
		if l.action == removeAction {
			r.record(l)
		}
		return
	}
	if n := len(r.gone); n > 0 && r.gone[n-1].extends(l) {
		r.gone[n-1].n++
		return
	}
	r.gone, r.open = append(r.gone, stretch{seq: l.seq, entry: l.entry, n: 1, whole: !l.there, before: r.there}), r.open+1
}

func (s stretch) extends(l *link) bool {
	return s.whole == !l.there && s.seq+s.n == l.seq && s.entry+s.n == l.entry
}

// record takes what an entry records, unless it says something else than was
// linked.
func (r *removals) record(l *link) {
	var x removal
	if l.says() && json.Unmarshal(l.payload, &x) == nil {
		r.contents, r.entries = append(r.contents, x.Contents...), append(r.entries, x.Entries...)
	}
}

// unrecorded gives where something is gone and nothing says why.
func (r *removals) unrecorded() (all []Break) {
	whole := merged(r.entries)
	some := merged(slices.Concat(r.contents, r.entries))
	for _, s := range r.gone {
		by := some
		if s.whole {
			by = whole
		}
		for _, left := range without(Span{s.entry, s.entry + s.n - 1}, by) {
			all = append(all, s.at(left))
		}
	}
	return all
}

// at gives where a part of the stretch is.
func (s stretch) at(ids Span) Break {
	b := Break{Removed, s.seq + ids[0] - s.entry, s.seq + ids[1] - s.entry, s.before, s.after}
	if ids[0] > s.entry {
		b.Before = Mark{Seq: b.From - 1}
	}
	if ids[1] < s.entry+s.n-1 {
		b.After = Mark{Seq: b.To + 1}
	}
	return b
}

// merged puts spans in order, those that touch in one.
func merged(all []Span) (out []Span) {
	slices.SortFunc(all, func(a, b Span) int { return cmp.Compare(a[0], b[0]) })
	for _, s := range all {
		out = appendSpan(out, s)
	}
	return out
}

// without gives the parts of a span that merged ones leave.
func without(s Span, of []Span) (left []Span) {
	first, _ := slices.BinarySearchFunc(of, s[0], func(x Span, id int64) int { return cmp.Compare(x[1], id) })
	for _, x := range of[first:] {
		if x[0] > s[1] {
			break
		}
		if x[0] > s[0] {
			left = append(left, Span{s[0], x[0] - 1})
		}
		s[0] = x[1] + 1
	}
	if s[0] <= s[1] {
		left = append(left, s)
	}
	return left
}
