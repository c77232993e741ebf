package reader

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// unhex reads bytes as they are printed, with spaces.
func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// told writes frames down.
func told(frames []pn532Frame) string {
	var all []string
	for _, f := range frames {
		switch f.kind {
		case pn532Acked:
			all = append(all, "ACK")
		case pn532Nacked:
			all = append(all, "NACK")
		case pn532Refused:
			all = append(all, "error")
		case pn532Data:
			all = append(all, fmt.Sprintf("% X", f.data))
		}
	}
	return strings.Join(all, ", ")
}

const (
	samReply     = "00 00 FF 02 FE D5 15 16 00"
	versionReply = "00 00 FF 06 FA D5 03 32 01 06 07 E8 00"
	cardReply    = "00 00 FF 0F F1 D5 4B 01 01 00 44 00 07 04 33 18 EA 70 32 80 38 00"
	ack          = "00 00 FF 00 FF 00"
)

func TestPN532CommandsStandAsInTheManual(t *testing.T) {
	for _, c := range []struct{ name, data, want string }{
		{"SAMConfiguration", "14 01", "00 00 FF 03 FD D4 14 01 17 00"},
		{"GetFirmwareVersion", "02", "00 00 FF 02 FE D4 02 2A 00"},
		{"InListPassiveTarget", "4A 01 00", "00 00 FF 04 FC D4 4A 01 00 E1 00"},
	} {
		if got := fmt.Sprintf("% X", appendPN532(nil, unhex(t, c.data))); got != c.want {
			t.Errorf("%s: got %s, want %s", c.name, got, c.want)
		}
	}
	long := appendPN532(nil, make([]byte, 263))
	if want := unhex(t, "00 00 FF FF FF 01 08 F7 D4"); !bytes.HasPrefix(long, want) || len(long) != 9+263+2 {
		t.Errorf("extended: %d bytes, % X", len(long), long[:9])
	}
}

// Frames that the chip sends, with TFI D5 as hosts take them.
func TestPN532Frames(t *testing.T) {
	const card = "4B 01 01 00 44 00 07 04 33 18 EA 70 32 80"
	extended := fmt.Sprintf("00 00 FF FF FF 01 02 FD D5 41 %s %02X 00", strings.Repeat("00 ", 256), -(0xD5+0x41)&0xFF)
	for _, c := range []struct{ name, bytes, want string }{
		{"SAMConfiguration", samReply, "15"},
		{"GetFirmwareVersion", versionReply, "03 32 01 06 07"},
		{"a card with 7 bytes", cardReply, card},
		{"ACK", ack, "ACK"},
		{"NACK", "00 00 FF FF 00 00", "NACK"},
		{"error", "00 00 FF 01 FF 7F 81 00", "error"},
		{"extended", extended, strings.TrimSpace("41 " + strings.Repeat("00 ", 256))},
		{"extended though short", "00 00 FF FF FF 00 02 FE D5 15 16 00", "15"},
		{"ACK and reply together", ack + samReply, "ACK, 15"},
		{"without the zeros around", "00 FF 02 FE D5 15 16 00 FF 00 FF", "15, ACK"},
		{"after the wake-up", "55 55 00 00 00 00 00" + ack, "ACK"},
		{"noise that begins like a frame", "00 FF 00 00 FF 05" + samReply, "15"},
		{"noise within a length that is good", "00 FF 02 FE" + samReply, "15"},
		{"wrong LCS", "00 00 FF 02 FD D5 15 16 00", ""},
		{"wrong DCS", "00 00 FF 02 FE D5 15 17 00", ""},
		{"wrong DCS, then good", "00 00 FF 02 FE D5 15 17 00" + samReply, "15"},
		{"no TFI", "00 00 FF 00 00 00", ""},
		{"TFI alone", "00 00 FF 01 FF D5 2B 00", ""},
		{"what hosts say", "00 00 FF 02 FE D4 02 2A 00", ""},
		{"extended, too long", "00 00 FF FF FF 40 00 C0 D5", ""},
		{"extended, empty", "00 00 FF FF FF 00 00 00" + ack, "ACK"},
		{"extended, wrong LCS", "00 00 FF FF FF 00 02 FD D5 15 16 00", ""},
		{"half", "00 00 FF 02 FE D5", ""},
	} {
		p := unhex(t, c.bytes)
		var whole, split pn532Decoder
		if got := told(whole.decode(p)); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
		var frames []pn532Frame
		for i := range p {
			frames = append(frames, split.decode(p[i:i+1])...)
		}
		if got := told(frames); got != c.want {
			t.Errorf("%s, byte by byte: got %q, want %q", c.name, got, c.want)
		}
	}
}

func TestPN532NoiseHoldsLittle(t *testing.T) {
	var d pn532Decoder
	random := rand.New(rand.NewPCG(1, 2))
	for range 1000 {
		noise := make([]byte, 1000)
		for i := range noise {
			noise[i] = []byte{0x00, 0xFF, 0x01, byte(random.Uint32())}[random.IntN(4)]
		}
		d.decode(noise)
	}
	if cap(d.held) > 4*pn532MostLen {
		t.Errorf("%d bytes held", cap(d.held))
	}
	d.decode(make([]byte, pn532MostLen)) // ends what was half
	if got := told(d.decode(unhex(t, samReply))); got != "15" {
		t.Errorf("got %q after the noise", got)
	}
}

func FuzzPN532Frames(f *testing.F) {
	for _, s := range []string{samReply, versionReply, cardReply, ack, "0000FF01FF7F8100", "0000FFFFFF0002FED5151600"} {
		f.Add(unhex(f, s), uint16(7))
	}
	f.Fuzz(func(t *testing.T, p []byte, cut uint16) {
		at := min(int(cut), len(p))
		var whole, split pn532Decoder
		want := told(whole.decode(p))
		if got := told(append(split.decode(p[:at]), split.decode(p[at:])...)); got != want {
			t.Fatalf("whole %q, split %q", want, got)
		}
		if len(p) > 262 {
			return
		}
		frame := appendPN532(nil, append([]byte{1}, p...))
		at = 5
		if len(p) > 253 {
			at = 8
		}
		frame[at], frame[len(frame)-2] = pn532ToHost, frame[len(frame)-2]-1
		whole.reset()
		if got, want := told(whole.decode(frame)), fmt.Sprintf("% X", append([]byte{1}, p...)); got != want {
			t.Fatalf("got %q, want %q", got, want)
		}
	})
}

func FuzzPN532Targets(f *testing.F) {
	f.Add(unhex(f, "01 01 00 44 00 07 04 33 18 EA 70 32 80"))
	f.Add(unhex(f, "01 10 09 01 00 04 08 04 11 22 33 44"))
	f.Fuzz(func(t *testing.T, p []byte) {
		for _, read := range []func([]byte) ([]pn532Target, bool){pn532Listed, pn532Polled} {
			targets, _ := read(p)
			for _, target := range targets {
				if fob, refusal := target.fob(); refusal == "" && int(fob.Bits) != 8*len(fob.Value) {
					t.Fatalf("%d bits, %d bytes", fob.Bits, len(fob.Value))
				}
			}
		}
	})
}
