package main

import (
	"bytes"
	"crypto/ed25519"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"

	"tikklok/api/continuity/evidence"
)

type evidenceVerify struct {
	File string `arg:"" type:"existingfile" help:"A pack as JSON; or a PDF with its .sig beside it."`
	Key  string `placeholder:"HEX" help:"The public key that must have signed; without: the one in the state folder, else any."`
}

// Run verifies, and says whose key it was.
func (c evidenceVerify) Run(p place) error {
	known, err := c.known(p)
	if err != nil {
		return err
	}
	about, seal, err := c.verify(known)
	if err != nil {
		return err
	}
	fmt.Printf("%s: %s, sha256 %s\n", c.File, about, seal.SHA256)
	if known == nil {
		fmt.Printf("signed by the key %s: make sure elsewhere whose that is, or give the key with --key\n", seal.Key)
		return nil
	}
	fmt.Printf("signed by the key %s\n", seal.Key)
	return nil
}

// verify reads the pack, or the file with its signature.
func (c evidenceVerify) verify(known ed25519.PublicKey) (about string, s evidence.Seal, err error) {
	raw, err := readPack(c.File)
	if err != nil {
		return "", s, err
	}
	sig, err := readPack(c.File + ".sig")
	if err == nil {
		s, err = evidence.VerifyFile(raw, sig, known)
		return "a file as it was signed", s, err
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return "", s, err
	}
	if bytes.HasPrefix(raw, []byte("%PDF")) {
		return "", s, fmt.Errorf("%s.sig does not stand beside it: a PDF is verified by that file, which came with it", c.File)
	}
	pack, s, err := evidence.Verify(raw, known)
	return fmt.Sprintf("the pack of %s for %s, made %s: %d met, %d in part, %d missing", pack.Month, pack.Tenant, pack.MadeAt.Format("2006-01-02 15:04"),
		pack.Counts.Met, pack.Counts.Partly, pack.Counts.Missing), s, err
}

// known gives the key that must have signed; nil: none is known.
func (c evidenceVerify) known(p place) (ed25519.PublicKey, error) {
	if c.Key == "" {
		key, err := p.evidenceKey(nil).Public()
		if errors.Is(err, fs.ErrNotExist) {
			return nil, nil
		}
		return key, err
	}
	key, err := hex.DecodeString(c.Key)
	if err != nil || len(key) != ed25519.PublicKeySize {
		return nil, errors.New("--key is not a public key: 64 hexadecimal digits")
	}
	return key, nil
}
