package reader

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/subtle"
)

// The secure channel (SIA OSDP v2.2, annex D): AES-128 throughout. A
// handshake with a secure channel base key (SCBK) and a random number of each
// side gives three keys that hold until either side begins again.

// osdpDefaultKey is SCBK-D, which every reader has until it gets a key of its
// own (D.2). Everyone knows it.
var osdpDefaultKey = [16]byte{
	0x30, 0x31, 0x32, 0x33, 0x34, 0x35, 0x36, 0x37, 0x38, 0x39, 0x3A, 0x3B, 0x3C, 0x3D, 0x3E, 0x3F,
}

// osdpSession is a secure channel, or the handshake for one.
type osdpSession struct {
	enc, mac1, mac2 cipher.Block
	command, reply  [osdpBlock]byte // the last MAC of each side (D.5)
}

// newOSDPSession derives the session's keys from a base key and the first six
// bytes of the panel's random number (D.4.1).
func newOSDPSession(base [16]byte, a [8]byte) *osdpSession {
	key := func(prefix0, prefix1 byte) cipher.Block {
		b := [osdpBlock]byte{prefix0, prefix1}
		copy(b[2:8], a[:6])
		osdpCipher(base).Encrypt(b[:], b[:])
		return osdpCipher(b)
	}
	return &osdpSession{enc: key(0x01, 0x82), mac1: key(0x01, 0x01), mac2: key(0x01, 0x02)}
}

func osdpCipher(key [16]byte) cipher.Block {
	c, _ := aes.NewCipher(key[:]) // errs for other lengths only
	return c
}

// cryptogram gives E(S-ENC, first‖second): the reader's with the panel's
// number first, the panel's with the reader's first (D.4.2, D.4.3).
func (s *osdpSession) cryptogram(first, second [8]byte) (c [osdpBlock]byte) {
	copy(c[:8], first[:])
	copy(c[8:], second[:])
	s.enc.Encrypt(c[:], c[:])
	return c
}

// begin gives RMAC_I, which counts as the reader's last MAC (D.4.4).
func (s *osdpSession) begin(server [osdpBlock]byte) [osdpBlock]byte {
	s.mac1.Encrypt(s.reply[:], server[:])
	s.mac2.Encrypt(s.reply[:], s.reply[:])
	return s.reply
}

// sign gives the MAC of a message (D.5): CBC begun with the other side's last
// MAC, all blocks but the last under S-MAC1, the last under S-MAC2.
func (s *osdpSession) sign(last [osdpBlock]byte, message []byte) [osdpBlock]byte {
	if len(message)%osdpBlock != 0 {
		message = osdpPad(message)
	}
	for len(message) > 0 {
		subtle.XORBytes(last[:], last[:], message[:osdpBlock])
		message = message[osdpBlock:]
		if len(message) > 0 {
			s.mac1.Encrypt(last[:], last[:])
		}
	}
	s.mac2.Encrypt(last[:], last[:])
	return last
}

// osdpPad appends 80 and as many zeros as fill the block.
func osdpPad(p []byte) []byte {
	b := make([]byte, (len(p)/osdpBlock+1)*osdpBlock)
	b[copy(b, p)] = 0x80
	return b
}

// signCommand gives what travels of a command's MAC, and keeps the whole.
func (s *osdpSession) signCommand(message []byte) []byte {
	s.command = s.sign(s.reply, message)
	return s.command[:osdpMAC]
}

// wrap gives the security block and encrypted data of a command (D.5.2): an
// IV that is the inverse of the reader's last MAC.
func (s *osdpSession) wrap(data []byte) (block, sealed []byte) {
	if len(data) == 0 {
		return []byte{osdpSCS15}, nil
	}
	sealed = osdpPad(data)
	cipher.NewCBCEncrypter(s.enc, inverse(s.reply)).CryptBlocks(sealed, sealed)
	return []byte{osdpSCS17}, sealed
}

func inverse(p [osdpBlock]byte) []byte {
	for i := range p {
		p[i] = ^p[i]
	}
	return p[:]
}

// accept checks the MAC of a reply and gives its data in the clear. A reply
// that it says false to leaves the session as it was.
func (s *osdpSession) accept(f osdpFrame) (data []byte, ok bool) {
	if f.mac == nil || f.block[0] != osdpSCS16 && f.block[0] != osdpSCS18 {
		return nil, false
	}
	mac := s.sign(s.command, f.covered)
	if subtle.ConstantTimeCompare(mac[:osdpMAC], f.mac) != 1 {
		return nil, false
	}
	if f.block[0] == osdpSCS18 && len(f.data)%osdpBlock != 0 {
		return nil, false
	}
	s.reply = mac
	if f.block[0] == osdpSCS16 || len(f.data) == 0 {
		return f.data, true
	}
	data = make([]byte, len(f.data))
	cipher.NewCBCDecrypter(s.enc, inverse(s.command)).CryptBlocks(data, f.data)
	return osdpUnpad(data), true
}

// osdpUnpad takes the padding off. Readers that leave it out of whole blocks
// are believed: the MAC has said that nobody else wrote this.
func osdpUnpad(p []byte) []byte {
	for end := len(p); end > 0 && end > len(p)-osdpBlock; end-- {
		switch p[end-1] {
		case 0x80:
			return p[:end-1]
		case 0:
		default:
			return p
		}
	}
	return p
}
