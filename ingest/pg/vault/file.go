package vault

import (
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"tikklok/ingest/durable"
)

// Place is where the master key is kept: in the environment, or in a file that
// nobody but its owner may read.
type Place struct {
	Value string // of TIKKLOK_MASTER_KEY: the current key and, after commas, former ones; "": a file has them
	File  string // lines likewise
}

// Load reads the keys; fs.ErrNotExist where there is no file.
func (p Place) Load() (*Keys, error) {
	all, err := p.read()
	if err != nil {
		return nil, err
	}
	k := &Keys{all: all, From: "TIKKLOK_MASTER_KEY"}
	if p.Value == "" {
		k.From, k.again = p.File, p.read
	}
	return k, nil
}

// Make writes a new key into the file, where there is none: of two that do so
// at once the first one's stays.
func (p Place) Make() error {
	err := p.write([][]byte{newKey()}, durable.Create)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	return err
}

// Add puts a new key before those of the file, so that it is the current one.
func (p Place) Add() error {
	if p.Value != "" {
		return errors.New("the master key comes from TIKKLOK_MASTER_KEY: make a new one (openssl rand -base64 32), set it before the old one on every server, with a comma between them, start them again, and run this once more")
	}
	return p.change(func(all []master) []master {
		return append([]master{{key: newKey()}}, all...)
	})
}

// Forget takes keys out of the file that nothing stands under any more; the
// current one stays. It gives how many went.
func (p Place) Forget(needed func(Fingerprint) bool) (gone int, err error) {
	if p.Value != "" {
		return 0, nil
	}
	err = p.change(func(all []master) []master {
		kept := all[:1:1]
		for _, m := range all[1:] {
			if needed(m.fingerprint()) {
				kept = append(kept, m)
			}
		}
		gone = len(all) - len(kept)
		return kept
	})
	return gone, err
}

// change rewrites the file, alone.
func (p Place) change(to func([]master) []master) error {
	lock, err := os.OpenFile(p.File+".lock", os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return fmt.Errorf("master key: %w", err)
	}
	defer lock.Close() // lets go of the lock
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		return fmt.Errorf("master key: %w", err)
	}
	all, err := p.read()
	if err != nil {
		return err
	}
	now := to(all)
	if len(now) == len(all) {
		return nil
	}
	var keys [][]byte
	for _, m := range now {
		keys = append(keys, m.key)
	}
	return p.write(keys, durable.Write)
}

func (p Place) read() ([]master, error) {
	text := []byte(p.Value)
	if p.Value == "" {
		if err := closed(p.File); err != nil {
			return nil, err
		}
		var err error
		if text, err = os.ReadFile(p.File); err != nil {
			return nil, fmt.Errorf("master key: %w", err)
		}
	}
	keys, err := Parse(string(text))
	if err != nil {
		return nil, fmt.Errorf("master key of %s: %w", p.name(), err)
	}
	return masters(keys)
}

func (p Place) name() string {
	if p.Value != "" {
		return "TIKKLOK_MASTER_KEY"
	}
	return p.File
}

// closed refuses a file that others than its owner may read or write.
func closed(file string) error {
	at, err := os.Stat(file)
	if err != nil {
		return fmt.Errorf("master key: %w", err)
	}
	if open := at.Mode().Perm() & 0o077; open != 0 {
		return fmt.Errorf("master key: %s may be used by others than its owner (mode %04o): run chmod 600 %s, and if somebody could have read it tikklok key rotate after that", file, at.Mode().Perm(), file)
	}
	return nil
}

// Parse reads master keys, the current one first: 32 bytes each in base64 or
// hexadecimal, apart by commas or lines; lines with # are remarks.
func Parse(text string) (keys [][]byte, err error) {
	for line := range strings.Lines(text) {
		line, _, _ = strings.Cut(line, "#")
		for _, word := range strings.FieldsFunc(line, func(r rune) bool { return r == ',' || r == ' ' || r == '\t' || r == '\r' || r == '\n' }) {
			key, ok := decode(word)
			if !ok {
				return nil, fmt.Errorf("key %d is not 32 bytes in base64 or hexadecimal; bring it back from its backup, or make one with: openssl rand -base64 32", len(keys)+1)
			}
			keys = append(keys, key)
		}
	}
	if len(keys) == 0 {
		return nil, errors.New("it is empty; bring it back from its backup")
	}
	return keys, nil
}

func decode(word string) ([]byte, bool) {
	if key, err := hex.DecodeString(word); err == nil && len(key) == keyBytes {
		return key, true
	}
	word = strings.NewReplacer("-", "+", "_", "/").Replace(strings.TrimRight(word, "="))
	key, err := base64.RawStdEncoding.DecodeString(word)
	return key, err == nil && len(key) == keyBytes
}

const remark = "# The master key of tikklok: without it names, keys and dumps that are sealed under it\n" +
	"# can't be opened any more. Keep a copy apart from the database's backups.\n"

// write puts the file in place.
func (p Place) write(keys [][]byte, put func(path string, content []byte, mode fs.FileMode) error) error {
	if err := os.MkdirAll(filepath.Dir(p.File), 0o755); err != nil {
		return fmt.Errorf("master key: %w", err)
	}
	text := remark
	for _, key := range keys {
		text += base64.StdEncoding.EncodeToString(key) + "\n"
	}
	if err := put(p.File, []byte(text), 0o600); err != nil {
		return fmt.Errorf("master key: %w", err)
	}
	return nil
}
