package audit

import (
	"crypto/sha256"
	"encoding/binary"
	"time"
)

// How a link was hashed.
const (
	versionWhole  = 1 // over the entry's own columns: before entries were appended unlinked
	versionCommit = 2 // over a commitment to them
)

// content is what an entry says; gone where it was purged.
type content struct {
	there       bool
	at          time.Time
	action      string
	subjectKind string
	subjectID   int64
	by          Actor
	salt        []byte // 16 bytes; none: of versionWhole
	payloadHash [32]byte

	payloadThere bool     // else it was purged
	payloadSum   [32]byte // its hash as it is kept now
	payloadSalt  []byte   // with the payload; where somebody needs it
	payload      []byte
}

// link is one place of the chain with what is still known of its entry.
type link struct {
	seq        int64
	entry      int64
	version    int16
	commitment [32]byte
	hash       [32]byte
	content
}

// body is every column of the entry; each text is preceded by its length, so
// that two different entries never give the same bytes.
func (c *content) body(b []byte) []byte {
	b = binary.BigEndian.AppendUint64(b, uint64(c.at.UnixMicro()))
	b = appendText(b, c.action)
	b = appendText(b, c.subjectKind)
	b = binary.BigEndian.AppendUint64(b, uint64(c.subjectID))
	b = appendText(b, string(c.by.Kind))
	b = binary.BigEndian.AppendUint64(b, uint64(c.by.ID))
	return append(b, c.payloadHash[:]...)
}

func appendText(b []byte, s string) []byte {
	return append(binary.BigEndian.AppendUint32(b, uint32(len(s))), s...)
}

// commit gives the salted hash by which the chain knows the entry.
func (c *content) commit() [32]byte {
	var room [256]byte
	return sha256.Sum256(c.body(append(append(room[:0], "tikklok audit entry 2"...), c.salt...)))
}

// after gives the hash of the link behind previous. A link of versionWhole
// needs its entry.
func (l *link) after(previous [32]byte, chain int64) [32]byte {
	var room [256]byte
	b := room[:0]
	if l.version == versionCommit {
		b = append(b, "tikklok audit link 2"...)
	}
	b = append(b, previous[:]...)
	b = binary.BigEndian.AppendUint64(b, uint64(chain))
	b = binary.BigEndian.AppendUint64(b, uint64(l.seq))
	if l.version == versionCommit {
		return sha256.Sum256(append(b, l.commitment[:]...))
	}
	return sha256.Sum256(l.body(b))
}

// keeps takes the payload that is kept; to keep makes room for what is needed
// later.
func (c *content) keeps(salt, payload []byte, keep func([]byte) []byte) {
	c.payloadThere, c.payloadSum = true, hashPayload(salt, payload)
	if keep != nil {
		c.payloadSalt, c.payload = keep(salt), keep(payload)
	}
}

func hashPayload(salt, payload []byte) [32]byte {
	var room [512]byte
	return sha256.Sum256(append(append(room[:0], salt...), payload...))
}
