package reader

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"

	"tikklok/gateway/wire"
)

// ErrParity: a bit was lost or added on the Wiegand wires.
var ErrParity = errors.New("wrong parity")

// Wiegand is a number in the layout that has an even parity bit over the first
// half before it and an odd one over the second half behind it: of 26 bits with
// 8 of facility and 16 of card, or of 34 with 16 and 16.
type Wiegand struct {
	Bits     int // 26 or 34
	Facility uint16
	Card     uint16
}

// ParseWiegand reads the lowest 26 or 34 bits of a frame, the first bit on the
// wires being the highest; ErrParity when a parity bit is wrong.
func ParseWiegand(n int, frame uint64) (Wiegand, error) {
	if n != 26 && n != 34 || frame>>n != 0 {
		return Wiegand{}, fmt.Errorf("wiegand frame of %d bits: only 26 and 34 are known", n)
	}
	w := wiegandNumber(n, uint32(frame>>1&(1<<(n-2)-1)))
	if w.Frame() != frame {
		return Wiegand{}, ErrParity
	}
	return w, nil
}

// wiegandNumber splits the bits between the parity bits.
func wiegandNumber(n int, number uint32) Wiegand {
	return Wiegand{Bits: n, Facility: uint16(number >> 16), Card: uint16(number)}
}

// Frame gives all bits as they go over the wires.
func (w Wiegand) Frame() uint64 {
	half := w.Bits / 2
	frame := (uint64(w.Facility)<<16 | uint64(w.Card)) << 1
	if bits.OnesCount64(frame>>half)%2 == 1 {
		frame |= 1 << (w.Bits - 1)
	}
	if bits.OnesCount64(frame&(1<<half-1))%2 == 0 {
		frame |= 1
	}
	return frame
}

// Fob gives the frame as a fob, the same for every reader that gives the number
// with or without its parity.
func (w Wiegand) Fob() wire.Fob {
	var value [8]byte
	binary.BigEndian.PutUint64(value[:], w.Frame())
	return wire.Fob{Technology: wire.TechnologyWiegand, Bits: uint16(w.Bits), Value: value[8-(w.Bits+7)/8:]}
}
