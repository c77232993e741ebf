package reader

import (
	"testing"
	"time"

	"tikklok/gateway/wire"
)

// I1, I2: whoever only watches must not be taken for the reader's gateway.
func TestAWatchedReaderIsLeftAsItIs(t *testing.T) {
	unbound := hello(3)
	unbound.Owner = 0
	for name, m := range map[string]wire.LinkHello{"bound": hello(3), "not bound": unbound} {
		l := &LinkWatch{}
		var said []Event
		say := func(ms int, m wire.LinkMessage) {
			said = append(said, l.Bytes(after(ms), wire.AppendLink(nil, m))...)
		}
		said = append(said, l.Open(after(0))...)
		say(10, m)
		say(20, wire.LinkPong{Epoch: stream.Epoch, Highest: 3, Unacknowledged: 3, Stored: 3})
		say(30, tap(3, false))
		say(40, tap(4, true))
		for ms := 100; ms < 10_000; ms += 100 {
			said = append(said, l.Tick(after(ms))...)
			said = append(said, l.Answer(after(ms), wire.Name{}, wire.Green)...)
		}
		var live int
		for _, e := range said {
			switch e := e.(type) {
			case Seen:
				live++
			case Write:
				for _, m := range new(wire.LinkDecoder).Decode(e.Bytes) {
					switch m.(type) {
					case wire.LinkWho, wire.LinkPing:
					default:
						t.Errorf("%s: it says %T", name, m)
					}
				}
			default:
				t.Errorf("%s: %T", name, e)
			}
		}
		if live != 1 {
			t.Errorf("%s: %d taps, want the live one", name, live)
		}
	}
}

func TestAWatchedReaderThatGoesAwayIsAskedAgain(t *testing.T) {
	l := &LinkWatch{}
	l.Open(after(0))
	l.Bytes(after(10), wire.AppendLink(nil, hello(0)))
	if s := l.State(); s.Health != "ok" || s.Origin != hello(0).Origin {
		t.Errorf("%+v", s)
	}
	for ms := 100; ms < 8000; ms += 100 {
		l.Tick(after(ms))
	}
	if s := l.State(); s.Health == "ok" {
		t.Errorf("after silence: %+v", s)
	}
}

func FuzzLinkWatch(f *testing.F) {
	var b []byte
	for _, m := range []wire.LinkMessage{hello(3), wire.LinkPong{Nonce: 1, Epoch: 9}, tap(1, true), wire.LinkEnd(span(1, 3))} {
		b = wire.AppendLink(b, m)
	}
	f.Add(b)
	f.Fuzz(func(t *testing.T, p []byte) {
		l := &LinkWatch{}
		l.Bytes(after(0), p)
		l.Open(after(10))
		l.Bytes(after(20), p)
		l.Tick(after(int(time.Minute.Milliseconds())))
		l.State()
	})
}
