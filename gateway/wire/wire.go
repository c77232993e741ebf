// Package wire promises that every byte that crosses a boundary between
// devices has one definition: the reader link (bytes, in link.go), and the
// MQTT messages between gateway and server (tikklok.proto).
//
// Decoding is total: any input gives a value or an error, never a panic, and
// never allocates more than a small multiple of the input's length.
package wire

import "fmt"

// FirstReader is the lowest origin of a reader with memory; gateways stand
// below it, so that the two kinds of origin never collide.
const FirstReader uint64 = 1 << 32

// MaxOrigin is the highest origin: origins are positive 63-bit numbers,
// because PostgreSQL's bigint is signed.
const MaxOrigin uint64 = 1<<63 - 1

// Stream is one run of one device's counter and clock (I1).
type Stream struct {
	Origin uint64 // 1…MaxOrigin
	Epoch  uint64 // 64 random bits, never 0
}

// String gives "origin/epoch" in hexadecimal.
func (s Stream) String() string { return fmt.Sprintf("%x/%016x", s.Origin, s.Epoch) }

// Name is what a tap is called from birth to payroll (I1).
type Name struct {
	Stream
	Seq uint64 // 1, 2, 3 … without holes
}

// Token stands for a fob: HMAC-SHA-256 over technology, bit length and value
// with the tenant's key, cut to 8 bytes (I7).
type Token [8]byte

// Tap is a tap made durable by the device that names it.
type Tap struct {
	Seq    uint64
	Tick   uint64 // ms since the epoch began
	Wall   int64  // the device's wall clock, Unix ms; 0: it has none
	Gap    uint32 // ms the tap may be older than its tick says
	Token  Token
	Reader string // name of the reader without memory; "" when the origin is the reader
}

// Gap gives a Tap's gap from ms; the largest, 49 days, stands for all beyond.
func Gap(ms uint64) uint32 { return uint32(min(ms, 1<<32-1)) }

// Source says how the instant of a Pair was known (I4).
type Source uint8

// The sources of an instant, from the best to none.
const (
	SourceDisciplined   Source = 1 // a clock the operating system disciplines
	SourceServer        Source = 2 // the server's time from a receipt
	SourceUndisciplined Source = 3 // a clock nobody vouches for; its bound means nothing
)

// Pair says that a stream's tick was an instant, give or take the bound (I4).
type Pair struct {
	Tick    uint64
	Instant int64  // Unix ms
	Bound   uint32 // ms
	Source  Source
}

// Start says how an epoch began (I1).
type Start struct {
	Predecessor     uint64 // epoch; 0: none known
	PredecessorLast uint64 // last seq of the predecessor
	TolerancePPM    uint32 // of the crystal, as declared
}

// Log is part of what one device wrote in one epoch. Taps stand in the order
// of their seq with ticks that never go backwards.
type Log struct {
	Stream
	Highest    uint64 // highest durable seq of the epoch
	Start      *Start // nil: already answered
	KeyVersion uint32
	Taps       []Tap
	Pairs      []Pair
}

// Span is an inclusive range of names of one stream.
type Span struct {
	Stream
	From, To uint64
}

// Twin is one fob under two versions of the token key (I7).
type Twin struct {
	OldVersion, NewVersion uint32 // 1…MaxKeyVersion, not the same
	Old, New               Token
}

// Batch is one upward message.
type Batch struct {
	Logs    []Log
	Missing []Span
	Twins   []Twin
	Renewal []byte // PKCS #10 request (DER), at most MaxCertificate bytes; nil: none
}

// Range is an inclusive range of seqs.
type Range struct{ From, To uint64 }

// Mark is what the server holds of one stream, in rising, disjoint ranges (I2).
type Mark struct {
	Stream
	Committed []Range
	Safe      []Range
}

// Refusal says that a batch stands in quarantine.
type Refusal struct {
	Batch  uint32 // CRC-32C of the payload
	Reason string
}

// Receipt answers batches after their commit (I2).
type Receipt struct {
	Marks       []Mark
	Batches     []uint32 // CRC-32C of each payload answered
	Refusals    []Refusal
	Asks        []Span
	ServerTime  int64  // Unix ms; 0: not served (I4)
	ServerBound uint32 // ms
	Pace        uint32 // ms to wait before the next batch of backlog
}

// Settings is the desired state of a gateway; 0 is as the program was built.
type Settings struct {
	Version      uint64
	Blocked      []Token
	Keys         []byte // see SealKeys; nil: unchanged
	BlockedHours uint32 // how long Blocked counts without word from the server
	Flush        uint32 // ms a live tap may wait for others
	KeepAlive    uint32 // seconds
	MonthBytes   uint64 // what a calendar month (UTC) may cost; 0: no limit
	StateMinutes uint32 // between two states without a change
}

// Down is one downward message with whatever is not nil.
type Down struct {
	Receipt     *Receipt
	Settings    *Settings
	Certificate []byte // X.509 (DER), at most MaxCertificate bytes
}

// ReaderState is what a gateway knows of one of its readers.
type ReaderState struct {
	Name           string
	Protocol       string
	Health         string // "ok", or what is wrong
	Origin         uint64 // 0: a reader without memory
	Firmware       string
	BatteryPercent uint32 // 0: mains, or unknown
	Stored         uint32
	LastContact    int64 // Unix ms
	Signal         int32 // dBm; 0: a wire, or unknown
}

// State is the retained message of a gateway.
type State struct {
	Online   bool
	Software string
	Readers  []ReaderState
	Unsent   uint64
	Damaged  uint64
	Clock    string // disciplined | server | undisciplined

	Settings         uint64 // version in use
	KeyVersion       uint32 // newest token key it has
	CertificateUntil int64  // Unix seconds
	MonthBytes       uint64 // sent and received this calendar month (UTC)
	Uptime           uint64 // seconds this program runs
	MachineUptime    uint64 // seconds since the machine got power
	Connections      uint32 // made since the program started
	Lost             string // why the last connection ended
	Signal           int32  // dBm of the mobile modem; 0: unknown
}
