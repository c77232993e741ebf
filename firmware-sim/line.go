package sim

import (
	"fmt"
	"strings"
	"time"
)

// LineReader is a reader without memory that writes each number as a line.
type LineReader struct {
	Port *Port
	Line func(number uint64) string // of a number, with its end
	// Repeat is how often a line is written again while the fob is held; 0: it
	// is written once.
	Repeat time.Duration
}

// Present holds a fob before the reader for a while.
func (r *LineReader) Present(number uint64, held time.Duration) {
	r.Port.Send([]byte(r.Line(number)))
	if r.Repeat == 0 {
		return
	}
	for ; held >= r.Repeat; held -= r.Repeat {
		time.Sleep(r.Repeat)
		r.Port.Send([]byte(r.Line(number)))
	}
}

// WIE232A writes as that converter does: the 24 bits of a Wiegand number
// between the parity bits in hexadecimal, and CR.
func WIE232A(number uint64) string { return fmt.Sprintf("%06X\r", number&0xFFFFFF) }

// S4A writes as those readers do: ten decimal digits, and CR LF.
func S4A(number uint64) string { return fmt.Sprintf("%010d\r\n", number&0xFFFFFFFF) }

// WiegandLine writes all bits of a Wiegand number of 24 or 32 bits, and CR LF:
// before them a bit that makes the ones of the first half even, behind them one
// that makes those of the second half odd.
func WiegandLine(bits int) func(number uint64) string {
	return func(number uint64) string {
		text := fmt.Sprintf("%0*b", bits, number&(1<<bits-1))
		even := strings.Count(text[:bits/2], "1") % 2
		odd := 1 - strings.Count(text[bits/2:], "1")%2
		return fmt.Sprintf("%d%s%d\r\n", even, text, odd)
	}
}
