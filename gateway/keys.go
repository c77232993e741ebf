package gateway

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"

	"tikklok/gateway/journal"
	"tikklok/gateway/wire"
)

// stamp is what stands for a fob: its token under the current key, and its
// twins under the others that the ring holds (I7).
type stamp struct {
	version uint32
	token   wire.Token
	twins   []journal.Twin
}

// stamp puts tokens in place of a fob's number. A twin's versions stand in
// their order, so that a fob has one twin a pair of versions, whichever of them
// is current.
func (s *settings) stamp(f wire.Fob) stamp {
	s.mu.RLock()
	defer s.mu.RUnlock()
	current, _ := s.ring.Key(s.ring.Current)
	out := stamp{version: current.Version, token: current.Token(f)}
	for _, k := range s.ring.Keys {
		if k.Version == current.Version {
			continue
		}
		t := wire.Twin{OldVersion: current.Version, NewVersion: k.Version, Old: out.token, New: k.Token(f)}
		if t.OldVersion > t.NewVersion {
			t = wire.Twin{OldVersion: t.NewVersion, NewVersion: t.OldVersion, Old: t.New, New: t.Old}
		}
		out.twins = append(out.twins, journal.Twin{Twin: t})
	}
	return out
}

// tokens gives all tokens of the fob.
func (s stamp) tokens() []wire.Token {
	all := []wire.Token{s.token}
	for _, t := range s.twins {
		all = append(all, t.Old, t.New)
	}
	return all
}

// records gives the twins, to stand before their tap.
func (s stamp) records() []journal.Record {
	var all []journal.Record
	for _, t := range s.twins {
		all = append(all, t)
	}
	return all
}

// key gives the key of a version, if the ring has it.
func (s *settings) key(version uint32) (wire.TokenKey, bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.ring.Key(version)
}

// keyVersion gives the newest version in the ring.
func (s *settings) keyVersion() (newest uint32) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	for _, k := range s.ring.Keys {
		newest = max(newest, k.Version)
	}
	return newest
}

// ringFor gives the ring to start with: the one kept, unless the enrolment
// file was made after it.
func ringFor(enrolled wire.TokenKey, kept *wire.KeyRing) *wire.KeyRing {
	if kept == nil {
		return &wire.KeyRing{Current: enrolled.Version, Keys: []wire.TokenKey{enrolled}}
	}
	newest := uint32(0)
	for _, k := range kept.Keys {
		newest = max(newest, k.Version)
		if k.Version == enrolled.Version && !bytes.Equal(k.Secret, enrolled.Secret) {
			return ringFor(enrolled, nil) // a server that was set up anew
		}
	}
	if enrolled.Version <= newest {
		return kept
	}
	keys := append([]wire.TokenKey{enrolled}, kept.Keys...)
	return &wire.KeyRing{Current: enrolled.Version, Keys: keys[:min(len(keys), wire.MaxKeys)]}
}

// checkRing says what is wrong with a ring that was kept.
func checkRing(r wire.KeyRing) error {
	if _, ok := r.Key(r.Current); !ok {
		return errors.New("the current key is not in the ring")
	}
	for _, k := range r.Keys {
		if k.Version == 0 || k.Version > wire.MaxKeyVersion || len(k.Secret) != 32 {
			return fmt.Errorf("key version %d with %d bytes", k.Version, len(k.Secret))
		}
	}
	return nil
}

// openKeys opens a ring that was sealed to one of this gateway's certificates:
// while one is renewed, the server may know either.
func (a *agent) openKeys(sealed []byte) (r wire.KeyRing, err error) {
	for _, own := range a.certificates.keys() {
		var failed error
		if r, failed = wire.OpenKeys(own, sealed); failed == nil {
			return r, nil
		}
		err = errors.Join(err, failed)
	}
	return wire.KeyRing{}, cmp.Or(err, errors.New("open keys: this gateway's certificate has a key of another kind"))
}
