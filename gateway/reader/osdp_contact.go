package reader

import (
	"crypto/subtle"
	"encoding/binary"
	"fmt"
)

// osdpHandshake is how far the secure channel of a contact has come.
type osdpHandshake struct {
	keys    []osdpKeyChoice
	key     int  // of keys
	capable bool // the reader says that it has a secure channel
	insists bool // it refuses to be polled without
	told    int  // how often it was told its key, since it last showed it
	pending *osdpSession
	a, b    [8]byte // random numbers: the panel's, the reader's
}

// osdpKeyChoice is a base key to try.
type osdpKeyChoice struct {
	key [16]byte
	own bool // else the default one
}

// secret says that nothing is taken from this reader in the clear.
func (d *osdpDevice) secret() bool { return !d.Clear && d.Key != nil && (d.Given || d.Key.Proven) }

// handshakeFrom chooses the keys to try, and begins with one of them. The
// default key is not tried once the reader has shown its own: somebody who put
// another one in its place would be told the key.
func (d *osdpDevice) handshakeFrom(key int) {
	d.keys, d.key, d.pending = nil, key, nil
	if d.Clear {
		return
	}
	if d.Key != nil {
		d.keys = append(d.keys, osdpKeyChoice{d.Key.Key, true})
	}
	if d.Key == nil || !d.Key.Proven {
		d.keys = append(d.keys, osdpKeyChoice{osdpDefaultKey, false})
	}
}

// answer takes the reply to a command that is not a POLL.
func (d *osdpDevice) answer(now Moment, code byte, f osdpFrame, data []byte) {
	switch code {
	case osdpID:
		d.identify(now, data)
	case osdpCap:
		if f.code == osdpPDCap {
			d.capabilities(data)
		}
		d.shake(now)
	case osdpChlng:
		d.onCcrypt(now, f)
	case osdpScrypt:
		d.onRMAC(now, f)
	case osdpKeyset:
		d.again(now, 0) // with the new key
	case osdpComset:
		d.moved(now, f.code, data)
	}
}

// identify keeps the firmware (7.4): vendor 3, model, version, serial number 4,
// firmware 3. A reader that took a checksum is asked whether it takes a CRC.
func (d *osdpDevice) identify(now Moment, data []byte) {
	if len(data) >= 12 {
		d.firmware = fmt.Sprintf("%d.%d.%d", data[9], data[10], data[11])
	}
	if !d.crc && !d.plain {
		d.crc, d.probing = true, true
		d.restart(now, 0)
		return
	}
	d.probing = false
	d.stage = osdpAble
}

// Functions of a capability report (7.5, annex B): code, compliance, number.
const (
	osdpHasLED    = 4
	osdpHasBuzzer = 5
	osdpHasSecure = 9
)

// capabilities takes note of what the reader has. What it says of its CRC is
// not looked at: readers are known that say they have none and want it.
func (d *osdpDevice) capabilities(data []byte) {
	d.noLED, d.noBuzzer, d.capable = true, true, false
	for ; len(data) >= 3; data = data[3:] {
		has := data[1] != 0 || data[2] != 0
		switch data[0] {
		case osdpHasLED:
			d.noLED = !has
		case osdpHasBuzzer:
			d.noBuzzer = !has
		case osdpHasSecure:
			d.capable = data[1]&1 != 0
		}
	}
}

// shake begins the secure channel where there can be one.
func (d *osdpDevice) shake(now Moment) {
	switch {
	case len(d.keys) == 0, !d.capable && !d.insists && !d.secret():
		d.arrive(now)
	case !d.crc && d.secret():
		d.lost(now, "takes no CRC, without which there is no secure channel")
	case !d.crc:
		d.arrive(now)
	default:
		d.stage = osdpHand
	}
}

// again begins the handshake anew with a key, from sequence 0.
func (d *osdpDevice) again(now Moment, key int) {
	d.handshakeFrom(key)
	d.stage, d.sequence, d.session, d.sent, d.tries, d.due = osdpHand, 0, nil, nil, 0, now.At
	d.doubt()
}

// nextKey tries the next key; after the last it speaks in the clear where that
// is allowed.
func (d *osdpDevice) nextKey(now Moment, why string) {
	if d.key+1 < len(d.keys) {
		d.again(now, d.key+1)
		return
	}
	if d.secret() || d.insists {
		d.attempts++
		d.trouble = why + ": put it in installation mode and give it a key, or give the gateway the key it has"
		if d.Key != nil && d.Key.Proven { // a reader in installation mode too is refused: see handshakeFrom
			d.trouble = why + ": give the gateway the key it has; another reader in the place of the one with that key: " +
				"see \"Replacing an OSDP reader\" (installation mode)"
		}
		d.restart(now, osdpRefused)
		return
	}
	d.warning = "is not encrypted: it " + why
	d.handshakeFrom(0)
	d.sequence, d.session, d.sent = 0, nil, nil
	d.doubt()
	d.arrive(now)
}

// choice is the block data that names the key (D.1).
func (c osdpKeyChoice) choice() byte {
	if c.own {
		return 1
	}
	return 0
}

// challenge sends a random number.
func (d *osdpDevice) challenge() (data, block []byte) {
	d.settings.Random(d.a[:])
	return d.a[:], []byte{osdpSCS11, d.keys[d.key].choice()}
}

// onCcrypt checks that the reader has the key: client id 8, random number 8,
// cryptogram 16.
func (d *osdpDevice) onCcrypt(now Moment, f osdpFrame) {
	k := d.keys[d.key]
	if f.code != osdpCcrypt || len(f.data) != 32 || len(f.block) != 2 || f.block[1] != k.choice() {
		d.nextKey(now, "does not do the handshake")
		return
	}
	d.b = [8]byte(f.data[8:16])
	d.pending = newOSDPSession(k.key, d.a)
	want := d.pending.cryptogram(d.a, d.b)
	if subtle.ConstantTimeCompare(want[:], f.data[16:]) != 1 {
		d.nextKey(now, "has another key")
		return
	}
	d.stage = osdpShake
}

// response shows the reader that the panel has the key.
func (d *osdpDevice) response() (data, block []byte) {
	server := d.pending.cryptogram(d.b, d.a)
	return server[:], []byte{osdpSCS13, d.keys[d.key].choice()}
}

// onRMAC opens the channel.
func (d *osdpDevice) onRMAC(now Moment, f osdpFrame) {
	want := d.pending.begin(d.pending.cryptogram(d.b, d.a))
	good := f.code == osdpRMACI && len(f.block) == 2 && f.block[1] == 1
	if !good || subtle.ConstantTimeCompare(want[:], f.data) != 1 {
		d.nextKey(now, "refuses its key")
		return
	}
	d.session, d.pending = d.pending, nil
	d.warning = ""
	if d.keys[d.key].own {
		d.told = 0
		d.prove()
		d.arrive(now)
		return
	}
	d.provide(now)
}

// prove takes note that the reader has its own key.
func (d *osdpDevice) prove() {
	if d.Key.Proven {
		return
	}
	proven := OSDPKey{Key: d.Key.Key, Proven: true}
	if err := d.settings.Keep(d.Address, proven); err != nil {
		d.warning = "its key could not be marked as in use: make room on the gateway's disk"
		return
	}
	d.Key = &proven
}

// provide gives a reader its own key, which is durable before the reader is
// told it: a reader whose key nobody knows has to be reset by hand.
func (d *osdpDevice) provide(now Moment) {
	if d.told++; d.told > 2 || d.settings.Leave && d.Key == nil {
		d.keepsDefault(now)
		return
	}
	if d.Key == nil {
		made := OSDPKey{}
		d.settings.Random(made.Key[:])
		if err := d.settings.Keep(d.Address, made); err != nil {
			d.warning = "has no key of its own yet, for none could be stored: make room on the gateway's disk"
			d.arrive(now)
			return
		}
		d.Key = &made
	}
	d.stage = osdpProvide
}

// keepsDefault is for a reader that takes no key of its own: its taps are still
// taken, unless a person has given a key.
func (d *osdpDevice) keepsDefault(now Moment) {
	if d.Given {
		d.trouble = "keeps its default key: put it in installation mode"
		d.attempts++
		d.restart(now, osdpRefused)
		return
	}
	d.warning = "keeps its default key: anyone on the line can read it"
	d.arrive(now)
}

func (d *osdpDevice) immovable(now Moment) {
	d.stuck = true
	d.warning = fmt.Sprintf("can't be moved from address %d: set it by hand", d.address)
	d.arrive(now)
}

// arrive is online, or the move to the address where the reader belongs.
func (d *osdpDevice) arrive(now Moment) {
	if d.address != d.Address && !d.stuck {
		d.stage = osdpMove
		return
	}
	d.stage, d.trouble, d.attempts = osdpOnline, "", 0
	d.due = now.At
	d.idle()
}

// comset gives address and speed (6.13).
func (d *osdpDevice) comset() []byte {
	return binary.LittleEndian.AppendUint32([]byte{d.Address}, uint32(d.settings.Baud))
}

// moved follows a reader to its new address. COM tells what it will use, and
// comes from the old one.
func (d *osdpDevice) moved(now Moment, code byte, data []byte) {
	if code != osdpCom || len(data) < 5 || data[0] != d.Address ||
		binary.LittleEndian.Uint32(data[1:]) != uint32(d.settings.Baud) {
		d.immovable(now)
		return
	}
	d.address = d.Address
	d.restart(now, osdpReplyWait)
}
