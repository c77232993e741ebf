package reader

import (
	"errors"
	"fmt"
	"strconv"
	"testing"
)

func TestWiegandFrames(t *testing.T) {
	for _, c := range []struct {
		frame          string
		facility, card uint16
		fob            string
	}{
		{"00101101000000001010001000", 90, 324, "00B40288"},
		{"10101101100000100110010111", 91, 1227, "02B60997"},
		{"10000111000000010110001111", 14, 711, "021C058F"},
		{"00000000000000000000000001", 0, 0, "00000001"},
		{"0101010111100110111101111000000011", 0xABCD, 0xEF01, "01579BDE03"},
	} {
		n, err := strconv.ParseUint(c.frame, 2, 64)
		if err != nil {
			t.Fatal(err)
		}
		w, err := ParseWiegand(len(c.frame), n)
		if err != nil || w.Facility != c.facility || w.Card != c.card || w.Frame() != n {
			t.Errorf("%s: got %+v, %v, frame %b", c.frame, w, err, w.Frame())
		}
		if got := fmt.Sprintf("%X", w.Fob().Value); got != c.fob {
			t.Errorf("%s: fob %s, want %s", c.frame, got, c.fob)
		}
	}
}

func TestWiegandParityFindsEachSingleBit(t *testing.T) {
	for _, n := range []int{26, 34} {
		good := Wiegand{Bits: n, Facility: 90, Card: 324}.Frame()
		for i := range n {
			if _, err := ParseWiegand(n, good^1<<i); !errors.Is(err, ErrParity) {
				t.Errorf("%d bits, bit %d turned: %v", n, i, err)
			}
		}
	}
	if _, err := ParseWiegand(37, 0); err == nil {
		t.Error("37 bits were taken")
	}
	if _, err := ParseWiegand(26, 1<<26); err == nil {
		t.Error("27 bits were taken for 26")
	}
}

func FuzzWiegand(f *testing.F) {
	f.Add(true, uint64(0b00101101000000001010001000))
	f.Fuzz(func(t *testing.T, short bool, frame uint64) {
		n := 34
		if short {
			n = 26
		}
		w, err := ParseWiegand(n, frame)
		if err == nil && w.Frame() != frame {
			t.Fatalf("%b became %b", frame, w.Frame())
		}
	})
}
