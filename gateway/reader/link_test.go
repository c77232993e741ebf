package reader

import (
	"fmt"
	"strings"
	"testing"

	"tikklok/gateway/wire"
)

const (
	ours   uint64 = 77
	origin        = wire.FirstReader + 5
)

var stream = wire.Stream{Origin: origin, Epoch: 9}

// script is a Link under test with the journal it stands before.
type script struct {
	t    *testing.T
	link *Link
	held []wire.Range
}

func newScript(t *testing.T, held ...wire.Range) *script {
	s := &script{t: t, held: held}
	s.link = NewLink(ours, func(wire.Stream) []wire.Range { return s.held })
	s.link.Open(after(0))
	return s
}

// says gives the link what a reader says, and what comes of it in words.
func (s *script) says(ms int, messages ...wire.LinkMessage) string {
	var b []byte
	for _, m := range messages {
		b = wire.AppendLink(b, m)
	}
	return words(s.link.Bytes(after(ms), b))
}

func words(events []Event) string {
	var all []string
	for _, e := range events {
		switch e := e.(type) {
		case Write:
			var d wire.LinkDecoder
			for _, m := range d.Decode(e.Bytes) {
				all = append(all, strings.TrimPrefix(fmt.Sprintf("%T", m), "wire.Link")+said(m))
			}
		case Tap:
			all = append(all, fmt.Sprintf("tap %d", e.Seq))
		case Pair:
			all = append(all, fmt.Sprintf("pair %d", e.Tick))
		case Start:
			all = append(all, fmt.Sprintf("start %d", e.Highest))
		case Missing:
			all = append(all, fmt.Sprintf("missing %d-%d", e.From, e.To))
		}
	}
	return strings.Join(all, ", ")
}

func said(m wire.LinkMessage) string {
	switch m := m.(type) {
	case wire.LinkSend:
		return fmt.Sprintf(" %d-%d", m.From, m.To)
	case wire.LinkAck:
		return fmt.Sprintf(" %d-%d", m.From, m.To)
	case wire.LinkSafe:
		return fmt.Sprintf(" %d-%d", m.From, m.To)
	case wire.LinkFeedback:
		return fmt.Sprintf(" %d colour %d", m.Seq, m.Colour)
	case wire.LinkTime:
		return fmt.Sprintf(" %d ± %d", m.Tick, m.Bound)
	}
	return ""
}

func hello(highest uint64) wire.LinkHello {
	return wire.LinkHello{
		Version: wire.LinkVersion, Origin: origin, Owner: ours, Capacity: 100, TolerancePPM: 20,
		Current: wire.LinkStart{Epoch: stream.Epoch, Oldest: min(highest, 1), Highest: highest},
	}
}

func tap(seq uint64, live bool) wire.LinkTap {
	return wire.LinkTap{
		Epoch: stream.Epoch, Seq: seq, Tick: 1000 + seq, Live: live,
		Fob: wire.Fob{Technology: wire.TechnologyEM4100, Bits: 40, Value: []byte{1, 2, 3, 4, byte(seq)}},
	}
}

func span(from, to uint64) wire.LinkSpan {
	return wire.LinkSpan{Epoch: stream.Epoch, Range: wire.Range{From: from, To: to}}
}

// meet goes through the greeting up to the pair.
func (s *script) meet(highest uint64) string {
	s.says(0, hello(highest))
	s.says(20, wire.LinkPong{Nonce: s.link.clock.nonce, Epoch: stream.Epoch, Tick: 2000, Highest: highest})
	return s.says(30, wire.LinkPair{Epoch: stream.Epoch, Pair: s.link.clock.told})
}

func (s *script) want(step, got, want string) {
	s.t.Helper()
	if got != want {
		s.t.Fatalf("%s\n got %s\nwant %s", step, got, want)
	}
}

func name(seq uint64) wire.Name { return wire.Name{Stream: stream, Seq: seq} }

func TestAContactGivesThePairBeforeItAsksForTaps(t *testing.T) {
	s := newScript(t, wire.Range{From: 1, To: 2})
	s.want("hello", s.says(0, hello(5)), "start 5, Ping")
	s.want("pong", s.says(20, wire.LinkPong{Nonce: s.link.clock.nonce, Epoch: 9, Tick: 2000, Highest: 5}), "Time 2000 ± 17")
	if at := s.link.clock.told.Instant; at != after(10).Instant {
		t.Errorf("the tick lies %d ms after the middle of question and answer", at-after(10).Instant)
	}
	s.want("nothing is asked before", words(s.link.Tick(after(25))), "")
	s.want("pair", s.says(30, wire.LinkPair{Epoch: 9, Pair: s.link.clock.told}), "pair 2000, Ack 1-2, Send 3-5")
	s.want("taps", s.says(40, tap(3, false), tap(4, false), tap(5, false), wire.LinkEnd(span(3, 5))), "tap 3, tap 4, tap 5")
	s.want("not yet durable", words(s.link.Tick(after(50))), "")
	s.held = wire.AddRange(s.held, wire.Range{From: 3, To: 4})
	s.link.Answer(after(60), name(3), wire.Green)
	s.link.Answer(after(60), name(4), wire.Amber)
	s.want("acknowledged together", words(s.link.Tick(after(70))), "Ack 3-4")
}

func TestALiveTapIsAcknowledgedOnlyWhenDurable(t *testing.T) {
	for colour, want := range map[wire.Colour]string{
		wire.Green: "Ack 1-1, Feedback 1 colour 1", wire.Amber: "Ack 1-1, Feedback 1 colour 2", wire.Red: "Feedback 1 colour 3",
	} {
		s := newScript(t)
		s.meet(0)
		s.want("live", s.says(100, tap(1, true)), "start 1, tap 1")
		s.want("nothing is said before", words(s.link.Tick(after(200))), "")
		s.want("answer", words(s.link.Answer(after(210), name(1), colour)), want)
		s.want("answered once", words(s.link.Answer(after(220), name(1), colour)), "")
	}
}

func TestATapThatWasNotJournaledIsAskedForAgain(t *testing.T) {
	s := newScript(t)
	s.meet(0)
	s.says(100, tap(1, true))
	s.link.Answer(after(110), name(1), wire.Red)
	s.want("rest", words(s.link.Tick(after(1000))), "")
	s.says(5000, wire.LinkPong{Epoch: 9, Highest: 1})
	got := words(s.link.Tick(after(5200)))
	if !strings.Contains(got, "Send 1-1") {
		t.Errorf("got %s", got)
	}
	s.want("again", s.says(5300, tap(1, false)), "tap 1")
}

func TestALostLiveTapIsNoticedByTheNextPong(t *testing.T) {
	s := newScript(t)
	s.meet(0)
	s.want("pong", s.says(100, wire.LinkPong{Epoch: 9, Highest: 2}), "start 2")
	s.want("tick", words(s.link.Tick(after(110))), "Send 1-2")
}

func TestAGapIsAskedFor(t *testing.T) {
	s := newScript(t)
	s.meet(0)
	s.want("live", s.says(100, tap(3, true)), "start 3, tap 3")
	s.want("tick", words(s.link.Tick(after(110))), "Send 1-2")
	s.want("silence", words(s.link.Tick(after(1000))), "")
	s.says(3100, wire.LinkPong{Epoch: 9, Highest: 3})
	if got := words(s.link.Tick(after(3200))); !strings.Contains(got, "Send 1-2") {
		t.Errorf("not asked again: %s", got)
	}
	s.want("gone", s.says(3300, wire.LinkNone(span(1, 2)), wire.LinkEnd(span(1, 2))), "missing 1-2")
	s.want("not asked for ever", words(s.link.Tick(after(3400))), "")
}

// I1: the journal decides, not the line.
func TestARepeatedNameIsSwallowedOnlyWithTheSameBytes(t *testing.T) {
	other := tap(1, false)
	other.Tick++
	s := newScript(t)
	s.meet(0)
	s.says(100, tap(1, true))
	s.want("still with the agent", s.says(105, tap(1, true)), "")
	s.held = []wire.Range{{From: 1, To: 1}}
	s.link.Answer(after(110), name(1), wire.Amber)
	s.want("the same", s.says(120, tap(1, true)), "Ack 1-1, Feedback 1 colour 2")
	s.want("other bytes", s.says(130, other), "tap 1")

	s = newScript(t, wire.Range{From: 1, To: 1})
	s.meet(1)
	s.want("journaled by an earlier process", s.says(140, tap(1, true)), "tap 1")
}

func TestALostAcknowledgementIsRepeated(t *testing.T) {
	s := newScript(t, wire.Range{From: 1, To: 3})
	s.want("meet", s.meet(3), "pair 2000, Ack 1-3")
	s.want("pong", s.says(100, wire.LinkPong{Epoch: 9, Highest: 3, Unacknowledged: 2}), "Ack 1-3")
}

func TestATapAnsweredWithoutContactIsAcknowledgedAtTheNext(t *testing.T) {
	s := newScript(t)
	s.meet(0)
	s.says(100, tap(1, true))
	s.link.Open(after(200))
	s.held = []wire.Range{{From: 1, To: 1}}
	s.want("no contact", words(s.link.Answer(after(210), name(1), wire.Green)), "")
	s.want("meet", s.meet(1), "pair 2000, Ack 1-1")
}

func TestATapAfterACommonRestartIsJournaledAgain(t *testing.T) {
	s := newScript(t)
	s.meet(0)
	s.says(100, tap(1, true))
	restarted := newScript(t) // the journal did not get it
	s.want("meet", restarted.meet(1), "pair 2000, Send 1-1")
}

func TestSafeMarksAreToldOnceAndWithinWhatIsHeld(t *testing.T) {
	s := newScript(t, wire.Range{From: 1, To: 5})
	s.meet(5)
	s.want("first", words(s.link.Safe(after(100), stream, []wire.Range{{From: 1, To: 3}})), "Safe 1-3")
	s.want("same", words(s.link.Safe(after(110), stream, []wire.Range{{From: 1, To: 3}})), "")
	s.want("more", words(s.link.Safe(after(120), stream, []wire.Range{{From: 1, To: 9}})), "Safe 4-5")
	s.want("another stream", words(s.link.Safe(after(130), wire.Stream{Origin: origin, Epoch: 8}, s.held)), "")
}

func TestReadersThatAreRefused(t *testing.T) {
	unbound, foreign, young := hello(3), hello(3), hello(3)
	unbound.Owner, foreign.Owner, young.Version = 0, ours+2, 2
	for _, c := range []struct {
		name         string
		hello        wire.LinkHello
		want, health string
		live         string
	}{
		{"unbound", unbound, "Bind", "not bound yet", ""},
		{"another tenant's", foreign, "", "wipe the reader", "Feedback 4 colour 3"},
		{"another version", young, "", "version 2", "Feedback 4 colour 3"},
	} {
		s := newScript(t)
		s.want(c.name, s.says(0, c.hello), c.want)
		s.want(c.name+", live tap", s.says(10, tap(4, true)), c.live)
		s.want(c.name+", other taps", s.says(20, tap(1, false), wire.LinkPair{Epoch: 9, Pair: wire.Pair{Source: 1}}), "")
		s.want(c.name+", looked at again", words(s.link.Tick(after(1100))), "Who")
		if h := s.link.State().Health; !strings.Contains(h, c.health) {
			t.Errorf("%s: health %q", c.name, h)
		}
		s.want(c.name+", then ours", s.says(1200, hello(3)), "start 3, Ping")
	}
}

func TestAReaderStartedAgainIsGreetedAgain(t *testing.T) {
	s := newScript(t)
	s.meet(0)
	s.want("pong of another epoch", s.says(100, wire.LinkPong{Epoch: 10, Highest: 1}), "Who")
	s.meet(0)
	strange := tap(1, true)
	strange.Epoch = 10
	s.want("tap of another epoch", s.says(200, strange), "Who")
}

func TestSilenceEndsTheContact(t *testing.T) {
	s := newScript(t)
	s.meet(0)
	s.want("silence", words(s.link.Tick(after(6000))), "Who")
	if h := s.link.State().Health; !strings.Contains(h, "no reader answers") {
		t.Errorf("health %q", h)
	}
}

func TestPairsComeEachQuarterOfAnHourAndWhenTheClockGetsBetter(t *testing.T) {
	s := newScript(t)
	s.meet(0)
	pong := func(ms int, source wire.Source) string {
		now := after(ms)
		now.Source = source
		s.link.heardAt = now.At
		s.link.Tick(now)
		m := wire.LinkPong{Nonce: s.link.clock.nonce, Epoch: 9, Tick: uint64(ms)}
		return words(s.link.Bytes(now, wire.AppendLink(nil, m)))
	}
	s.want("soon after", pong(60_000, wire.SourceDisciplined), "")
	s.want("much later", pong(901_000, wire.SourceServer), "Time 901000 ± 7")
	s.says(901_100, wire.LinkPair{Epoch: 9, Pair: s.link.clock.told})
	s.want("the same clock", pong(910_000, wire.SourceServer), "")
	s.want("a better clock", pong(920_000, wire.SourceDisciplined), "Time 920000 ± 7")
}

func TestDamagedFramesShowInTheHealth(t *testing.T) {
	s := newScript(t)
	s.meet(0)
	s.link.Bytes(after(100), []byte("\x00noise\x00"))
	s.says(110, wire.LinkPong{Epoch: 9})
	if got, want := s.link.State().Health, "1 damaged frames: check cable and earth"; got != want {
		t.Errorf("health %q", got)
	}
}

func FuzzLinkNeverPanics(f *testing.F) {
	var b []byte
	for _, m := range []wire.LinkMessage{hello(3), wire.LinkPong{Nonce: 1, Epoch: 9, Highest: 3}, tap(1, true), wire.LinkNone(span(1, 3)), wire.LinkEnd(span(1, 3))} {
		b = wire.AppendLink(b, m)
	}
	f.Add(b)
	f.Fuzz(func(t *testing.T, p []byte) {
		s := newScript(t)
		s.link.Bytes(after(0), p)
		s.meet(3)
		s.link.Bytes(after(10), p)
		s.link.Tick(after(3000))
	})
}

func TestAReaderOnABatteryIsLeftAlone(t *testing.T) {
	for name, c := range map[string]struct {
		percent uint8
		quiet   int // ms for which nothing is said
	}{"mains": {0, 1900}, "battery": {80, 14_900}} {
		s := newScript(t)
		h := hello(0)
		h.BatteryPercent = c.percent
		s.says(0, h)
		s.says(20, wire.LinkPong{Nonce: s.link.clock.nonce, Epoch: stream.Epoch, Tick: 2000, BatteryPercent: c.percent})
		s.says(30, wire.LinkPair{Epoch: stream.Epoch, Pair: s.link.clock.told})
		s.want(name+" is left alone", words(s.link.Tick(after(c.quiet))), "")
		s.want(name+" is asked", words(s.link.Tick(after(c.quiet+200))), "Ping")
		s.want(name+" is lost", words(s.link.Tick(after(c.quiet+3200))), "Who")
	}
}

func TestEpochsWithoutEndTakeLittleMemory(t *testing.T) {
	s := newScript(t)
	for contact := range 3 {
		s.says(contact, hello(0))
		for epoch := range uint64(2 * linkEpochs) {
			s.says(contact, wire.LinkStart{Epoch: epoch + 1000 + uint64(contact)*10*linkEpochs, Highest: 5})
		}
	}
	if n := len(s.link.epochs); n > 2*linkEpochs {
		t.Errorf("%d epochs are remembered", n)
	}
	if len(s.link.epochs) < linkEpochs {
		t.Error("none of the last contact's epochs is served")
	}
}
