package sim

import "slices"

// What a host can say on the line.
const (
	pn532Command = iota + 1
	pn532AckFrame
	pn532NackFrame
	pn532Broken // the checksum is wrong
)

// pn532Line finds a host's frames byte by byte, as the chip's receiver does:
// 00 FF, then a length and its complement, then so many bytes and a checksum.
type pn532Line struct {
	last byte
	head []byte // after 00 FF
	left int    // bytes of the body and checksum to come
	body []byte
	in   bool // after 00 FF
}

// take gives the kind of frame that a byte completes, 0 when none, and the data
// of a command, which begins with its code.
func (l *pn532Line) take(b byte) (kind int, data []byte) {
	switch {
	case !l.in:
		l.in = l.last == 0x00 && b == 0xFF
		l.last, l.head, l.body, l.left = b, nil, nil, 0
		return 0, nil
	case l.left > 0:
		l.body = append(l.body, b)
		if l.left--; l.left > 0 {
			return 0, nil
		}
		l.in, l.last = false, b
		return l.whole()
	}
	l.head = append(l.head, b)
	kind, over := l.length()
	if over {
		l.in, l.last = false, b
	}
	return kind, nil
}

// length reads the head so far; over says that no body follows.
func (l *pn532Line) length() (kind int, over bool) {
	h := l.head
	switch {
	case len(h) < 2:
		return 0, false
	case h[0] == 0xFF && h[1] == 0xFF && len(h) < 5:
		return 0, false
	case len(h) == 5:
		n := int(h[2])*256 + int(h[3])
		if h[2]+h[3]+h[4] != 0 || n > 265 || n < 2 {
			return 0, true
		}
		l.left = n + 1
	case h[0] == 0x00 && h[1] == 0xFF:
		return pn532AckFrame, true
	case h[0] == 0xFF && h[1] == 0x00:
		return pn532NackFrame, true
	case h[0]+h[1] != 0 || h[0] < 2:
		return 0, true
	default:
		l.left = int(h[0]) + 1
	}
	return 0, false
}

func (l *pn532Line) whole() (kind int, data []byte) {
	var sum byte
	for _, b := range l.body {
		sum += b
	}
	switch {
	case sum != 0:
		return pn532Broken, nil
	case l.body[0] != 0xD4:
		return 0, nil
	}
	return pn532Command, slices.Clone(l.body[1 : len(l.body)-1])
}

// pn532Frame puts the chip's data, which begins with TFI, into a frame.
func pn532Frame(data []byte) []byte {
	n := len(data)
	frame := []byte{0x00, 0x00, 0xFF, byte(n), byte(256 - n)}
	if n > 255 {
		frame = []byte{0x00, 0x00, 0xFF, 0xFF, 0xFF, byte(n / 256), byte(n % 256), byte(256 - n/256 - n%256)}
	}
	var sum byte
	for _, b := range data {
		sum -= b
	}
	return append(append(frame, data...), sum, 0x00)
}

// pn532Short gives ACK for 00 and NACK for FF.
func pn532Short(length byte) []byte { return []byte{0x00, 0x00, 0xFF, length, ^length, 0x00} }
