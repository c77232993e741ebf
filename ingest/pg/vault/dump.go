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
	r, _, err := k.reader(from)
	return r, err
}

func (k *Keys) reader(from io.Reader) (io.Reader, Fingerprint, error) {
	id := identity{keys: k}
	r, err := age.Decrypt(from, &id)
	switch {
	case errors.Is(err, age.ErrIncorrectIdentity):
		return nil, id.under, fmt.Errorf("it is not sealed under a master key: %w", ErrOtherKey)
	case err != nil:
		return nil, id.under, fmt.Errorf("opening: %w", err)
	}
	return r, id.under, nil
}

// recipient is age.Recipient for the current master key.
type recipient struct{ keys *Keys }

// Wrap seals a dump's own key.
func (r recipient) Wrap(fileKey []byte) ([]*age.Stanza, error) {
	return []*age.Stanza{{Type: stanza, Body: r.keys.seal(fileKey, label("dump", 0, 0, ""))}}, nil
}

// identity is age.Identity for all master keys at hand.
type identity struct {
	keys  *Keys
	under Fingerprint // what the dump turned out to be sealed under
}

// Unwrap opens a dump's own key.
func (i *identity) Unwrap(stanzas []*age.Stanza) (key []byte, err error) {
	for _, s := range stanzas {
		if s.Type != stanza {
			continue
		}
		if i.under, err = under(s.Body); err != nil {
			return nil, err
		}
		return i.keys.open(s.Body, label("dump", 0, 0, ""))
	}
	return nil, age.ErrIncorrectIdentity
}
