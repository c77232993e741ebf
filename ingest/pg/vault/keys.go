package vault

import (
	"bytes"
	"crypto/cipher"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"sync"

	"golang.org/x/crypto/chacha20poly1305"
)

// Fingerprint tells a master key from every other and nothing else of it: 16
// hexadecimal digits.
type Fingerprint string

// fingerprintBytes is the length of a fingerprint before what a master key
// sealed.
const fingerprintBytes = 8

// master is one master key.
type master struct {
	print [fingerprintBytes]byte
	key   []byte
	aead  cipher.AEAD
}

func newMaster(key []byte) (master, error) {
	if len(key) != keyBytes {
		return master{}, fmt.Errorf("a master key has %d bytes, not %d", keyBytes, len(key))
	}
	aead, err := chacha20poly1305.New(key)
	sum := sha256.Sum256(append([]byte("tikklok fingerprint of a master key\x00"), key...))
	return master{[fingerprintBytes]byte(sum[:]), key, aead}, err
}

func (m master) fingerprint() Fingerprint { return Fingerprint(hex.EncodeToString(m.print[:])) }

// Keys are the master keys at hand: the current one, and former ones that
// something still stands under. Safe for use by several goroutines.
type Keys struct {
	mu    sync.RWMutex
	all   []master                 // the current one first
	again func() ([]master, error) // reads them once more: they may have been replaced meanwhile; nil: they can't be
	From  string                   // where they come from, for people
}

// NewKeys takes master keys of 32 bytes each, the current one first.
func NewKeys(keys ...[]byte) (*Keys, error) {
	all, err := masters(keys)
	return &Keys{all: all}, err
}

// Passing gives a master key that nobody keeps: for a database that ends with
// the program.
func Passing() *Keys {
	m, _ := newMaster(newKey()) // its length is right
	return &Keys{all: []master{m}, From: "nowhere"}
}

func masters(keys [][]byte) ([]master, error) {
	var all []master
	for _, key := range keys {
		m, err := newMaster(slices.Clone(key))
		if err != nil {
			return nil, err
		}
		all = append(all, m)
	}
	if len(all) == 0 {
		return nil, ErrNoMaster
	}
	return all, nil
}

// String keeps the keys out of whatever prints them.
func (k *Keys) String() string { return "master keys of " + k.From }

// Fingerprints gives those of all keys, the current one's first.
func (k *Keys) Fingerprints() []Fingerprint {
	k.mu.RLock()
	defer k.mu.RUnlock()
	var out []Fingerprint
	for _, m := range k.all {
		out = append(out, m.fingerprint())
	}
	return out
}

// Current gives the fingerprint of the key that seals.
func (k *Keys) Current() Fingerprint { return k.Fingerprints()[0] }

// Under gives the same keys, of which that of a fingerprint is the current one.
// ErrOtherKey when it is not at hand.
func (k *Keys) Under(f Fingerprint) (*Keys, error) {
	if _, err := k.find(f); err != nil {
		return nil, err
	}
	k.mu.RLock()
	defer k.mu.RUnlock()
	under := &Keys{all: foremost(k.all, f), From: k.From}
	if again := k.again; again != nil {
		under.again = func() ([]master, error) {
			all, err := again()
			return foremost(all, f), err
		}
	}
	return under, nil
}

// foremost puts a key before the others, where it is among them.
func foremost(all []master, f Fingerprint) []master {
	i := slices.IndexFunc(all, func(m master) bool { return m.fingerprint() == f })
	if i < 0 {
		return all
	}
	return slices.Concat(all[i:i+1], all[:i], all[i+1:])
}

// Has says whether a key is at hand.
func (k *Keys) Has(f Fingerprint) bool {
	_, err := k.find(f)
	return err == nil
}

// find gives the key of a fingerprint; one that is unknown may have come while
// this program ran, so that the keys are read once more.
func (k *Keys) find(f Fingerprint) (master, error) {
	for again := false; ; again = true {
		k.mu.RLock()
		i := slices.IndexFunc(k.all, func(m master) bool { return m.fingerprint() == f })
		if i >= 0 {
			defer k.mu.RUnlock()
			return k.all[i], nil
		}
		k.mu.RUnlock()
		if again || k.again == nil {
			return master{}, fmt.Errorf("key %s: %w", f, ErrOtherKey)
		}
		if err := k.Reload(); err != nil {
			return master{}, errors.Join(fmt.Errorf("key %s: %w", f, ErrOtherKey), err)
		}
	}
}

// Reload reads the keys once more.
func (k *Keys) Reload() error {
	if k.again == nil {
		return nil
	}
	all, err := k.again()
	if err != nil {
		return err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.all = all
	return nil
}

// seal closes something under the current key; the key's fingerprint stands
// before it.
func (k *Keys) seal(plain, label []byte) []byte {
	k.mu.RLock()
	defer k.mu.RUnlock()
	return append(slices.Clone(k.all[0].print[:]), seal(k.all[0].aead, plain, label)...)
}

// under gives the key that something was sealed under.
func under(sealed []byte) (Fingerprint, error) {
	if len(sealed) < fingerprintBytes {
		return "", ErrSealed
	}
	return Fingerprint(hex.EncodeToString(sealed[:fingerprintBytes])), nil
}

func (k *Keys) open(sealed, label []byte) ([]byte, error) {
	f, err := under(sealed)
	if err != nil {
		return nil, err
	}
	m, err := k.find(f)
	if err != nil {
		return nil, err
	}
	return unseal(m.aead, sealed[fingerprintBytes:], label)
}

// NewBox makes a data key for a tenant, and gives it sealed.
func (k *Keys) NewBox(tenant int64) (Box, []byte, error) {
	sealed := k.seal(newKey(), label("data key", tenant, 0, ""))
	b, err := k.Box(tenant, sealed)
	return b, sealed, err
}

// Box opens a tenant's data key.
func (k *Keys) Box(tenant int64, sealed []byte) (Box, error) {
	key, err := k.open(sealed, label("data key", tenant, 0, ""))
	if err != nil {
		return Box{}, fmt.Errorf("data key of tenant %d: %w", tenant, err)
	}
	aead, err := chacha20poly1305.New(key)
	return Box{tenant, aead}, err
}

// Renew seals a tenant's data key under the current key, where it is not yet.
func (k *Keys) Renew(tenant int64, sealed []byte) (renewed []byte, changed bool, err error) {
	what := label("data key", tenant, 0, "")
	key, err := k.open(sealed, what)
	if err != nil {
		return nil, false, fmt.Errorf("data key of tenant %d: %w", tenant, err)
	}
	k.mu.RLock()
	same := bytes.HasPrefix(sealed, k.all[0].print[:])
	k.mu.RUnlock()
	if same {
		return sealed, false, nil
	}
	return k.seal(key, what), true, nil
}
