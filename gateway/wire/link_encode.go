package wire

import "encoding/binary"

var le = binary.LittleEndian

// AppendLink appends the frame of a message. A message out of range gives a
// frame that the other side drops.
func AppendLink(dst []byte, m LinkMessage) []byte {
	raw := m.appendBody(make([]byte, 0, LinkMaxFrame))
	raw = le.AppendUint16(raw, crc16(raw))
	dst = append(dst, 0)
	dst = appendCOBS(dst, raw)
	return append(dst, 0)
}

// crc16 is CRC-16/IBM-3740.
func crc16(p []byte) uint16 {
	crc := uint16(0xFFFF)
	for _, b := range p {
		crc ^= uint16(b) << 8
		for range 8 {
			high := crc&0x8000 != 0
			crc <<= 1
			if high {
				crc ^= 0x1021
			}
		}
	}
	return crc
}

// appendCOBS stuffs up to 253 bytes, so that no run needs a code of FF.
func appendCOBS(dst, raw []byte) []byte {
	code := len(dst)
	dst = append(dst, 0)
	for _, b := range raw {
		if b == 0 {
			dst[code] = byte(len(dst) - code)
			code = len(dst)
			dst = append(dst, 0)
			continue
		}
		dst = append(dst, b)
	}
	dst[code] = byte(len(dst) - code)
	return dst
}

// unCOBS undoes appendCOBS in place.
func unCOBS(p []byte) ([]byte, bool) {
	out := p[:0]
	for i := 0; i < len(p); {
		n := int(p[i])
		if n == 0 || n == 0xFF || i+n > len(p) {
			return nil, false
		}
		out = append(out, p[i+1:i+n]...)
		if i += n; i < len(p) {
			out = append(out, 0)
		}
	}
	return out, len(p) > 0
}

func (LinkWho) appendBody(b []byte) []byte    { return append(b, linkWho) }
func (m LinkBind) appendBody(b []byte) []byte { return le.AppendUint64(append(b, linkBind), m.Owner) }
func (m LinkPing) appendBody(b []byte) []byte { return le.AppendUint16(append(b, linkPing), m.Nonce) }
func (m LinkTime) appendBody(b []byte) []byte { return m.append(append(b, linkTime)) }
func (m LinkPair) appendBody(b []byte) []byte { return LinkTime(m).append(append(b, linkPair)) }
func (m LinkSend) appendBody(b []byte) []byte { return LinkSpan(m).append(append(b, linkSend)) }
func (m LinkAck) appendBody(b []byte) []byte  { return LinkSpan(m).append(append(b, linkAck)) }
func (m LinkSafe) appendBody(b []byte) []byte { return LinkSpan(m).append(append(b, linkSafe)) }
func (m LinkNone) appendBody(b []byte) []byte { return LinkSpan(m).append(append(b, linkNone)) }
func (m LinkEnd) appendBody(b []byte) []byte  { return LinkSpan(m).append(append(b, linkEnd)) }
func (m LinkStart) appendBody(b []byte) []byte {
	return m.append(append(b, linkStart))
}

func (m LinkFeedback) appendBody(b []byte) []byte {
	b = appendUint64s(append(b, linkFeedback), m.Epoch, m.Seq)
	return append(b, byte(m.Colour))
}

func (m LinkHello) appendBody(b []byte) []byte {
	b = append(b, linkHello, m.Version)
	b = appendUint64s(b, m.Origin, m.Owner)
	b = le.AppendUint32(b, m.Capacity)
	b = le.AppendUint32(b, m.Stored)
	b = append(b, m.BatteryPercent)
	b = le.AppendUint16(b, m.TolerancePPM)
	b = m.Current.append(b)
	return append(b, m.Firmware...)
}

func (m LinkPong) appendBody(b []byte) []byte {
	b = le.AppendUint16(append(b, linkPong), m.Nonce)
	b = appendUint64s(b, m.Epoch, m.Tick, m.Highest)
	b = le.AppendUint32(b, m.Unacknowledged)
	b = le.AppendUint32(b, m.Stored)
	return append(b, m.BatteryPercent)
}

func (m LinkTap) appendBody(b []byte) []byte {
	b = appendUint64s(append(b, linkTap), m.Epoch, m.Seq, m.Tick)
	live := byte(0)
	if m.Live {
		live = 1
	}
	b = append(b, live, byte(m.Fob.Technology))
	b = le.AppendUint16(b, m.Fob.Bits)
	return append(b, m.Fob.Value...)
}

func (m LinkSpan) append(b []byte) []byte { return appendUint64s(b, m.Epoch, m.From, m.To) }

func (m LinkStart) append(b []byte) []byte {
	return appendUint64s(b, m.Epoch, m.Predecessor, m.PredecessorLast, m.Oldest, m.Highest)
}

func (m LinkTime) append(b []byte) []byte {
	b = appendUint64s(b, m.Epoch, m.Tick, uint64(m.Instant))
	b = le.AppendUint32(b, m.Bound)
	return append(b, byte(m.Source))
}

func appendUint64s(b []byte, vs ...uint64) []byte {
	for _, v := range vs {
		b = le.AppendUint64(b, v)
	}
	return b
}
