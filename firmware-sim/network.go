package sim

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"sync"
	"time"
)

// NetworkConfig says what a mobile network is like.
type NetworkConfig struct {
	Target string        // host:port that it leads to
	Delay  time.Duration // one way, at least
	Rate   int           // bit/s each way; 0: no limit
	// Loss is the probability that a segment is lost. TCP hides that: the
	// segment and all behind it come a retransmission later.
	Loss float64
	Seed uint64
}

const (
	segmentBytes = 1400 // of TCP, at most
	segmentsHeld = 32   // under way in one direction; a sender of more waits
	// retransmission is how much later a lost segment comes, besides a round trip.
	retransmission = 200 * time.Millisecond
)

// Network is a mobile network between a gateway and a broker. It is safe for
// concurrent use.
type Network struct {
	config NetworkConfig
	listen net.Listener

	mu     sync.Mutex
	random *rand.Rand
	silent chan struct{} // closed while there is coverage
	lines  map[*networkLine]bool
}

// networkLine is one TCP connection through the network.
type networkLine struct{ near, far net.Conn }

// OpenNetwork takes a free port of this machine.
func OpenNetwork(c NetworkConfig) (*Network, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("open a network: %w", err)
	}
	covered := make(chan struct{})
	close(covered)
	return &Network{
		config: c, listen: l, silent: covered, lines: map[*networkLine]bool{},
		random: rand.New(rand.NewPCG(c.Seed, 0x6E6574)),
	}, nil
}

// Address is where the gateway connects, host:port.
func (n *Network) Address() string { return n.listen.Addr().String() }

// Silence takes the coverage away, or gives it back: meanwhile nothing passes
// and nobody is told.
func (n *Network) Silence(silent bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	select {
	case <-n.silent:
		if silent {
			n.silent = make(chan struct{})
		}
	default:
		if !silent {
			close(n.silent)
		}
	}
}

// Cut resets all connections, as a network does that has forgotten them.
func (n *Network) Cut() {
	n.mu.Lock()
	defer n.mu.Unlock()
	for l := range n.lines {
		l.reset()
	}
}

func (l *networkLine) reset() {
	for _, c := range []net.Conn{l.near, l.far} {
		if tcp, ok := c.(*net.TCPConn); ok {
			_ = tcp.SetLinger(0) // so that closing resets; one that is closed already is as good
		}
		_ = c.Close()
	}
}

// Run carries connections until ctx ends, and closes them then.
func (n *Network) Run(ctx context.Context) error {
	var wg sync.WaitGroup
	defer wg.Wait()
	stop := context.AfterFunc(ctx, func() { _ = n.listen.Close(); n.Cut() })
	defer stop()
	for {
		near, err := n.listen.Accept()
		if ctx.Err() != nil {
			if err == nil {
				_ = near.Close()
			}
			return nil
		}
		if err != nil {
			return fmt.Errorf("network: %w", err)
		}
		wg.Go(func() { n.line(ctx, near) })
	}
}

// line carries one connection to its end.
func (n *Network) line(ctx context.Context, near net.Conn) {
	if n.covered(ctx) != nil {
		_ = near.Close()
		return
	}
	far, err := (&net.Dialer{Timeout: 10 * time.Second}).DialContext(ctx, "tcp", n.config.Target)
	if err != nil {
		(&networkLine{near, near}).reset()
		return
	}
	l := &networkLine{near, far}
	n.mu.Lock()
	n.lines[l] = true
	n.mu.Unlock()
	if ctx.Err() != nil { // Cut came before
		l.reset()
	}
	var wg sync.WaitGroup
	wg.Go(func() { n.carry(ctx, far, near) })
	wg.Go(func() { n.carry(ctx, near, far) })
	wg.Wait()
	l.reset()
	n.mu.Lock()
	delete(n.lines, l)
	n.mu.Unlock()
}

// covered waits for coverage.
func (n *Network) covered(ctx context.Context) error {
	n.mu.Lock()
	silent := n.silent
	n.mu.Unlock()
	select {
	case <-silent:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// segment is bytes and when they arrive.
type segment struct {
	bytes []byte
	at    time.Time
}

// carry brings what from writes to to, later and slower. When one end is
// closed, the other learns of it after what was under way.
func (n *Network) carry(ctx context.Context, to, from net.Conn) {
	way := make(chan segment, segmentsHeld)
	var wg sync.WaitGroup
	wg.Go(func() {
		defer to.Close()
		for s := range way {
			if !n.arrive(ctx, to, s) {
				_ = from.Close() // ends the reading below
				for range way {
				}
				return
			}
		}
	})
	var free, last time.Time // when the line is free again, and the last segment arrives
	for {
		buffer := make([]byte, segmentBytes)
		k, err := from.Read(buffer)
		if k > 0 {
			if now := time.Now(); free.Before(now) {
				free = now
			}
			free = free.Add(n.takes(k))
			if at := free.Add(n.late()); at.After(last) {
				last = at
			}
			way <- segment{buffer[:k], last}
		}
		if err != nil {
			break
		}
	}
	close(way)
	wg.Wait()
}

// arrive waits until a segment is there, and for coverage, and hands it over.
func (n *Network) arrive(ctx context.Context, to net.Conn, s segment) bool {
	t := time.NewTimer(time.Until(s.at))
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
		return false
	}
	if n.covered(ctx) != nil {
		return false
	}
	_, err := to.Write(s.bytes)
	return err == nil || errors.Is(err, context.Canceled)
}

// takes is how long so many bytes keep the line busy.
func (n *Network) takes(bytes int) time.Duration {
	if n.config.Rate == 0 {
		return 0
	}
	return time.Duration(bytes) * 8 * time.Second / time.Duration(n.config.Rate)
}

// late is how long a segment is under way.
func (n *Network) late() time.Duration {
	n.mu.Lock()
	defer n.mu.Unlock()
	d := n.config.Delay + time.Duration(n.random.Float64()*0.2*float64(n.config.Delay))
	if n.random.Float64() < n.config.Loss {
		d += 2*n.config.Delay + retransmission
	}
	return d
}
