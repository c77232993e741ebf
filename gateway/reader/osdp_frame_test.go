package reader

import (
	"bytes"
	"testing"
)

// osdpVectors are frames of independent readers and panels.
var osdpVectors = []struct {
	name, bytes string
	want        osdpFrame
}{
	{"COMSET", "53 7F 0D 00 04 6E 00 80 25 00 00 6E 38", osdpFrame{address: 0x7F, crc: true, code: osdpComset, data: []byte{0, 0x80, 0x25, 0, 0}}},
	{"ID", "53 00 09 00 04 61 00 C0 66", osdpFrame{crc: true, code: osdpID, data: []byte{0}}},
	{"POLL", "53 05 08 00 04 60 BC 89", osdpFrame{address: 5, crc: true, code: osdpPoll}},
	{"ACK", "53 85 08 00 04 40 0E 8F", osdpFrame{address: 0x85, crc: true, code: osdpAck}},
	{"RAW", "53 85 10 00 05 50 00 01 1A 00 A1 B2 C3 40 F1 25", osdpFrame{address: 0x85, sequence: 1, crc: true, code: osdpRaw, data: []byte{0, 1, 0x1A, 0, 0xA1, 0xB2, 0xC3, 0x40}}},
	{"PDID of an OSM-1000", "53 80 14 00 04 45 CA 44 6C 01 00 C7 92 02 00 01 07 0F C4 42", osdpFrame{address: 0x80, crc: true, code: osdpPDID, data: []byte{0xCA, 0x44, 0x6C, 1, 0, 0xC7, 0x92, 2, 0, 1, 7, 15}}},
	{"NAK", "53 80 09 00 06 41 06 A0 BA", osdpFrame{address: 0x80, sequence: 2, crc: true, code: osdpNak, data: []byte{6}}},
}

func TestOSDPFrames(t *testing.T) {
	for _, v := range osdpVectors {
		b := unhex(t, v.bytes)
		f, n, err := parseOSDP(append(b, 0x53, 1))
		if err != nil || n != len(b) {
			t.Errorf("%s: %d bytes, %v", v.name, n, err)
			continue
		}
		if f.address != v.want.address || f.sequence != v.want.sequence || f.crc != v.want.crc || f.code != v.want.code || !bytes.Equal(f.data, v.want.data) || f.block != nil {
			t.Errorf("%s: read as %+v", v.name, f)
		}
		if got := v.want.encode(nil); !bytes.Equal(got, append([]byte{osdpMark}, b...)) {
			t.Errorf("%s: written as %X", v.name, got)
		}
		for i := range b {
			if _, _, err := parseOSDP(b[:i]); err != errOSDPShort {
				t.Errorf("%s: its first %d bytes: %v", v.name, i, err)
			}
			damaged := bytes.Clone(b)
			damaged[i] ^= 0x10
			if _, _, err := parseOSDP(damaged); err == nil {
				t.Errorf("%s: byte %d may be wrong", v.name, i)
			}
		}
	}
}

func TestOSDPChecks(t *testing.T) {
	if crc := osdpCRC16([]byte("123456789")); crc != 0xE5CC {
		t.Errorf("CRC %04X", crc)
	}
	b := osdpFrame{address: 3, sequence: 2, code: osdpID, data: []byte{0}}.encode(nil)[1:]
	if f, n, err := parseOSDP(b); err != nil || n != 8 || f.crc || f.sequence != 2 || osdpChecksum(b) != 0 {
		t.Errorf("with a checksum: %+v %d %v", f, n, err)
	}
	b[6]++
	if _, _, err := parseOSDP(b); err != errOSDPDamaged {
		t.Errorf("a wrong checksum: %v", err)
	}
}

func TestOSDPRefusesWhatDoesNotFit(t *testing.T) {
	seal := func(s string) []byte {
		b := unhex(t, s)
		crc := osdpCRC16(b)
		return append(b, byte(crc), byte(crc>>8))
	}
	for name, b := range map[string][]byte{
		"length 0":                     unhex(t, "53 80 00 00 04 40 00 00"),
		"length below its head":        unhex(t, "53 80 07 00 04 40 00 00"),
		"length above all limits":      unhex(t, "53 80 FF FF 04 40 00 00"),
		"empty security block":         seal("53 80 0A 00 0C 00 40 00"),
		"security block of one byte":   seal("53 80 0A 00 0C 01 40 00"),
		"security block over the end":  seal("53 80 0A 00 0C 09 16 40"),
		"security block up to the end": seal("53 80 0A 00 0C 03 16 40"),
		"MAC that does not fit":        seal("53 80 0C 00 0C 02 16 40 01 02"),
		"another start":                unhex(t, "54 80 08 00 04 40 00 00"),
	} {
		if f, _, err := parseOSDP(b); err != errOSDPDamaged {
			t.Errorf("%s: %+v, %v", name, f, err)
		}
	}
}

// TestOSDPAnnexE: the example of annex E.
func TestOSDPAnnexE(t *testing.T) {
	var a, b [8]byte
	for i := range a {
		a[i], b[i] = 0xB0+byte(i), 0xA0+byte(i)
	}
	s := newOSDPSession(osdpDefaultKey, a)
	for name, key := range map[string]string{
		"BF8DC2A8329ACB8C67C6D0CD9A451682": "S-ENC", "5E86C676603BDEE2D8BEAFE178637332": "S-MAC1", "6FDA86E857777E81132035758239172E": "S-MAC2",
	} {
		got := map[string]func(dst, src []byte){"S-ENC": s.enc.Encrypt, "S-MAC1": s.mac1.Encrypt, "S-MAC2": s.mac2.Encrypt}[key]
		var x, y [16]byte
		got(x[:], x[:])
		osdpCipher([16]byte(unhex(t, name))).Encrypt(y[:], y[:])
		if x != y {
			t.Errorf("%s is another", key)
		}
	}
	server := s.cryptogram(b, a)
	for want, got := range map[string][16]byte{
		"FDE5D2F428EC16312471EA3C02BD7796": s.cryptogram(a, b),
		"26D3356E07762D262801FC8E6665A891": server,
		"B2A30057EB98BA2229EC1F875662B524": s.begin(server),
	} {
		if !bytes.Equal(unhex(t, want), got[:]) {
			t.Errorf("got %X, want %s", got, want)
		}
	}
}

func TestOSDPPadding(t *testing.T) {
	for _, n := range []int{0, 1, 14, 15, 16, 17, 31, 32} {
		p := bytes.Repeat([]byte{0x80}, n)
		padded := osdpPad(p)
		if len(padded)%osdpBlock != 0 || len(padded) <= n || !bytes.Equal(osdpUnpad(padded), p) {
			t.Errorf("%d bytes padded to %X", n, padded)
		}
	}
	whole := bytes.Repeat([]byte{7}, 16)
	if !bytes.Equal(osdpUnpad(whole), whole) {
		t.Error("a block without padding is cut")
	}
}

func FuzzOSDPFrames(f *testing.F) {
	for _, v := range osdpVectors {
		f.Add(unhex(f, v.bytes))
	}
	f.Add(unhex(f, "53 80 0E 00 0C 02 16 40 01 02 03 04 00 00"))
	f.Fuzz(func(t *testing.T, p []byte) {
		frame, n, err := parseOSDP(p)
		if err != nil {
			return
		}
		if n > len(p) || n > osdpMost {
			t.Fatalf("%d of %d bytes", n, len(p))
		}
		if frame.mac == nil {
			if again := frame.encode(nil)[1:]; p[4]&^0x0F == 0 && !bytes.Equal(again, p[:n]) {
				t.Errorf("%X is written as %X", p[:n], again)
			}
		}
		var s osdpScanner
		for i := range p { // byte by byte it is the same frame
			s.add(p[i : i+1])
		}
		if same, ok := s.next(); !ok || same.code != frame.code {
			t.Error("the scanner finds another frame")
		}
	})
}
