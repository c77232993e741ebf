package wire

import (
	"crypto/sha256"
	"encoding/base32"
	"errors"
	"fmt"
	"strings"
)

// Code is what somebody types on a device to make it a gateway: a secret that
// the server knows by its hash, and the beginning of the SHA-256 of the
// authority's certificate, by which the device knows the server before it
// trusts it.
type Code struct {
	Secret [10]byte
	Server [10]byte
}

// codeDigits are Crockford's: without I, L, O and U, which are read as others.
var codeDigits = base32.NewEncoding("0123456789ABCDEFGHJKMNPQRSTVWXYZ").WithPadding(base32.NoPadding)

// codeLength is in digits: 160 bits, and 20 that show a typing error.
const codeLength = 36

// ErrMistyped is what ParseCode returns for text that is no code.
var ErrMistyped = errors.New("the code is mistyped")

// String gives nine groups of four digits.
func (c Code) String() string {
	digits := codeDigits.EncodeToString(c.bytes()) + c.check()
	var groups []string
	for ; digits != ""; digits = digits[4:] {
		groups = append(groups, digits[:4])
	}
	return strings.Join(groups, "-")
}

func (c Code) bytes() []byte { return append(c.Secret[:], c.Server[:]...) }

// check gives four digits that one wrong digit, or two that changed places,
// agree with once in a million times.
func (c Code) check() string {
	sum := sha256.Sum256(append([]byte("tikklok code"), c.bytes()...))
	return codeDigits.EncodeToString(sum[:3])[:4]
}

// Hash is what the server keeps of a code.
func (c Code) Hash() [32]byte { return sha256.Sum256(c.Secret[:]) }

// ServerPrint gives what a code says of the server whose authority has this
// certificate (DER).
func ServerPrint(authority []byte) [10]byte {
	sum := sha256.Sum256(authority)
	return [10]byte(sum[:])
}

// ParseCode reads a code as people type it: in either case, with or without
// the dashes, O for 0, I and L for 1. Its error is ErrMistyped and says how.
func ParseCode(text string) (Code, error) {
	digits := strings.ToUpper(strings.NewReplacer("-", "", " ", "", "o", "0", "O", "0", "i", "1", "I", "1", "l", "1", "L", "1").Replace(text))
	if len(digits) != codeLength {
		return Code{}, fmt.Errorf("%w: it has %d letters and digits, want %d", ErrMistyped, len(digits), codeLength)
	}
	raw, err := codeDigits.DecodeString(digits[:32])
	if err != nil || len(raw) != 20 { // the decoder passes line ends over
		return Code{}, fmt.Errorf("%w: only digits and letters but U stand in it", ErrMistyped)
	}
	c := Code{[10]byte(raw[:10]), [10]byte(raw[10:])}
	if digits[32:] != c.check() {
		return Code{}, fmt.Errorf("%w: compare it group by group", ErrMistyped)
	}
	return c, nil
}
