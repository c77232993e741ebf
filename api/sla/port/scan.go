package port

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"syscall"
	"time"
)

// Scan is how a machine is looked at from outside. It connects, says nothing
// and hangs up.
type Scan struct {
	Wait   time.Duration // for an answer: without one the port is taken as closed; 0: 2 s
	AtOnce int           // connections at a time; 0: 200
}

// Open gives the ports of an address that take connections. An error that says
// nothing of the port (no route, too many open files) ends the scan: what
// wasn't looked at is never told as closed. Nor is a machine that says nothing
// at all, not even that a port is closed, where somebody in between answers
// that it can't be reached.
func (s Scan) Open(ctx context.Context, address netip.Addr, ports []uint16) ([]uint16, error) {
	if s.Wait == 0 {
		s.Wait = 2 * time.Second
	}
	if s.AtOnce == 0 {
		s.AtOnce = 200
	}
	answers, err := s.ask(ctx, address, ports)
	if err != nil {
		return nil, fmt.Errorf("scanning %s: %w", address, err)
	}
	if len(answers[unreachable]) > 0 && len(answers[open])+len(answers[closed]) == 0 {
		return nil, fmt.Errorf("scanning %s: it can't be reached from here", address)
	}
	return sorted(answers[open]), nil
}

// answer is what comes of a connection to a port.
type answer int

const (
	open answer = iota
	closed
	silent      // a firewall says nothing
	unreachable // a firewall, or a router, says so of the machine
)

// ask connects to all ports, some at a time.
func (s Scan) ask(ctx context.Context, address netip.Addr, ports []uint16) (map[answer][]uint16, error) {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	work := make(chan uint16)
	var mu sync.Mutex
	answers := map[answer][]uint16{}
	var hands sync.WaitGroup
	for range min(s.AtOnce, len(ports)) {
		hands.Go(func() {
			for p := range work {
				a, err := s.connect(ctx, netip.AddrPortFrom(address, p))
				if err != nil {
					stop(err)
					continue
				}
				mu.Lock()
				answers[a] = append(answers[a], p)
				mu.Unlock()
			}
		})
	}
	for _, p := range ports {
		work <- p
	}
	close(work)
	hands.Wait()
	return answers, context.Cause(ctx)
}

func (s Scan) connect(ctx context.Context, at netip.AddrPort) (answer, error) {
	if ctx.Err() != nil {
		return 0, ctx.Err()
	}
	d := net.Dialer{Timeout: s.Wait}
	c, err := d.DialContext(ctx, "tcp", at.String())
	if err == nil {
		return open, c.Close()
	}
	if ctx.Err() != nil {
		return 0, ctx.Err()
	}
	return answerOf(err)
}

// answerOf reads why no connection was made. Firewalls refuse in several ways:
// with a reset, with silence, or as if the machine weren't there (ICMP
// "administratively prohibited").
func answerOf(err error) (answer, error) {
	var late net.Error
	switch {
	case errors.Is(err, syscall.ECONNREFUSED), errors.Is(err, syscall.ECONNRESET):
		return closed, nil
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.EACCES):
		return unreachable, nil
	case errors.As(err, &late) && late.Timeout():
		return silent, nil
	}
	return 0, err
}
