package sim

import (
	"bytes"

	"tikklok/gateway/wire"
)

// osdpAsk is a command, taken apart.
type osdpAsk struct {
	address, sequence byte
	crc               bool
	block             []byte // type and data; nil: none
	code              byte
	data              []byte
}

// takeApart reads a command that is whole and intact. It says false when the
// security block or the MAC does not fit.
func takeApart(b []byte) (a osdpAsk, ok bool) {
	a = osdpAsk{address: b[1], sequence: b[4] & 3, crc: b[4]&4 != 0}
	body := b[5 : len(b)-1]
	if a.crc {
		body = b[5 : len(b)-2]
	}
	if b[4]&8 != 0 {
		if len(body) < 2 || int(body[0]) < 2 || int(body[0]) > len(body) {
			return a, false
		}
		a.block, body = body[1:body[0]], body[body[0]:]
		if a.block[0] >= 0x15 {
			if len(body) < 5 {
				return a, false
			}
			body = body[:len(body)-4]
		}
	}
	if len(body) == 0 {
		return a, false
	}
	a.code, a.data = body[0], body[1:]
	return a, true
}

// hear gives the reply to a command; nil: it says nothing.
func (r *OSDP) hear(b []byte) ([]byte, OSDPFaults) {
	r.mu.Lock()
	defer r.mu.Unlock()
	a, ok := takeApart(b)
	if !ok || a.address != r.address && a.address != 0x7F || r.config.Plain && a.crc {
		return nil, r.faults
	}
	if r.config.PollFirst && !r.polled && a.code != 0x60 {
		return nil, r.faults
	}
	r.polled = true
	if r.faults.Busy > 0 && r.random.Float64() < r.faults.Busy {
		busy := a
		busy.sequence = 0
		return r.frame(busy, nil, 0x79, nil), r.faults
	}
	if a.sequence != 0 && a.sequence == r.sequence && bytes.Equal(b, r.command) {
		return r.reply, r.faults // the panel did not hear it
	}
	if a.sequence != 0 && a.sequence != r.sequence%3+1 {
		return r.frame(a, nil, 0x41, []byte{4}), r.faults
	}
	r.reply = r.fresh(a, b)
	r.sequence, r.command = a.sequence, b
	if r.moved != nil {
		r.address, r.moved = *r.moved, nil
	}
	return r.reply, r.faults
}

// fresh carries out a command that was not heard before.
func (r *OSDP) fresh(a osdpAsk, b []byte) []byte {
	switch {
	case a.sequence != 0:
		r.taken()
	case r.config.Forgetful:
		r.taken()
	}
	r.told = false
	if a.sequence == 0 {
		r.channel.open = false
	}
	if !r.channel.open {
		r.heard(a, a.data)
		return r.inTheClear(a)
	}
	if a.block == nil || a.block[0] != 0x15 && a.block[0] != 0x17 {
		r.channel.open = false
		return r.frame(a, nil, 0x41, []byte{6})
	}
	data, ok := r.channel.unseal(b, a)
	if !ok {
		r.channel.open = false
		return r.frame(a, nil, 0x41, []byte{6})
	}
	r.heard(a, data)
	code, reply := r.do(a.code, data, true)
	block := []byte{0x16}
	if len(reply) > 0 {
		block = []byte{0x18}
	}
	return r.frame(a, block, code, reply)
}

func (r *OSDP) heard(a osdpAsk, data []byte) {
	if words := a.words(data); words != "" && r.config.Heard != nil {
		r.config.Heard(words)
	}
}

// taken drops the card that the panel has now.
func (r *OSDP) taken() {
	if r.told {
		r.cards = r.cards[1:]
	}
}

func (r *OSDP) inTheClear(a osdpAsk) []byte {
	switch {
	case a.block != nil && (r.config.Plain || a.block[0] != 0x11 && a.block[0] != 0x13):
		return r.frame(a, nil, 0x41, []byte{4}) // as a reader does that was switched off and on
	case a.block != nil && a.block[0] == 0x11 && a.code == 0x76:
		return r.challenged(a)
	case a.block != nil && a.block[0] == 0x13 && a.code == 0x77:
		return r.cryptogram(a)
	case r.config.Enforce && a.code != 0x61 && a.code != 0x62:
		return r.frame(a, nil, 0x41, []byte{6})
	}
	code, reply := r.do(a.code, a.data, false)
	return r.frame(a, nil, code, reply)
}

// do carries out a command.
func (r *OSDP) do(code byte, data []byte, secured bool) (byte, []byte) {
	switch {
	case code == 0x60:
		return r.poll()
	case code == 0x61:
		return 0x45, []byte{0xCA, 0x44, 0x6C, 1, 2, 4, 3, 2, 1, 1, 7, 15}
	case code == 0x62:
		return 0x46, r.capabilities()
	case code == 0x69 && len(data) == 14:
		r.light(data)
		return 0x40, nil
	case code == 0x6A && len(data) == 5:
		return 0x40, nil
	case code == 0x6E && len(data) == 5 && !r.config.Fixed:
		address := data[0]
		r.moved = &address
		return 0x54, data
	case code == 0x75 && len(data) == 18 && secured && !r.config.Fixed:
		if data[0] != 1 || data[1] != 16 {
			return 0x41, []byte{9}
		}
		key := [16]byte(data[2:])
		r.key = &key
		return 0x40, nil
	case code == 0x75:
		return 0x41, []byte{6}
	}
	return 0x41, []byte{3}
}

func (r *OSDP) poll() (byte, []byte) {
	if len(r.cards) == 0 {
		return 0x40, nil
	}
	r.told = true
	if card := r.cards[0]; card[0] == 0xFF {
		return 0x53, card[1:]
	}
	return 0x50, r.cards[0]
}

// capabilities: a card reader with LED and buzzer. It does not own up to its CRC.
func (r *OSDP) capabilities() []byte {
	secure := byte(1)
	if r.config.Plain {
		secure = 0
	}
	return []byte{3, 1, 0, 4, 4, 1, 5, 2, 1, 8, 0, 0, 9, secure, secure}
}

// light shows a temporary colour.
func (r *OSDP) light(data []byte) {
	if r.config.Shown == nil || data[2] != 2 {
		return
	}
	switch data[5] {
	case 1:
		r.config.Shown(wire.Red)
	case 2:
		r.config.Shown(wire.Green)
	case 3:
		r.config.Shown(wire.Amber)
	}
}

// frame writes a reply, secured when the block says so.
func (r *OSDP) frame(a osdpAsk, block []byte, code byte, data []byte) []byte {
	control := a.sequence
	if a.crc {
		control |= 4
	}
	head := []byte{0x53, r.address | 0x80, 0, 0, control}
	if block != nil {
		head[4] |= 8
		head = append(head, byte(len(block)+1))
		head = append(head, block...)
	}
	macs := block != nil && block[0] >= 0x15
	if macs && len(data) > 0 {
		data = r.channel.encrypt(data)
	}
	out := append(append(head, code), data...)
	length := len(out) + 1
	if a.crc {
		length++
	}
	if macs {
		length += 4
	}
	out[2], out[3] = byte(length), byte(length>>8)
	if macs {
		out = append(out, r.channel.seal(out)...)
	}
	if !a.crc {
		var sum byte
		for _, b := range out {
			sum += b
		}
		return append(out, -sum)
	}
	crc := crcOSDP(out)
	return append(out, byte(crc), byte(crc>>8))
}

func intactOSDP(b []byte) bool {
	if b[4]&4 == 0 {
		var sum byte
		for _, c := range b {
			sum += c
		}
		return sum == 0
	}
	end := len(b) - 2
	return crcOSDP(b[:end]) == uint16(b[end])|uint16(b[end+1])<<8
}

// crcOSDP works nibble by nibble through x^16+x^12+x^5+1.
func crcOSDP(b []byte) uint16 {
	crc := uint16(0x1D0F)
	for _, c := range b {
		x := byte(crc>>8) ^ c
		x ^= x >> 4
		crc = crc<<8 ^ uint16(x)<<12 ^ uint16(x)<<5 ^ uint16(x)
	}
	return crc
}
