package wire

import "slices"

// LinkDecoder finds frames in whatever a port gives, in whatever pieces. The
// zero value is ready. It holds at most one frame.
type LinkDecoder struct {
	frame   []byte
	skip    bool // until the next 00: the frame is too long
	Damaged uint64
}

// Decode takes bytes and gives the messages they complete. A frame that is
// damaged or out of range is dropped and counted in Damaged.
func (d *LinkDecoder) Decode(p []byte) []LinkMessage {
	var ms []LinkMessage
	for _, b := range p {
		if b != 0 {
			d.take(b)
			continue
		}
		if m, ok := d.finish(); ok {
			ms = append(ms, m)
		}
	}
	return ms
}

// Reset forgets half a frame, after a port was opened again.
func (d *LinkDecoder) Reset() { d.frame, d.skip = d.frame[:0], false }

func (d *LinkDecoder) take(b byte) {
	// Stuffing adds one byte to frames as short as these.
	if len(d.frame) > LinkMaxFrame {
		d.skip = true
		return
	}
	d.frame = append(d.frame, b)
}

func (d *LinkDecoder) finish() (LinkMessage, bool) {
	defer d.Reset()
	if len(d.frame) == 0 {
		return nil, false
	}
	m, ok := decodeFrame(d.frame)
	if d.skip || !ok {
		d.Damaged++
		return nil, false
	}
	return m, true
}

// decodeFrame reads what stood between two 00; it overwrites the frame.
func decodeFrame(frame []byte) (LinkMessage, bool) {
	raw, ok := unCOBS(frame)
	if !ok || len(raw) < 3 {
		return nil, false
	}
	end := len(raw) - 2
	if crc16(raw[:end]) != le.Uint16(raw[end:]) {
		return nil, false
	}
	return decodeBody(raw[0], raw[1:end])
}

// linkSizes are the lengths of the bodies that have one length.
var linkSizes = map[byte]int{
	linkWho: 0, linkBind: 8, linkPing: 2, linkTime: 29, linkSend: 24, linkAck: 24, linkSafe: 24, linkFeedback: 17,
	linkStart: 40, linkPong: 35, linkPair: 29, linkNone: 24, linkEnd: 24,
}

func decodeBody(typ byte, b []byte) (LinkMessage, bool) {
	if typ == linkHello {
		return decodeHello(b)
	}
	if typ == linkTap {
		return decodeTap(b)
	}
	size, known := linkSizes[typ]
	if !known || len(b) != size {
		return nil, false
	}
	switch typ {
	case linkWho:
		return LinkWho{}, true
	case linkBind:
		return LinkBind{le.Uint64(b)}, le.Uint64(b) != 0
	case linkPing:
		return LinkPing{le.Uint16(b)}, true
	case linkTime:
		return decodeTime(b)
	case linkPair:
		m, ok := decodeTime(b)
		return LinkPair(m), ok
	case linkFeedback:
		m := LinkFeedback{le.Uint64(b), le.Uint64(b[8:]), Colour(b[16])}
		return m, m.Epoch != 0 && goodSeq(m.Seq) && m.Colour >= Green && m.Colour <= Red
	case linkStart:
		return decodeStart(b)
	case linkPong:
		return decodePong(b)
	}
	return decodeSpan(typ, b)
}

func decodeSpan(typ byte, b []byte) (LinkMessage, bool) {
	s := LinkSpan{le.Uint64(b), Range{le.Uint64(b[8:]), le.Uint64(b[16:])}}
	ok := s.Epoch != 0 && goodSeq(s.From) && goodSeq(s.To) && s.From <= s.To
	switch typ {
	case linkSend:
		return LinkSend(s), ok
	case linkAck:
		return LinkAck(s), ok
	case linkSafe:
		return LinkSafe(s), ok
	case linkNone:
		return LinkNone(s), ok
	}
	return LinkEnd(s), ok
}

func decodeTime(b []byte) (LinkTime, bool) {
	m := LinkTime{le.Uint64(b), Pair{le.Uint64(b[8:]), int64(le.Uint64(b[16:])), le.Uint32(b[24:]), Source(b[28])}}
	return m, m.Epoch != 0 && m.Tick <= MaxTick && m.Instant <= MaxInstant && m.Instant >= -MaxInstant &&
		m.Source >= SourceDisciplined && m.Source <= SourceUndisciplined
}

func decodeStart(b []byte) (LinkStart, bool) {
	m := LinkStart{le.Uint64(b), le.Uint64(b[8:]), le.Uint64(b[16:]), le.Uint64(b[24:]), le.Uint64(b[32:])}
	return m, m.Epoch != 0 && m.PredecessorLast <= MaxSeq && m.Oldest <= m.Highest && m.Highest <= MaxSeq
}

func decodePong(b []byte) (LinkPong, bool) {
	m := LinkPong{
		Nonce: le.Uint16(b), Epoch: le.Uint64(b[2:]), Tick: le.Uint64(b[10:]), Highest: le.Uint64(b[18:]),
		Unacknowledged: le.Uint32(b[26:]), Stored: le.Uint32(b[30:]), BatteryPercent: b[34],
	}
	return m, m.Epoch != 0 && m.Tick <= MaxTick && m.Highest <= MaxSeq && m.BatteryPercent <= 100
}

// decodeHello takes only the version of a HELLO that it can't read: somebody
// has to be told.
func decodeHello(b []byte) (LinkMessage, bool) {
	if len(b) > 0 && b[0] != LinkVersion {
		return LinkHello{Version: b[0]}, true
	}
	if len(b) < 68 || len(b) > 68+LinkMaxFirmware {
		return nil, false
	}
	current, ok := decodeStart(b[28:68])
	m := LinkHello{
		Version: b[0], Origin: le.Uint64(b[1:]), Owner: le.Uint64(b[9:]), Capacity: le.Uint32(b[17:]), Stored: le.Uint32(b[21:]),
		BatteryPercent: b[25], TolerancePPM: le.Uint16(b[26:]), Current: current, Firmware: string(b[68:]),
	}
	for _, c := range []byte(m.Firmware) {
		ok = ok && c >= ' ' && c <= '~'
	}
	return m, ok && m.Origin >= FirstReader && m.Origin <= MaxOrigin && m.BatteryPercent <= 100
}

func decodeTap(b []byte) (LinkMessage, bool) {
	if len(b) < 28 {
		return nil, false
	}
	m := LinkTap{
		Epoch: le.Uint64(b), Seq: le.Uint64(b[8:]), Tick: le.Uint64(b[16:]), Live: b[24] == 1,
		Fob: Fob{Technology(b[25]), le.Uint16(b[26:]), slices.Clone(b[28:])},
	}
	return m, m.Epoch != 0 && goodSeq(m.Seq) && m.Tick <= MaxTick && b[24] <= 1 && goodFob(m.Fob)
}

func goodSeq(seq uint64) bool { return seq >= 1 && seq <= MaxSeq }

// goodFob holds the value against its length, so that one fob has one token.
func goodFob(f Fob) bool {
	if f.Technology < TechnologyEM4100 || f.Technology > TechnologyExternal {
		return false
	}
	if f.Bits == 0 || f.Bits > LinkMaxBits || len(f.Value) != (int(f.Bits)+7)/8 {
		return false
	}
	return f.Bits%8 == 0 || f.Value[0]>>(f.Bits%8) == 0
}
