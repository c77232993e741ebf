package ingest

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log/slog"
	"net"
	"os"
	"runtime"
	"sync"
	"time"

	"tikklok/gateway/wire"
)

// The bounds of letting in. A handshake costs the server a third of a
// millisecond of computing, and a thin mobile line one to four seconds of
// waiting: so many are under way at once, some 30 kB each, and those behind
// them wait for little more than a file descriptor each. Who stalls on purpose
// after a greeting takes a place until the deadline; 100 such a second are for
// a firewall.
const (
	handshakes = 2048             // under way at once
	handshake  = 20 * time.Second // from being accepted to the first packet
	acceptRest = 50 * time.Millisecond
)

// admission is a listener whose connections have shaken hands: first come,
// first served, and nobody waits for somebody who doesn't talk. When a network
// comes back thousands knock at once; without it they would all be half done
// for seconds, with the memory that takes, and finish together.
type admission struct {
	plain  net.Listener
	config *tls.Config
	desk   *desk // nil: nobody enrols

	strangers *crowd
	log       *slog.Logger
	hearsay   *hearsay

	ctx      context.Context // until Close
	stop     context.CancelFunc
	places   chan struct{} // of handshakes under way
	turns    chan struct{} // of those that compute
	admitted chan *tls.Conn
	work     sync.WaitGroup
}

// admit begins to accept; Close ends it.
func admit(plain net.Listener, config *tls.Config, at *desk, log *slog.Logger) *admission {
	a := &admission{plain: plain, strangers: newCrowd(strangers, 0), config: config, desk: at, log: log, hearsay: newHearsay(log),
		places: make(chan struct{}, handshakes), turns: make(chan struct{}, runtime.GOMAXPROCS(0)), admitted: make(chan *tls.Conn)}
	a.ctx, a.stop = context.WithCancel(context.Background())
	a.work.Go(a.run)
	return a
}

// Accept gives the next connection that shook hands, a *tls.Conn. Its deadline
// is that of its first packet.
func (a *admission) Accept() (net.Conn, error) {
	select {
	case c := <-a.admitted:
		return c, nil
	case <-a.ctx.Done():
		return nil, net.ErrClosed
	}
}

func (a *admission) Addr() net.Addr { return a.plain.Addr() }

// Close lets go of everybody who waits.
func (a *admission) Close() error {
	a.stop()
	err := a.plain.Close()
	a.work.Wait()
	return err
}

// run accepts until the listener is closed: running out of file descriptors
// for a moment must not close the door for good.
func (a *admission) run() {
	for {
		c, err := a.plain.Accept()
		if errors.Is(err, net.ErrClosed) || a.ctx.Err() != nil {
			return
		}
		if err != nil {
			a.log.Warn("a connection could not be accepted; trying again", "error", err)
			time.Sleep(acceptRest)
			continue
		}
		if !a.strangers.enter(c.RemoteAddr()) {
			_ = c.Close()
			continue
		}
		thin(c)
		a.work.Go(func() {
			defer a.strangers.leave(c.RemoteAddr())
			a.receive(c)
		})
	}
}

// receive lets one connection wait for its turn, shake hands and be taken.
func (a *admission) receive(plain net.Conn) {
	c, err := a.shake(plain)
	if err == nil && c.ConnectionState().NegotiatedProtocol == wire.ProtocolEnrol {
		a.desk.serve(a.ctx, c)
		return
	}
	if err == nil {
		select {
		case a.admitted <- c:
			return
		case <-a.ctx.Done():
		}
	}
	_ = plain.Close()
	if err != nil && !passing(err) {
		a.hearsay.warn(time.Now(), "a connection failed", "remote", plain.RemoteAddr().String(), "error", err)
	}
}

func (a *admission) shake(plain net.Conn) (*tls.Conn, error) {
	deadline := time.Now().Add(handshake)
	ctx, cancel := context.WithDeadline(a.ctx, deadline)
	defer cancel()
	if err := plain.SetDeadline(deadline); err != nil {
		return nil, err
	}
	t := &turned{Conn: plain, ctx: ctx, places: a.places, turns: a.turns}
	defer t.leave()
	c := tls.Server(t, a.config)
	return c, c.HandshakeContext(ctx)
}

// passing says that a connection ended as connections on thin lines do.
func passing(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, net.ErrClosed) || errors.Is(err, context.Canceled) ||
		errors.Is(err, context.DeadlineExceeded) || errors.Is(err, os.ErrDeadlineExceeded)
}
