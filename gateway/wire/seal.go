package wire

import (
	"crypto/ecdsa"
	"crypto/hpke"
	"fmt"
	"slices"

	"google.golang.org/protobuf/proto"

	"tikklok/gateway/wire/internal/pb"
)

// KeyRing holds the tenant's token keys that a gateway may need (I7): the
// current one makes the tokens of taps, the others their twins.
type KeyRing struct {
	Current uint32
	Keys    []TokenKey // 1…MaxKeys, the current one among them
}

// Key gives the key of a version.
func (r KeyRing) Key(version uint32) (TokenKey, bool) {
	at := slices.IndexFunc(r.Keys, func(k TokenKey) bool { return k.Version == version })
	if at < 0 {
		return TokenKey{}, false
	}
	return r.Keys[at], true
}

// sealInfo keeps what is sealed from being opened as something else.
const sealInfo = "tikklok/v1 key ring"

// SealKeys closes a ring for the gateway whose certificate has this public key
// (P-256), so that no broker on the way can read it: RFC 9180 with
// DHKEM(P-256, HKDF-SHA256), HKDF-SHA256 and AES-128-GCM.
func SealKeys(to *ecdsa.PublicKey, r KeyRing) ([]byte, error) {
	m := &pb.KeyRing{Current: r.Current}
	for _, k := range r.Keys {
		m.Keys = append(m.Keys, &pb.Key{Version: k.Version, Secret: k.Secret})
	}
	public, err := to.ECDH()
	if err != nil {
		return nil, fmt.Errorf("seal keys: %w", err)
	}
	key, err := hpke.NewDHKEMPublicKey(public)
	if err != nil {
		return nil, fmt.Errorf("seal keys: %w", err)
	}
	sealed, err := hpke.Seal(key, hpke.HKDFSHA256(), hpke.AES128GCM(), []byte(sealInfo), marshal(m))
	if err != nil {
		return nil, fmt.Errorf("seal keys: %w", err)
	}
	return sealed, nil
}

// OpenKeys opens what SealKeys closed. An error says that it was sealed to
// another key, changed on the way, or holds no usable ring.
func OpenKeys(own *ecdsa.PrivateKey, sealed []byte) (KeyRing, error) {
	private, err := own.ECDH()
	if err != nil {
		return KeyRing{}, fmt.Errorf("open keys: %w", err)
	}
	key, err := hpke.NewDHKEMPrivateKey(private)
	if err != nil {
		return KeyRing{}, fmt.Errorf("open keys: %w", err)
	}
	plain, err := hpke.Open(key, hpke.HKDFSHA256(), hpke.AES128GCM(), []byte(sealInfo), sealed)
	if err != nil {
		return KeyRing{}, fmt.Errorf("open keys: %w", err)
	}
	return decodeKeyRing(plain)
}

func decodeKeyRing(plain []byte) (KeyRing, error) {
	m := &pb.KeyRing{}
	if err := proto.Unmarshal(plain, m); err != nil {
		return KeyRing{}, fmt.Errorf("open keys: not protobuf: %w", err)
	}
	r := KeyRing{Current: m.Current}
	if len(m.Keys) > MaxKeys {
		return KeyRing{}, fmt.Errorf("open keys: %d keys, at most %d are taken", len(m.Keys), MaxKeys)
	}
	for _, k := range m.Keys {
		if k.Version == 0 || k.Version > MaxKeyVersion || len(k.Secret) != 32 {
			return KeyRing{}, fmt.Errorf("open keys: version %d with %d bytes, want 1…%d with 32", k.Version, len(k.Secret), MaxKeyVersion)
		}
		r.Keys = append(r.Keys, TokenKey{Version: k.Version, Secret: k.Secret})
	}
	if _, ok := r.Key(r.Current); !ok {
		return KeyRing{}, fmt.Errorf("open keys: the current version %d is not among them", r.Current)
	}
	return r, nil
}
