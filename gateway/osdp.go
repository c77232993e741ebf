package gateway

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"tikklok/gateway/reader"
	"tikklok/gateway/wire"
)

const (
	osdpTick     = 10 * time.Millisecond // a reader is polled each 25 ms
	osdpKeptEach = 10 * time.Second
	osdpLately   = time.Minute // a tap that may be told again by its reader
)

// osdpMemory is what a port with OSDP readers leaves to the next process, in
// two files beside the journal: keys, which are durable before a reader is told
// one, and when each reader last had no tap to give, which may get lost.
type osdpMemory struct {
	keys, empty string // paths
	written     time.Time
	known       map[byte]reader.OSDPKey
}

// osdpKeyNote is a key as it is kept.
type osdpKeyNote struct {
	Key    string `json:"key"`
	Proven bool   `json:"proven"`
}

// osdpEmptyNote is an instant on two clocks: the first counts within one boot
// of the machine, and nobody sets it.
type osdpEmptyNote struct {
	Boot     string `json:"boot"`
	BootTime int64  `json:"boottime"` // ms
	Wall     int64  `json:"wall"`     // Unix ms; 0: nobody vouched for it
}

// newOSDP gives the state machine of an OSDP port, with what the process before
// left behind.
func (p *port) newOSDP() (reader.Protocol, error) {
	options, err := p.options()
	if err != nil {
		return nil, err
	}
	s, err := reader.ParseOSDP(options)
	if err != nil {
		return nil, err
	}
	name := "osdp-" + url.PathEscape(p.name())
	p.osdp = &osdpMemory{keys: filepath.Join(p.agent.cfg.Journal, name+".keys"), empty: filepath.Join(p.agent.cfg.Journal, name+".empty")}
	if p.osdp.known, err = loadOSDPKeys(p.osdp.keys); err != nil {
		return nil, fmt.Errorf("port %s: %w", p.Path, err)
	}
	empty := p.loadEmpty()
	for i := range s.Readers {
		r := &s.Readers[i]
		r.Name = osdpName(p.Port, *r, len(s.Readers))
		if len(r.Name) > wire.MaxText {
			return nil, fmt.Errorf("port %s: name %q is longer than %d bytes", p.Path, r.Name, wire.MaxText)
		}
		if key, ok := p.osdp.known[r.Address]; ok && (r.Key == nil || r.Key.Key == key.Key) {
			r.Key = &key // a key that a person gave anew is not proven
		}
		r.Empty, r.Stored = empty[r.Address], p.storedLately(r.Name, osdpLately)
	}
	s.Baud, s.Random, s.Keep = p.baud(), func(b []byte) { _, _ = rand.Read(b) }, p.osdp.keep // never errs
	return reader.NewOSDP(s), nil
}

// osdpName puts the port's name before the reader's, where there are several,
// so that names differ between ports.
func osdpName(p Port, r reader.OSDPReader, readers int) string {
	switch {
	case r.Name != "":
		return p.name() + "/" + r.Name
	case readers > 1:
		return p.name() + "/" + strconv.Itoa(int(r.Address))
	}
	return p.name()
}

// loadOSDPKeys refuses a file that can't be read: new keys in its place would
// shut out the readers that have the old ones.
func loadOSDPKeys(path string) (map[byte]reader.OSDPKey, error) {
	keys := map[byte]reader.OSDPKey{}
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return keys, nil
	}
	var notes map[byte]osdpKeyNote
	if err == nil {
		err = json.Unmarshal(b, &notes)
	}
	if err != nil {
		return nil, fmt.Errorf("read the readers' keys %s: %w; bring it back from a copy, or remove it and put the readers in installation mode", path, err)
	}
	for address, n := range notes {
		k, err := hex.DecodeString(n.Key)
		if err != nil || len(k) != 16 {
			return nil, fmt.Errorf("read the readers' keys %s: the key of address %d is no key", path, address)
		}
		keys[address] = reader.OSDPKey{Key: [16]byte(k), Proven: n.Proven}
	}
	return keys, nil
}

// keep makes a key durable.
func (m *osdpMemory) keep(address byte, key reader.OSDPKey) error {
	notes := map[byte]osdpKeyNote{address: {hex.EncodeToString(key.Key[:]), key.Proven}}
	for a, k := range m.known {
		if a != address {
			notes[a] = osdpKeyNote{hex.EncodeToString(k.Key[:]), k.Proven}
		}
	}
	b, err := json.Marshal(notes)
	if err != nil {
		return err
	}
	if err := replaceFile(m.keys, b); err != nil {
		return err
	}
	dir, err := os.Open(filepath.Dir(m.keys))
	if err != nil {
		return err
	}
	if err := errors.Join(dir.Sync(), dir.Close()); err != nil {
		return err
	}
	m.known[address] = key
	return nil
}

// loadEmpty gives what is known of when each reader last had no tap, on the
// clock of reader.Moment.
func (p *port) loadEmpty() map[byte]time.Time {
	b, err := os.ReadFile(p.osdp.empty)
	var notes map[byte]osdpEmptyNote
	if err != nil || json.Unmarshal(b, &notes) != nil {
		return nil
	}
	all := map[byte]time.Time{}
	boot, now := p.agent.clock.machine.BootID(), p.agent.clock.now()
	for address, n := range notes {
		ago := now.Instant - n.Wall + int64(now.Bound)
		known := n.Wall != 0 && now.Source != wire.SourceUndisciplined
		if boot != "" && n.Boot == boot {
			ago, known = int64(p.agent.clock.tick())+p.agent.clock.boot-n.BootTime, true
		}
		if known && ago >= 0 {
			all[address] = now.At.Add(-time.Duration(ago) * time.Millisecond)
		}
	}
	return all
}

// keepEmpty writes that down now and then. It is not synced: what gets lost
// makes a tap less certain, never wrong.
func (p *port) keepEmpty(now reader.Moment) {
	o, ok := p.protocol.(*reader.OSDP)
	if !ok || now.At.Sub(p.osdp.written) < osdpKeptEach {
		return
	}
	p.osdp.written = now.At
	notes, boot := map[byte]osdpEmptyNote{}, p.agent.clock.machine.BootID()
	tick := int64(p.agent.clock.tick()) + p.agent.clock.boot
	for address, at := range o.Empty() {
		ago := now.At.Sub(at).Milliseconds() + 1
		n := osdpEmptyNote{Boot: boot, BootTime: tick - ago}
		if now.Source != wire.SourceUndisciplined {
			n.Wall = now.Instant - ago - int64(now.Bound)
		}
		notes[address] = n
	}
	b, err := json.Marshal(notes)
	if err == nil {
		err = os.WriteFile(p.osdp.empty+".new", b, 0o600)
	}
	if err == nil {
		err = os.Rename(p.osdp.empty+".new", p.osdp.empty)
	}
	if err != nil {
		p.log.Debug("note of the last empty poll not kept", "error", err)
	}
}
