package reader

import "bytes"

// A frame of the PN532 (UM0701-02, 6.2.1) is
//
//	00  00 FF  LEN LCS  TFI data DCS  00
//
// LEN counts TFI and data and makes 0 with LCS, TFI to DCS make 0, mod 256.
// With LEN and LCS both FF it is extended: LEN is the two bytes that follow,
// big-endian, and their LCS comes after them. LEN LCS of 00 FF is ACK, of FF 00
// NACK. Both 00 at the ends may be missing or be many: a frame begins at 00 FF.
const (
	pn532ToChip  = 0xD4 // TFI
	pn532ToHost  = 0xD5 // TFI
	pn532Syntax  = 0x7F // TFI of the error frame, which has no data
	pn532MostLen = 265  // TFI, command and 263 bytes, as the chip's buffer
)

var (
	pn532Start = []byte{0x00, 0xFF}
	pn532ACK   = []byte{0x00, 0x00, 0xFF, 0x00, 0xFF, 0x00}
	pn532NACK  = []byte{0x00, 0x00, 0xFF, 0xFF, 0x00, 0x00}
	// pn532Wake gives the chip the edges that it wakes from, and then time.
	pn532Wake = []byte{0x55, 0x55, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}
)

type pn532Kind uint8

const (
	pn532Acked   pn532Kind = iota + 1
	pn532Nacked            // the other side wants its frame again
	pn532Refused           // error frame: a syntax that the chip doesn't know
	pn532Data
)

// pn532Frame is what stood on the line; Data begins with the command.
type pn532Frame struct {
	kind pn532Kind
	data []byte
}

// appendPN532 appends the frame of a command, extended when it must be.
func appendPN532(b []byte, data []byte) []byte {
	n := len(data) + 1
	b = append(b, 0x00, 0x00, 0xFF)
	if n <= 0xFF {
		b = append(b, byte(n), byte(-n))
	} else {
		b = append(b, 0xFF, 0xFF, byte(n>>8), byte(n), byte(-(n>>8 + n)))
	}
	b = append(b, pn532ToChip)
	b = append(b, data...)
	return append(b, -(pn532ToChip + sum(data)), 0x00)
}

func sum(p []byte) (s byte) {
	for _, b := range p {
		s += b
	}
	return s
}

// pn532Decoder finds frames in a stream of bytes. What it holds stays below two
// frames, whatever comes.
type pn532Decoder struct {
	held    []byte
	damaged int // frames with a good start code and length, and a wrong checksum
}

func (d *pn532Decoder) reset() { d.held = d.held[:0] }

// decode gives the frames that the bytes complete.
func (d *pn532Decoder) decode(p []byte) (frames []pn532Frame) {
	for len(p) > 0 { // in pieces, so that little is held
		n := min(len(p), pn532MostLen)
		d.held = append(d.held, p[:n]...)
		p = p[n:]
		rest := d.held
		for {
			f, used := d.next(rest)
			if used == 0 {
				break
			}
			rest = rest[used:]
			if f.kind != 0 {
				frames = append(frames, f)
			}
		}
		d.held = append(d.held[:0], rest...)
	}
	return frames
}

// next looks for one frame: how many bytes are done with (0: more are needed),
// and the frame if they ended one. After bytes that are no frame only the start
// code is passed over, since a good frame can begin within them.
func (d *pn532Decoder) next(p []byte) (f pn532Frame, used int) {
	at := bytes.Index(p, pn532Start)
	if at < 0 {
		keep := 0
		if len(p) > 0 && p[len(p)-1] == 0x00 {
			keep = 1
		}
		return f, len(p) - keep
	}
	if at > 0 {
		return f, at
	}
	const no = 1
	head, n, ok := pn532Length(p)
	switch {
	case head == 0:
		return f, 0
	case !ok:
		return f, no
	case n == 0:
		return pn532Frame{kind: pn532Short(p)}, head
	case len(p) < head+n+1:
		return f, 0
	}
	body := p[head : head+n]
	if sum(body)+p[head+n] != 0 {
		d.damaged++
		return f, no
	}
	return pn532Body(body), head + n + 1
}

// pn532Length reads LEN and LCS after the start code: how many bytes stand
// before TFI (0: more are needed), and how many from there up to DCS, 0 for ACK
// and NACK.
func pn532Length(p []byte) (head, n int, ok bool) {
	if len(p) < 4 {
		return 0, 0, false
	}
	length, check := p[2], p[3]
	switch {
	case length == 0xFF && check == 0xFF:
		if len(p) < 7 {
			return 0, 0, false
		}
		n = int(p[4])<<8 | int(p[5])
		return 7, n, p[4]+p[5]+p[6] == 0 && n > 0 && n <= pn532MostLen
	case pn532Short(p) != 0:
		return 4, 0, true
	}
	return 4, int(length), length+check == 0 && length > 0
}

// pn532Short says whether LEN and LCS are those of ACK or NACK.
func pn532Short(p []byte) pn532Kind {
	switch {
	case p[2] == 0x00 && p[3] == 0xFF:
		return pn532Acked
	case p[2] == 0xFF && p[3] == 0x00:
		return pn532Nacked
	}
	return 0
}

// pn532Body gives nothing for what only a host says.
func pn532Body(body []byte) pn532Frame {
	switch {
	case body[0] == pn532Syntax && len(body) == 1:
		return pn532Frame{kind: pn532Refused}
	case body[0] == pn532ToHost && len(body) > 1:
		return pn532Frame{kind: pn532Data, data: bytes.Clone(body[1:])}
	}
	return pn532Frame{}
}
