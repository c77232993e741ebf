package wire

// The reader link is Tikklok's own protocol between a reader with memory and a
// gateway, over a serial line (8N1, LinkBaud unless set otherwise).
//
// A frame is
//
//	00  COBS( type, body, CRC low, CRC high )  00
//
// COBS is consistent overhead byte stuffing (Cheshire and Baker 1999): no 00
// within a frame, so that whoever is lost finds the next frame at the next 00.
// The CRC is CRC-16/IBM-3740 (polynomial 1021, initially FFFF, not reflected;
// "123456789" gives 29B1) over type and body. Before stuffing a frame has at
// most LinkMaxFrame bytes. Numbers are little-endian and unsigned. Whoever
// receives a frame that is damaged, of an unknown type, of another length or
// with a number out of range drops it: every message is asked for again until
// what it causes is seen.
//
// A conversation:
//
//	gateway  WHO              at opening, then each second until a HELLO comes
//	reader   HELLO            and a START for each older epoch it holds
//	gateway  BIND             only when HELLO says owner 0; HELLO follows
//	gateway  PING             the reader answers PONG with its tick
//	gateway  TIME             the instant of that tick; the reader keeps it
//	                          with its taps and answers PAIR
//	gateway  SEND             for what its journal lacks, epoch by epoch, from 1
//	reader   PAIR, TAP …, END in the order of ticks, with the pair before the
//	                          first tap and the pair after the last; NONE for
//	                          what it no longer holds
//	gateway  ACK              after its journal's fsync, never before (I2)
//	gateway  SAFE             when the server says so
//
// and while they are in contact, for each fob shown:
//
//	reader   TAP (live)       once it is stored
//	gateway  ACK, FEEDBACK    after its journal's fsync
//
// Without FEEDBACK within LinkFeedbackWait the reader shows green itself: it
// has stored the tap. A reader overwrites safe taps first, then acknowledged
// ones, never others: when only those are left it stores nothing and shows red
// (I2). TIME comes before SEND at every contact, so that taps lie between
// pairs, and again each quarter of an hour (I4).
const (
	LinkVersion      = 1
	LinkBaud         = 115200
	LinkMaxFrame     = 128 // bytes before stuffing: type, body, CRC
	LinkFeedbackWait = 300 // ms
	LinkMaxFirmware  = 32  // bytes
	LinkMaxBits      = 256 // of a fob's number
)

// Types of frames. From the gateway below 80, from the reader above. Offsets
// count from the first byte of the body.
const (
	// No body.
	linkWho byte = 0x01
	// 0 owner (8): TokenKey.Owner, not 0. Ignored by a reader that has an owner.
	linkBind byte = 0x02
	// 0 nonce (2).
	linkPing byte = 0x03
	// 0 epoch (8), 8 tick (8), 16 instant (8, signed, Unix ms), 24 bound (4, ms),
	// 28 source (1, 1…3: Source).
	linkTime byte = 0x04
	// 0 epoch (8), 8 from (8), 16 to (8, inclusive): seqs.
	linkSend byte = 0x05
	linkAck  byte = 0x06 // the same
	linkSafe byte = 0x07 // the same
	// 0 epoch (8), 8 seq (8), 16 colour (1: Colour).
	linkFeedback byte = 0x08

	// 0 version (1; of another version only this byte is read), 1 origin (8, FirstReader…MaxOrigin), 9 owner (8, 0: not
	// bound), 17 capacity (4, taps), 21 stored (4, taps), 25 battery (1, 1…100
	// percent, 0: mains or unknown), 26 tolerance of the crystal (2, ppm),
	// 28 the current epoch as in START (40), 68 firmware (0…32 bytes ASCII).
	linkHello byte = 0x81
	// 0 epoch (8, not 0), 8 predecessor (8, 0: none known), 16 its last seq (8),
	// 24 oldest seq held (8, 0: none), 32 highest seq given (8).
	linkStart byte = 0x82
	// 0 nonce (2) of the PING, 2 epoch (8), 10 tick (8), 18 highest seq (8),
	// 26 taps of all epochs not acknowledged (4), 30 stored (4), 34 battery (1).
	linkPong byte = 0x83
	linkPair byte = 0x84 // as TIME
	// 0 epoch (8), 8 seq (8, from 1), 16 tick (8), 24 live (1, 0 or 1),
	// 25 technology (1: Technology), 26 bits (2, 1…256), 28 value (big-endian,
	// left-padded with 0 bits to whole bytes).
	linkTap  byte = 0x85
	linkNone byte = 0x86 // as SEND: no longer held
	linkEnd  byte = 0x87 // as SEND: this was all
)

// Colour is what a reader shows after a tap.
type Colour uint8

// The colours.
const (
	Green Colour = 1 // stored
	Amber Colour = 2 // stored; see the administrator: the fob is on the block list
	Red   Colour = 3 // not stored
)

// LinkMessage is one message of the reader link: a LinkWho, LinkBind and so on.
type LinkMessage interface {
	// appendBody appends type and body.
	appendBody(b []byte) []byte
}

// LinkWho asks for HELLO.
type LinkWho struct{}

// LinkBind gives a reader without owner one.
type LinkBind struct{ Owner uint64 }

// LinkPing asks for PONG.
type LinkPing struct{ Nonce uint16 }

// LinkTime tells a reader which instant its tick was.
type LinkTime struct {
	Epoch uint64
	Pair
}

// LinkSpan is an inclusive range of seqs of one epoch.
type LinkSpan struct {
	Epoch uint64
	Range
}

// LinkSend asks for taps.
type LinkSend LinkSpan

// LinkAck says that taps are durable in the gateway's journal (I2).
type LinkAck LinkSpan

// LinkSafe says that the server keeps taps safe (I2).
type LinkSafe LinkSpan

// LinkFeedback says what to show for a live tap.
type LinkFeedback struct {
	Epoch, Seq uint64
	Colour     Colour
}

// LinkStart says how an epoch began and which of its taps are held.
type LinkStart struct {
	Epoch           uint64
	Predecessor     uint64 // 0: none known
	PredecessorLast uint64
	Oldest          uint64 // seq; 0: no tap held
	Highest         uint64 // seq; 0: none given yet
}

// LinkHello introduces a reader.
type LinkHello struct {
	Version        uint8
	Origin         uint64
	Owner          uint64 // 0: not bound
	Capacity       uint32 // taps
	Stored         uint32 // taps
	BatteryPercent uint8  // 0: mains, or unknown
	TolerancePPM   uint16
	Current        LinkStart
	Firmware       string
}

// LinkPong answers PING.
type LinkPong struct {
	Nonce          uint16
	Epoch, Tick    uint64
	Highest        uint64
	Unacknowledged uint32
	Stored         uint32
	BatteryPercent uint8
}

// LinkPair repeats a time pair out of the reader's memory.
type LinkPair LinkTime

// LinkTap is a tap out of the reader's memory.
type LinkTap struct {
	Epoch, Seq, Tick uint64
	Live             bool // just made
	Fob              Fob
}

// LinkNone says that taps are no longer held.
type LinkNone LinkSpan

// LinkEnd ends the answer to SEND.
type LinkEnd LinkSpan
