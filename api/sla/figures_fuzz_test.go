package sla_test

import (
	"testing"

	"tikklok/api/sla"
)

// Nothing that was kept makes reading it break.
func FuzzParseFigures(f *testing.F) {
	for _, s := range []string{`{"month":"2026-11","zone":"Europe/Amsterdam","parts":[{"from":"2026-11-01","minutes":{}}]}`, `{}`, `{"month":"9"}`, `[]`, ``} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		figures, err := sla.ParseFigures(b)
		if err == nil {
			figures.Since(sla.Figures{})
		}
	})
}
