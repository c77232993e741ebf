package audit

import (
	"cmp"
	"encoding/json"
	"errors"
	"slices"
)

// Span is ids from the first up to the last, both included.
type Span [2]int64

// People says which employees something was about: all, or those of some ids.
type People struct {
	All   bool // a list: whoever was on it
	Spans []Span
}

// PeopleOf gives the employees of some ids, in any order.
func PeopleOf(ids ...int64) People {
	sorted := slices.Clone(ids)
	slices.Sort(sorted)
	var p People
	for _, id := range sorted {
		p.Spans = appendSpan(p.Spans, Span{id, id})
	}
	return p
}

// appendSpan adds a span that begins no earlier than those before it.
func appendSpan(all []Span, s Span) []Span {
	if n := len(all); n > 0 && s[0] <= all[n-1][1]+1 {
		all[n-1][1] = max(all[n-1][1], s[1])
		return all
	}
	return append(all, s)
}

// Union gives those of both.
func (p People) Union(q People) People {
	all := slices.Concat(p.Spans, q.Spans)
	slices.SortFunc(all, func(a, b Span) int { return cmp.Compare(a[0], b[0]) })
	u := People{All: p.All || q.All}
	for _, s := range all {
		u.Spans = appendSpan(u.Spans, s)
	}
	return u
}

// Count gives how many ids are named.
func (p People) Count() int64 {
	var n int64
	for _, s := range p.Spans {
		n += s[1] - s[0] + 1
	}
	return n
}

// Names says whether an employee is named by id.
func (p People) Names(employee int64) bool {
	return slices.ContainsFunc(p.Spans, func(s Span) bool { return s[0] <= employee && employee <= s[1] })
}

// MarshalJSON writes "all", or the spans.
func (p People) MarshalJSON() ([]byte, error) {
	if p.All {
		return []byte(`"all"`), nil
	}
	if len(p.Spans) == 0 {
		return []byte("[]"), nil
	}
	return json.Marshal(p.Spans)
}

// UnmarshalJSON reads what MarshalJSON writes.
func (p *People) UnmarshalJSON(raw []byte) error {
	*p = People{}
	if string(raw) == `"all"` {
		p.All = true
		return nil
	}
	if err := json.Unmarshal(raw, &p.Spans); err != nil {
		return err
	}
	for i, s := range p.Spans {
		if s[0] > s[1] || i > 0 && s[0] <= p.Spans[i-1][1] {
			return errors.New("spans of ids that are not in order")
		}
	}
	return nil
}
