package gateway

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tikklok/gateway/journal"
	"tikklok/gateway/wire"
)

func TestATapOnAReaderWithoutMemoryReachesTheServerAsAToken(t *testing.T) {
	s, l := newServer(t), newLine(t)
	s.open(t)
	g := start(t, s, folder(t), Port{Path: l.path, Protocol: "em4100", Name: "door"})
	tap(t, l, 0x62E3086CED)
	until(t, "the tap is committed", func() bool { return s.count() == 1 })
	s.mu.Lock()
	for name, tap := range s.taps {
		want := s.enrolment.TokenKey.Token(wire.Fob{Technology: wire.TechnologyEM4100, Bits: 40, Value: []byte{0x62, 0xE3, 0x08, 0x6C, 0xED}})
		if name.Origin != gatewayID || name.Seq != 1 || tap.Token != want || tap.Reader != "door" || tap.Wall == 0 {
			t.Errorf("tap %v %+v, want token %x", name, tap, want)
		}
		if _, ok := s.starts[name.Stream]; !ok || len(s.pairs[name.Stream]) == 0 {
			t.Errorf("no start or no pair of %s", name.Stream)
		}
	}
	s.mu.Unlock()
	until(t, "the state says online and server time", func() bool {
		return look(s, func() bool { return s.state.Online && s.state.Clock != "undisciplined" && len(s.state.Readers) == 1 })
	})
	must(t, g.stop())
	until(t, "the state says offline", func() bool { return look(s, func() bool { return !s.state.Online }) })
}

// tap writes a frame to the line.
func tap(t *testing.T, l *line, number uint64) {
	t.Helper()
	_, err := l.Write(em4100(number))
	must(t, err)
}

func TestTapsWithoutANetworkAreKeptAndSentLater(t *testing.T) {
	s, l, dir := newServer(t), newLine(t), folder(t)
	g := start(t, s, dir, Port{Path: l.path, Protocol: "em4100"})
	for n := range uint64(300) {
		tap(t, l, 0x100+n)
	}
	until(t, "all are journaled", func() bool { r, err := journal.Inspect(dir); return err == nil && r.Unsent == 300 })
	must(t, g.stop())
	g = start(t, s, dir, Port{Path: l.path, Protocol: "em4100"})
	s.open(t)
	until(t, "all are committed", func() bool { return s.count() == 300 })
	must(t, g.stop())
	if s.conflict > 0 {
		t.Errorf("%d names with two meanings", s.conflict)
	}
}

func TestLostReceiptsMakeTheGatewaySendTheSameNamesAgain(t *testing.T) {
	s, l, dir := newServer(t), newLine(t), folder(t)
	s.silent = true
	s.open(t)
	start(t, s, dir, Port{Path: l.path, Protocol: "em4100"})
	tap(t, l, 1)
	tap(t, l, 2)
	until(t, "the batch came three times", func() bool { return look(s, func() bool { return s.batches >= 3 && len(s.taps) == 2 }) })
	if r, err := journal.Inspect(dir); err != nil || r.Unsent != 2 {
		t.Errorf("unsent %d, %v: want 2 without a receipt", r.Unsent, err)
	}
	s.mu.Lock()
	s.silent = false
	s.mu.Unlock()
	until(t, "nothing is unsent", func() bool { return look(s, func() bool { return s.state.Online && s.state.Unsent == 0 }) })
	if s.count() != 2 || s.conflict > 0 {
		t.Errorf("%d names, %d conflicts, want 2 and 0", s.count(), s.conflict)
	}
}

func TestAServerThatWentBackGetsTheTapsAgain(t *testing.T) {
	s, l := newServer(t), newLine(t)
	s.open(t)
	start(t, s, folder(t), Port{Path: l.path, Protocol: "em4100"})
	for n := range uint64(5) {
		tap(t, l, 0x200+n)
	}
	until(t, "all are committed", func() bool { return s.count() == 5 })
	s.mu.Lock()
	var stream wire.Stream
	for name := range s.taps {
		if stream = name.Stream; name.Seq > 2 {
			delete(s.taps, name)
		}
	}
	delete(s.starts, stream)
	s.down(wire.Down{Receipt: &wire.Receipt{Marks: []wire.Mark{s.mark(stream)}}})
	s.mu.Unlock()
	until(t, "they came again, with the start", func() bool {
		return look(s, func() bool { _, ok := s.starts[stream]; return ok && len(s.taps) == 5 })
	})
}

func TestARefusedBatchWaitsUntilAskedFor(t *testing.T) {
	s, l := newServer(t), newLine(t)
	s.refuse = true
	s.open(t)
	start(t, s, folder(t), Port{Path: l.path, Protocol: "em4100"})
	tap(t, l, 7)
	until(t, "the tap is unsent and nothing more comes", func() bool {
		return look(s, func() bool { return s.state.Unsent == 1 && s.batches > 0 })
	})
	s.mu.Lock()
	s.refuse = false
	s.mu.Unlock()
	tap(t, l, 8) // another tap names the stream
	until(t, "the other tap is committed", func() bool { return s.count() >= 1 })
	s.mu.Lock()
	s.down(wire.Down{Receipt: &wire.Receipt{Asks: []wire.Span{{Stream: s.first.Stream, From: 1, To: 9}}}})
	s.mu.Unlock()
	until(t, "both are committed and the rest is missing", func() bool {
		return look(s, func() bool { return len(s.taps) == 2 && len(s.missing) > 0 })
	})
}

type signal chan struct{}

func (c signal) Write(p []byte) (int, error) {
	if bytes.Contains(p, []byte("refuses to pass")) {
		select {
		case c <- struct{}{}:
		default:
		}
	}
	return len(p), nil
}

func TestABrokerThatGrantsNoAnswersIsSaidToDoSo(t *testing.T) {
	s, l, said := newServer(t), newLine(t), make(signal, 1)
	s.deaf, s.log = true, said
	s.open(t)
	start(t, s, folder(t), Port{Path: l.path, Protocol: "em4100"})
	select {
	case <-said:
	case <-time.After(20 * time.Second):
		t.Error("nothing is said of it")
	}
	if n := look(s, func() int { return s.batches }); n > 0 {
		t.Errorf("%d batches were sent that nobody can answer", n)
	}
}

func TestNoiseAndAStuckReaderDelayNobody(t *testing.T) {
	s, noisy, stuck, good := newServer(t), newLine(t), newLine(t), newLine(t)
	s.open(t)
	start(t, s, folder(t), Port{Path: noisy.path, Protocol: "em4100"}, Port{Path: stuck.path, Protocol: "link"}, Port{Path: good.path, Protocol: "em4100"})
	noise := bytes.Repeat([]byte{2, 0xFF, 0, 3, 'x', '0'}, 1<<20/6)
	done := make(chan error, 1)
	go func() { _, err := noisy.Write(noise); done <- err }()
	tap(t, good, 5)
	until(t, "the good reader's tap is committed", func() bool { return s.count() == 1 })
	must(t, <-done)
	tap(t, noisy, 6)
	until(t, "the noisy reader's tap is committed", func() bool { return s.count() == 2 })
}

func TestAPortThatVanishesIsOpenedAgain(t *testing.T) {
	s, l := newServer(t), newLine(t)
	s.open(t)
	path := filepath.Join(t.TempDir(), "port")
	must(t, os.Symlink(l.path, path))
	start(t, s, folder(t), Port{Path: path, Protocol: "em4100"})
	tap(t, l, 5)
	until(t, "the first tap is committed", func() bool { return s.count() == 1 })
	must(t, os.Remove(path))
	l.Close()
	l.held.Close()
	until(t, "the state shows that it is away", func() bool {
		return look(s, func() bool { return len(s.state.Readers) == 1 && strings.Contains(s.state.Readers[0].Health, path) })
	})
	l = newLine(t)
	must(t, os.Symlink(l.path, path))
	until(t, "the state shows that it is back", func() bool { return look(s, func() bool { return s.state.Readers[0].Health == "ok" }) })
	tap(t, l, 6)
	until(t, "the second tap is committed", func() bool { return s.count() == 2 })
}

func TestASecondGatewayOnTheSameJournalOrPortIsRefused(t *testing.T) {
	s, l, dir := newServer(t), newLine(t), folder(t)
	port := Port{Path: l.path, Protocol: "em4100"}
	start(t, s, dir, port)
	tap(t, l, 5) // once it is stored, journal and port are held
	until(t, "it runs", func() bool { r, err := journal.Inspect(dir); return err == nil && r.Unsent == 1 })
	cfg := Config{Enrolment: s.enrolment, Journal: dir, Ports: []Port{port}, Log: slog.New(slog.DiscardHandler)}
	if err := Run(t.Context(), cfg); !errors.Is(err, journal.ErrInUse) {
		t.Errorf("same journal: %v", err)
	}
	cfg.Journal = folder(t)
	if err := Run(t.Context(), cfg); !errors.Is(err, ErrPortInUse) || !strings.Contains(err.Error(), l.path) {
		t.Errorf("same port: %v", err)
	}
}

func TestPortsAreParsed(t *testing.T) {
	for _, c := range []struct {
		text string
		want Port
		fail string
	}{
		{text: "/dev/ttyUSB0=em4100", want: Port{Path: "/dev/ttyUSB0", Protocol: "em4100"}},
		{text: "/dev/x=link,name=hall,baud=9600", want: Port{Path: "/dev/x", Protocol: "link", Name: "hall", Baud: 9600}},
		{text: "/dev/x", fail: "want PATH=PROTOCOL"},
		{text: "/dev/x=nfc", fail: "unknown protocol"},
		{text: "/dev/x=link,speed=1", fail: "unknown setting"},
		{text: "/dev/x=link,baud=-1", fail: "no positive number"},
		{text: "/dev/x=em4100,confirm=2,name=hall", want: Port{Path: "/dev/x", Protocol: "em4100", Name: "hall", Settings: "confirm=2"}},
		{text: "/dev/x=line:format=hex,name=hall,width=10", want: Port{Path: "/dev/x", Protocol: "line", Name: "hall", Settings: "format=hex,width=10"}},
		{text: `/dev/x=line,prefix=a=b:\x2c`, want: Port{Path: "/dev/x", Protocol: "line", Settings: `prefix=a=b:\x2c`}},
		{text: "/dev/x=osdp:addr=1+2,name=hall", want: Port{Path: "/dev/x", Protocol: "osdp", Name: "hall", Settings: "addr=1+2"}},
		{text: "/dev/x=osdp:addr=200", fail: "from 0 to 126"},
		{text: "/dev/x=pn532", want: Port{Path: "/dev/x", Protocol: "pn532"}},
		{text: "/dev/x=pn532,width=10", fail: `port /dev/x: pn532: unknown setting "width", there are name, baud, absent, poll`},
		{text: "/dev/x=line,width=10,width=8", fail: `setting "width" stands twice`},
		{text: "/dev/x=nfc", fail: `unknown protocol "nfc", there are em4100, line, link, osdp and pn532`},
	} {
		got, err := ParsePort(c.text)
		if c.fail == "" && (err != nil || got != c.want) || c.fail != "" && !strings.Contains(fmt.Sprint(err), c.fail) {
			t.Errorf("%s: %+v, %v", c.text, got, err)
		}
	}
}
