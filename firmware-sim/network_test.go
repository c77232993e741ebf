package sim

import (
	"bytes"
	"context"
	"io"
	"net"
	"testing"
	"time"
)

// through gives both ends of a connection through a network.
func through(t *testing.T, c NetworkConfig) (n *Network, near, far net.Conn) {
	t.Helper()
	n, l := open(t, c)
	near, far = connect(t, n, l)
	return n, near, far
}

// open runs a network towards a listener.
func open(t *testing.T, c NetworkConfig) (*Network, net.Listener) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c.Target = l.Addr().String()
	n, err := OpenNetwork(c)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error)
	go func() { ended <- n.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		l.Close()
	})
	return n, l
}

// connect gives both ends of a new connection.
func connect(t *testing.T, n *Network, l net.Listener) (near, far net.Conn) {
	t.Helper()
	near, err := net.Dial("tcp", n.Address())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { near.Close() })
	if far, err = l.Accept(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { far.Close() })
	return near, far
}

// pass sends bytes one way and gives how long they took.
func pass(t *testing.T, from, to net.Conn, b []byte) time.Duration {
	t.Helper()
	began := time.Now()
	if _, err := from.Write(b); err != nil {
		t.Fatal(err)
	}
	got := make([]byte, len(b))
	if _, err := io.ReadFull(to, got); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, b) {
		t.Error("other bytes came out than went in")
	}
	return time.Since(began)
}

func TestANetworkHoldsBytesUpForItsDelay(t *testing.T) {
	_, near, far := through(t, NetworkConfig{Delay: 80 * time.Millisecond, Seed: 1})
	for _, way := range [][2]net.Conn{{near, far}, {far, near}} {
		if took := pass(t, way[0], way[1], []byte("tap")); took < 80*time.Millisecond {
			t.Errorf("took %s", took)
		}
	}
}

func TestANetworkIsNoFasterThanItsRate(t *testing.T) {
	_, near, far := through(t, NetworkConfig{Rate: 400_000, Seed: 1})
	if took := pass(t, near, far, make([]byte, 10_000)); took < 200*time.Millisecond {
		t.Errorf("10,000 bytes at 400 kbit/s took %s", took)
	}
}

func TestALostSegmentComesARetransmissionLater(t *testing.T) {
	_, near, far := through(t, NetworkConfig{Delay: 10 * time.Millisecond, Loss: 1, Seed: 1})
	if took := pass(t, near, far, []byte("tap")); took < retransmission+30*time.Millisecond {
		t.Errorf("took %s", took)
	}
}

func TestNothingPassesWithoutCoverageAndNothingIsLost(t *testing.T) {
	n, near, far := through(t, NetworkConfig{Seed: 1})
	pass(t, near, far, []byte("before"))
	n.Silence(true)
	if _, err := near.Write([]byte("tap")); err != nil {
		t.Fatal(err)
	}
	got := make([]byte, 3)
	if err := far.SetReadDeadline(time.Now().Add(50 * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	if k, err := far.Read(got); err == nil {
		t.Errorf("%d bytes passed", k)
	}
	n.Silence(false)
	if err := far.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(far, got); err != nil || string(got) != "tap" {
		t.Errorf("%q, %v", got, err)
	}
}

func TestACutConnectionFailsAtBothEndsAndTheNextOneWorks(t *testing.T) {
	n, l := open(t, NetworkConfig{Seed: 1})
	near, far := connect(t, n, l)
	pass(t, near, far, []byte("before"))
	n.Cut()
	for _, end := range []net.Conn{near, far} {
		if err := end.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
			t.Fatal(err)
		}
		if _, err := end.Read(make([]byte, 1)); err == nil || isTimeout(err) {
			t.Errorf("the end still stands: %v", err)
		}
	}
	near, far = connect(t, n, l)
	pass(t, near, far, []byte("after"))
}

func isTimeout(err error) bool {
	e, ok := err.(net.Error)
	return ok && e.Timeout()
}
