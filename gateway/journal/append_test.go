package journal

import (
	"math"
	"testing"

	"tikklok/gateway/wire"
)

func TestAnOvertakenTapOfUnknownAgeStaysOne(t *testing.T) { // I4
	j := open(t, folder(t))
	_, err := j.Name(1, wire.Tap{Tick: 1000, Reader: "door"})
	must(t, err)
	_, err = j.Name(1, wire.Tap{Tick: 5, Gap: math.MaxUint32, Reader: "desk"})
	must(t, err)
	logs, _ := drain(t, j)
	taps := logs[0].Taps
	if last := taps[len(taps)-1]; last.Tick != 1000 || last.Gap != math.MaxUint32 {
		t.Errorf("tick %d, gap %d, want 1000 and the largest gap", last.Tick, last.Gap)
	}
}
