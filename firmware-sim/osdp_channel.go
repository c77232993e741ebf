package sim

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
)

// osdpChannel is the reader's side of a secure channel (SIA OSDP v2.2, annex D).
type osdpChannel struct {
	open                   bool
	byDefault              bool
	panel, own             []byte // random numbers
	enc, mac1, mac2        cipher.Block
	lastCommand, lastReply []byte // whole MACs
}

// ecb encrypts one block.
func ecb(key cipher.Block, b []byte) []byte {
	out := make([]byte, 16)
	key.Encrypt(out, b)
	return out
}

func aesKey(b []byte) cipher.Block {
	key, _ := aes.NewCipher(b) // errs for other lengths only
	return key
}

// challenged answers CHLNG with CCRYPT. Asked with a key that it lacks, it
// says so.
func (r *OSDP) challenged(a osdpAsk) []byte {
	base := []byte("0123456789:;<=>?") // SCBK-D
	byDefault := len(a.block) == 2 && a.block[1] == 0
	switch {
	case len(a.data) != 8 || len(a.block) != 2, byDefault != (r.key == nil):
		return r.frame(a, nil, 0x41, []byte{6})
	case !byDefault:
		base = r.key[:]
	}
	c := &r.channel
	*c = osdpChannel{byDefault: byDefault, panel: bytes.Clone(a.data), own: make([]byte, 8)}
	for i := range c.own {
		c.own[i] = byte(r.random.Uint32())
	}
	derive := func(kind ...byte) cipher.Block {
		return aesKey(ecb(aesKey(base), append(append(kind, c.panel[:6]...), make([]byte, 8)...)))
	}
	c.enc, c.mac1, c.mac2 = derive(1, 0x82), derive(1, 1), derive(1, 2)
	proof := ecb(c.enc, append(bytes.Clone(c.panel), c.own...))
	id := []byte{0xCA, 0x44, 0x6C, 1, 4, 3, 2, 1}
	return r.frame(a, []byte{0x12, a.block[1]}, 0x76, append(append(id, c.own...), proof...))
}

// cryptogram answers SCRYPT with RMAC_I when the panel has the key.
func (r *OSDP) cryptogram(a osdpAsk) []byte {
	c := &r.channel
	if c.enc == nil || !bytes.Equal(a.data, ecb(c.enc, append(bytes.Clone(c.own), c.panel...))) {
		return r.frame(a, nil, 0x41, []byte{6})
	}
	c.lastReply = ecb(c.mac2, ecb(c.mac1, a.data))
	c.open = true
	return r.frame(a, []byte{0x14, 1}, 0x78, c.lastReply)
}

// mac gives the MAC of a message, begun with the other side's last one.
func (c *osdpChannel) mac(begin, message []byte) []byte {
	message = bytes.Clone(message)
	if len(message)%16 != 0 {
		message = append(message, 0x80)
	}
	for len(message)%16 != 0 {
		message = append(message, 0)
	}
	chain, end := begin, len(message)-16
	if end > 0 {
		cipher.NewCBCEncrypter(c.mac1, chain).CryptBlocks(message[:end], message[:end])
		chain = message[end-16 : end]
	}
	last := make([]byte, 16)
	cipher.NewCBCEncrypter(c.mac2, chain).CryptBlocks(last, message[end:])
	return last
}

// unseal checks a command and gives its data.
func (c *osdpChannel) unseal(b []byte, a osdpAsk) ([]byte, bool) {
	tail := 1
	if a.crc {
		tail = 2
	}
	signed, sent := b[:len(b)-tail-4], b[len(b)-tail-4:len(b)-tail]
	mac := c.mac(c.lastReply, signed)
	if !bytes.Equal(mac[:4], sent) {
		return nil, false
	}
	c.lastCommand = mac
	if a.block[0] == 0x15 {
		return nil, len(a.data) == 0
	}
	if len(a.data) == 0 || len(a.data)%16 != 0 {
		return nil, false
	}
	clear := make([]byte, len(a.data))
	cipher.NewCBCDecrypter(c.enc, complement(c.lastReply)).CryptBlocks(clear, a.data)
	end := bytes.LastIndexByte(clear, 0x80)
	if end < 0 {
		return nil, false
	}
	return clear[:end], true
}

func (c *osdpChannel) encrypt(data []byte) []byte {
	out := append(bytes.Clone(data), 0x80)
	for len(out)%16 != 0 {
		out = append(out, 0)
	}
	cipher.NewCBCEncrypter(c.enc, complement(c.lastCommand)).CryptBlocks(out, out)
	return out
}

func (c *osdpChannel) seal(message []byte) []byte {
	c.lastReply = c.mac(c.lastCommand, message)
	return c.lastReply[:4]
}

func complement(b []byte) []byte {
	out := make([]byte, len(b))
	for i := range b {
		out[i] = ^b[i]
	}
	return out
}
