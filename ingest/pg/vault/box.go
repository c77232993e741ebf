package vault

import (
	"crypto/cipher"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"time"

	"golang.org/x/crypto/chacha20poly1305"
)

// sealedKey is the length of a key that is sealed: version, nonce, key, tag.
const sealedKey = 1 + chacha20poly1305.NonceSize + keyBytes + chacha20poly1305.Overhead

// Box opens and seals what one tenant keeps closed. The zero Box has no key:
// it opens what was never sealed, and nothing else.
type Box struct {
	tenant int64
	aead   cipher.AEAD
}

// Forms in which a store reads what may be sealed: the first byte of what
// Shown expressions give.
const (
	formPlain  = 0 // the rest is the text
	formPerson = 1 // name, employee, that person's sealed key, what it seals
	formSecret = 2 // name, row, what the tenant's key seals
)

// PersonForm begins what an expression of a store gives of a person's sealed
// column, as an SQL literal; the employee's id (int8send), the sealed key and
// the sealed column come after it.
func PersonForm(column string) string { return form(formPerson, column) }

// SecretForm begins what an expression gives of a tenant's secret; the row's
// number (int8send) and the sealed secret come after it.
func SecretForm(name string) string { return form(formSecret, name) }

// PlainForm begins what an expression gives of what was not sealed yet.
func PlainForm() string { return `'\x00'::bytea` }

func form(kind byte, name string) string {
	return `'\x` + hex.EncodeToString(append([]byte{kind, byte(len(name))}, name...)) + `'::bytea`
}

// Open gives what a store read, "" of nothing. ErrSealed when it was altered or
// moved, ErrNoMaster when the box has no key.
func (b Box) Open(shown []byte) (string, error) {
	if len(shown) == 0 {
		return "", nil
	}
	if shown[0] == formPlain {
		return string(shown[1:]), nil
	}
	name, row, sealed, err := split(shown)
	if err != nil {
		return "", err
	}
	if b.aead == nil {
		return "", fmt.Errorf("%s: %w", name, ErrNoMaster)
	}
	var plain []byte
	switch shown[0] {
	case formSecret:
		plain, err = unseal(b.aead, sealed, label("secret", b.tenant, row, name))
	default:
		var p Person
		if p, err = b.Person(row, sealed[:min(sealedKey, len(sealed))]); err == nil {
			plain, err = unseal(p.aead, sealed[sealedKey:], label("field", b.tenant, row, name))
		}
	}
	if err != nil {
		return "", fmt.Errorf("%s of %d: %w", name, row, err)
	}
	return string(plain), nil
}

// split takes apart what PersonForm and SecretForm begin.
func split(shown []byte) (name string, row int64, sealed []byte, err error) {
	if kind := shown[0]; kind != formPerson && kind != formSecret || len(shown) < 2 || len(shown) < 2+int(shown[1])+8 {
		return "", 0, nil, ErrSealed
	}
	name, sealed = string(shown[2:2+shown[1]]), shown[2+shown[1]:]
	return name, int64(binary.BigEndian.Uint64(sealed)), sealed[8:], nil
}

// SealSecret closes a secret of the tenant's, to be read as SecretForm says.
func (b Box) SealSecret(name string, row int64, plain []byte) []byte {
	return seal(b.aead, plain, label("secret", b.tenant, row, name))
}

// Person is the key of one person.
type Person struct {
	tenant, employee int64
	aead             cipher.AEAD
}

// NewPerson makes a key for a person, and gives it sealed.
func (b Box) NewPerson(employee int64) (Person, []byte, error) {
	sealed := seal(b.aead, newKey(), label("person key", b.tenant, employee, ""))
	p, err := b.Person(employee, sealed)
	return p, sealed, err
}

// Person opens a person's key.
func (b Box) Person(employee int64, sealed []byte) (Person, error) {
	if b.aead == nil {
		return Person{}, ErrNoMaster
	}
	key, err := unseal(b.aead, sealed, label("person key", b.tenant, employee, ""))
	if err != nil {
		return Person{}, fmt.Errorf("key of person %d: %w", employee, err)
	}
	aead, err := chacha20poly1305.New(key)
	return Person{b.tenant, employee, aead}, err
}

// Seal closes what a column keeps of the person; nothing stays nothing.
func (p Person) Seal(column, plain string) []byte {
	if plain == "" {
		return nil
	}
	return seal(p.aead, []byte(plain), label("field", p.tenant, p.employee, column))
}

// target is where a store scans a shown column into: what it holds is opened
// on the way.
type target struct {
	box Box
	put func(string) error
}

// ScanBytes is pgtype.BytesScanner.
func (t target) ScanBytes(shown []byte) error {
	plain, err := t.box.Open(shown)
	if err != nil {
		return err
	}
	return t.put(plain)
}

// Scanner takes a shown column in a row's Scan.
type Scanner interface{ ScanBytes(shown []byte) error }

// Text scans into a text.
func (b Box) Text(to *string) Scanner {
	return target{b, func(s string) error { *to = s; return nil }}
}

// Bytes scans into bytes of their own.
func (b Box) Bytes(to *[]byte) Scanner {
	return target{b, func(s string) error { *to = []byte(s); return nil }}
}

// Day scans into a day, midnight UTC; nil: none.
func (b Box) Day(to **time.Time) Scanner {
	return target{b, func(s string) error {
		if *to = nil; s == "" {
			return nil
		}
		day, err := time.Parse(time.DateOnly, s)
		if err != nil {
			return ErrSealed
		}
		*to = &day
		return nil
	}}
}
