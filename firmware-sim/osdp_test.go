package sim

import (
	"bytes"
	"encoding/hex"
	"testing"
)

// TestOSDPPeripheral plays frames of real readers and panels.
func TestOSDPPeripheral(t *testing.T) {
	if crc := crcOSDP([]byte("123456789")); crc != 0xE5CC {
		t.Errorf("CRC %04X", crc)
	}
	r := NewOSDP(OSDPConfig{Address: 5}, 1)
	say := func(command string) string {
		t.Helper()
		b, err := hex.DecodeString(command)
		if err != nil {
			t.Fatal(err)
		}
		got, rest, ok := cutOSDP(append([]byte{0xFF, 0x00}, b...))
		if !ok || len(rest) > 0 {
			t.Fatalf("%s is no command", command)
		}
		reply, _ := r.hear(got)
		return hex.EncodeToString(reply)
	}
	if got := say("FF530508000460bc89"); got != "538508000440"+"0e8f" {
		t.Errorf("POLL is answered with %s", got)
	}
	r.Present(26, []byte{0x02, 0x86, 0xCB, 0x0D})
	poll := func(sequence byte) string {
		b := []byte{0x53, 5, 8, 0, 4 | sequence, 0x60}
		crc := crcOSDP(b)
		return hex.EncodeToString(append(b, byte(crc), byte(crc>>8)))
	}
	card := say(poll(1))
	if !bytes.Contains([]byte(card), []byte("5000001a00a1b2c340")) {
		t.Errorf("a card is told as %s", card)
	}
	if again := say(poll(1)); again != card || r.Waiting() != 1 {
		t.Errorf("asked again it says %s", again)
	}
	if say(poll(2)); r.Waiting() != 0 {
		t.Error("the next sequence does not take the card")
	}
	if got := say(poll(1)); got[10:14] != "4104" {
		t.Errorf("a wrong sequence is answered with %s", got)
	}
}
