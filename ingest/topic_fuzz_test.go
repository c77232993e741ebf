package ingest

import "testing"

// FuzzParseTopic: two topics never mean one gateway.
func FuzzParseTopic(f *testing.F) {
	for _, s := range []string{"tikklok/v1/7/up", "tikklok/v1/4294967295/state", "tikklok/v1/07/up", "tikklok/v1/+7/up", "tikklok/v1//up", "tikklok/v1/7"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if id, kind, ok := parseTopic(s); ok && topic(id, kind) != s {
			t.Errorf("%q is gateway %d, %q", s, id, kind)
		}
	})
}
