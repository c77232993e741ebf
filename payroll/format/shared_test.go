package format

import (
	"maps"
	"testing"
)

func TestEveryFormatTakesACodeMapWithASharedComponent(t *testing.T) {
	for _, s := range suite() {
		t.Run(s.format.Name()+s.variant, func(t *testing.T) {
			s.codes = maps.Clone(s.codes)
			s.codes["EVE"] = s.codes["N"]
			r := run{lines: []Line{line(1, "17", at(1), "N", 20), line(2, "17", at(1), "EVE", 20), line(3, "17", at(2), "EVE", 20), line(4, "18", at(1), "EVE", 60)}}
			s.compare(t, r, s.write(t, r))
		})
	}
}
