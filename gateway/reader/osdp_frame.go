package reader

import (
	"encoding/binary"
	"errors"
)

// The frame of OSDP (SIA OSDP v2.2, 5 and annex B; IEC 60839-11-5): perhaps
// osdpMark, then SOM, address, length (little-endian, from SOM to the end),
// control, perhaps a security block, the command or reply code, its data,
// perhaps four bytes of MAC, and a CRC (little-endian) or a checksum.
const (
	osdpMark = 0xFF // before a frame: wakes the line's drivers, is no part of it
	osdpSOM  = 0x53

	osdpReplyBit  = 0x80 // of the address
	osdpBroadcast = 0x7F // every reader answers: for a line with one

	osdpSequence = 0x03 // bits of control
	osdpCRC      = 0x04
	osdpSecured  = 0x08

	osdpHead  = 5    // bytes before the security block or the code
	osdpMost  = 1440 // bytes of a frame (5.9: the largest multi-part fragment)
	osdpMAC   = 4    // bytes of the MAC that travel
	osdpBlock = 16   // bytes of a cipher block
)

// Commands (annex A.1).
const (
	osdpPoll   byte = 0x60
	osdpID     byte = 0x61
	osdpCap    byte = 0x62
	osdpLED    byte = 0x69
	osdpBuz    byte = 0x6A
	osdpComset byte = 0x6E
	osdpKeyset byte = 0x75
	osdpChlng  byte = 0x76
	osdpScrypt byte = 0x77
)

// Replies (annex A.2). A POLL can be answered with others: they say that the
// reader is there, and no more.
const (
	osdpAck    byte = 0x40
	osdpNak    byte = 0x41
	osdpPDID   byte = 0x45
	osdpPDCap  byte = 0x46
	osdpLstatr byte = 0x48
	osdpRaw    byte = 0x50
	osdpFmt    byte = 0x51
	osdpKeypad byte = 0x53 // digits somebody typed: never looked at
	osdpCom    byte = 0x54
	osdpCcrypt byte = 0x76
	osdpRMACI  byte = 0x78
	osdpBusy   byte = 0x79
)

// Reasons of a NAK (7.2).
const (
	osdpNakCheck    byte = 1
	osdpNakSequence byte = 4
	osdpNakSecurity byte = 5 // this security block is not supported
	osdpNakClear    byte = 6 // not without a secure channel
)

// Security blocks (annex D.1): the first is of a command, the next of its reply.
const (
	osdpSCS11 byte = 0x11 // CHLNG
	osdpSCS12 byte = 0x12 // CCRYPT
	osdpSCS13 byte = 0x13 // SCRYPT
	osdpSCS14 byte = 0x14 // RMAC_I
	osdpSCS15 byte = 0x15 // MAC
	osdpSCS16 byte = 0x16
	osdpSCS17 byte = 0x17 // MAC and encrypted data
	osdpSCS18 byte = 0x18
)

// osdpFrame is one frame. What parseOSDP gives shares the bytes it was given.
type osdpFrame struct {
	address  byte // with osdpReplyBit in a reply
	sequence byte
	crc      bool
	block    []byte // type and data of the security block; nil: none
	code     byte
	data     []byte // as it travels
	mac      []byte // nil: none
	covered  []byte // by the MAC
}

var (
	errOSDPShort   = errors.New("frame not complete")
	errOSDPDamaged = errors.New("frame damaged")
)

// parseOSDP reads the frame that begins at p[0] and gives its length; it errs
// with errOSDPShort while bytes are missing, and with errOSDPDamaged when
// no frame begins there.
func parseOSDP(p []byte) (f osdpFrame, n int, err error) {
	if len(p) == 0 {
		return f, 0, errOSDPShort
	}
	if p[0] != osdpSOM {
		return f, 0, errOSDPDamaged
	}
	if len(p) < osdpHead {
		return f, 0, errOSDPShort
	}
	n = int(binary.LittleEndian.Uint16(p[2:]))
	f = osdpFrame{address: p[1], sequence: p[4] & osdpSequence, crc: p[4]&osdpCRC != 0}
	check := 1
	if f.crc {
		check = 2
	}
	if n < osdpHead+1+check || n > osdpMost {
		return f, 0, errOSDPDamaged
	}
	if len(p) < n {
		return f, 0, errOSDPShort
	}
	if !osdpChecked(p[:n], f.crc) || !f.fill(p[:n-check]) {
		return f, 0, errOSDPDamaged
	}
	return f, n, nil
}

// fill takes apart what stands before the check; it says false when the
// security block does not fit.
func (f *osdpFrame) fill(p []byte) bool {
	rest := p[osdpHead:]
	if p[4]&osdpSecured != 0 {
		size := int(rest[0])
		if size < 2 || size >= len(rest) {
			return false
		}
		f.block, rest = rest[1:size], rest[size:]
	}
	if f.block != nil && f.block[0] >= osdpSCS15 && f.block[0] <= osdpSCS18 {
		end := len(rest) - osdpMAC
		if end < 1 {
			return false
		}
		f.mac, rest, f.covered = rest[end:], rest[:end], p[:len(p)-osdpMAC]
	}
	f.code, f.data = rest[0], rest[1:]
	return true
}

func osdpChecked(p []byte, crc bool) bool {
	if crc {
		end := len(p) - 2
		return osdpCRC16(p[:end]) == binary.LittleEndian.Uint16(p[end:])
	}
	return osdpChecksum(p) == 0
}

// osdpCRC16 is CRC-16 with polynomial 1021, begun with 1D0F, not reflected
// (annex C): "123456789" gives E5CC.
func osdpCRC16(p []byte) uint16 {
	crc := uint16(0x1D0F)
	for _, b := range p {
		crc ^= uint16(b) << 8
		for range 8 {
			carry := crc&0x8000 != 0
			crc <<= 1
			if carry {
				crc ^= 0x1021
			}
		}
	}
	return crc
}

// osdpChecksum is the two's complement of the sum of the bytes: over a frame
// with its checksum it gives 0.
func osdpChecksum(p []byte) (sum byte) {
	for _, b := range p {
		sum -= b
	}
	return sum
}

// encode gives a frame with mark and check. With a session it is signed, and
// its data encrypted: f.block and f.mac are not looked at then.
func (f osdpFrame) encode(s *osdpSession) []byte {
	control, block, data, tail := f.sequence, f.block, f.data, 1
	if f.crc {
		control, tail = control|osdpCRC, 2
	}
	if s != nil {
		block, data = s.wrap(f.data)
		tail += osdpMAC
	}
	if block != nil {
		control |= osdpSecured
	}
	b := []byte{osdpMark, osdpSOM, f.address, 0, 0, control}
	if block != nil {
		b = append(append(b, byte(len(block)+1)), block...)
	}
	b = append(append(b, f.code), data...)
	binary.LittleEndian.PutUint16(b[3:], uint16(len(b)-1+tail))
	if s != nil {
		b = append(b, s.signCommand(b[1:])...)
	}
	if f.crc {
		return binary.LittleEndian.AppendUint16(b, osdpCRC16(b[1:]))
	}
	return append(b, osdpChecksum(b[1:]))
}

// osdpScanner finds frames in what the line brings, in whatever pieces.
type osdpScanner struct {
	bytes   []byte
	damaged bool // a frame began and was none, since it was last asked
}

// reset forgets what came: a reply begins after its command.
func (s *osdpScanner) reset() { s.bytes = s.bytes[:0] }

func (s *osdpScanner) add(p []byte) { s.bytes = append(s.bytes, p...) }

// next gives the next frame. It is good until the next reset or add.
func (s *osdpScanner) next() (osdpFrame, bool) {
	for len(s.bytes) > 0 {
		f, n, err := parseOSDP(s.bytes)
		switch {
		case err == nil:
			s.bytes = s.bytes[n:]
			return f, true
		case errors.Is(err, errOSDPShort):
			return f, false
		}
		s.damaged = s.damaged || s.bytes[0] == osdpSOM
		s.bytes = s.bytes[1:]
	}
	return osdpFrame{}, false
}

// begun says whether a frame began and is not complete.
func (s *osdpScanner) begun() bool { return len(s.bytes) > 0 }
