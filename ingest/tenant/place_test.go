package tenant_test

import (
	"strings"
	"testing"

	"tikklok/ingest/tenant"
)

// A place that is read declares both, and reads the same again.
func FuzzParsePlace(f *testing.F) {
	for _, text := range []string{"NL/EU", "EU/other", "nl/eu", "NL", "/", "NL/EU/NL", ""} {
		f.Add("database", text)
	}
	f.Fuzz(func(t *testing.T, name, text string) {
		p, err := tenant.ParsePlace(name, text)
		switch {
		case err != nil && !strings.Contains(err.Error(), "declare"):
			t.Errorf("%q: %v names no remedy", text, err)
		case err == nil && (!p.Declared() || string(p.Region)+"/"+string(p.Operator) != text):
			t.Errorf("%q is read as %+v", text, p)
		}
	})
}
