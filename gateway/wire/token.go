package wire

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
)

// Technology is how a fob speaks; the same number in two technologies is two fobs.
type Technology uint8

// The technologies. Numbers are part of every token: never renumber.
const (
	TechnologyEM4100   Technology = 1 // 125 kHz, 40 bits
	TechnologyMIFARE   Technology = 2 // 13.56 MHz, ISO 14443 A, 4, 7 or 10 bytes
	TechnologyWiegand  Technology = 3 // as a panel or line reader gives it
	TechnologyExternal Technology = 4 // whatever a line reader types
)

// Fob is a fob's number as a reader read it. It is personal data in the clear:
// it leaves the gateway only as a Token, and is never stored or logged (I7).
type Fob struct {
	Technology Technology
	Bits       uint16 // length of the value
	Value      []byte // big-endian, left-padded to whole bytes
}

// String keeps a fob's number out of every log.
func (Fob) String() string { return "fob(hidden)" }

// TokenKey makes tokens; one a tenant and version.
type TokenKey struct {
	Version uint32 `json:"version"` // 1…32767
	Secret  []byte `json:"secret"`  // 32 bytes
}

// Token gives HMAC-SHA-256 over technology (1 byte), bit length (2, little-
// endian) and value, cut to 8 bytes (I7).
func (k TokenKey) Token(f Fob) Token {
	mac := hmac.New(sha256.New, k.Secret)
	head := []byte{byte(f.Technology), 0, 0}
	binary.LittleEndian.PutUint16(head[1:], f.Bits)
	mac.Write(head)
	mac.Write(f.Value)
	return Token(mac.Sum(nil)[:8])
}

// Owner identifies the tenant towards readers with memory, so that one that
// changed hands without being wiped is refused (I1). It tells nothing else.
func (k TokenKey) Owner() uint64 {
	mac := hmac.New(sha256.New, k.Secret)
	mac.Write([]byte("owner"))
	return binary.LittleEndian.Uint64(mac.Sum(nil)) | 1
}

// Enrolment is the file a gateway is started with: its name, its certificate
// and the tenant's token key. Whoever has it can submit taps: mode 0600.
type Enrolment struct {
	Gateway     uint32   `json:"gateway"`      // its id, topic, common name and origin
	Broker      string   `json:"broker"`       // mqtts://host:port
	Certificate string   `json:"certificate"`  // PEM
	Key         string   `json:"key"`          // PEM
	Authority   string   `json:"authority"`    // PEM, who signed the broker's certificate
	Owner       uint64   `json:"owner,string"` // of the tenant: see TokenKey.Owner
	TokenKey    TokenKey `json:"token_key"`
	Renewal     *Renewal `json:"renewal,omitempty"` // nil: none is under way
}

// Renewal is what will replace a gateway's key and certificate; they stay
// until the new ones have made a connection.
type Renewal struct {
	Key         string `json:"key"`                   // PEM
	Certificate string `json:"certificate,omitempty"` // PEM; "": asked for
}
