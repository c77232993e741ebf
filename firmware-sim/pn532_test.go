package sim

import (
	"context"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// chipAt runs a chip on a port until the test ends.
func chipAt(t *testing.T) (*PN532, *Port) {
	t.Helper()
	port, err := OpenPort(filepath.Join(t.TempDir(), "chip"))
	if err != nil {
		t.Fatal(err)
	}
	c := NewPN532()
	ctx, stop := context.WithCancel(context.Background())
	var end sync.WaitGroup
	end.Go(func() { c.Run(ctx, port) })
	t.Cleanup(func() { stop(); end.Wait(); _ = port.Vanish() })
	return c, port
}

// Cards of each length, and how libnfc prints them.
var pn532Cards = []struct {
	name, print string
	card        Card
}{
	{"4 bytes", "de  ad  be  ef", Card{Number: []byte{0xDE, 0xAD, 0xBE, 0xEF}, SEL: 0x08}},
	{"7 bytes", "04  33  18  ea  70  32  80", Card{Number: []byte{0x04, 0x33, 0x18, 0xEA, 0x70, 0x32, 0x80}}},
	{"10 bytes", "01  02  03  04  05  06  07  08  09  10", Card{Number: []byte{1, 2, 3, 4, 5, 6, 7, 8, 9, 0x10}}},
	{"7 bytes with ATS", "04  11  22  33  44  55  66", Card{Number: []byte{0x04, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66}, SEL: 0x20, ATS: []byte{0x75, 0x77, 0x81, 0x02, 0x80}}},
}

// host runs a program of libnfc against the chip at a port. LIBNFC_DEVICE wants
// the device itself, not a link to it.
func host(t *testing.T, port *Port, program string, args ...string) string {
	t.Helper()
	path, err := exec.LookPath(program)
	if err != nil {
		t.Skipf("%s: not installed (Debian: libnfc-bin, libnfc-examples)", program)
	}
	device, err := os.Readlink(port.Path())
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithTimeout(t.Context(), 30*time.Second)
	defer stop()
	command := exec.CommandContext(ctx, path, args...)
	command.Env = append(os.Environ(), "LIBNFC_DEVICE=pn532_uart:"+device)
	out, err := command.CombinedOutput()
	if err != nil {
		t.Errorf("%s: %v", program, err)
	}
	return string(out)
}

func TestLibnfcListsTheCards(t *testing.T) {
	c, port := chipAt(t)
	for _, card := range pn532Cards {
		c.Put(card.card)
		if out := host(t, port, "nfc-list", "-t", "1"); !strings.Contains(out, "UID (NFCID1): "+card.print) {
			t.Errorf("%s: nfc-list says\n%s", card.name, out)
		}
		c.Take()
	}
	if out := host(t, port, "nfc-list", "-t", "1"); strings.Contains(out, "UID") || !strings.Contains(out, "opened") {
		t.Errorf("without a card nfc-list says\n%s", out)
	}
	c.Restart()
	c.Put(pn532Cards[0].card)
	c.Put(pn532Cards[1].card)
	if out := host(t, port, "nfc-list", "-t", "1"); !strings.Contains(out, "2 ISO14443A passive target(s) found") {
		t.Errorf("with two cards nfc-list says\n%s", out)
	}
}

func TestLibnfcPollsForACard(t *testing.T) {
	for _, card := range pn532Cards {
		c, port := chipAt(t)
		c.Put(card.card)
		time.AfterFunc(1500*time.Millisecond, c.Take) // the program waits until it is gone
		if out := host(t, port, "nfc-poll"); !strings.Contains(out, "UID (NFCID1): "+card.print) {
			t.Errorf("%s: nfc-poll says\n%s", card.name, out)
		}
	}
}

func TestTheChipSpeaksAsInTheManual(t *testing.T) {
	const (
		wake = "5555000000000000"
		ack  = "0000FF00FF00"
		sam  = "0000FF03FDD414011700"
	)
	c, port := chipAt(t)
	c.Put(pn532Cards[1].card)
	line, err := os.OpenFile(port.Path(), os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer line.Close()
	for _, step := range []struct{ name, say, want string }{
		{"asleep", "0000FF02FED4022A00", ""},
		{"not configured", wake + "0000FF04FCD44A0100E100", ""},
		{"SAMConfiguration", sam, ack + "0000FF02FED5151600"},
		{"glued to the wake-up", wake + sam, ack + "0000FF02FED5151600"},
		{"GetFirmwareVersion", "0000FF02FED4022A00", ack + "0000FF06FAD50332010607E800"},
		{"NACK", "0000FFFF0000", "0000FF06FAD50332010607E800"},
		{"InListPassiveTarget", "0000FF04FCD44A0100E100", ack + "0000FF0FF1D54B010100440007043318EA7032803800"},
		{"an extended frame", "0000FFFFFF0002FED4022A00", ack + "0000FF06FAD50332010607E800"},
		{"InAutoPoll", "0000FF05FBD460010100CA00", ack + "0000FF11EFD56101100C0100440007043318EA7032800600"},
		{"a wrong checksum", "0000FF02FED4022B00", "0000FFFF0000"},
		{"an unknown command", "0000FF02FED4FF2D00", ack + "0000FF01FF7F8100"},
		{"InListPassiveTarget of three", "0000FF04FCD44A0300DF00", ack + "0000FF01FF7F8100"},
	} {
		say, err := hex.DecodeString(step.say)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := line.Write(say); err != nil {
			t.Fatal(err)
		}
		if got := hear(t, line, len(step.want)/2); got != step.want {
			t.Errorf("%s: got %s, want %s", step.name, got, step.want)
		}
	}
}

// hear reads so many bytes; with none wanted it goes on at once, and what comes
// all the same shows in the next step.
func hear(t *testing.T, line *os.File, n int) string {
	t.Helper()
	if n == 0 {
		return ""
	}
	if err := line.SetReadDeadline(time.Now().Add(5 * time.Second)); err != nil {
		t.Fatal(err)
	}
	b := make([]byte, n)
	got := 0
	for got < n {
		m, err := line.Read(b[got:])
		if err != nil {
			t.Errorf("read: %v", err)
			break
		}
		got += m
	}
	return fmt.Sprintf("%X", b[:got])
}

func FuzzPN532Chip(f *testing.F) {
	f.Add([]byte("\x55\x55\x00\x00\x00\xFF\x03\xFD\xD4\x14\x01\x17\x00\x00\x00\xFF\x04\xFC\xD4\x4A\x01\x00\xE1\x00"))
	f.Fuzz(func(t *testing.T, p []byte) {
		c := NewPN532()
		c.Put(pn532Cards[3].card)
		now := time.Unix(0, 0)
		c.hear(p, now)
		c.search(now.Add(time.Hour))
		if len(c.line.body) > 300 {
			t.Fatalf("%d bytes held", len(c.line.body))
		}
	})
}

func TestACardOnOfferStaysUntilAHostIsToldOfIt(t *testing.T) {
	c := NewPN532()
	c.awake, c.ready = true, true
	offered := make(chan bool)
	go func() { offered <- c.Offer(Card{Number: []byte{1, 2, 3, 4}}, time.Minute) }()
	for there := false; !there; time.Sleep(time.Millisecond) {
		c.mu.Lock()
		there = len(c.cards) == 1
		c.mu.Unlock()
	}
	c.mu.Lock()
	c.waiting = &pn532Search{command: 0x4A, most: 1}
	c.search(time.Now())
	c.mu.Unlock()
	if !<-offered {
		t.Error("the host was told, and the card says it wasn't")
	}
	if c.Offer(Card{Number: []byte{1, 2, 3, 4}}, 30*time.Millisecond) {
		t.Error("nobody asked, and the card says it was told")
	}
	if len(c.cards) != 0 {
		t.Error("the card stayed")
	}
}
