package ingest

import (
	"net"
	"strings"
	"testing"
	"time"

	"tikklok/gateway/wire"
)

func TestWhoSaysNothingHoldsNobodyUp(t *testing.T) {
	p := newPlant(t)
	p.run(nil)
	address := strings.TrimPrefix(p.broker, "mqtts://")
	for range handshakes + 100 {
		c, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
	}
	d := p.enrol(p.site, "poort")
	if err := d.connect(); err != nil {
		t.Fatalf("behind %d connections that say nothing: %v", handshakes+100, err)
	}
	d.submit(batch(log(streamOf(d.gateway, 3), taps(1, 1, "x"))))
}

func TestRubbishAtTheDoorEndsOnlyItsOwnConnection(t *testing.T) {
	p := newPlant(t)
	p.run(nil)
	d := p.enrol(p.site, "poort")
	d.mustConnect()
	for _, rubbish := range []string{"GET / HTTP/1.1\r\n\r\n", "\x16\x03\x01\xff\xff", "\x10\x0c\x00\x04MQTT\x04\x02\x00\x00\x00\x00"} {
		c, err := net.Dial("tcp", strings.TrimPrefix(p.broker, "mqtts://"))
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if _, err := c.Write([]byte(rubbish)); err != nil {
			t.Error(err)
		}
	}
	if !d.client.IsConnectionOpen() {
		t.Error("the gateway's connection ended")
	}
	d.submit(batch(log(streamOf(d.gateway, 3), taps(1, 1, "x"))))
}

// failing is a listener that has no file descriptor for a while.
type failing struct {
	net.Listener
	left int
}

func (f *failing) Accept() (net.Conn, error) {
	if f.left > 0 {
		f.left--
		return nil, &net.OpError{Op: "accept", Err: errAway}
	}
	return f.Listener.Accept()
}

func TestTheDoorOpensAgainWhenDescriptorsRanOut(t *testing.T) {
	p := newPlant(t)
	p.run(func(c *Config) { c.Listener = &failing{c.Listener, 3} })
	d := p.enrol(p.site, "poort")
	d.mustConnect()
	d.state(wire.State{Online: true})
	p.until("told", func() bool { return strings.Count(p.log.String(), "could not be accepted") == 3 })
}

func TestAHandshakeThatNeverEndsIsEnded(t *testing.T) {
	places, turns := make(chan struct{}, 1), make(chan struct{}, 1)
	near, far := net.Pipe()
	defer far.Close()
	c := &turned{Conn: near, ctx: t.Context(), places: places, turns: turns}
	if err := near.SetDeadline(time.Now().Add(time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Read(make([]byte, 1)); err == nil || len(places)+len(turns) != 0 {
		t.Errorf("%v, holding %d places and %d turns", err, len(places), len(turns))
	}
	c.leave()
	if len(places)+len(turns) != 0 {
		t.Error("it left with a place or a turn")
	}
}
