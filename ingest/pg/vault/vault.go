// Package vault promises that what a tenant keeps closed can be read with the
// master key only, and where it was put only (OB-P14): a master key seals a data
// key for each tenant, that one seals a key for each person and the tenant's own
// secrets, and a person's key seals what is optional about that person. Whoever
// destroys a person's key destroys what it closed.
//
// It is ChaCha20-Poly1305 (RFC 8439) with random nonces: no key seals nearly as
// many values as that allows (2³²), and unlike AES it costs nothing to begin
// with another key, which a list of people does for each. What is sealed is bound
// to its tenant, person and column, so that it opens nowhere else. Dumps are
// sealed in the format of age (https://age-encryption.org/v1).
//
// The package is pure but for the file of the master key: SQL stands in
// ingest/pg and in the rooms.
package vault

import (
	"crypto/cipher"
	"crypto/rand"
	"encoding/binary"
	"errors"

	"golang.org/x/crypto/chacha20poly1305"
)

// What callers branch on. The texts name the remedy.
var (
	ErrNoMaster = errors.New("no master key at hand; bring the key file back from its backup, or set TIKKLOK_MASTER_KEY")
	ErrOtherKey = errors.New("sealed under another master key; bring that key file back from its backup, or set TIKKLOK_MASTER_KEY")
	ErrSealed   = errors.New("does not open: it was altered, or moved from its place")
)

// keyBytes is the length of every key.
const keyBytes = chacha20poly1305.KeySize

// version begins all that is sealed, so that another cipher can follow.
const version = 1

func newKey() []byte {
	key := make([]byte, keyBytes)
	_, _ = rand.Read(key) // never fails
	return key
}

// label binds what is sealed to its place.
func label(what string, tenant, row int64, name string) []byte {
	b := append([]byte("tikklok "), what...)
	b = append(b, 0)
	b = binary.BigEndian.AppendUint64(b, uint64(tenant))
	b = binary.BigEndian.AppendUint64(b, uint64(row))
	return append(b, name...)
}

func seal(aead cipher.AEAD, plain, label []byte) []byte {
	sealed := make([]byte, 1+chacha20poly1305.NonceSize, 1+chacha20poly1305.NonceSize+len(plain)+chacha20poly1305.Overhead)
	sealed[0] = version
	_, _ = rand.Read(sealed[1:]) // never fails
	return aead.Seal(sealed, sealed[1:], plain, label)
}

func unseal(aead cipher.AEAD, sealed, label []byte) ([]byte, error) {
	if len(sealed) < 1+chacha20poly1305.NonceSize || sealed[0] != version {
		return nil, ErrSealed
	}
	plain, err := aead.Open(nil, sealed[1:1+chacha20poly1305.NonceSize], sealed[1+chacha20poly1305.NonceSize:], label)
	if err != nil {
		return nil, ErrSealed
	}
	return plain, nil
}
