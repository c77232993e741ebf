package vault

import (
	"errors"
	"fmt"
	"io"

	"filippo.io/age"
)

// stanza is what a dump's header calls the master key.
const stanza = "tikklok.master"

// Writer seals what is written to it, in the format of age, under the current
// master key. Close ends it: without that the dump does not open.
func (k *Keys) Writer(to io.Writer) (io.WriteCloser, error) {
	w, err := age.Encrypt(to, recipient{k})
	if err != nil {
		return nil, fmt.Errorf("sealing: %w", err)
	}
	return w, nil
}

// Reader opens what Writer sealed. ErrOtherKey when the master key is not at
// hand; a dump that was altered or cut short gives an error where that begins.
func (k *Keys) Reader(from io.Reader) (io.Reader, error) {
	r, err := age.Decrypt(from, identity{k})
	if errors.Is(err, age.ErrIncorrectIdentity) {
		return nil, ErrOtherKey
	}
	if err != nil {
		return nil, fmt.Errorf("opening: %w", err)
	}
	return r, nil
}

// recipient is age.Recipient for the current master key.
type recipient struct{ keys *Keys }

// Wrap seals a dump's own key.
func (r recipient) Wrap(fileKey []byte) ([]*age.Stanza, error) {
	return []*age.Stanza{{Type: stanza, Body: r.keys.seal(fileKey, label("dump", 0, 0, ""))}}, nil
}

// identity is age.Identity for all master keys at hand.
type identity struct{ keys *Keys }

// Unwrap opens a dump's own key.
func (i identity) Unwrap(stanzas []*age.Stanza) ([]byte, error) {
	for _, s := range stanzas {
		if s.Type == stanza {
			return i.keys.open(s.Body, label("dump", 0, 0, ""))
		}
	}
	return nil, age.ErrIncorrectIdentity
}
