package journal

import (
	"testing"

	"tikklok/gateway/wire"
)

func TestTheLatestTapIsTheOneMadeLastWhateverTheClockSaid(t *testing.T) {
	dir := t.TempDir()
	j := open(t, dir)
	for i, wall := range []int64{1_790_000_000_000, 2_275_000_000_000, 1_790_000_002_000} { // in 2042 for a moment
		_, err := j.Name(1, wire.Tap{Tick: uint64(i), Wall: wall, Reader: "door"})
		must(t, err)
	}
	for _, when := range []string{"before", "after"} {
		if got, ok := j.Latest("door"); !ok || got.Seq != 3 {
			t.Errorf("%s opening anew: %d, %t, want the third", when, got.Seq, ok)
		}
		must(t, j.Close())
		j = open(t, dir)
	}
}
