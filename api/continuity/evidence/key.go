package evidence

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"tikklok/ingest/durable"
	"tikklok/ingest/pg/vault"
)

// KeyFile is where the key that signs packs is kept, sealed under the master
// key (mode 0600). It is made when it is first needed; its public half stands
// in it unsealed, so that packs can be verified without the master key.
type KeyFile struct {
	Path string
	Keys *vault.Keys
}

// keyFile is what stands in it.
type keyFile struct {
	Public string            `json:"public"` // hexadecimal
	Master vault.Fingerprint `json:"master"` // the key that the other half is sealed under
	Sealed []byte            `json:"sealed"` // seed
}

// Private gives the key, and seals it anew where the master key was replaced.
func (f KeyFile) Private() (ed25519.PrivateKey, error) {
	k, err := f.read()
	if errors.Is(err, fs.ErrNotExist) {
		return f.make()
	}
	if err != nil {
		return nil, err
	}
	opened, err := f.Keys.Reader(bytes.NewReader(k.Sealed))
	if err != nil {
		return nil, fmt.Errorf("the key of evidence packs, %s: %w", f.Path, err)
	}
	seed, err := io.ReadAll(io.LimitReader(opened, ed25519.SeedSize+1))
	if err != nil || len(seed) != ed25519.SeedSize {
		return nil, fmt.Errorf("the key of evidence packs, %s, is damaged; put it back from a copy, or move it away so that another is made: %w", f.Path, errors.Join(err, ErrInvalid))
	}
	key := ed25519.NewKeyFromSeed(seed)
	if k.Master != f.Keys.Current() {
		return key, f.write(key, durable.Write)
	}
	return key, nil
}

// Public gives the public half; fs.ErrNotExist before the first pack.
func (f KeyFile) Public() (ed25519.PublicKey, error) {
	k, err := f.read()
	if err != nil {
		return nil, err
	}
	key, err := hex.DecodeString(k.Public)
	if err != nil || len(key) != ed25519.PublicKeySize {
		return nil, fmt.Errorf("%w: the public key in %s is damaged", ErrInvalid, f.Path)
	}
	return key, nil
}

// Needs says whether the file can't be opened without a master key.
func (f KeyFile) Needs(m vault.Fingerprint) bool {
	k, err := f.read()
	if err != nil {
		return !errors.Is(err, fs.ErrNotExist) // what can't be read may be under any
	}
	return k.Master == m
}

func (f KeyFile) read() (k keyFile, err error) {
	raw, err := os.ReadFile(f.Path)
	if err != nil {
		return k, fmt.Errorf("the key of evidence packs: %w", err)
	}
	if err := json.Unmarshal(raw, &k); err != nil {
		return k, fmt.Errorf("%w: the key of evidence packs, %s, is damaged: %w", ErrInvalid, f.Path, err)
	}
	return k, nil
}

// make makes a key; where another program was first, that one's counts.
func (f KeyFile) make() (ed25519.PrivateKey, error) {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("making a key for evidence packs: %w", err)
	}
	err = f.write(key, durable.Create)
	if errors.Is(err, fs.ErrExist) {
		return f.Private()
	}
	return key, err
}

func (f KeyFile) write(key ed25519.PrivateKey, to func(string, []byte, fs.FileMode) error) error {
	var sealed bytes.Buffer
	under := f.Keys.Current()
	w, err := f.Keys.Writer(&sealed)
	if err != nil {
		return err
	}
	if _, err := w.Write(key.Seed()); err != nil {
		return fmt.Errorf("sealing the key of evidence packs: %w", err)
	}
	if err := w.Close(); err != nil {
		return fmt.Errorf("sealing the key of evidence packs: %w", err)
	}
	public, _ := key.Public().(ed25519.PublicKey)
	raw, err := json.MarshalIndent(keyFile{hex.EncodeToString(public), under, sealed.Bytes()}, "", " ")
	if err != nil {
		return fmt.Errorf("writing the key of evidence packs: %w", err)
	}
	return to(f.Path, raw, 0o600)
}
