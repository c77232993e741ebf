package format

import (
	"io"
	"testing"
)

// BenchmarkCSVLines writes lines that are at hand, as the engine gives them.
func BenchmarkCSVLines(b *testing.B) {
	s := csvSuite()
	s.settings = Settings{}
	r := many(50_000)
	c := s.content(b, r)
	var all []Employee
	for e := range c.Employees {
		all = append(all, e)
	}
	c.Employees = func(yield func(Employee, error) bool) {
		for _, e := range all {
			if !yield(e, nil) {
				return
			}
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		if err := s.format.Write(io.Discard, c); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(r.lines)), "ns/line")
}
