package delivery

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"tikklok/ingest/durable"
)

// Seal closes the secrets of channels (AES-256-GCM). Its key stands in a file
// beside the database, not in it: a dump alone opens nobody's server.
type Seal struct{ aead cipher.AEAD }

// OpenSeal reads the key file, or makes it where there is none, with its name
// on disk before it is used. Replicas share the file.
func OpenSeal(file string) (Seal, error) {
	key, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		if err := makeKey(file); err != nil {
			return Seal{}, fmt.Errorf("making the key of delivery channels: %w", err)
		}
		key, err = os.ReadFile(file)
	}
	if err != nil {
		return Seal{}, fmt.Errorf("the key of delivery channels: %w", err)
	}
	if len(key) != 32 {
		return Seal{}, fmt.Errorf("the key of delivery channels: %s has %d bytes, not 32; bring it back from its backup", file, len(key))
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return Seal{}, fmt.Errorf("the key of delivery channels: %w", err)
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return Seal{}, fmt.Errorf("the key of delivery channels: %w", err)
	}
	return Seal{aead}, nil
}

// makeKey writes a key under another name and links it: of two that make one
// at once, the first one's stays.
func makeKey(file string) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	key := make([]byte, 32)
	_, _ = rand.Read(key) // never fails
	if err := durable.Create(file, key, 0o600); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return nil
}

// label binds what is sealed to its place: moved to another tenant's channel
// it does not open.
func label(tenant, destination int64, kind Kind) []byte {
	return fmt.Appendf(nil, "channel %d %d %s", tenant, destination, kind)
}

func (s Seal) close(secrets Secrets, label []byte) ([]byte, error) {
	if s.aead == nil {
		return nil, errors.New("no key to seal the secrets of a channel with")
	}
	plain, err := json.Marshal(secrets)
	if err != nil {
		return nil, fmt.Errorf("sealing secrets: %w", err)
	}
	return s.aead.Seal(nil, nil, plain, label), nil
}

func (s Seal) open(sealed, label []byte) (secrets Secrets, err error) {
	if s.aead == nil {
		return Secrets{}, ErrSealed
	}
	plain, err := s.aead.Open(nil, nil, sealed, label)
	if err != nil {
		return Secrets{}, ErrSealed
	}
	if err := json.Unmarshal(plain, &secrets); err != nil {
		return Secrets{}, ErrSealed
	}
	return secrets, nil
}
