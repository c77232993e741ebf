package wire

import (
	"fmt"
	"hash/crc32"
	"strings"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
)

//go:generate protoc --go_out=../.. --go_opt=module=tikklok tikklok.proto

// Version is the version of the MQTT messages that this program speaks.
const Version = 1

// What a decoder takes; more is refused. A gateway stays well below: it sends
// at most some hundreds of taps a message.
const (
	MaxMessage    = 1 << 20 // bytes of a payload
	MaxTaps       = 4096    // taps of a batch, all logs together; pairs the same
	MaxLogs       = 1024    // logs of a batch; missing spans the same
	MaxSeq        = 1<<53 - 1
	MaxTick       = 1<<53 - 1 // ms
	MaxInstant    = 1<<53 - 1 // Unix ms, either side of 1970
	MaxKeyVersion = 32767
	MaxText       = 64       // bytes of a reader's name, none of them 0
	MaxBlocked    = 1 << 16  // tokens of blocked fobs
	MaxState      = 64 << 10 // bytes of a State
	MaxReaders    = 256      // readers of a State

	MaxCertificate = 2048 // bytes of a request or a certificate
	MaxSealed      = 4096 // bytes of a sealed KeyRing
	MaxKeys        = 16   // of a KeyRing
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Checksum gives the CRC-32C by which receipts name a batch's payload.
func Checksum(payload []byte) uint32 { return crc32.Checksum(payload, castagnoli) }

// marshal can't fail: strings were made valid by text, and nothing is required
// in proto3.
func marshal(m proto.Message) []byte {
	b, _ := proto.Marshal(m)
	return b
}

// text makes a string one that protobuf accepts.
func text(s string) string { return strings.ToValidUTF8(s, "\uFFFD") }

// unmarshal checks the version and the counts of the outermost message before
// it builds anything, so that small lies can't take much memory.
func unmarshal(what string, b []byte, m proto.Message, bytes int, most map[protowire.Number]int) error {
	if len(b) > bytes {
		return fmt.Errorf("%s: %d bytes, at most %d are taken", what, len(b), bytes)
	}
	version, count, err := outline(b)
	if err != nil {
		return fmt.Errorf("%s: not protobuf: %w", what, err)
	}
	if version != Version {
		return fmt.Errorf("%s: version %d, this program speaks %d", what, version, Version)
	}
	for field, limit := range most {
		if count[field] > limit {
			return fmt.Errorf("%s: field %d stands %d times, at most %d are taken", what, field, count[field], limit)
		}
	}
	if err := (proto.UnmarshalOptions{DiscardUnknown: true}).Unmarshal(b, m); err != nil {
		return fmt.Errorf("%s: not protobuf: %w", what, err)
	}
	return nil
}

// outline gives the version (field 1, last one wins) and how often each of the
// first fields stands in a message.
func outline(b []byte) (version uint64, count [16]int, err error) {
	for len(b) > 0 {
		num, typ, n := protowire.ConsumeTag(b)
		if n < 0 {
			return 0, count, protowire.ParseError(n)
		}
		b = b[n:]
		if num < 16 {
			count[num]++
		}
		if num == 1 && typ == protowire.VarintType {
			version, _ = protowire.ConsumeVarint(b)
		}
		n = protowire.ConsumeFieldValue(num, typ, b)
		if n < 0 {
			return 0, count, protowire.ParseError(n)
		}
		b = b[n:]
	}
	return version, count, nil
}

// checkStream refuses streams that no device has.
func checkStream(origin, epoch uint64) error {
	if origin == 0 || origin > MaxOrigin {
		return fmt.Errorf("origin %d, want 1…%d", origin, MaxOrigin)
	}
	if epoch == 0 {
		return fmt.Errorf("origin %x: epoch 0", origin)
	}
	return nil
}
