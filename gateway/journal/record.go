package journal

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"

	"tikklok/gateway/wire"
)

// A record on disk is
//
//	0  magic (2: A7 6B)   by which reading finds the next record after damage
//	2  length (2)         of the payload, at most maxPayload
//	4  type (1)
//	5  payload
//	   CRC-32C (4)        of length, type and payload
//
// Numbers are little-endian; uvarint and varint (zigzag) are those of protobuf.
// Every payload but a twin's begins with origin (uvarint) and epoch (8).
const (
	magic0, magic1 = 0xA7, 0x6B
	recordHead     = 5
	recordTail     = 4
	maxPayload     = 256

	// seq, tick (uvarint), wall (varint), gap, key version (uvarint), token (8),
	// name of the reader (the rest).
	typeTap byte = 1
	// tick (uvarint), instant (varint), bound (uvarint), source (1).
	typePair byte = 2
	// predecessor (8), its last seq, tolerance in ppm, highest seq,
	// ordinal among the starts of this journal (uvarint).
	typeStart byte = 3
	// old and new key version (uvarint), old and new token (8 each).
	typeTwin byte = 4
)

// Record is a Tap, Pair, Start or Twin.
type Record interface {
	stream() wire.Stream
	check() error
	appendTo(b []byte) (typ byte, payload []byte)
}

// Tap is a tap with its name.
type Tap struct {
	wire.Stream
	KeyVersion uint32
	wire.Tap
}

// Pair is a time pair of a stream.
type Pair struct {
	wire.Stream
	wire.Pair
}

// Start says how a stream began.
type Start struct {
	wire.Stream
	wire.Start
	Highest uint64 // highest seq known to be given

	ordinal uint64
}

func (r Tap) stream() wire.Stream   { return r.Stream }
func (r Pair) stream() wire.Stream  { return r.Stream }
func (r Start) stream() wire.Stream { return r.Stream }

var errRecord = errors.New("not to be journaled")

func checkStream(s wire.Stream) error {
	if s.Origin == 0 || s.Origin > wire.MaxOrigin || s.Epoch == 0 {
		return fmt.Errorf("%w: stream %s", errRecord, s)
	}
	return nil
}

func (r Tap) check() error {
	if r.Seq == 0 || r.Seq > wire.MaxSeq || r.Tick > wire.MaxTick || r.Wall > wire.MaxInstant || r.Wall < -wire.MaxInstant ||
		r.KeyVersion == 0 || r.KeyVersion > wire.MaxKeyVersion || len(r.Reader) > wire.MaxText {
		return fmt.Errorf("%w: tap %s/%d: a number out of range", errRecord, r.Stream, r.Seq)
	}
	return checkStream(r.Stream)
}

func (r Pair) check() error {
	if r.Tick > wire.MaxTick || r.Instant > wire.MaxInstant || r.Instant < -wire.MaxInstant ||
		r.Source < wire.SourceDisciplined || r.Source > wire.SourceUndisciplined {
		return fmt.Errorf("%w: pair of %s: a number out of range", errRecord, r.Stream)
	}
	return checkStream(r.Stream)
}

func (r Start) check() error {
	if r.PredecessorLast > wire.MaxSeq || r.TolerancePPM > 1_000_000 || r.Highest > wire.MaxSeq {
		return fmt.Errorf("%w: start of %s: a number out of range", errRecord, r.Stream)
	}
	return checkStream(r.Stream)
}

func appendStream(b []byte, s wire.Stream) []byte {
	return binary.LittleEndian.AppendUint64(binary.AppendUvarint(b, s.Origin), s.Epoch)
}

func (r Tap) appendTo(b []byte) (byte, []byte) {
	b = appendStream(b, r.Stream)
	b = binary.AppendUvarint(b, r.Seq)
	b = binary.AppendUvarint(b, r.Tick)
	b = binary.AppendVarint(b, r.Wall)
	b = binary.AppendUvarint(b, uint64(r.Gap))
	b = binary.AppendUvarint(b, uint64(r.KeyVersion))
	b = append(b, r.Token[:]...)
	return typeTap, append(b, r.Reader...)
}

func (r Pair) appendTo(b []byte) (byte, []byte) {
	b = appendStream(b, r.Stream)
	b = binary.AppendUvarint(b, r.Tick)
	b = binary.AppendVarint(b, r.Instant)
	b = binary.AppendUvarint(b, uint64(r.Bound))
	return typePair, append(b, byte(r.Source))
}

func (r Start) appendTo(b []byte) (byte, []byte) {
	b = appendStream(b, r.Stream)
	b = binary.LittleEndian.AppendUint64(b, r.Predecessor)
	b = binary.AppendUvarint(b, r.PredecessorLast)
	b = binary.AppendUvarint(b, uint64(r.TolerancePPM))
	b = binary.AppendUvarint(b, r.Highest)
	return typeStart, binary.AppendUvarint(b, r.ordinal)
}

func (r Twin) appendTo(b []byte) (byte, []byte) {
	b = binary.AppendUvarint(b, uint64(r.OldVersion))
	b = binary.AppendUvarint(b, uint64(r.NewVersion))
	b = append(b, r.Old[:]...)
	return typeTwin, append(b, r.New[:]...)
}

// appendRecord appends a record as it stands on disk.
func appendRecord(b []byte, r Record) []byte {
	at := len(b)
	typ, b := r.appendTo(append(b, magic0, magic1, 0, 0, 0))
	binary.LittleEndian.PutUint16(b[at+2:], uint16(len(b)-at-recordHead))
	b[at+4] = typ
	return binary.LittleEndian.AppendUint32(b, wire.Checksum(b[at+2:]))
}

// decodeRecord reads the record that b begins with and gives its length on
// disk; 0 when there is no whole and valid one.
func decodeRecord(b []byte) (Record, int) {
	if len(b) < recordHead+recordTail || b[0] != magic0 || b[1] != magic1 {
		return nil, 0
	}
	end := recordHead + int(binary.LittleEndian.Uint16(b[2:]))
	if end > recordHead+maxPayload || end+recordTail > len(b) {
		return nil, 0
	}
	if wire.Checksum(b[2:end]) != binary.LittleEndian.Uint32(b[end:]) {
		return nil, 0
	}
	d := decoder{b: b[recordHead:end]}
	r := d.record(b[4])
	if r == nil || d.bad || r.check() != nil {
		return nil, 0
	}
	return r, end + recordTail
}

// decoder takes fields off a payload; after the first that isn't there all are 0.
type decoder struct {
	b   []byte
	bad bool
}

func (d *decoder) uvarint(most uint64) uint64 {
	v, n := binary.Uvarint(d.b)
	if n <= 0 || v > most {
		d.bad = true
		return 0
	}
	d.b = d.b[n:]
	return v
}

func (d *decoder) varint() int64 {
	v, n := binary.Varint(d.b)
	if n <= 0 {
		d.bad = true
		return 0
	}
	d.b = d.b[n:]
	return v
}

func (d *decoder) bytes(n int) []byte {
	if len(d.b) < n {
		d.bad = true
		return make([]byte, n)
	}
	b := d.b[:n]
	d.b = d.b[n:]
	return b
}

func (d *decoder) uint64() uint64 { return binary.LittleEndian.Uint64(d.bytes(8)) }

func (d *decoder) record(typ byte) Record {
	if typ == typeTwin {
		return d.twin()
	}
	s := wire.Stream{Origin: d.uvarint(math.MaxUint64), Epoch: d.uint64()}
	switch typ {
	case typeTap:
		t := Tap{Stream: s}
		t.Seq, t.Tick, t.Wall = d.uvarint(math.MaxUint64), d.uvarint(math.MaxUint64), d.varint()
		t.Gap, t.KeyVersion = uint32(d.uvarint(math.MaxUint32)), uint32(d.uvarint(math.MaxUint32))
		t.Token = wire.Token(d.bytes(8))
		t.Reader = string(d.b)
		return t
	case typePair:
		p := Pair{Stream: s}
		p.Tick, p.Instant = d.uvarint(math.MaxUint64), d.varint()
		p.Bound, p.Source = uint32(d.uvarint(math.MaxUint32)), wire.Source(d.bytes(1)[0])
		return p
	case typeStart:
		r := Start{Stream: s}
		r.Predecessor, r.PredecessorLast = d.uint64(), d.uvarint(math.MaxUint64)
		r.TolerancePPM, r.Highest = uint32(d.uvarint(math.MaxUint32)), d.uvarint(math.MaxUint64)
		r.ordinal = d.uvarint(math.MaxUint64)
		return r
	}
	return nil
}

func (d *decoder) twin() Record {
	var t Twin
	t.OldVersion, t.NewVersion = uint32(d.uvarint(math.MaxUint32)), uint32(d.uvarint(math.MaxUint32))
	t.Old, t.New = wire.Token(d.bytes(8)), wire.Token(d.bytes(8))
	return t
}
