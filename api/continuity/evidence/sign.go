package evidence

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
)

// ErrForged refuses a pack or file that is not as it was signed, or not signed
// by the key that it has to be signed by.
var ErrForged = errors.New("not what was signed")

// Seal is a hash with the signature of it (Ed25519, RFC 8032).
type Seal struct {
	File      string `json:"file,omitempty"` // of a file that stands beside
	SHA256    string `json:"sha256"`         // hexadecimal
	Key       string `json:"key"`            // public; hexadecimal
	Signature string `json:"signature"`      // base64
}

// Signed is a pack as JSON with its seal.
type Signed struct {
	Pack json.RawMessage `json:"pack"`
	Seal
}

// message is what is signed: a hash, and what it is the hash of.
func message(sum []byte) []byte { return append([]byte("tikklok evidence 1\n"), sum...) }

// seal signs content.
func seal(key ed25519.PrivateKey, content []byte) Seal {
	sum := sha256.Sum256(content)
	public, _ := key.Public().(ed25519.PublicKey)
	return Seal{SHA256: hex.EncodeToString(sum[:]), Key: hex.EncodeToString(public), Signature: base64.StdEncoding.EncodeToString(ed25519.Sign(key, message(sum[:])))}
}

// Sign signs a pack.
func Sign(p Pack, key ed25519.PrivateKey) (Signed, error) {
	raw, err := p.bytes()
	if err != nil {
		return Signed{}, err
	}
	return Signed{Pack: raw, Seal: seal(key, raw)}, nil
}

// JSON writes a signed pack so that it can be read; spaces don't count in what
// was signed.
func (s Signed) JSON() ([]byte, error) {
	raw, err := json.MarshalIndent(s, "", " ")
	if err != nil {
		return nil, fmt.Errorf("writing an evidence pack: %w", err)
	}
	return append(raw, '\n'), nil
}

// SignFile gives what stands beside a file: FILE.sig.
func SignFile(name string, content []byte, key ed25519.PrivateKey) ([]byte, error) {
	s := seal(key, content)
	s.File = name
	raw, err := json.MarshalIndent(s, "", " ")
	if err != nil {
		return nil, fmt.Errorf("signing %s: %w", name, err)
	}
	return append(raw, '\n'), nil
}

// Verify reads a signed pack and makes sure of it: ErrForged when it is not as
// it was signed, or signed by another key than known. Without known it says
// only that the pack is of the key that it names.
func Verify(raw []byte, known ed25519.PublicKey) (Pack, Seal, error) {
	var s Signed
	if err := json.Unmarshal(raw, &s); err != nil {
		return Pack{}, Seal{}, fmt.Errorf("%w: not an evidence pack: %w", ErrInvalid, err)
	}
	content, err := compact(s.Pack)
	if err != nil {
		return Pack{}, Seal{}, fmt.Errorf("an evidence pack without its content: %w", err)
	}
	if err := s.check(content, known); err != nil {
		return Pack{}, s.Seal, err
	}
	var p Pack
	if err := json.Unmarshal(content, &p); err != nil {
		return Pack{}, s.Seal, fmt.Errorf("%w: the pack's content: %w", ErrInvalid, err)
	}
	return p, s.Seal, nil
}

// VerifyFile makes sure of a file by what stands beside it, as Verify does.
func VerifyFile(content, sig []byte, known ed25519.PublicKey) (Seal, error) {
	var s Seal
	if err := json.Unmarshal(sig, &s); err != nil {
		return s, fmt.Errorf("%w: not a signature of a file: %w", ErrInvalid, err)
	}
	return s, s.check(content, known)
}

// check holds a seal against content and key.
func (s Seal) check(content []byte, known ed25519.PublicKey) error {
	sum := sha256.Sum256(content)
	key, keyErr := hex.DecodeString(s.Key)
	signature, sigErr := base64.StdEncoding.DecodeString(s.Signature)
	switch {
	case keyErr != nil || sigErr != nil || len(key) != ed25519.PublicKeySize:
		return fmt.Errorf("%w: the key or the signature is damaged", ErrForged)
	case s.SHA256 != hex.EncodeToString(sum[:]):
		return fmt.Errorf("%w: its content hashes to %x, and %s was signed", ErrForged, sum, s.SHA256)
	case known != nil && !bytes.Equal(key, known):
		return fmt.Errorf("%w: it was signed by the key %s, not by %x", ErrForged, s.Key, []byte(known))
	case !ed25519.Verify(key, message(sum[:]), signature):
		return fmt.Errorf("%w: the signature is not one of the key %s", ErrForged, s.Key)
	}
	return nil
}
