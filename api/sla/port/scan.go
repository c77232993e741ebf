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
// wasn't looked at is never told as closed.
func (s Scan) Open(ctx context.Context, address netip.Addr, ports []uint16) ([]uint16, error) {
	if s.Wait == 0 {
		s.Wait = 2 * time.Second
	}
	if s.AtOnce == 0 {
		s.AtOnce = 200
	}
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	work := make(chan uint16)
	var mu sync.Mutex
	var open []uint16
	var hands sync.WaitGroup
	for range min(s.AtOnce, len(ports)) {
		hands.Go(func() {
			for p := range work {
				takes, err := s.takes(ctx, netip.AddrPortFrom(address, p))
				if err != nil {
					stop(err)
					continue
				}
				if takes {
					mu.Lock()
					open = append(open, p)
					mu.Unlock()
				}
			}
		})
	}
	for _, p := range ports {
		work <- p
	}
	close(work)
	hands.Wait()
	if err := context.Cause(ctx); err != nil {
		return nil, fmt.Errorf("scanning %s: %w", address, err)
	}
	return sorted(open), nil
}

func (s Scan) takes(ctx context.Context, at netip.AddrPort) (bool, error) {
	if ctx.Err() != nil {
		return false, ctx.Err()
	}
	d := net.Dialer{Timeout: s.Wait}
	c, err := d.DialContext(ctx, "tcp", at.String())
	var late net.Error
	switch {
	case err == nil:
		return true, c.Close()
	case errors.Is(err, syscall.ECONNREFUSED), errors.As(err, &late) && late.Timeout() && ctx.Err() == nil:
		return false, nil
	}
	return false, err
}
