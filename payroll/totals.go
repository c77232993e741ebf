package payroll

import (
	"cmp"
	"maps"
	"slices"

	"tikklok/ingest/hours"
	"tikklok/payroll/format"
)

// totalSums adds up the lines of a run. All of an employee come at once.
type totalSums struct {
	lines  int
	codes  map[codeKey]CodeTotal
	worked map[int64]PersonChange // by employee: minutes worked are in Now
}

type codeKey struct {
	code, component string
	kind            hours.LineKind
}

func newTotalSums() *totalSums {
	return &totalSums{codes: map[codeKey]CodeTotal{}, worked: map[int64]PersonChange{}}
}

func (s *totalSums) add(lines []format.Line) {
	s.lines += len(lines)
	for _, l := range lines {
		k := codeKey{l.Code, l.Component, l.Kind}
		c := s.codes[k]
		s.codes[k] = CodeTotal{Code: l.Code, Kind: l.Kind, Component: l.Component, Lines: c.Lines + 1,
			Minutes: c.Minutes + l.Minutes, Hundredths: c.Hundredths + l.Hundredths}
		p := s.worked[l.Employee]
		p.Employee, p.Number = l.Employee, l.Number
		if l.Kind == hours.LineWorked {
			p.Now += l.Minutes
		}
		s.worked[l.Employee] = p
	}
}

func (s *totalSums) totals() Totals {
	return Totals{People: len(s.worked), Lines: s.lines, Codes: slices.SortedFunc(maps.Values(s.codes), func(a, b CodeTotal) int {
		return cmp.Or(cmp.Compare(a.Code, b.Code), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Component, b.Component))
	})}
}
