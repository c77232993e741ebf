package evidence_test

import (
	"strings"
	"testing"

	"tikklok/api/continuity/evidence"
)

func FuzzReadTests(f *testing.F) {
	for _, s := range []string{
		`{"Time":"2026-10-01T00:00:00Z","Action":"pass","Package":"tikklok/gateway","Test":"TestA"}`,
		`{"Action":"skip","Package":"tikklok/gateway","Test":"TestA"}`, "", "{", "ok  \ttikklok/gateway", "null", "[]", `{"Version":"v1.4"}`,
	} {
		f.Add(s)
	}
	named := []string{"gateway.TestA"}
	f.Fuzz(func(t *testing.T, s string) {
		ran, err := evidence.ReadTests(strings.NewReader(s), "tikklok", named)
		if len(ran.All) > len(named) || err != nil && (ran.All != nil || ran.Version != "") {
			t.Errorf("%q gave %v, %v", s, ran, err)
		}
	})
}
