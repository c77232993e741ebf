package main

import (
	"fmt"
	"io"
	"net"
	"sync"
)

// gate is a way to an address that can be cut, as a network is.
type gate struct {
	to, address string // host:port

	mu   sync.Mutex
	l    net.Listener // nil: cut
	open map[net.Conn]struct{}
}

// openGate makes a way to an address; its own is in gate.address.
func openGate(to string) (*gate, error) {
	g := &gate{to: to, address: "127.0.0.1:0", open: map[net.Conn]struct{}{}}
	return g, g.mend()
}

// mend lets through what comes.
func (g *gate) mend() error {
	l, err := net.Listen("tcp", g.address)
	if err != nil {
		return fmt.Errorf("a network for the drill: %w", err)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.l, g.address = l, l.Addr().String()
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return // cut
			}
			go g.carry(c)
		}
	}()
	return nil
}

// cut breaks what goes through, and lets nothing through.
func (g *gate) cut() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.l == nil {
		return nil
	}
	err := g.l.Close()
	g.l = nil
	for c := range g.open {
		_ = c.Close()
	}
	clear(g.open)
	return err
}

// keep notes a connection so that cut breaks it; false: it is cut already.
func (g *gate) keep(c net.Conn) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.l != nil {
		g.open[c] = struct{}{}
	}
	return g.l != nil
}

func (g *gate) drop(c net.Conn) {
	_ = c.Close() // perhaps a second time
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.open, c)
}

func (g *gate) carry(in net.Conn) {
	defer g.drop(in)
	out, err := net.Dial("tcp", g.to)
	if err != nil {
		return
	}
	defer g.drop(out)
	if !g.keep(in) || !g.keep(out) {
		return
	}
	done := make(chan struct{}, 2)
	for _, way := range [][2]net.Conn{{in, out}, {out, in}} {
		go func() {
			_, _ = io.Copy(way[0], way[1]) // broken off is what a network does
			done <- struct{}{}
		}()
	}
	<-done
}
