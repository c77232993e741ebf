// Package sim promises readers, fobs and people that a gateway can't tell from
// real ones, and a ledger of the truth about them that is written before the
// first byte of a tap goes out. Readers speak over ptys; readers with memory
// have their own clock, so that weeks can be lived beforehand by storing taps
// and time pairs at past instants.
package sim

import (
	"fmt"
	"time"

	"tikklok/gateway/wire"
)

// Fob gives the fob of a 40-bit number, as EM4100 readers read it.
func Fob(number uint64) wire.Fob {
	v := value(number)
	return wire.Fob{Technology: wire.TechnologyEM4100, Bits: 40, Value: v[:]}
}

func value(number uint64) (v [5]byte) {
	for i := range v {
		v[i] = byte(number >> (32 - 8*i))
	}
	return v
}

// EM4100Frame gives what an RDM6300 (14 bytes) or, with CR LF, an ID-12LA (16
// bytes) writes for a fob.
func EM4100Frame(number uint64, crlf bool) []byte {
	v := value(number)
	end := "\x03"
	if crlf {
		end = "\r\n\x03"
	}
	return fmt.Appendf(nil, "\x02%010X%02X%s", number&(1<<40-1), v[0]^v[1]^v[2]^v[3]^v[4], end)
}

// EM4100 is a reader without memory.
type EM4100 struct {
	Port *Port
	CRLF bool // as ID-12LA: one frame a presentation, with CR LF
}

// em4100Repeat is how often an RDM6300 repeats its frame.
const em4100Repeat = 65 * time.Millisecond

// Present holds a fob before the reader for a while. Bytes that nobody reads
// are lost, as on a real line.
func (r *EM4100) Present(number uint64, held time.Duration) {
	r.Port.Send(EM4100Frame(number, r.CRLF))
	if r.CRLF {
		return
	}
	for ; held >= em4100Repeat; held -= em4100Repeat {
		time.Sleep(em4100Repeat)
		r.Port.Send(EM4100Frame(number, false))
	}
}
